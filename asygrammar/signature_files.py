"""One file of signatures, read: prototypes in Asymptote's own syntax, parsed by the grammar.

    // Circles and arcs              a comment line after an empty one heads a section
    import graph;                    importing this module makes graph's names visible, too
    typedef bool arrowbar(picture pic, path g, pen p, margin margin);
    struct slice { path before; path after; }
    pen red;
    path arc(pair c, real r, real angle1, real angle2);
    pair operator +(pair a, pair b);
    real operator cast(int);         a cast without being asked; ecast is one that is asked for
    void fill(picture pic = default, path[] g, pen p = default);
    string _string(int x);           string(int x): the name is a word of the grammar

``= default`` says that a parameter has a default; what it is does not matter to a caller. What
stands under a heading that begins with ``Withheld`` is known and never proposed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from asygrammar.built_in_types import FIELDS
from asygrammar.grammar import load_grammar
from asygrammar.parser import AsySyntaxError
from asygrammar.syntax import Node, Word
from asygrammar.types import Array, Function, Named, Parameter, Type

_HEADING = re.compile(r"//\s*(.*?)\s*[-=]*\s*")
#: The names of casts: those that need no asking, and those that are asked for.
CASTS = ("operator cast", "operator ecast")

_WITHHELD = "Withheld"
_PROTOTYPE = "write a prototype such as `path circle(pair c, real r);` or `pen red;`"


class SignatureFault(ValueError):  # noqa: N818 - the design calls what is wrong a fault
    """A fault in a file of signatures.

    Attributes:
        file: The file's name.
        line: The line, 1-based; ``None`` where it has no place in the file.
        reason: What is wrong.
        hint: What to write instead.
    """

    def __init__(self, file: str, line: int | None, reason: str, hint: str = "") -> None:
        self.file, self.line, self.reason, self.hint = file, line, reason, hint
        place = file if line is None else f"{file}:{line}"
        super().__init__(f"{place}: {reason}" + (f" ({hint})" if hint else ""))


@dataclass(frozen=True, slots=True)
class Declaration:
    """One name that is declared, with its type.

    Attributes:
        name: The name; of an operator its text, as ``operator +``.
        type: Its type. That of a prototype is a Function.
        line: Where it stands in its file, 1-based, or 0.
    """

    name: str
    type: Type
    line: int = field(default=0, compare=False)

    def __str__(self) -> str:
        """Return the declaration as a file of signatures has it, without the semicolon."""
        if isinstance(self.type, Function):
            return self.type.declare(self.name)
        return f"{self.type} {self.name}"


@dataclass(frozen=True)
class SignatureFile:
    """What a file of signatures says, in its order.

    Attributes:
        file: The file's name.
        imports: Other modules whose names come with this one, and the lines that say so.
        aliases: What a ``typedef`` names.
        structures: The structures and their fields.
        declarations: Variables, functions, operators and casts.
        sections: The headings, and the lines where they stand.
        withheld: Names of declarations that are known and never proposed.
    """

    file: str
    imports: tuple[tuple[str, int], ...] = ()
    aliases: tuple[Declaration, ...] = ()
    structures: tuple[tuple[str, tuple[Declaration, ...]], ...] = ()
    declarations: tuple[Declaration, ...] = ()
    sections: tuple[tuple[str, int], ...] = ()
    withheld: frozenset[str] = frozenset()


def read_signatures(text: str, file: str) -> SignatureFile:
    """Read the text of a file of signatures.

    Args:
        text: The text.
        file: What to call it in a fault.

    Raises:
        SignatureFault: It does not parse, or a statement is no prototype.
    """
    try:
        program = load_grammar().parse(text)
    except AsySyntaxError as error:
        found = error.diagnostic
        raise SignatureFault(
            file, found.span.line if found.span else None, found.message, found.hint
        ) from None
    reader = _Reader(file)
    for statement in _nodes(program):
        reader.read(statement)
    sections = tuple(_sections(text))
    return SignatureFile(
        file,
        tuple(reader.imports),
        tuple(reader.aliases),
        tuple(reader.structures),
        tuple(reader.declarations),
        sections,
        frozenset(_withheld(reader.declarations, sections)),
    )


def named_types(declared: Type) -> Iterator[str]:
    """Yield the names of the types that a type is made of."""
    match declared:
        case Named(name):
            yield name
        case Array(element):
            yield from named_types(element)
        case Function(result, parameters):
            yield from named_types(result)
            for parameter in parameters:
                yield from named_types(parameter.type)


class _Reader:
    def __init__(self, file: str) -> None:
        self._file = file
        self.imports: list[tuple[str, int]] = []
        self.aliases: list[Declaration] = []
        self.structures: list[tuple[str, tuple[Declaration, ...]]] = []
        self.declarations: list[Declaration] = []

    def read(self, statement: Node) -> None:
        """Read one statement of the file."""
        node = _nodes(statement)[0]
        if node.kind == "declaration":
            found = list(self._declared(node))
            if any(d.name in CASTS and not _takes_one(d.type) for d in found):
                hint = "write `real operator cast(int);`"
                raise self._fault(node, "a cast is from one type to another", hint)
            self.declarations += found
        elif node.kind == "typedef":
            self.aliases += self._declared(_nodes(node)[0])
        elif node.kind == "struct":
            self.structures.append(self._structure(node))
        elif node.kind == "import":
            self.imports.append((self._imported(node), node.span.line))
        elif node.kind == "function":
            head = "a prototype has no body"
            raise self._fault(node, head, "end it with `;` instead of `{ ... }`")
        else:
            raise self._fault(node, "this statement is no prototype", _PROTOTYPE)

    def _imported(self, node: Node) -> str:
        names = _texts(node, "NAME")
        if len(names) > 1:
            raise self._fault(node, "a module has only its own name here", f"import {names[0]};")
        return names[0]

    def _structure(self, node: Node) -> tuple[str, tuple[Declaration, ...]]:
        (name,), (block,) = _texts(node, "NAME"), _nodes(node)
        fields: list[Declaration] = []
        for statement in _nodes(block):
            inner = _nodes(statement)[0]
            if inner.kind != "declaration":
                raise self._fault(inner, "a structure holds fields and prototypes", _PROTOTYPE)
            fields += self._declared(inner)
        return name, tuple(fields)

    def _declared(self, node: Node) -> Iterator[Declaration]:
        typed, *declarators = _nodes(node)
        if isinstance(node.children[0], Word):
            word = node.children[0].text
            raise self._fault(node, f"`{word}` says nothing about a type", f"leave `{word}` out")
        result = _type(typed)
        for declarator in declarators:
            if any(_is(child, "=") for child in declarator.children):
                raise self._fault(declarator, "a signature has no value", "leave out `= ...`")
            line = declarator.span.line
            yield Declaration(_name(declarator), self._full_type(result, declarator), line)

    def _full_type(self, declared: Type, declarator: Node) -> Type:
        """Return the type of a declarator: arrays and parameters stand behind its name."""
        for node in _nodes(declarator):
            if node.kind == "dimensions":
                declared = _array(declared, node)
        if not any(_is(child, "(") for child in declarator.children):
            return declared
        lists = [node for node in _nodes(declarator) if node.kind == "parameters"]
        return Function(declared, tuple(p for found in lists for p in self._parameters(found)))

    def _parameters(self, node: Node) -> Iterator[Parameter]:
        for child in _nodes(node):
            rest = child.kind == "rest_parameter"
            yield self._parameter(_nodes(child)[0] if rest else child, rest)

    def _parameter(self, node: Node, rest: bool) -> Parameter:
        explicit = isinstance(node.children[0], Word)
        typed, *declarators = _nodes(node)
        declared, name, has_default = _type(typed), "", False
        for declarator in declarators:
            name, declared = _name(declarator), self._full_type(declared, declarator)
            has_default = any(_is(child, "=") for child in declarator.children)
            if has_default and [word.text for word in declarator.words()][-2:] != ["=", "default"]:
                hint = f"write `{declared} {name} = default`"
                raise self._fault(declarator, "a signature has no values", hint)
        return Parameter(declared, name, has_default, explicit, rest)

    def _fault(self, node: Node, reason: str, hint: str) -> SignatureFault:
        return SignatureFault(self._file, node.span.line, reason, hint)


def _sections(text: str) -> Iterator[tuple[str, int]]:
    """Yield the headings: comment lines that follow an empty line or begin the file."""
    before = ""
    for number, line in enumerate(text.splitlines(), 1):
        heading = _HEADING.fullmatch(line)
        if heading and not before.strip():
            yield heading[1], number
        before = line


def _withheld(
    declarations: Iterable[Declaration], sections: Sequence[tuple[str, int]]
) -> Iterator[str]:
    for declaration in declarations:
        above = [title for title, line in sections if line <= declaration.line]
        if above and above[-1].startswith(_WITHHELD):
            yield declaration.name


def _takes_one(declared: Type) -> bool:
    return isinstance(declared, Function) and len(declared.parameters) == 1


def _type(node: Node) -> Type:
    declared: Type = Named("")
    for child in node.children:
        if isinstance(child, Node) and child.kind == "dimensions":
            declared = _array(declared, child)
        else:
            words = [child] if isinstance(child, Word) else child.words()
            declared = Named("".join(word.text for word in words))
    return declared


def _array(element: Type, dimensions: Node) -> Type:
    for _ in _texts(dimensions, "LSQB"):
        element = Array(element)
    return element


def _name(declarator: Node) -> str:
    first = declarator.children[0]
    if isinstance(first, Node):
        return " ".join(word.text for word in first.words())
    bare = first.text.removeprefix("_")
    return bare if bare in FIELDS else first.text


def _nodes(node: Node) -> list[Node]:
    return [child for child in node.children if isinstance(child, Node)]


def _texts(node: Node, kind: str) -> list[str]:
    return [word.text for word in node.children if isinstance(word, Word) and word.kind == kind]


def _is(child: Node | Word, text: str) -> bool:
    return isinstance(child, Word) and child.text == text
