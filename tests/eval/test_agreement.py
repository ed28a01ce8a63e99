"""How often check and the compiler say the same."""

from __future__ import annotations

import pytest
from conftest import SHARED

from asygrammar.eval.agreement import AS_THEY_ARE, WITH_IMPORTS, measure_agreement
from asygrammar.eval.completeness import read_figures

pytestmark = pytest.mark.usefixtures("asy")

FIGURES = [
    ("fine", "pair A = (0,0), B = (1,0);\ndraw(A--B, red);\n"),
    ("lacks graph", "draw(Circle((0,0), 1));\n"),
    ("fails when it runs", "int[] a; write(a[3]);\n"),
    ("wrong", "draw(nosuch);\n"),
]
CORPUS = [SHARED / "corpus" / f"{name}_figures.jsonl" for name in ("math", "exemples")]


def test_figures_as_they_are_with_imports_and_with_faults():
    done: list[int] = []
    report = measure_agreement(FIGURES, mutations=9, seed=1, progress=lambda: done.append(1))
    assert report.disagreements == ()
    assert report.share == 1
    assert len(done) == 17
    assert report.judged[AS_THEY_ARE] == report.agreed[AS_THEY_ARE] == 4
    assert report.accepted[AS_THEY_ARE] == 2
    assert report.accepted[WITH_IMPORTS] == 3
    assert sum(report.judged.values()) == 17
    text = report.to_text()
    assert "as they are: 4 of 4 agree (100.00 %" in text
    assert "together: 17 of 17 agree" in text
    assert report.to_dict()["share"] == 1
    assert measure_agreement(FIGURES, mutations=9, seed=1).judged == report.judged


def test_a_disagreement_is_told_with_what_both_say():
    # The subset does without `quote`, so check refuses what asy accepts.
    report = measure_agreement([("outside", "code c = quote{};\n")], mutations=0)
    assert report.share == 0
    assert {(d.id, d.asy) for d in report.disagreements} == {("outside", "")}
    assert "outside (as they are): check: " in report.to_text()


def test_no_figures():
    report = measure_agreement([], mutations=5)
    assert report.share == 0
    assert report.judged == {}
    assert report.to_text().startswith("check: 0.0 ms")


def corpus(step: int) -> list[tuple[str, str]]:
    figures: list[tuple[str, str]] = []
    for path in CORPUS:
        if not path.is_file():
            pytest.skip(f"no {path.name} beside this checkout")
        figures += read_figures(path)
    return figures[::step]


def test_real_figures_by_sample():
    report = measure_agreement(corpus(12), mutations=120, seed=7)
    assert report.share >= 0.99, report.to_text()


@pytest.mark.slow
def test_real_figures():
    report = measure_agreement(corpus(1), mutations=1500, seed=0)
    for variant, count in report.judged.items():
        assert report.agreed[variant] >= 0.99 * count, report.to_text()
