"""Cost: what a mask of the level ``typed`` takes, beside one of the static grammar.

The same figures are walked token by token under both, figure by figure in turn, so that whatever
else the machine does falls on both alike.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from llguidance import LLMatcher, LLTokenizer
from llguidance.torch import allocate_token_bitmask

from asygrammar import add_imports
from asygrammar.decoding.constraint import ProgramRow
from asygrammar.decoding.line_matchers import LineMatchers
from asygrammar.decoding.syntax import SyntaxRow
from asygrammar.decoding.typed import TypedRow
from asygrammar.eval.completeness import encode_program
from asygrammar.eval.memory import resident
from asygrammar.eval.rows import read_tokenizer, static_matcher
from asygrammar.eval.typed_completeness import layout
from asygrammar.typed.next_line import LineGrammars
from asygrammar.typed.places import Place

#: After so many statements the resident memory is taken.
MILESTONES = (1_000, 10_000)
# Of so many lines the grammars are made once more, for the time that it takes.
_REPLAYED = 2_000


@dataclass(frozen=True)
class Times:
    """Times of the same thing, in microseconds."""

    median: float
    mean: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Times:
        """Sum up times in seconds; of none, zeros."""
        if not seconds:
            return cls(0.0, 0.0)
        return cls(1e6 * statistics.median(seconds), 1e6 * statistics.fmean(seconds))


@dataclass(frozen=True)
class CostReport:
    """What masks cost.

    Attributes:
        figures: Number of figures that both levels accept as far as they were walked.
        tokens: Number of tokens walked under each.
        static: A token's mask and its taking in, under the static grammar.
        typed: The same at the level ``typed``; the grammars of new scopes are part of it.
        hit_rate: Share of lines whose grammar was there already.
        hit: Fetching a grammar that is there.
        miss_bytes: Length of a grammar, the median.
        write: Writing the grammar of a scope that is new.
        build: Making a matcher of it.
        memory: Resident memory in MiB, after so many statements.
        seconds: Wall-clock time of it all, in seconds.
    """

    figures: int
    tokens: int
    static: Times
    typed: Times
    hit_rate: float
    hit: Times
    miss_bytes: float
    write: Times
    build: Times
    memory: dict[int, float]
    seconds: float

    @property
    def ratio(self) -> Times:
        """How many times a typed token costs a static one, by median and by mean."""
        static, typed = self.static, self.typed
        return Times(_ratio(typed.median, static.median), _ratio(typed.mean, static.mean))

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready mapping: the fields, and ``ratio``."""
        return {**asdict(self), "ratio": asdict(self.ratio)}

    def to_text(self) -> str:
        """Return the result as lines for a reader."""
        lines = [
            f"{self.figures} figures, {self.tokens} tokens; mask and advance, median (mean):",
            f"static grammar {_micro(self.static)}, typed {_micro(self.typed)}:"
            f" {self.ratio.median:.2f} ({self.ratio.mean:.2f}) times as much",
            f"grammars there already: {100 * self.hit_rate:.1f} %, fetched in {_micro(self.hit)}",
            f"new ones: {self.miss_bytes / 1000:.1f} kB, written in {_milli(self.write)}, built in"
            f" {_milli(self.build)}",
            *(f"memory after {count} statements: {m:.0f} MiB" for count, m in self.memory.items()),
        ]
        return "\n".join([*lines, f"{self.seconds:.0f} s"])


def _ratio(one: float, other: float) -> float:
    return one / other if other else 0.0


def _micro(times: Times) -> str:
    return f"{times.median:.0f} µs ({times.mean:.0f} µs)"


def _milli(times: Times) -> str:
    return f"{times.median / 1000:.1f} ms ({times.mean / 1000:.1f} ms)"


def measure_cost(
    figures: Iterable[tuple[str, str]],
    tokenizer: Any,
    *,
    milestones: Sequence[int] = MILESTONES,
    progress: Callable[[], None] = lambda: None,
) -> CostReport:
    """Walk figures under the static grammar and at the level ``typed``.

    Figures are walked again until there were enough statements for the last milestone.

    Args:
        figures: Pairs of id and program.
        tokenizer: A fast tokenizer of Transformers.
        milestones: Numbers of statements after which the memory is taken.
        progress: Called after each figure.

    Raises:
        ValueError: The tokenizer cannot be used.
    """
    began = time.monotonic()
    llg_tokenizer = read_tokenizer(tokenizer)
    walk = _Walk(llg_tokenizer, milestones)
    programs = [
        encode_program(tokenizer, layout(add_imports(code))) for _, code in figures if code.strip()
    ]
    for tokens in programs:
        walk.both(tokens)
        progress()
    matchers = walk.matchers
    asked = matchers.hits + matchers.misses
    hit_rate = matchers.hits / asked if asked else 0.0
    while programs and walk.is_waiting:
        before = walk.statements
        for tokens in programs:
            walk.typed_alone(tokens)
        if walk.statements == before:
            break
    hit, sizes, write, build = _replay(walk.places, matchers, llg_tokenizer)
    return CostReport(
        figures=walk.figures,
        tokens=len(walk.static),
        static=Times.of(walk.static),
        typed=Times.of(walk.typed),
        hit_rate=hit_rate,
        hit=Times.of(hit),
        miss_bytes=statistics.median(sizes) if sizes else 0.0,
        write=Times.of(write),
        build=Times.of(build),
        memory=walk.memory,
        seconds=time.monotonic() - began,
    )


class _Walk:
    """Walks programs, and keeps the times and the places."""

    def __init__(self, llg_tokenizer: LLTokenizer, milestones: Sequence[int]) -> None:
        self.matchers = LineMatchers(llg_tokenizer)
        self.static: list[float] = []
        self.typed: list[float] = []
        self.places: list[Place] = []
        self.memory: dict[int, float] = {}
        self.figures = self.statements = 0
        self._pristine = static_matcher(llg_tokenizer)
        self._bitmask = allocate_token_bitmask(1, llg_tokenizer.vocab_size)
        self._milestones = list(milestones)

    @property
    def is_waiting(self) -> bool:
        """Whether a milestone is still to be reached."""
        return bool(self._milestones)

    def both(self, tokens: Sequence[int]) -> None:
        """Walk a program under the static grammar, and then at the level ``typed``."""
        static = list(self._steps(SyntaxRow(self._pristine), tokens))
        typed = list(self._typed_steps(tokens))
        # Both have walked the same tokens: those before the first that one refuses.
        count = min(len(static), len(typed))
        self.static += static[:count]
        self.typed += typed[:count]
        self.figures += count == len(tokens)

    def typed_alone(self, tokens: Sequence[int]) -> None:
        """Walk a program at the level ``typed``, as long as a milestone is to be reached."""
        if self.is_waiting:
            for _ in self._typed_steps(tokens):
                pass

    def _typed_steps(self, tokens: Sequence[int]) -> Iterator[float]:
        row = TypedRow(self.matchers)
        place = row.place
        for seconds in self._steps(row, tokens):
            yield seconds
            if row.place is not place:
                place = row.place
                self._pass(place)

    def _pass(self, place: Place) -> None:
        if len(self.places) < _REPLAYED:
            self.places.append(place)
        self.statements += place.declaring is None
        if self._milestones and self.statements >= self._milestones[0]:
            self.memory[self._milestones.pop(0)] = resident()

    def _steps(self, row: ProgramRow, tokens: Sequence[int]) -> Iterator[float]:
        """Yield the time of each token, up to the first that is refused."""
        for token in tokens:
            start = time.perf_counter()
            row.fill(self._bitmask, 0)
            allowed = self._bitmask[0, token // 32].item() >> (token % 32) & 1
            if not allowed:
                return
            row.advance(token)
            yield time.perf_counter() - start


def _replay(
    places: Sequence[Place], matchers: LineMatchers, llg_tokenizer: LLTokenizer
) -> tuple[list[float], list[int], list[float], list[float]]:
    """Fetch the grammars of some places, and make them anew, in the order they were needed.

    Returns:
        Seconds of each fetch of what is there; lengths of the new ones in bytes; seconds that
        writing each of them took; and building.
    """
    grammars, seen = LineGrammars(), set()
    hits, sizes, writes, builds = list[float](), list[int](), list[float](), list[float]()
    for place in places:
        matchers.at(place)
        start = time.perf_counter()
        matchers.at(place)
        hits.append(time.perf_counter() - start)
        key = grammars.key(place)
        if key in seen:
            continue
        seen.add(key)
        start = time.perf_counter()
        text = grammars.write(place)
        written = time.perf_counter()
        LLMatcher(llg_tokenizer, LLMatcher.grammar_from_lark(text), log_level=0)
        builds.append(time.perf_counter() - written)
        writes.append(written - start)
        sizes.append(len(text.encode()))
    return hits, sizes, writes, builds
