"""Judging answers: what counts as right, and how far off the others are."""

from __future__ import annotations

from asygrammar.eval.metrics import edit_distance
from asygrammar.train.rows import TaskRow
from asygrammar.train.scores import TaskScore, Verdict, count, judge

DOT = TaskRow("Draw a dot.", "dot((0,0));\n")


def test_programs_are_compiled_and_compared(asy: str) -> None:
    rows = [DOT] * 4
    answers = [DOT.program, "pair A = (0,0);\ndot(A);\n", "draw((0,0)--(2,1));\n", "dot((0,0)"]
    found = judge(rows, answers, drawing=True)
    assert [verdict.exact for verdict in found] == [True, False, False, False]
    assert [verdict.compiled for verdict in found] == [True, True, True, False]
    assert [verdict.same for verdict in found] == [True, True, False, False]
    distances = [edit_distance(answer, DOT.program) for answer in answers]
    assert [verdict.distance for verdict in found] == distances
    assert distances[0] == 0


def test_a_sentence_is_not_compiled(asy: str) -> None:
    hint = TaskRow("dot((0,0)", "Look at line 1.", "hint")
    (verdict,) = judge([hint], ["Look at line 1."], drawing=True)
    assert verdict == Verdict("hint", True, None, None, 0)


def test_counting() -> None:
    verdicts = [
        Verdict("repair", True, True, None, 0),
        Verdict("repair", False, True, None, 3),
        Verdict("hint", False, None, None, 5),
    ]
    scores = count(verdicts)
    assert scores["repair"] == TaskScore("repair", 2, 1, 2, None, 1.5)
    assert scores["repair"].rate == 1.0
    assert scores["hint"].rate == 0.0
