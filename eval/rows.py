"""A level as a language: programs written token by token, without a model.

What `decoding` does for a batch of logits is done here for one program: ask what may come next,
take a token in, take some back. Each level is one kind of
`asygrammar.decoding.constraint.ProgramRow`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from llguidance import LLMatcher, LLTokenizer, grammar_from
from llguidance import hf as llguidance_hf
from llguidance.torch import allocate_token_bitmask
from numpy.typing import NDArray

from asygrammar import load_grammar
from asygrammar.decoding.constraint import ProgramRow
from asygrammar.decoding.line_matchers import LineMatchers
from asygrammar.decoding.syntax import SyntaxRow
from asygrammar.decoding.typed import TypedRow


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


def _syntax(llg_tokenizer: LLTokenizer) -> Callable[[], ProgramRow]:
    return partial(SyntaxRow, static_matcher(llg_tokenizer))


def _typed(llg_tokenizer: LLTokenizer) -> Callable[[], ProgramRow]:
    return partial(TypedRow, LineMatchers(llg_tokenizer, ahead=False))


_LEVELS: Mapping[str, Callable[[LLTokenizer], Callable[[], ProgramRow]]] = {
    "syntax": _syntax,
    "typed": _typed,
}
#: The levels that can be asked what they accept.
LEVELS = tuple(_LEVELS)


def rows_of(level: str, llg_tokenizer: LLTokenizer) -> Callable[[], ProgramRow]:
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

    def of(self, row: ProgramRow) -> NDArray[np.bool_]:
        """Return for each token whether it may come next, shape ``(vocab,)``."""
        row.fill(self._bitmask, 0)
        bits = self._bitmask.numpy().view(np.uint8)[0]
        return np.unpackbits(bits, count=self._size, bitorder="little").view(np.bool_)
