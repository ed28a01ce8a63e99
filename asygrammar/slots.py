"""Typed slots: what may stand in a figure's blanks, how a value is drawn, checked and shown.

int 2..12                  a whole number
real 0.5..9.5              a number with one decimal; ``step 0.5`` makes it coarser
angle 20..160              whole degrees; ``step 5`` makes it coarser
label                      a capital letter, never the same in two slots of one figure
color, color red | blue    a pen's name (the second narrows the list)
choice left | right        one of some words
choices 3..5 of cat | dog  a list of 3 to 5 of some words, all different
ints 3..6 of 1..9          a list of 3 to 6 whole numbers
reals 3..6 of 0.5..9.5     a list of 3 to 6 numbers with one decimal
labels 3..6                a list of 3 to 6 capital letters
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from asygrammar.formulas import Value
from asygrammar.slot_forms import show

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

    def read(self, text: str) -> Value:
        """Read a value from text, as `show` writes it.

        Raises:
            ValueError: The text is no value of this slot; the text says what would be.
        """
        try:
            value = KINDS[self.kind].read(text.strip())
        except ValueError:
            value = ""
        if not self.accepts(value):
            raise ValueError(f"slot {self.name!r} takes {self.describe()}, not {text.strip()!r}")
        return value

    def describe(self) -> str:
        """Return the declaration, as a template writes it."""
        words = " | ".join(self.options)
        span = f"{show(self.low)}..{show(self.high)}"
        return KINDS[self.kind].declaration.format(
            span=span, words=words, step=show(self.step), least=self.count[0], most=self.count[1]
        )

    def every_part(self) -> tuple[Value, ...]:
        """Return every value that there is, or every part that a list can have."""
        if self.kind in ("label", "labels"):
            return tuple(LETTERS)
        if self.options:
            return self.options
        count = round((self.high - self.low) / self.step)
        values = [self.low + number * self.step for number in range(count + 1)]
        if self.kind in ("real", "reals"):
            return tuple(round(value, 1) for value in values)
        return tuple(int(value) for value in values)


@dataclass(frozen=True)
class Kind:
    """A type of slots.

    Attributes:
        syntax: Pattern of what follows the kind's name in a declaration.
        declaration: The same as a format, to tell people what a slot takes.
        draw: Draws a value.
        accepts: Checks one.
        read: Reads one from text.
        words: Options of a kind that names its own.
    """

    syntax: str
    declaration: str
    draw: Callable[[Slot, random.Random], Value]
    accepts: Callable[[Slot, Value], bool]
    read: Callable[[str], Value] = str
    words: tuple[str, ...] = ()


def _draw_int(slot: Slot, rng: random.Random) -> Value:
    return rng.randrange(int(slot.low), int(slot.high) + 1, int(slot.step))


def _draw_real(slot: Slot, rng: random.Random) -> Value:
    steps = round((slot.high - slot.low) / slot.step)
    return round(slot.low + slot.step * rng.randint(0, steps), 1)


def _draw_option(slot: Slot, rng: random.Random) -> Value:
    return rng.choice(slot.options)


def _draw_list(draw: Callable[[Slot, random.Random], Value]) -> Callable[..., Value]:
    return lambda slot, rng: tuple(draw(slot, rng) for _ in range(rng.randint(*slot.count)))


def _draw_choices(slot: Slot, rng: random.Random) -> Value:
    return tuple(rng.sample(slot.options, rng.randint(*slot.count)))


def _is_number(slot: Slot, value: Value) -> bool:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return plain and slot.low <= value <= slot.high  # type: ignore[operator]


def _is_real(slot: Slot, value: Value) -> bool:
    return _is_number(slot, value) and round(float(value), 1) == value  # type: ignore[arg-type]


def _is_int(slot: Slot, value: Value) -> bool:
    return _is_number(slot, value) and isinstance(value, int)


def _is_letter(_: Slot, value: Value) -> bool:
    return isinstance(value, str) and len(value) == 1 and value in LETTERS


def _is_option(slot: Slot, value: Value) -> bool:
    return value in slot.options


def _is_list(item: Callable[[Slot, Value], bool]) -> Callable[[Slot, Value], bool]:
    return lambda slot, value: (
        isinstance(value, tuple)
        and slot.count[0] <= len(value) <= slot.count[1]
        and all(item(slot, part) for part in value)
    )


def _are_different(item: Callable[[Slot, Value], bool]) -> Callable[[Slot, Value], bool]:
    is_list = _is_list(item)
    return lambda slot, value: is_list(slot, value) and len(set(value)) == len(value)  # type: ignore[arg-type]


def _read_list(item: Callable[[str], Value]) -> Callable[[str], Value]:
    return lambda text: tuple(item(part.strip()) for part in text.split(","))


_INTS = r"(?P<low>-?\d+)\.\.(?P<high>-?\d+)"
_REALS = r"(?P<low>-?\d+(?:\.\d)?)\.\.(?P<high>-?\d+(?:\.\d)?)"
_COUNT = r"(?P<least>\d+)\.\.(?P<most>\d+)"
_WORDS = r"(?P<options>.*)"

KINDS: dict[str, Kind] = {
    "int": Kind(_INTS, "a whole number {span}", _draw_int, _is_int, int),
    "real": Kind(
        rf"{_REALS}(?: step (?P<step>0\.[1-9]))?", "a number {span}", _draw_real, _is_real, float
    ),
    "angle": Kind(
        rf"{_INTS}(?: step (?P<step>\d+))?", "whole degrees {span}", _draw_int, _is_int, int
    ),
    "label": Kind("", "a capital letter", lambda _, rng: rng.choice(LETTERS), _is_letter),
    "color": Kind(_WORDS, "one of {words}", _draw_option, _is_option, str, COLORS),
    "choice": Kind(_WORDS, "one of {words}", _draw_option, _is_option),
    "ints": Kind(
        rf"{_COUNT} of {_INTS}",
        "{least} to {most} whole numbers {span}",
        _draw_list(_draw_int),
        _is_list(_is_int),
        _read_list(int),
    ),
    "reals": Kind(
        rf"{_COUNT} of {_REALS}(?: step (?P<step>0\.[1-9]))?",
        "{least} to {most} numbers {span}",
        _draw_list(_draw_real),
        _is_list(_is_real),
        _read_list(float),
    ),
    "choices": Kind(
        rf"{_COUNT} of {_WORDS}",
        "{least} to {most} of {words}, all different",
        _draw_choices,
        _are_different(_is_option),
        _read_list(str),
    ),
    "labels": Kind(
        _COUNT,
        "{least} to {most} capital letters, all different",
        lambda slot, rng: tuple(rng.sample(LETTERS, rng.randint(*slot.count))),
        _are_different(_is_letter),
        _read_list(str),
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
    least = int(part.get("most") or 2)
    if word in ("choice", "choices") and len(options) < least:
        raise ValueError(f"a {word} of {least} needs {least} words or more: left | right | ...")
    low, high = float(part.get("low") or 0), float(part.get("high") or 0)
    count = (int(part.get("least") or 1), int(part.get("most") or 1))
    if low > high or count[0] > count[1]:
        raise ValueError(f"the range of {declaration!r} is empty: the smaller number goes first")
    step = float(part.get("step") or (0.1 if word in ("real", "reals") else 1))
    options = options or kind.words
    return [Slot(name, word, low, high, step, count, options, line) for name in names]


def letters_of(slots: Mapping[str, Slot], values: Mapping[str, Value]) -> str:
    """Return the letters that points have, of the values of some slots."""
    given = (value for name, value in values.items() if slots[name].kind in ("label", "labels"))
    return "".join("".join(v) if isinstance(v, tuple) else str(v) for v in given)


def draw_labels(slots: list[Slot], taken: str, rng: random.Random) -> dict[str, Value]:
    """Draw the letters of all label slots of a figure at once, all of them different.

    Args:
        slots: The slots, of kind ``label`` and ``labels``.
        taken: Letters that other points of the figure have.
        rng: Decides.

    Teachers name points in alphabetical runs (ABC, PQR) most of the time, so a third of the
    draws are runs; the others are anything, so that nobody can guess the next letter.
    """
    counts = {slot.name: rng.randint(*slot.count) for slot in slots}
    total = sum(counts.values())
    start = LETTERS.index(rng.choice(_STARTS))
    left = [letter for letter in LETTERS if letter not in taken]
    in_order = rng.random() < 0.35 and start + total <= len(left)
    letters = left[start : start + total] if in_order else rng.sample(left, total)
    values: dict[str, Value] = {}
    for slot in slots:
        mine, letters = letters[: counts[slot.name]], letters[counts[slot.name] :]
        values[slot.name] = tuple(mine) if slot.kind == "labels" else mine[0]
    return values
