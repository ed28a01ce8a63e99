"""A light scan of a program's text into words, strings and marks.

It agrees with ``asy`` on where strings and comments begin and end, and knows nothing else: it
works on programs that do not parse, which is when faults need a place.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from asygrammar.diagnostics import Span

# In "..." only \" is an escape; a pair \\ stays two characters but does not end the string.
# '...' knows C's escapes. Both run over line ends; comments do not nest.
_TOKEN = re.compile(
    r"""
    (?P<skip> \s+ | //[^\n]* | /\*.*?\*/ )
  | (?P<open_comment> /\* )
  | (?P<string> "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' )
  | (?P<open_string> ["'] )
  | (?P<word> [A-Za-z_]\w* )
  | (?P<number> (?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)? )
  | (?P<mark> . )
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_C_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_C_LETTERS = dict(zip("abfnrtv", "\a\b\f\n\r\t\v", strict=True))


@dataclass(frozen=True)
class Token:
    """One word, number, string or mark.

    Attributes:
        kind: ``word``, ``number``, ``string``, ``mark``, ``open_string`` or ``open_comment`` (the
            last two never end).
        text: As written.
        start: Offset of its first character in the source, 0-based.
    """

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Offset just after the last character, 0-based."""
        return self.start + len(self.text)

    @property
    def value(self) -> str:
        """What a string stands for: its text without quotes, escapes resolved."""
        body = self.text[1:-1]
        if self.text.startswith("'"):
            return _C_ESCAPE.sub(_unescaped, body)
        return re.sub(r'\\(\\|")', lambda found: found[0] if found[1] == "\\" else '"', body)


def _unescaped(found: re.Match[str]) -> str:
    code = found[1]
    if code[0] == "x" and len(code) > 1:
        return chr(int(code[1:], 16))
    if code[0] in "01234567":
        return chr(int(code, 8))
    return _C_LETTERS.get(code, code)


def tokens(source: str) -> list[Token]:
    """Return the tokens of a program, white space and comments left out."""
    found = []
    for match in _TOKEN.finditer(source):
        kind = match.lastgroup or "mark"
        if kind != "skip":
            found.append(Token(kind, match.group(), match.start()))
            if kind.startswith("open"):
                break
    return found


@dataclass(frozen=True)
class Source:
    """A program's text, with its tokens and the means to name places in it.

    Attributes:
        text: The program, its lines ending in a line feed alone.
    """

    text: str
    tokens: Sequence[Token] = field(init=False)
    _starts: Sequence[int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tokens", tokens(self.text))
        starts = [0, *(match.end() for match in re.finditer("\n", self.text))]
        object.__setattr__(self, "_starts", starts)

    def span(self, start: int, end: int) -> Span:
        """Return the span from one offset (0-based) up to another."""
        (line, column), (end_line, end_column) = self._place(start), self._place(end)
        return Span(line, column, end_line, end_column)

    def span_of(self, token: Token) -> Span:
        """Return the span of a token."""
        return self.span(token.start, token.end)

    def span_at(self, line: int, byte: int) -> Span | None:
        """Return the span of what stands at a line and a *byte* column, both 1-based.

        ``asy`` counts the bytes of UTF-8; a diagnostic counts characters. The span covers the
        word there, or one character; ``None`` where the program has no such line.
        """
        if not 1 <= line <= len(self._starts):
            return None
        start = self._starts[line - 1]
        text = self.text[start:].split("\n", 1)[0]
        column = len(text.encode()[: max(byte - 1, 0)].decode(errors="ignore"))
        word = re.compile(r"\w+", re.ASCII).match(text, column)
        return Span.at(line, column + 1, len(word.group()) if word else 1)

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1
