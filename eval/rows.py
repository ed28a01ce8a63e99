"""A level as a language: programs written token by token, without a model.

What `decoding` does for a batch of logits is done here for one program: ask what may come next,
take a token in, take some back. Each level is one :class:`Row`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np
import torch
from llguidance import LLMatcher, LLTokenizer, grammar_from
from llguidance import hf as llguidance_hf
from llguidance.torch import allocate_token_bitmask, fill_next_token_bitmask
from numpy.typing import NDArray

from asygrammar import load_grammar
from asygrammar.decoding.constraint import summary
from asygrammar.decoding.typed import LineMatchers, TypedRow


class Row(Protocol):
    """One program that is being written at a level."""

    def fill(self, bitmask: torch.Tensor, row: int) -> None:
        """Write the mask of the next token, a bit for each, into a row of a mask."""

    def advance(self, token: int) -> None:
        """Take in a token that the mask allows."""

    def accepts(self, tokens: Sequence[int]) -> int:
        """Return how many of some tokens can be taken in one after the other; take none in."""

    def rollback(self, count: int) -> None:
        """Take back the last tokens."""

    @property
    def accepting(self) -> bool:
        """Whether the program may end here."""

    @property
    def error(self) -> str:
        """Why the row cannot go on, or the empty string."""


class SyntaxRow:
    """One program that is being written at the level ``syntax``.

    Args:
        pristine: A matcher of the static grammar that has read nothing.
    """

    def __init__(self, pristine: LLMatcher) -> None:
        self._matcher = pristine.deep_copy()

    def fill(self, bitmask: torch.Tensor, row: int) -> None:
        """Write the mask of the next token, a bit for each, into a row of a mask."""
        fill_next_token_bitmask(self._matcher, bitmask, row)

    def advance(self, token: int) -> None:
        """Take in a token that the mask allows."""
        self._matcher.consume_token(token)

    def accepts(self, tokens: Sequence[int]) -> int:
        """Return how many of some tokens can be taken in one after the other; take none in."""
        return int(self._matcher.validate_tokens(list(tokens)))

    def rollback(self, count: int) -> None:
        """Take back the last tokens."""
        if count:
            self._matcher.rollback(count)

    @property
    def accepting(self) -> bool:
        """Whether the program may end here."""
        return bool(self._matcher.is_accepting())

    @property
    def error(self) -> str:
        """Why the row cannot go on, or the empty string."""
        return summary(self._matcher.get_error())


def read_tokenizer(tokenizer: Any) -> LLTokenizer:
    """Return llguidance's reading of a fast tokenizer of Transformers.

    Raises:
        ValueError: llguidance cannot read it.
    """
    try:
        return llguidance_hf.from_tokenizer(tokenizer)
    except ValueError as error:
        raise ValueError(f"llguidance cannot read this tokenizer: {error}") from None


def static_matcher(llg_tokenizer: LLTokenizer) -> LLMatcher:
    """Return a matcher of the static grammar that has read nothing."""
    grammar = grammar_from("lark", load_grammar().export("llguidance", comments=False))
    return LLMatcher(llg_tokenizer, grammar, log_level=0)


def _syntax(llg_tokenizer: LLTokenizer) -> Callable[[], Row]:
    return partial(SyntaxRow, static_matcher(llg_tokenizer))


def _typed(llg_tokenizer: LLTokenizer) -> Callable[[], Row]:
    return partial(TypedRow, LineMatchers(llg_tokenizer))


_LEVELS: Mapping[str, Callable[[LLTokenizer], Callable[[], Row]]] = {
    "syntax": _syntax,
    "typed": _typed,
}
#: The levels that can be asked what they accept.
LEVELS = tuple(_LEVELS)


def rows_of(level: str, llg_tokenizer: LLTokenizer) -> Callable[[], Row]:
    """Return what begins a program at a level.

    Args:
        level: One of :data:`LEVELS`.
        llg_tokenizer: Its tokens are what is written.

    Raises:
        ValueError: There is no such level.
    """
    if level not in _LEVELS:
        raise ValueError(f"unknown level {level!r}: choose one of {', '.join(LEVELS)}")
    return _LEVELS[level](llg_tokenizer)


class Masks:
    """Reads the mask of a row as an array of truths.

    Args:
        llg_tokenizer: The tokenizer of the rows.
    """

    def __init__(self, llg_tokenizer: LLTokenizer) -> None:
        self._size = llg_tokenizer.vocab_size
        self._bitmask = allocate_token_bitmask(1, self._size)

    def of(self, row: Row) -> NDArray[np.bool_]:
        """Return for each token whether it may come next, shape ``(vocab,)``."""
        row.fill(self._bitmask, 0)
        bits = self._bitmask.numpy().view(np.uint8)[0]
        return np.unpackbits(bits, count=self._size, bitorder="little").view(np.bool_)
