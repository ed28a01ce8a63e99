"""Figures with one fault each."""

from __future__ import annotations

from random import Random

import pytest

from asygrammar import check
from asygrammar.checking import syntax_faults
from asygrammar.eval.mutations import KINDS, mutate

FIGURE = """import graph;
size(5cm);
pair A = (0,0), B = (4,0);
pair C = (0,3); // the top
real f(real x) { return x^2; }
draw(A--B--C--cycle, red);
label("$A$", A, SW);
draw(Circle(A, 2));
"""


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_changes_one_thing(kind):
    assert check(FIGURE) == []
    made = {mutate(FIGURE, kind, Random(seed)) for seed in range(20)}
    assert None not in made
    assert FIGURE not in made
    assert len(made) > 1 or kind == "lost_import"
    assert any(check(program) for program in made)
    for program in made:
        assert abs(program.count("\n") - FIGURE.count("\n")) <= 1
        if kind not in ("lost_parenthesis", "lost_semicolon", "dropped_argument"):
            assert syntax_faults(program) == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_decides(kind):
    assert mutate(FIGURE, kind, Random(3)) == mutate(FIGURE, kind, Random(3))


def test_what_cannot_be_changed():
    assert mutate("draw(;", "renamed_variable", Random(0)) is None
    assert mutate("size(3cm);", "renamed_variable", Random(0)) is None
    assert mutate("", "lost_parenthesis", Random(0)) is None
    with pytest.raises(ValueError, match="unknown kind"):
        mutate(FIGURE, "nosuch", Random(0))


def test_a_misspelt_name_is_the_only_difference():
    for seed in range(30):
        program = mutate(FIGURE, "renamed_variable", Random(seed))
        before, after = FIGURE.splitlines(), program.splitlines()
        assert sum(one != other for one, other in zip(before, after, strict=True)) == 1
