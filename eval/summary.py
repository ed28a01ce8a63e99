"""Scores counted: a row of numbers for each arm. Knows nothing of how arms compare.

Intervals hold 95 %: Wilson's for what is either so or not, the bootstrap's for means. Several
samples of one problem tell less than as many problems would: Wilson's formula is given the number
of problems, and the bootstrap draws problems, not samples.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from asygrammar.eval.metrics import compile_at_k
from asygrammar.eval.samples import COSTS
from asygrammar.eval.score import OK, Score
from asygrammar.eval.stats import bootstrap_interval, wilson_interval

#: What stands in `Score.failure` of a row that could not be read; it is no one's failure to draw.
UNREADABLE = "unreadable"

_Value = float | None


@dataclass(frozen=True)
class Measure:
    """One number of an arm.

    Attributes:
        value: The share or the mean; ``None`` where it is known of no sample.
        interval: Its 95 % interval, or ``None`` likewise.
        count: Of how many samples it is known.
    """

    value: float | None
    interval: tuple[float, float] | None
    count: int


@dataclass(frozen=True)
class ArmSummary:
    """The scores of one arm, counted.

    Attributes:
        arm: What wrote the samples.
        samples: How many there are, with those that could not be read.
        problems: How many problems they belong to.
        measures: The numbers by name, those of :data:`MEASURES` in that order, then
            ``compile_at_2`` and so on where each problem has so many samples.
        failures: How often each class of failure occurred, the most frequent first.
        cost: The mean of each of `asygrammar.eval.samples.COSTS` that is known.
    """

    arm: str
    samples: int
    problems: int
    measures: Mapping[str, Measure]
    failures: Mapping[str, int] = field(default_factory=dict)
    cost: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers flat and JSON-ready.

        Each measure is ``name``, with ``name_interval`` (a list of two) and ``name_count`` beside
        it.
        """
        numbers: dict[str, Any] = {}
        for name, measure in self.measures.items():
            numbers[name] = measure.value
            numbers[f"{name}_interval"] = list(measure.interval) if measure.interval else None
            numbers[f"{name}_count"] = measure.count
        return {
            "arm": self.arm,
            "samples": self.samples,
            "problems": self.problems,
            **numbers,
            "failures": dict(self.failures),
            "cost": dict(self.cost),
        }


@dataclass(frozen=True)
class _Kind:
    """How a measure is read of a score.

    Attributes:
        words: Its name for people.
        of: What a score has of it, or ``None``.
        scale: What that is: always 0 or 1, a part from 0 to 1, or any number.
    """

    words: str
    of: Callable[[Score], _Value]
    scale: Literal["either", "part", "number"] = "either"


def _checks_passed(score: Score) -> _Value:
    """Return the share of geometric checks passed; a program that draws nothing passes none."""
    wanted = len(score.checks) or len(score.sample.checks)
    return sum(score.checks.values()) / wanted if wanted else None


_KINDS: Mapping[str, _Kind] = {
    "compile_rate": _Kind("compiles", lambda it: it.compiled),
    "nonblank_rate": _Kind("draws something", lambda it: it.verdict == OK),
    "parse_rate": _Kind("parses", lambda it: it.parsed),
    "statements_run": _Kind("statements that run", lambda it: it.statements_run, "part"),
    "truncation_rate": _Kind("cut off", lambda it: it.truncated),
    "contamination_rate": _Kind("contaminated", lambda it: bool(it.contamination)),
    "same_rate": _Kind("same drawing", lambda it: it.same),
    "relations": _Kind("relations held", lambda it: it.relations, "part"),
    "checks_rate": _Kind("checks passed", _checks_passed, "part"),
    "exact_match": _Kind("exact match", lambda it: it.exact),
    "similarity": _Kind("similarity", lambda it: it.similarity, "part"),
    "edit_distance": _Kind("tokens to edit", lambda it: it.edit_distance, "number"),
    "ssim": _Kind("SSIM of what was drawn", lambda it: it.ssim, "number"),
    "hash_distance": _Kind("bits of hash apart", lambda it: it.hash_distance, "number"),
}
#: The measures, with the name that people read. Those that end in ``_rate``, ``exact_match``,
#: ``similarity``, ``statements_run`` and ``relations`` are from 0 to 1; ``ssim`` and
#: ``hash_distance`` are known only where both pictures are.
MEASURES: Mapping[str, str] = {name: kind.words for name, kind in _KINDS.items()}

# The numbers of samples for which compile@k is told, where there are so many.
_AT_KS = (2, 5, 10, 100)
_EVERY = (*MEASURES, *(f"compile_at_{k}" for k in _AT_KS))


def summarize(scores: Iterable[Score]) -> list[ArmSummary]:
    """Count the scores of each arm, the arms in the order they come in.

    Args:
        scores: Of any number of arms. Rows that could not be read count among the samples and the
            failures, and in no measure.
    """
    arms: dict[str, list[Score]] = {}
    for score in scores:
        arms.setdefault(score.sample.arm, []).append(score)
    return [_summary(arm, own) for arm, own in arms.items()]


def by_problem(scores: Iterable[Score]) -> dict[str, list[Score]]:
    """Return scores by their problem, in order; a sample without a problem is one of its own."""
    problems: dict[str, list[Score]] = {}
    for score in scores:
        problems.setdefault(score.sample.problem or score.sample.id, []).append(score)
    return problems


def table(
    summaries: Sequence[ArmSummary],
    names: Sequence[str] = _EVERY,
) -> str:
    """Return summaries as a text table: a line for each measure that is known, a column an arm.

    Args:
        summaries: What to show.
        names: The measures to show, in order; those that no arm knows are left out.
    """
    rows = [["", *(it.arm or "all" for it in summaries)]]
    rows.append(["samples", *(str(it.samples) for it in summaries)])
    for name in names:
        cells = [_cell(name, it.measures.get(name)) for it in summaries]
        if any(cells):
            rows.append([measure_words(name), *cells])
    for cost, words in COSTS.items():
        if any(cost in it.cost for it in summaries):
            told = [f"{it.cost[cost]:.3g}" if cost in it.cost else "" for it in summaries]
            rows.append([words, *told])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            [first.ljust(widths[0]), *(c.rjust(w) for c, w in zip(rest, widths[1:], strict=True))]
        ).rstrip()
        for first, *rest in rows
    )


def measure_value(name: str, score: Score) -> float | None:
    """Return what one score has of a measure, or ``None`` where that cannot be told.

    Args:
        name: One of :data:`MEASURES`.
        score: The score.
    """
    value = _KINDS[name].of(score)
    return None if value is None else float(value)


def measure_words(name: str) -> str:
    """Return a measure's name for people."""
    return MEASURES.get(name) or name.replace("compile_at_", "compile@")


def _summary(arm: str, scores: Sequence[Score]) -> ArmSummary:
    read = [score for score in scores if score.failure != UNREADABLE]
    problems = by_problem(read)
    measures = {name: _measure(name, problems) for name in _KINDS}
    failures = Counter(score.failure for score in scores if score.failure)
    return ArmSummary(
        arm=arm,
        samples=len(scores),
        problems=len(problems),
        measures=measures | _at_ks(problems),
        failures=dict(failures.most_common()),
        cost=_costs(read),
    )


def _measure(name: str, problems: Mapping[str, Sequence[Score]]) -> Measure:
    known = [
        [value for score in scores if (value := measure_value(name, score)) is not None]
        for scores in problems.values()
    ]
    groups = [values for values in known if values]
    count = sum(map(len, groups))
    if not count:
        return Measure(None, None, 0)
    value = sum(map(sum, groups)) / count
    # Where all parts are 0, or all 1, draws of them are all alike: that would look certain.
    scale, ends = _KINDS[name].scale, value in (0.0, 1.0)
    if scale == "either" or (scale == "part" and ends):
        return Measure(value, wilson_interval(value * len(groups), len(groups)), count)
    return Measure(value, bootstrap_interval(groups), count)


def _at_ks(problems: Mapping[str, Sequence[Score]]) -> dict[str, Measure]:
    """Return compile@k for each k that every problem has the samples for."""
    fewest = min(map(len, problems.values()), default=0)
    counts = [(len(scores), sum(it.compiled for it in scores)) for scores in problems.values()]
    measures = {}
    for k in [number for number in _AT_KS if number <= fewest]:
        values = [compile_at_k(samples, compiled, k) for samples, compiled in counts]
        mean = sum(values) / len(values)
        interval = wilson_interval(mean * len(values), len(values))
        measures[f"compile_at_{k}"] = Measure(mean, interval, len(values))
    return measures


def _costs(scores: Sequence[Score]) -> dict[str, float]:
    known = {
        name: [it.sample.cost[name] for it in scores if name in it.sample.cost] for name in COSTS
    }
    return {name: sum(values) / len(values) for name, values in known.items() if values}


def _cell(name: str, measure: Measure | None) -> str:
    if measure is None or measure.value is None or measure.interval is None:
        return ""
    if name in ("edit_distance", "hash_distance", "ssim"):
        low, high = measure.interval
        digits = 2 if name == "ssim" else 1
        return f"{measure.value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"
    low, high = (100 * end for end in measure.interval)
    return f"{100 * measure.value:.1f} % ({low:.1f} to {high:.1f})"
