import json

import pytest

from asygrammar.compiler import asy_available
from asygrammar.eval.known_verdicts import KnownVerdicts
from asygrammar.eval.typed_completeness import (
    FAULTS,
    find_rejection,
    is_straight_line,
    layout,
    measure_typed_completeness,
)

pytestmark = pytest.mark.skipif(not asy_available(), reason="asy is not installed")

FIGURES = [
    ("plain", "pair A=(0,0); pair B=(3,4); draw(A--B,red); real r=2; draw(circle(A,r));"),
    ("lacks graph", "draw(Circle((0,0),1));\npair P=(1,0); dot(P);"),
    ("a loop", 'for(int i=0;i<3;++i) dot((i,i)); label("$x$",(0,0),N);'),
    ("does not compile", "draw(nosuch);"),
    ("blank", ""),
]


def test_real_figures_are_accepted_and_faulty_ones_refused(tmp_path):
    done = []
    report = measure_typed_completeness(
        FIGURES, verdicts=tmp_path / "known.jsonl", progress=lambda: done.append(1)
    )
    assert (report.rows, report.figures, report.accepted) == (5, 3, 3)
    assert (report.straight_line, report.straight_line_accepted) == (2, 2)
    assert report.rejected == ()
    assert len(done) == 5 + 3
    assert report.faulty == 3
    assert (report.faulty_accepted, report.leaks) == (0, ())
    assert set(report.faulty_kinds) <= set(FAULTS)
    answer = json.loads(json.dumps(report.to_dict()))
    assert (answer["share"], answer["faulty_refused_share"]) == (1.0, 1.0)
    assert "typed: accepted 3 of 3" in report.to_text()
    again = measure_typed_completeness(FIGURES, verdicts=tmp_path / "known.jsonl")
    assert again.faulty_kinds == report.faulty_kinds


def test_a_rejection_says_where_and_why():
    program = layout("pair A=(0,0);\ndraw(A--nosuch);\n")
    line, column, before, found, reason = find_rejection(None, program)
    assert line == 2
    assert before.startswith("draw(A--")
    assert column == len(before) + 1
    assert before + found == "draw(A--nosuch);"
    assert "nosuch" in reason


def test_straight_line_programs_have_no_branches():
    assert is_straight_line("pair A = (0,0);\ndraw(A);\n")
    assert not is_straight_line("for (int i = 0; i < 2; ++i) dot((i,0));\n")
    assert not is_straight_line("real f(real x) { return x; }\n")
    assert not is_straight_line("draw(;")


def test_verdicts_are_remembered_and_a_file_cut_off_goes_on(tmp_path):
    path = tmp_path / "a" / "known.jsonl"
    programs = ["draw((0,0)--(1,1));\n", "pair A;\n"]
    assert KnownVerdicts(path).compiles(programs) == [True, False]
    rows = path.read_text().splitlines()
    assert len(rows) == 2
    path.write_text(rows[0] + "\n" + rows[1][:20])
    assert KnownVerdicts(path).compiles(programs) == [True, False]
    flipped = json.loads(rows[0]) | {"compiles": not json.loads(rows[0])["compiles"]}
    path.write_text(json.dumps(flipped) + "\n" + rows[1] + "\n")
    assert KnownVerdicts(path).compiles(programs) in ([False, False], [True, True])
