"""Samples: what something wrote for a sentence, as JSON lines. Knows nothing of scores.

A file of samples is what `asygrammar bench` writes while it decodes and what `asygrammar eval`
reads: one JSON object a line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Sample:
    """One text that was written for one sentence.

    Attributes:
        id: What no other sample of the file is called.
        problem: What the samples of one sentence share; pairs are made by it.
        prompt: The sentence; empty where it is not known.
        completion: What was written, as it was written.
        reference: A program that draws what was asked for, or ``None``.
        system: What stood before the sentence (a system message); empty where nothing did.
        arm: What wrote it: a row of the tables. Levels and modes of one model are several arms.
        level: The level of constraint; empty where something else wrote it.
        mode: ``"program"`` or ``"template"`` as it was asked for; empty likewise.
        model: The model's name; empty where it is not known.
        number: Which of the samples of its problem and arm it is, from 0.
        complete: Whether the writer ended it (``False``: its budget did), or ``None``.
        checks: Geometric checks that the figure must pass; see `asygrammar.eval.geometric_checks`.
        split: How its sentence is new (`asygrammar.figures.SPLITS`), or any other group; may be
            empty.
        cost: What it took, by name, in the order of :data:`COSTS`; those that are known.
        error: Why nothing was written, in one line; empty where something was.
    """

    id: str
    problem: str
    prompt: str
    completion: str
    reference: str | None = None
    system: str = ""
    arm: str = ""
    level: str = ""
    mode: str = ""
    model: str = ""
    number: int = 0
    complete: bool | None = None
    checks: tuple[str, ...] = ()
    split: str = ""
    cost: Mapping[str, float] = field(default_factory=dict)
    error: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the sample as a row of a file of samples, JSON-ready."""
        return asdict(self)


#: What a sample may have cost, with the name that people read. Times are in seconds.
COSTS: Mapping[str, str] = {
    "tokens": "tokens",
    "forced": "forced tokens",
    "steps": "times the model was asked",
    "taken_back": "tokens taken back",
    "statements": "statements",
    "refused": "statements refused",
    "masked": "probability masked",
    "model_seconds": "seconds in the model",
    "mask_seconds": "seconds in masks",
    "grammar_seconds": "seconds in the grammar",
    "compiler_seconds": "seconds in the compiler",
    "seconds": "seconds",
}
