"""What a session says of a statement and of a program."""

from __future__ import annotations

from dataclasses import dataclass

from asygrammar.compiler.result import Status
from asygrammar.diagnostics import Diagnostic


@dataclass(frozen=True)
class StatementVerdict:
    """What became of one statement.

    Attributes:
        status: How it ended, as a compilation would.
        diagnostics: The faults, empty only where ``ok``. Their places are in the whole program.
        pending: Where ``ok``: why the picture cannot be drawn as it is now. What follows may mend
            that, such as the first curve after an axis.
        seconds: Wall-clock time, in seconds.
    """

    status: Status
    diagnostics: tuple[Diagnostic, ...]
    pending: tuple[Diagnostic, ...]
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether it is now part of the program."""
        return self.status is Status.OK


@dataclass(frozen=True)
class ProgramVerdict:
    """What would become of the program if it ended here.

    Attributes:
        status: As a compilation has it.
        diagnostics: The faults, empty only where ``ok``.
        compiled: Whether only a compilation could tell.
        seconds: Wall-clock time, in seconds.
    """

    status: Status
    diagnostics: tuple[Diagnostic, ...]
    compiled: bool
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether there would be a picture."""
        return self.status is Status.OK
