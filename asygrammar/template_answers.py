"""A filled template as text: what a model writes that chooses a template and fills it in.

    right-triangle
    labels
    a 3
    b 4
    A P
    B Q
    C R

The family stands first, then the decorations that are on, then the slots that were told, each on a
line of its own and in the order of the template. What is left out has its default. `Answer.next`
says which lines may follow a beginning: numbers and letters that the sentence does not tell of
cannot be written, nor values against the template's conditions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from asygrammar.formulas import Value
from asygrammar.grounding import Grounding
from asygrammar.slot_forms import show
from asygrammar.slots import Slot, letters_of
from asygrammar.templates import Fill, Template, load_templates

_LABELS = ("label", "labels")
_LISTS = ("ints", "reals", "choices", "labels")
# Lists that hold nothing twice.
_DIFFERENT = ("choices", "labels")


def write_answer(fill: Fill) -> str:
    """Return a filled template as an answer; each line ends with a newline."""
    template = load_templates()[fill.family]
    on = [flag for flag in template.flags if fill.values[flag]]
    shown = fill.told & template.shown(frozenset(on))
    told = [f"{name} {show(fill.values[name])}" for name in template.slots if name in shown]
    return "".join(line + "\n" for line in (fill.family, *on, *told))


def read_answer(text: str) -> Fill:
    """Fill a template as an answer says.

    Raises:
        ValueError: The answer is none, or lacks a value; the text says what is wrong.
    """
    return parse_answer(text).fill()


def parse_answer(text: str) -> Answer:
    """Read an answer that may go against its template's conditions.

    Raises:
        ValueError: A line says nothing; the text says what is wrong.
    """
    answer = Answer.begin(Grounding(""))
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            answer = answer.after(line)
        except ValueError as error:
            raise ValueError(f"line {number} of the answer: {error}") from None
    return answer


@dataclass(frozen=True)
class Answer:
    """An answer that is being written, a line at a time.

    Attributes:
        grounding: What the sentence tells.
        template: The template that was chosen; ``None`` before that.
        on: The decorations so far.
        values: The slots so far.
    """

    grounding: Grounding
    template: Template | None = None
    on: tuple[str, ...] = ()
    values: Mapping[str, Value] = field(default_factory=dict)

    @staticmethod
    def begin(grounding: Grounding) -> Answer:
        """Return the answer of which nothing has been written."""
        return Answer(grounding)

    def after(self, line: str) -> Answer:
        """Return the answer with another line.

        Raises:
            ValueError: There is no such template, slot or decoration, or the slot no such value.
        """
        if self.template is None:
            if line not in load_templates():
                raise ValueError(f"there is no template {line!r}")
            return Answer(self.grounding, load_templates()[line])
        name, _, text = line.partition(" ")
        if name in self.template.flags and not text:
            return Answer(self.grounding, self.template, (*self.on, name), self.values)
        if name not in self.template.slots:
            raise ValueError(f"{self.template.family} has no slot or decoration {name!r}")
        value = self.template.slots[name].read(text)
        return Answer(self.grounding, self.template, self.on, {**self.values, name: value})

    def fill(self) -> Fill:
        """Return the filled template.

        Raises:
            ValueError: There is no template yet, or a slot has no value.
        """
        if self.template is None:
            raise ValueError("the answer names no template")
        return self.template.fill({**dict.fromkeys(self.on, True), **self.values})

    def nearest(self) -> Fill:
        """Return the filled template, without the values that go against its conditions.

        Raises:
            ValueError: There is no template yet, or it has no default for such a value.
        """
        values = dict(self.values)
        while True:
            try:
                return replace(self, values=values).fill()
            except ValueError:
                if self.template is None or not values.keys() & self.template.defaults.keys():
                    raise
                values.popitem()

    @cached_property
    def pattern(self) -> str:
        """The lines that may come next, as a regular expression; empty where the answer ends.

        Where the answer `may_end`, the end of the text may come as well.
        """
        if self.template is None:
            return _either([re.escape(name) for name in self._families()]) + r"\n"
        lines = [*self._flag_lines(), *self._slot_lines()]
        if not lines:
            return ""
        return _either(lines) + r"\n"

    @cached_property
    def refused(self) -> str:
        """The lines of ``pattern`` that repeat a word in a list, as one; empty where none can."""
        patterns = [
            f"{re.escape(slot.name)} (?:.*, )?{re.escape(str(part))}(?:, .*)?, "
            f"{re.escape(str(part))}(?:, .*)?"
            for slot in self._open()
            if slot.kind in _DIFFERENT
            for part in self._parts(slot, anything=False)
        ]
        return _either(patterns) + r"\n" if patterns else ""

    @property
    def may_end(self) -> bool:
        """Whether the answer is whole as it is."""
        return self.template is not None and not any(map(self._needed, self._open()))

    # -------------------------------------------------------------------------------- what follows

    def _families(self) -> Iterator[str]:
        """Yield the templates of which the sentence tells what they cannot do without."""
        for template in load_templates().values():
            bare = template.shown(frozenset()) - template.defaults.keys()
            slots = (template.slots[name] for name in bare)
            if all(self.grounding.told(template, slot) for slot in slots):
                yield template.family

    def _flag_lines(self) -> Iterator[str]:
        if self.template and not self.values:
            flags = self.template.flags
            yield from flags[flags.index(self.on[-1]) + 1 if self.on else 0 :]

    def _slot_lines(self) -> Iterator[str]:
        for slot in self._open():
            needed = self._needed(slot)
            values = self._pattern(slot, anything=False)
            if not values and needed:  # nothing that is told fits: better a figure than none
                values = self._pattern(slot, anything=True)
            if values:
                yield f"{re.escape(slot.name)} {values}"
            if needed:
                break

    def _open(self) -> Iterator[Slot]:
        """Yield the slots that may still be told, in their order."""
        if self.template is None:
            return
        names = list(self.template.slots)
        last = next(reversed(list(self.values)), None)
        shown = self.template.shown(frozenset(self.on))
        for name in names[names.index(last) + 1 if last else 0 :]:
            if name in shown:
                yield self.template.slots[name]

    def _needed(self, slot: Slot) -> bool:
        return self.template is not None and slot.name not in self.template.defaults

    def _pattern(self, slot: Slot, anything: bool) -> str:
        """Return what may stand in a slot; empty where nothing may."""
        parts = self._parts(slot, anything)
        least, most = slot.count
        if len(parts) < (least if slot.kind in _DIFFERENT else 1):
            return ""
        part = _either([re.escape(show(value)) for value in parts])
        return f"{part}(?:, {part}){{{least - 1},{most - 1}}}" if slot.kind in _LISTS else part

    def _parts(self, slot: Slot, anything: bool) -> tuple[Value, ...]:
        """Return the values that a slot, or one of its list, may have here."""
        parts = slot.every_part() if anything else self._told(slot)
        if slot.kind in _LABELS:
            taken = letters_of(self.template.slots, self.values) if self.template else ""
            parts = tuple(letter for letter in parts if str(letter) not in taken)
        if slot.kind in _LISTS:
            return parts
        return tuple(part for part in parts if self._allowed(slot.name, part))

    def _told(self, slot: Slot) -> tuple[Value, ...]:
        """Return the values that the sentence tells, or tells something of that follows."""
        assert self.template is not None
        told = self.grounding.told(self.template, slot)
        if slot.kind not in ("int", "real", "angle"):
            return told
        follows = self.grounding.follows
        more = (
            value
            for value in slot.every_part()
            if value not in told
            and follows(self.template, slot.name, self._known(slot.name, value))
        )
        return (*told, *more)

    def _allowed(self, name: str, value: Value) -> bool:
        """Tell whether the template's conditions hold, as far as their values are known."""
        assert self.template is not None
        return self.template.holds(self._known(name, value))

    def _known(self, name: str, value: Value) -> dict[str, Value]:
        """Return the values that are known once a slot has its value, derived ones too."""
        assert self.template is not None
        names = list(self.template.slots)
        skipped = {
            other: default
            for other, default in self.template.defaults.items()
            if names.index(other) < names.index(name)
        }
        flags = {flag: flag in self.on for flag in self.template.flags}
        return self.template.derive({**flags, **skipped, **self.values, name: value})


def _either(patterns: list[str]) -> str:
    return f"(?:{'|'.join(patterns)})"
