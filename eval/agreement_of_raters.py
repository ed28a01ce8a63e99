"""What raters made of each arm's pictures, and how far they agree. Knows nothing of pictures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from asygrammar.eval.ratings import QUESTIONS, SCALE, Key, Rating, read_key, read_ratings
from asygrammar.eval.stats import bootstrap_interval, share


@dataclass(frozen=True)
class Mean:
    """The mean mark of an arm's pictures.

    Attributes:
        value: From 1 to 5.
        interval: Its 95 % interval, by drawing problems.
        count: How many of the arm's samples were rated.
    """

    value: float
    interval: tuple[float, float]
    count: int


@dataclass(frozen=True)
class ArmRating:
    """What raters made of one arm.

    Attributes:
        arm: What wrote the samples.
        samples: How many of its samples belong to the problems of the sheet.
        shown: How many of them are on a picture; the others drew nothing.
        means: The mean mark of those that were rated, by question.
    """

    arm: str
    samples: int
    shown: int
    means: Mapping[str, Mean]


@dataclass(frozen=True)
class QuestionAgreement:
    """How far raters agree on one question.

    Attributes:
        alpha: `krippendorff_alpha`: 1 where they agree, 0 where they might have thrown dice;
            ``None`` where nothing can be told.
        pairs: How often two raters marked one picture.
        same: The share of these pairs with the same mark.
        within_one: The share of these pairs with marks that are at most 1 apart.
    """

    alpha: float | None
    pairs: int
    same: float
    within_one: float


@dataclass(frozen=True)
class RatingReport:
    """What came back of a sheet.

    Attributes:
        sheet: Its name.
        pictures: How many pictures it has.
        raters: How many pictures each rater marked.
        arms: What they made of each arm.
        agreement: How far they agree, by question.
    """

    sheet: str
    pictures: int
    raters: Mapping[str, int]
    arms: tuple[ArmRating, ...]
    agreement: Mapping[str, QuestionAgreement]

    def to_dict(self) -> dict[str, Any]:
        """Return the report JSON-ready."""
        return asdict(self)

    def to_text(self) -> str:
        """Return the report as people read it: a line an arm, a line a question."""
        told = ", ".join(f"{rater} {count}" for rater, count in self.raters.items())
        lines = [f"{self.pictures} pictures; rated by {told}"]
        width = max(len(it.arm or "all") for it in self.arms)
        for it in self.arms:
            means = "   ".join(f"{name} {_told(it.means.get(name))}" for name in QUESTIONS)
            drew = f"{it.shown} of {it.samples} drew something"
            lines.append(f"{it.arm or 'all':<{width}}   {means}   ({drew})")
        for name, found in self.agreement.items():
            alpha = "cannot be told" if found.alpha is None else f"{found.alpha:.2f}"
            lines.append(
                f"agreement on {name}: Krippendorff's alpha {alpha}; of {found.pairs} pairs of"
                f" marks {100 * found.same:.0f} % are equal, {100 * found.within_one:.0f} % at most"
                " 1 apart"
            )
        return "\n".join(lines)


def read_agreement(files: Sequence[Path], key: Path | None = None) -> RatingReport:
    """Read what raters sent back, and say what it amounts to.

    Args:
        files: Their files.
        key: The sheet's key; by default that ``*.key.json`` beside the files, or in the working
            directory, which is of their sheet.

    Raises:
        ValueError: A file is wrong (the message says where), the files are of several sheets, a
            rater marked a picture twice, or there is no key.
        OSError: A file cannot be read.
    """
    ratings = [rating for file in files for rating in read_ratings(file)]
    sheets = sorted({rating.sheet for rating in ratings})
    if not sheets:
        raise ValueError(f"there are no ratings in {', '.join(map(str, files))}")
    if len(sheets) > 1:
        raise ValueError(f"these ratings are of different sheets: {', '.join(sheets)}")
    return rating_report(ratings, read_key(key) if key else _find_key(sheets[0], files))


def _find_key(sheet: str, files: Sequence[Path]) -> Key:
    for folder in dict.fromkeys([*(file.parent for file in files), Path()]):
        for path in sorted(folder.glob("*.key.json")):
            key = read_key(path)
            if key.sheet == sheet:
                return key
    raise ValueError(
        f"the key of sheet {sheet} is not beside these files: name it with --key, or put it there"
    )


def rating_report(ratings: Sequence[Rating], key: Key) -> RatingReport:
    """Count ratings.

    Args:
        ratings: Of one sheet, at least one.
        key: The key of that sheet.

    Raises:
        ValueError: A rating is of another sheet or of no picture of this one, or a rater marked a
            picture twice.
    """
    _check(ratings, key)
    raters: dict[str, int] = defaultdict(int)
    for rating in ratings:
        raters[rating.rater] += bool(rating.marks)
    marks = {name: _marks(ratings, name) for name in QUESTIONS}
    return RatingReport(
        sheet=key.sheet,
        pictures=len(key.pictures),
        raters=dict(raters),
        arms=tuple(_arm(arm, marks, key) for arm in dict.fromkeys(key.arms.values())),
        agreement={name: _agreement(units.values()) for name, units in marks.items()},
    )


def _check(ratings: Sequence[Rating], key: Key) -> None:
    seen = set()
    for it in ratings:
        if it.sheet != key.sheet:
            raise ValueError(f"these ratings are of sheet {it.sheet}, the key is of {key.sheet}")
        if it.picture not in key.pictures:
            raise ValueError(f"{it.rater} rated picture {it.picture}, which the sheet has not")
        if (it.rater, it.picture) in seen:
            raise ValueError(f"{it.rater} rated picture {it.picture} twice")
        seen.add((it.rater, it.picture))


def _marks(ratings: Iterable[Rating], question: str) -> dict[str, list[int]]:
    """Return the marks that each picture was given."""
    units: dict[str, list[int]] = defaultdict(list)
    for rating in ratings:
        if question in rating.marks:
            units[rating.picture].append(rating.marks[question])
    return units


def _arm(arm: str, marks: Mapping[str, Mapping[str, Sequence[int]]], key: Key) -> ArmRating:
    own = [sample for sample, its in key.arms.items() if its == arm]
    of = {sample: picture for picture, samples in key.pictures.items() for sample in samples}
    means = {}
    for name, units in marks.items():
        problems: dict[str, list[float]] = defaultdict(list)
        for sample in own:
            given = units.get(of.get(sample, ""))
            if given:  # the mark of a picture is the mean of its raters'
                problems[key.problems[sample]].append(sum(given) / len(given))
        values = [value for group in problems.values() for value in group]
        if values:
            interval = bootstrap_interval(list(problems.values()))
            means[name] = Mean(sum(values) / len(values), interval, len(values))
    return ArmRating(arm, len(own), sum(sample in of for sample in own), means)


def _agreement(units: Iterable[Sequence[int]]) -> QuestionAgreement:
    several = [unit for unit in units if len(unit) > 1]
    apart = [abs(a - b) for unit in several for a, b in combinations(unit, 2)]
    return QuestionAgreement(
        alpha=krippendorff_alpha(several),
        pairs=len(apart),
        same=share(apart.count(0), len(apart)),
        within_one=share(sum(it <= 1 for it in apart), len(apart)),
    )


def krippendorff_alpha(units: Iterable[Sequence[int]]) -> float | None:
    """Return Krippendorff's alpha for ordinal marks: 1 - observed / expected disagreement.

    Any number of raters, and they need not all mark everything. With ``o[c][k]`` the number of
    pairs of marks c and k within units (each unit of m marks counts 1 / (m - 1) a pair), ``n[c]``
    its sums and ``n`` their sum:

        alpha = 1 - (n - 1) sum o[c][k] d(c, k)^2 / sum n[c] n[k] d(c, k)^2
        d(c, k) = n[c] + ... + n[k] - (n[c] + n[k]) / 2

    Source: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011),
    https://repository.upenn.edu/asc_papers/43, section E.

    Args:
        units: The marks given to each thing, each one of :data:`asygrammar.eval.ratings.SCALE`.

    Returns:
        At most 1; ``None`` where no unit has two marks, or all marks are the same.
    """
    several = [unit for unit in units if len(unit) > 1]
    pairs = {(c, k): 0.0 for c in SCALE for k in SCALE}
    for unit in several:
        for i, c in enumerate(unit):
            for j, k in enumerate(unit):
                pairs[c, k] += (i != j) / (len(unit) - 1)
    counts = {c: sum(pairs[c, k] for k in SCALE) for c in SCALE}
    total = sum(counts.values())
    distance = {
        (c, k): sum(counts[g] for g in SCALE if min(c, k) <= g <= max(c, k))
        - (counts[c] + counts[k]) / 2
        for c, k in pairs
    }
    observed = sum(count * distance[it] ** 2 for it, count in pairs.items())
    expected = sum(counts[c] * counts[k] * distance[c, k] ** 2 for c, k in pairs)
    return 1 - (total - 1) * observed / expected if expected else None


def _told(mean: Mean | None) -> str:
    if mean is None:
        return "not rated"
    low, high = mean.interval
    return f"{mean.value:.2f} ({low:.2f} to {high:.2f}, {mean.count} rated)"
