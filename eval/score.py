"""Scores: what became of samples, as JSON lines. Knows nothing of how they were found.

Shares are from 0 to 1. ``None`` is what cannot be told: of a sample without a reference, for one,
how much it is like it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from asygrammar.eval.samples import Sample

#: The verdict of a sample that compiles and draws something that can be seen.
OK = "ok"


@dataclass(frozen=True)
class Score:
    """What became of one sample.

    Attributes:
        sample: The sample.
        verdict: ``"ok"``, or in one line what is wrong: ``"failed: 3.5: no matching variable"``,
            ``"timed out: ..."``, ``"blank: ..."``.
        failure: What is wrong, as failures are counted: of those that ``asy`` refuses ``name``,
            ``type``, ``syntax``, ``label``, ``run-time`` or ``unknown``, else what stands before
            the verdict's first colon; empty where nothing is wrong.
        compiled: Whether ``asy`` draws a picture of it.
        parsed: Whether it has no syntax error and is not empty.
        exact: Whether it is the reference, both formatted.
        similarity: How alike the texts are (`difflib.SequenceMatcher`).
        edit_distance: Tokens of Asymptote to insert, delete or replace to make it the reference.
        statements_run: The share of its statements that run.
        truncated: Whether it was cut before its end.
        contamination: What it has in it that is no program, of ``prompt``, ``prose``, ``fence``.
        same: Whether it draws what the reference draws (`asygrammar.eval.same_drawing`).
        ssim: How alike the pictures are, from -1 to 1.
        hash_distance: Bits of 64 in which their perceptual hashes differ.
        relations: Of what holds between the labelled points of the reference (right angles, equal
            lengths, ...), the share that holds in it.
        checks: Its geometric checks, and whether each is passed.
        picture: File of its picture, relative to the scores' folder; empty where there is none.
        reference_picture: The same of the reference.
        seconds: What judging it took.
    """

    sample: Sample
    verdict: str
    failure: str = ""
    compiled: bool = False
    parsed: bool = False
    exact: bool | None = None
    similarity: float | None = None
    edit_distance: int | None = None
    statements_run: float | None = None
    truncated: bool | None = None
    contamination: tuple[str, ...] = ()
    same: bool | None = None
    ssim: float | None = None
    hash_distance: int | None = None
    relations: float | None = None
    checks: Mapping[str, bool] = field(default_factory=dict)
    picture: str = ""
    reference_picture: str = ""
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the score as a row of a file of scores, JSON-ready: the sample's columns, too."""
        columns = {name: value for name, value in asdict(self).items() if name != "sample"}
        # The sample has a column of this name: which checks there are.
        columns["checks_passed"] = columns.pop("checks")
        return self.sample.to_dict() | columns


def read_score(row: Mapping[str, Any]) -> Score:
    """Read a row that `Score.to_dict` wrote.

    Raises:
        ValueError: It is no such row.
    """
    try:
        columns = _columns(Score, {**row, "checks": row["checks_passed"]})
        return Score(sample=Sample(**_columns(Sample, row)), **columns)
    except (TypeError, KeyError) as fault:
        raise ValueError(f"this is no row of a file of scores: {fault}") from None


def _columns(kind: type[Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """Return those columns of a row that a dataclass has, lists as tuples."""
    return {
        name: tuple(row[name]) if isinstance(row[name], list) else row[name]
        for name in kind.__dataclass_fields__
        if name in row
    }
