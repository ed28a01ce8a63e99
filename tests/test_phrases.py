"""Phrase patterns: which sentences they stand for."""

from __future__ import annotations

import random

import pytest

from asygrammar.phrases import Phrase, Text, parse_phrase, runs, words_of


def said(phrase: Phrase, rng: random.Random, flags: dict[str, bool], **words: Phrase) -> str:
    parts = phrase.pick(rng, flags, words)
    return "".join(p.text if isinstance(p, Text) else f"({p.name}:{p.form})" for p in parts)


def sentences(text: str, flags: dict[str, bool] | None = None) -> set[str]:
    flags = flags or {}
    phrase = parse_phrase(text, frozenset(flags))
    rng = random.Random(0)
    return {said(phrase, rng, flags) for _ in range(200)}


@pytest.mark.parametrize(
    ("text", "every"),
    [
        ("a <b> c <d:word>.", {"a (b:) c (d:word)."}),
        ("{x|y {1|2}|}z", {"xz", "y 1z", "y 2z", "z"}),
        ("x[ y]", {"x", "x y"}),
        ("A(1, 2): 3 > 2", {"A(1, 2): 3 > 2"}),
    ],
)
def test_pick(text: str, every: set[str]) -> None:
    assert sentences(text) == every


def test_words_are_chosen_once_a_sentence() -> None:
    rng = random.Random(0)
    phrase = parse_phrase("<w> and <w>")
    found = {said(phrase, rng, {}, w=parse_phrase("{x|y <a>}")) for _ in range(50)}
    assert found == {"x and x", "y (a:) and y (a:)"}


def test_flags() -> None:
    text = "x[on: with <a>][not on: without]"
    assert sentences(text, {"on": True}) == {"x with (a:)"}
    assert sentences(text, {"on": False}) == {"x without"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{a|b", "not closed"),
        ("[a", "not closed"),
        ("a}", "outside"),
        ("a|b", "outside"),
        ("a < b", "must open a slot"),
        ("[nope: a]", "no flag 'nope'"),
    ],
)
def test_faults(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_phrase(text)


def test_sure_names_are_in_every_sentence() -> None:
    words = {"w": parse_phrase("<c> {<d>|e}").sure({}, {})}
    phrase = parse_phrase("<a> {<a> <b>|<b>}[ <x>][on: <w>]", frozenset({"on"}))
    assert phrase.sure({"on": True}, words) == {"a", "b", "c"}
    assert phrase.sure({"on": False}, words) == {"a", "b"}


def test_runs_equal_those_of_the_sentences() -> None:
    """The runs are computed without writing out the sentences; here both ways are compared."""
    words = {"w": parse_phrase("{p q|r}s{t|} u")}
    text = "a {b|c d|}e <n> f <w> g h{ i j|k}[on: l m <n> n o p q]"
    phrase = parse_phrase(text, frozenset({"on"}))
    rng = random.Random(1)
    found = set()
    for i in range(2000):
        sentence = said(phrase, rng, {"on": i % 2 == 0}, **words).replace("(n:)", "<>")
        found |= set(runs(words_of(sentence)))
    assert phrase.runs(lambda ref: words.get(ref.name)) == found
    some = frozenset(sorted(found)[::3]) | {("no", "such", "run", "here")}
    assert phrase.runs(lambda ref: words.get(ref.name), wanted=some) == found & some
