"""Ending the statement a program is in, when the tokens run out before its first one is whole.

A program that ran out of tokens is cut back to its last complete statement. Where there is none
yet, that would leave nothing: so the last tokens of the budget go to ending the statement. How, is
searched for: short texts are put one after the other, as far as the constraint lets them. Where no
end is near, more and more of the statement is given up, in the worst case all of it.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator, Sequence
from typing import Protocol

from llguidance import LLTokenizer

# Texts to go on with, and what each costs, by what the text so far ends in. What ends something is
# cheap, what begins something else is not.
_IN_TEXT = (
    ('"', 1),
    ("$", 1),
    ("}", 1),
    ("{1}", 2),
    ("1", 3),
    ("\\)", 3),
    ("'", 3),
    (")", 3),
    ("]", 3),
)
_AFTER_VALUE = (
    *(("\n", 1), (";\n", 1), (");\n", 1), (")", 1), ("]", 1), ("}", 1), (" : ", 2), (", 0", 4)),
    *(
        (", N", 4),
        (", ", 5),
        (" = ", 4),
        ("=", 4),
        ("(", 4),
        ("--", 5),
        (" {\n", 4),
        (" ", 5),
        (".", 5),
    ),
    *(("[0]", 4), ("*(0,0)", 4), ("*unitcircle", 5)),
)
_BEFORE_VALUE = (
    *(("0", 2), ("N", 2), ("red", 2), ("(0,0)", 2), ("0,0)", 2), ('"a"', 2), ("true", 2), ("x", 2)),
    *((")", 1), (" ", 2), (";\n", 2), ("}", 2), ("\n", 2), ("unitcircle", 3), ("dot((0,0));\n", 3)),
    *(("cycle", 3), ("a", 3), ("i", 3), ("(", 5), ("return ", 5), ("shift(0,0)", 5), ("{", 5)),
)
_AFTER = re.compile(r"[\w.)\]}\"']$")
_CLOSED_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'', re.DOTALL)
_UNFINISHED_NAME = re.compile(r"[A-Za-z_]\w*$")
#: How many texts a search looks at.
MOST_TRIED = 1500
#: How many ends of an unfinished name are tried.
_MOST_ENDS = 8


class Walk(Protocol):
    """A constraint that can be tried out: see `asygrammar.decoding.constraint.SyntaxConstraint`."""

    def advance(self, row: int, token: int) -> None:
        """Take in a token."""

    def rollback(self, row: int, count: int) -> None:
        """Take back the last tokens."""

    def accepts(self, row: int, tokens: Sequence[int]) -> int:
        """Return how many of some tokens can follow."""

    def accepting(self, row: int) -> bool:
        """Tell whether the program may end."""

    def names(self, row: int) -> Sequence[str]:
        """Return names that may be used, as far as they are known."""


def tokens_to_close(text: str) -> int:
    """Estimate, on the safe side, how many tokens end the statement that a text stops in."""
    plain = _CLOSED_STRINGS.sub("", text)
    brackets = sum(map(plain.count, "([{")) - sum(map(plain.count, ")]}"))
    return 24 + 2 * max(brackets, 0) + 4 * plain.count("?")


def find_ending(walk: Walk, row: int, tokenizer: LLTokenizer, text: str) -> list[int] | None:
    """Find tokens that make a program complete, cheap ones first.

    Args:
        walk: The constraint; it is where it was when this returns.
        row: Which of its programs.
        tokenizer: Turns texts into tokens.
        text: What the program is so far.

    Returns:
        The tokens, or ``None`` where the search finds none.
    """
    tried = 0
    waiting: list[tuple[float, int, list[int], str]] = [(0, 0, [], text)]
    while waiting and tried < MOST_TRIED:
        cost, _, tokens, so_far = heapq.heappop(waiting)
        for token in tokens:
            walk.advance(row, token)
        if tokens and walk.accepting(row):
            walk.rollback(row, len(tokens))
            return tokens
        for piece, price in _pieces(so_far, walk.names(row)):
            more = tokenizer.tokenize_str(piece)
            tried += 1
            if walk.accepts(row, more) == len(more):
                after = so_far + piece
                heapq.heappush(
                    waiting,
                    (cost + price + _open(after) - _open(so_far), tried, tokens + more, after),
                )
        walk.rollback(row, len(tokens))
    return None


def end_program(
    walk: Walk, row: int, tokenizer: LLTokenizer, tokens: Sequence[int], most: int
) -> list[int] | None:
    """Return a complete program that begins as a row does, as far as that can be.

    Args:
        walk: The constraint; the row has then taken in what is returned.
        row: Which of its programs.
        tokenizer: Turns texts into tokens.
        tokens: The tokens of the row so far.
        most: How many tokens may be added.

    Returns:
        Tokens of the program, or ``None`` where nothing is found.
    """
    kept = list(tokens)
    while True:
        ending = find_ending(walk, row, tokenizer, tokenizer.decode_str(kept))
        if ending is not None and len(ending) <= most:
            for token in ending:
                walk.advance(row, token)
            return kept + ending
        if not kept:
            return None
        walk.rollback(row, len(kept) - len(kept) // 2)
        kept = kept[: len(kept) // 2]


def _pieces(text: str, names: Sequence[str]) -> Iterator[tuple[str, int]]:
    if _CLOSED_STRINGS.sub("", text).count('"') % 2:
        yield from _IN_TEXT
    else:
        yield from _AFTER_VALUE if _AFTER.search(text) else _BEFORE_VALUE
    if begun := _UNFINISHED_NAME.search(text):
        ends = sorted((n[len(begun[0]) :] for n in names if n.startswith(begun[0])), key=len)
        yield from ((end, 2) for end in ends[:_MOST_ENDS] if end)


def _open(text: str) -> int:
    """Return a price for what is open: brackets, and in a text its braces and dollars."""
    plain, quote, inside = _CLOSED_STRINGS.sub("", text).partition('"')
    brackets = sum(map(plain.count, "([{")) - sum(map(plain.count, ")]}"))
    within = inside.count("{") - inside.count("}") + inside.count("$") % 2 + len(quote)
    return 3 * (brackets + within)
