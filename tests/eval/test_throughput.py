import dataclasses
import shutil

import pytest

from asygrammar.compiler import asy_available
from asygrammar.eval import throughput
from asygrammar.eval.throughput import labelled_figures, measure_throughput

needs_asy = pytest.mark.skipif(
    not asy_available() or shutil.which("pdftocairo") is None,
    reason="asy or pdftocairo is not installed",
)

FIGURES = [
    ("labelled", 'draw((0,0)--(50,0)); label("$x$",(25,0),N);'),
    ("plain", "draw((0,0)--(50,20));"),
    ("wrong", "draw(nosuch);"),
    ("bad label", 'draw((0,0)--(50,0)); label("$x_$",(0,0));'),
]


def test_figures_are_labelled_and_all_different():
    figures = labelled_figures(80, seed=3)
    assert len({program for _, program in figures}) == 80
    assert len({name for name, _ in figures}) == 80
    assert all('"' in program for _, program in figures)
    assert figures == labelled_figures(80, seed=3)


@needs_asy
def test_both_ways_are_timed_and_compared():
    done = []
    report = measure_throughput(FIGURES, jobs=1, progress=lambda: done.append(1))
    assert len(done) == report.figures == report.verdicts_same == 4
    assert (report.pictures, report.pictures_same, report.differences) == (2, 2, ())
    assert report.ratio == report.fresh_seconds / report.together_seconds > 0
    assert report.to_dict()["ratio"] == report.ratio
    assert "the same verdict: 4 of 4" in report.to_text()


@needs_asy
def test_differences_are_found(monkeypatch):
    many = throughput.compile_many

    def wrong(programs, **options):
        first, second, *others = many([programs[0], programs[0], *programs[2:]], **options)
        return [dataclasses.replace(first, output=second.output), second, *others[::-1]]

    monkeypatch.setattr(throughput, "compile_many", wrong)
    report = measure_throughput([FIGURES[0], FIGURES[0], FIGURES[1], FIGURES[2]], jobs=1)
    assert report.verdicts_same == 2
    assert [(one.id, one.fresh, one.together) for one in report.differences] == [
        ("plain", "ok", "failed"),
        ("wrong", "failed", "ok"),
    ]
    assert "plain: ok alone, failed together, no two pictures of one size" in report.to_text()


def test_misuse_is_told_before_the_work():
    with pytest.raises(ValueError, match="at least"):
        measure_throughput([("x", "while(true);")], jobs=0)


def test_of_no_figures():
    report = throughput.ThroughputReport(0, 2, 0.0, 0.0, 0, 0, 0, ())
    assert report.ratio == 0
    assert "0 figures" in report.to_text()
