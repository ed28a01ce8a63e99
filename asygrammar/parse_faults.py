"""From Lark's parse errors to diagnostics in words a teacher understands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lark import Lark, Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.lexer import PatternStr

from asygrammar.diagnostics import Diagnostic, Span
from asygrammar.faults import (
    MissingSemicolon,
    ReservedWord,
    Unclosed,
    UnclosedText,
    UnexpectedEnd,
    UnexpectedText,
    UnknownCharacter,
    Unopened,
    UnsupportedWord,
)

_CLOSERS = {"(": ")", "[": "]", "{": "}"}
_OPENERS = {closer: opener for opener, closer in _CLOSERS.items()}

# What may stand somewhere, from the widest notion to the narrowest: where all terminals on the
# left may stand, the words on the right say so, and the terminals in the third column go unsaid.
_OPERATORS = {"ADD", "TIGHT", "SPACED", "LOGIC", "--", "---", "..", "::", "?", ".", "[", "{", "("}
_OPERANDS = {"NAME", "TYPE", "NUMBER", "STRING", "ADD", "(", "!", "++", "--", "[", "{"}
_OPERANDS |= {"operator", "new", "true", "false", "null", "cycle", "newframe", "curl"}
_NOTIONS: tuple[tuple[set[str], str, set[str]], ...] = (
    ({"NAME", "TYPE", "for", "}"}, "a statement or `}`", set()),
    ({"NAME", "TYPE", "for"}, "a statement", set()),
    ({"ADD", "TIGHT"}, "an operator", _OPERATORS | _OPERANDS | {"UPDATE"}),
    ({"SPACED", "--"}, "an operator", _OPERATORS | {"UPDATE"}),
    ({"NAME", "NUMBER", "("}, "an expression", _OPERANDS),
    ({"NAME", "TYPE"}, "a type or a name", {"operator", "explicit"}),
    ({"NAME"}, "a name", {"operator", "(", "["}),
    ({"TYPE"}, "a type", {"operator", "explicit"}),
)
_TERMINAL_WORDS = {
    "NUMBER": "a number",
    "STRING": "a text in quotes",
    "ADD": "`+` or `-`",
    "TIGHT": "an operator such as `*`",
    "SPACED": "an operator such as `<`",
    "UPDATE": "an operator such as `+=`",
    "MODIFIER": "a word such as `static`",
    "$END": "the end of the program",
}
_PUNCTUATION = (";", ",", ")", "]", "}", "=", ":", "(", "{")
_RARELY_MEANT = {"...", "UPDATE", "explicit", "["}
_ADVICE = {
    "++": "write `++` in front of the name",
    "[": "lists are written in `{ }`",
    "let": "declare a name with its type, such as `real x = 3;`",
    "var": "declare a name with its type, such as `real x = 3;`",
}
_LONGEST_LIST = 4

_TYPOGRAPHY = {
    **dict.fromkeys("“”„«»", 'write quotes as "'),
    **dict.fromkeys("‘’", "write quotes as '"),
    **dict.fromkeys("−–—", "write minus as -"),
    **dict.fromkeys("×·⋅", "write times as *"),
    "÷": "write division as /",
    "≤": "write <=",
    "≥": "write >=",
    "≠": "write !=",
    "π": "write pi",
    "°": "angles are in degrees; write the number alone",
    "`": "remove the code fence: only the program belongs here",
    "\\": "TeX belongs inside quotes, in a label",
    "$": "TeX belongs inside quotes, in a label",
}


def explain(lark: Lark, source: str, error: UnexpectedInput) -> Diagnostic:
    """Say what is wrong where the parser stopped."""
    if isinstance(error, UnexpectedCharacters):
        return _explain_character(source, error)
    if isinstance(error, UnexpectedToken):
        return _explain_token(lark, source, error)
    raise error


def _explain_character(source: str, error: UnexpectedCharacters) -> Diagnostic:
    at = error.pos_in_stream or 0
    character = source[at]
    span = Span.at(error.line, error.column)
    if character in "\"'":
        return UnclosedText(span, "a text in quotes", f"`{character}`")
    word = re.match(r"[A-Za-z_]\w*", source[at:])
    if word:
        return UnsupportedWord(Span.at(error.line, error.column, len(word[0])), word[0])
    advice = _TYPOGRAPHY.get(character, "remove it, or put it inside quotes")
    return UnknownCharacter(span, character, advice)


def _explain_token(lark: Lark, source: str, error: UnexpectedToken) -> Diagnostic:
    token = error.token
    before = list(_tokens_before(lark, source, error))
    possible = {_spelling(lark, name) for name in error.accepts or error.expected}
    found = _Found(token, before, _open_brackets(before), possible)
    if source.startswith("/*", token.start_pos or 0) and token.type != "$END":
        return UnclosedText(_span(token), "a comment", "`*/`")
    if found.misses_bracket:
        opener = found.opened[-1]
        return Unclosed(_span(opener), str(opener), _CLOSERS[str(opener)])
    if token in _OPENERS and not found.opened:
        return Unopened(_span(token), str(token), _OPENERS[str(token)])
    if found.misses_semicolon:
        return MissingSemicolon(_end_of(before))
    if found.at_end:
        return UnexpectedEnd(_end_of(before), describe(possible))
    if found.is_word_for_name:
        return ReservedWord(_span(token), str(token))
    advice = _ADVICE.get(str(token), "")
    if not advice and found.begins_operand and found.opened and "," in possible:
        advice = "put `,` between the two"
    return UnexpectedText(_span(token), _shorten(str(token)), describe(possible), advice)


@dataclass(frozen=True)
class _Found:
    """The token that stopped the parser, and what it says about the text before it."""

    token: Token
    before: list[Token]
    opened: list[Token]
    possible: set[str]

    @property
    def at_end(self) -> bool:
        return self.token.type == "$END"

    @property
    def begins_operand(self) -> bool:
        return self.token.type in ("NAME", "NUMBER", "STRING")

    @property
    def is_word_for_name(self) -> bool:
        """Whether a word of the language stands where only a name could (and no statement)."""
        word = self.token.isidentifier() and self.token.type != "NAME"
        return word and "NAME" in self.possible and "for" not in self.possible

    @property
    def on_new_line(self) -> bool:
        return bool(self.before) and (self.token.line or 0) > (self.before[-1].end_line or 0)

    @property
    def misses_bracket(self) -> bool:
        """Whether the last open bracket should have been closed before this token."""
        if not self.opened:
            return False
        closer = _CLOSERS[str(self.opened[-1])]
        if self.at_end:
            return closer in self.possible or ";" not in self.possible
        if self.token in _OPENERS and self.token != closer:
            return True
        if self.opened[-1] == "{" or closer not in self.possible:
            return False
        return self.token in (";", "{") or self.on_new_line

    @property
    def misses_semicolon(self) -> bool:
        if ";" not in self.possible or not self.before:
            return False
        if self.at_end or self.on_new_line:
            return True
        return self.token.type == "NAME" and self.before[-1] in (")", "]", "}")


def describe(possible: Iterable[str]) -> str:
    """Say in words which terminals may stand somewhere.

    Args:
        possible: Names of terminals, or for words and punctuation the text itself.
    """
    left, said = set(possible), []
    for members, words, implied in _NOTIONS:
        if members <= left:
            said.append(words)
            left -= members | implied
        if words.startswith("a statement") and said:
            return words
    if said:
        left -= _RARELY_MEANT
    ordered = [mark for mark in _PUNCTUATION if mark in left]
    ordered += sorted(left - set(_PUNCTUATION))
    said += [_TERMINAL_WORDS.get(name, f"`{name}`") for name in ordered]
    said = said[:_LONGEST_LIST]
    return " or ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


def _tokens_before(lark: Lark, source: str, error: UnexpectedToken) -> Iterator[Token]:
    at_end, stop = error.token.type == "$END", error.token.start_pos or 0
    # The parser's own lexer: `lark.lex` would build another one, which takes a tenth of a second.
    lexer = lark.parse_interactive(source).lexer_thread
    tokens: Iterator[Token] = lexer.lex(None)  # type: ignore[no-untyped-call]
    for token in tokens:
        if not at_end and (token.start_pos or 0) >= stop:
            return
        yield token


def _open_brackets(tokens: Iterable[Token]) -> list[Token]:
    opened: list[Token] = []
    for token in tokens:
        if token in _CLOSERS:
            opened.append(token)
        elif token in _OPENERS and opened:
            opened.pop()
    return opened


def _spelling(lark: Lark, name: str) -> str:
    """Return a terminal's text where it has just one, else its name."""
    for terminal in lark.terminals:
        if terminal.name == name and isinstance(terminal.pattern, PatternStr):
            return str(terminal.pattern.value)
    return name


def _span(token: Token) -> Span:
    return Span(token.line or 1, token.column or 1, token.end_line or 1, token.end_column or 1)


def _end_of(tokens: list[Token]) -> Span:
    if not tokens:
        return Span.at(1, 1, 0)
    last = _span(tokens[-1])
    return Span.at(last.end_line, last.end_column, 0)


def _shorten(text: str, width: int = 30) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 3] + "..."
