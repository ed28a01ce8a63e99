"""Soundness: of programs sampled with random logits under a level, the share that ``asy`` compiles.

A constraint that is right needs no help from the model: what it lets through has no fault of names,
types or syntax, whatever the logits. What may fail is what a program computes.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from random import Random
from typing import Any

from asygrammar.compiler import CompilerMissing, SessionPool, asy_available, compile
from asygrammar.compiler.verdicts import judge_types
from asygrammar.decoding.models import load_tokenizer
from asygrammar.eval import rows
from asygrammar.eval.asy_messages import IN_THE_TEXT, RUN_TIME, UNKNOWN, fault_kind
from asygrammar.eval.outcomes import Failure, Outcome, Outcomes
from asygrammar.eval.parallel import spread
from asygrammar.eval.rows import read_tokenizer, rows_of
from asygrammar.eval.sampler import Sampler
from asygrammar.eval.statement_lines import kind_of
from asygrammar.eval.stats import share, wilson_interval
from asygrammar.eval.usages import Signature, all_signatures
from asygrammar.eval.used import imported, used_signatures, visible
from asygrammar.eval.vocabulary import Vocabulary
from asygrammar.signatures import PLAIN, signature_modules

#: How many signatures each program is led to use, and how many statements it has at least, at most.
TARGETS = 2
STATEMENTS = (9, 14)
#: Wall-clock limit for compiling one program, in seconds.
TIMEOUT = 15.0
DEAD_END = "dead end"
#: The level at which a live compiler judges each statement, and all levels.
COMPILED = "compiled"
LEVELS = (*rows.LEVELS, COMPILED)
# In a window there would be nothing to see: what asy makes by itself of a figure in space.
_IN_SPACE = "settings.render = 0;\nsettings.prc = false;\n"


@dataclass(frozen=True)
class SoundnessReport:
    """What became of programs that were sampled under a level.

    Attributes:
        level: The level's name.
        programs: How many there are.
        compiled: How many of them compile and draw something.
        failures: The others, in their order.
        signatures_used: How many signatures they use between them.
        signatures_total: How many there are to use.
        unused: Those that none uses.
        statement_kinds: How many statements of each kind they have.
        median_statements: How many statements a program has.
        refused_share: Of the lines begun, the share given up: they did not end in time, may well
            fail when they run, or were refused by the compiler.
        rolled_back_share: Of the tokens written, the share taken back.
        refused_statements: How many whole statements the compiler refused.
        seconds: Wall-clock time of it all, in seconds.
    """

    level: str
    programs: int
    compiled: int
    failures: tuple[Failure, ...]
    signatures_used: int
    signatures_total: int
    unused: tuple[str, ...]
    statement_kinds: dict[str, int]
    median_statements: float
    refused_share: float
    rolled_back_share: float
    refused_statements: int
    seconds: float

    @classmethod
    def of(
        cls,
        level: str,
        programs: Sequence[str],
        failures: tuple[Failure, ...],
        *,
        refused_share: float,
        rolled_back_share: float,
        refused_statements: int,
        seconds: float,
    ) -> SoundnessReport:
        """Return the report of some programs; the other arguments are its fields."""
        used = frozenset[Signature]().union(*map(used_signatures, programs))
        kinds = [[k for line in p.splitlines() if (k := kind_of(line))] for p in programs]
        return cls(
            level=level,
            programs=len(programs),
            compiled=len(programs) - len(failures),
            failures=failures,
            signatures_used=len(used),
            signatures_total=len(all_signatures()),
            unused=tuple(str(one) for one in all_signatures() if one not in used),
            statement_kinds=dict(Counter(k for found in kinds for k in found).most_common()),
            median_statements=statistics.median(map(len, kinds)) if kinds else 0,
            refused_share=refused_share,
            rolled_back_share=rolled_back_share,
            refused_statements=refused_statements,
            seconds=seconds,
        )

    @property
    def kinds(self) -> dict[str, int]:
        """How many programs fail by the kind of their first fault."""
        return dict(Counter(failure.kind for failure in self.failures).most_common())

    @property
    def faults_in_the_text(self) -> int:
        """How many programs fail for a name, a type or their syntax, or nobody knows why."""
        return sum(failure.kind in IN_THE_TEXT for failure in self.failures)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready mapping: the fields, ``kinds`` and ``faults_in_the_text``."""
        return {
            **asdict(self),
            "kinds": self.kinds,
            "faults_in_the_text": self.faults_in_the_text,
        }

    def to_text(self) -> str:
        """Return the result as lines for a reader, the failures first."""
        lines = [f"{f.number:05} {f.kind}: {f.message}" for f in self.failures]
        low, high = wilson_interval(self.compiled, self.programs)
        rate = share(self.compiled, self.programs)
        told = ", ".join(f"{count} {kind}" for kind, count in self.kinds.items()) or "none"
        lines += [
            f"{self.level}: {self.compiled} of {self.programs} programs compile"
            f" ({100 * rate:.1f} %, 95 % interval {100 * low:.1f} to {100 * high:.1f})",
            f"failures: {told}",
            f"signatures used: {self.signatures_used} of {self.signatures_total}; statements:"
            f" {self.median_statements:g} in the median program, of"
            f" {len(self.statement_kinds)} kinds",
            f"lines given up: {100 * self.refused_share:.1f} %; statements refused by the"
            f" compiler: {self.refused_statements}; tokens taken back:"
            f" {100 * self.rolled_back_share:.1f} %; {self.seconds:.0f} s",
        ]
        return "\n".join(lines)


def measure_soundness(
    programs: int,
    *,
    level: str = "typed",
    seed: int = 0,
    tokenizer: str | None = None,
    out: Path | None = None,
    jobs: int = 1,
    progress: Callable[[], None] = lambda: None,
) -> SoundnessReport:
    """Sample programs under a level and compile them.

    Args:
        programs: How many.
        level: One of :data:`LEVELS`.
        seed: Where the choices begin; program ``n`` depends on ``seed + n`` alone.
        tokenizer: Folder or name; ``None`` is the bundled model's.
        out: Folder for the programs, one file each, which ``asy`` compiles as it stands where it
            finds the shipped modules. A run that was cut goes on from what is there.
        jobs: How many processes work at it.
        progress: Called after each program.

    Raises:
        ValueError: The level is unknown, the tokenizer cannot be used, or the folder holds the
            programs of another run.
        CompilerMissing: ``asy`` is not installed.
    """
    if level not in LEVELS:
        raise ValueError(f"unknown level {level!r}: choose one of {', '.join(LEVELS)}")
    if not asy_available():
        raise CompilerMissing("asy is not installed; to install it: apt-get install asymptote")
    began = time.monotonic()
    kept = Outcomes(out, {"level": level, "seed": seed, "tokenizer": tokenizer}) if out else None
    outcomes = [it for n, it in kept.known.items() if n < programs] if kept else []
    left = set(range(programs)) - {outcome.number for outcome in outcomes}
    for _ in outcomes:
        progress()
    work = partial(_run, level, tokenizer, seed)
    # Programs with the same imports one after the other: what those offer is read once.
    for outcome in spread(work, sorted(left, key=lambda n: (_module(seed + n), n)), jobs):
        outcomes.append(outcome)
        if kept:
            kept.add(outcome)
        progress()
    outcomes.sort(key=lambda outcome: outcome.number)
    return _report(level, outcomes, time.monotonic() - began)


def _report(level: str, outcomes: list[Outcome], seconds: float) -> SoundnessReport:
    samples = [outcome.sample for outcome in outcomes]
    return SoundnessReport.of(
        level,
        [sample.program for sample in samples],
        _settled([o.failure for o in outcomes if o.failure], outcomes),
        refused_share=share(sum(s.given_up for s in samples), sum(s.lines for s in samples)),
        rolled_back_share=share(sum(s.taken_back for s in samples), sum(s.tokens for s in samples)),
        refused_statements=sum(sample.refused for sample in samples),
        seconds=seconds,
    )


def _settled(failures: list[Failure], outcomes: list[Outcome]) -> tuple[Failure, ...]:
    """Return the failures, those of no known kind judged by whether the program translates."""
    programs = {outcome.number: outcome.program for outcome in outcomes}
    unknown = [failure for failure in failures if failure.kind == UNKNOWN]
    verdicts = judge_types([programs[failure.number] for failure in unknown]) if unknown else []
    translates = {f.number for f, v in zip(unknown, verdicts, strict=True) if v.accepted}
    return tuple(replace(f, kind=RUN_TIME) if f.number in translates else f for f in failures)


# ------------------------------------------------------------------------------- one program


@lru_cache(maxsize=1)
def _sampler(level: str, tokenizer: str | None) -> Sampler:
    import torch

    torch.set_num_threads(1)
    llg_tokenizer = read_tokenizer(load_tokenizer(tokenizer))
    rows = rows_of("typed" if level == COMPILED else level, llg_tokenizer)
    pool = SessionPool(1) if level == COMPILED else None
    return Sampler(rows, Vocabulary(llg_tokenizer), signature_modules(), pool)


def _run(level: str, tokenizer: str | None, first_seed: int, number: int) -> Outcome:
    """Sample a program, compile it, and find out what it uses."""
    seed = first_seed + number
    statements = Random(seed).randint(*STATEMENTS)
    sample = _sampler(level, tokenizer).sample(seed, statements, targets(seed))
    modules = imported(sample.program)
    program = (_IN_SPACE if "three" in visible(modules) else "") + sample.program
    if sample.fault:
        return Outcome(number, sample, program, Failure(number, seed, DEAD_END, sample.fault))
    return Outcome(number, sample, program, failure_of(number, seed, program))


def failure_of(number: int, seed: int, program: str) -> Failure | None:
    """Compile a program; return why there is no picture of it, or ``None``."""
    result = compile(program, "eps", TIMEOUT)
    if result.ok:
        return None
    message = str(next(iter(result.diagnostics), result.status))
    return Failure(number, seed, fault_kind(result), message)


def targets(seed: int) -> list[Signature]:
    """Return the signatures that a program is led to use.

    Seeds in a row take all signatures in turn, a module at a time.
    """
    turn, place = divmod(seed, _groups_in_a_turn())
    return list(_groups(turn)[place])


def _module(seed: int) -> str:
    return targets(seed)[0].module


@lru_cache(maxsize=4)
def _groups(turn: int) -> tuple[tuple[Signature, ...], ...]:
    random = Random(turn)
    groups: list[tuple[Signature, ...]] = []
    for module in (PLAIN, *signature_modules()):
        able = [one for one in all_signatures() if one.module == module]
        random.shuffle(able)
        groups += [tuple(able[at : at + TARGETS]) for at in range(0, len(able), TARGETS)]
    random.shuffle(groups)
    return tuple(groups)


def _groups_in_a_turn() -> int:
    return len(_groups(0))
