"""What a compilation comes to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from asygrammar.diagnostics import Diagnostic


class Status(StrEnum):
    """How a compilation ended. A status compares equal to its text."""

    OK = "ok"
    FAILED = "failed"
    DREW_NOTHING = "drew nothing"
    TIMED_OUT = "timed out"
    TOO_MUCH_OUTPUT = "too much output"
    OUT_OF_MEMORY = "out of memory"
    REFUSED = "refused"


@dataclass(frozen=True)
class CompileResult:
    """What became of one program.

    Attributes:
        status: How it ended.
        diagnostics: The faults, in the order in which they were found; empty only where ``ok``.
        log: What ``asy``, TeX and the converters said, at most some 32,000 characters.
        output: The picture's file, ``b""`` unless ``ok``.
        format: The picture's format: ``svg``, ``png``, ``pdf`` or ``eps``.
        seconds: Wall-clock time, in seconds.
    """

    status: Status
    diagnostics: tuple[Diagnostic, ...]
    log: str
    output: bytes
    format: str
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether there is a picture. A program that runs to its end but draws nothing has none."""
        return self.status is Status.OK


class CompilerMissing(RuntimeError):  # noqa: N818 - a public name
    """A program that drawing needs is not installed; the message says how to install it."""


class RenderError(ValueError):
    """The program has faults, so there is no picture.

    Attributes:
        result: The compilation that failed, with all its diagnostics.
    """

    def __init__(self, result: CompileResult) -> None:
        super().__init__(str(result.diagnostics[0]) if result.diagnostics else str(result.status))
        self.result = result
