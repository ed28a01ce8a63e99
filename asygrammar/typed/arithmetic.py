"""The rules of powers, signs, products and sums: the steps ``e`` to ``v`` of the ladder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from asygrammar.typed.rules import Alternative, Rules, quoted
from asygrammar.typed.values import Values
from asygrammar.types import BOOL, INT, REAL, STRING, Type

if TYPE_CHECKING:
    from asygrammar.typed.expressions import Expressions

Types = frozenset[Type]

TIGHT, ADD = ("*", "/", "%", "#"), ("+", "-")
_NUMBERS = frozenset({INT, REAL})
_NUMERALS: dict[Types, str] = {
    _NUMBERS: "number",
    frozenset({INT}): "INT",
    frozenset({REAL}): "NUM",
}


class Arithmetic:
    """Adds the rules of arithmetic to a grammar."""

    def __init__(self, rules: Rules, expressions: Expressions, values: Values) -> None:
        self._rules, self._expressions, self._values = rules, expressions, values

    def power(self, wanted: Types) -> Iterator[Alternative]:
        """Yield powers and scaled numbers."""
        yield (self._expressions.level("p", wanted),)
        for left, right in self._expressions.operators.pairs("^", wanted):
            yield (
                self._expressions.level("p", left),
                '("^"|"**")',
                self._expressions.level("p", right),
            )
        for left, right in self._expressions.operators.pairs("*", wanted):
            if terminal := _NUMERALS.get(left & _NUMBERS):
                powers = self._expressions.operators.pairs("^", right) if right <= _NUMBERS else []
                for base, exponent in powers:
                    raised = (quoted("^"), self._expressions.level("p", exponent))
                    yield (terminal, self._expressions.level("b", base), *raised)
                    yield from (
                        (terminal, *group, *raised) for group in self._values.enclosed(base)
                    )
                self._rules.add("number", ("INT",), ("NUM",))
                yield (terminal, self._expressions.level("b", right))
                yield from ((terminal, *group) for group in self._values.enclosed(right))

    def signed(self, wanted: Types) -> Iterator[Alternative]:
        """Yield values with a sign before them."""
        if operand := self._expressions.operators.single("-", wanted):
            yield ('("-"|"+")', self._expressions.level("e", operand))
        if BOOL in wanted:
            yield (quoted("!"), self._expressions.level("p", [BOOL]))

    def product(self, wanted: Types) -> Iterator[Alternative]:
        """Yield products."""
        yield (self._expressions.level("e", wanted),)
        if self._expressions.has_sign(wanted):
            yield (self._expressions.level("n", wanted),)
        yield from self._times("m", wanted)

    def unsigned_product(self, wanted: Types) -> Iterator[Alternative]:
        """Yield products that begin without a sign."""
        yield (self._expressions.level("e", wanted),)
        yield from self._times("l", wanted)

    def signed_product(self, wanted: Types) -> Iterator[Alternative]:
        """Yield products that begin with one."""
        yield (self._expressions.level("n", wanted),)
        yield from self._times("k", wanted)

    def _times(self, level: str, wanted: Types) -> Iterator[Alternative]:
        for left, operators, right in self._expressions.operators.grouped(TIGHT, wanted):
            yield (
                self._expressions.level(level, left),
                operators,
                self._expressions.level("e", right),
            )
            if self._expressions.has_sign(right):
                yield (
                    self._expressions.level(level, left),
                    operators,
                    self._expressions.level("n", right),
                )

    def sum(self, wanted: Types) -> Iterator[Alternative]:
        """Yield sums."""
        yield (self._expressions.level("m", wanted),)
        yield from self._plus("u", wanted)
        if STRING in wanted:
            yield from self._number_in_mathematics()

    def unsigned_sum(self, wanted: Types) -> Iterator[Alternative]:
        """Yield sums that begin without a sign."""
        yield (self._expressions.level("l", wanted),)
        yield from self._plus("w", wanted)
        if STRING in wanted:
            yield from self._number_in_mathematics()

    def signed_sum(self, wanted: Types) -> Iterator[Alternative]:
        """Yield sums that begin with one."""
        yield (self._expressions.level("k", wanted),)
        yield from self._plus("v", wanted)

    def _plus(self, level: str, wanted: Types) -> Iterator[Alternative]:
        for left, operators, right in self._expressions.operators.grouped(ADD, wanted):
            yield (
                self._expressions.level(level, left),
                operators,
                self._expressions.level("l", right),
            )
            if self._expressions.has_sign(right):
                yield (
                    self._expressions.level(level, left),
                    operators,
                    quoted(" "),
                    self._expressions.level("k", right),
                )

    def _number_in_mathematics(self) -> Iterator[Alternative]:
        """Yield ``"$x="+string(a)+"$"``: each part alone would not typeset, all of it does."""
        quote, dollar, plus = quoted('"'), quoted("$"), quoted("+")
        number = (plus, "number_as_text", plus)
        for part in ((), ("math",), ("math_c",)):
            for text in ((), ("tex",)):
                self._rules.add("math_begun", (quote, *text, dollar, *part, quote, *number))
                yield ("math_begun", quote, *part, dollar, *text, quote)
            self._rules.add(
                "math_begun", *([("math_begun", quote, *part, quote, *number)] * bool(part))
            )
        value = self._expressions.of(_NUMBERS)
        self._rules.add(
            "number_as_text",
            (quoted("string"), quoted("("), value, quoted(")")),
            *self._values.formatted("FORMATREALIN", "FORMATINTIN"),
        )
