"""The syntax tree: every node knows its kind, its children and its place in the source.

The parser reads operators as one flat chain; :func:`nest` gives it the shape Asymptote gives it,
by a table of precedences. Nothing here knows types or scopes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from lark import Token, Tree

from asygrammar.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Word:
    """A leaf: one token of the program.

    Attributes:
        kind: The terminal's name (``NAME``, ``NUMBER``, ...; punctuation has Lark's own names).
        text: The token as written.
        span: Its place; two words compare equal wherever they stand.
    """

    kind: str
    text: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Node:
    """An inner node.

    Attributes:
        kind: The grammar's rule, or ``binary``, ``prefix``, ``join``, ``directed`` or ``scaled``
            for what :func:`nest` makes of a chain of operators.
        children: Nodes and words, in source order, punctuation included.
    """

    kind: str
    children: tuple[Node | Word, ...]

    @property
    def span(self) -> Span:
        """From the first character of the first word to the end of the last."""
        first, last = next(self.words()), self._last_word()
        return Span(first.span.line, first.span.column, last.span.end_line, last.span.end_column)

    def words(self) -> Iterator[Word]:
        """Yield the words below this node, in source order."""
        for child in self.children:
            if isinstance(child, Word):
                yield child
            else:
                yield from child.words()

    def walk(self) -> Iterator[Node]:
        """Yield this node and all nodes below it, parents first."""
        yield self
        for child in self.children:
            if isinstance(child, Node):
                yield from child.walk()

    def _last_word(self) -> Word:
        last = self.children[-1]
        return last if isinstance(last, Word) else last._last_word()


# How tightly operators bind, loosest first; from the %left/%right table of Asymptote's own parser
# (camp.y). Levels not here are fixed by the grammar: assignment and ?: stand outside chains.
_LEVELS = (
    ("||",),
    ("&&",),
    ("|",),
    ("&",),
    ("==", "!="),
    ("<", "<=", ">", ">="),
    ("!",),
    ("^^",),
    ("--", "---", "..", "::"),
    ("{",),
    ("+", "-"),
    ("*", "/", "%", "#"),
    ("sign",),
    ("^", "**"),
)
_BINDING = {operator: level for level, group in enumerate(_LEVELS, 1) for operator in group}
_RIGHT = frozenset({"^", "**"})
_JOINS = frozenset({"--", "---", "..", "::"})
_CHAINS = frozenset(
    {"chain", "arithmetic", "after_dashes", "compound_chain", "compound_arithmetic"}
)
_PREFIXED = frozenset({"signed", "scaled"})
# A part of a chain may have been nested already, as a chain of its own.
_FLAT = _CHAINS | _PREFIXED | {"binary", "prefix", "join", "directed"}


def build_syntax_tree(tree: Tree[Token], markers: frozenset[str]) -> Node:
    """Turn the parser's tree into a syntax tree.

    Args:
        tree: What Lark returned.
        markers: Names of the layout markers in it, which are left out.
    """
    children: list[Node | Word] = []
    for child in tree.children:
        if isinstance(child, Token):
            children.append(_word(child))
        elif child.data not in markers:
            children.append(build_syntax_tree(child, markers))
    kind = str(tree.data)
    if kind in _CHAINS or kind in _PREFIXED:
        return nest(Node(kind, tuple(children)))
    return Node(kind, tuple(children))


def nest(chain: Node) -> Node:
    """Give a flat chain of operands and operators the shape Asymptote gives it."""
    items = list(_flatten(chain))
    nested, rest = _climb(items, 0, 0)
    if rest != len(items):
        raise AssertionError(f"operators left over in {chain.kind}")
    assert isinstance(nested, Node)
    return nested


def _flatten(node: Node) -> Iterator[Any]:
    """Yield the operands and operators of a chain, whatever rules grouped them."""
    for child in node.children:
        if isinstance(child, Node) and child.kind in _FLAT:
            yield from _flatten(child)
        else:
            yield child


def _climb(items: Sequence[Any], at: int, least: int) -> tuple[Node | Word, int]:
    """Read one expression of operators that bind at least as tightly as ``least``."""
    left, at = _read_operand(items, at)
    while at < len(items):
        item = items[at]
        if isinstance(item, Node) and item.kind == "direction":
            if _BINDING["{"] < least:
                break
            left, at = Node("directed", (left, item)), at + 1
            continue
        binding = _BINDING[item.text]
        if binding < least:
            break
        operator, at = _read_operator(items, at)
        right, at = _climb(items, at, binding if item.text in _RIGHT else binding + 1)
        kind = "join" if item.text in _JOINS else "binary"
        left = Node(kind, (left, *operator, right))
    return left, at


def _read_operand(items: Sequence[Any], at: int) -> tuple[Node | Word, int]:
    item = items[at]
    if isinstance(item, Word) and item.text in ("+", "-", "!"):
        level = _BINDING["!" if item.text == "!" else "sign"]
        operand, at = _climb(items, at + 1, level)
        return Node("prefix", (item, operand)), at
    if isinstance(item, Word) and item.kind == "NUMBER":
        operand, at = _climb(items, at + 1, _BINDING["sign"])
        return Node("scaled", (item, operand)), at
    return item, at + 1


def _read_operator(items: Sequence[Any], at: int) -> tuple[list[Node | Word], int]:
    """Read ``..``, ``.. tension 2 ..`` and the like, with a direction that follows it."""
    operator, at = [items[at]], at + 1
    if isinstance(items[at], Node) and items[at].kind in ("tension", "controls"):
        operator, at = [*operator, items[at], items[at + 1]], at + 2
    if isinstance(items[at], Node) and items[at].kind == "direction":
        operator, at = [*operator, items[at]], at + 1
    return operator, at


def _word(token: Token) -> Word:
    span = Span(token.line or 0, token.column or 0, token.end_line or 0, token.end_column or 0)
    return Word(token.type, str(token), span)
