"""The types of names, of parts of values, and of what an index picks out."""

from __future__ import annotations

from asygrammar.casts import UNKNOWN
from asygrammar.diagnostics import Span
from asygrammar.scope import Scope, array_of
from asygrammar.syntax import Node, Word
from asygrammar.typecheck.advice import (
    advise_on_field,
    advise_on_name,
    advise_on_place,
    advise_on_type,
)
from asygrammar.typecheck.constants import CONSTANTS
from asygrammar.typecheck.context import Context, Types, names, nodes, rule, tell, text_of
from asygrammar.typecheck.faults import (
    NoSuchField,
    NotAList,
    ReadOnly,
    UndeclaredName,
    UndeclaredType,
)
from asygrammar.types import INT, PAIR, TRANSFORM, TRIPLE, Array, Named, Type

# Parts that cannot be assigned to, of these types and of arrays.
_FIXED = (PAIR, TRIPLE, TRANSFORM)
_FIXED_OF_ARRAYS = frozenset({"length", "keys"})

#: Stands, where a type is written, for the type of the value that is given.
INFERRED = Named("var")


@rule("name")
def _name(node: Node, context: Context) -> Types:
    first, *fields = names(node)
    found = context.scope.lookup(first.text)
    if not fields:
        if found:
            return found
        return report_undeclared(first, context)
    owner = _qualifier(first, fields[0], found, context)
    for number, field in enumerate(fields, 1):
        if owner is None:
            return ()
        found = field_types(owner, field, context)
        if number < len(fields):
            owner = context.value(found) or _inner_type(owner, field.text, context.scope)
            if owner is None and found:
                return context.report(
                    NoSuchField(fields[number].span, fields[number].text, "function")
                )
    return found


@rule("member")
def _member(node: Node, context: Context) -> Types:
    (inner,), (field,) = nodes(node), names(node)
    found = context.types_of(inner)
    if not found or UNKNOWN in found:
        return ()
    owner = context.value(found)
    if owner is None:
        return context.report(NoSuchField(field.span, field.text, tell(found)))
    return field_types(owner, field, context)


@rule("index")
def _index(node: Node, context: Context) -> Types:
    inner, index = nodes(node)
    found = context.types_of(inner)
    if index.kind == "slice":
        for bound in nodes(index):
            context.deliver(bound, INT)
        places: Types = ()
    else:
        places = context.types_of(index)
        each = any(isinstance(one, Array) for one in places)
        context.take(index, places, Array(INT) if each else INT)
    if not found or UNKNOWN in found:
        return ()
    owner = context.value(found)
    if not isinstance(owner, Array):
        return context.report(NotAList(inner.span, text_of(inner)))
    if index.kind == "slice" or any(isinstance(one, Array) for one in places):
        return (owner,)
    return (owner.element,)


def field_types(owner: Type, field: Word, context: Context) -> Types:
    """Return the types of a part of a value, and report one that is surely not there."""
    if owner == UNKNOWN:
        return ()
    fields = context.scope.fields_of(owner)
    if fields is None:
        return ()
    found = fields.get(field.text, ())
    if not found and is_told_in_full(owner, context.scope):
        advice, fix = advise_on_field(field.text, field.span, fields)
        return context.report(NoSuchField(field.span, field.text, tell([owner]), advice, fix=fix))
    return found


def is_told_in_full(owner: Type, scope: Scope) -> bool:
    """Tell whether all fields of a type are known: it is built in, or the program's own."""
    if isinstance(owner, Named) and not scope.casts.is_primitive(owner):
        return any(
            owner in around.records or (around.block and around.block.record == owner)
            for around in scope.outward()
        )
    return True


def report_undeclared(word: Word, context: Context) -> Types:
    """Report a name that stands for no value."""
    advice, fix = advise_on_name(word.text, word.span, context.scope)
    if place := advise_on_place(word.text, word.span, context.program):
        advice, fix = place, None
    return context.report(UndeclaredName(word.span, word.text, advice, fix=fix))


def read_type(node: Node, context: Context) -> Type:
    """Return the type that is written in the program; ``UNKNOWN`` where there is none such.

    Args:
        node: A ``type``, or a node that begins with the name of a type and goes on with
            dimensions.
        context: Where it stands.
    """
    depth = 0
    declared: Type = UNKNOWN
    for child in node.children:
        if isinstance(child, Node) and child.kind == "dimensions":
            depth += count_dimensions(child)
        elif isinstance(child, Node) and child.kind == "name":
            declared = named_type(names(child), context)
        elif isinstance(child, Word) and child.kind == "TYPE":
            declared = Named(child.text)
    return make_array(declared, depth, context)


def make_array(element: Type, depth: int, context: Context) -> Type:
    """Return an array type that the program writes; its functions are declared along with it."""
    for _ in range(depth):
        element = array_of(element, 1) if element != UNKNOWN else UNKNOWN
        if isinstance(element, Array):
            context.scope = context.scope.declare_array(element)
    return element


def named_type(words: list[Word], context: Context) -> Type:
    """Return the type that a name stands for, and report one that stands for none."""
    first, *inner = words
    found = context.scope.lookup_type(first.text)
    if not inner:
        if found in (None, UNKNOWN) and first.text == INFERRED.name:
            return INFERRED
        if found is None:
            advice, fix = advise_on_type(first.text, first.span, context.scope)
            context.report(UndeclaredType(first.span, first.text, advice, fix=fix))
        return found or UNKNOWN
    owner = context.value(context.scope.lookup(first.text)) or found
    for word in inner:
        if owner is None or owner == UNKNOWN:
            break
        owner = _inner_type(owner, word.text, context.scope) or UNKNOWN
    if owner is None:
        context.report(UndeclaredType(_span(words), ".".join(word.text for word in words)))
    return owner or UNKNOWN


def count_dimensions(node: Node) -> int:
    """Return the number of ``[]`` in a node."""
    return sum(isinstance(child, Word) and child.text == "[" for child in node.children)


def _qualifier(first: Word, field: Word, found: Types, context: Context) -> Type | None:
    """Return the type of what stands before a dot: a value, or a type itself."""
    owner = context.value(found) or context.scope.lookup_type(first.text)
    if owner is None and found:
        context.report(NoSuchField(field.span, field.text, tell(found)))
    elif owner is None:
        report_undeclared(first, context)
    return owner


def _inner_type(owner: Type, name: str, scope: Scope) -> Type | None:
    """Return a type that a module has; what a structure has is not told."""
    if isinstance(owner, Named) and owner.name.startswith("module "):
        for around in scope.outward():
            module = around.module
            if module and module.type == owner and name in module.library.types:
                return Named(name)
    return None


def _span(words: list[Word]) -> Span:
    first, last = words[0].span, words[-1].span
    return Span(first.line, first.column, last.end_line, last.end_column)


def check_place(place: Node, context: Context) -> None:
    """Report a place that cannot be assigned to."""
    if place.kind == "name" and len(names(place)) > 1:
        *owner, field = names(place)
        inner = Node("name", tuple(owner))
    elif place.kind == "member":
        inner, field = nodes(place)[0], names(place)[0]
    elif place.kind == "name" and names(place)[0].text in CONSTANTS:
        (word,) = names(place)
        if context.scope.binding(word.text) is None:
            context.report(ReadOnly(word.span, word.text, "declare a variable of your own"))
        return
    else:
        return
    quiet = Context(context.scope)
    found = quiet.value(quiet.types_of(inner))
    if found in _FIXED:
        context.report(ReadOnly(field.span, text_of(place), _as_a_whole(found)))
    elif isinstance(found, Array) and field.text in _FIXED_OF_ARRAYS:
        context.report(ReadOnly(field.span, text_of(place)))


def _as_a_whole(owner: Type | None) -> str:
    return f"assign a whole {owner}" if owner else ""
