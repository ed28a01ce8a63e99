"""Programs that need no module of ours: the definitions that they use, written out.

The shipped modules are read as text, statement by statement. A definition brings along those that
it mentions; all overloads of a name go together.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import pairwise

from asygrammar.compiler.scan import Source, Token
from asygrammar.diagnostics import Span
from asygrammar.free_names import find_free_names, find_functions
from asygrammar.grammar import shipped_modules
from asygrammar.syntax import Node, Word

_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_IMPORT = re.compile(r"import\s+(\w+)\s*;")
_END_OF_IMPORT = re.compile(r"\s*;(?:[ \t]*\n)?")


@dataclass(frozen=True)
class Definition:
    """One statement of a module.

    Attributes:
        names: What it defines.
        text: The statement, on lines of its own.
        words: All words in it.
    """

    names: frozenset[str]
    text: str
    words: frozenset[str]


def write_out(module: str, names: Collection[str], owners: Mapping[str, frozenset[str]]) -> str:
    """Return the definitions of a shipped module that some names need, in the module's order.

    Args:
        module: The module's name.
        names: Names that a program uses; those that the module does not define do not count,
            unless they come from a module that it imports.
        owners: For each module the names that its import adds.

    Returns:
        Lines of a program, imports of Asymptote's own modules first; none where nothing is needed.
    """
    imports, definitions = _read_module(module)
    needed, chosen = set(names), set[Definition]()
    while more := {d for d in definitions if d.names & needed} - chosen:
        chosen |= more
        needed |= {word for definition in more for word in definition.words}
    parts = []
    for imported in imports:
        if imported in shipped_modules():
            parts.append(write_out(imported, needed, owners))
        elif needed & owners.get(imported, frozenset()):
            parts.append(f"import {imported};\n")
    return "".join([*parts, *(d.text for d in definitions if d in chosen)])


def without_imports(program: Node, source: str, owners: Mapping[str, frozenset[str]]) -> str:
    """Return a program in which what it uses of shipped modules stands in place of their imports.

    Args:
        program: Its tree.
        source: Its text.
        owners: For each module the names that its import adds.
    """
    used = {use.name for use in find_free_names(program, {})}
    # A function of the program's own may be one more overload of a module's.
    used |= {name for name, _ in find_functions(program)}
    edits: list[tuple[Span, str]] = []
    written: set[str] = set()
    prefixes = {_names(node)[-1] for node in _imports(program) if node.kind == "import"}
    for name in program.walk():
        words = list(name.words()) if name.kind == "name" else []
        if len(words) > 2 and words[0].text in prefixes:
            used.add(words[2].text)
            edits.append((_between(words[0].span, words[1].span), ""))
    for node in _imports(program):
        module, *taken = _names(node)
        wanted = frozenset(taken) if node.kind == "from" else frozenset(used)
        text = "" if module in written else write_out(module, wanted, owners)
        if node.kind == "import":
            written.add(module)
        edits.append((node.span, text))
    return _edited(source, edits)


@lru_cache(maxsize=16)
def _read_module(module: str) -> tuple[tuple[str, ...], tuple[Definition, ...]]:
    """Return the imports of a shipped module and its definitions."""
    folder = resources.files("asygrammar.grammars") / "modules"
    text = (folder / f"{module}.asy").read_text(encoding="utf-8")
    imports: list[str] = []
    definitions = []
    for statement in _statements(Source(text)):
        code = text[statement[0].start : statement[-1].end]
        if found := _IMPORT.fullmatch(code):
            imports.append(found[1])
            continue
        words = frozenset(token.text for token in statement if token.kind == "word")
        written = code.removeprefix("private ") + "\n"
        definitions.append(Definition(frozenset(_defined(statement)), written, words))
    return tuple(imports), tuple(definitions)


def _statements(source: Source) -> Iterator[list[Token]]:
    """Yield the statements at the top level, each as its tokens."""
    statement: list[Token] = []
    depth = 0
    for token in source.tokens:
        statement.append(token)
        if token.kind == "mark":
            depth += (token.text in _OPENING) - (token.text in _CLOSING)
            is_body = token.text == "}" and not any(t.text == "=" for t in _outside(statement))
            if depth == 0 and (token.text == ";" or is_body):
                yield statement
                statement = []


def _outside(statement: Iterable[Token]) -> list[Token]:
    """Return the tokens of a statement that stand in no brackets, opening ones included."""
    outside, depth = [], 0
    for token in statement:
        if token.kind == "mark" and token.text in _CLOSING:
            depth -= 1
        elif depth == 0:
            outside.append(token)
        if token.kind == "mark" and token.text in _OPENING:
            depth += 1
    return outside


def _defined(statement: Iterable[Token]) -> Iterator[str]:
    """Yield the names that a statement defines: words before a bracket, a value or an end."""
    outside = _outside(statement)
    in_value = False
    for token, following in pairwise(outside):
        if token.kind == "word" and not in_value and following.text in ("(", "=", ",", ";", "{"):
            yield token.text
        in_value = token.text == "=" or (in_value and token.text != ",")
        if token.text == "(" and not in_value:
            return


def _imports(program: Node) -> list[Node]:
    """Return the nodes that import shipped modules, the outermost first."""
    found = [node for node in program.walk() if node.kind in ("import", "from")]
    shipped = [node for node in found if _names(node)[0] in shipped_modules()]
    top = {id(node) for statement in _nodes(program) for node in _nodes(statement)}
    return sorted(shipped, key=lambda node: id(node) not in top)


def _nodes(node: Node) -> list[Node]:
    return [child for child in node.children if isinstance(child, Node)]


def _names(node: Node) -> list[str]:
    return [word.text for word in node.children if isinstance(word, Word) and word.kind == "NAME"]


def _between(first: Span, last: Span) -> Span:
    return Span(first.line, first.column, last.end_line, last.end_column)


def _edited(source: str, edits: Iterable[tuple[Span, str]]) -> str:
    """Return a text in which some spans are replaced, imports with their semicolon."""
    starts = [0, *(match.end() for match in re.finditer("\n", source))]
    for span, text in sorted(edits, reverse=True):
        start = starts[span.line - 1] + span.column - 1
        end = starts[span.end_line - 1] + span.end_column - 1
        semicolon = _END_OF_IMPORT.match(source, end)
        source = source[:start] + text + source[semicolon.end() if semicolon else end :]
    return source
