"""Right-hand sides as trees: of rules, and of the patterns of terminals.

Both are read into the same nodes, so that a grammar can be written in a dialect that knows no
regular expressions. Only what ``grammars/asy.lark`` is written in can be read: no look-around, no
counted repetition.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

from asygrammar.lark_text import GrammarFault, Symbol


@dataclass(frozen=True)
class Literal:
    """A text as it stands."""

    text: str


@dataclass(frozen=True)
class Characters:
    """One character of a set, or outside of it.

    Attributes:
        ranges: First and last character of each range, both in the set.
        negated: Whether the character must be outside of it.
    """

    ranges: tuple[tuple[str, str], ...]
    negated: bool = False


@dataclass(frozen=True)
class Reference:
    """A rule or a terminal, by its name."""

    name: str


@dataclass(frozen=True)
class Sequence:
    """Parts, one after the other; no parts are the empty text."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True)
class Choice:
    """One of several alternatives."""

    alternatives: tuple[Tree, ...]


@dataclass(frozen=True)
class Repetition:
    """A part, any number of times from ``least`` on; ``once``: at most one time."""

    part: Tree
    least: int
    once: bool = False


Tree = Literal | Characters | Reference | Sequence | Choice | Repetition

_QUANTIFIERS = {"*": (0, False), "+": (1, False), "?": (0, True)}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "f": "\f"}


def read_rule(symbols: list[Symbol]) -> Tree:
    """Read the right-hand side of a rule.

    Args:
        symbols: Its symbols, brackets in pairs.
    """
    return _RuleReader(symbols).choice()


def read_pattern(pattern: str) -> Tree:
    """Read a terminal's regular expression.

    Args:
        pattern: The expression between slashes.

    Raises:
        GrammarFault: It uses what cannot be read here.
    """
    reader = _PatternReader(pattern[1:-1])
    tree = reader.choice()
    if reader.at < len(reader.text):
        raise reader.fault()
    return tree


def children(tree: Tree) -> tuple[Tree, ...]:
    """Return the parts of a node."""
    if isinstance(tree, Sequence):
        return tree.parts
    if isinstance(tree, Choice):
        return tree.alternatives
    return (tree.part,) if isinstance(tree, Repetition) else ()


def references(tree: Tree) -> Iterator[str]:
    """Return the names a tree refers to, from left to right."""
    if isinstance(tree, Reference):
        yield tree.name
    for child in children(tree):
        yield from references(child)


def sequence(parts: list[Tree]) -> Tree:
    """Put parts one after the other; one part stands for itself."""
    return parts[0] if len(parts) == 1 else Sequence(tuple(parts))


def choice(alternatives: list[Tree]) -> Tree:
    """Offer alternatives; one stands for itself."""
    return alternatives[0] if len(alternatives) == 1 else Choice(tuple(alternatives))


class _Reader(ABC):
    """Reads alternatives; of what they are made, the kinds of right-hand side know."""

    at = 0

    def choice(self) -> Tree:
        alternatives = [self.sequence()]
        while self._next() == "|":
            self.at += 1
            alternatives.append(self.sequence())
        return choice(alternatives)

    @abstractmethod
    def sequence(self) -> Tree: ...

    @abstractmethod
    def _next(self) -> str: ...


class _RuleReader(_Reader):
    def __init__(self, symbols: list[Symbol]) -> None:
        self.symbols = symbols

    def sequence(self) -> Tree:
        parts: list[Tree] = []
        while self._next() not in ("", "|", ")", "]"):
            part = self._part()
            if self._next() in _QUANTIFIERS:
                part = Repetition(part, *_QUANTIFIERS[self._next()])
                self.at += 1
            parts.append(part)
        return sequence(parts)

    def _next(self) -> str:
        return self.symbols[self.at].text if self.at < len(self.symbols) else ""

    def _part(self) -> Tree:
        symbol = self.symbols[self.at]
        self.at += 1
        if symbol.kind == "string":
            return Literal(json.loads(symbol.text))
        if symbol.kind == "regexp":
            return read_pattern(symbol.text)
        if symbol.kind == "name":
            return Reference(symbol.text)
        inner = self.choice()
        self.at += 1  # the closing bracket
        return Repetition(inner, 0, once=True) if symbol.text == "[" else inner


class _PatternReader(_Reader):
    def __init__(self, text: str) -> None:
        self.text = text

    def fault(self) -> GrammarFault:
        return GrammarFault(
            f"the pattern /{self.text}/ has at {self.at} what only llguidance can read: "
            "write it with characters, sets, groups, | * + and ?"
        )

    def sequence(self) -> Tree:
        parts: list[Tree] = []
        while self._next() not in ("", "|", ")"):
            part = self._part()
            if self._next() in _QUANTIFIERS:
                part = Repetition(part, *_QUANTIFIERS[self._take()])
            if isinstance(part, Literal) and parts and isinstance(parts[-1], Literal):
                part = Literal(parts.pop().text + part.text)  # type: ignore[union-attr]
            parts.append(part)
        return sequence(parts)

    def _next(self) -> str:
        return self.text[self.at : self.at + 1]

    def _take(self) -> str:
        self.at += 1
        return self.text[self.at - 1 : self.at]

    def _part(self) -> Tree:
        first = self._next()
        if first in ("*", "+", "?", "{", "^", "$") or self.text.startswith("(?", self.at):
            raise self.fault()
        if first == "(":
            self.at += 1
            inner = self.choice()
            if self._take() != ")":
                raise self.fault()
            return inner
        if first == "[":
            self.at += 1
            return self._set()
        if first == ".":
            self.at += 1
            return Characters((("\n", "\n"),), negated=True)
        return Literal(self._character())

    def _set(self) -> Characters:
        negated = self._next() == "^"
        self.at += negated
        ranges: list[tuple[str, str]] = []
        while self._next() != "]":
            if not self._next():
                raise self.fault()
            first = last = self._character()
            if self._next() == "-" and self.text[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                last = self._character()
            ranges.append((first, last))
        self.at += 1
        return Characters(tuple(ranges), negated)

    def _character(self) -> str:
        character = self._take()
        if character != "\\":
            return character
        escaped = self._take()
        if escaped.isalnum() and escaped not in _ESCAPES:
            self.at -= 1
            raise self.fault()
        return _ESCAPES.get(escaped, escaped)
