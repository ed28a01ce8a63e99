"""Arms compared on the same problems. Knows scores; knows nothing of how they came about.

An arm is set beside another problem by problem, so that hard problems weigh on both. What an arm
does not draw at all is as unlike the reference as can be: it counts as 0 where the other one's
figure can be told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from math import comb
from typing import Any

from asygrammar.eval.score import Score
from asygrammar.eval.stats import bootstrap_interval
from asygrammar.eval.summary import measure_value, measure_words

#: What arms are compared by.
COMPARED = ("compile_rate", "same_rate", "relations", "checks_rate", "ssim", "similarity")
#: What the tax is told by: whether the figure is the right one.
TAXED = ("compile_rate", "same_rate", "relations", "checks_rate", "ssim")
# Known only of what is drawn.
_DRAWN = ("same_rate", "relations", "ssim")
# Two numbers no further apart are the same.
_SAME = 1e-3


@dataclass(frozen=True)
class Difference:
    """One measure of two arms on the same problems.

    Attributes:
        problems: On how many problems both are known.
        baseline: The mean of the arm that is compared with.
        value: The mean of the arm.
        difference: ``value - baseline``.
        interval: Its 95 % bootstrap interval, problems drawn.
        better: On how many problems the arm has more.
        worse: On how many it has less.
        p: The exact McNemar (sign) test of ``better`` and ``worse``, two-sided.
    """

    problems: int
    baseline: float
    value: float
    difference: float
    interval: tuple[float, float]
    better: int
    worse: int
    p: float


@dataclass(frozen=True)
class Comparison:
    """An arm beside another one.

    Attributes:
        arm: The arm.
        baseline: What it is compared with.
        problems: How many problems both have samples of, among those that count.
        differences: By measure; those that can be told.
    """

    arm: str
    baseline: str
    problems: int
    differences: Mapping[str, Difference]

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison JSON-ready."""
        return asdict(self)


def comparisons(scores: Sequence[Score]) -> list[Comparison]:
    """Compare every arm with the baseline, and each level with the one before it.

    The baseline is the first arm that decodes freely; where none does, the first arm. Levels of
    one model and mode are steps of a ladder.
    """
    arms = _arms(scores)
    if not arms:
        return []
    baseline = _free(arms) or next(iter(arms))
    names = list(arms)
    pairs = [(arm, baseline) for arm in names if arm != baseline]
    for before, arm in pairwise(names):
        if _ladder(arms[before]) == _ladder(arms[arm]) and baseline not in (before, arm):
            pairs.append((arm, before))
    return [compare(scores, arm, other) for arm, other in pairs]


def taxes(scores: Sequence[Score]) -> list[Comparison]:
    """Compare constrained arms with free decoding, where that alone compiles already.

    A constraint can mend nothing there, so whatever gets worse is what it costs. The sampled
    programs of one problem are set side by side in their order.

    Returns:
        One for each arm with a level, of the model that decodes freely; none without such an arm.
    """
    arms = _arms(scores)
    free = _free(arms)
    if free is None:
        return []
    model = arms[free].sample.model
    constrained = [
        name
        for name, first in arms.items()
        if first.sample.level not in ("", "free") and first.sample.model == model
    ]
    return [compare(scores, arm, free, TAXED, lambda it: it.compiled) for arm in constrained]


def compare(
    scores: Sequence[Score],
    arm: str,
    baseline: str,
    measures: Sequence[str] = COMPARED,
    where: Callable[[Score], bool] = lambda score: True,
) -> Comparison:
    """Compare two arms.

    Args:
        scores: Of these arms, and any others.
        arm: The arm.
        baseline: What it is compared with.
        measures: Names of `asygrammar.eval.summary.MEASURES`; more must be better.
        where: Only samples of which this holds of the baseline's.
    """
    ours, theirs = _by_place(scores, arm), _by_place(scores, baseline)
    problems: dict[str, list[tuple[Score, Score]]] = {}
    for place, other in theirs.items():
        if place in ours and where(other):
            problems.setdefault(place[0], []).append((other, ours[place]))
    differences = {name: _difference(name, list(problems.values())) for name in measures}
    told = {name: found for name, found in differences.items() if found}
    return Comparison(arm, baseline, len(problems), told)


def mcnemar_exact(better: int, worse: int) -> float:
    """Return how often chance alone would make two counts so unequal, or more so.

    The exact form of McNemar's test: of ``n = better + worse`` pairs that differ, each is as likely
    to be one as the other, so

        p = min(1, 2 * sum(C(n, i) for i = 0 .. min(better, worse)) / 2^n)

    Source: Q. McNemar, "Note on the sampling error of the difference between correlated
    proportions or percentages", Psychometrika 12 (1947), 153-157; exact: A. Agresti, "Categorical
    Data Analysis" (2013), section 11.1.

    Args:
        better: Pairs in which the one is right and the other wrong.
        worse: Pairs in which it is the other way round.

    Raises:
        ValueError: A count is below 0.
    """
    if better < 0 or worse < 0:
        raise ValueError(f"counts are 0 or more, not {better} and {worse}")
    pairs = better + worse
    tail: int = sum(comb(pairs, count) for count in range(min(better, worse) + 1))
    return min(1.0, float(2 * tail / 2**pairs))


def comparison_lines(compared: Sequence[Comparison], *, taxed: bool = False) -> list[str]:
    """Return comparisons for people, a line for each measure that differs on some problem.

    Args:
        compared: What to tell.
        taxed: Whether they are those of `taxes`.
    """
    lines = []
    for it in compared:
        place = f"the {it.problems} problems that {it.baseline} compiles"
        about = f"tax of {it.arm}, on {place}" if taxed else f"{it.arm} beside {it.baseline}"
        told = {name: d for name, d in it.differences.items() if d.better or d.worse}
        ending = "" if told else " nothing differs" if it.differences else " nothing to compare"
        lines.append(f"{about}:{ending}")
        lines += [f"  {_line(name, difference)}" for name, difference in told.items()]
    return lines


def _line(name: str, it: Difference) -> str:
    low, high = it.interval
    return (
        f"{measure_words(name)}: {it.baseline:.3f} to {it.value:.3f}, {it.difference:+.3f}"
        f" ({low:+.3f} to {high:+.3f}); of {it.problems} problems {it.better} better,"
        f" {it.worse} worse, p = {it.p:.2g}"
    )


def _arms(scores: Sequence[Score]) -> dict[str, Score]:
    """Return the arms in order, each with one of its scores."""
    arms: dict[str, Score] = {}
    for score in scores:
        arms.setdefault(score.sample.arm, score)
    return arms


def _free(arms: Mapping[str, Score]) -> str | None:
    return next((name for name, first in arms.items() if first.sample.level == "free"), None)


def _ladder(score: Score) -> tuple[str, str] | str:
    """Return what the levels of one ladder share; of an arm without a level, its name."""
    sample = score.sample
    return (sample.model, sample.mode) if sample.level else sample.arm


def _by_place(scores: Sequence[Score], arm: str) -> dict[tuple[str, int], Score]:
    """Return an arm's scores by problem and number."""
    own = (score for score in scores if score.sample.arm == arm)
    return {(score.sample.problem, score.sample.number): score for score in own}


def _difference(name: str, problems: Sequence[Sequence[tuple[Score, Score]]]) -> Difference | None:
    """Compare by one measure; ``None`` where it is known of no problem."""
    told = [[pair for pair in (_values(name, *it) for it in pairs) if pair] for pairs in problems]
    known = [pairs for pairs in told if pairs]
    if not known:
        return None
    before = [sum(pair[0] for pair in pairs) / len(pairs) for pairs in known]
    after = [sum(pair[1] for pair in pairs) / len(pairs) for pairs in known]
    changes = [new - old for old, new in zip(before, after, strict=True)]
    better, worse = (sum(sign * change > _SAME for change in changes) for sign in (1, -1))
    return Difference(
        problems=len(known),
        baseline=sum(before) / len(known),
        value=sum(after) / len(known),
        difference=sum(changes) / len(known),
        interval=bootstrap_interval([[change] for change in changes]),
        better=better,
        worse=worse,
        p=mcnemar_exact(better, worse),
    )


def _values(name: str, baseline: Score, score: Score) -> tuple[float, float] | None:
    """Return both values of a measure, or ``None`` where one cannot be told."""
    before, after = measure_value(name, baseline), measure_value(name, score)
    if name in _DRAWN:
        if before is None and after is not None and not baseline.compiled:
            before = 0.0
        if after is None and before is not None and not score.compiled:
            after = 0.0
    return None if before is None or after is None else (before, after)
