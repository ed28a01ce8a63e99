"""The comparison of sessions with compilations, on a few figures."""

import sys

import pytest

from asygrammar.compiler import asy_available
from asygrammar.eval.session_agreement import measure_session_agreement
from asygrammar.layout import statements_of

FIGURES = [
    ("triangle", 'draw((0,0)--(1,0)--(1,1)--cycle); label("$A$",(0,0),W); // a corner'),
    ("function", "real f(real x) {\n  return x^2;\n}\nfor(int i=0; i < 3; ++i)\n  dot((i,f(i)));"),
    ("nothing", "pair A=(0,0);"),
]


def test_statements_are_whole():
    function = "real f(real x)\n{\n  return x^2;\n}\n"
    choice = "if (f(1) > 0)\n  dot((0,0));\nelse\n  dot((1,1));\n"
    assert statements_of(function + choice) == [function, choice]


@pytest.mark.skipif(not asy_available(), reason="asy is not installed")
@pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")
def test_sessions_and_compilations_agree():
    judged = []
    report = measure_session_agreement(
        FIGURES, mutations=2, seed=1, progress=lambda: judged.append(1)
    )
    assert report.disagreements == ()
    assert report.share == 1
    assert report.judged["as formatted"] == 3
    assert report.accepted["as formatted"] == 2
    assert len(judged) == 5
    assert report.same_status == 5
    assert "5 of 5 agree" in report.to_text()
    assert report.to_dict()["share"] == 1
