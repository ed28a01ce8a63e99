"""Ending the statement a program is in, when its tokens run out.

A program that ran out of tokens is cut back to its last complete statement. Where there is none
yet, or it is in a block, that would leave little: so the last tokens of the budget go to ending the
statement. How, is searched for: short texts are put one after the other, as far as the constraint
lets them. Where no end is near, more and more of the statement is given up.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator, Sequence

from asygrammar.decoding.constraint import Constraint

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


def tokens_to_close(text: str) -> int:
    """Estimate, on the safe side, how many tokens end the statement that a text stops in."""
    plain = _CLOSED_STRINGS.sub("", text)
    brackets = sum(map(plain.count, "([{")) - sum(map(plain.count, ")]}"))
    return 24 + 2 * max(brackets, 0) + 4 * plain.count("?")


def find_ending(walk: Constraint, row: int, text: str) -> list[int] | None:
    """Find tokens that make a program complete, cheap ones first.

    Args:
        walk: The constraint; it is where it was when this returns.
        row: Which of its programs.
        text: The statement that the program is in, as far as it goes.

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
            more = walk.spell(piece)
            tried += 1
            if walk.accepts(row, more) == len(more):
                after = so_far + piece
                heapq.heappush(
                    waiting,
                    (cost + price + _open(after) - _open(so_far), tried, tokens + more, after),
                )
        walk.rollback(row, len(tokens))
    return None


def end_statement(walk: Constraint, row: int, tokens: Sequence[int], most: int) -> list[int] | None:
    """Return a complete statement that begins as a row does, as far as that can be.

    Args:
        walk: The constraint; the row has then taken in what is returned.
        row: Which of its programs.
        tokens: The tokens of the statement so far.
        most: How many tokens may be added.

    Returns:
        Tokens of the statement, or ``None`` where nothing is found: the row is then where the
        statement began.
    """
    kept = len(tokens)
    for length in _places_to_end(walk, tokens):
        walk.rollback(row, kept - length)
        kept = length
        ending = find_ending(walk, row, walk.read(tokens[:kept]))
        if ending is not None and kept + len(ending) <= len(tokens) + most:
            for token in ending:
                walk.advance(row, token)
            return [*tokens[:kept], *ending]
    return None


def _places_to_end(walk: Constraint, tokens: Sequence[int]) -> Iterator[int]:
    """Yield how many tokens of a statement to keep: all, its whole lines, less and less of one."""
    yield len(tokens)
    lines = [at + 1 for at, token in enumerate(tokens[:-1]) if "\n" in walk.read([token])]
    yield from reversed(lines)
    length = lines[0] if lines else len(tokens)
    while length:
        length //= 2
        yield length


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
