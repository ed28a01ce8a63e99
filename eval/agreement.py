"""Agreement: how often ``check`` and the compiler say the same of a figure's names and types."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

from asygrammar.checking import check
from asygrammar.compiler.verdicts import Verdict, judge_types
from asygrammar.eval.mutations import mutate
from asygrammar.eval.stats import agreement_lines, share
from asygrammar.imports import add_imports

#: What figures are judged as, besides those with a fault of one of these kinds.
AS_THEY_ARE, WITH_IMPORTS = "as they are", "with imports"
#: The kinds of faults that are put into figures, in turn (see ``mutations``).
MUTATIONS = ("renamed_variable", "dropped_argument", "swapped_type")

# How often to look for a figure that has a place for a fault, before giving up on that kind.
_TRIES = 50


@dataclass(frozen=True)
class Disagreement:
    """A program of which the two do not say the same.

    Attributes:
        id: The figure's id.
        variant: What the figure was judged as.
        check: The first fault that ``check`` finds, or nothing.
        asy: The first fault that the compiler finds, or nothing.
        program: The program.
    """

    id: str
    variant: str
    check: str
    asy: str
    program: str


@dataclass(frozen=True)
class AgreementReport:
    """How often ``check`` and the compiler agree.

    Attributes:
        judged: The number of programs, by variant.
        agreed: Of how many of them both say the same, by variant.
        accepted: How many of them the compiler accepts, by variant.
        disagreements: The other programs.
        check_seconds: Wall-clock time of ``check`` alone, in seconds.
        seconds: Wall-clock time of it all, in seconds.
    """

    judged: dict[str, int]
    agreed: dict[str, int]
    accepted: dict[str, int]
    disagreements: tuple[Disagreement, ...]
    check_seconds: float
    seconds: float

    @property
    def share(self) -> float:
        """The share of programs of which both say the same, from 0 to 1; 0 of none."""
        return share(sum(self.agreed.values()), sum(self.judged.values()))

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready mapping: the fields, and ``share``."""
        return {**asdict(self), "share": self.share}

    def to_text(self) -> str:
        """Return the result as lines for a reader, the disagreements first."""
        lines = [
            f"{d.id} ({d.variant}): check: {d.check or 'no fault'}; asy: {d.asy or 'no fault'}"
            for d in self.disagreements
        ]
        lines += agreement_lines(self.judged, self.agreed, self.accepted, "the compiler accepts {}")
        count = sum(self.judged.values())
        each = 1000 * self.check_seconds / count if count else 0.0
        lines.append(f"check: {each:.1f} ms a program; {self.seconds:.0f} s in all")
        return "\n".join(lines)


def measure_agreement(
    figures: Iterable[tuple[str, str]],
    *,
    mutations: int = 300,
    seed: int = 0,
    progress: Callable[[], None] = lambda: None,
) -> AgreementReport:
    """Compare ``check`` with the compiler on figures as they are, with imports, and with faults.

    A program counts as agreed on where both find faults in it, whichever they are, or neither does.

    Args:
        figures: Pairs of id and program.
        mutations: How many figures with a fault to make, of all kinds together.
        seed: Where the choice of figures and faults begins.
        progress: Called for each program.

    Raises:
        CompilerMissing: ``asy`` is not installed.
    """
    began = time.monotonic()
    programs = list(variants(list(figures), mutations, seed))
    verdicts = judge_types([program for _, _, program in programs], progress)
    check("")  # what is loaded once is not to count
    judged: dict[str, int] = {}
    agreed: dict[str, int] = {}
    accepted: dict[str, int] = {}
    disagreements, seconds = [], 0.0
    for (name, variant, program), verdict in zip(programs, verdicts, strict=True):
        if verdict.accepted is None:
            continue
        start = time.perf_counter()
        faults = check(program)
        seconds += time.perf_counter() - start
        same = verdict.accepted == (not faults)
        judged[variant] = judged.get(variant, 0) + 1
        agreed[variant] = agreed.get(variant, 0) + same
        accepted[variant] = accepted.get(variant, 0) + verdict.accepted
        if not same:
            found = f"{type(faults[0]).__name__} {faults[0]}" if faults else ""
            said = _message(verdict)
            disagreements.append(Disagreement(name, variant, found, said, program))
    whole = time.monotonic() - began
    return AgreementReport(judged, agreed, accepted, tuple(disagreements), seconds, whole)


def variants(
    figures: Sequence[tuple[str, str]], mutations: int, seed: int
) -> Iterator[tuple[str, str, str]]:
    """Yield id, variant and program: each figure twice, then figures with a fault each.

    Args:
        figures: Pairs of id and program.
        mutations: How many faults.
        seed: Where the choice begins.
    """
    complete = [(name, add_imports(program)) for name, program in figures]
    yield from ((name, AS_THEY_ARE, program) for name, program in figures)
    yield from ((name, WITH_IMPORTS, program) for name, program in complete)
    random = Random(seed)
    for number in range(mutations if complete else 0):
        kind = MUTATIONS[number % len(MUTATIONS)]
        for _ in range(_TRIES):
            name, program = random.choice(complete)
            changed = mutate(program, kind, random)
            if changed is not None:
                yield name, kind, changed
                break


def _message(verdict: Verdict) -> str:
    return "" if verdict.accepted else verdict.message or "refused"
