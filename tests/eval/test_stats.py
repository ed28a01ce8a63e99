from __future__ import annotations

import pytest

from asygrammar.eval import wilson_interval

# Worked out by hand from Wilson's formula with z = 1.96 (z^2 = 3.8416):
# 5 of 10: (0.5 + 0.19208 -+ 1.96 sqrt(0.025 + 0.009604)) / 1.38416, and so on.
BY_HAND = [
    (5, 10, 0.2366, 0.7634),
    (0, 10, 0.0, 0.2775),
    (10, 10, 0.7225, 1.0),
    (1, 2, 0.0945, 0.9055),
    (80, 100, 0.7112, 0.8666),
    (260, 260, 0.9854, 1.0),
]


@pytest.mark.parametrize(("successes", "trials", "low", "high"), BY_HAND)
def test_by_hand(successes, trials, low, high):
    assert wilson_interval(successes, trials) == pytest.approx((low, high), abs=1e-4)


def test_of_nothing_nothing_is_known():
    assert wilson_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("trials", [1, 7, 50])
def test_it_holds_the_share_and_is_symmetric(trials):
    for successes in range(trials + 1):
        low, high = wilson_interval(successes, trials)
        assert 0 <= low <= successes / trials <= high <= 1
        assert wilson_interval(trials - successes, trials) == pytest.approx((1 - high, 1 - low))


@pytest.mark.parametrize(("successes", "trials"), [(-1, 5), (6, 5)])
def test_impossible_counts(successes, trials):
    with pytest.raises(ValueError, match="successes must be from 0 to 5"):
        wilson_interval(successes, trials)
