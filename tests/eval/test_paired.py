"""Arms beside each other, by hand and by the module."""

from __future__ import annotations

import json

import pytest

from asygrammar.eval.paired import (
    compare,
    comparison_lines,
    comparisons,
    mcnemar_exact,
    taxes,
)
from asygrammar.eval.samples import Sample
from asygrammar.eval.score import Score


def score(problem, arm, ok, *, number=0, level=None, model="m", **known):
    level = arm if level is None else level
    sample = Sample(
        f"{problem}{arm}{number}", problem, "", "", arm=arm, level=level, model=model, number=number
    )
    return Score(sample, "ok" if ok else "failed: x", "" if ok else "name", compiled=ok, **known)


def test_mcnemar_by_hand():
    assert mcnemar_exact(0, 0) == 1
    assert mcnemar_exact(5, 0) == mcnemar_exact(0, 5) == pytest.approx(2 / 32)
    assert mcnemar_exact(1, 9) == pytest.approx(2 * (1 + 10) / 1024)
    assert mcnemar_exact(3, 3) == 1
    with pytest.raises(ValueError, match="0 or more"):
        mcnemar_exact(-1, 2)


def test_each_problem_is_compared_with_itself():
    # free: 1 0 0 0 0 0; typed: 0 1 1 1 1 1; problem 6 has no free sample
    scores = [score(str(n), "free", n == 0) for n in range(6)]
    scores += [score(str(n), "typed", n != 0) for n in range(7)]
    (it,) = comparisons(scores)
    assert (it.arm, it.baseline, it.problems) == ("typed", "free", 6)
    found = it.differences["compile_rate"]
    assert (found.baseline, found.value) == (pytest.approx(1 / 6), pytest.approx(5 / 6))
    assert (found.better, found.worse, found.p) == (5, 1, mcnemar_exact(5, 1))
    assert found.difference == pytest.approx(4 / 6)
    low, high = found.interval
    assert -1 / 3 <= low < found.difference < high <= 1
    assert "ssim" not in it.differences


def test_rungs_are_compared_with_the_one_below_and_a_server_with_free_decoding():
    scores = [score("1", arm, True) for arm in ("free", "syntax", "typed")]
    scores.append(score("1", "gpt", True, level="", model="gpt"))
    assert [(it.arm, it.baseline) for it in comparisons(scores)] == [
        ("syntax", "free"),
        ("typed", "free"),
        ("gpt", "free"),
        ("typed", "syntax"),
    ]
    assert comparisons(scores[:1]) == comparisons([]) == []


def test_what_is_not_drawn_is_like_nothing():
    scores = [
        score("1", "free", True, ssim=0.9, same=True),
        score("1", "typed", False),
        score("2", "free", False),
        score("2", "typed", False),
    ]
    found = compare(scores, "typed", "free").differences
    assert (found["ssim"].problems, found["ssim"].difference) == (1, pytest.approx(-0.9))
    assert (found["same_rate"].worse, found["same_rate"].better) == (1, 0)


def test_the_tax_is_told_where_free_decoding_compiles():
    same = {"free": (True, True, False, None), "typed": (True, False, True, True)}
    scores = [
        score(str(n), arm, arm == "typed" or n != 3, same=told)
        for arm, row in same.items()
        for n, told in enumerate(row)
    ]
    scores += [score(str(n), "other", True, level="typed", model="another") for n in range(4)]
    (tax,) = taxes(scores)
    assert (tax.arm, tax.baseline, tax.problems) == ("typed", "free", 3)
    found = tax.differences["same_rate"]
    assert (found.baseline, found.value) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert (found.better, found.worse) == (1, 1)
    assert tax.differences["compile_rate"].difference == 0
    assert taxes([score("1", "typed", True)]) == []


def test_samples_of_a_problem_are_averaged():
    scores = [score("1", "free", n == 0, number=n) for n in range(4)]
    scores += [score("1", "typed", n < 3, number=n) for n in range(4)]
    found = compare(scores, "typed", "free").differences["compile_rate"]
    assert (found.problems, found.better, found.difference) == (1, 1, 0.5)


def test_for_people_and_for_programs():
    scores = [score("1", "free", False), score("1", "typed", True)]
    lines = comparison_lines(comparisons(scores))
    assert lines[0] == "typed beside free:"
    assert "0.000 to 1.000, +1.000" in lines[1]
    assert comparison_lines([compare(scores, "typed", "typed")]) == [
        "typed beside typed: nothing differs"
    ]
    assert comparison_lines(taxes(scores), taxed=True) == [
        "tax of typed, on the 0 problems that free compiles: nothing to compare"
    ]
    assert json.loads(json.dumps([it.to_dict() for it in comparisons(scores)]))
