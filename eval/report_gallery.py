"""The gallery of a report: what was asked for and what was drawn, problem by problem.

Programs of one problem that are the same to the letter are shown once, with all that wrote them.
Small pictures, and no more of them than a page bears: a random choice of the problems.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from asygrammar.eval.pictures import align, ssim
from asygrammar.eval.report_tables import arm_name
from asygrammar.eval.score import OK, Score
from asygrammar.eval.summary import by_problem
from asygrammar.eval.thumbnails import data_uri, small_png, thumbnail

#: The most problems that are shown.
PROBLEMS = 60
#: The most bytes that their pictures take in the page.
BYTES = 6_000_000

_SIZE = (400, 340)
_PROGRAM = 6000
#: What can become of a sample, as the gallery tells it; any other is a class of failure.
AS_ASKED, ANOTHER, DRAWN = "as asked", "another figure", "a picture"
# In a map: the color of what is unlike, and how much of the light the lines of both take away.
_UNLIKE = np.array([214, 96, 64]) / 255
_LINES = 0.6
# Pictures are told to differ where they are less alike than this anywhere.
_ALIKE = 0.99


@dataclass(frozen=True)
class Answer:
    """A program that was written for a problem.

    Attributes:
        arms: What wrote it.
        writers: The same for people: with how often each did, where that is more than once.
        outcome: :data:`AS_ASKED`, :data:`ANOTHER`, :data:`DRAWN` or a class of failure.
        drawn: Whether there is a picture that shows something.
        verdict: The verdict, where it is not drawn.
        notes: How alike it is to the reference.
        program: What was written, its end left out where it is long.
        picture: The picture's address, in the page itself; empty where there is none.
        difference: The address of the map of where it differs from the reference; empty where
            it does not, or nothing can be told.
    """

    arms: tuple[str, ...]
    writers: str
    outcome: str
    drawn: bool
    verdict: str
    notes: tuple[str, ...]
    program: str
    picture: str
    difference: str


@dataclass(frozen=True)
class Problem:
    """A problem of the gallery.

    Attributes:
        name: Its name.
        prompt: The sentence.
        split: How the sentence is new, or another group; may be empty.
        reference: The program that draws what is asked for; may be empty.
        picture: The address of its picture; empty where there is none.
        answers: What was written.
    """

    name: str
    prompt: str
    split: str
    reference: str
    picture: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Gallery:
    """What the gallery shows.

    Attributes:
        problems: Those that are shown, in the order of the scores.
        of: How many there are.
    """

    problems: tuple[Problem, ...]
    of: int

    @property
    def arms(self) -> list[str]:
        """The arms of the answers."""
        return list(dict.fromkeys(arm for it in self._answers() for arm in it.arms))

    @property
    def outcomes(self) -> list[str]:
        """What became of the answers: the figure that was asked for first, failures last."""
        first = (AS_ASKED, ANOTHER, DRAWN)
        found = {it.outcome for it in self._answers()}
        return [it for it in first if it in found] + sorted(found - set(first))

    @property
    def splits(self) -> list[str]:
        """The splits of the problems."""
        return sorted({it.split for it in self.problems if it.split})

    def _answers(self) -> Iterable[Answer]:
        return (answer for problem in self.problems for answer in problem.answers)


def make_gallery(
    scores: Sequence[Score], folder: Path, *, problems: int = PROBLEMS, size: int = BYTES
) -> Gallery:
    """Choose problems and make their pictures small.

    Args:
        scores: What became of the samples.
        folder: Where their pictures lie; one that is missing is not shown.
        problems: The most problems to show.
        size: The most bytes that their pictures may take in the page.
    """
    groups = list(by_problem(scores).items())
    # In random order, so that those that the size lets in are a random choice, too.
    order = random.Random(0).sample(range(len(groups)), len(groups))
    shown: dict[int, Problem] = {}
    left = size
    for at in order[:problems]:
        problem = _problem(*groups[at], folder)
        left -= _bytes(problem)
        if left < 0:
            break
        shown[at] = problem
    return Gallery(tuple(shown[at] for at in sorted(shown)), len(groups))


def _problem(name: str, scores: Sequence[Score], folder: Path) -> Problem:
    first = scores[0]
    same: dict[tuple[str, str], list[Score]] = {}
    for score in scores:
        same.setdefault((score.sample.completion, score.verdict), []).append(score)
    return Problem(
        name=name,
        prompt=first.sample.prompt,
        split=first.sample.split,
        reference=_cut(first.sample.reference or ""),
        picture=_picture(folder, first.reference_picture),
        answers=tuple(_answer(its, folder) for its in same.values()),
    )


def _answer(scores: Sequence[Score], folder: Path) -> Answer:
    """Return what is to be told of samples that are the same."""
    score = scores[0]
    counts = Counter(it.sample.arm for it in scores)
    writers = [
        arm_name(arm) + (f" ({count} times)" if count > 1 else "") for arm, count in counts.items()
    ]
    return Answer(
        arms=tuple(counts),
        writers=", ".join(writers),
        outcome=_outcome(score),
        drawn=score.verdict == OK,
        verdict="" if score.verdict == OK else score.verdict,
        notes=tuple(_notes(score)),
        program=_cut(score.sample.completion),
        picture=_picture(folder, score.picture),
        difference=_difference(score, folder),
    )


def _outcome(score: Score) -> str:
    if score.verdict != OK:
        return score.failure or score.verdict.partition(":")[0]
    return {True: AS_ASKED, False: ANOTHER, None: DRAWN}[score.same]


def _notes(score: Score) -> Iterable[str]:
    if score.ssim is not None:
        yield f"SSIM {score.ssim:.3f}"
    if score.verdict == OK:
        if score.relations is not None and score.relations < 1:
            yield f"{100 * score.relations:.0f} % of relations held"
        failed = [check for check, passed in score.checks.items() if not passed]
        if failed:
            yield f"not so: {', '.join(failed)}"
    if score.contamination:
        yield f"with {', '.join(score.contamination)}"
    if score.truncated:
        yield "cut off"


def _cut(program: str) -> str:
    return program if len(program) <= _PROGRAM else program[:_PROGRAM] + "\n..."


def _picture(folder: Path, file: str) -> str:
    png = thumbnail(folder / file, *_SIZE) if file else None
    return data_uri(png) if png else ""


def _difference(score: Score, folder: Path) -> str:
    """Return the map of where a sample's picture and its reference's differ."""
    files = (score.reference_picture, score.picture)
    if not all(files) or score.same:
        return ""
    try:
        png = difference_map(*((folder / file).read_bytes() for file in files))
    except (OSError, ValueError):
        return ""
    return data_uri(png) if png else ""


def difference_map(reference: bytes, picture: bytes) -> bytes | None:
    """Return the SSIM map of two pictures, as a PNG that people can read.

    The lines of both are grey; the less alike a place is, the redder it is.

    Args:
        reference: A PNG.
        picture: A PNG at the same scale.

    Returns:
        The map, or ``None`` where they differ nowhere.

    Raises:
        ValueError: One is no picture, or too large.
    """
    likeness = np.clip(ssim(reference, picture).map, 0, 1)
    if likeness.min() > _ALIKE:
        return None
    ink = 1 - np.minimum(*align(reference, picture)) / 255
    paper = 1 - (1 - likeness)[..., None] * (1 - _UNLIKE)
    light = paper * (1 - _LINES * ink[..., None])
    return small_png(Image.fromarray((255 * light).astype(np.uint8)), *_SIZE)


def _bytes(problem: Problem) -> int:
    answers = sum(len(it.picture) + len(it.difference) for it in problem.answers)
    return len(problem.picture) + answers
