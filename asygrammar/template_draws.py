"""Draws of a template to check it with: few of them, with as much as possible of what it can do.

Of many draws those are chosen that have a slot at the end of its range, a decoration, two of them
together. What this module does not know: what is wrong with a program.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import cycle

from asygrammar.phrases import REF
from asygrammar.sayings import Saying
from asygrammar.slot_forms import show
from asygrammar.templates import Fill, Template, TemplateError

# How many draws there are to choose one from.
_CHOICE = 20
_LEAST_POOL = 100
_WHEN = "// when"

Feature = tuple[object, ...]


def choose_draws(template: Template, count: int) -> tuple[list[Fill], list[TemplateError]]:
    """Choose draws that differ as much as they can; the same ones every time.

    Args:
        template: The family.
        count: How many, at most.

    Returns:
        The draws, and why some sentences have none, each fault at the line to change.
    """
    faults: dict[int, TemplateError] = {}
    pool: dict[str, Fill] = {}
    for fill in _pool(template, max(_CHOICE * count, _LEAST_POOL), faults):
        pool.setdefault(fill.program, fill)
    fills = list(pool.values())
    features = _features(template, fills)
    left = set().union(*features)
    chosen: list[int] = []
    while left and len(chosen) < min(count, len(fills)):
        best = max(range(len(fills)), key=lambda i: (len(features[i] & left), -i))
        chosen.append(best)
        left -= features[best]
    chosen += [i for i in range(len(fills)) if i not in chosen][: count - len(chosen)]
    return [fills[i] for i in chosen], list(faults.values())


def spell(template: Template, fill: Fill) -> str:
    """Write the values of a draw as ``asygrammar templates fill`` reads them."""
    slots = [f"{name}={show(fill.values[name]).replace(', ', ',')}" for name in template.slots]
    return " ".join([*slots, *(flag for flag in template.flags if fill.values[flag])])


def _pool(template: Template, size: int, faults: dict[int, TemplateError]) -> Iterator[Fill]:
    """Draw with each sentence in turn: without decorations, with all of its own, with some.

    A sentence that has no draw is noted in ``faults``, by the line to change, and left out.
    """
    rng = random.Random(f"check/{template.family}")
    sayings = [*template.says, *template.held_out]
    for share in cycle((0.0, 1.0, 0.5)):
        for saying in tuple(sayings):
            flags = saying.draw_flags(template.flags, rng, share)
            try:
                yield _draw(template, saying, flags, rng)
            except TemplateError as fault:
                faults[fault.line] = fault
                sayings.remove(saying)
        size -= len(sayings)
        if size <= 0 or not sayings:
            return


def _draw(
    template: Template, saying: Saying, flags: Mapping[str, bool], rng: random.Random
) -> Fill:
    try:
        return template.say_with(saying, flags, rng)[1]
    except KeyError as error:
        raise _no_word(template, str(error.args[0])) from None
    except TemplateError:
        raise _impossible(template, saying, flags, rng) from None
    except ValueError as error:
        raise TemplateError(template.path, _line_of(template, str(error)), str(error)) from None


def _impossible(
    template: Template, saying: Saying, flags: Mapping[str, bool], rng: random.Random
) -> TemplateError:
    """Find out which condition holds for no draw."""
    lines = template.path.read_text(encoding="utf-8").split("\n")
    numbers = [number for number, line in enumerate(lines, 1) if line.startswith(_WHEN)]
    for count, number in enumerate(numbers, 1):
        some = replace(template, conditions=template.conditions[:count])
        try:
            some.draw(rng, flags)
        except TemplateError:
            beside = " together with those above it" if count > 1 else ""
            message = f"no draw meets this condition{beside}: widen a range, or change it"
            return TemplateError(template.path, number, message)
    return TemplateError(
        template.path,
        saying.line,
        "no draw meets the conditions where this sentence leaves slots at their defaults: "
        "change a default, or let the sentence tell more",
    )


def _no_word(template: Template, value: str) -> TemplateError:
    """Find the line that shows a derived value through a form without a word for it."""
    lines = template.path.read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(lines, 1):
        for name, form in REF.findall(line):
            shown = template.forms.get(form) if name in template.lets else None
            if shown is not None and value not in shown:
                message = f"the form {form!r} has no word for {value}, a value of <{name}>"
                return TemplateError(template.path, number, message)
    return TemplateError(template.path, 1, f"a form has no word for {value}")


def _line_of(template: Template, message: str) -> int:
    """Return the line of the formula that a message quotes."""
    formulas = (*template.conditions, *template.lets.values())
    formulas += tuple(line.condition for line in template.lines if line.condition)
    quoted = [formula.text for formula in formulas if repr(formula.text) in message]
    lines = template.path.read_text(encoding="utf-8").split("\n")
    found = [number for number, line in enumerate(lines, 1) if quoted and quoted[0] in line]
    return found[0] if found else 1


def _features(template: Template, fills: Sequence[Fill]) -> list[frozenset[Feature]]:
    """Return what is special about each fill, of the things that should be seen."""
    if not fills:
        return []
    seen = [_own_features(template, fill) for fill in fills]
    for name in template.slots:
        sizes = [_size(fill.values[name]) for fill in fills]
        for extreme in {min(sizes), max(sizes)}:
            at = sizes.index(extreme)
            seen[at].add((name, extreme))
    lengths = [len(fill.program) for fill in fills]
    seen[lengths.index(max(lengths))].add(("longest",))
    return [frozenset(features) for features in seen]


def _own_features(template: Template, fill: Fill) -> set[Feature]:
    """Return the decorations, each on or off, the pairs of them, and the words of choices."""
    flags = [flag for flag in template.flags if fill.values[flag]]
    features: set[Feature] = {(flag, fill.values[flag]) for flag in template.flags}
    features |= {(one, other) for one in flags for other in flags if one < other}
    for name, slot in template.slots.items():
        if slot.kind == "choice":
            features.add((name, fill.values[name]))
    return features


def _size(value: object) -> float:
    """Return how large a value is: a number itself, of a list the length, then the sum."""
    if isinstance(value, tuple):
        return 1e6 * len(value) + sum(part for part in value if isinstance(part, int | float))
    return float(value) if isinstance(value, int | float) else 0
