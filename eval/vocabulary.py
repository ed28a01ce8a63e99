"""A tokenizer's tokens as texts, by what they begin with: how random logits are weighed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random
from typing import Protocol

import numpy as np
from llguidance import LLTokenizer
from numpy.typing import NDArray

Truths = NDArray[np.bool_]


class Line(Protocol):
    """What there is of a line that is being written."""

    text: str
    depth: int
    quoted: bool


# The classes of tokens, each with its pattern; the first that fits counts. What closes something
# and opens another, as `)/(`, is an operator.
_PATTERNS: Mapping[str, str] = {
    "word": r"[A-Za-z_]",
    "number": r"[0-9]+$",
    "point": r"\.",
    "dollar": r"\$$",
    "quote": r"\$?\"[)\]};]*$",
    "open": r"[(\[{]",
    "close": r"[)\]}]+;?$",
    "comma": ",",
    "semicolon": ";$",
    "newline": "\n",
    "colon": r" ?: ?$",
    "space": " ",
    "tex": r"[\\$^_]",
    "operator": "",
}
CLASSES = tuple(_PATTERNS)

# Weights of the classes where a value begins, behind a value, and within a string; 1 if not told.
_BEGINNING = {"word": 3.0, "number": 2.5, "quote": 1.0, "open": 0.6, "operator": 0.3, "space": 0.5}
_BEHIND = {"close": 2.0, "semicolon": 3.0, "operator": 0.6, "space": 0.4, "comma": 1.0, "tex": 0.03}
_IN_A_STRING = {"word": 2.0, "quote": 2.0, "close": 0.5, "comma": 0.3, "space": 0.5}
# A name goes on or is called; a number goes on.
_BEHIND_A_NAME = {**_BEHIND, "open": 3.0, "number": 0.2, "point": 0.4}
_BEHIND_A_NUMBER = {**_BEHIND, "number": 0.2, "word": 0.1, "open": 0.3, "point": 0.3}
_WEIGHTS: Mapping[str, Mapping[str, float]] = {
    "word": _BEHIND_A_NAME,
    "number": _BEHIND_A_NUMBER,
    "point": _BEHIND_A_NUMBER,
    "close": _BEHIND,
    "quote": _BEHIND,
}
# What gains weight with each token too many: where a value begins what is a value by itself, behind
# one what ends it.
_PRESSED_TO_BEGIN = {"number": 1.2, "quote": 1.2}
_PRESSED_TO_END = {
    "close": 1.5,
    "semicolon": 1.5,
    "newline": 1.5,
    "comma": 1.3,
    "colon": 1.4,
    "space": 1.15,
}
_PRESSED_IN_A_STRING = {"quote": 1.5, "dollar": 1.4, "close": 1.2}
_MOST_PRESSURE = 40
# Outside strings these are drawn as often as their weight says, compared with their class:
# powers and divisions overflow, or divide by nothing.
_RARE = {r".*[\^%#/]|.*\*\*": 0.05, r"0": 0.3}


class Vocabulary:
    """The tokens of a tokenizer.

    Attributes:
        texts: The text of each token; of one that is no text, or part of a character, nothing.
        special: Which tokens have no text.
        ending: Which tokens begin with what ends an argument.
    """

    def __init__(self, llg_tokenizer: LLTokenizer) -> None:
        self.llg_tokenizer = llg_tokenizer
        self.texts = [_text(llg_tokenizer, token) for token in range(llg_tokenizer.vocab_size)]
        self.special: Truths = np.array([not text for text in self.texts])
        self.ending: Truths = np.array([text[:1] in (*",;)]}\n",) for text in self.texts])
        self._rarity = np.array([_rarity(text) for text in self.texts])
        self._classes = np.array([CLASSES.index(_class_of(text)) for text in self.texts])
        self._tokens: dict[str, list[int]] = {}
        for token, text in enumerate(self.texts):
            if text:
                self._tokens.setdefault(text, []).append(token)
        self._longest = max(map(len, self._tokens), default=0)

    def beginning(self, text: str, allowed: Truths, random: Random) -> int | None:
        """Return a token that is allowed and that a text begins with, the longer the likelier."""
        able = [
            token
            for length in range(1, min(self._longest, len(text)) + 1)
            for token in self._tokens.get(text[:length], ())
            if allowed[token]
        ]
        if not able:
            return None
        return able[-1] if random.random() < 0.7 else random.choice(able)

    def spell(self, text: str, random: Random) -> list[int]:
        """Return tokens that make a text up."""
        everything, found = ~self.special, list[int]()
        while text:
            token = self.beginning(text, everything, random)
            if token is None:
                raise ValueError(f"this tokenizer has no token for {text[0]!r}")
            found.append(token)
            text = text[len(self.texts[token]) :]
        return found

    def pick(self, allowed: Truths, line: Line, pressure: int, random: Random) -> int:
        """Return one of the tokens that are allowed.

        First a class of tokens is drawn by weight, then a token of the class. Of one class all
        are as likely: a name's first letters do not make it rarer.

        Args:
            allowed: Which they are; at least one.
            line: The line so far.
            pressure: How long it has been too long.
            random: Where the choice comes from.
        """
        able = np.flatnonzero(allowed)
        classes = self._classes[able]
        present = np.unique(classes)
        pressure = min(pressure, _MOST_PRESSURE)
        weights = [_weight(CLASSES[one], line, pressure) for one in present]
        (chosen,) = random.choices(present, weights)
        able = able[classes == chosen]
        if line.quoted:
            return int(random.choice(able))
        return int(random.choices(able, self._rarity[able])[0])


def begins_value(line: Line) -> bool:
    """Tell whether a line stops where a value may begin."""
    return not line.quoted and _class_of(line.text[-1:]) not in _WEIGHTS


def _weight(kind: str, line: Line, pressure: int) -> float:
    last = _class_of(line.text[-1:])
    weights: Mapping[str, float]
    if line.quoted:
        weights, pressed = _IN_A_STRING, _PRESSED_IN_A_STRING
    elif last in _WEIGHTS:
        weights, pressed = _WEIGHTS[last], _PRESSED_TO_END
    else:
        weights, pressed = _BEGINNING, _PRESSED_TO_BEGIN
    return weights.get(kind, 1.0) * pressed.get(kind, 1.0) ** pressure


def _class_of(text: str) -> str:
    return next(kind for kind, pattern in _PATTERNS.items() if re.match(pattern, text))


def _rarity(text: str) -> float:
    return next((weight for pattern, weight in _RARE.items() if re.match(pattern, text)), 1.0)


def _text(llg_tokenizer: LLTokenizer, token: int) -> str:
    if llg_tokenizer.is_special_token(token):
        return ""
    data: bytes = llg_tokenizer.decode_bytes([token])
    try:
        return data.decode()
    except UnicodeDecodeError:
        return ""
