"""The rules of lists of arguments: a node of the call graph is a rule.

What follows a node where arguments may be named has a parameter: the bits of the names that are
used up. ``f`` rules are whole lists, ``g`` rules go on after an argument, and ``o`` rules are the
named ones at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from asygrammar.typed.call_nodes import Edge, Node, Option
from asygrammar.typed.calls import CallGraph
from asygrammar.typed.rules import Alternative, Rules, quoted
from asygrammar.types import Type


class Arguments:
    """Adds the rules of lists of arguments to a grammar, as they are asked for.

    Args:
        rules: Where to.
        graph: The arguments of all functions.
        of: Returns the rule of expressions that have one of some types.
    """

    def __init__(self, rules: Rules, graph: CallGraph, of: Callable[[Iterable[Type]], str]) -> None:
        self._rules, self._graph, self._of = rules, graph, of
        self._numbers: dict[object, int] = {}

    def whole(self, number: int) -> str:
        """Return the rule of whole lists of arguments from a node, with the ``)``."""
        return self._rules.define(f"f{number}", lambda: self._first(number))

    def _first(self, number: int) -> Iterator[Alternative]:
        """Yield the whole lists of arguments from a node, with the ``)``."""
        node = self._graph.nodes[number]
        if node.result is not None:
            yield (quoted(")"),)
        for edge in node.edges:
            after = self._after(edge.target)
            start = f"::{edge.uses:#x}" if after in self._rules.parametric else ""
            yield (self._of(edge.types), after + start)
        for option in node.options:
            tail = f"{self._tail(number)}::{1 << option.bit:#x}"
            yield (self._named(option), tail)

    def _after(self, number: int) -> str:
        """Return the rule of what follows the arguments up to a node."""
        node = self._graph.nodes[number]
        if node.options and node.result is not None and not node.edges:
            # Not a rule that stands for this one alone: llguidance fails on those.
            return self._tail(number)
        name = f"g{number}"
        if self._counts(number):
            self._rules.parametric.add(name)
        return self._rules.define(name, lambda: self._further(number))

    def _further(self, number: int) -> Iterator[Alternative]:
        node = self._graph.nodes[number]
        if node.options:
            yield (f"{self._tail(number)}::_",)
            if node.mixed:
                return
        elif node.result is not None:
            yield (quoted(")"),)
        for edge in node.edges:
            after = self._after(edge.target)
            change = f"::{_update(edge.uses)}" if after in self._rules.parametric else ""
            yield (quoted(", "), self._of(edge.types), after + change, *_unless_used(node, edge))

    def _tail(self, number: int) -> str:
        """Return the rule of the named arguments that may follow at a node, with the ``)``."""
        node = self._graph.nodes[number]
        options, edges = node.options, node.edges if node.mixed else ()
        name = f"o{self._numbers.setdefault((options, edges, node.result), len(self._numbers))}"
        self._rules.parametric.add(name)

        def alternatives() -> Iterator[Alternative]:
            if node.result is not None:
                yield (quoted(")"),)
            for edge in edges:
                after = self._after(edge.target)
                change = f"::{_update(edge.uses)}" if after in self._rules.parametric else ""
                argument = (quoted(", "), self._of(edge.types), after + change)
                yield (*argument, *_unless_used(node, edge))
            for option in options:
                rest = (f"{name}::set_bit({option.bit})", f"%if bit_clear({option.bit})")
                yield (quoted(", "), self._named(option), *rest)

        return self._rules.define(name, alternatives)

    def _named(self, option: Option) -> str:
        """Return the rule of an argument with its name, which many functions share."""
        value = self._of(option.types)
        rule = f"a{self._numbers.setdefault((option.name, value), len(self._numbers))}"
        alternative = (quoted(f"{option.name}="), value)
        return self._rules.define(rule, lambda: [alternative])

    def _counts(self, number: int) -> bool:
        """Tell whether named arguments may follow somewhere after a node."""
        node = self._graph.nodes[number]
        return bool(node.options) or any(self._counts(edge.target) for edge in node.edges)


def _unless_used(node: Node, edge: Edge) -> tuple[str, ...]:
    """Return the condition that no name has taken the place of a positional argument."""
    if not node.mixed or not edge.uses or edge.uses & (edge.uses - 1):
        return ()
    return (f"%if bit_clear({edge.uses.bit_length() - 1})",)


def _update(uses: int) -> str:
    """Return the parameter that has some more bits set."""
    if uses == 0:
        return "_"
    if uses & (uses - 1) == 0:
        return f"set_bit({uses.bit_length() - 1})"
    return f"bit_or({uses:#x})"
