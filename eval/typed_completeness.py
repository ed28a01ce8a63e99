"""Completeness of the level ``typed``: real figures that compile, and such figures with a fault.

The first it should accept, token by token; the second it should refuse as the compiler does.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from pathlib import Path
from random import Random
from typing import Any

from asygrammar import add_imports, check, format_asy, load_grammar
from asygrammar.compiler.verdicts import judge_types
from asygrammar.decoding.constraint import ProgramRow
from asygrammar.decoding.models import load_tokenizer
from asygrammar.eval.completeness import encode_program, place_of
from asygrammar.eval.known_verdicts import KnownVerdicts, default_file
from asygrammar.eval.mutations import mutate
from asygrammar.eval.parallel import spread
from asygrammar.eval.rows import read_tokenizer, rows_of
from asygrammar.eval.stats import share, wilson_interval
from asygrammar.parser import AsySyntaxError

#: The faults that are put into figures, in turn; the last is one of syntax.
FAULTS = ("renamed_variable", "dropped_argument", "swapped_type", "lost_parenthesis")
# How often to look for a fault that the compiler refuses, each kind so many times.
_TRIES = 3

_BRANCHING = frozenset(
    ("loop", "loop_open", "if_only", "if_else", "if_else_open", "function", "struct", "for_each")
)


@dataclass(frozen=True)
class TypedRejection:
    """A figure that compiles and that the level does not accept.

    Attributes:
        id: The figure's id.
        line: 1-based line of the formatted figure where acceptance ends.
        column: 1-based column there.
        before: What stands before it on the line.
        found: What stands there.
        reason: Why it cannot, as far as that is known.
    """

    id: str
    line: int
    column: int
    before: str
    found: str
    reason: str


@dataclass(frozen=True)
class Leak:
    """A figure with a fault that the level accepts.

    Attributes:
        id: The figure's id.
        fault: The kind of fault that was put in.
        asy: What the compiler says of it.
        program: The figure with the fault.
    """

    id: str
    fault: str
    asy: str
    program: str


@dataclass(frozen=True)
class TypedCompleteness:
    """How much of a set of figures the level accepts, and how many with a fault.

    Attributes:
        rows: Number of figures, every row of the file.
        figures: Number of those that compile, with the imports that they lack.
        accepted: Number of these that are accepted token by token, to the end.
        straight_line: Number of those without loops, branches, functions and structures.
        straight_line_accepted: Number of these that are accepted.
        rejected: The figures that compile and are not accepted.
        faulty: Number of accepted figures into which a fault was put that the compiler refuses
            for a name, a type or its syntax.
        faulty_accepted: Number of these that are accepted all the same.
        faulty_kinds: For each kind of fault how many there are, and how many are accepted.
        leaks: The faulty figures that are accepted.
        seconds: Wall-clock time of it all, in seconds.
    """

    rows: int
    figures: int
    accepted: int
    straight_line: int
    straight_line_accepted: int
    rejected: tuple[TypedRejection, ...]
    faulty: int
    faulty_accepted: int
    faulty_kinds: dict[str, tuple[int, int]]
    leaks: tuple[Leak, ...]
    seconds: float
    level: str = "typed"

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready mapping: the fields, and the shares."""
        return {
            **asdict(self),
            "share": share(self.accepted, self.figures),
            "straight_line_share": share(self.straight_line_accepted, self.straight_line),
            "faulty_refused_share": share(self.faulty - self.faulty_accepted, self.faulty),
        }

    def to_text(self) -> str:
        """Return the result as lines for a reader, the rejected figures first."""
        lines = [f"{r.id}: {r.line}:{r.column}: {r.reason}" for r in self.rejected]
        lines += [f"{leak.id} ({leak.fault}): accepted; asy: {leak.asy}" for leak in self.leaks]
        lines += [
            f"{self.figures} of {self.rows} figures compile",
            _line("typed: accepted", self.accepted, self.figures),
            _line("straight-line: accepted", self.straight_line_accepted, self.straight_line),
            _line("with a fault: refused", self.faulty - self.faulty_accepted, self.faulty),
        ]
        for kind, (count, accepted) in self.faulty_kinds.items():
            lines.append(_line(f"  {kind}: refused", count - accepted, count))
        return "\n".join([*lines, f"{self.seconds:.0f} s"])


def _line(what: str, part: int, whole: int) -> str:
    low, high = wilson_interval(part, whole)
    return (
        f"{what} {part} of {whole} ({100 * share(part, whole):.2f} %, 95 % interval"
        f" {100 * low:.1f} to {100 * high:.1f})"
    )


def measure_typed_completeness(
    figures: Iterable[tuple[str, str]],
    tokenizer: str | None = None,
    *,
    verdicts: Path | None = None,
    seed: int = 0,
    jobs: int = 1,
    progress: Callable[[], None] = lambda: None,
) -> TypedCompleteness:
    """Walk figures that compile, and figures with a fault, under the masks of the level.

    Args:
        figures: Pairs of id and program.
        tokenizer: Folder or name; ``None`` is the bundled model's.
        verdicts: File of what the compiler said before; ``None``: one in the user's cache.
        seed: Where the choice of faults begins.
        jobs: How many processes work at it.
        progress: Called after each figure that is compiled, and each that is walked.

    Raises:
        ValueError: The tokenizer cannot be used.
        CompilerMissing: ``asy`` is not installed.
    """
    began = time.monotonic()
    every = [(name, add_imports(code)) for name, code in figures]
    known = KnownVerdicts(verdicts or default_file())
    able = known.compiles([code for _, code in every], jobs, progress)
    compiling = [(name, layout(code)) for (name, code), ok in zip(every, able, strict=True) if ok]
    walk = partial(find_rejection, tokenizer)
    places = []
    for place in spread(walk, [program for _, program in compiling], jobs):
        places.append(place)
        progress()
    accepted = [one for one, place in zip(compiling, places, strict=True) if place is None]
    straight = [is_straight_line(program) for _, program in compiling]
    faulty = list(_with_faults(accepted, seed))
    leaks = [
        Leak(*one)
        for one, place in zip(faulty, spread(walk, [one[3] for one in faulty], jobs), strict=True)
        if place is None
    ]
    counts, leaked = Counter(one[1] for one in faulty), Counter(leak.fault for leak in leaks)
    return TypedCompleteness(
        rows=len(every),
        figures=len(compiling),
        accepted=len(accepted),
        straight_line=sum(straight),
        straight_line_accepted=sum(
            one and place is None for one, place in zip(straight, places, strict=True)
        ),
        rejected=tuple(
            TypedRejection(name, *place)
            for (name, _), place in zip(compiling, places, strict=True)
            if place is not None
        ),
        faulty=len(faulty),
        faulty_accepted=len(leaks),
        faulty_kinds={kind: (counts[kind], leaked[kind]) for kind in FAULTS if counts[kind]},
        leaks=tuple(leaks),
        seconds=time.monotonic() - began,
    )


def layout(program: str) -> str:
    """Return a program in canonical layout; as it is where it does not parse."""
    try:
        return format_asy(program, comments=False)
    except AsySyntaxError:
        return program


def is_straight_line(program: str) -> bool:
    """Tell whether a program has no loops, branches, functions and structures."""
    try:
        kinds = {node.kind for node in load_grammar().parse(program).walk()}
    except AsySyntaxError:
        return False
    return kinds.isdisjoint(_BRANCHING)


# ------------------------------------------------------------------------------- one program


@lru_cache(maxsize=1)
def _language(tokenizer: str | None) -> tuple[Any, Callable[[], ProgramRow]]:
    import torch

    torch.set_num_threads(1)
    loaded = load_tokenizer(tokenizer)
    return loaded, rows_of("typed", read_tokenizer(loaded))


def find_rejection(tokenizer: str | None, program: str) -> tuple[int, int, str, str, str] | None:
    """Return where a program stops being acceptable, if it does.

    Args:
        tokenizer: Folder or name.
        program: A program in canonical layout.

    Returns:
        Line, column, what stands before it on the line, what stands there, and why it cannot.
    """
    loaded, begin = _language(tokenizer)
    tokens, row = encode_program(loaded, program), begin()
    taken = row.accepts(tokens)
    if taken == len(tokens):
        for token in tokens:
            row.advance(token)
        if row.accepting:
            return None
    accepted = str(loaded.decode(tokens[:taken], clean_up_tokenization_spaces=False))
    span, found = place_of(accepted, program)
    before = accepted.rpartition("\n")[2]
    return span.line, span.column, before, found, _reason(program, before, found)


def _reason(program: str, before: str, found: str) -> str:
    faults = check(program)
    if faults:
        return f"check: {faults[0]}"
    return f"outside the typed subset: {found!r} after {before[-60:]!r}"


# ------------------------------------------------------------------------------- faults


def _with_faults(
    figures: Sequence[tuple[str, str]], seed: int
) -> Iterator[tuple[str, str, str, str]]:
    """Yield id, kind of fault, asy's message and program: figures with a fault that asy refuses."""
    waiting = list(enumerate(figures))
    for attempt in range(len(FAULTS) * _TRIES):
        made = []
        for number, (name, program) in waiting:
            kind = FAULTS[(number + attempt // _TRIES) % len(FAULTS)]
            changed = mutate(program, kind, Random(f"{seed} {number} {attempt}"))
            if changed is not None:
                made.append((number, name, kind, layout(changed)))
        verdicts = judge_types([program for *_, program in made])
        settled = set()
        for (number, name, kind, program), verdict in zip(made, verdicts, strict=True):
            if verdict.accepted is False:
                settled.add(number)
                yield name, kind, verdict.message or "refused", program
        waiting = [one for one in waiting if one[0] not in settled]
