"""The rules of joined paths: ``A--B..{up}C--cycle``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asygrammar.typed.rules import Rules, quoted
from asygrammar.types import GUIDE, INT, PAIR, REAL, Type

if TYPE_CHECKING:
    from asygrammar.typed.expressions import Expressions

_NUMBERS = frozenset({INT, REAL})


class Joins:
    """Adds the rules of joined paths to a grammar, left-recursive as paths are long."""

    def __init__(self, rules: Rules, expressions: Expressions) -> None:
        self._rules, self._expressions = rules, expressions

    def rule(self, wanted: Type) -> str:
        """Add the rules of joined paths, left-recursive as paths are long; return their name."""
        knots, name = self._expressions.graph.taken(wanted), f"j{wanted!s}"
        if name in self._rules.rules:
            return name
        self._rules.add(name)
        start, plain = self._expressions.level("u", knots), self._expressions.level("w", knots)
        smooth, through, cycle = f"{name}_smooth", f"{name}_to", quoted("cycle")
        self._rules.add(smooth, (quoted(" .. "),), (quoted(" :: "),), (quoted("---"),))
        self._rules.add(through, (quoted("--"), plain), (smooth, plain))
        if self._expressions.has_sign(knots):
            self._rules.add(
                through, (quoted("--"), quoted(" "), self._expressions.level("v", knots))
            )
        towards = self._direction(name) if wanted == GUIDE else ""
        for begun in (start, name):
            self._rules.add(name, (begun, through))
            self._rules.add(f"{name}_closed", (begun, quoted("--"), cycle), (begun, smooth, cycle))
            if towards:
                self._rules.add(name, (begun, towards, through))
                closings = (
                    (begun, towards, smooth, cycle),
                    (begun, smooth, cycle, towards),
                    (begun, towards, smooth, cycle, towards),
                )
                self._rules.add(f"{name}_closed", *closings)
        if towards:
            self._rules.add(through, (smooth, towards, plain))
            self._rules.add(f"{name}_closed", (name, towards))
            self._bends(smooth)
        return name

    def _direction(self, name: str) -> str:
        name = f"{name}_direction"
        self._rules.add(name, (quoted("{"), self._expressions.for_type(PAIR), quoted("}")))
        curl = (quoted("{"), quoted("curl"), quoted(" "))
        self._rules.add(name, (*curl, self._expressions.of(_NUMBERS), quoted("}")))
        return name

    def _bends(self, smooth: str) -> None:
        """Add ``.. tension 2 ..`` and ``.. controls A and B ..``."""
        number, point = (
            self._expressions.level("u", _NUMBERS),
            self._expressions.level("u", self._expressions.graph.taken(PAIR)),
        )
        dots, space = quoted(" .. "), quoted(" ")
        tension = (dots, quoted("tension"), space)
        for start, value in (
            (tension, number),
            ((*tension, quoted("atleast"), space), number),
            ((dots, quoted("controls"), space), point),
        ):
            both = (value, quoted(" and "), value)
            self._rules.add(smooth, (*start, value, dots), (*start, *both, dots))
