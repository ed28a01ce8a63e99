"""A file of scores that grows row by row, and can be cut off at any time."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from asygrammar.eval.json_lines import LONGEST_ROW, RowFile, read_json_lines
from asygrammar.eval.score import Score, read_score

#: What the file of scores in a folder is called.
SCORES = "scores.jsonl"
# A score has its sample's texts in it, in which a character may take six bytes.
_LONGEST_ROW = 8 * LONGEST_ROW


class ScoreFile:
    """A file of scores, open to be added to.

    What is left of a row in the middle of which the process was killed is cut off.

    Args:
        path: The file, made where it is missing.

    Attributes:
        known: The scores that it has, by their samples' ids.

    Raises:
        ValueError: A row in it is no score; the message says which.
        OSError: It cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self._rows = RowFile(path, "the scores")
        try:
            self.known = {score.sample.id: score for score in read_scores(path)}
        except BaseException:
            self._rows.close()
            raise

    def add(self, score: Score) -> None:
        """Write a score, the whole of it or nothing, and wait until the disk has it.

        Raises:
            OSError: It cannot be written; the scores before it are whole.
        """
        self._rows.add(score.to_dict())
        self.known[score.sample.id] = score

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._rows.close()


def read_scores(path: Path) -> list[Score]:
    """Read a file of scores.

    Raises:
        ValueError: A row is no score; the message says which.
        OSError: The file cannot be read.
    """
    scores = []
    for line in read_json_lines(path, _LONGEST_ROW):
        try:
            if line.fault:
                raise ValueError(line.fault)
            scores.append(read_score(line.columns))
        except ValueError as fault:
            raise ValueError(f"{path}:{line.number}: {fault}") from None
    return scores
