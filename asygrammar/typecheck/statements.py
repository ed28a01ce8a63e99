"""Statements: what each kind asks of its parts, and the scope that it leaves behind."""

from __future__ import annotations

from dataclasses import dataclass

from asygrammar.casts import UNKNOWN
from asygrammar.diagnostics import Diagnostic
from asygrammar.scope import Block, Scope
from asygrammar.syntax import Node, Word
from asygrammar.typecheck import expressions as expressions
from asygrammar.typecheck.advice import tell_type
from asygrammar.typecheck.context import (
    Context,
    has,
    names,
    nodes,
    statement,
    text_of,
)
from asygrammar.typecheck.faults import NotAList, OutsideLoop, ReturnsNothing, ReturnsValue
from asygrammar.typecheck.names import INFERRED, make_array, read_type
from asygrammar.types import BOOL, VOID, Array, Function, Type


@dataclass(frozen=True)
class Checked:
    """What there is to say of a statement.

    Attributes:
        faults: Its faults, in source order.
        scope: What is visible after it.
        calls: The functions that its calls and operators mean, each with the name it is called by;
            an operator's is its symbol.
    """

    faults: tuple[Diagnostic, ...]
    scope: Scope
    calls: tuple[tuple[str, Function], ...] = ()


def check_statement(node: Node, scope: Scope) -> Checked:
    """Check one statement.

    Args:
        node: A statement, or one of the kinds that a ``statement`` wraps.
        scope: What is visible where it stands.
    """
    context = Context(scope, program=node)
    context.run(node)
    return Checked(tuple(sorted(context.faults, key=_place)), context.scope, tuple(context.calls))


def check_program(program: Node, scope: Scope | None = None) -> Checked:
    """Check all statements of a program.

    Args:
        program: The tree of a program.
        scope: What is visible where it begins; by default what every program has.
    """
    context = Context(scope or Scope.of_modules(), program=program)
    for child in nodes(program):
        context.run(child)
    return Checked(tuple(sorted(context.faults, key=_place)), context.scope, tuple(context.calls))


def _place(fault: Diagnostic) -> tuple[int, int]:
    return (fault.span.line, fault.span.column) if fault.span else (0, 0)


@statement("statement")
def _statement(node: Node, context: Context) -> None:
    context.run(nodes(node)[0])


@statement("empty")
def _empty(node: Node, context: Context) -> None:
    pass


@statement("block")
def _block(node: Node, context: Context) -> None:
    outside = context.scope
    context.scope = outside.enter()
    for child in nodes(node):
        context.run(child)
    context.scope = outside


@statement("expression", "assignment")
def _value(node: Node, context: Context) -> None:
    context.type_of(node)


@statement("if_only", "if_else", "if_else_open")
def _if(node: Node, context: Context) -> None:
    condition, *bodies = nodes(node)
    context.deliver(condition, BOOL)
    for body in bodies:
        context.run(body)


@statement("loop", "loop_open")
def _loop(node: Node, context: Context) -> None:
    outside = context.scope
    context.scope = outside.enter(Block("loop"))
    if has(node, "do"):
        body, condition = nodes(node)
        context.run(body)
        context.deliver(condition, BOOL)
    elif has(node, "while"):
        condition, body = nodes(node)
        context.deliver(condition, BOOL)
        context.run(body)
    else:
        _for(node, context)
    context.scope = outside


def _for(node: Node, context: Context) -> None:
    """Check a ``for``: its start, condition and update stand between semicolons."""
    parts: list[list[Node]] = [[], [], [], []]
    at = 0
    for child in node.children:
        if isinstance(child, Node):
            parts[at].append(child)
        elif child.text == ";" and at < 2:
            at += 1
        elif child.text == ")":
            at = 3
    starts, conditions, updates, bodies = parts
    for child in starts:
        context.run(child)
    for child in conditions:
        context.deliver(child, BOOL)
    for child in [*bodies, *updates]:
        context.run(child)


@statement("for_each")
def _for_each(node: Node, context: Context) -> None:
    typed, values = nodes(node)
    (name,) = names(node)
    declared = read_type(typed, context)
    if declared == INFERRED:
        found = context.type_of(values)
        if found is not None and not isinstance(found, Array):
            context.report(NotAList(values.span, text_of(values)))
        declared = _element(found)
    else:
        context.deliver(values, make_array(declared, 1, context))
    context.scope = context.scope.declare(name.text, declared, name.span)


@statement("updates")
def _updates(node: Node, context: Context) -> None:
    for child in nodes(node):
        context.type_of(child)


@statement("return")
def _return(node: Node, context: Context) -> None:
    values, function = nodes(node), context.scope.function
    result = function.result if function else VOID
    if not values:
        if result != VOID:
            context.report(ReturnsNothing(node.span, tell_type(result)))
    elif result == VOID:
        context.report(ReturnsValue(node.span))
    else:
        context.deliver(values[0], result)


@statement("break", "continue")
def _leave_loop(node: Node, context: Context) -> None:
    if not context.scope.in_loop:
        word = node.children[0]
        assert isinstance(word, Word)
        context.report(OutsideLoop(word.span, word.text))


def _element(found: Type | None) -> Type:
    return found.element if isinstance(found, Array) else UNKNOWN
