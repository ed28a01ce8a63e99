"""The level ``typed``: the grammar of the next line, made anew whenever the scope changes.

A row is a chain of segments, each with its place in the program and a matcher of its own. A segment
ends at a line break, or after one name of a declaration, since the next may use it. What a segment
needs is cached on what its scope *means*: programs with the same names share matchers, and masks.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
import torch
from llguidance import LLMatcher, LLTokenizer
from llguidance.torch import fill_next_token_bitmask
from numpy.typing import NDArray

from asygrammar.decoding.constraint import (
    ConstraintError,
    ProgramRow,
    RowConstraint,
    allow_leading_space,
    summary,
)
from asygrammar.typed.next_line import LineGrammars
from asygrammar.typed.places import Place

#: How many matchers are kept for scopes that come again. One that has been used takes several
#: megabytes.
MATCHERS_KEPT = 32
#: How many masks are kept for texts that come again, an eighth of a byte for each token; and of how
#: many scopes it is known that they are the same. Masks outlive their matchers.
MASKS_KEPT, SCOPES_KEPT = 16_384, 4096
#: How many matchers may be waiting that no program has reached.
EXPECTED_KEPT = 16

# What opens a declaration or a block, and a line that leads to the same place as the whole will.
_BEGUN = (
    (re.compile(r"^\s*([A-Za-z_]\w*(?:\[\])* [A-Za-z_]\w*(?:\[\])*) =\s*$"), r"\1;"),
    (re.compile(r"^\s*for \(int (\w+) =\s*$"), r"for (int \1 = 0; \1 < 1; ++\1) {"),
    (re.compile(r"^\s*(if|while) \($"), r"\1 (true) {"),
)
_Value = TypeVar("_Value")


class Recent(OrderedDict[Hashable, _Value], Generic[_Value]):
    """A dictionary that forgets what was not asked for longest."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def find(self, key: Hashable) -> _Value | None:
        """Return a value, which is then the most recent, or ``None``."""
        if key not in self:
            return None
        self.move_to_end(key)
        return self[key]

    def keep(self, key: Hashable, value: _Value) -> None:
        """Keep a value, at the cost of the oldest."""
        self[key] = value
        if len(self) > self._most:
            self.popitem(last=False)


class LineMatchers:
    """The matchers of next lines, for one tokenizer.

    Attributes:
        masks: Masks by the scope's number and the text of the line so far.
        forced: Tokens that follow in any case, likewise.
        hits: How often a matcher was there already.
        misses: How often it had to be built.
    """

    def __init__(
        self,
        llg_tokenizer: LLTokenizer,
        modules: tuple[str, ...] | None = None,
        leading_space: bool = False,
    ) -> None:
        self.llg_tokenizer = llg_tokenizer
        self.grammars = LineGrammars(modules)
        self.masks: Recent[NDArray[np.int32]] = Recent(MASKS_KEPT)
        self.forced: Recent[tuple[int, ...]] = Recent(MASKS_KEPT)
        self.hits = self.misses = 0
        self._leading_space = leading_space
        self._kept: Recent[LLMatcher] = Recent(MATCHERS_KEPT)
        self._numbers: Recent[int] = Recent(SCOPES_KEPT)
        self._count = 0
        self._expected: dict[Hashable, Future[LLMatcher]] = {}
        self._builder = ThreadPoolExecutor(1, thread_name_prefix="next-line")

    def number(self, place: Place) -> int:
        """Return a number that places share where the same lines may come next."""
        key = self.grammars.key(place)
        found = self._numbers.find(key)
        if found is None:
            self._count += 1
            found = self._count
            self._numbers.keep(key, found)
        return found

    def expect(self, place: Place) -> None:
        """Begin to build the matcher for a place that a program is about to reach.

        llguidance builds outside of Python's lock, while the model goes on with the line.
        """
        key = self.grammars.key(place)
        known = (self.number(place), b"") in self.masks
        if not known and key not in self._kept and key not in self._expected:
            if len(self._expected) >= EXPECTED_KEPT:  # of programs that went another way
                for waiting in self._expected.values():
                    waiting.cancel()
                self._expected.clear()
            self._expected[key] = self._builder.submit(self._build, place)

    def at(self, place: Place) -> LLMatcher:
        """Return the matcher for the line at a place; copy it before use.

        Raises:
            ConstraintError: llguidance does not accept the grammar.
        """
        key = self.grammars.key(place)
        found = self._kept.find(key)
        if found is not None:
            self.hits += 1
            return found
        self.misses += 1
        building = self._expected.pop(key, None)
        if building is None or building.cancel():  # it can be cancelled while others are before it
            building = Future()
            building.set_result(self._build(place))
        self._kept.keep(key, building.result())
        return building.result()

    def _build(self, place: Place) -> LLMatcher:
        text = self.grammars.write(place)
        if place.lines == 0 and place.declaring is None and self._leading_space:
            text = allow_leading_space(text)
        matcher = LLMatcher(self.llg_tokenizer, LLMatcher.grammar_from_lark(text), log_level=0)
        if error := matcher.get_error():
            raise ConstraintError(f"llguidance does not accept the grammar: {summary(error)}")
        return matcher


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
        count = 0
        for token in tokens:
            if self._matcher(self._segments[-1]).validate_tokens([token]) == 0:
                break
            self.advance(token)
            count += 1
        self.rollback(count)
        return count

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
