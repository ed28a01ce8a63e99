"""Sentences with the figures they ask for, drawn from the templates.

The same seed gives the same figures. Four splits share no program: every program belongs to
exactly one of them, by its decorations and its hash.

- ``train``: trained phrasings, trained values.
- ``values``: trained phrasings, programs that no training figure has.
- ``phrasings``: held-out phrasings, again with programs that no training figure has.
- ``combinations``: trained phrasings, with decorations that no training figure of the family has
  together, though it has each of them.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain, combinations, count

from asygrammar.formulas import Value
from asygrammar.templates import Fill, Template, load_templates

SPLITS = ("train", "values", "phrasings", "combinations")
# Of 20 programs, one goes to each of the held-out splits.
_BUCKETS = 20
_TRIES = 5000
# Of the sets of decorations that a family can have, the share that is held out.
_HELD_OUT_SETS = 0.2


@dataclass(frozen=True)
class Figure:
    """A sentence and the program that draws what it asks for.

    Attributes:
        sentence: What a user would type.
        program: An Asymptote program in the canonical layout.
        family: The template's name.
        slots: Values of its slots, flags and derived values.
        told: The slots that the sentence tells of; the others have their defaults.
    """

    sentence: str
    program: str
    family: str
    slots: Mapping[str, Value]
    told: frozenset[str] = frozenset()


def sample_figures(
    n: int,
    *,
    seed: int,
    split: str = "train",
    families: list[str] | None = None,
    start: int = 0,
) -> list[Figure]:
    """Draw figures, the families in turn; figures may come twice.

    Args:
        n: How many.
        seed: The same seed gives the same figures, and a larger ``n`` gives more of them.
        split: One of ``SPLITS``.
        families: Only these; all by default.
        start: How many figures to leave out before them.

    Raises:
        ValueError: There is no such split or family, or a family has no figure in this split.
    """
    templates = _chosen(split, families)
    numbers = range(start, start + n)
    return [_figure(templates[i % len(templates)], seed, split, i) for i in numbers]


def held_out(n: int, seed: int, split: str) -> list[Figure]:
    """Draw different figures, for measuring: no sentence comes twice.

    Args:
        n: How many.
        seed: Another seed gives other figures.
        split: One of ``SPLITS`` but the first.

    Raises:
        ValueError: There is no such split, or it does not hold ``n`` different sentences.
    """
    if split not in SPLITS[1:]:
        raise ValueError(f"a held-out split is one of {', '.join(SPLITS[1:])}, not {split!r}")
    templates = _chosen(split, None)
    figures: dict[str, Figure] = {}
    for i in count():
        if len(figures) == n:
            return list(figures.values())
        if i > 50 * n + 1000:
            raise ValueError(f"{split} holds {len(figures)} different sentences, not {n}")
        figure = _figure(templates[i % len(templates)], seed, split, i)
        figures.setdefault(figure.sentence, figure)
    raise AssertionError("unreachable")


def split_of(fill: Fill) -> str:
    """Return the split that a figure belongs to, by its decorations, then its program's hash.

    White space and comments do not count, so that a program cannot stand in two splits by
    being laid out in two ways.
    """
    template = load_templates()[fill.family]
    if _decorations(template, fill) in held_out_sets(template):
        return "combinations"
    bucket = hashlib.sha256(normalize(fill.program).encode()).digest()[0] % _BUCKETS
    return {0: "values", 1: "phrasings"}.get(bucket, "train")


@cache
def held_out_sets(template: Template) -> frozenset[frozenset[str]]:
    """Return the sets of two decorations or more that training never shows together.

    They are a fifth of those that the trained phrasings can ask for, chosen by their hash; every
    decoration is left in some set that training shows, and so is every pattern.
    """
    possible = [set(saying.flag_sets()) for saying in template.says]
    every = sorted(set().union(*possible), key=lambda names: _hash(template.family, names))
    several = [names for names in every if len(names) > 1]
    held: set[frozenset[str]] = set()
    for names in several:
        after = held | {names}
        shown = frozenset(chain.from_iterable(other for other in every if other not in after))
        if names <= shown and not any(sets <= after for sets in possible):
            held = after
        if len(held) >= _HELD_OUT_SETS * len(several):
            break
    return frozenset(held)


def _hash(family: str, names: frozenset[str]) -> str:
    return hashlib.sha256(" ".join([family, *sorted(names)]).encode()).hexdigest()


def _decorations(template: Template, fill: Fill) -> frozenset[str]:
    """Return the decorations without which the program would be another.

    One that is on need not show: a color that was asked for may be the one there is anyway.
    """
    on = frozenset(flag for flag in template.flags if fill.values[flag])
    if not _shown_matters(template, on):
        return on
    slots = {name: fill.values[name] for name in template.slots if name in fill.values}
    return frozenset(flag for flag in on if _shows(template, flag, on, slots, fill.program))


@cache
def _shown_matters(template: Template, on: frozenset[str]) -> bool:
    """Tell whether some of these decorations fall into another split than all of them."""
    held = held_out_sets(template)
    some = chain.from_iterable(combinations(sorted(on), n) for n in range(len(on)))
    return any((frozenset(names) in held) != (on in held) for names in some)


def _shows(
    template: Template, flag: str, on: frozenset[str], slots: Mapping[str, Value], program: str
) -> bool:
    try:
        without = template.fill({**slots, **dict.fromkeys(on - {flag}, True)})
    except ValueError:  # there is no such figure without it
        return True
    return normalize(without.program) != normalize(program)


def normalize(program: str) -> str:
    """Return a program without comments and white space."""
    lines = (line.partition("//")[0] for line in program.splitlines())
    return "".join("".join(lines).split())


def surface(sentence: str, rng: random.Random) -> str:
    """Write a sentence as people type: some start in lower case, some leave out the full stop."""
    if rng.random() < 0.25:
        sentence = sentence.removesuffix(".")
    if rng.random() < 0.2 and sentence[:1].isupper() and sentence[1:2].islower():
        sentence = sentence[0].lower() + sentence[1:]
    elif rng.random() < 0.9:
        sentence = sentence[:1].upper() + sentence[1:]
    return sentence


def _chosen(split: str, families: list[str] | None) -> list[Template]:
    if split not in SPLITS:
        raise ValueError(f"a split is one of {', '.join(SPLITS)}, not {split!r}")
    templates = load_templates()
    for family in families or ():
        if family not in templates:
            raise ValueError(f"there is no family {family!r} (there are {', '.join(templates)})")
    chosen = [templates[family] for family in families or templates]
    there = {
        "phrasings": lambda template: bool(template.held_out),
        "combinations": lambda template: bool(held_out_sets(template)),
    }
    return [t for t in chosen if there.get(split, bool)(t)]


def _figure(template: Template, seed: int, split: str, index: int) -> Figure:
    """Draw figure ``index``: again and again until the program falls into the split."""
    rng = random.Random(f"{seed}/{split}/{template.family}/{index}")
    for sentence, fill in _draws(template, rng, split):
        if split_of(fill) == split:
            said = surface(sentence, rng)
            return Figure(said, fill.program, fill.family, fill.values, fill.told)
    raise ValueError(f"{template.family} has no figure in split {split!r}: widen its slots")


def _draws(template: Template, rng: random.Random, split: str) -> Iterator[tuple[str, Fill]]:
    held = held_out_sets(template)
    wanted = split == "combinations"
    for _ in range(_TRIES):
        yield template.say(
            rng, held_out=split == "phrasings", allowed=lambda flags: (flags in held) == wanted
        )
