"""Sentences with the figures they ask for, drawn from the templates.

The same seed gives the same figures. Three splits share no program: every program belongs to
exactly one of them, by its hash.

- ``train``: trained phrasings, trained values.
- ``values``: trained phrasings, programs that no training figure has.
- ``phrasings``: held-out phrasings, again with programs that no training figure has.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from asygrammar.formulas import Value
from asygrammar.templates import Fill, Template, load_templates

SPLITS = ("train", "values", "phrasings")
# Of 20 programs, one goes to each of the held-out splits.
_BUCKETS = 20
_TRIES = 5000


@dataclass(frozen=True)
class Figure:
    """A sentence and the program that draws what it asks for.

    Attributes:
        sentence: What a user would type.
        program: An Asymptote program in the canonical layout.
        family: The template's name.
        slots: Values of its slots, flags and derived values.
    """

    sentence: str
    program: str
    family: str
    slots: Mapping[str, Value]


def sample_figures(
    n: int, *, seed: int, split: str = "train", families: list[str] | None = None
) -> list[Figure]:
    """Draw figures, the families in turn; figures may come twice.

    Args:
        n: How many.
        seed: The same seed gives the same figures, and a larger ``n`` gives more of them.
        split: One of ``SPLITS``.
        families: Only these; all by default.

    Raises:
        ValueError: There is no such split or family, or a family has no figure in this split.
    """
    templates = _chosen(split, families)
    return [_figure(templates[i % len(templates)], seed, split, i) for i in range(n)]


def held_out(n: int, seed: int, split: str) -> list[Figure]:
    """Draw different figures, for measuring: no sentence comes twice.

    Args:
        n: How many.
        seed: Another seed gives other figures.
        split: ``"values"`` or ``"phrasings"``.

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


def split_of(program: str) -> str:
    """Return the split a program of ``values`` or training belongs to, by its hash.

    White space and comments do not count, so that a program cannot stand in two splits by
    being laid out in two ways.
    """
    bucket = hashlib.sha256(normalize(program).encode()).digest()[0] % _BUCKETS
    return {0: "values", 1: "phrasings"}.get(bucket, "train")


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
    return [t for t in chosen if t.held_out] if split == "phrasings" else chosen


def _figure(template: Template, seed: int, split: str, index: int) -> Figure:
    """Draw figure ``index``: again and again until the program falls into the split."""
    rng = random.Random(f"{seed}/{split}/{template.family}/{index}")
    for sentence, fill in _draws(template, rng, split):
        if split_of(fill.program) == split:
            return Figure(surface(sentence, rng), fill.program, fill.family, fill.values)
    raise ValueError(f"{template.family} has no figure in split {split!r}: widen its slots")


def _draws(template: Template, rng: random.Random, split: str) -> Iterator[tuple[str, Fill]]:
    for _ in range(_TRIES):
        yield template.say(rng, held_out=split == "phrasings")
