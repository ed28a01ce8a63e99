"""The types of literals, tuples, casts, conditions, assignments and of what ``new`` makes."""

from __future__ import annotations

from asygrammar.casts import NULL, UNKNOWN
from asygrammar.syntax import Node, Word
from asygrammar.typecheck.advice import advise_on_cast, tell_type
from asygrammar.typecheck.calls import number_type, operate
from asygrammar.typecheck.context import (
    Context,
    Types,
    delivery,
    names,
    nodes,
    rule,
    tell,
    text_of,
)
from asygrammar.typecheck.declarations import check_function
from asygrammar.typecheck.faults import (
    AmbiguousName,
    BranchesDiffer,
    CannotCast,
    NotAStructure,
    NotATuple,
)
from asygrammar.typecheck.names import (
    check_place,
    count_dimensions,
    make_array,
    named_type,
    read_type,
)
from asygrammar.types import (
    BOOL,
    FRAME,
    INT,
    PAIR,
    REAL,
    STRING,
    TRANSFORM,
    TRIPLE,
    VOID,
    Array,
    Named,
    Type,
)

_WORDS: dict[str, Type] = {
    "true": BOOL,
    "false": BOOL,
    "null": NULL,
    "cycle": Named("cycleToken"),
    "newframe": FRAME,
}
# By the number of values in parentheses.
_TUPLES = {2: PAIR, 3: TRIPLE, 6: TRANSFORM}


@rule("group", "expression")
def _inner(node: Node, context: Context) -> Types:
    return context.types_of(nodes(node)[0])


@rule("literal")
def _literal(node: Node, context: Context) -> Types:
    first = node.children[0]
    if isinstance(first, Node):
        return (STRING,)
    return number_type(first) if first.kind == "NUMBER" else (_WORDS[first.text],)


@rule("operator")
def _operator(node: Node, context: Context) -> Types:
    symbol = node.children[-1]
    assert isinstance(symbol, Word)
    return context.scope.lookup(f"operator {symbol.text}")


@rule("tuple")
def _tuple(node: Node, context: Context) -> Types:
    parts = nodes(node)
    for part in parts:
        context.deliver(part, REAL)
    if len(parts) not in _TUPLES:
        return context.report(NotATuple(node.span, len(parts)))
    return (_TUPLES[len(parts)],)


@rule("cast")
def _cast(node: Node, context: Context) -> Types:
    *_, value = nodes(node)
    wanted = _written_type(node, value, context)
    found, casts = context.types_of(value), context.scope.casts
    if wanted == UNKNOWN or not found or UNKNOWN in found:
        return (wanted,)
    able = [one for one in found if casts.is_cast_explicitly(one, wanted)]
    if not able:
        advice = advise_on_cast(found, wanted)
        context.report(CannotCast(value.span, tell(found), tell_type(wanted), advice))
    return (wanted,)


@rule("conditional")
def _conditional(node: Node, context: Context) -> Types:
    test, *branches = nodes(node)
    found = context.types_of(test)
    each = any(isinstance(one, Array) for one in found)
    context.take(test, found, Array(BOOL) if each else BOOL)
    one, other = (context.types_of(branch) for branch in branches)
    if not one or not other or UNKNOWN in (*one, *other):
        return ()
    common = _common_types(one, other, context)
    if not common:
        return context.report(BranchesDiffer(node.span, tell(one), tell(other)))
    return common


@rule("assignment")
def _assignment(node: Node, context: Context) -> Types:
    place, value = nodes(node)
    symbol = next(child for child in node.children if isinstance(child, Word))
    found = context.types_of(place)
    check_place(place, context)
    if symbol.text == "=" and value.kind in ("conditional", "group") and len(found) == 1:
        context.deliver(value, found[0])
        return found
    given = context.types_of(value)
    if symbol.text != "=":
        given = operate(symbol.text.removesuffix("="), symbol.span, [found, given], context)
    if not found or not given or UNKNOWN in (*found, *given):
        return ()
    targets = tuple(one for one in found if context.takes(given, one))
    if not targets:
        advice = advise_on_cast(given, found[0])
        return context.report(CannotCast(value.span, tell(given), tell(found[:1]), advice))
    if len(targets) > 1:
        return context.report(AmbiguousName(place.span, text_of(place)))
    return targets


@delivery("assignment")
def _deliver_assignment(node: Node, wanted: Type, context: Context) -> None:
    context.take(node, _assignment(node, context), wanted)


@rule("new_record")
def _new_record(node: Node, context: Context) -> Types:
    made = read_type(node, context)
    if context.scope.casts.is_primitive(made) or isinstance(
        context.scope.casts.canonical(made), Array
    ):
        return context.report(NotAStructure(node.span, tell_type(made)))
    return (made,)


@rule("new_array")
def _new_array(node: Node, context: Context) -> Types:
    element: Type = UNKNOWN
    depth, values = 0, []
    for child in nodes(node):
        if child.kind == "dimensions":
            depth += count_dimensions(child)
        elif child.kind == "array":
            values.append(child)
        elif child.kind == "name" and element == UNKNOWN and node.children[1] is child:
            element = named_type(names(child), context)
        else:
            context.deliver(child, INT)
            depth += 1
    if isinstance(node.children[1], Word):
        element = Named(node.children[1].text)
    if element == VOID:
        return context.report(NotAStructure(node.span, tell_type(element)))
    made = make_array(element, depth, context)
    for child in values:
        context.deliver(child, made)
    return (made,)


@rule("new_function")
def _new_function(node: Node, context: Context) -> Types:
    return (check_function("new function", node, context, declares=False),)


def _written_type(node: Node, value: Node, context: Context) -> Type:
    """Return the type in the parentheses of a cast."""
    head = tuple(child for child in node.children if child is not value)
    return read_type(Node(node.kind, head), context)


def _common_types(one: Types, other: Types, context: Context) -> Types:
    """Return the types that the branches of a condition have in common."""
    casts, common = context.scope.casts, []
    for left in one:
        for right in other:
            if casts.is_same(left, right):
                common.append(left)
                continue
            if casts.is_cast(right, left):
                common.append(left)
            if casts.is_cast(left, right):
                common.append(right)
    return tuple(dict.fromkeys(common))
