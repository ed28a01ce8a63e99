"""Names that a program uses and does not declare, by scope.

Within a scope the order does not count: a name that is declared below its use is declared. Of types
it is known only which variables surely cannot be called, so that in ``pair D; D(A--B);`` the call
is still missing its function.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from asygrammar.syntax import Node, Word

# Rules that open a scope. A function's parameters and body are one scope, as the body is a block
# of its own anyway.
_SCOPES = frozenset({"start", "block", "function", "new_function", "loop", "struct"})
# The declarators below these belong to the type of a variable, not to the scope.
_OF_A_TYPE = frozenset({"declarator"})


@dataclass(frozen=True)
class Use:
    """One use of a name that the program does not declare.

    Attributes:
        name: The name; of ``a.b`` the first part.
        arguments: How many arguments it is called with, or ``None`` where it is not called.
        modules: The modules that are imported where it stands.
    """

    name: str
    arguments: int | None
    modules: frozenset[str]


@dataclass
class _Scope:
    parent: _Scope | None = None
    values: set[str] = field(default_factory=set)
    callables: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)

    def outward(self) -> Iterator[_Scope]:
        scope: _Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent


def find_free_names(program: Node, module_names: Mapping[str, frozenset[str]]) -> list[Use]:
    """Return the uses of names that neither the program nor a module it imports declares.

    Built-in names are among them: whether those do is for the caller to decide.

    Args:
        program: The tree of a program.
        module_names: The names that each module adds.
    """
    return list(_Walk(module_names).uses(program, None))


def find_texts(program: Node) -> list[str]:
    """Return the texts of a program's strings, as written."""
    return [word.text for word in program.words() if word.kind == "STRING"]


def find_functions(program: Node) -> list[tuple[str, tuple[str, ...]]]:
    """Return name and types of the parameters of each function that a program defines.

    The types are written as in the modules' table: ``real``, ``pair[]``, ``real()`` for a function.
    """
    functions = [node for node in program.walk() if node.kind == "function" and _names(node)]
    return [(_names(node)[0], _parameter_types(node)) for node in functions]


def _parameter_types(function: Node) -> tuple[str, ...]:
    lists = [child for child in _nodes(function) if child.kind == "parameters"]
    return tuple(_type_of(parameter) for found in lists for parameter in _nodes(found))


def _type_of(parameter: Node) -> str:
    typed, *declarators = (child for child in _nodes(parameter))
    text = "".join(word.text for word in typed.words())
    for declarator in declarators:
        text += "".join("[]" for child in _nodes(declarator) if child.kind == "dimensions")
        text += "()" if any(_is(child, "(") for child in declarator.children) else ""
    return text


class _Walk:
    def __init__(self, module_names: Mapping[str, frozenset[str]]) -> None:
        self._module_names = module_names

    def uses(self, node: Node, scope: _Scope | None) -> Iterator[Use]:
        if scope is None or node.kind in _SCOPES:
            scope = _Scope(scope)
            for child in _nodes(node):
                _declare(child, scope)
        if node.kind == "call":
            yield from self._uses_of_call(node, scope)
        elif node.kind == "name":
            yield from self._use(node, None, scope)
        else:
            for child in _nodes(node):
                yield from self.uses(child, scope)

    def _uses_of_call(self, call: Node, scope: _Scope) -> Iterator[Use]:
        called, *rest = _nodes(call)
        # A part of something is called: what counts is the thing.
        alone = called.kind == "name" and len(called.children) == 1
        if alone:
            yield from self._use(called, _count_arguments(call), scope)
        else:
            yield from self.uses(called, scope)
        for node in rest:
            yield from self.uses(node, scope)

    def _use(self, name: Node, arguments: int | None, scope: _Scope) -> Iterator[Use]:
        text = next(name.words()).text
        modules: set[str] = set()
        for around in scope.outward():
            if text in around.callables or (arguments is None and text in around.values):
                return
            modules |= around.modules
        if not any(text in self._module_names.get(module, ()) for module in modules):
            yield Use(text, arguments, frozenset(modules))


def _nodes(node: Node) -> list[Node]:
    return [child for child in node.children if isinstance(child, Node)]


def _count_arguments(call: Node) -> int:
    arguments = [node for node in _nodes(call) if node.kind == "arguments"]
    return sum(_is(child, ",") for child in arguments[0].children) + 1 if arguments else 0


def _is(child: Node | Word, text: str) -> bool:
    return isinstance(child, Word) and child.text == text


def _names(node: Node) -> list[str]:
    return [word.text for word in node.children if isinstance(word, Word) and word.kind == "NAME"]


def _declare(node: Node, scope: _Scope, plain_type: bool = False) -> None:
    """Enter into a scope what a node declares in it.

    Args:
        node: A node that stands in the scope.
        scope: The scope.
        plain_type: Whether the node is of a built-in type, of which nothing can be called.
    """
    if node.kind in ("function", "struct"):
        scope.callables.update(_names(node)[:1])
    elif node.kind == "import":
        module, *other = _names(node)
        scope.modules.add(module)
        scope.values.add(other[0] if other else module)
    elif node.kind == "from":
        scope.callables.update(_names(node)[1:])
    elif node.kind == "for_each":
        scope.values.update(_names(node))
    elif node.kind == "declarator":
        variable = plain_type and not any(_is(child, "(") for child in node.children)
        (scope.values if variable else scope.callables).update(_names(node)[:1])
    if node.kind in _SCOPES or node.kind in _OF_A_TYPE:
        return
    children = _nodes(node)
    if node.kind in ("declaration", "parameter"):
        typed = next(child for child in children if child.kind == "type")
        plain_type = any(isinstance(c, Word) and c.kind == "TYPE" for c in typed.children)
    for child in children:
        _declare(child, scope, plain_type)
