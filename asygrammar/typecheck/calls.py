"""The types of calls and operators: which function is meant, and what it returns."""

from __future__ import annotations

from collections.abc import Sequence

from asygrammar.casts import NULL, UNKNOWN
from asygrammar.diagnostics import Span
from asygrammar.resolution import Argument, Outcome, resolve
from asygrammar.syntax import Node, Word
from asygrammar.typecheck.advice import (
    advise_on_arguments,
    advise_on_function,
    tell_prototype,
)
from asygrammar.typecheck.context import (
    Context,
    Types,
    has,
    names,
    nodes,
    rule,
    tell,
    text_of,
)
from asygrammar.typecheck.faults import (
    AmbiguousCall,
    NoMatchingFunction,
    NotCallable,
    UndeclaredFunction,
)
from asygrammar.typecheck.names import check_place
from asygrammar.types import BOOL, INT, PAIR, REAL, TRIPLE, Function, Named

_LOGIC = ("&&", "||")
_EQUALITY = ("==", "!=")
_GUIDE, _CURL, _TENSION = Named("guide"), Named("curlSpecifier"), Named("tensionSpecifier")
# In space a path is a function to Asymptote, and this is its name.
_GUIDE3 = Named("guide3")


@rule("call")
def _call(node: Node, context: Context) -> Types:
    callee, given = node.children[0], arguments_of(node, context)
    name = _name_of(callee)
    if isinstance(callee, Word) or (callee.kind == "name" and len(names(callee)) == 1):
        found = context.scope.lookup(name)
        if not found:
            span = callee.span
            advice, fix = advise_on_function(name, span, given, context.scope)
            return context.report(UndeclaredFunction(span, name, advice, fix=fix))
    else:
        found = context.types_of(callee)
    if not found:
        return ()
    functions = context.functions(found)
    if not functions:
        if UNKNOWN in found:
            return ()
        return context.report(NotCallable(callee.span, name))
    return apply(name, callee.span, functions, given, context, sure=UNKNOWN not in found)


def arguments_of(call: Node, context: Context) -> list[Argument]:
    """Return the arguments of a call with their types."""
    given = []
    for group in nodes(call):
        if group.kind == "arguments":
            given += [_argument(child, context) for child in nodes(group)]
    return given


def _argument(node: Node, context: Context) -> Argument:
    if node.kind == "rest_argument":
        inner = _argument(nodes(node)[0], context)
        return Argument(inner.types, inner.name, True)
    if node.kind == "named":
        return Argument(context.types_of(nodes(node)[0]), names(node)[0].text)
    return Argument(context.types_of(node))


def apply(
    name: str,
    span: Span,
    functions: Sequence[Function],
    given: Sequence[Argument],
    context: Context,
    *,
    sure: bool = True,
) -> Types:
    """Return what a call returns, and report one that no function or more than one takes.

    Args:
        name: What is called; of an operator its whole name, as ``operator +``.
        span: Where it stands.
        functions: What may be meant.
        given: The arguments; of one without types nothing is known, and then of the call, too.
        context: Where the call stands.
        sure: Whether these are all functions of the name.
    """
    if any(not argument.types or UNKNOWN in argument.types for argument in given):
        return _common_result(functions)
    found = resolve(functions, given, context.scope.casts)
    if found.function is not None:
        context.calls.append((name, found.function))
        return (found.function.result,)
    if not sure:
        return ()
    name = name.removeprefix("operator ")
    if found.outcome is Outcome.AMBIGUOUS:
        meant = " or ".join(f"`{tell_prototype(f, name)}`" for f in found.functions[:2])
        return context.report(AmbiguousCall(span, name, tell_arguments(given), meant))
    advice = advise_on_arguments(name, functions, given, context.scope.casts)
    return context.report(NoMatchingFunction(span, name, tell_arguments(given), advice))


def tell_arguments(given: Sequence[Argument]) -> str:
    """Return the types of arguments as a message tells them, in parentheses."""
    told = []
    for argument in given:
        start = "... " * argument.rest + f"{argument.name}=" * bool(argument.name)
        told.append(start + tell(argument.types))
    return f"({', '.join(told)})"


def operate(symbol: str, span: Span, operands: Sequence[Types], context: Context) -> Types:
    """Return the type of an operator's value."""
    name = f"operator {symbol}"
    functions = context.functions(context.scope.lookup(name))
    if not functions:
        return ()
    return apply(name, span, functions, [Argument(types) for types in operands], context)


@rule("binary")
def _binary(node: Node, context: Context) -> Types:
    left, right = nodes(node)
    symbol = _symbol(node)
    if symbol.text in _LOGIC:
        context.deliver(left, BOOL)
        context.deliver(right, BOOL)
        return (BOOL,)
    one, other = context.types_of(left), context.types_of(right)
    if symbol.text in _EQUALITY and _are_functions(one, other, context):
        return (BOOL,)
    return operate(symbol.text, symbol.span, [one, other], context)


@rule("prefix")
def _prefix(node: Node, context: Context) -> Types:
    symbol = _symbol(node)
    return operate(symbol.text, symbol.span, [context.types_of(nodes(node)[0])], context)


@rule("scaled")
def _scaled(node: Node, context: Context) -> Types:
    number, inner = node.children[0], nodes(node)[0]
    assert isinstance(number, Word)
    return operate("*", number.span, [number_type(number), context.types_of(inner)], context)


@rule("increment")
def _increment(node: Node, context: Context) -> Types:
    symbol, place = _symbol(node), nodes(node)[0]
    found = context.types_of(place)
    check_place(place, context)
    value = operate(symbol.text[0], symbol.span, [found, (INT,)], context)
    target = context.value(found)
    if target is not None:
        context.take(node, value, target)
    return (target,) if target else ()


@rule("directed")
def _directed(node: Node, context: Context) -> Types:
    point, direction = nodes(node)
    symbol = next(node.words())
    operands = [context.types_of(point), _direction(direction, context)]
    return operate("..", symbol.span, operands, context)


@rule("join")
def _join(node: Node, context: Context) -> Types:
    first, *between, last = nodes(node)
    symbol = _symbol(node)
    operands = [context.types_of(first)]
    operands += [_SPECIFIERS[part.kind](part, context) for part in between]
    operands.append(context.types_of(last))
    return operate(symbol.text, symbol.span, operands, context)


def _direction(node: Node, context: Context) -> Types:
    parts = nodes(node)
    if has(node, "curl"):
        context.deliver(parts[0], REAL)
        return (_CURL,)
    if len(parts) > 1:
        for part in parts:
            context.deliver(part, REAL)
        return (_GUIDE if len(parts) == 2 else _GUIDE3,)
    return _point(parts[0], context)


def _point(node: Node, context: Context) -> Types:
    """Return the kind of path that a direction or a control point belongs to."""
    found = context.types_of(node)
    if not found or UNKNOWN in found:
        return ()
    if context.scope.lookup_type(_GUIDE3.name) and context.takes(found, TRIPLE):
        return (_GUIDE3,)
    context.take(node, found, PAIR)
    return (_GUIDE,)


def _tension(node: Node, context: Context) -> Types:
    for part in nodes(node):
        context.deliver(part, REAL)
    return (_TENSION,)


def _controls(node: Node, context: Context) -> Types:
    found = [_point(part, context) for part in nodes(node)]
    return found[0]


_SPECIFIERS = {"direction": _direction, "tension": _tension, "controls": _controls}


def number_type(word: Word) -> Types:
    """Return the type of a number as it is written."""
    return (INT if word.text.isdigit() else REAL,)


def _symbol(node: Node) -> Word:
    return next(child for child in node.children if isinstance(child, Word))


def _name_of(callee: Node | Word) -> str:
    if isinstance(callee, Word):
        return callee.text
    if callee.kind == "operator":
        return " ".join(word.text for word in callee.words())
    return text_of(callee)


def _common_result(functions: Sequence[Function]) -> Types:
    """Return the type that all of some functions return, if it is one."""
    results = {function.result for function in functions}
    return tuple(results) if len(results) == 1 else ()


def _are_functions(one: Types, other: Types, context: Context) -> bool:
    """Tell whether two functions are compared, or one with ``null``: that needs no operator."""
    casts = context.scope.casts
    types = [casts.canonical(f) for f in context.functions(one)]
    others = [casts.canonical(f) for f in context.functions(other)]
    if other == (NULL,):
        return len(types) == 1
    if one == (NULL,):
        return len(others) == 1
    return len([t for t in types if t in others]) == 1
