"""The rules of values that no operator is part of: names, calls, members, literals, tuples, casts.

They are the steps ``q``, ``b`` and ``p`` of the ladder of `expressions`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from asygrammar.typed.meaning import FORMATS, MATH, PATTERNS
from asygrammar.typed.rules import Alternative, Rules, quoted
from asygrammar.types import BOOL, INT, PAIR, REAL, STRING, TRIPLE, Array, Function, Named, Type

if TYPE_CHECKING:
    from asygrammar.typed.expressions import Expressions

Types = frozenset[Type]

# What can be written with a cast in front, and what has members worth writing.
_CAST_TARGETS = (INT, REAL, STRING, PAIR, Named("path"))
_WITH_MEMBERS = (PAIR, TRIPLE, Named("triangle"))
# Of these, an element is picked from what a function returns: intersectionpoints(a, b)[0].
_PICKED = (PAIR, Array(REAL))
_LITERALS: dict[Type, tuple[str, ...]] = {
    INT: ("INT",),
    REAL: ("NUM",),
    STRING: ("label",),
    BOOL: (quoted("true"), quoted("false")),
    Named("interpolate"): ("joiner",),
}


class Values:
    """Adds the rules of values to a grammar."""

    def __init__(self, rules: Rules, expressions: Expressions) -> None:
        self._rules, self._expressions = rules, expressions

    def base(self, wanted: Types) -> Iterator[Alternative]:
        """Yield what can be subscripted or have members: names, calls, elements, members."""
        if len(wanted) > 1:
            yield from ((self._expressions.level("b", [one]),) for one in sorted(wanted, key=str))
            return
        for meaning, terminal in self._expressions.names.items():
            if meaning.value in wanted:
                yield (terminal,)
            if meaning.call is not None and not wanted.isdisjoint(
                self._expressions.graph.results(meaning.call)
            ):
                yield self._expressions.call(terminal, meaning.call, wanted)
        (one,) = wanted
        if Array(one) in self._expressions.graph.known:
            base = "b" if one in _PICKED else "q"
            yield (
                self._expressions.level(base, [Array(one)]),
                quoted("["),
                self._expressions.of([INT]),
                quoted("]"),
            )
        yield from self._members(wanted)

    def variable(self, wanted: Types) -> Iterator[Alternative]:
        """Yield names of variables and elements of arrays that are."""
        for one in sorted(wanted, key=str):
            yield from (
                (t,) for meaning, t in self._expressions.names.items() if meaning.value == one
            )
            if Array(one) in self._expressions.graph.known:
                yield (
                    self._expressions.level("q", [Array(one)]),
                    quoted("["),
                    self._expressions.of([INT]),
                    quoted("]"),
                )

    def _members(self, wanted: Types) -> Iterator[Alternative]:
        fields: dict[str, set[Type]] = {}
        for owner in self._expressions.graph.known:
            if owner in _WITH_MEMBERS or is_list(owner):
                for field, types in self._expressions.library.fields_of(owner).items():
                    if any(t in wanted and not isinstance(t, Function) for t in types):
                        fields.setdefault(field, set()).add(owner)
        for field, owners in fields.items():
            yield (self._expressions.level("q", owners), quoted(f".{field}"))

    def primary(self, wanted: Types) -> Iterator[Alternative]:
        """Yield values with nothing around them: literals, tuples, casts, groups."""
        yield (self._expressions.level("b", wanted),)
        yield from self.enclosed(wanted)
        for one in wanted:
            yield from ((literal,) for literal in _LITERALS.get(one, ()))
            if one == STRING:
                yield from self.formatted("FORMATREAL", "FORMATINT")
            if one == MATH:
                yield from ((quoted('"'), body, quoted('"')) for body in ("math", "math_c"))
            if one in PATTERNS:
                terminal = f"TEXT{self._expressions.number(one)}"
                self._rules.terminals[terminal] = PATTERNS[one]
                yield (quoted('"'), terminal, quoted('"'))
            if one in _CAST_TARGETS and (sources := self._cast_to(one)):
                cast = (quoted("("), quoted(str(one)), quoted(")"), quoted(" "))
                yield (*cast, self._expressions.level("b", sources))
                yield (*cast, quoted("("), self._expressions.of(sources), quoted(")"))

    def enclosed(self, wanted: Types) -> Iterator[Alternative]:
        """Yield what stands in parentheses."""
        yield (quoted("("), self._expressions.of(wanted), quoted(")"))
        root = self._expressions.roots.get("operator tuple")
        if root is not None and not wanted.isdisjoint(self._expressions.graph.results(root)):
            yield (quoted("("), self._tuple(self._expressions.graph.restricted(root, wanted)))

    def _cast_to(self, wanted: Type) -> Types:
        tables = (self._expressions.library.casts, self._expressions.library.explicit_casts)
        return frozenset(
            t
            for t in self._expressions.graph.types
            if any(wanted in table.get(t, ()) for table in tables)
        )

    def _tuple(self, number: int) -> str:
        def alternatives() -> Iterator[Alternative]:
            node = self._expressions.graph.nodes[number]
            if node.result is not None:
                yield (quoted(")"),)
            for edge in node.edges:
                last = self._expressions.graph.nodes[edge.target].result is not None
                comma = () if last else (quoted(","),)
                yield (self._expressions.of(edge.types), *comma, self._tuple(edge.target))

        return self._rules.define(f"tuple{number}", alternatives)

    def formatted(self, real: str, integer: str) -> Iterator[Alternative]:
        """Yield calls of ``format``, which wants the kind of number that its text names."""
        self._rules.terminals |= FORMATS
        quote = quoted('"')
        for pattern, number in ((real, REAL), (integer, INT)):
            text = (quoted("format"), quoted("("), quote, pattern, quote, quoted(", "))
            yield (*text, self._expressions.of([number]), quoted(")"))


def is_list(found: Type) -> bool:
    """Tell whether a type is of arrays of what is no array itself."""
    return isinstance(found, Array) and not isinstance(found.element, Array)
