"""What a sentence tells of the slots of a template: its numbers, its letters, its words.

A value is *told* where the sentence holds it in one of the ways in which the template's own
sentences show it: as it is, as a word (``three``), through a form (``x - 3`` for 3). What this
module does not know: which of several slots a number is meant for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from asygrammar.formulas import Value
from asygrammar.phrases import Ref
from asygrammar.slot_forms import FORMS, show
from asygrammar.slots import Slot
from asygrammar.templates import Template

_NUMBER = re.compile(
    r"(?P<minus>(?:[-−–] ?|\b(?:minus|negative) ))?(?<![A-Za-z\d.])(?P<digits>\d+(?:\.\d+)?|\.\d+)",
    re.IGNORECASE,
)
_LETTER = re.compile(r"(?<![A-Za-z])[A-Z]+(?![a-z])")
_UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_WORDS = {word: float(number) for number, word in enumerate(_UNITS)}
_WORDS |= {word: 20.0 + 10 * number for number, word in enumerate(_TENS)}
_WORDS |= {"hundred": 100.0, "dozen": 12.0, "half": 0.5}
_SAID = re.compile(
    rf"\b({'|'.join(_TENS)})[- ]({'|'.join(_UNITS[1:10])})\b|\b({'|'.join(_WORDS)})\b"
)


class Grounding:
    """What one sentence tells.

    Args:
        sentence: What the user asks for.

    Attributes:
        numbers: Its numbers, in digits and in words; those with a minus before them with both
            signs, since ``x - 3`` may mean either.
        letters: Its capital letters that are no part of a word, in their order.
    """

    def __init__(self, sentence: str) -> None:
        self._sentence = " ".join(sentence.split()).lower()
        self.numbers = frozenset(_numbers(sentence))
        self.letters = tuple(dict.fromkeys("".join(_LETTER.findall(sentence))))

    def told(self, template: Template, slot: Slot) -> tuple[Value, ...]:
        """Return the values that a slot, or one of its list, may have: those that are told of.

        Words of a choice need not be told: where none is, all of them are returned.
        """
        if slot.kind in ("label", "labels"):
            return self.letters
        if slot.options:
            found = tuple(
                option for option in slot.options if self._shows(template, slot.name, option)
            )
            return found or slot.options
        whole = slot.kind not in ("real", "reals")
        fine = 1 if whole else 10
        told = {n for n in self.numbers if slot.low <= n <= slot.high and n * fine % 1 == 0}
        told |= {
            float(number)
            for number in slot.every_part()
            if isinstance(number, int | float) and self._shows(template, slot.name, number)
        }
        return tuple(int(number) if whole else number for number in sorted(told))

    def follows(self, template: Template, name: str, values: Mapping[str, Value]) -> bool:
        """Tell whether the sentence tells of a value that is derived from a slot's.

        Args:
            template: The template.
            name: The slot.
            values: Its value, and those of the slots that are known.
        """
        sources = {name}
        for derived, formula in template.lets.items():
            if formula.names & sources:
                sources.add(derived)
                value = values.get(derived)
                if value is not None and derived in _forms(template):
                    number = isinstance(value, int | float) and value in self.numbers
                    if number or self._shows(template, derived, value):
                        return True
        return False

    def _shows(self, template: Template, name: str, value: Value) -> bool:
        return any(_holds(self._sentence, text) for text in _ways(template, name, value))


def _numbers(sentence: str) -> Iterator[float]:
    for found in _NUMBER.finditer(sentence):
        number = float(found["digits"])
        yield number
        if found["minus"]:
            yield -number
    for found in _SAID.finditer(sentence.lower()):
        tens, unit, word = found.groups()
        yield _WORDS[word] if word else _WORDS[tens] + _WORDS[unit]


def _holds(sentence: str, text: str) -> bool:
    """Tell whether a sentence holds a text, at the bounds of words; any sentence holds nothing."""
    before = (
        r"(?<![\w.])" if text[:1].isdigit() else r"(?<![A-Za-z_])" if text[:1].isalpha() else ""
    )
    after = r"(?![\w])" if text[-1:].isalpha() else r"(?!\d)" if text[-1:].isdigit() else ""
    return re.search(before + re.escape(text.lower()) + after, sentence) is not None


@cache
def _ways(template: Template, name: str, value: Value) -> tuple[str, ...]:
    """Return the texts that tell of a value."""
    return tuple(dict.fromkeys(_texts(template, name, value)))


def _texts(template: Template, name: str, value: Value) -> Iterator[str]:
    yield show(value)
    for form in _forms(template).get(name, ()):
        if not form:
            continue
        if form in FORMS or show(value) in template.forms.get(form, {}):
            yield template.show(value, form)


@cache
def _forms(template: Template) -> Mapping[str, tuple[str, ...]]:
    """Return the forms through which a template's sentences show each slot or derived value."""
    phrases = [saying.phrase for saying in (*template.says, *template.held_out)]
    found: dict[str, dict[str, None]] = {}
    for phrase in (*phrases, *template.words.values()):
        for node in phrase.walk():
            if isinstance(node, Ref):
                found.setdefault(node.name, {})[node.form] = None
    return {name: tuple(forms) for name, forms in found.items()}
