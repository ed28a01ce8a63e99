"""Phrase patterns: one line of a template that stands for many sentences.

    Draw a {right triangle|right-angled triangle} with legs <a> and <b>[labels: and label it].

``<a>`` is a slot, ``<a:word>`` a slot shown through a form, ``{x|y}`` one of several, ``[x]`` may
be left out, ``[labels: x]`` is there exactly when the flag ``labels`` is on. Patterns nest. What
this module does not know: what a name stands for, and how a value is shown.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

REF = re.compile(r"<([A-Za-z][A-Za-z0-9_]*)(?::([a-z0-9]+))?>")
_FLAG = re.compile(r"(not )?([a-z][a-z0-9_]*):")
_TOKEN = re.compile(rf"{REF.pattern}|[{{}}\[\]|]|[^<{{}}\[\]|]+|<")


@dataclass(frozen=True)
class Text:
    """Words that stand as they are."""

    text: str


@dataclass(frozen=True)
class Ref:
    """A slot's value, shown through ``form`` (empty: as it is)."""

    name: str
    form: str = ""


@dataclass(frozen=True)
class Either:
    """One of several phrases."""

    options: tuple[Phrase, ...]


@dataclass(frozen=True)
class When:
    """A phrase that is there when ``flag`` is on (off, if ``negated``)."""

    flag: str
    negated: bool
    phrase: Phrase


Node = Text | Ref | Either | When


@dataclass(frozen=True)
class Phrase:
    """A pattern, as the sequence of its parts."""

    parts: tuple[Node, ...]

    def pick(
        self,
        rng: random.Random,
        flags: Mapping[str, bool],
        words: Mapping[str, Phrase],
        chosen: dict[str, list[Text | Ref]] | None = None,
    ) -> list[Text | Ref]:
        """Choose one of the sentences that this pattern stands for.

        Args:
            rng: Decides between alternatives.
            flags: Every flag of the pattern, on or off.
            words: The names that stand for phrases; each is chosen once a sentence.
            chosen: What has been chosen for them so far.

        Returns:
            The sentence's text, and the slots between it.
        """
        chosen = {} if chosen is None else chosen
        picked: list[Text | Ref] = []
        for part in self.parts:
            match part:
                case Ref(name) if name in words:
                    if name not in chosen:
                        chosen[name] = words[name].pick(rng, flags, words, chosen)
                    picked += chosen[name]
                case Text() | Ref():
                    picked.append(part)
                case Either(options):
                    picked += rng.choice(options).pick(rng, flags, words, chosen)
                case When(flag, negated, phrase):
                    if flags[flag] != negated:
                        picked += phrase.pick(rng, flags, words, chosen)
        return picked

    def sure(self, flags: dict[str, bool], words: Mapping[str, frozenset[str]]) -> frozenset[str]:
        """Return the names that every sentence of this pattern mentions under ``flags``.

        Args:
            flags: Every flag of the pattern, on or off.
            words: The names that stand for phrases, with what is sure of those.
        """
        names: set[str] = set()
        for part in self.parts if self.names else ():
            match part:
                case Ref(name):
                    names |= words.get(name, {name})
                case Either(options):
                    sure = [option.sure(flags, words) for option in options]
                    names |= frozenset.intersection(*sure)
                case When(flag, negated, phrase) if flags[flag] != negated:
                    names |= phrase.sure(flags, words)
        return frozenset(names)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names in it; most alternatives have none."""
        return frozenset(node.name for node in self.walk() if isinstance(node, Ref))

    @cached_property
    def flags(self) -> frozenset[str]:
        """The flags that it asks for, or not to have, itself."""
        return frozenset(node.flag for node in self.walk() if isinstance(node, When))

    def walk(self) -> Iterator[Node]:
        """Yield every part, the nested ones too."""
        for part in self.parts:
            yield part
            if isinstance(part, Either):
                for option in part.options:
                    yield from option.walk()
            elif isinstance(part, When):
                yield from part.phrase.walk()

    def runs(
        self,
        refs: Callable[[Ref], Phrase | None],
        length: int = 4,
        wanted: frozenset[tuple[str, ...]] | None = None,
    ) -> set[tuple[str, ...]]:
        """Return every run of ``length`` words that one of the sentences holds outside its slots.

        Args:
            refs: Gives the phrase a reference stands for, or ``None`` where it is a slot.
            length: How many words make a run.
            wanted: Look only for these, which is quicker.
        """
        search = _Search(length, wanted)
        for tail in self._advance({""}, refs, search):
            search.end(tail)
        return search.found

    def _advance(
        self, tails: set[str], refs: Callable[[Ref], Phrase | None], search: _Search
    ) -> set[str]:
        """Go on from every text that may stand before, keeping only what a run can still need."""
        for part in self.parts:
            match part:
                case Text(text):
                    tails = {search.keep(tail + text) for tail in tails}
                case Ref():
                    inner = refs(part)
                    if inner is None:
                        tails = {search.keep(tail + "<>") for tail in tails}
                    else:
                        tails = inner._advance(tails, refs, search)
                case Either(options):
                    ways = [option._advance(tails, refs, search) for option in options]
                    tails = set().union(*ways)
                case When(_, _, phrase):
                    tails = tails | phrase._advance(tails, refs, search)
        return tails


class _Search:
    """Finds runs of words in texts that grow at their ends.

    Args:
        length: How many words make a run.
        wanted: The runs to look for; ``None``: all.

    Attributes:
        found: Those that there were so far.
    """

    def __init__(self, length: int, wanted: frozenset[tuple[str, ...]] | None) -> None:
        self.found: set[tuple[str, ...]] = set()
        self._length = length
        self._wanted = wanted
        self._beginnings = _beginnings(wanted or frozenset())
        self._kept: dict[str, str] = {}

    def keep(self, text: str) -> str:
        """Note the runs of a text and return its end; the last word may still grow."""
        if text not in self._kept:
            words = words_of(text)
            grows = text[-1:].isalnum()
            self._note(words[:-1] if grows else words)
            self._kept[text] = self._needed(words, grows)
        return self._kept[text]

    def end(self, text: str) -> None:
        """Note the runs of a text that does not go on."""
        self._note(words_of(text))

    def _note(self, words: list[str]) -> None:
        new = runs(words, self._length)
        self.found.update(new if self._wanted is None else self._wanted.intersection(new))

    def _needed(self, words: list[str], grows: bool) -> str:
        """Return the last words, as far as a run that is to come can begin among them."""
        after = "" if grows else " "
        end = words[-self._length :] if grows else words[1 - self._length :]
        if "<>" in end:
            end = end[len(end) - end[::-1].index("<>") :]
        if self._wanted is not None:
            while len(end) > grows and " ".join(end) + after not in self._beginnings:
                end = end[1:]
        return " ".join(end) + after


@lru_cache(maxsize=4)
def _beginnings(wanted: frozenset[tuple[str, ...]]) -> frozenset[str]:
    """Return what runs of words can begin with; a space stands after a word that is whole."""
    texts = (" ".join([*run, ""]) for run in wanted)
    return frozenset(text[:end] for text in texts for end in range(1, len(text) + 1))


def words_of(sentence: str) -> list[str]:
    """Return the words of a sentence in lower case; a slot (``<>``) is a word of its own."""
    return re.findall(r"<>|[a-z0-9']+", sentence.lower())


def runs(words: tuple[str, ...] | list[str], length: int = 4) -> Iterator[tuple[str, ...]]:
    """Yield every run of ``length`` words that holds no slot."""
    for start in range(len(words) - length + 1):
        run = tuple(words[start : start + length])
        if "<>" not in run:
            yield run


def parse_phrase(text: str, flags: frozenset[str] = frozenset()) -> Phrase:
    """Read a pattern.

    Args:
        text: The pattern.
        flags: The flags that a ``[flag: ...]`` may name.

    Raises:
        ValueError: A bracket is open, an unknown flag is named, a ``<`` is not a slot.
    """
    tokens = _TOKEN.finditer(text)
    phrase, closer = _sequence(tokens, flags, "")
    if closer:
        raise ValueError(f"{closer!r} closes nothing in {text!r}")
    return phrase


def _sequence(
    tokens: Iterator[re.Match[str]], flags: frozenset[str], ends: str
) -> tuple[Phrase, str]:
    """Read parts up to one of ``ends``; return them and the character that ended them."""
    parts: list[Node] = []
    for token in tokens:
        text = token[0]
        if text in ("|", "}", "]"):
            if text not in ends:
                raise ValueError(f"{text!r} stands outside of its brackets")
            return Phrase(tuple(parts)), text
        if text == "{":
            parts.append(_either(tokens, flags))
        elif text == "[":
            parts.append(_optional(tokens, flags))
        elif text == "<":
            raise ValueError(f"'<' must open a slot such as <a>: {token.string!r}")
        elif token[1]:
            parts.append(Ref(token[1], token[2] or ""))
        else:
            parts.append(Text(text))
    if ends:
        raise ValueError(f"a bracket is not closed: {ends[-1]!r} is missing")
    return Phrase(tuple(parts)), ""


def _either(tokens: Iterator[re.Match[str]], flags: frozenset[str]) -> Either:
    options = []
    end = "|"
    while end == "|":
        phrase, end = _sequence(tokens, flags, "|}")
        options.append(phrase)
    return Either(tuple(options))


def _optional(tokens: Iterator[re.Match[str]], flags: frozenset[str]) -> Either | When:
    phrase, _ = _sequence(tokens, flags, "]")
    first = phrase.parts[0] if phrase.parts else Text("")
    named = _FLAG.match(first.text) if isinstance(first, Text) else None
    if named is None or not isinstance(first, Text):
        return Either((phrase, Phrase(())))
    if named[2] not in flags:
        known = ", ".join(sorted(flags)) or "none is declared"
        raise ValueError(f"there is no flag {named[2]!r} (flags: {known})")
    rest = (Text(first.text[named.end() :]), *phrase.parts[1:])
    return When(named[2], bool(named[1]), Phrase(rest))
