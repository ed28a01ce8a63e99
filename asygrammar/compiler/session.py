"""A program judged statement by statement, while it is being written, by a live ``asy``."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from asygrammar.closing import Closing
from asygrammar.compiler import answers, asy, faults, protocol
from asygrammar.compiler.live import Answer
from asygrammar.compiler.preamble import Touch, is_sure, touch_of
from asygrammar.compiler.process import Ending
from asygrammar.compiler.protocol import BEGUN, DONE, EMPTY, LOOKED, Line
from asygrammar.compiler.refusal import refusals, without_settings
from asygrammar.compiler.replay import Ran, Replay
from asygrammar.compiler.result import CompileResult, Status
from asygrammar.compiler.scan import Source
from asygrammar.compiler.session_pool import SessionPool
from asygrammar.compiler.session_result import ProgramVerdict, StatementVerdict
from asygrammar.compiler.typesetting import is_uncertain, is_unclosed, label_faults
from asygrammar.diagnostics import Diagnostic

_Faults = tuple[Diagnostic, ...]

_COMPILE = 30.0
# A picture larger than this, in bp, may be too large for TeX or for a format.
_LARGEST = 5_000.0
# What a function's body cannot hold, or what may have an effect without being run.
_TOP_LEVEL = frozenset(
    word
    for line in (
        "import include access from unravel static private public restricted return break continue",
    )
    for word in line.split()
)
# What a program may ship out, or do at its end, is left to a compilation.
_WHOLE_ONLY = frozenset(
    ("shipout", "_shipout", "newpage", "exit", "exitfunction", "atexit", "pattern")
)


@dataclass(frozen=True)
class _Accepted:
    """A statement of the program; what is all comment does not run."""

    text: str
    line: Line | None = None
    touch: Touch = Touch.NONE


class CompilerSession(Closing):
    """A program that grows by one statement at a time, each run by a live, confined ``asy``.

    Everything holds for a statement that holds for a program in ``compile``: the sandbox, what is
    refused, the shipped modules, how faults are worded. A statement that fails leaves no trace. A
    process that dies, hangs or takes too much is replaced, and the program goes on where it was.

    A session is for one thread at a time.

    Args:
        pool: Where its processes come from; ``None``: a pool of its own, closed with it.
        modules: Names of the shipped modules that the program may import; ``None``: all. Of a
            pool's processes, the pool has decided that.
        timeout: Wall-clock limit of each statement, in seconds.

    Raises:
        ValueError: If the time is not positive, there is no such module, or both a pool and
            modules are given.
    """

    def __init__(
        self,
        pool: SessionPool | None = None,
        *,
        modules: Collection[str] | None = None,
        timeout: float = 5.0,
    ) -> None:
        if not timeout > 0:
            raise ValueError(f"the timeout must be more than 0 seconds, not {timeout:g}")
        if pool is not None and modules is not None:
            raise ValueError("give either a pool or modules: a pool has its own")
        self._own = pool is None
        self._pool = SessionPool(1, modules=modules) if pool is None else pool
        self._timeout = timeout
        self._accepted: list[_Accepted] = []
        self._replay = Replay(self._pool)

    @property
    def statements(self) -> tuple[str, ...]:
        """The statements of the program, in their order."""
        return tuple(accepted.text for accepted in self._accepted)

    @property
    def program(self) -> str:
        """The program so far: its statements, each beginning a line."""
        return "".join(accepted.text for accepted in self._accepted)

    def run(self, statement: str) -> StatementVerdict:
        """Run a statement after those that were accepted, and accept it or leave no trace of it.

        Args:
            statement: One statement, of any number of lines: a block or a function as a whole.

        Raises:
            CompilerMissing: ``asy`` cannot be started.
        """
        began = time.monotonic()
        status, found, pending = self._judge(statement)
        return StatementVerdict(status, found, pending, time.monotonic() - began)

    def rollback(self, count: int = 1) -> None:
        """Take back the last statements; what they did is undone.

        Raises:
            ValueError: The program has no so many.
        """
        if not 0 <= count <= len(self._accepted):
            raise ValueError(f"cannot take back {count} of {len(self._accepted)} statements")
        first = len(self._accepted) - count
        taken = self._accepted[first:]
        del self._accepted[first:]
        self._replay.take_back(sum(one.line is not None for one in taken))

    def finish(self) -> ProgramVerdict:
        """Tell what would become of the program if it ended here. It may go on afterwards.

        Raises:
            CompilerMissing: ``asy`` cannot be started.
        """
        began = time.monotonic()
        status, found, compiled = self._judge_whole()
        return ProgramVerdict(status, found, compiled, time.monotonic() - began)

    def close(self) -> None:
        """End the process."""
        self._replay.drop()
        if self._own:
            self._pool.close()

    def _judge(self, statement: str) -> tuple[Status, _Faults, _Faults]:
        """Return the status of a statement, its faults and those that are pending."""
        text = asy._normalized(statement)
        text += "" if text.endswith("\n") else "\n"
        source = without_settings(Source(text))
        lines = self.program.count("\n")
        refused = (*asy._unreadable(source), *refusals(source, contained=self._pool.contained))
        if refused:
            return Status.REFUSED, tuple(answers.shifted(fault, lines) for fault in refused), ()
        if not source.tokens:
            self._accepted.append(_Accepted(text))
            return Status.OK, (), ()
        if not protocol.is_whole(source):
            return Status.FAILED, (answers.shifted(answers.cut_off(source), lines),), ()
        return self._run(text, source)

    def _run(self, text: str, source: Source) -> tuple[Status, _Faults, _Faults]:
        before = self.program
        program = before + text
        touch = touch_of(source, single=protocol.is_single(source))
        line = protocol.one_line(source, len(before.encode()), self._first(touch))
        solid = any(token.kind == "string" for token in source.tokens)
        began = time.monotonic()
        answer, spoken = self._replay.ask(
            lambda words, number: words.asking(
                number, line, solid=solid, anew=touch is not Touch.NONE
            ),
            self._timeout,
        )
        span = answers.span_of(source, before.count("\n"))
        if DONE not in answer.marks or answer.ending not in (None, Ending.EXIT):
            self._clean_up(answer, source, line)
            return (*answers.failure(answer, program, span, self._timeout), ())
        pending = () if LOOKED in answer.marks else answers.found_in(answer, program, span)
        found = self._label_faults(answer, spoken.tex, program, touch)
        if found or any(isinstance(fault, faults.LabelError) for fault in pending):
            self._replay.renew()
            return Status.FAILED, found or pending, ()
        self._accepted.append(_Accepted(text, line, touch))
        self._replay.keep(Ran(line, len(answer.said), time.monotonic() - began))
        if answer.ending is not None:
            # It was drawing that ended the process, not the statement itself.
            self._replay.renew()
        return Status.OK, (), pending

    def _first(self, touch: Touch) -> bytes:
        """Return what has to run before a statement that changes what TeX begins with."""
        earlier = [accepted for accepted in self._accepted if accepted.touch is not Touch.NONE]
        if touch is Touch.NONE or any(one.touch is not Touch.CALL for one in earlier):
            return b""
        return b" ".join([b"texreset();", *(one.line.bare for one in earlier if one.line)])

    def _label_faults(self, answer: Answer, word: str, program: str, touch: Touch) -> _Faults:
        found = label_faults(answer.log.decode(errors="replace"), word, program)
        sure = is_sure([*(one.touch for one in self._accepted), touch])
        if not found or (sure and not any(map(is_unclosed, found))):
            return found
        compiled = self._compile(program).diagnostics
        return tuple(one for one in compiled if isinstance(one, faults.LabelError))

    def _clean_up(self, answer: Answer, source: Source, line: Line) -> None:
        """See to it that nothing is left of a statement that failed."""
        lives = answer.ending is None
        if not lives or (BEGUN in answer.marks and not self._is_untranslated(source, line)):
            self._replay.renew()

    def _is_untranslated(self, source: Source, line: Line) -> bool:
        """Whether asy refused a statement before it ran anything of it."""
        words = {token.text for token in source.tokens if token.kind == "word"}
        if not protocol.is_single(source) or words & _TOP_LEVEL:
            return False
        answer, _ = self._replay.ask(
            lambda spoken, number: spoken.translating(number, line), self._timeout
        )
        return answer.ending is None and DONE not in answer.marks

    def _judge_whole(self) -> tuple[Status, _Faults, bool]:
        """Return the status of the program, its faults, and whether it was compiled for that."""
        program = self.program
        hidden = any(one.touch is Touch.HIDDEN for one in self._accepted)
        if not hidden and not _is_uncertain(Source(program)):
            answer, spoken = self._replay.ask(
                lambda words, number: words.finishing(number), self._timeout
            )
            if EMPTY in answer.marks:
                return Status.DREW_NOTHING, (faults.DrewNothing(None),), False
            box = [float(number) for number in answer.marks.get(LOOKED, ())]
            if answer.ending is None and _is_drawable(box):
                said = answer.log.decode(errors="replace")
                if not label_faults(said, spoken.tex, program):
                    return Status.OK, (), False
            self._replay.renew()
        compiled = self._compile(program)
        return compiled.status, compiled.diagnostics, True

    def _compile(self, program: str) -> CompileResult:
        return asy.compile(program, "pdf", _COMPILE, modules=self._pool.modules)


def _is_uncertain(program: Source) -> bool:
    """Whether only a compilation tells what becomes of a program."""
    words = {token.text for token in program.tokens if token.kind == "word"}
    strings = (token.value for token in program.tokens if token.kind == "string")
    return bool(words & _WHOLE_ONLY) or any(map(is_uncertain, strings))


def _is_drawable(box: Sequence[float]) -> bool:
    """Whether a picture of such bounds, in bp, is sure to fit any format."""
    if len(box) != 4 or not all(abs(number) < _LARGEST for number in box):
        return False
    left, bottom, right, top = box
    return left < right and bottom < top
