import pytest

from asygrammar.compiler import asy_available
from asygrammar.eval.compiling import measure_compiling

FIGURES = [
    ("fine", "draw((0,0)--(1,1));\n"),
    ("lacks graph", "draw(Circle((0,0),1));\n"),
    ("lacks amsmath", 'label("$\\text{cm}$",(0,0));\n'),
    ("wrong", "draw(nosuch);\n"),
    ("empty", "pair A;\n"),
]


@pytest.mark.skipif(not asy_available(), reason="asy is not installed")
def test_imports_make_figures_compile():
    done = []
    report = measure_compiling(FIGURES, progress=lambda: done.append(1))
    assert (report.figures, report.compiled, report.changed) == (5, 3, 2)
    assert len(done) == 5
    assert report.added == {"import graph;": 1, 'usepackage("amsmath");': 1}
    assert [failure.id for failure in report.failures] == ["wrong", "empty"]
    assert report.kinds == {"AsyError": 1, "DrewNothing": 1}
    assert report.to_dict()["share"] == 0.6
    assert "3 of 5 figures compile (60.0 %" in report.to_text()
    bare = measure_compiling(FIGURES, add=False)
    assert (bare.compiled, bare.changed, bare.added) == (1, 0, {})
    assert bare.kinds["LabelError"] == 1


def test_no_figures():
    report = measure_compiling([])
    assert report.share == 0
    assert "0 of 0" in report.to_text()
