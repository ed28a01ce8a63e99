"""A live ``asy`` that outlives its processes: what ran in one is run again in the next."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from asygrammar.compiler import answers
from asygrammar.compiler.live import Answer, LiveAsy
from asygrammar.compiler.protocol import Line, Protocol
from asygrammar.compiler.session_pool import SessionPool

# The most that a program may write, in bytes, as in a compilation; the marks come on top.
_LOG_LIMIT = 256 << 10
_MARKS = 1 << 10
# Statements run again in about the time that they took; and a process may be slow at first.
_SLOWER, _SLOW = 4.0, 5.0


@dataclass(frozen=True)
class Ran:
    """A statement that ran.

    Attributes:
        line: What was sent.
        written: What it wrote, in bytes.
        seconds: Wall-clock time, in seconds.
    """

    line: Line
    written: int
    seconds: float


class Replay:
    """What has run, and a process in which it has.

    Args:
        pool: Where processes come from.
    """

    def __init__(self, pool: SessionPool) -> None:
        self._pool = pool
        self._ran: list[Ran] = []
        self._live: LiveAsy | None = None
        self._is_replaying = False

    @property
    def pid(self) -> int | None:
        """The number of the process that is now in use."""
        return None if self._live is None else self._live.pid

    def ask(
        self, request: Callable[[Protocol, int], bytes], timeout: float
    ) -> tuple[Answer, Protocol]:
        """Return the answer to a request, and the words that it was given in.

        A process that is gone without a reason in the program is replaced, once.

        Args:
            request: What to say, for a protocol and a number.
            timeout: Wall-clock limit, in seconds; running again what has run is not in it.

        Raises:
            CompilerMissing: No process can be started.
        """
        try:
            answer, protocol, lost = self._ask(request, timeout)
            if lost or answers.is_unexplained(answer):
                self.renew()
                answer, protocol, lost = self._ask(request, timeout)
        except BaseException:
            # Nobody knows how much of it has run.
            self.drop()
            raise
        # Without marks, nothing in it counts as done.
        return dataclasses.replace(answer, marks={}) if lost else answer, protocol

    def keep(self, ran: Ran) -> None:
        """Take what has run among what is run again."""
        self._ran.append(ran)

    def take_back(self, count: int) -> None:
        """Undo what ran last."""
        if count:
            del self._ran[len(self._ran) - count :]
            self.renew()

    def renew(self) -> None:
        """Go on in a new process, which begins to run again what has run."""
        self.drop()
        live = self._pool.take_ready()
        if live is not None:
            self._begin(live)

    def drop(self) -> None:
        """Have the process killed; the next request brings another one."""
        if self._live is not None:
            self._pool.end(self._live)
        self._live = None
        self._is_replaying = False

    def _ask(
        self, request: Callable[[Protocol, int], bytes], timeout: float
    ) -> tuple[Answer, Protocol, bool]:
        """Return an answer and its words, and whether what had run did not run again."""
        live = self._live or self._begin(self._pool.take())
        again: Sequence[Ran] = tuple(self._ran) if self._is_replaying else ()
        written = sum(ran.written for ran in self._ran)
        if again:
            timeout += _SLOW + _SLOWER * sum(ran.seconds for ran in again)
            limit = _LOG_LIMIT
        else:
            limit = _LOG_LIMIT - written
        live.number += 1
        message = request(live.protocol, live.number)
        answer = live.ask(message, timeout, limit + _MARKS * (1 + len(again)))
        self._is_replaying = False
        lost = answer.replayed < len(again)
        said = answer.said[sum(ran.written for ran in again) :]
        return dataclasses.replace(answer, said=said), live.protocol, lost

    def _begin(self, live: LiveAsy) -> LiveAsy:
        self._live = live
        if self._ran:
            live.number += 1
            lines = [ran.line for ran in self._ran]
            live.send(live.protocol.replaying(live.number, lines))
            self._is_replaying = True
        return live
