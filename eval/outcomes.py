"""What became of sampled programs, kept beside them: a long run that was cut goes on from there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from asygrammar.eval.sampler import RandomProgram

_FILE = ".outcomes.jsonl"


@dataclass(frozen=True)
class Failure:
    """A program of which no picture came.

    Attributes:
        number: Its number, which is its file's name.
        seed: Where its choices began.
        kind: ``name``, ``type``, ``syntax``, ``label``, ``run-time``, ``unknown`` or ``dead end``.
        message: The first fault.
    """

    number: int
    seed: int
    kind: str
    message: str


@dataclass(frozen=True)
class Outcome:
    """A program, and what became of it.

    Attributes:
        number: Which it is.
        sample: How it came about.
        program: Its text as it is compiled.
        failure: Why it does not compile, or ``None``.
    """

    number: int
    sample: RandomProgram
    program: str
    failure: Failure | None


class Outcomes:
    """The outcomes of one run, in a folder with its programs.

    Args:
        folder: Where; made where it is missing.
        run: What the run depends on, besides the number of programs.

    Raises:
        ValueError: The folder has programs of another run.
    """

    def __init__(self, folder: Path, run: Mapping[str, str | int | None]) -> None:
        self._folder = folder
        self.known: dict[int, Outcome] = {}
        folder.mkdir(parents=True, exist_ok=True)
        lines = self._read()
        if lines and json.loads(lines[0]) != dict(run):
            raise ValueError(f"{folder} holds the programs of another run: choose another folder")
        if not lines:
            self._append(json.dumps(dict(run)))
        for line in lines[1:]:
            outcome = _outcome(json.loads(line))
            self.known[outcome.number] = outcome

    def add(self, outcome: Outcome) -> None:
        """Keep an outcome, and write its program to a file of its own."""
        path = self._folder / f"{outcome.number:05}.asy"
        path.write_text(outcome.program, encoding="utf-8")
        self._append(json.dumps(asdict(outcome)))
        self.known[outcome.number] = outcome

    def _read(self) -> list[str]:
        """Return the lines that are whole; the last one may have been cut."""
        path = self._folder / _FILE
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            path.write_text(whole, encoding="utf-8")
        return whole.splitlines()

    def _append(self, line: str) -> None:
        with (self._folder / _FILE).open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")


def _outcome(fields: dict) -> Outcome:  # type: ignore[type-arg]
    failure = fields["failure"]
    return Outcome(
        number=fields["number"],
        sample=RandomProgram(**fields["sample"]),
        program=fields["program"],
        failure=Failure(**failure) if failure else None,
    )
