"""The one canonical layout of a program: what ``format_asy`` prints and the decoder writes.

The white space is the grammar's: its markers (``_sp``, ``_nl``, ...) are nodes of the parser's
tree, and this module prints them. It decides only where comments go:

- a comment behind a statement, on the same line, stays behind it;
- one on lines of its own stays on a line of its own;
- one inside a statement moves to a line of its own above it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from lark import Token, Tree

from asygrammar.derivation import STEPS, indentation
from asygrammar.grammar import load_grammar
from asygrammar.parser import MARKER_NODES, too_deep_is_a_fault
from asygrammar.syntax import Node

#: Markers that break the line, without their underscore, and how far they move the indentation.
_STEPS = {marker.removeprefix("_"): step for marker, step in STEPS.items()}
#: Stands in the stream of items where a rule that stays on one line ends.
_END_OF_LINE_RULE = "end of line rule"


def format_asy(source: str, *, comments: bool = True) -> str:
    """Lay a program out in its canonical form.

    Formatting twice changes nothing, and the syntax tree and the picture stay the same.

    Args:
        source: A program of the subset.
        comments: Whether to keep the comments.

    Returns:
        The program, one statement a line, ending in a newline (an empty program stays empty).

    Raises:
        AsySyntaxError: The program does not parse; the message says where and why.
    """
    parser = load_grammar().parser
    tree, page, end = parser.parse_concrete(source), _Page(), 0
    with too_deep_is_a_fault():
        for item in _items(tree):
            if not isinstance(item, Token):
                page.add_marker(item)
                continue
            if comments:
                page.add_comments(source[end : item.start_pos], parser.comment_pattern)
            page.add_word(item)
            end = item.end_pos or 0
    if comments:
        page.add_comments(source[end:], parser.comment_pattern)
    return page.text()


def _items(tree: Tree[Token]) -> Iterator[Token | str]:
    """Yield the tokens and the names of the markers below a tree, in order."""
    on_one_line = False
    for child in tree.children:
        if isinstance(child, Token):
            yield child
        elif child.data in MARKER_NODES:
            on_one_line = on_one_line or child.data == "line"
            yield str(child.data)
        else:
            yield from _items(child)
    if on_one_line:
        yield _END_OF_LINE_RULE


class _Page:
    """The lines written so far, and the one being written."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._current, self._indent = "", ""
        self._depth = 0
        self._depth_above = 0  # of comments on lines of their own above it
        self._line_rules = 0  # rules we are in that stay on one line
        self._glue = False

    def add_word(self, token: Token) -> None:
        # A number runs together with a name that could be the start of its exponent: 2 eps.
        if self._glue and token.startswith("e"):
            self._current += " "
        self._glue = False
        self._current += token.replace("\r\n", "\n")

    def add_marker(self, marker: str) -> None:
        if marker == "sp":
            self._current += " "
        elif marker == "glue":
            self._glue = True
        elif marker in ("line", _END_OF_LINE_RULE):
            self._line_rules += 1 if marker == "line" else -1
        elif marker in _STEPS and self._line_rules:
            self._current += "" if marker == "shut" else " "
        elif marker in _STEPS:
            self._break_line(marker)

    def add_comments(self, gap: str, pattern: re.Pattern[str]) -> None:
        """Place the comments that stand between the last word and the next."""
        if not gap.strip():
            return
        for match in pattern.finditer(gap):
            comment = match[0].replace("\r\n", "\n").rstrip()
            behind = match.start() == len(gap) - len(gap.lstrip()) and not self._current
            if behind and self._lines and "\n" not in gap[: match.start()] + comment:
                self._lines[-1] += " " + comment
            else:
                self._lines.append(indentation(self._depth_above) + comment)

    def text(self) -> str:
        lines = [*self._lines, self._current] if self._current else self._lines
        return "".join(f"{line}\n" for line in lines)

    def _break_line(self, marker: str) -> None:
        depth = self._depth
        self._depth += _STEPS[marker]
        if marker == "shut":  # steps back without a new line
            return
        self._depth_above = max(depth, self._depth)
        self._lines.append(self._indent + self._current)
        self._current, self._indent = "", indentation(self._depth)


def statements_of(program: str) -> list[str]:
    """Return the statements of a program at its top level, each beginning a line.

    Raises:
        AsySyntaxError: It does not parse.
    """
    lines = program.splitlines(keepends=True)
    tops = [node for node in load_grammar().parse(program).children if isinstance(node, Node)]
    starts = sorted({node.span.line - 1 for node in tops})
    return ["".join(lines[start:end]) for start, end in pairwise([*starts, len(lines)])]
