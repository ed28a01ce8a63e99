"""Verdicts of the compiler on programs that it does not run."""

from __future__ import annotations

import pytest

from asygrammar.compiler import verdicts
from asygrammar.compiler.verdicts import judge_types

pytestmark = pytest.mark.usefixtures("asy")


def test_names_and_types_are_judged_and_nothing_is_run():
    done: list[int] = []
    judged = judge_types(
        [
            "draw((0,0)--(1,1));",
            "pair A = (0,0);\ndraw(A--B);",
            "real x = 1/0; while (true); int[] a; a[5] = a[7];",
            "import graph; draw(Circle((0,0),1)); xaxis(0,1);",
            "import olympiad; draw(rightanglemark((0,0),(1,0),(1,1)));",
            "import nosuchmodule;",
            "draw((0,0)--(1,1)",
            'label("a, (0,0));',
            "// a comment at the end",
            "",
        ],
        lambda: done.append(1),
    )
    accepted = [verdict.accepted for verdict in judged]
    assert accepted == [True, False, True, True, True, False, False, False, True, True]
    assert judged[1].message == "2.9: no matching variable 'B'"
    assert judged[0].message == ""
    assert len(done) == 10


def test_a_program_that_breaks_out_of_its_function_harms_no_other(monkeypatch):
    monkeypatch.setattr(verdicts, "_START", 2.0)
    monkeypatch.setattr(verdicts, "_EACH", 0.1)
    ended = ["real x;", "} while (true); {", "real y;", "real z = A;"]
    assert [v.accepted for v in judge_types(ended)] == [True, None, True, False]
    left = ["real x;", '} write("figure"); exit(); {', "real y;"]
    assert [v.accepted for v in judge_types(left)][0::2] == [True, True]


def test_a_program_that_ends_the_compiler_harms_no_other():
    """asy stops reading at a number that is too large."""
    programs = ["real x;", "real y = 1e999;", "real z = A;", "real z;"]
    assert [v.accepted for v in judge_types(programs)] == [True, False, False, True]


def test_more_programs_than_fit_one_process(monkeypatch):
    monkeypatch.setattr(verdicts, "_BATCH", 3)
    programs = ["real x;", "real x = A;"] * 4
    assert [v.accepted for v in judge_types(programs)] == [True, False] * 4
    assert judge_types([]) == []
