"""Rows of repair and hint: one fault each, found by `check`, and the same for the same seed."""

from __future__ import annotations

import pytest

from asygrammar.checking import check
from asygrammar.diagnostics import Span
from asygrammar.faults import MissingSemicolon, UnclosedText
from asygrammar.figures import sample_figures
from asygrammar.train.faults_data import fault_rows, hint_sentence
from asygrammar.train.rows import TaskRow

ROWS = [
    TaskRow(figure.sentence, figure.program, family=figure.family, level="foundation")
    for figure in sample_figures(12, seed=3)
]


def test_repairs_lead_from_a_fault_to_the_original() -> None:
    rows = fault_rows(ROWS, "repair", 16, seed=1)
    originals = {row.program: row.family for row in ROWS}
    assert len(rows) == len({row.prompt for row in rows}) == 16
    for row in rows:
        assert check(row.prompt)
        assert row.prompt != row.program
        assert originals[row.program] == row.family
        assert (row.task, row.level) == ("repair", "foundation")


def test_hints_say_where() -> None:
    for row in fault_rows(ROWS, "hint", 8, seed=1):
        first = check(row.prompt)[0]
        assert first.span
        assert row.program.startswith(f"Look at line {first.span.line}: {first.message}")
        assert row.program.endswith(".")
        assert "\n" not in row.program


def test_a_hint_is_a_sentence() -> None:
    assert hint_sentence(MissingSemicolon(Span.at(3, 5))) == (
        "Look at line 3: the statement that ends here has no `;` (put `;` at its end)."
    )
    assert hint_sentence(UnclosedText(None, "a text", '`"`')).startswith("a text begins here")


def test_the_seed_decides() -> None:
    assert fault_rows(ROWS, "repair", 5, seed=1) == fault_rows(ROWS, "repair", 5, seed=1)
    assert fault_rows(ROWS, "repair", 5, seed=1) != fault_rows(ROWS, "repair", 5, seed=2)
    assert fault_rows([], "repair", 5, seed=1) == []
    with pytest.raises(ValueError, match="no rows of 'fill' are made from faults"):
        fault_rows(ROWS, "fill", 5, seed=1)
