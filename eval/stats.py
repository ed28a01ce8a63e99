"""Statistics for shares of a sample."""

from __future__ import annotations

from math import sqrt

# The standard normal quantile of 97.5 %: 95 % of the distribution lies within so many deviations.
Z_95 = 1.959963984540054


def wilson_interval(successes: int, trials: int, z: float = Z_95) -> tuple[float, float]:
    """Return the Wilson score interval of a share.

    Unlike the usual ``p +- z sqrt(p (1 - p) / n)`` it stays within 0 and 1 and has a width where
    all trials succeed, or none:

        (p + z^2 / 2n  +-  z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n)

    Source: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference",
    JASA 22 (1927), 209-212.

    Args:
        successes: From 0 to ``trials``.
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
