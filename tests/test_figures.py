"""Figures: determinism, splits, and that every family compiles in the canonical layout."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import product

import pytest

from asygrammar import format_asy
from asygrammar.compiler import compile
from asygrammar.figures import (
    SPLITS,
    held_out,
    held_out_sets,
    normalize,
    sample_figures,
    split_of,
    surface,
)
from asygrammar.templates import Fill, load_templates

FAMILIES = list(load_templates())


def test_same_seed_same_figures() -> None:
    assert sample_figures(60, seed=3) == sample_figures(80, seed=3)[:60]
    assert sample_figures(60, seed=3) != sample_figures(60, seed=4)


def test_families_in_turn() -> None:
    figures = sample_figures(2 * len(FAMILIES), seed=0)
    assert [figure.family for figure in figures] == FAMILIES * 2


@pytest.mark.parametrize("split", SPLITS)
def test_programs_stay_in_their_split(split: str) -> None:
    figures = sample_figures(300, seed=1, split=split)
    fills = [Fill(f.family, f.slots, f.program, f.told) for f in figures]
    assert {split_of(fill) for fill in fills} == {split}


def _relatives(fill: Fill) -> Iterator[Fill]:
    """Yield the fills with the same values and other decorations."""
    template = load_templates()[fill.family]
    slots = {name: fill.values[name] for name in template.slots if name in fill.values}
    for values in (slots, slots | dict(template.defaults)):
        for on in product((False, True), repeat=len(template.flags)):
            with suppress(ValueError):
                yield template.fill({**values, **dict(zip(template.flags, on, strict=True))})


@pytest.mark.parametrize("family", FAMILIES)
def test_a_program_is_in_one_split_whatever_it_is_called(family: str) -> None:
    """A color that was asked for may be the one there is anyway: the program is the same."""
    figures = sample_figures(2, seed=2, families=[family])
    splits: dict[str, set[str]] = {}
    for figure in figures:
        for fill in _relatives(Fill(family, figure.slots, figure.program, figure.told)):
            splits.setdefault(normalize(fill.program), set()).add(split_of(fill))
    assert [some for some in splits.values() if len(some) > 1] == []


def test_layout_does_not_move_a_program_to_another_split() -> None:
    plain = load_templates()["segment"].say(random.Random(0))[1]
    assert split_of(replace(plain, program=plain.program + "\n// a line\n")) == split_of(plain)
    assert normalize("a = 1; // x\n b\n") == "a=1;b"


@pytest.mark.parametrize("split", SPLITS[1:])
def test_held_out_sentences_are_different(split: str) -> None:
    figures = held_out(400, seed=1, split=split)
    assert len({figure.sentence for figure in figures}) == 400
    assert held_out(400, seed=1, split=split) == figures


def test_bad_names() -> None:
    with pytest.raises(ValueError, match="values"):
        sample_figures(1, seed=0, split="test")
    with pytest.raises(ValueError, match="values"):
        held_out(1, seed=0, split="train")
    with pytest.raises(ValueError, match="no family 'cube'"):
        sample_figures(1, seed=0, families=["cube"])


def test_training_shows_every_decoration_but_not_every_combination() -> None:
    templates = load_templates().values()
    for template in templates:
        held = held_out_sets(template)
        figures = sample_figures(120, seed=5, families=[template.family])
        shown = {frozenset(f for f in template.flags if x.slots[f]) for x in figures}
        assert not held & shown
        assert all(len(names) > 1 for names in held)
        if held:
            assert set().union(*held) <= set().union(*shown)
    assert sum(bool(held_out_sets(template)) for template in templates) > len(templates) / 2


def test_held_out_phrasings_share_no_four_words_with_trained_ones() -> None:
    """By the patterns, so that it holds for every sentence that they can ever say."""
    templates = load_templates().values()
    trained = set().union(*(template.runs(template.says) for template in templates))
    for template in templates:
        assert not template.runs(template.held_out) & trained


@pytest.mark.parametrize("family", FAMILIES)
def test_family(family: str) -> None:
    """Canonical, short, many different ones; every label letter and number comes from a value."""
    figures = sample_figures(150, seed=2, families=[family])
    assert all(format_asy(f.program) == f.program for f in figures)
    assert all(len(figure.program) < 900 for figure in figures)
    assert len({figure.program for figure in figures}) > 60
    assert len({figure.sentence for figure in figures}) > 120
    assert not any(
        re.search(r"[{}]|<[A-Za-z]\w*[:>]|  | [,.;]", figure.sentence) for figure in figures
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_family_compiles(asy: str, family: str) -> None:
    figures = sample_figures(40, seed=6, families=[family])
    # The longest program has the most decorations; the shortest has none.
    some = sorted(figures, key=lambda figure: len(figure.program))
    for figure in (some[0], some[20], some[-1]):
        result = compile(figure.program, format="eps")
        assert result.ok, (figure.program, result.log)


def test_surface_changes_only_the_ends() -> None:
    rng = random.Random(0)
    said = {surface("Draw a square with side 3.", rng) for _ in range(100)}
    assert said == {
        first + "raw a square with side 3" + stop for first in "Dd" for stop in ("", ".")
    }
