"""The level ``typed``: the grammar of the next line, made anew whenever the scope changes.

A row is a chain of segments, each with its place in the program and a matcher of its own. A segment
ends at a line break, or after one name of a declaration, since the next may use it. What a segment
needs is cached on what its scope *means*: programs with the same names share matchers, and masks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from llguidance import LLMatcher
from llguidance.torch import fill_next_token_bitmask
from numpy.typing import NDArray

from asygrammar.decoding.constraint import (
    ProgramRow,
    RowConstraint,
    summary,
    taken_one_by_one,
)
from asygrammar.decoding.line_matchers import LineMatchers
from asygrammar.typed.places import Place

# What opens a declaration or a block, and a line that leads to the same place as the whole will.
_BEGUN = (
    (re.compile(r"^\s*([A-Za-z_]\w*(?:\[\])* [A-Za-z_]\w*(?:\[\])*) =\s*$"), r"\1;"),
    (re.compile(r"^\s*for \(int (\w+) =\s*$"), r"for (int \1 = 0; \1 < 1; ++\1) {"),
    (re.compile(r"^\s*(if|while) \($"), r"\1 (true) {"),
)


@dataclass(slots=True)
class _Segment:
    """A line, or a part of a declaration.

    Attributes:
        place: Where it stands.
        number: Of its scope.
        head: What it begins with that belongs to the segment before.
        text: What there is of it, with the head.
        tokens: Its tokens, but for the head.
        lengths: Their lengths in bytes.
        matcher: Has read the head and the first tokens; ``None`` while nobody has asked it.
        read: How many tokens it has read.
    """

    place: Place
    number: int
    head: bytes
    text: bytes
    tokens: list[int] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    matcher: LLMatcher | None = None
    read: int = 0

    def shorten(self, count: int) -> None:
        """Take back the last tokens."""
        if self.matcher is not None and self.read > len(self.tokens) - count:
            if self.matcher.is_error():  # for good: another one has to take its place
                self.matcher = None
            else:
                self.matcher.rollback(self.read - (len(self.tokens) - count))
        self.text = self.text[: len(self.text) - sum(self.lengths[-count:])]
        del self.tokens[-count:], self.lengths[-count:]
        self.read = min(self.read, len(self.tokens))


class TypedRow:
    """One program that is being written at the level ``typed``.

    A matcher is asked only for what no program before has asked: where a line comes again in the
    same scope, there need not even be one.
    """

    def __init__(self, matchers: LineMatchers, place: Place | None = None) -> None:
        self._matchers = matchers
        self._segments = [self._begin(place or Place(), b"")]
        matchers.expect(self.place)  # while the model reads the prompt

    @property
    def place(self) -> Place:
        """The place of the line, or part of a declaration, that is being written."""
        return self._segments[-1].place

    def matcher_to_ask(self) -> LLMatcher | None:
        """Return the matcher that knows what comes next; ``None`` where that is known already."""
        segment = self._segments[-1]
        known = (segment.number, segment.text) in self._matchers.masks
        return None if known else self._matcher(segment)

    def remember(self, mask: NDArray[np.int32]) -> None:
        """Take note of what the matcher answered, a bit for each token."""
        segment = self._segments[-1]
        self._matchers.masks.keep((segment.number, segment.text), mask.copy())

    def fill(self, bitmask: torch.Tensor, row: int) -> None:
        """Write the mask of the next token, a bit for each, into a row of a mask."""
        segment = self._segments[-1]
        found = self._matchers.masks.find((segment.number, segment.text))
        if found is None:
            fill_next_token_bitmask(self._matcher(segment), bitmask, row)
            self.remember(bitmask[row].numpy())
        else:
            bitmask[row] = torch.from_numpy(found)

    def advance(self, token: int) -> None:
        """Take in a token that the mask allows."""
        segment = self._segments[-1]
        added = self._matchers.llg_tokenizer.decode_bytes([token])
        segment.tokens.append(token)
        segment.lengths.append(len(added))
        segment.text += added
        if added.endswith(b"\n"):
            line = segment.text[:-1].decode()
            self._segments.append(self._begin(segment.place.after(line), b""))
            self._matchers.expect(self.place)
        elif b"," in added:
            self._split(segment)
        elif b"=" in added or b"(" in added:
            self._expect(segment)

    def forced(self) -> list[int]:
        """Take in the tokens that follow in any case, and return them.

        Nobody asks at the start of a line, where there is a choice nearly always: the matcher may
        still be being built, while the model reads the line before.
        """
        taken: list[int] = []
        while (segment := self._segments[-1]).tokens and (found := self._forced_in(segment)):
            for token in found:
                self.advance(token)
                taken.append(token)
                if self._segments[-1] is not segment:  # the next one has a word in it, too
                    break
        return taken

    def accepts(self, tokens: Sequence[int]) -> int:
        """Return how many of some tokens can be taken in one after the other; take none in."""
        return taken_one_by_one(self, lambda: self._matcher(self._segments[-1]), tokens)

    def rollback(self, count: int) -> None:
        """Take back the last tokens."""
        while count:
            segment = self._segments[-1]
            taken = min(count, len(segment.tokens))
            if taken:
                segment.shorten(taken)
                count -= taken
            if count:
                self._segments.pop()

    def names(self) -> Sequence[str]:
        """Return the names that are visible here."""
        return self._matchers.grammars.names(self.place)

    @property
    def ready(self) -> bool:
        """Whether the mask can be made at once: it, or a matcher, is there."""
        segment = self._segments[-1]
        known = (
            segment.matcher is not None or (segment.number, segment.text) in self._matchers.masks
        )
        return known or self._matchers.ready(segment.place)

    @property
    def accepting(self) -> bool:
        """Whether the program may end here: between lines, and outside of blocks."""
        return not self._segments[-1].text and self.place.complete

    @property
    def error(self) -> str:
        """Why the row cannot go on, or the empty string."""
        matcher = self._segments[-1].matcher
        return "" if matcher is None else summary(matcher.get_error())

    def _begin(self, place: Place, head: bytes) -> _Segment:
        return _Segment(place, self._matchers.number(place), head, head)

    def _matcher(self, segment: _Segment) -> LLMatcher:
        """Return the segment's matcher, which then has read all there is of it."""
        if segment.matcher is None:
            segment.matcher, segment.read = self._matchers.at(segment.place).deep_copy(), 0
            if segment.head:
                tokens = self._matchers.llg_tokenizer.tokenize_bytes(segment.head)
                segment.matcher.consume_tokens(tokens)
        if unread := segment.tokens[segment.read :]:
            segment.matcher.consume_tokens(unread)
            segment.read = len(segment.tokens)
        return segment.matcher

    def _forced_in(self, segment: _Segment) -> tuple[int, ...]:
        key = (segment.number, segment.text)
        found = self._matchers.forced.find(key)
        if found is None:
            found = tuple(self._matcher(segment).compute_ff_tokens())
            self._matchers.forced.keep(key, found)
        return found

    def _expect(self, segment: _Segment) -> None:
        """Have the matcher built that the line leads to, where its beginning tells."""
        text = segment.text.decode(errors="ignore")
        for pattern, whole in _BEGUN:
            if begun := pattern.match(text):
                self._matchers.expect(segment.place.after(begun.expand(whole)))

    def _split(self, segment: _Segment) -> None:
        """Begin another segment where a declaration has got past a comma between its names."""
        text = segment.text.decode(errors="ignore")
        comma = _comma_between_names(text, segment.place.declaring is not None)
        if comma is not None:
            after = segment.place.after_name(text[:comma])
            self._segments.append(self._begin(after, text[comma + 1 :].encode()))


def _comma_between_names(text: str, declaring: bool) -> int | None:
    """Return where the last comma between names of a declaration is, if the text is one."""
    if not declaring and not _is_declaration(text):
        return None
    depth, quoted, found = 0, False, None
    for at, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif not quoted:
            depth += (character in "([{") - (character in ")]}")
            if character == "," and depth == 0:
                found = at
    return found


def _is_declaration(text: str) -> bool:
    return re.match(r"\s*[A-Za-z_]\w*(?:\[\])* [A-Za-z_]\w*(?:\[\])?(?: =|,)", text) is not None


class TypedConstraint(RowConstraint):
    """The level ``typed``, its rows independent of each other.

    Args:
        matchers: Makes the matchers of next lines; constraints may share it.
        tensor_library: What logits are made of: ``"torch"`` or ``"numpy"``.
    """

    def __init__(self, matchers: LineMatchers, tensor_library: str = "torch") -> None:
        super().__init__(matchers.llg_tokenizer, tensor_library)
        self._matchers = matchers

    def begin(self) -> ProgramRow:
        """Begin a program."""
        return TypedRow(self._matchers)
