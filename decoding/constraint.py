"""What the language allows next: the constraints of the levels ``free`` and ``syntax``.

A `Constraint` masks the logits of a batch and is told each chosen token. The loop needs no more
than that, so that stronger levels can take the place of these.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import torch
from llguidance import LLExecutor, LLMatcher, LLTokenizer
from llguidance.torch import (
    allocate_token_bitmask,
    fill_next_token_bitmask_par,
)
from numpy.typing import NDArray
from outlines.processors import OutlinesLogitsProcessor


class ConstraintError(RuntimeError):
    """A matcher failed in the middle of a program (its item or lexer limit, most likely)."""


class Constraint(Protocol):
    """What the decoding loop asks of a level. Rows are numbered from 0 within the batch."""

    cuts: bool
    """Whether a program that runs out of tokens is cut back to its last complete statement."""

    def start(self, rows: int) -> None:
        """Begin ``rows`` programs."""

    def ready(self, row: int) -> bool:
        """Tell whether the row's mask can be made at once, or has to be waited for."""

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

    def ready(self, row: int) -> bool:
        """Tell that nothing is waited for."""
        return True

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


class ProgramRow(Protocol):
    """One program that is being written under a constraint."""

    def matcher_to_ask(self) -> LLMatcher | None:
        """Return the matcher that knows what comes next; ``None`` where that is known already."""

    def remember(self, mask: NDArray[np.int32]) -> None:
        """Take note of what the matcher answered, a bit for each token."""

    def fill(self, bitmask: torch.Tensor, row: int) -> None:
        """Write the mask of the next token, a bit for each, into a row of a mask."""

    def advance(self, token: int) -> None:
        """Take in a token that the mask allows."""

    def rollback(self, count: int) -> None:
        """Take back the last tokens."""

    def forced(self) -> list[int]:
        """Take in the tokens that follow in any case, and return them."""

    def accepts(self, tokens: Sequence[int]) -> int:
        """Return how many of some tokens can be taken in one after the other; take none in."""

    def names(self) -> Sequence[str]:
        """Return names that may be used, as far as they are known."""

    @property
    def ready(self) -> bool:
        """Whether the mask can be made at once."""

    @property
    def accepting(self) -> bool:
        """Whether the program may end here."""

    @property
    def error(self) -> str:
        """Why the row cannot go on, or the empty string."""


def taken_one_by_one(
    row: ProgramRow, matcher: Callable[[], LLMatcher], tokens: Sequence[int]
) -> int:
    """Return how many of some tokens a row can take in, whose matcher changes on the way.

    Args:
        row: The row; it is as before afterwards.
        matcher: Gives the one that knows what comes next.
        tokens: The tokens, one after the other.
    """
    count = 0
    for token in tokens:
        if matcher().validate_tokens([token]) == 0:
            break
        row.advance(token)
        count += 1
    row.rollback(count)
    return count


class RowConstraint(OutlinesLogitsProcessor):  # type: ignore[misc]
    """A constraint of rows that know nothing of each other: an Outlines logits processor.

    Our own loop asks it row by row; any engine that Outlines can steer calls it with logits. Other
    than with Outlines' own processors, a matcher that fails is an error instead of a warning, rows
    may finish apart, masks of several rows are made at a time, and they reach the device in one
    piece, without a compiled kernel (whose compilation takes longer than a program).

    Args:
        llg_tokenizer: The tokenizer, as llguidance reads it.
        tensor_library: What logits are made of: ``"torch"`` or ``"numpy"``.
    """

    cuts = True

    def __init__(self, llg_tokenizer: LLTokenizer, tensor_library: str = "torch") -> None:
        super().__init__(tensor_library)
        self.llg_tokenizer = llg_tokenizer
        self.rows: list[ProgramRow] = []
        self._ended: list[bool] = []
        self._fresh = True

    @abstractmethod
    def begin(self) -> ProgramRow:
        """Begin a program."""

    def start(self, rows: int) -> None:
        """Begin ``rows`` programs."""
        self.rows = [self.begin() for _ in range(rows)]
        self.bitmask = allocate_token_bitmask(rows, self.llg_tokenizer.vocab_size)
        self._ended, self._fresh = [False] * rows, False

    def reset(self) -> None:
        """Forget all programs, so that the next call begins new ones."""
        self._fresh = True

    def mask(self, logits: torch.Tensor) -> None:
        """Set the logits, shape ``(rows, vocab)``, of forbidden tokens to -inf, in place.

        The row of a failed matcher is left as it is; `fault` tells.
        """
        forbidden = torch.from_numpy(~self._allowed(logits.shape[1]))
        logits.masked_fill_(forbidden.to(logits.device, non_blocking=True), float("-inf"))

    def ready(self, row: int) -> bool:
        """Tell whether the row's mask can be made at once, or has to be waited for."""
        return self.rows[row].ready

    def fill(self, row: int) -> None:
        """Write the mask of a row into the bitmask."""
        self.rows[row].fill(self.bitmask, row)

    def advance(self, row: int, token: int) -> None:
        """Take in the token chosen for a row."""
        self.rows[row].advance(token)

    def rollback(self, row: int, count: int) -> None:
        """Take back the last tokens of a row."""
        self.rows[row].rollback(count)

    def forced(self, row: int) -> list[int]:
        """Take in the tokens that follow in any case, and return them."""
        return self.rows[row].forced()

    def accepts(self, row: int, tokens: Sequence[int]) -> int:
        """Return how many of some tokens can follow, one after the other; none is taken in."""
        return self.rows[row].accepts(tokens)

    def spell(self, text: str) -> list[int]:
        """Return a text as tokens, as it is spelled within a program."""
        return [int(token) for token in self.llg_tokenizer.tokenize_str(text)]

    def read(self, tokens: Sequence[int]) -> str:
        """Return tokens as a text."""
        return str(self.llg_tokenizer.decode_str(list(tokens)))

    def names(self, row: int) -> Sequence[str]:
        """Return the names that are visible where the row stands, as far as they are known."""
        return self.rows[row].names()

    def accepting(self, row: int) -> bool:
        """Tell whether the row's program may end here."""
        return self.rows[row].accepting

    def fault(self, row: int) -> str:
        """Return the row's matcher error, or the empty string."""
        return self.rows[row].error

    def keep(self, rows: Sequence[int]) -> None:
        """Forget all rows but these."""
        self.rows = [self.rows[row] for row in rows]
        self._ended = [self._ended[row] for row in rows]
        self.bitmask = self.bitmask[list(rows)].contiguous()

    def process_logits(self, input_ids: Any, logits: Any) -> Any:
        """Mask the logits of the next token (the logits processor's protocol).

        Args:
            input_ids: Prompt and answer so far, shape ``(batch, length)``.
            logits: Logits of the next token, shape ``(batch, vocab)``; masked in place.

        Raises:
            ConstraintError: A matcher failed, or a token was chosen that had been masked.
        """
        if self._fresh:
            self.start(len(input_ids))
        else:
            for row, ids in enumerate(input_ids):
                self._take(row, int(ids[-1]))
        if isinstance(logits, torch.Tensor):
            self.mask(logits)
        else:
            logits[~self._allowed(logits.shape[1])] = float("-inf")
        for row, it in enumerate(self.rows):
            if error := it.error:
                raise ConstraintError(f"row {row}: {error}")
        return logits

    def _take(self, row: int, token: int) -> None:
        """Take in the token that an engine has chosen; a finished row goes on being fed pads."""
        if self._ended[row] or token in self.llg_tokenizer.eos_tokens:
            self._ended[row] = True
        elif not self.rows[row].accepts([token]):
            raise ConstraintError(f"row {row}: token {token} was chosen, which is masked")
        else:
            self.rows[row].advance(token)

    def _allowed(self, width: int) -> NDArray[np.bool_]:
        """Return which tokens may come next, shape ``(rows, width)``."""
        able = [row for row in range(len(self.rows)) if not self.fault(row)]
        waiting = [(it, row) for row in able if (it := self.rows[row].matcher_to_ask())]
        if len(waiting) > 1:
            fill_next_token_bitmask_par(_executor(), waiting, self.bitmask)
            for _, row in waiting:
                self.rows[row].remember(self.bitmask[row].numpy())
        at_once = {row for _, row in waiting} if len(waiting) > 1 else set()
        for row in able:
            if row not in at_once:
                self.fill(row)
        bits = self.bitmask.numpy().view(np.uint8)
        return np.unpackbits(bits, axis=1, count=width, bitorder="little").view(np.bool_)


@lru_cache(maxsize=1)
def _executor() -> LLExecutor:
    return LLExecutor()


def summary(error: str) -> str:
    """Return what a matcher's error says first; its state and the whole grammar come after."""
    return error.partition("\n<state>")[0].strip().replace("\n", " ")
