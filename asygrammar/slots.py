"""Typed slots: what may stand in a figure's blanks, how a value is drawn, checked and shown.

int 2..12                  a whole number
real 0.5..9.5              a number with one decimal; ``step 0.5`` makes it coarser
label                      a capital letter, never the same in two slots of one figure
color, color red | blue    a pen's name (the second narrows the list)
choice left | right        one of some words
ints 3..6 of 1..9          a list of 3 to 6 whole numbers
labels 3..6                a list of 3 to 6 capital letters
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from asygrammar.formulas import Value

COLORS = ("red", "blue", "green", "orange", "purple", "brown", "magenta", "cyan", "gray", "pink")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Letters that textbooks start a sequence with, the usual ones more often.
_STARTS = "AAAAAADPPXKLMQRSTUVWEFGHJBCN"


@dataclass(frozen=True)
class Slot:
    """A typed blank of a template.

    Attributes:
        name: As it stands between ``<`` and ``>``.
        kind: A key of ``KINDS``.
        low: Smallest number, or smallest length of a list of labels.
        high: Largest number, or largest length of a list of labels.
        step: Distance of two neighbouring reals.
        count: Smallest and largest length of a list.
        options: The words of a choice or the names of the colors.
        line: Where the slot is declared, 1-based.
    """

    name: str
    kind: str
    low: float = 0
    high: float = 0
    step: float = 0.1
    count: tuple[int, int] = (1, 1)
    options: tuple[str, ...] = ()
    line: int = 0

    def accepts(self, value: Value) -> bool:
        """Tell whether a value has this slot's type and lies in its range."""
        return KINDS[self.kind].accepts(self, value)

    def draw(self, rng: random.Random) -> Value:
        """Draw a value; labels are drawn together, by ``draw_labels``."""
        return KINDS[self.kind].draw(self, rng)

    def all_values(self) -> tuple[Value, ...] | None:
        """Return every value there is, or ``None`` where that is a long list."""
        if self.kind == "int":
            return tuple(range(int(self.low), int(self.high) + 1))
        return self.options if self.options else None


@dataclass(frozen=True)
class Kind:
    """A type of slots: how its declaration reads, how to draw and to check a value."""

    syntax: str
    draw: Callable[[Slot, random.Random], Value]
    accepts: Callable[[Slot, Value], bool]
    words: tuple[str, ...] = ()


def _draw_real(slot: Slot, rng: random.Random) -> Value:
    steps = round((slot.high - slot.low) / slot.step)
    return round(slot.low + slot.step * rng.randint(0, steps), 1)


def _draw_ints(slot: Slot, rng: random.Random) -> Value:
    return tuple(
        rng.randint(int(slot.low), int(slot.high)) for _ in range(rng.randint(*slot.count))
    )


def _is_number(slot: Slot, value: Value) -> bool:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return plain and slot.low <= value <= slot.high  # type: ignore[operator]


def _is_real(slot: Slot, value: Value) -> bool:
    return _is_number(slot, value) and round(float(value), 1) == value  # type: ignore[arg-type]


def _is_int(slot: Slot, value: Value) -> bool:
    return _is_number(slot, value) and isinstance(value, int)


def _is_letter(_: Slot, value: Value) -> bool:
    return isinstance(value, str) and len(value) == 1 and value in LETTERS


def _is_list(slot: Slot, value: Value, item: Callable[[Slot, Value], bool]) -> bool:
    low, high = slot.count
    return (
        isinstance(value, tuple)
        and low <= len(value) <= high
        and all(item(slot, part) for part in value)
    )


_NUMBER = r"(?P<low>-?\d+(?:\.\d)?)\.\.(?P<high>-?\d+(?:\.\d)?)"
_WORDS = r"(?P<options>.*)"

KINDS: dict[str, Kind] = {
    "int": Kind(
        r"(?P<low>-?\d+)\.\.(?P<high>-?\d+)",
        lambda slot, rng: rng.randint(int(slot.low), int(slot.high)),
        _is_int,
    ),
    "real": Kind(rf"{_NUMBER}(?: step (?P<step>0\.[1-9]))?", _draw_real, _is_real),
    "label": Kind("", lambda slot, rng: rng.choice(LETTERS), _is_letter),
    "color": Kind(
        _WORDS,
        lambda slot, rng: rng.choice(slot.options),
        lambda slot, value: value in slot.options,
        COLORS,
    ),
    "choice": Kind(
        _WORDS,
        lambda slot, rng: rng.choice(slot.options),
        lambda slot, value: value in slot.options,
    ),
    "ints": Kind(
        r"(?P<least>\d+)\.\.(?P<most>\d+) of (?P<low>-?\d+)\.\.(?P<high>-?\d+)",
        _draw_ints,
        lambda slot, value: _is_list(slot, value, _is_int),
    ),
    "labels": Kind(
        r"(?P<least>\d+)\.\.(?P<most>\d+)",
        lambda slot, rng: tuple(rng.sample(LETTERS, rng.randint(*slot.count))),
        lambda slot, value: _is_list(slot, value, _is_letter),
    ),
}


def parse_slots(names: list[str], declaration: str, line: int) -> list[Slot]:
    """Read the declaration that one or more slots share.

    Args:
        names: The slots' names.
        declaration: A kind and what it needs, as in the module's list.
        line: Where it stands, 1-based.

    Raises:
        ValueError: There is no such kind, or the range does not read or is empty.
    """
    word, _, rest = declaration.partition(" ")
    if word not in KINDS:
        raise ValueError(f"a slot is one of {', '.join(KINDS)}, not {word!r}")
    kind = KINDS[word]
    found = re.fullmatch(kind.syntax, rest.strip())
    if found is None:
        raise ValueError(f"{declaration!r} does not read: look at another slot of kind {word!r}")
    part = found.groupdict()
    options = tuple(w.strip() for w in (part.get("options") or "").split("|") if w.strip())
    if word == "choice" and len(options) < 2:
        raise ValueError("a choice needs two words or more: choice left | right")
    low, high = float(part.get("low") or 0), float(part.get("high") or 0)
    count = (int(part.get("least") or 1), int(part.get("most") or 1))
    if low > high or count[0] > count[1]:
        raise ValueError(f"the range of {declaration!r} is empty: the smaller number goes first")
    step = float(part.get("step") or 0.1)
    options = options or kind.words
    return [Slot(name, word, low, high, step, count, options, line) for name in names]


def draw_labels(slots: list[Slot], rng: random.Random) -> dict[str, Value]:
    """Draw the letters of all label slots of a figure at once, all of them different.

    Teachers name points in alphabetical runs (ABC, PQR) most of the time, so a third of the
    draws are runs; the others are anything, so that nobody can guess the next letter.
    """
    counts = {slot.name: rng.randint(*slot.count) for slot in slots}
    total = sum(counts.values())
    start = LETTERS.index(rng.choice(_STARTS))
    in_order = rng.random() < 0.35 and start + total <= len(LETTERS)
    letters = list(LETTERS[start : start + total]) if in_order else rng.sample(LETTERS, total)
    values: dict[str, Value] = {}
    for slot in slots:
        mine, letters = letters[: counts[slot.name]], letters[counts[slot.name] :]
        values[slot.name] = tuple(mine) if slot.kind == "labels" else mine[0]
    return values


def show(value: Value, form: str = "") -> str:
    """Write a value as text.

    Args:
        value: What a slot, flag or derived value holds.
        form: Empty, or a key of ``FORMS``.
    """
    if form:
        return FORMS[form](value)
    if isinstance(value, tuple):
        return ", ".join(show(part) for part in value)
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".") or "0"
    return str(value)


def _listed(value: Value) -> str:
    parts = [show(part) for part in value] if isinstance(value, tuple) else [show(value)]
    return " and ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part)


def _joined(value: Value, between: str) -> str:
    return between.join(value) if isinstance(value, tuple) else str(value)


# How a value may be shown, beside the forms that a template declares as tables.
FORMS: dict[str, Callable[[Value], str]] = {
    "and": _listed,
    "run": lambda value: _joined(value, ""),
    "quoted": lambda value: ", ".join(
        f'"{part}"' for part in (value if isinstance(value, tuple) else (value,))
    ),
    "02": lambda value: show(value).zfill(2),
}
