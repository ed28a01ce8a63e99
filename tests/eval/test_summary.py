"""Scores counted by hand and by `summarize`."""

from __future__ import annotations

import json
import math

import pytest

from asygrammar.eval.samples import Sample
from asygrammar.eval.score import OK, Score, read_score
from asygrammar.eval.stats import bootstrap_interval, wilson_interval
from asygrammar.eval.summary import MEASURES, Measure, measure_value, summarize, table


def score(problem, arm="a", number=0, *, ok=True, **known):
    own = {name: known.pop(name) for name in ("cost", "checks") if name in known}
    passed = known.pop("passed", {})
    sample = Sample(f"{problem}/{arm}/{number}", problem, "", "", arm=arm, number=number, **own)
    failure = known.pop("failure", "" if ok else "name")
    verdict = known.pop("verdict", OK if ok else f"failed: {failure}")
    return Score(sample, verdict, failure, compiled=ok, checks=passed, **known)


def test_shares_and_means_of_each_arm():
    scores = [
        score("1", "b", parsed=True, similarity=0.5, ssim=0.8, same=True, cost={"tokens": 10}),
        score("1", "a", parsed=True, similarity=1.0),
        score("2", "b", ok=False, parsed=True, similarity=0.25, cost={"tokens": 30}),
        score("3", "b", ok=False, failure="syntax", contamination=("fence",), same=False),
        score("4", "b", ok=False, failure="syntax"),
    ]
    b, a = summarize(scores)
    assert (b.arm, a.arm, b.samples, b.problems, a.samples) == ("b", "a", 4, 4, 1)
    assert b.measures["compile_rate"] == Measure(0.25, wilson_interval(1, 4), 4)
    assert b.measures["parse_rate"].value == 0.5
    assert b.measures["contamination_rate"].value == 0.25
    assert b.measures["same_rate"] == Measure(0.5, wilson_interval(1, 2), 2)
    assert b.measures["ssim"] == Measure(0.8, (0.8, 0.8), 1)
    similarity = b.measures["similarity"]
    assert (similarity.value, similarity.count) == (0.375, 2)
    assert similarity.interval == (0.25, 0.5)
    assert b.measures["edit_distance"] == Measure(None, None, 0)
    assert list(b.failures.items()) == [("syntax", 2), ("name", 1)]
    assert b.cost == {"tokens": 20}
    assert list(b.measures) == list(MEASURES)


def test_rows_that_cannot_be_read_are_counted_and_not_measured():
    (it,) = summarize([score("1"), score("2", ok=False, failure="unreadable")])
    assert (it.samples, it.problems) == (2, 1)
    assert it.measures["compile_rate"].value == 1
    assert it.failures == {"unreadable": 1}


def test_a_blank_picture_compiles_and_draws_nothing():
    (it,) = summarize([score("1"), score("2", verdict="blank: nothing to be seen")])
    assert it.measures["compile_rate"].value == 1
    assert it.measures["nonblank_rate"].value == 0.5


def test_parts_that_are_all_alike_are_not_certain():
    (it,) = summarize([score(str(n), relations=1.0, statements_run=0.5) for n in range(3)])
    assert it.measures["relations"].interval == wilson_interval(3, 3)
    assert it.measures["statements_run"].interval == (0.5, 0.5)


def test_checks_of_what_does_not_compile_are_not_passed():
    passed = score("1", checks=("midpoint(M,A,B)", "length(A,B,2)"), passed={"a": True, "b": False})
    broken = score("2", ok=False, checks=("midpoint(M,A,B)",))
    assert measure_value("checks_rate", passed) == 0.5
    assert measure_value("checks_rate", broken) == 0
    assert measure_value("checks_rate", score("3")) is None


def test_samples_of_one_problem_count_as_one_in_intervals():
    scores = [score(str(p), number=n, ok=n < p) for p in range(3) for n in range(2)]
    (it,) = summarize(scores)
    assert it.measures["compile_rate"] == Measure(0.5, wilson_interval(1.5, 3), 6)
    # 1 - C(n - c, k) / C(n, k) with n = k = 2 and c = 0, 1, 2
    assert it.measures["compile_at_2"].value == pytest.approx((0 + 1 + 1) / 3)
    assert "compile_at_5" not in it.measures


def test_as_json_and_as_a_table():
    scores = [score("1", similarity=0.5), score("1", "b", ok=False, cost={"seconds": 2.0})]
    first, second = (json.loads(json.dumps(it.to_dict())) for it in summarize(scores))
    assert first["compile_rate"] == 1
    assert first["compile_rate_interval"] == list(wilson_interval(1, 1))
    assert first["ssim"] is None
    assert first["ssim_interval"] is None
    assert second["cost"] == {"seconds": 2.0}
    lines = table(summarize(scores)).splitlines()
    assert lines[0].split() == ["a", "b"]
    assert not [line for line in lines if line.startswith("SSIM")]
    assert [line for line in lines if line.startswith("seconds")]


def test_no_scores():
    assert summarize([]) == []


def test_the_bootstrap_agrees_with_theory():
    values = [[float(n % 2)] for n in range(400)]
    low, high = bootstrap_interval(values)
    spread = 1.96 * math.sqrt(0.25 / 400)
    assert low == pytest.approx(0.5 - spread, abs=0.01)
    assert high == pytest.approx(0.5 + spread, abs=0.01)
    # The same values in groups of 100 that are all alike tell as little as four values.
    grouped = bootstrap_interval([[0.0] * 100, [1.0] * 100, [0.0] * 100, [1.0] * 100])
    assert grouped == (0.0, 1.0)
    assert bootstrap_interval([[0.25]]) == (0.25, 0.25)
    with pytest.raises(ValueError, match="no value"):
        bootstrap_interval([[], []])


def test_scores_come_back_from_their_rows():
    known = score("1", checks=("midpoint(M,A,B)",), passed={"midpoint(M, A, B)": True}, ssim=0.5)
    for it in (known, score("2", ok=False, checks=("length(A,B,2)",))):
        assert read_score(json.loads(json.dumps(it.to_dict()))) == it
