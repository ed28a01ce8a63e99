"""The automaton of argument lists agrees with the resolution of overloads."""

from __future__ import annotations

import random

import pytest

from asygrammar.resolution import Argument, Outcome, resolve
from asygrammar.signatures import load_signatures
from asygrammar.typed.calls import CallGraph
from asygrammar.typed.fitting import UNUSUAL_CASTS
from asygrammar.typed.meaning import argument_types
from asygrammar.types import (
    INT,
    PAIR,
    REAL,
    STRING,
    VOID,
    Array,
    Function,
    Library,
    Named,
    Parameter,
)

NAMES = (
    *("draw", "label", "dot", "fill", "filldraw", "arrow", "circle", "arc", "abs", "dir", "shift"),
    *("rotate", "scale", "intersectionpoint", "point", "max", "sum", "Label", "Arrow", "size"),
    *("operator +", "operator *", "operator /", "operator ^^", "operator ==", "buildcycle"),
)


@pytest.fixture(scope="module")
def plain():
    return load_signatures(())


@pytest.fixture(scope="module")
def graph(plain):
    return CallGraph(plain, sorted(argument_types(plain), key=str))


def outcome(graph, root, types, named):
    """Return the type of a call, or ``None`` where the graph has no such path."""
    node, used = graph.nodes[root], 0
    for argument in types:
        edge = next((edge for edge in node.edges if argument in edge.types), None)
        if edge is None:
            return None
        node, used = graph.nodes[edge.target], used | edge.uses
    for name, argument in named:
        option = next((o for o in node.options if o.name == name and argument in o.types), None)
        if option is None or used >> option.bit & 1:
            return None
        used |= 1 << option.bit
    return node.result


def random_call(graph, root, draw):
    """Return the types of a random list of arguments, half of the time one that has a path."""
    types, node = [], graph.nodes[root]
    for _ in range(draw.randrange(5)):
        if draw.random() < 0.8 and node.edges:
            edge = draw.choice(node.edges)
            types.append(draw.choice(sorted(edge.types, key=str)))
            node = graph.nodes[edge.target]
        else:
            types.append(draw.choice(graph.types))
            node = graph.nodes[root]
    options = [o for o in node.options if draw.random() < 0.2]
    return types, [(o.name, draw.choice(sorted(o.types, key=str))) for o in options]


@pytest.mark.parametrize("name", NAMES)
def test_a_path_is_a_call_that_resolves_to_its_result(plain, graph, name):
    overloads = plain.functions[name]
    root, draw = graph.add(overloads), random.Random(name)
    for _ in range(300):
        types, named = random_call(graph, root, draw)
        arguments = [Argument((t,)) for t in types] + [Argument((t,), n) for n, t in named]
        found = resolve(overloads, arguments, plain)
        result = outcome(graph, root, types, named)
        if result is not None:
            assert found.outcome is Outcome.MATCH, (types, named)
            assert found.function.result == result
        elif not named and found.outcome is Outcome.MATCH and len(types) < 5:
            # With nothing at all, what takes a rest alone is never called.
            nothing = not types and all(p.rest for p in found.function.parameters)
            assert nothing or name.startswith("operator "), (types, named)


def test_a_lean_graph_leaves_out_unusual_casts_alone(plain):
    graph = CallGraph(plain, [INT, REAL, PAIR, STRING])
    circle = plain.functions["circle"]
    assert outcome(graph, graph.add(circle), [INT, REAL], []) == Named("path")
    assert outcome(graph, graph.add(circle, lean=True), [INT, REAL], []) is None
    assert outcome(graph, graph.add(circle, lean=True), [PAIR, REAL], []) == Named("path")
    assert (INT, PAIR) in UNUSUAL_CASTS


def test_ambiguous_calls_are_no_path():
    of = [
        Function(VOID, (Parameter(REAL), Parameter(PAIR))),
        Function(VOID, (Parameter(PAIR), Parameter(REAL))),
    ]
    library = Library(casts={INT: frozenset({REAL, PAIR}), REAL: frozenset({PAIR})})
    graph = CallGraph(library, [INT, REAL, PAIR])
    root = graph.add(of)
    assert outcome(graph, root, [REAL, PAIR], []) == VOID
    assert outcome(graph, root, [INT, INT], []) is None


def test_a_rest_takes_several():
    f = Function(VOID, (Parameter(Array(PAIR), "points", rest=True),))
    graph = CallGraph(Library(), [PAIR])
    root = graph.add([f])
    assert [outcome(graph, root, [PAIR] * n, []) for n in (0, 1, 8, 9)] == [None, VOID, VOID, None]


def test_functions_alike_share_their_nodes(plain, graph):
    assert graph.add(plain.functions["sin"]) == graph.add(plain.functions["cos"])
