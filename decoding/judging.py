"""The level ``compiled``: a live compiler judges each statement of a program being written."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from asygrammar.compiler import (
    CompilerMissing,
    CompilerSession,
    ProgramVerdict,
    SessionPool,
    StatementVerdict,
)

_ELSE = re.compile(r"\s*else\b")


def goes_on(statement: str) -> bool:
    """Tell whether a statement goes on with the one before it, an ``if`` without braces."""
    return _ELSE.match(statement) is not None


class Judge:
    """Judges one program, statement by statement.

    Where the compiler cannot be started any more, everything passes: the program is then as good as
    the level below makes it, and `missing` tells.

    Args:
        pool: Where the live compilers come from.

    Attributes:
        seconds: Time spent in the compiler, in seconds.
        missing: Whether the compiler went missing.
    """

    def __init__(self, pool: SessionPool) -> None:
        self._session = CompilerSession(pool)
        self.seconds = 0.0
        self.missing = False

    def take(self, statement: str) -> str:
        """Add a whole statement to the program, unless it fails.

        Args:
            statement: The statement. One that begins with ``else`` becomes part of the last one.

        Returns:
            Why it fails, in one line; empty where the program now has it.
        """
        return self._ask(lambda: self._take(statement))

    def why_not_end(self) -> str:
        """Return why the program cannot end here, in one line; empty where it can."""
        return self._ask(lambda: _reason(self._session.finish()))

    def back(self) -> None:
        """Take back the last statement."""
        self._ask(self._take_back)

    def close(self) -> None:
        """Give the compiler back."""
        self._session.close()

    def _take_back(self) -> str:
        self._session.rollback()
        return ""

    def _take(self, statement: str) -> str:
        if not goes_on(statement):
            return _reason(self._session.run(statement))
        before = self._session.statements[-1]
        self._session.rollback()
        verdict = self._session.run(before + statement)
        if not verdict.ok:
            self._session.run(before)
        return _reason(verdict)

    def _ask(self, question: Callable[[], str]) -> str:
        if self.missing:
            return ""
        began = time.perf_counter()
        try:
            return question()
        except (CompilerMissing, OSError):
            self.missing = True
            return ""
        finally:
            self.seconds += time.perf_counter() - began


def _reason(verdict: StatementVerdict | ProgramVerdict) -> str:
    if verdict.ok:
        return ""
    return str(next(iter(verdict.diagnostics), verdict.status.value))
