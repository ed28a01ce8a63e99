"""How much of a program runs, statement by statement: softer than whether it compiles.

Knows how a text falls into statements, also one that has syntax errors; a live compiler says which
of them run.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from asygrammar.compiler import CompilerSession
from asygrammar.compiler.scan import Token
from asygrammar.eval.metrics import scan
from asygrammar.layout import format_asy, statements_of
from asygrammar.parser import AsySyntaxError

_CLOSERS = {"(": ")", "[": "]", "{": "}"}
# A block ends a statement that begins with one of these; behind a `}` of any other, a value ends.
_BLOCKS = frozenset(("for", "while", "if", "do", "else", "struct", "{"))


def statements_run(program: str, session: CompilerSession, *, timeout: float = 30.0) -> float:
    """Return the share of a program's statements that run.

    The statements are those of its top level, a block or a function as a whole. They are run one
    after the other; one that is refused is left out, and the next runs without it. What is not
    run in time counts as refused. Whether the program draws anything is not asked.

    Args:
        program: The text; in one with syntax errors, statements end where they most likely do.
        session: A live compiler, whose program they go on with; it is left as it was.
        timeout: Of all statements together, in seconds; each has the session's own besides.

    Returns:
        From 0 to 1; 0 of a text without statements.

    Raises:
        CompilerMissing: ``asy`` is not installed.
    """
    statements = top_level_statements(program)
    before, end = len(session.statements), time.monotonic() + timeout
    run = 0
    try:
        for statement in statements:
            if time.monotonic() > end:
                break
            run += session.run(statement).ok
    finally:
        session.rollback(len(session.statements) - before)
    return run / len(statements) if statements else 0.0


def top_level_statements(program: str) -> list[str]:
    """Return the statements at a program's top level.

    Of a text that parses, they are laid out by `format_asy`, without comments. Else they end at a
    ``;`` or ``}`` outside of brackets; and at a ``;`` that ends a line, where only ``(`` and ``[``
    are open, so that a bracket too many or too few spoils one statement and not the rest.
    """
    try:
        return statements_of(format_asy(program, comments=False))
    except AsySyntaxError:
        return list(_pieces(program))


def _pieces(text: str) -> Iterator[str]:
    """Yield the statements of a text that does not parse."""
    found = scan(text)
    start, opened = 0, list[str]()
    for at, token in enumerate(found):
        following = found[at + 1] if at + 1 < len(found) else None
        if token.text in _CLOSERS:
            opened.append(_CLOSERS[token.text])
        elif token.text in opened[-1:] or (token.text == "}" and "}" in opened):
            # What is open within a block ends with it.
            while opened.pop() != token.text:
                pass
        if _ends(token, following, found[start], opened, text):
            yield text[found[start].start : token.end]
            start, opened = at + 1, []
    if start < len(found):
        yield text[found[start].start :]


def _ends(
    token: Token, following: Token | None, first: Token, opened: list[str], text: str
) -> bool:
    """Whether a token ends the statement that began with another."""
    if token.kind != "mark" or token.text not in (";", "}"):
        return False
    if following is not None and _goes_on(token, following, first):
        return False
    if token.text == "}":
        return not opened and _ends_block(first, following)
    ends_line = following is None or "\n" in text[token.end : following.start]
    return not opened or (ends_line and "}" not in opened)


def _goes_on(token: Token, following: Token, first: Token) -> bool:
    loop = token.text == "}" and first.text == "do"
    return following.text == "else" or (loop and following.text == "while")


def _ends_block(first: Token, following: Token | None) -> bool:
    """Whether a statement ends with the block that ends here, rather than goes on behind it."""
    if first.text in _BLOCKS or following is None:
        return True
    return following.kind in ("word", "number") or following.text in ("{", "}", "(")
