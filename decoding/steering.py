"""A constraint as a logits processor that can be sent the same way again, up to a place.

Engines behind Outlines cannot take tokens back. So another try starts over: the processor leaves
the engine no choice until the place is reached, and forbids there what was tried before. Works on
torch tensors and numpy arrays alike, whatever the engine has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from outlines.processors import OutlinesLogitsProcessor

from asygrammar.decoding.choosing import RANKED
from asygrammar.decoding.constraint import ConstraintError, RowConstraint

_FORBIDDEN = float("-inf")


class Steering(OutlinesLogitsProcessor):  # type: ignore[misc]
    """Steers one program at a time.

    Args:
        constraint: What may be written. It is used for one row.
        tensor_library: What the engine's logits are made of: ``"torch"`` or ``"numpy"``.

    Attributes:
        ids: The tokens of the program so far, without the one chosen last, which is not known
            before the engine asks for the next.
        cut: How many of them make up complete statements.
        ranked: For each place, up to one past the tokens: the likeliest allowed tokens and their
            log-probabilities, the likeliest first.
    """

    def __init__(self, constraint: RowConstraint, tensor_library: str) -> None:
        super().__init__(tensor_library)
        self.constraint = constraint
        self.ids: list[int] = []
        self.cut = 0
        self.ranked: list[list[tuple[int, float]]] = []
        self._way: list[int] = []
        self._tried: dict[tuple[int, ...], set[int]] = {}
        self._first = True

    def reset(self) -> None:
        """Begin another program, or another try at it (Outlines calls this)."""
        self.ids, self.cut, self.ranked, self._first = [], 0, [], True

    def turn(self, place: int) -> None:
        """Go the same way in the next try, but take another token at a place.

        Args:
            place: The number, from 0, of the token that must be another.
        """
        self._way = self.ids[:place]
        refused = self.ids[place] if place < len(self.ids) else self.ranked[place][0][0]
        self._tried.setdefault(tuple(self._way), set()).add(refused)

    def others(self, place: int) -> list[tuple[int, float]]:
        """Return the tokens not tried yet at a place, with their log-probabilities."""
        tried = self._tried.get(tuple(self.ids[:place]), set())
        taken = self.ids[place] if place < len(self.ids) else self.ranked[place][0][0]
        return [(t, log) for t, log in self.ranked[place] if t not in tried and t != taken]

    def lengths(self, tokens: Sequence[int]) -> list[int]:
        """Return how many bytes of the program each token is."""
        tokenizer = self.constraint.llg_tokenizer
        return [len(tokenizer.decode_bytes([token])) for token in tokens]

    def text(self, tokens: Sequence[int]) -> str:
        """Return tokens as a program."""
        data = bytes(self.constraint.llg_tokenizer.decode_bytes(list(tokens)))
        return data.decode(errors="replace").removeprefix(" ")

    def process_logits(self, input_ids: Any, logits: Any) -> Any:
        """Mask the logits of the next token, in place.

        Args:
            input_ids: Prompt and answer so far, shape ``(1, length)``.
            logits: Logits of the next token, shape ``(1, vocab)``.

        Raises:
            ConstraintError: A matcher failed.
            ValueError: There is more than one row.
        """
        if len(input_ids) != 1:
            raise ValueError("steering is for one program at a time: ask for one answer")
        self._take(input_ids)
        shared = logits if isinstance(logits, torch.Tensor) else torch.from_numpy(logits)
        self.constraint.mask(shared)
        if error := self.constraint.fault(0):
            raise ConstraintError(error)
        step = len(self.ids)
        for token in self._tried.get(tuple(self.ids), ()):
            shared[0, token] = _FORBIDDEN
        best = torch.topk(torch.log_softmax(shared[0].float(), dim=-1), RANKED)
        pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        self.ranked.append([(token, log) for token, log in pairs if log > _FORBIDDEN])
        if step < len(self._way):
            only = shared[0, self._way[step]].clone()
            shared.fill_(_FORBIDDEN)
            shared[0, self._way[step]] = only
        return logits

    def _take(self, input_ids: Any) -> None:
        """Take in the token that the engine chose."""
        if self._first:
            self._first = False
            self.constraint.start(1)
            return
        token = int(input_ids[0][-1])
        self.constraint.advance(0, token)
        self.ids.append(token)
        if self.constraint.accepting(0):
            self.cut = len(self.ids)
