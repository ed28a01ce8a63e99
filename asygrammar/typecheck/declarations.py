"""What declares something: variables, functions, structures, type names and imports."""

from __future__ import annotations

from asygrammar.casts import UNKNOWN
from asygrammar.diagnostics import Span
from asygrammar.modules import is_module, load_module
from asygrammar.scope import Binding, Block
from asygrammar.syntax import Node, Word
from asygrammar.typecheck.advice import advise_on_field, advise_on_module, tell_type
from asygrammar.typecheck.context import (
    Context,
    has,
    names,
    nodes,
    statement,
)
from asygrammar.typecheck.faults import (
    MissingReturn,
    NoDefaultValue,
    NoSuchField,
    NoSuchModule,
    ValueNotAllowed,
)
from asygrammar.typecheck.names import INFERRED, count_dimensions, make_array, read_type
from asygrammar.types import BOOL, VOID, Function, Named, Parameter, Type

_CASTS = {"operator cast": False, "operator ecast": True}
_CONSTRUCTOR = "operator init"


@statement("declaration")
def _declaration(node: Node, context: Context) -> None:
    typed, *declarators = nodes(node)
    base = read_type(typed, context)
    for declarator in declarators:
        _declarator(declarator, base, context)


def _declarator(node: Node, base: Type, context: Context) -> None:
    name, declared = _name(node), _declared_type(node, base, context)
    value = _value(node)
    if declared == INFERRED and value is not None:
        declared = context.type_of(value) or UNKNOWN
    elif declared in (VOID, INFERRED):
        context.report(NoDefaultValue(node.span, tell_type(declared)))
        declared = UNKNOWN
    elif value is not None:
        # The value is read before the name is declared: it may use an outer one.
        context.deliver(value, declared)
    declare(name, declared, node, context)


@statement("function")
def _function(node: Node, context: Context) -> None:
    check_function(_name(node), node, context)


def check_function(name: str, node: Node, context: Context, *, declares: bool = True) -> Function:
    """Check a function's definition and return its type.

    Args:
        name: Its name, or what to call it in a message.
        node: The ``function`` or ``new_function``.
        context: Where it stands.
        declares: Whether to declare its name there, which its own body can use.
    """
    inner = nodes(node)
    body, lists = inner[-1], [child for child in inner if child.kind == "parameters"]
    result = read_type(inner[0] if inner[0].kind == "type" else _head(node), context)
    parameters = tuple(p for found in lists for p in _parameters(found, context))
    made = Function(result, parameters)
    if declares:
        declare(name, made, node, context)
    outside = context.scope
    context.scope = outside.enter(Block("function", result))
    for written, parameter in zip(_written(lists), parameters, strict=True):
        _declare_parameter(written, parameter, context)
    context.run(body)
    context.scope = outside
    if result not in (VOID, UNKNOWN) and not returns(body):
        context.report(MissingReturn(_heading(node), name, tell_type(result)))
    return made


def returns(node: Node) -> bool:
    """Tell whether a statement returns from its function, whatever the conditions in it."""
    match node.kind:
        case "return":
            return True
        case "statement" | "block":
            return any(returns(child) for child in nodes(node))
        case "if_else" | "if_else_open":
            return all(returns(child) for child in nodes(node)[1:])
    return False


@statement("struct")
def _struct(node: Node, context: Context) -> None:
    (name,), (body,) = names(node), nodes(node)
    record = _new_record_type(name.text, context)
    operators = [
        Binding(
            operator,
            Function(BOOL, (Parameter(record, "a"), Parameter(record, "b"))),
            implied=True,
        )
        for operator in ("operator ==", "operator !=", "alias")
    ]
    context.scope = context.scope.declare_type(name.text, record).bind(*operators)
    outside = context.scope
    context.scope = outside.enter(Block("struct", record=record))
    for child in nodes(body):
        context.run(child)
    fields = context.scope.fields_of(record) or {}
    context.scope = outside.declare_fields(record, fields)
    for constructor in fields.get(_CONSTRUCTOR, ()):
        if isinstance(constructor, Function) and constructor.result == VOID:
            made = Function(record, constructor.parameters)
            context.scope = context.scope.declare(name.text, made, name.span)


@statement("typedef")
def _typedef(node: Node, context: Context) -> None:
    typed, *declarators = nodes(nodes(node)[0])
    base = read_type(typed, context)
    for declarator in declarators:
        declared = _declared_type(declarator, base, context)
        if _value(declarator) is not None:
            context.report(ValueNotAllowed(declarator.span, "a type"))
        context.scope = context.scope.declare_type(_name(declarator), declared)


@statement("import")
def _import(node: Node, context: Context) -> None:
    module, *other = names(node)
    if _is_there(module, context):
        known_as = other[0].text if other else ""
        context.scope = context.scope.import_module(module.text, known_as)


@statement("from")
def _from(node: Node, context: Context) -> None:
    module, *wanted = names(node)
    if not _is_there(module, context):
        return
    whole = load_module(module.text)
    for word in wanted:
        if not whole.types_of(word.text) and word.text not in whole.library.types:
            advice, fix = advise_on_field(word.text, word.span, whole.names)
            context.report(NoSuchField(word.span, word.text, module.text, advice, fix=fix))
    context.scope = context.scope.import_names(module.text, [word.text for word in wanted])


def declare(name: str, declared: Type, node: Node, context: Context) -> None:
    """Declare what a node declares, a cast as a cast."""
    if name in _CASTS and isinstance(declared, Function) and len(declared.parameters) == 1:
        context.scope = context.scope.declare_cast(
            declared.parameters[0].type, declared.result, explicit=_CASTS[name]
        )
    else:
        context.scope = context.scope.declare(name, declared, node.span)


def _is_there(module: Word, context: Context) -> bool:
    if is_module(module.text):
        return True
    advice, fix = advise_on_module(module.text, module.span)
    context.report(NoSuchModule(module.span, module.text, advice, fix=fix))
    return False


def _declared_type(node: Node, base: Type, context: Context) -> Type:
    """Return the type of what a declarator declares: brackets and parameters stand behind."""
    for child in nodes(node):
        if child.kind == "dimensions":
            base = make_array(base, count_dimensions(child), context)
    if not has(node, "("):
        return base
    lists = [child for child in nodes(node) if child.kind == "parameters"]
    return Function(base, tuple(p for found in lists for p in _parameters(found, context)))


def _parameters(node: Node, context: Context) -> list[Parameter]:
    found = []
    for child in nodes(node):
        rest = child.kind == "rest_parameter"
        written = nodes(child)[0] if rest else child
        typed, *declarators = nodes(written)
        declared, name, has_default = read_type(typed, context), "", False
        for declarator in declarators:
            declared = _declared_type(declarator, declared, context)
            name, has_default = _name(declarator), _value(declarator) is not None
        if declared == VOID:
            context.report(NoDefaultValue(written.span, tell_type(declared)))
            declared = UNKNOWN
        if rest and has_default:
            context.report(ValueNotAllowed(written.span, "a rest parameter"))
        found.append(Parameter(declared, name, has_default, has(written, "explicit"), rest))
    return found


def _written(lists: list[Node]) -> list[Node]:
    """Return the parameters as they are written, that of the rest unwrapped."""
    return [
        nodes(child)[0] if child.kind == "rest_parameter" else child
        for found in lists
        for child in nodes(found)
    ]


def _declare_parameter(written: Node, parameter: Parameter, context: Context) -> None:
    for declarator in nodes(written)[1:]:
        value = _value(declarator)
        if value is not None and not parameter.rest:
            context.deliver(value, parameter.type)
    if parameter.name:
        context.scope = context.scope.declare(parameter.name, parameter.type, written.span)


def _new_record_type(name: str, context: Context) -> Named:
    """Return a type for a structure, and another one than any of that name before."""
    while context.scope.lookup_type(name) not in (None, UNKNOWN):
        name += "'"
    return Named(name)


def _head(node: Node) -> Node:
    """Return what stands before the parameters of a new function."""
    before = node.children[: [getattr(c, "text", "") for c in node.children].index("(")]
    return Node(node.kind, before)


def _heading(node: Node) -> Span:
    first = node.span
    words = list(node.words())
    closing = next(word for word in words if word.text == "{")
    return Span(first.line, first.column, closing.span.line, closing.span.column)


def _name(node: Node) -> str:
    """Return the name that a node declares; of an operator its text."""
    for child in node.children:
        if isinstance(child, Word) and child.kind == "NAME":
            return child.text
        if isinstance(child, Node) and child.kind == "operator":
            return " ".join(word.text for word in child.words())
    raise AssertionError(f"{node.kind} declares no name")


def _value(node: Node) -> Node | None:
    """Return the value that a declarator gives."""
    return nodes(node)[-1] if has(node, "=") else None
