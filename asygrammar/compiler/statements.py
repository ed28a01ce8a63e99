"""Which statement of a program was running when a module reported a fault.

``asy`` names only the innermost place, such as a line of ``plain_paths.asy``. So the program runs
once more, with a mark written before each of its statements; the last mark names the statement.
"""

from __future__ import annotations

import dataclasses
import re
import secrets

from asygrammar.compiler.faults import AsyError
from asygrammar.compiler.scan import Source, Token
from asygrammar.diagnostics import Diagnostic, Span

_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
# A statement that one of these begins goes on after the semicolon in front of it.
_CONTINUING = frozenset(("else", "while"))


def marked(source: Source) -> tuple[str, str]:
    """Return a program that writes a mark before each statement, and the mark.

    Only statements at the top level that follow a semicolon (or nothing) are marked, so that the
    program's meaning is sure to stay.
    """
    mark = f"@{secrets.token_hex(6)}@"
    starts = _statement_starts(source)
    text, done = [], 0
    for number, token in enumerate(starts):
        text += [source.text[done : token.start], f'write("{mark}{number}@",flush);']
        done = token.start
    return "".join([*text, source.text[done:]]), mark if starts else ""


def last_begun(log: str, mark: str, source: Source) -> Span | None:
    """Return the span of the last statement that was marked in a log."""
    numbers = re.findall(re.escape(mark) + r"(\d+)@", log)
    if not numbers:
        return None
    first = _statement_starts(source)[int(numbers[-1])]
    depth = 0
    for token in source.tokens[source.tokens.index(first) :]:
        depth += (token.text in _OPENING) - (token.text in _CLOSING)
        if depth == 0 and token.text == ";":
            return source.span(first.start, token.end)
    return source.span(first.start, source.tokens[-1].end)


def at(fault: Diagnostic, span: Span | None) -> Diagnostic:
    """Return a fault with a place, where it is asy's and has none yet."""
    if isinstance(fault, AsyError) and fault.span is None:
        return dataclasses.replace(fault, span=span)
    return fault


def _statement_starts(source: Source) -> list[Token]:
    starts, depth, before = [], 0, ";"
    for token in source.tokens:
        if depth == 0 and before == ";" and token.text not in _CONTINUING:
            starts.append(token)
        depth += (token.text in _OPENING) - (token.text in _CLOSING)
        before = token.text if token.kind == "mark" else ""
    return starts
