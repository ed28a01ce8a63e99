"""Which types an operator takes for a result, in few pairs of sets of types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product

from asygrammar.typed.calls import CallGraph
from asygrammar.typed.rules import quoted
from asygrammar.types import Function, Library, Named, Type

Types = frozenset[Type]

COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
# What is compared in any condition; what else can be needs parentheses, and a place of its own.
_COMPARED = frozenset(Named(name) for name in ("int", "real", "pair", "string"))


class Operators:
    """The operands of all operators, read off the call graph.

    Args:
        graph: Has them as functions of one or two arguments.
        roots: For each operator (``operator +``) its root in the graph.
        library: Where structures are declared.
    """

    def __init__(self, graph: CallGraph, roots: Mapping[str, int], library: Library) -> None:
        self._graph, self._roots = graph, roots
        self._implied = frozenset(_compared_by_themselves(library))
        self._rectangles: dict[tuple[str, Types], list[tuple[Types, Types]]] = {}

    def grouped(
        self, operators: Iterable[str], wanted: Types, *, spaced: bool = False
    ) -> Iterator[tuple[Types, str, Types]]:
        """Yield the operands that lead to some types, with the operators that may join them."""
        groups: dict[tuple[Types, Types], list[str]] = {}
        for operator in operators:
            for left, right in self.pairs(operator, wanted):
                if spaced:
                    left, right = left & _COMPARED, right & _COMPARED
                if left and right:
                    groups.setdefault((left, right), []).append(operator)
        for (left, right), found in groups.items():
            literals = [quoted(f" {one} " if spaced else one) for one in found]
            yield left, "(" + "|".join(literals) + ")", right

    def uncommon(self, wanted: Types) -> Iterator[tuple[Types, str, Types]]:
        """Yield the operands of comparisons, ``&`` and ``|`` that no figure needs to compare."""
        groups: dict[tuple[Types, Types], list[str]] = {}
        for operator in (*COMPARISONS, "&", "|"):
            for left, right in self.pairs(operator, wanted):
                for pair in _apart(left, right):
                    groups.setdefault(pair, []).append(operator)
        for (left, right), found in groups.items():
            yield left, "(" + "|".join(quoted(f" {one} ") for one in found) + ")", right

    def pairs(self, operator: str, results: Types) -> list[tuple[Types, Types]]:
        """Return the operands that lead to some types, as few pairs of sets of types."""
        key = (operator, results)
        if key not in self._rectangles:
            right_of: dict[Type, set[Type]] = {}
            for left, right in self._operands(operator, results, 2):
                for one, other in product(left, right):
                    if not self._is_ambiguous(operator, one, other):
                        right_of.setdefault(one, set()).add(other)
            lefts: dict[Types, set[Type]] = {}
            for one, others in right_of.items():
                lefts.setdefault(frozenset(others), set()).add(one)
            self._rectangles[key] = [(frozenset(left), right) for right, left in lefts.items()]
        return self._rectangles[key]

    def _is_ambiguous(self, operator: str, one: Type, other: Type) -> bool:
        """Tell whether asy's own comparison of structures is a rival: one side fits each."""
        mixed = one != other and not self._implied.isdisjoint((one, other))
        return mixed and operator in ("==", "!=")

    def single(self, operator: str, results: Types) -> Types:
        """Return the types of the one operand that lead to some types."""
        return frozenset().union(*(types for (types,) in self._operands(operator, results, 1)))

    def _operands(self, operator: str, results: Types, count: int) -> Iterator[tuple[Types, ...]]:
        root = self._roots.get(f"operator {operator}")
        if root is not None and not results.isdisjoint(self._graph.results(root)):
            yield from self._paths(self._graph.restricted(root, results), count)

    def _paths(self, number: int, count: int) -> Iterator[tuple[Types, ...]]:
        node = self._graph.nodes[number]
        if count == 0:
            if node.result is not None:
                yield ()
            return
        for edge in node.edges:
            for rest in self._paths(edge.target, count - 1):
                yield (edge.types, *rest)


def _compared_by_themselves(library: Library) -> Iterator[Type]:
    """Yield the structures that asy compares by a function of its own, in no listing."""
    compared = {
        parameter.type
        for function in library.functions.get("operator ==", ())
        for parameter in function.parameters
    }
    for name in library.fields:
        if Named(name) not in compared:
            yield Named(name)


def _apart(left: Types, right: Types) -> Iterator[tuple[Types, Types]]:
    """Yield the operands that are not both of the types that any condition compares."""
    left, right = (
        frozenset(t for t in side if not isinstance(t, Function)) for side in (left, right)
    )
    if left - _COMPARED and right:
        yield left - _COMPARED, right
    if left & _COMPARED and right - _COMPARED:
        yield left & _COMPARED, right - _COMPARED


def _no_functions(types: Types) -> Types:
    return frozenset(t for t in types if not isinstance(t, Function))
