"""The functions that come with every array type that a program writes."""

from __future__ import annotations

from asygrammar.types import BOOL, INT, Array, Function, Parameter


def array_functions(type: Array) -> dict[str, Function]:
    """Return the functions that Asymptote declares along with an array type, by their names.

    Source: ``builtin.cc`` of Asymptote 2.85, ``addArrayOps``.
    """
    element, depth = type.element, 1
    inner = element
    while isinstance(inner, Array):
        inner, depth = inner.element, depth + 1
    order = Function(BOOL, (Parameter(element), Parameter(element)))
    default = Parameter(INT, "depth", has_default=True)
    declared = {
        "alias": Function(BOOL, (Parameter(type, "a"), Parameter(type, "b"))),
        "array": Function(type, (Parameter(INT, "n"), Parameter(element, "value"), default)),
        "copy": Function(type, (Parameter(type, "a"), default)),
        "map": Function(
            type, (Parameter(Function(element, (Parameter(element),)), "f"), Parameter(type, "a"))
        ),
        "sequence": Function(
            type, (Parameter(Function(element, (Parameter(INT),)), "f"), Parameter(INT, "n"))
        ),
        "sort": Function(
            type,
            (
                Parameter(type, "a"),
                Parameter(order, "less"),
                Parameter(BOOL, "stable", has_default=True),
            ),
        ),
    }
    if depth == 1:
        declared["concat"] = Function(type, (Parameter(Array(type), rest=True),))
        declared["search"] = Function(
            INT, (Parameter(type, "a"), Parameter(element, "key"), Parameter(order, "less"))
        )
    elif depth == 2:
        declared["transpose"] = Function(type, (Parameter(type, "a"),))
    return declared
