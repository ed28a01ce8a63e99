"""Writes one line at random under a mask, led by its pieces as far as the mask lets them through.

The gaps between its pieces, and all that the mask lets through no further, are filled with any
tokens. The longer a gap gets, the more weight have tokens that close something.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from asygrammar.decoding.constraint import ProgramRow
from asygrammar.eval.rows import Masks
from asygrammar.eval.usages import Line, Piece
from asygrammar.eval.vocabulary import Vocabulary, begins_value

#: Tokens that a gap takes before what closes it gains weight, and those that a line has at most.
_GAP, _LONGEST = 5, 60
#: What is written where a value begins in a line that gets long, the likelier the longer it is.
_LEAF, _TO_LEAF = 0.75, 0.1
_LEAVES = (
    *("1", "2", ".5", "(1,2)", "(1,0,0)", "true", '"a"', "red", "dashed", "unitcircle"),
    *("unitsquare", "identity", "currentpicture", "Arrow", "SimpleHead", "N", "sin", "dir", "up"),
    *("new real[] {}", "new pair[] {(0,0)}", "new int[] {1}", "shift(1,2)", "unitcircle3"),
    *("i", "x"),
)
# What may stand behind a whole value. A comma may end a name's declaration, and is tried last.
_ENDS = (";", ")", "]", "}", " :", ",", ", ")


class DeadEnd(RuntimeError):  # noqa: N818 - it is what walkers call it
    """No token can come next, and the program cannot end."""


@dataclass
class LineText:
    """The line that is being written.

    Attributes:
        text: What there is of it.
        depth: How many brackets are open.
        quoted: Whether a string is.
    """

    text: str = ""
    depth: int = 0
    quoted: bool = False

    @property
    def ended(self) -> bool:
        """Whether the line has come to its end."""
        return self.text.endswith("\n")

    def add(self, text: str) -> None:
        """Add a token's text."""
        self.text += text
        for character in text:
            if character == '"':
                self.quoted = not self.quoted
            elif not self.quoted:
                self.depth += (character in "([{") - (character in ")]}")


class LineWriter:
    """Writes lines of one program.

    Args:
        row: The program.
        masks: Reads the row's masks.
        vocabulary: The tokens that are written.
        random: Where the choices come from.

    Attributes:
        line: The last line, as far as it was written.
        tokens: How many tokens all lines took.
    """

    def __init__(
        self, row: ProgramRow, masks: Masks, vocabulary: Vocabulary, random: Random
    ) -> None:
        self.row, self.masks, self.vocabulary, self.random = row, masks, vocabulary, random
        self.line = LineText()
        self.tokens = 0

    def takes(self, text: str) -> bool:
        """Tell whether a text may come next, all of it."""
        return self._takes(self._spell(text))

    def write(self, line: Line) -> tuple[bool, bool]:
        """Write a line's pieces, and go on at random where the mask does not let one through.

        Returns:
            Whether the line has come to its end, and whether all of its pieces are in it.
        """
        self.line = LineText()
        for number, piece in enumerate(line):
            if piece is None:
                following = line[number + 1] if number + 1 < len(line) else None
                done = self._write_gap(following)
            else:
                done = self._write_text(piece)
            if self.line.ended:
                return True, number + 1 == len(line)
            if not done:
                break
        return self._write_gap(None), False

    def _write_text(self, text: str) -> bool:
        """Write a text, token by token; tell whether the mask let all of it through."""
        while text:
            token = self.vocabulary.beginning(text, self.masks.of(self.row), self.random)
            if token is None:
                return False
            text = text[len(self._advance(token)) :]
        return True

    def _write_gap(self, following: Piece) -> bool:
        """Write any tokens up to a text that may follow, or to the end of the line.

        Returns:
            Whether the text can follow, or the line has ended.
        """
        vocabulary = self.vocabulary
        start, length, soft = self.line.depth, 0, self.random.randint(1, _GAP)
        while len(self.line.text) < _LONGEST * 4 and length < _LONGEST:
            allowed = self.masks.of(self.row)
            allowed[vocabulary.special] = False
            if not allowed.any():
                raise DeadEnd(f"{self.row.error or 'nothing is allowed'}: {self.line.text!r}")
            level = self.line.depth <= start and not self.line.quoted
            if following and length and level and self._ends_gap(length, following, allowed):
                return True
            if following and following[0] == "$" and self._ends_gap(length, following, allowed):
                return True
            if following and level and length:
                inner = allowed & ~vocabulary.ending
                allowed = inner if inner.any() else allowed
            pressure = max(0, length - soft)
            leaf = self._leaf(pressure) if begins_value(self.line) else ()
            for token in leaf or [vocabulary.pick(allowed, self.line, pressure, self.random)]:
                self._advance(token)
                length += 1
            if self.line.ended:
                return True
            if following and self.line.depth < start:
                return False
        return False

    def _leaf(self, pressure: int) -> Sequence[int]:
        """Return, the likelier the longer the line is, tokens of a value that needs no more."""
        if self.random.random() > _LEAF + _TO_LEAF * pressure:
            return ()
        for leaf in self.random.sample(_LEAVES, len(_LEAVES)):
            tokens = self._spell(leaf)
            if self._takes(tokens) and any(self._takes(tokens + self._spell(end)) for end in _ENDS):
                return tokens
        return ()

    def _spell(self, text: str) -> list[int]:
        return self.vocabulary.spell(text, self.random)

    def _takes(self, tokens: Sequence[int]) -> bool:
        return self.row.accepts(tokens) == len(tokens)

    def _ends_gap(self, length: int, following: str, allowed: NDArray[np.bool_]) -> bool:
        if self.random.random() > 0.6 + 0.05 * length:
            return False
        return self.vocabulary.beginning(following, allowed, self.random) is not None

    def _advance(self, token: int) -> str:
        self.row.advance(token)
        if error := self.row.error:
            raise DeadEnd(f"{error}: {self.line.text!r}")
        self.tokens += 1
        text = self.vocabulary.texts[token]
        self.line.add(text)
        return text
