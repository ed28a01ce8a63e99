"""Formulas of a template: conditions and derived values, computed without running any code.

A formula is written as in Python (``a <= 3*b and a != b``). Its syntax tree may hold only the
nodes and functions listed here, so a template that anyone sends in can do arithmetic and nothing
else. What this module does not know: templates, slots and their types.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

Value = bool | int | float | str | tuple[Any, ...]

_BINARY: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_UNARY: dict[type[ast.AST], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
}
_COMPARE: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda item, items: item in items,
    ast.NotIn: lambda item, items: item not in items,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "ceil": math.ceil,
    "distinct": lambda items: len(set(items)) == len(items),
    "floor": math.floor,
    "gcd": math.gcd,
    "increasing": lambda items: all(x < y for x, y in pairwise(items)),
    "len": len,
    "max": max,
    "min": min,
    "round": round,
    "sqrt": math.sqrt,
    "sum": sum,
}


@dataclass(frozen=True)
class Formula:
    """One checked formula.

    Attributes:
        text: The formula as written.
    """

    text: str

    def __post_init__(self) -> None:
        _check(self._tree)

    @cached_property
    def _tree(self) -> ast.expr:
        try:
            return ast.parse(self.text.strip(), mode="eval").body
        except SyntaxError as error:
            raise ValueError(f"the formula {self.text!r} does not read: {error.msg}") from None

    @cached_property
    def names(self) -> frozenset[str]:
        """The slots, flags and derived values that the formula uses."""
        calls = {id(node.func) for node in ast.walk(self._tree) if isinstance(node, ast.Call)}
        return frozenset(
            node.id
            for node in ast.walk(self._tree)
            if isinstance(node, ast.Name) and id(node) not in calls
        )

    def value(self, names: Mapping[str, Value]) -> Any:
        """Compute the formula.

        Args:
            names: The value of every name in ``names``.

        Raises:
            ValueError: The arithmetic has no answer (a division by zero, a number and a word).
        """
        try:
            return _value(self._tree, names)
        except (ArithmeticError, TypeError, LookupError, ValueError) as error:
            raise ValueError(f"the formula {self.text!r} has no value: {error}") from None


def _check(tree: ast.expr) -> None:
    """Refuse every node that is not plain arithmetic."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            known = isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS
            if not known or node.keywords:
                raise ValueError(
                    f"formulas call only {', '.join(sorted(FUNCTIONS))}, not {ast.unparse(node)!r}"
                )
        elif isinstance(node, ast.Constant):
            if not isinstance(node.value, bool | int | float | str):
                raise ValueError(f"a formula holds numbers and words, not {node.value!r}")
        elif not isinstance(node, _ALLOWED):
            raise ValueError(f"formulas do arithmetic and comparisons, not {ast.unparse(node)!r}")


_ALLOWED = (
    *_BINARY,
    *_UNARY,
    *_COMPARE,
    ast.BinOp,
    ast.UnaryOp,
    ast.Compare,
    ast.BoolOp,
    ast.And,
    ast.Or,
    ast.IfExp,
    ast.Subscript,
    ast.Name,
    ast.Load,
)


def _value(node: ast.expr, names: Mapping[str, Value]) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return names[name]
        case ast.BinOp(left=left, op=op, right=right):
            return _BINARY[type(op)](_value(left, names), _value(right, names))
        case ast.UnaryOp(op=op, operand=operand):
            return _UNARY[type(op)](_value(operand, names))
        case ast.BoolOp(op=op, values=values):
            test = all if isinstance(op, ast.And) else any
            return test(bool(_value(value, names)) for value in values)
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            parts = [_value(part, names) for part in (left, *comparators)]
            return all(
                _COMPARE[type(op)](x, y) for op, (x, y) in zip(ops, pairwise(parts), strict=True)
            )
        case ast.IfExp(test=test_node, body=body, orelse=orelse):
            return _value(body if _value(test_node, names) else orelse, names)
        case ast.Subscript(value=items, slice=index):
            return _value(items, names)[_value(index, names)]
        case ast.Call(func=ast.Name(id=name), args=args):
            return FUNCTIONS[name](*(_value(arg, names) for arg in args))
    raise ValueError(f"not a formula: {ast.unparse(node)!r}")  # pragma: no cover
