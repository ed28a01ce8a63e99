"""Statistics for shares and means of a sample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import sqrt

import numpy as np

# The standard normal quantile of 97.5 %: 95 % of the distribution lies within so many deviations.
Z_95 = 1.959963984540054


def wilson_interval(successes: float, trials: int, z: float = Z_95) -> tuple[float, float]:
    """Return the Wilson score interval of a share.

    Unlike the usual ``p +- z sqrt(p (1 - p) / n)`` it stays within 0 and 1 and has a width where
    all trials succeed, or none:

        (p + z^2 / 2n  +-  z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n)

    Source: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference",
    JASA 22 (1927), 209-212.

    Args:
        successes: From 0 to ``trials``; no whole number where each trial is itself a share.
        trials: How many there were; of none, nothing is known: (0, 1).
        z: Standard normal quantile; the default gives a 95 % interval.

    Raises:
        ValueError: ``successes`` is not between 0 and ``trials``.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"successes must be from 0 to {trials}, not {successes}")
    if trials == 0:
        return 0.0, 1.0
    share = successes / trials
    centre = share + z * z / (2 * trials)
    spread = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    # At the ends the formula gives exactly 0 and 1, but for the rounding.
    low = 0.0 if successes == 0 else (centre - spread) / scale
    high = 1.0 if successes == trials else (centre + spread) / scale
    return low, high


def bootstrap_interval(
    groups: Sequence[Sequence[float]],
    *,
    draws: int = 2000,
    seed: int = 0,
) -> tuple[float, float]:
    """Return the 95 % percentile interval of a mean, by drawing groups again and again.

    Values of one group belong together (samples of one problem), so they are drawn together.

    Source: B. Efron, "Bootstrap Methods: Another Look at the Jackknife", Annals of Statistics 7
    (1979), 1-26; for groups: A. C. Davison and D. V. Hinkley, "Bootstrap Methods and their
    Application" (1997), section 3.8.

    Args:
        groups: The values, in groups; at least one value.
        draws: How many times.
        seed: The same seed gives the same interval.

    Raises:
        ValueError: There is no value.
    """
    sums = np.array([sum(values) for values in groups if values], dtype=float)
    counts = np.array([len(values) for values in groups if values], dtype=float)
    if not len(sums):
        raise ValueError("there is no value to draw")
    rng = np.random.default_rng(seed)
    means = np.empty(draws)
    for draw in range(draws):
        chosen = rng.integers(len(sums), size=len(sums))
        means[draw] = sums[chosen].sum() / counts[chosen].sum()
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def share(part: int, whole: int) -> float:
    """Return a part of a whole, from 0 to 1; 0 of nothing."""
    return part / whole if whole else 0.0


def agreement_lines(
    judged: Mapping[str, int], agreed: Mapping[str, int], accepted: Mapping[str, int], told: str
) -> Iterator[str]:
    """Yield lines that say how often two judges agree: one a variant, and one for all together.

    Args:
        judged: The number of programs, by variant.
        agreed: Of how many of them both say the same.
        accepted: How many of them are accepted.
        told: How to say that, with ``{}`` for the number.
    """
    counts = [(one, agreed[one], count, accepted[one]) for one, count in judged.items()]
    if len(judged) > 1:
        same, count, able = (sum(each.values()) for each in (agreed, judged, accepted))
        counts.append(("together", same, count, able))
    for variant, same, count, able in counts:
        low, high = wilson_interval(same, count)
        yield (
            f"{variant}: {same} of {count} agree ({100 * share(same, count):.2f} %, 95 % interval"
            f" {100 * low:.2f} to {100 * high:.2f}); {told.format(able)}"
        )
