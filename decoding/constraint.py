"""What the language allows next: the constraints of the levels ``free`` and ``syntax``.

A `Constraint` masks the logits of a batch and is told each chosen token. The loop needs no more
than that, so that stronger levels can take the place of these.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import torch
from llguidance import LLMatcher, LLTokenizer
from llguidance.hf import from_tokenizer
from llguidance.torch import allocate_token_bitmask, fill_next_token_bitmask
from outlines.backends.llguidance import LLGuidanceBackend, LLGuidanceLogitsProcessor

from asygrammar.decoding.models import LoadedModel


class ConstraintError(RuntimeError):
    """A matcher failed in the middle of a program (its item or lexer limit, most likely)."""


class Constraint(Protocol):
    """What the decoding loop asks of a level. Rows are numbered from 0 within the batch."""

    cuts: bool
    """Whether a program that runs out of tokens is cut back to its last complete statement."""

    def start(self, rows: int) -> None:
        """Begin ``rows`` programs."""

    def mask(self, logits: torch.Tensor) -> None:
        """Set the logits, shape ``(rows, vocab)``, of forbidden tokens to -inf, in place."""

    def advance(self, row: int, token: int) -> None:
        """Take in the token chosen for a row; an end-of-turn token is never passed on."""

    def rollback(self, row: int, count: int) -> None:
        """Take back the last tokens of a row."""

    def forced(self, row: int) -> list[int]:
        """Take in the tokens that follow in any case, and return them."""

    def accepts(self, row: int, tokens: Sequence[int]) -> int:
        """Return how many of some tokens can follow, one after the other; take none in."""

    def accepting(self, row: int) -> bool:
        """Tell whether the row's program is complete as it stands."""

    def names(self, row: int) -> Sequence[str]:
        """Return names that may be used, as far as they are known."""

    def spell(self, text: str) -> list[int]:
        """Return a text as tokens, as it is spelled within a program."""

    def read(self, tokens: Sequence[int]) -> str:
        """Return tokens as a text."""

    def fault(self, row: int) -> str:
        """Return why the row cannot go on, or the empty string."""

    def keep(self, rows: Sequence[int]) -> None:
        """Forget all rows but these, which are renumbered from 0 in the order given."""


class FreeConstraint:
    """The level ``free``: every token is allowed, and the text is left as the model wrote it."""

    cuts = False

    def start(self, rows: int) -> None:
        """Begin; there is nothing to remember."""

    def mask(self, logits: torch.Tensor) -> None:
        """Allow everything."""

    def advance(self, row: int, token: int) -> None:
        """Ignore the token."""

    def rollback(self, row: int, count: int) -> None:
        """Ignore that it goes back."""

    def forced(self, row: int) -> list[int]:
        """Force nothing."""
        return []

    def accepts(self, row: int, tokens: Sequence[int]) -> int:
        """Accept everything."""
        return len(tokens)

    def accepting(self, row: int) -> bool:
        """Tell nothing: free text has no statements."""
        return False

    def names(self, row: int) -> Sequence[str]:
        """Know none."""
        return ()

    def spell(self, text: str) -> list[int]:
        """Not asked: nothing is added to free text."""
        raise NotImplementedError

    def read(self, tokens: Sequence[int]) -> str:
        """Not asked: free text has no statements."""
        raise NotImplementedError

    def fault(self, row: int) -> str:
        """Nothing can fail."""
        return ""

    def keep(self, rows: Sequence[int]) -> None:
        """Forget nothing."""


class SyntaxConstraint(LLGuidanceLogitsProcessor):  # type: ignore[misc]
    """The level ``syntax``: Outlines' logits processor for a CFG, made fit for this project.

    It still works as a plain logits processor in ``transformers.generate``. What differs from
    its base: a matcher that fails is an error instead of a warning, rows may finish apart, and
    the mask is applied to the whole batch at once, without a compiled kernel (whose compilation
    takes longer than a program).
    """

    cuts = True

    def __init__(self, grammar: str, llg_tokenizer: LLTokenizer) -> None:
        super().__init__(grammar, llg_tokenizer, "torch")
        self._pristine = LLMatcher(llg_tokenizer, grammar, log_level=0)
        if error := self._pristine.get_error():
            raise ValueError(f"llguidance does not accept the grammar: {summary(error)}")

    def start(self, rows: int) -> None:
        """Begin ``rows`` programs."""
        self.is_first_token = False
        self.ll_matchers = [self._pristine.deep_copy() for _ in range(rows)]
        self.bitmask = allocate_token_bitmask(rows, self.llg_tokenizer.vocab_size)

    def mask(self, logits: torch.Tensor) -> None:
        """Set the logits, shape ``(rows, vocab)``, of forbidden tokens to -inf, in place.

        The row of a failed matcher is left as it is; `fault` tells.
        """
        for row in range(len(self.bitmask)):
            if not self.fault(row):
                self.fill(row)
        bits = self.bitmask.numpy().view(np.uint8)
        allowed = np.unpackbits(bits, axis=1, count=logits.shape[1], bitorder="little")
        forbidden = torch.from_numpy(allowed == 0).to(logits.device, non_blocking=True)
        logits.masked_fill_(forbidden, float("-inf"))

    def fill(self, row: int) -> None:
        """Write the mask of a row into the bitmask."""
        fill_next_token_bitmask(self.ll_matchers[row], self.bitmask, row)

    def advance(self, row: int, token: int) -> None:
        """Take in the token chosen for a row."""
        self.ll_matchers[row].consume_token(token)

    def rollback(self, row: int, count: int) -> None:
        """Take back the last tokens of a row."""
        self.ll_matchers[row].rollback(count)

    def forced(self, row: int) -> list[int]:
        """Take in the tokens that follow in any case, and return them."""
        found = [int(token) for token in self.ll_matchers[row].compute_ff_tokens()]
        if found:
            self.ll_matchers[row].consume_tokens(found)
        return found

    def accepts(self, row: int, tokens: Sequence[int]) -> int:
        """Return how many of some tokens can follow, one after the other; none is taken in."""
        return int(self.ll_matchers[row].validate_tokens(list(tokens)))

    def spell(self, text: str) -> list[int]:
        """Return a text as tokens, as it is spelled within a program."""
        return [int(token) for token in self.llg_tokenizer.tokenize_str(text)]

    def read(self, tokens: Sequence[int]) -> str:
        """Return tokens as a text."""
        return str(self.llg_tokenizer.decode_str(list(tokens)))

    def names(self, row: int) -> Sequence[str]:
        """Return names that the row may use: this level knows none."""
        return ()

    def accepting(self, row: int) -> bool:
        """Tell whether the row's program may end here."""
        return bool(self.ll_matchers[row].is_accepting())

    def fault(self, row: int) -> str:
        """Return the row's matcher error, or the empty string.

        Ask after each mask: the mask of a matcher that failed allows the end of the text, as
        if the program were complete.
        """
        return summary(self.ll_matchers[row].get_error())

    def keep(self, rows: Sequence[int]) -> None:
        """Forget all rows but these."""
        self.ll_matchers = [self.ll_matchers[row] for row in rows]
        self.bitmask = self.bitmask[list(rows)].contiguous()

    def process_logits(self, input_ids: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
        """Mask the logits of the next token (the logits processor's protocol).

        Args:
            input_ids: Prompt and answer so far, shape ``(batch, length)``.
            logits: Logits of the next token, shape ``(batch, vocab)``.

        Raises:
            ConstraintError: A matcher failed.
        """
        if self.is_first_token:
            self.start(input_ids.shape[0])
        else:
            for row, matcher in enumerate(self.ll_matchers):
                if not matcher.is_stopped():  # a finished row goes on being fed pad tokens
                    self.advance(row, int(input_ids[row, -1]))
        self.mask(logits)
        for row in range(len(self.ll_matchers)):
            if error := self.fault(row):
                raise ConstraintError(f"row {row}: {error}")
        return logits


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


def summary(error: str) -> str:
    """Return what a matcher's error says first; its state and the whole grammar come after."""
    return error.partition("\n<state>")[0].strip().replace("\n", " ")


def allow_leading_space(grammar: str) -> str:
    """Let a program begin with one space: some tokenizers spell ``draw`` as ``▁draw``.

    Args:
        grammar: A grammar in llguidance's dialect of Lark with a rule ``start``.
    """
    text, found = re.subn(r"(?m)^start\b(?=\s*:)", "whole_program", grammar)
    if found != 1:
        raise ValueError("the decoding grammar must have exactly one rule named start")
    return f'{text}\nstart: " "? whole_program\n'
