"""Figure templates: Asymptote programs with typed slots, and the sentences that ask for them.

A template is one file, ``grammars/templates/*.asy``. Comment lines at its top describe it, the
rest is the program, in the canonical layout::

    // family: square
    // about: A square with its side written beside it.
    // grade: 3-5
    // level: foundation
    // slot s: int 2..12
    // slot A B C D: label
    // default: s = 4
    // flag labels
    // when: s != 7
    // say: Draw a square with side <s>[labels: and call it <A><B><C><D>].
    // held-out: Side <s>, four equal sides, right angles.
    size(4cm);
    draw(box((0,0), (<s>,<s>)));
    label("$<A>$", (0,0), SW); //? labels

``<s>`` is a slot, in the program and in the sentences (``asygrammar.slots`` lists the types,
``asygrammar.phrases`` the patterns of a sentence). Such a ``<s>`` cannot be Asymptote, where the
canonical layout puts spaces around ``<``. The keys, one a line, longer ones going on in a line
that is indented by three spaces or more:

- ``family`` the name, ``about`` one line for people, ``grade`` one of ``GRADES``, ``level`` one of
  ``LEVELS``.
- ``slot NAMES: TYPE``; ``flag NAMES``: decorations that a sentence may ask for.
- ``default: a = 3; b = 4`` what stands in a slot that the sentence leaves out. A sentence may leave
  out no other slot that the program shows.
- ``let NAME: FORMULA`` a derived value; ``when: FORMULA`` must hold for every draw.
- ``form NAME: 3 = triangle | 4 = square`` another way to show a value, as ``<n:NAME>``.
- ``words NAME: PATTERN`` a part of sentences, used as ``<NAME>``, chosen once a sentence.
- ``say: PATTERN`` sentences to learn from; ``say FLAG: PATTERN`` for figures with that decoration.
- ``held-out: PATTERN`` sentences to measure with, never trained on.

A program line that ends in ``//? FORMULA`` stands only where the formula holds. Files whose name
starts with ``_`` hold ``form`` and ``words`` lines for all templates.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

from asygrammar.formulas import Formula, Value
from asygrammar.phrases import REF, Phrase, Ref, Text
from asygrammar.sayings import Saying
from asygrammar.slot_forms import FORMS, show
from asygrammar.slots import Slot, draw_labels, letters_of

GRADES = ("K-2", "3-5", "6-8", "9-12")
LEVELS = ("foundation", "conceptual", "application", "advanced")

_TRIES = 2000
# Before these, an "a" is a name: "A and B are points".
_NO_NOUN = r"(?!(?:and|are|as|at|each|if|in|into|is|it|of|on|onto|or|over|under)\b)"
_ARTICLE = re.compile(rf"(\ba|^A)n? {_NO_NOUN}([a-z0-9]+)")
_VOWEL = re.compile(r"[aeio](?!ne\b)|hour|8|1[18]\b")


class TemplateError(ValueError):
    """A template file with a fault; the text names file, line and what to do."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.path = path
        self.line = line
        self.message = message


@dataclass(frozen=True)
class ProgramLine:
    """A line of a template's program and the condition that it stands under."""

    text: str
    condition: Formula | None
    line: int

    @property
    def names(self) -> frozenset[str]:
        """The slots, flags and derived values that the line shows."""
        return frozenset(name for name, _ in REF.findall(self.text))


@dataclass(frozen=True)
class Fill:
    """A template with every blank filled.

    Attributes:
        family: The template's name.
        values: Slots, flags and derived values.
        program: The Asymptote program, in the canonical layout.
        told: The slots that were given; the others have their defaults.
    """

    family: str
    values: Mapping[str, Value]
    program: str
    told: frozenset[str]


@dataclass(frozen=True, eq=False)
class Template:
    """A figure family; two are equal only if they are one.

    Attributes:
        family: Its name, the same as the file's.
        about: What it shows, in a line.
        grade: Its grade band, one of ``GRADES``.
        level: What it asks of a student, one of ``LEVELS``.
        slots: Its blanks, by name.
        defaults: What stands in a blank that nobody filled.
        flags: Its decorations.
        lets: Derived values, in the order of the file.
        conditions: What holds for every draw.
        forms: Tables that show a value in another way.
        words: Patterns that the sentences share.
        says: The sentences to learn from.
        held_out: The sentences to measure with.
        lines: The program.
        path: The file.
    """

    family: str
    about: str
    grade: str
    level: str
    slots: Mapping[str, Slot]
    defaults: Mapping[str, Value]
    flags: tuple[str, ...]
    lets: Mapping[str, Formula]
    conditions: tuple[Formula, ...]
    forms: Mapping[str, Mapping[str, str]]
    words: Mapping[str, Phrase]
    says: tuple[Saying, ...]
    held_out: tuple[Saying, ...]
    lines: tuple[ProgramLine, ...]
    path: Path

    def fill(self, values: Mapping[str, Value]) -> Fill:
        """Write the program for given values.

        Args:
            values: One for each slot without a default; flags that are not given are off.

        Raises:
            ValueError: A value is missing, unknown, out of range or against a condition.
        """
        for name in values:
            if name not in self.slots and name not in self.flags:
                known = ", ".join((*self.slots, *self.flags))
                raise ValueError(f"{self.family} has no slot {name!r} (it has {known})")
        told = frozenset(values) & self.slots.keys()
        filled = {**dict.fromkeys(self.flags, False), **self.defaults, **values}
        shown = self.shown(frozenset(flag for flag in self.flags if filled[flag]))
        for name, slot in self.slots.items():
            missing = name not in filled
            if (missing and name in shown) or not (missing or slot.accepts(filled[name])):
                given = "nothing" if missing else repr(filled[name])
                takes = slot.describe()
                raise ValueError(f"slot {name!r} of {self.family} takes {takes}, not {given}")
        filled = self.derive(filled)
        for condition in self.conditions:
            if condition.names <= filled.keys() and not condition.value(filled):
                raise ValueError(f"{self.family} needs {condition.text}")
        return Fill(self.family, filled, self._program(filled), told)

    @lru_cache(maxsize=4096)  # noqa: B019 - templates are few, and stay
    def shown(self, on: frozenset[str]) -> frozenset[str]:
        """Return the slots that the program may show with some decorations."""
        flags = {flag: flag in on for flag in self.flags}
        names: set[str] = set()
        for line in self.lines:
            condition = line.condition.names if line.condition else frozenset()
            if not condition <= flags.keys():
                names |= line.names | condition
            elif line.condition is None or line.condition.value(flags):
                names |= line.names
        for name, formula in reversed(list(self.lets.items())):
            if name in names:
                names |= formula.names
        return frozenset(names & self.slots.keys())

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Tell whether the conditions hold, as far as these values decide them."""
        try:
            known = self.derive(values)
            return all(one.value(known) for one in self.conditions if one.names <= known.keys())
        except ValueError:
            return False

    def draw(
        self, rng: random.Random, flags: Mapping[str, bool], told: frozenset[str] | None = None
    ) -> Fill:
        """Draw values until the conditions hold, and write the program.

        Args:
            rng: Decides.
            flags: Every flag, on or off.
            told: The slots to draw a value for; the others take their defaults where they have
                one. All by default.

        Raises:
            TemplateError: The conditions hold for no draw.
        """
        told = frozenset(self.slots) if told is None else told
        slots = [s for s in self.slots.values() if s.name in told or s.name not in self.defaults]
        fixed = {name: value for name, value in self.defaults.items() if name not in told}
        labels = [slot for slot in slots if slot.kind in ("label", "labels")]
        taken = letters_of(self.slots, fixed)
        for _ in range(_TRIES):
            values = fixed | {s.name: s.draw(rng) for s in slots if s not in labels}
            values |= draw_labels(labels, taken, rng)
            filled = self.derive({**values, **flags})
            if all(condition.value(filled) for condition in self.conditions):
                return Fill(self.family, filled, self._program(filled), told & self.slots.keys())
        raise TemplateError(
            self.path, 1, f"the conditions held for none of {_TRIES} draws: widen a range"
        )

    def say(
        self,
        rng: random.Random,
        *,
        held_out: bool = False,
        allowed: Callable[[frozenset[str]], bool] = lambda _: True,
    ) -> tuple[str, Fill]:
        """Draw a sentence and the figure it asks for.

        Args:
            rng: Decides.
            held_out: Take a held-out phrasing.
            allowed: Tells whether these flags may be on together.

        Returns:
            The sentence as the pattern writes it, and the filled template.

        Raises:
            TemplateError: No allowed flags were drawn.
        """
        sayings = self.held_out if held_out else self.says
        for _ in range(_TRIES):
            saying = rng.choice(sayings)
            flags = saying.draw_flags(self.flags, rng, 0.5)
            if allowed(frozenset(flag for flag in flags if flags[flag])):
                return self.say_with(saying, flags, rng)
        raise TemplateError(self.path, 1, "no sentence asks for these decorations together")

    def say_with(
        self, saying: Saying, flags: Mapping[str, bool], rng: random.Random
    ) -> tuple[str, Fill]:
        """Draw a sentence of one pattern, and the figure it asks for.

        Args:
            saying: One of the template's.
            flags: Every flag, on or off.
            rng: Decides about the rest.

        Raises:
            TemplateError: The conditions hold for no draw.
        """
        parts = saying.phrase.pick(rng, flags, self.words)
        fill = self.draw(rng, flags, self._told(parts))
        return self._sentence(parts, fill), fill

    def sentence(self, saying: Saying, fill: Fill, rng: random.Random) -> str:
        """Choose one of the sentences that a pattern stands for, with a fill's values."""
        flags = {flag: bool(fill.values[flag]) for flag in self.flags}
        return self._sentence(saying.phrase.pick(rng, flags, self.words), fill)

    def _told(self, parts: Iterable[Text | Ref]) -> frozenset[str]:
        """Return the slots that a sentence tells of, by themselves or by what follows from them.

        Where two things that nobody told lead to one number, the first of them has its default:
        18 apples are 18 symbols, if nothing is said of what a symbol stands for.
        """
        names = {part.name for part in parts if isinstance(part, Ref)}
        told = names & self.slots.keys()
        for name in self.lets:
            if name in names:
                unknown = [slot for slot in self._behind(name) if slot not in told]
                told |= {slot for slot in unknown[:-1] if slot not in self.defaults}
                told |= set(unknown[-1:])
        return frozenset(told)

    def _behind(self, name: str) -> list[str]:
        """Return the slots that a derived value comes from, in their order."""
        names = {name}
        for derived, formula in reversed(list(self.lets.items())):
            if derived in names:
                names |= formula.names
        return [slot for slot in self.slots if slot in names]

    def _sentence(self, parts: Iterable[Text | Ref], fill: Fill) -> str:
        said = "".join(
            part.text if isinstance(part, Text) else self.show(fill.values[part.name], part.form)
            for part in parts
        )
        words = " ".join(said.split())
        return _ARTICLE.sub(_article, re.sub(r" ([,.;:])", r"\1", words))

    def show(self, value: Value, form: str = "") -> str:
        """Write a value as text, through one of the forms or as it is."""
        if form and form not in FORMS:
            return self.forms[form][show(value)]
        return show(value, form)

    def runs(
        self, sayings: Iterable[Saying], wanted: frozenset[tuple[str, ...]] | None = None
    ) -> set[tuple[str, ...]]:
        """Return every four words in a row of some sentences, outside the slots.

        Args:
            sayings: Some of the template's.
            wanted: Look only for these, which is quicker.
        """
        found: set[tuple[str, ...]] = set()
        for saying in sayings:
            found |= saying.phrase.runs(lambda ref: self.words.get(ref.name), wanted=wanted)
        return found

    def derive(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Return values with those that follow from them.

        Raises:
            ValueError: A formula has no value for them.
        """
        values = dict(values)
        for name, formula in self.lets.items():
            if formula.names <= values.keys():
                values[name] = formula.value(values)
        return values

    def standing(self, values: Mapping[str, Value]) -> list[ProgramLine]:
        """Return the lines of the program that stand for the values of a fill."""
        return [
            line for line in self.lines if line.condition is None or line.condition.value(values)
        ]

    def _program(self, values: Mapping[str, Value]) -> str:
        text = "".join(line.text + "\n" for line in self.standing(values))
        return REF.sub(lambda ref: self.show(values[ref[1]], ref[2] or ""), text)


def _article(found: re.Match[str]) -> str:
    """Write "an" where the next word, which a pattern may choose, begins with a vowel."""
    return f"{found[1]}{'n' if _VOWEL.match(found[2]) else ''} {found[2]}"


@lru_cache(maxsize=1)
def load_templates() -> Mapping[str, Template]:
    """Load the families that are shipped, by name."""
    return load_folder(Path(str(resources.files("asygrammar.grammars") / "templates")))


def load_folder(folder: Path) -> Mapping[str, Template]:
    """Load every template of a folder, by family name.

    Raises:
        TemplateError: A file has a fault.
        ValueError: The folder holds no template.
    """
    from asygrammar.template_files import read_shared, read_template

    shared = read_shared(sorted(folder.glob("_*.asy")))
    paths = [path for path in sorted(folder.glob("*.asy")) if not path.name.startswith("_")]
    if not paths:
        raise ValueError(f"{folder} holds no template (*.asy)")
    templates = [read_template(path, shared) for path in paths]
    return {template.family: template for template in templates}
