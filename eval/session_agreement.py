"""Agreement: how often a session and a compilation say the same of a whole program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from random import Random
from statistics import median
from typing import Any

from asygrammar import add_imports, format_asy
from asygrammar.compiler import (
    CompileResult,
    CompilerSession,
    ProgramVerdict,
    SessionPool,
    StatementVerdict,
    compile,
)
from asygrammar.eval.mutations import KINDS, mutate
from asygrammar.eval.stats import agreement_lines, share
from asygrammar.layout import statements_of
from asygrammar.parser import AsySyntaxError

#: What figures are judged as, besides those with a fault of one of the kinds of ``mutations``.
AS_FORMATTED = "as formatted"

# How often to look for a figure that has a place for a fault, before giving up on that kind.
_TRIES = 50
_TIMEOUT = 30.0


@dataclass(frozen=True)
class SessionDisagreement:
    """A program of which the two do not say the same.

    Attributes:
        id: The figure's id.
        variant: What the figure was judged as.
        session: What the session says: its status, and the first fault.
        compilation: What the compilation says, in the same way.
        program: The program.
    """

    id: str
    variant: str
    session: str
    compilation: str
    program: str


@dataclass(frozen=True)
class SessionAgreementReport:
    """How often a session and a compilation agree.

    Attributes:
        judged: The number of programs, by variant.
        agreed: Of how many of them both make a picture, or neither does, by variant.
        accepted: How many of them compile, by variant.
        same_status: In how many programs of all both end in the same status.
        same_words: Of how many programs that neither accepts both name the same first fault.
        disagreements: The programs that are not agreed on.
        statements: How many statements the sessions ran.
        statement_ms: The median time of a statement, in milliseconds.
        finish_ms: The median time of the last check, in milliseconds.
        compiled: How many programs a session had to compile.
        session_seconds: Wall-clock time of the sessions, in seconds.
        compile_seconds: Wall-clock time of the compilations, in seconds.
    """

    judged: dict[str, int]
    agreed: dict[str, int]
    accepted: dict[str, int]
    same_status: int
    same_words: int
    disagreements: tuple[SessionDisagreement, ...]
    statements: int
    statement_ms: float
    finish_ms: float
    compiled: int
    session_seconds: float
    compile_seconds: float

    @property
    def share(self) -> float:
        """The share of programs that are agreed on, from 0 to 1; 0 of none."""
        return share(sum(self.agreed.values()), sum(self.judged.values()))

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready mapping: the fields, and ``share``."""
        return {**asdict(self), "share": self.share}

    def to_text(self) -> str:
        """Return the result as lines for a reader, the disagreements first."""
        lines = [
            f"{d.id} ({d.variant}): session: {d.session}; compilation: {d.compilation}"
            for d in self.disagreements
        ]
        lines += agreement_lines(self.judged, self.agreed, self.accepted, "{} compile")
        total = sum(self.judged.values())
        refused = total - sum(self.accepted.values())
        lines.append(
            f"same status: {self.same_status} of {total}; same first fault: {self.same_words} of "
            f"{refused} that do not compile"
        )
        lines.append(
            f"session: {self.statement_ms:.2f} ms a statement (median of {self.statements}), "
            f"{self.finish_ms:.1f} ms for the last check, {self.compiled} programs compiled for "
            f"it; {self.session_seconds:.0f} s in all, compilations {self.compile_seconds:.0f} s"
        )
        return "\n".join(lines)


@dataclass(frozen=True)
class _Judgement:
    """What a session says of a program: of the statement that it refuses, or of the whole."""

    last: StatementVerdict | ProgramVerdict
    seconds: tuple[float, ...]

    @property
    def compiled(self) -> bool:
        return isinstance(self.last, ProgramVerdict) and self.last.compiled


def measure_session_agreement(
    figures: Iterable[tuple[str, str]],
    *,
    mutations: int = 1000,
    seed: int = 0,
    pool: SessionPool | None = None,
    progress: Callable[[], None] = lambda: None,
) -> SessionAgreementReport:
    """Compare sessions with compilations, on figures and on figures with a fault.

    Each figure gets its imports, is formatted and loses its comments. A program counts as agreed on
    where both make a picture of it, or neither does.

    Args:
        figures: Pairs of id and program; one that does not parse goes in as one statement.
        mutations: How many figures with a fault to make, of all kinds together.
        seed: Where the choice of figures and faults begins.
        pool: Where the sessions' processes come from; ``None``: a pool for this alone.
        progress: Called for each program.

    Raises:
        CompilerMissing: ``asy`` is not installed.
    """
    if pool is None:
        with SessionPool() as own:
            return measure_session_agreement(
                figures, mutations=mutations, seed=seed, pool=own, progress=progress
            )
    rows: list[tuple[str, str, str, _Judgement, CompileResult]] = []
    for name, variant, program in _variants(list(figures), mutations, seed):
        rows.append((name, variant, program, _judge(program, pool), compile(program)))
        progress()
    return _report(rows)


def _variants(
    figures: Sequence[tuple[str, str]], mutations: int, seed: int
) -> Iterator[tuple[str, str, str]]:
    complete = [(name, _formatted(add_imports(program))) for name, program in figures]
    yield from ((name, AS_FORMATTED, program) for name, program in complete)
    random = Random(seed)
    kinds = list(KINDS)
    for number in range(mutations if complete else 0):
        kind = kinds[number % len(kinds)]
        for _ in range(_TRIES):
            name, program = random.choice(complete)
            changed = mutate(program, kind, random)
            if changed is not None:
                yield name, kind, _formatted(changed)
                break


def _formatted(program: str) -> str:
    try:
        return format_asy(program, comments=False)
    except AsySyntaxError:
        return program


def _judge(program: str, pool: SessionPool) -> _Judgement:
    try:
        statements = statements_of(program)
    except AsySyntaxError:
        statements = [program]
    seconds = []
    with CompilerSession(pool, timeout=_TIMEOUT) as session:
        for statement in statements:
            verdict = session.run(statement)
            seconds.append(verdict.seconds)
            if not verdict.ok:
                return _Judgement(verdict, tuple(seconds))
        return _Judgement(session.finish(), tuple(seconds))


def _report(
    rows: Sequence[tuple[str, str, str, _Judgement, CompileResult]],
) -> SessionAgreementReport:
    judged: dict[str, int] = {}
    agreed: dict[str, int] = {}
    accepted: dict[str, int] = {}
    disagreements = []
    for name, variant, program, judgement, result in rows:
        same = judgement.last.ok == result.ok
        judged[variant] = judged.get(variant, 0) + 1
        agreed[variant] = agreed.get(variant, 0) + same
        accepted[variant] = accepted.get(variant, 0) + result.ok
        if not same:
            said, found = _words(judgement.last), _words(result)
            disagreements.append(SessionDisagreement(name, variant, said, found, program))
    pairs = [(judgement.last, result) for _, _, _, judgement, result in rows]
    refused = [(last, result) for last, result in pairs if not (last.ok or result.ok)]
    seconds = [second for row in rows for second in row[3].seconds]
    finishes = [last.seconds for last, _ in pairs if isinstance(last, ProgramVerdict)]
    return SessionAgreementReport(
        judged,
        agreed,
        accepted,
        sum(last.status is result.status for last, result in pairs),
        sum(_words(last) == _words(result) for last, result in refused),
        tuple(disagreements),
        len(seconds),
        1000 * median(seconds or [0.0]),
        1000 * median(finishes or [0.0]),
        sum(row[3].compiled for row in rows),
        sum(seconds) + sum(finishes),
        sum(result.seconds for _, result in pairs),
    )


def _words(verdict: StatementVerdict | ProgramVerdict | CompileResult) -> str:
    return f"{verdict.status}: {verdict.diagnostics[0]}" if verdict.diagnostics else verdict.status
