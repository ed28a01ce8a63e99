"""The level ``syntax``: one static grammar, and llguidance's view of a model's tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from llguidance import LLMatcher, LLTokenizer
from llguidance.hf import from_tokenizer
from llguidance.torch import fill_next_token_bitmask
from numpy.typing import NDArray
from outlines.backends.llguidance import LLGuidanceBackend

from asygrammar.decoding.constraint import ProgramRow, RowConstraint, summary
from asygrammar.decoding.models import LoadedModel


class SyntaxRow:
    """One program that is being written at the level ``syntax``.

    Args:
        pristine: A matcher of the static grammar that has read nothing.
    """

    def __init__(self, pristine: LLMatcher) -> None:
        self._matcher = pristine.deep_copy()

    def matcher_to_ask(self) -> LLMatcher | None:
        """Return the matcher: it is asked each time."""
        return self._matcher

    def remember(self, mask: NDArray[np.int32]) -> None:
        """Forget it: there are too many places to come back to the same."""

    def fill(self, bitmask: torch.Tensor, row: int) -> None:
        """Write the mask of the next token, a bit for each, into a row of a mask."""
        fill_next_token_bitmask(self._matcher, bitmask, row)

    def advance(self, token: int) -> None:
        """Take in a token that the mask allows."""
        self._matcher.consume_token(token)

    def rollback(self, count: int) -> None:
        """Take back the last tokens."""
        if count:
            self._matcher.rollback(count)

    def forced(self) -> list[int]:
        """Take in the tokens that follow in any case, and return them."""
        found = [int(token) for token in self._matcher.compute_ff_tokens()]
        if found:
            self._matcher.consume_tokens(found)
        return found

    def accepts(self, tokens: Sequence[int]) -> int:
        """Return how many of some tokens can be taken in one after the other; take none in."""
        return int(self._matcher.validate_tokens(list(tokens)))

    def names(self) -> Sequence[str]:
        """Return no names: this level knows none."""
        return ()

    @property
    def ready(self) -> bool:
        """Nothing is waited for."""
        return True

    @property
    def accepting(self) -> bool:
        """Whether the program may end here."""
        return bool(self._matcher.is_accepting())

    @property
    def error(self) -> str:
        """Why the row cannot go on, or the empty string.

        Ask after each mask: the mask of a matcher that failed allows the end of the text, as if
        the program were complete.
        """
        return summary(self._matcher.get_error())


class SyntaxConstraint(RowConstraint):
    """The level ``syntax``: one static grammar.

    Args:
        grammar: In a form that `LLMatcher` takes.
        llg_tokenizer: The tokenizer, as llguidance reads it.
        tensor_library: What logits are made of: ``"torch"`` or ``"numpy"``.

    Raises:
        ValueError: llguidance does not accept the grammar.
    """

    def __init__(
        self, grammar: str, llg_tokenizer: LLTokenizer, tensor_library: str = "torch"
    ) -> None:
        super().__init__(llg_tokenizer, tensor_library)
        self.grammar = grammar
        self.pristine = LLMatcher(llg_tokenizer, grammar, log_level=0)
        if error := self.pristine.get_error():
            raise ValueError(f"llguidance does not accept the grammar: {summary(error)}")

    def begin(self) -> ProgramRow:
        """Begin a program."""
        return SyntaxRow(self.pristine)


class SyntaxBackend(LLGuidanceBackend):  # type: ignore[misc]
    """Outlines' llguidance backend, told of every end-of-turn token and of padded embeddings.

    Outlines passes on only the tokenizer's own ``eos_token``, and llguidance then masks the
    others: Phi-3 could never say ``<|end|>``.
    """

    def __init__(self, model: LoadedModel) -> None:
        self._model = model
        super().__init__(model.steerable)

    def _create_llg_tokenizer(self, model: Any) -> LLTokenizer:
        try:
            return from_tokenizer(
                model.hf_tokenizer,
                n_vocab=self._model.vocabulary_size,
                eos_token=list(self._model.end_ids),
            )
        except Exception as fault:  # the binding raises whatever its parser ran into
            reason = (str(fault).splitlines() or [type(fault).__name__])[0]
            raise ValueError(
                f"llguidance cannot read the tokenizer of {self._model.name} ({reason}): "
                "use constrained=False, or a model with a tokenizer.json that fits it"
            ) from None

    def get_cfg_logits_processor(self, grammar: str) -> SyntaxConstraint:
        """Create the constraint from llguidance's dialect of Lark.

        Raises:
            ValueError: llguidance does not accept the grammar.
        """
        return SyntaxConstraint(LLMatcher.grammar_from_lark(grammar), self.llg_tokenizer)
