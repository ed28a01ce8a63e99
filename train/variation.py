"""Other figures of the same kind: a program's literals changed through its syntax tree.

What was true of a figure stays true. Points get other letters, pens other colors, equal ones alike.
Coordinates are stretched, along each axis by one factor, where all of them are plain numbers and
everything is straight: what was parallel, in the middle or on a line still is. Where a text holds
a number, or something marks an angle or a length, they stay. What this module does not know:
whether a variant still compiles.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from functools import partial

from asygrammar.checking import apply_fix
from asygrammar.diagnostics import Fix
from asygrammar.figures import normalize
from asygrammar.grammar import load_grammar
from asygrammar.layout import format_asy
from asygrammar.slots import COLORS, LETTERS
from asygrammar.syntax import Node, Word

_LETTER = re.compile(r"""["']\$?([A-Z])\$?["']""")
# What measures, marks or bends, and would show or say something else of a stretched figure.
_METRIC = re.compile(
    "mark|perpendicular|tick|foot|bisect|brace|distance|circle|Circle|^C[RP]$|arc|Arc$|ellipse"
    "|dir|rotate|abs|length|expi|angle|unit|polygon|scale|shift|graph|grid|axis|axes|label(path|d)"
)
_FACTORS = (0.5, 0.6, 0.75, 0.8, 1, 1.25, 1.5, 2)
# How often a part of the literals changes that can.
_SHARE = 0.8
_TRIES = 8


def vary(program: str, count: int, rng: random.Random) -> list[str]:
    """Write variants of a program, all different from it and from each other.

    Args:
        program: A program in the canonical layout.
        count: How many, at most: a program without literals has none.
        rng: Decides.
    """
    tree = load_grammar().parse(program)
    parts = [part for part in _parts(tree) if part[0]]
    seen = {normalize(program)}
    variants: list[str] = []
    for _ in range(_TRIES * count if parts else 0):
        edits: list[Fix] = []
        for words, change in parts:
            if rng.random() < _SHARE:
                edits += change(words, rng)
        variant = _edited(program, edits)
        if normalize(variant) not in seen:
            seen.add(normalize(variant))
            variants.append(variant)
        if len(variants) == count:
            break
    return variants


_Change = Callable[[list[Word], random.Random], list[Fix]]


def _parts(tree: Node) -> Iterator[tuple[list[Word], _Change]]:
    """Yield the literals that change together, and how."""
    words = list(tree.words())
    texts = [word for word in words if word.kind == "STRING"]
    letters = [word for word in texts if _LETTER.fullmatch(word.text)]
    if not any(re.search("[A-Z]", text.text) for text in texts if text not in letters):
        yield letters, _reletter
    declared = {next(n.words()).text for n in tree.walk() if n.kind in ("declarator", "parameter")}
    colors = [word for word in words if word.kind == "NAME" and word.text in COLORS]
    yield [word for word in colors if word.text not in declared], _recolor
    names = {word.text for word in words if word.kind == "NAME"}
    measured = any(re.search(r"\d", text.text) for text in texts)
    if not measured and not any(map(_METRIC.search, names)):
        axes = _coordinates(tree)
        yield [word for axis in axes for word in axis], partial(_stretch, axes)


def _coordinates(tree: Node) -> tuple[list[Word], list[Word]]:
    """Return the numbers along x and along y; none where some coordinate is no plain number."""
    axes: tuple[list[Word], list[Word]] = ([], [])
    for node in tree.walk():
        if node.kind == "tuple":
            parts = [child for child in node.children if isinstance(child, Node)]
            numbers = [_number(part) for part in parts]
            if len(parts) != 2 or None in numbers:
                return [], []
            for axis, number in zip(axes, numbers, strict=True):
                axis += [number] if number else []
    return axes


def _number(node: Node) -> Word | None:
    """Return the number that an expression is, whatever its sign."""
    words = [word for word in node.words() if word.kind != "ADD"]
    return words[0] if len(words) == 1 and words[0].kind == "NUMBER" else None


def _reletter(words: list[Word], rng: random.Random) -> list[Fix]:
    old = sorted({one[1] for word in words if (one := _LETTER.fullmatch(word.text))})
    new = dict(zip(old, rng.sample(LETTERS, len(old)), strict=True))
    letter = re.compile("[A-Z]")
    return [Fix(w.span, letter.sub(lambda one: new[one[0]], w.text)) for w in words]


def _recolor(words: list[Word], rng: random.Random) -> list[Fix]:
    old = sorted({word.text for word in words})
    new = dict(zip(old, rng.sample(COLORS, len(old)), strict=True))
    return [Fix(word.span, new[word.text]) for word in words]


def _stretch(
    axes: tuple[list[Word], list[Word]], words: list[Word], rng: random.Random
) -> list[Fix]:
    factors = [rng.choice(_FACTORS), rng.choice(_FACTORS)]
    return [
        Fix(word.span, f"{round(float(word.text) * factor, 4):g}")
        for axis, factor in zip(axes, factors, strict=True)
        for word in axis
    ]


def _edited(program: str, edits: list[Fix]) -> str:
    # From the end, so that the places before stay what they are.
    for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):
        program = apply_fix(program, edit)
    return format_asy(program)
