"""Figures with one fault each, made from figures that have none: the mistakes people make.

A mutation may happen to leave a program right (a renamed variable can be another one's name);
whoever uses it asks the compiler.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate
from random import Random

from asygrammar.diagnostics import Span
from asygrammar.grammar import load_grammar
from asygrammar.parser import AsySyntaxError
from asygrammar.syntax import Node, Word

#: One change: the stretch of text to replace, and what to put there.
Edit = tuple[Span, str]

_TYPES = ("pair", "real", "int", "path", "pen", "string", "picture", "bool", "pair[]", "real[]")
_LITERALS = ("1", "2.5", "(1,2)", '"a"', "true", "red", "(0,0)--(1,1)")


def mutate(source: str, kind: str, random: Random) -> str | None:
    """Put one fault into a program.

    Args:
        source: The program.
        kind: One of :data:`KINDS`.
        random: Where the choices come from.

    Returns:
        The program with the fault, or ``None`` where it has no place for one or does not parse.

    Raises:
        ValueError: There is no such kind.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}: choose one of {', '.join(KINDS)}")
    try:
        program = load_grammar().parse(source)
    except AsySyntaxError:
        return None
    edits = list(KINDS[kind](program, random))
    return _apply(source, random.choice(edits)) if edits else None


def _renamed_variable(program: Node, random: Random) -> Iterator[Edit]:
    """One use of a name that the program declares is misspelt."""
    declared = {_own_name(node) for node in program.walk() if node.kind == "declarator"}
    for node in program.walk():
        first = node.children[0] if node.kind == "name" else None
        if isinstance(first, Word) and first.text in declared:
            yield first.span, _misspell(first.text, random)


def _dropped_argument(program: Node, random: Random) -> Iterator[Edit]:
    """One argument of a call is left out."""
    for node in program.walk():
        if node.kind == "arguments":
            given = [child for child in node.children if isinstance(child, Node)]
            at = random.randrange(len(given))
            if len(given) == 1:
                yield given[0].span, ""
            elif at == 0:
                yield _between(given[0], given[1]), ""
            else:
                yield _after(given[at - 1], given[at]), ""


def _swapped_type(program: Node, random: Random) -> Iterator[Edit]:
    """One declaration says another type."""
    for node in program.walk():
        if node.kind == "type":
            others = [name for name in _TYPES if name != _text(node)]
            yield node.span, random.choice(others)


def _swapped_arguments(program: Node, random: Random) -> Iterator[Edit]:
    """Two neighbouring arguments of a call change places."""
    for node in program.walk():
        if node.kind == "arguments":
            given = [child for child in node.children if isinstance(child, Node)]
            plain = [one for one in given if one.kind not in ("named", "rest_argument")]
            if len(plain) > 1:
                at = random.randrange(len(plain) - 1)
                one, other = plain[at], plain[at + 1]
                yield _whole(one, other), f"{_text(other)}, {_text(one)}"


def _other_value(program: Node, random: Random) -> Iterator[Edit]:
    """One argument of a call is a value of whatever type."""
    for node in program.walk():
        if node.kind == "arguments":
            given = [child for child in node.children if isinstance(child, Node)]
            chosen = random.choice(given)
            if chosen.kind not in ("named", "rest_argument"):
                others = [value for value in _LITERALS if value != _text(chosen)]
                yield chosen.span, random.choice(others)


def _lost_declaration(program: Node, random: Random) -> Iterator[Edit]:
    """One declaration at the top level is left out."""
    for node in program.children:
        if isinstance(node, Node) and _inner_kind(node) in ("declaration", "function"):
            yield node.span, ""


def _lost_import(program: Node, random: Random) -> Iterator[Edit]:
    """One import is left out."""
    for node in program.children:
        if isinstance(node, Node) and _inner_kind(node) == "import":
            yield node.span, ""


def _lost_parenthesis(program: Node, random: Random) -> Iterator[Edit]:
    """One parenthesis is left out."""
    for word in program.words():
        if word.text in ("(", ")"):
            yield word.span, ""


def _lost_semicolon(program: Node, random: Random) -> Iterator[Edit]:
    """One semicolon is left out."""
    for word in program.words():
        if word.text == ";":
            yield word.span, ""


#: What can go wrong, by its name.
KINDS: Mapping[str, Callable[[Node, Random], Iterator[Edit]]] = {
    "renamed_variable": _renamed_variable,
    "dropped_argument": _dropped_argument,
    "swapped_type": _swapped_type,
    "swapped_arguments": _swapped_arguments,
    "other_value": _other_value,
    "lost_declaration": _lost_declaration,
    "lost_import": _lost_import,
    "lost_parenthesis": _lost_parenthesis,
    "lost_semicolon": _lost_semicolon,
}


def _misspell(name: str, random: Random) -> str:
    """Return a name with a typing error."""
    at = random.randrange(len(name))
    changed = [
        name[:at] + name[at] + name[at:],
        name.swapcase(),
        name + random.choice("0123456789"),
        name + random.choice("abcdefghijklmnopqrstuvwxyz"),
    ]
    if len(name) > 2:
        changed.append(name[0] + name[2:])
    return random.choice([one for one in changed if one != name])


def _own_name(node: Node) -> str:
    first = node.children[0]
    return first.text if isinstance(first, Word) else ""


def _inner_kind(statement: Node) -> str:
    first = statement.children[0]
    return first.kind


def _text(node: Node) -> str:
    """Return a node's text, so that it means the same wherever the white space went."""
    text = ""
    for word in node.words():
        text += " " * bool(text) + word.text
    return text if node.kind != "type" else text.replace(" ", "")


def _whole(first: Node, last: Node) -> Span:
    one, other = first.span, last.span
    return Span(one.line, one.column, other.end_line, other.end_column)


def _between(first: Node, second: Node) -> Span:
    """From the beginning of one node to the beginning of the next."""
    one, other = first.span, second.span
    return Span(one.line, one.column, other.line, other.column)


def _after(first: Node, second: Node) -> Span:
    """From the end of one node to the end of the next."""
    one, other = first.span, second.span
    return Span(one.end_line, one.end_column, other.end_line, other.end_column)


def _apply(source: str, edit: Edit) -> str:
    span, text = edit
    lines = source.split("\n")
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    start = starts[span.line - 1] + span.column - 1
    end = starts[span.end_line - 1] + span.end_column - 1
    return source[:start] + text + source[end:]
