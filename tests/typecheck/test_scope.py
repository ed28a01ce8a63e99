"""Scopes by themselves: what hides what, and how to go back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asygrammar import load_grammar
from asygrammar.casts import UNKNOWN
from asygrammar.diagnostics import Span
from asygrammar.scope import Block, Scope
from asygrammar.typecheck import check_statement
from asygrammar.types import (
    INT,
    PAIR,
    PATH,
    PEN,
    REAL,
    STRING,
    VOID,
    Array,
    Function,
    Named,
    Parameter,
)


def function(result, *parameters) -> Function:
    return Function(result, tuple(Parameter(p) for p in parameters))


@pytest.fixture
def scope() -> Scope:
    return Scope.of_modules()


def test_what_is_built_in_is_there_and_can_be_hidden(scope):
    assert scope.lookup("N") == (PAIR,)
    assert scope.declare("N", REAL).lookup("N") == (REAL,)
    assert scope.lookup("N") == (PAIR,)
    assert scope.lookup("nosuch") == ()


def test_a_name_has_one_value_and_many_functions(scope):
    scope = scope.declare("x", PAIR).declare("x", REAL)
    assert scope.lookup("x") == (REAL,)
    scope = scope.declare("x", function(INT, INT)).declare("x", function(INT, PAIR))
    assert set(scope.lookup("x")) == {REAL, function(INT, INT), function(INT, PAIR)}
    scope = scope.declare("x", function(PEN, INT))
    assert set(scope.lookup("x")) == {REAL, function(PEN, INT), function(INT, PAIR)}


def test_names_and_defaults_of_parameters_make_no_other_function(scope):
    named = Function(INT, (Parameter(INT, "n", has_default=True),))
    scope = scope.declare("f", function(REAL, INT)).declare("f", named)
    assert scope.lookup("f") == (named,)


def test_blocks_hide_and_leave_no_trace(scope):
    outer = scope.declare("x", REAL)
    inner = outer.enter().declare("x", STRING).declare("y", PEN)
    assert (inner.lookup("x"), inner.lookup("y")) == ((STRING,), (PEN,))
    assert inner.leave() is outer
    assert inner.enter().enter().leave().leave() is inner
    with pytest.raises(ValueError, match="no block"):
        outer.leave()


def test_an_import_in_a_block_ends_with_it(scope):
    inner = scope.enter().import_module("graph").declare("x", REAL)
    assert inner.lookup("xaxis")
    assert inner.modules == ("graph",)
    assert inner.leave().lookup("xaxis") == ()
    assert inner.leave().modules == ()


def test_an_import_hides_what_was_declared_before(scope):
    before = scope.declare("Circle", REAL).import_module("graph")
    after = scope.import_module("graph").declare("Circle", REAL)
    for each in (before, after):
        assert REAL in each.lookup("Circle")
        assert any(isinstance(found, Function) for found in each.lookup("Circle"))
    assert before.binding("Circle") == after.binding("Circle")


def test_parts_of_a_module(scope):
    part = scope.import_names("graph", ["Circle"])
    assert part.lookup("Circle")
    assert part.lookup("xaxis") == ()


def test_a_module_of_which_only_names_are_known():
    scope = Scope.of_modules("flowchart")
    assert scope.lookup("flowchart")
    assert scope.lookup_type("block") == UNKNOWN
    assert Scope.of_modules("slide").lookup("anything") == (UNKNOWN,)


def test_types_and_fields(scope):
    record = Named("A")
    scope = scope.declare_type("A", record).declare_fields(record, {"x": (REAL,)})
    assert scope.lookup_type("A") == record
    assert scope.fields_of(record) == {"x": (REAL,)}
    assert scope.fields_of(PAIR) == {"x": (REAL,), "y": (REAL,)}
    assert scope.fields_of(Array(PEN))["length"] == (INT,)
    assert scope.fields_of(Array(PEN))["pop"] == (Function(PEN),)
    assert scope.fields_of(REAL) == {}
    assert scope.lookup_type("pair") == PAIR
    assert scope.lookup_type("nosuch") is None


def test_where_a_return_or_a_break_may_stand(scope):
    assert not scope.in_loop
    assert scope.function is None
    loop = scope.enter(Block("loop")).enter()
    assert loop.in_loop
    body = loop.enter(Block("function", REAL)).enter()
    assert not body.in_loop
    assert body.function.result == REAL
    assert body.leave().leave().in_loop


def test_casts_of_the_program(scope):
    wider = scope.declare_cast(REAL, PEN)
    assert wider.casts.is_cast(REAL, PEN)
    assert not scope.casts.is_cast(REAL, PEN)
    assert not wider.casts.is_cast(INT, PEN), "casts are not chained"
    assert wider.casts.is_cast(PAIR, PATH)


def test_meaning_is_what_is_visible_and_nothing_else(scope):
    one = scope.declare("a", REAL).declare("b", PAIR)
    other = scope.declare("b", PAIR, Span.at(3, 4)).declare("a", PEN).declare("a", REAL)
    assert one.meaning() == other.meaning()
    assert hash(one.meaning()) == hash(other.meaning())
    assert one.meaning() == one.enter().declare("c", REAL).leave().meaning()
    assert one.meaning() == one.enter().meaning()
    for changed in (
        one.declare("a", PEN),
        one.declare("a", function(REAL, REAL)),
        one.declare("c", REAL),
        one.import_module("graph"),
        one.enter(Block("loop")),
        one.enter(Block("function", REAL)),
        one.declare_type("A", Named("A")),
    ):
        assert changed.meaning() != one.meaning()
    assert one.enter(Block("function", VOID)).meaning() != one.meaning()


def test_statements_one_at_a_time(scope):
    def taken(scope: Scope, text: str) -> Scope:
        (statement,) = load_grammar().parse(text).children
        checked = check_statement(statement, scope)
        assert checked.faults == ()
        return checked.scope

    scope = taken(scope, "pair A = (0,0);")
    forked = taken(scope, "path p = A--(1,1);")
    assert forked.lookup("p") == (PATH,)
    assert scope.lookup("p") == ()
    # A function piece by piece: its head, a statement of its body, and its end.
    inside = scope.declare("f", function(REAL, REAL)).enter(Block("function", REAL))
    inside = taken(inside.declare("x", REAL).enter(), "real y = x + A.x;")
    inside = taken(inside, "return f(y);")
    outside = inside.leave().leave()
    assert outside.lookup("f") == (function(REAL, REAL),)
    assert outside.lookup("y") == ()


NAMES = st.sampled_from(["a", "b", "N", "draw"])
TYPES = st.sampled_from([INT, PAIR, Array(PAIR), function(INT, INT), function(REAL, INT, INT)])
STEPS = st.lists(st.tuples(NAMES, TYPES) | st.sampled_from(["{", "}", "import"]), max_size=12)


@settings(deadline=None)
@given(STEPS)
def test_any_sequence_of_steps_can_be_taken_back(steps):
    scope, history = Scope.of_modules(), []
    for step in steps:
        history.append((scope, scope.meaning(), scope.lookup("a"), scope.lookup("N")))
        if step == "{":
            scope = scope.enter()
        elif step == "}":
            if any(s.block for s in scope.outward()):
                scope = scope.leave()
        elif step == "import":
            scope = scope.import_module("math")
        else:
            scope = scope.declare(*step)
            assert scope.lookup(step[0])[0] == step[1]
    for earlier, meaning, a, n in reversed(history):
        assert (earlier.meaning(), earlier.lookup("a"), earlier.lookup("N")) == (meaning, a, n)
