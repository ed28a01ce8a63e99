"""The decoding loop: one model, one batch of prompts, one constraint, one token a step.

Knows token ids only; prompts, texts and results are the generator's business.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from transformers import DynamicCache

from asygrammar.decoding.constraint import Constraint
from asygrammar.decoding.models import LoadedModel


@dataclass(frozen=True)
class Sampling:
    """How tokens are chosen.

    Attributes:
        temperature: 0 takes the likeliest token; above, tokens are drawn, at 1 as the model
            weighs them.
        seeds: One seed for each row, so that a program does not depend on its neighbours.
    """

    temperature: float
    seeds: Sequence[int]


@dataclass
class Row:
    """One program that is being written.

    Attributes:
        ids: The tokens so far, without the end-of-turn token.
        cut: How many of them make up complete statements.
        count: Tokens the model was asked for, the end-of-turn token among them.
        stop_reason: ``"end"``, ``"budget"`` or ``"matcher"``; empty while it is being written.
        fault: What the matcher said, where ``stop_reason`` is ``"matcher"``.
        seconds: From the start of the batch to the end of this row.
    """

    ids: list[int] = field(default_factory=list)
    cut: int = 0
    count: int = 0
    stop_reason: str = ""
    fault: str = ""
    seconds: float = 0.0


# Told the number of a row, its tokens and how many are left, may return a whole program instead.
Close = Callable[[int, list[int], int], list[int] | None]


def decode(
    model: LoadedModel,
    prompts: Sequence[list[int]],
    constraint: Constraint,
    sampling: Sampling,
    *,
    budget: int,
    close: Close | None = None,
) -> Iterator[list[Row]]:
    """Write one program for each prompt.

    Args:
        model: The model.
        prompts: Token ids of each prompt, as long as they are.
        constraint: What may be written.
        sampling: How tokens are chosen.
        budget: The most tokens a program may take.
        close: Asked, when a row has used half its budget and has no complete statement yet, for
            a program to end with.

    Yields:
        All rows, in the order of the prompts, after each step; the same list every time.
    """
    began = time.perf_counter()
    rows = [Row() for _ in prompts]
    live = list(rows)
    draws = [torch.Generator().manual_seed(seed) for seed in sampling.seeds]
    batch = _Batch(model, prompts)
    constraint.start(len(rows))
    while live:
        logits = batch.logits()
        constraint.mask(logits)
        for number, row in enumerate(live):
            if close and not row.cut and row.count >= budget / 2:
                _end(row, close(number, row.ids, budget - row.count))
        tokens = _choose(logits, sampling.temperature, draws)
        for number, (row, token) in enumerate(zip(live, tokens, strict=True)):
            if not row.stop_reason:
                _take(row, number, token, constraint, model.end_ids, budget)
            if row.stop_reason:
                row.seconds = time.perf_counter() - began
        yield rows
        batch.append(tokens)
        going = [number for number, row in enumerate(live) if not row.stop_reason]
        if 0 < len(going) < len(live):
            constraint.keep(going)
            batch.keep(going)
        live, draws = [live[number] for number in going], [draws[number] for number in going]


def _end(row: Row, program: list[int] | None) -> None:
    """End a row with a whole program, if there is one."""
    if program is not None:
        row.count += max(len(program) - len(row.ids), 0)
        row.ids, row.cut, row.stop_reason = program, len(program), "budget"


def _take(
    row: Row, number: int, token: int, constraint: Constraint, end_ids: Sequence[int], budget: int
) -> None:
    """Add a chosen token to a row and decide whether the row is finished."""
    if row_fault := constraint.fault(number):  # no mask could be made: the token means nothing
        row.stop_reason, row.fault = "matcher", row_fault
        return
    row.count += 1
    if token in end_ids:
        row.cut = len(row.ids)
        row.stop_reason = "end"
        return
    constraint.advance(number, token)
    if row_fault := constraint.fault(number):
        row.stop_reason, row.fault = "matcher", row_fault
        return
    row.ids.append(token)
    if constraint.accepting(number):
        row.cut = len(row.ids)
    if row.count >= budget:
        row.stop_reason = "budget"


def _choose(
    logits: torch.Tensor, temperature: float, draws: Sequence[torch.Generator]
) -> list[int]:
    """Choose a token for each row of logits, shape ``(rows, vocab)``."""
    if temperature == 0:
        return [int(token) for token in logits.argmax(dim=-1)]
    # Drawn on the CPU, so that a seed means the same on every device.
    weights = torch.softmax(logits.float() / temperature, dim=-1).cpu()
    return [
        int(torch.multinomial(weight, 1, generator=draw))
        for weight, draw in zip(weights, draws, strict=True)
    ]


class _Batch:
    """The rows' input ids, attention mask and key-value cache."""

    def __init__(self, model: LoadedModel, prompts: Sequence[list[int]]) -> None:
        self._model = model
        longest = max(len(prompt) for prompt in prompts)
        pad = model.tokenizer.pad_token_id
        padding = [longest - len(prompt) for prompt in prompts]
        self._ids = torch.tensor(
            [[pad] * left + prompt for left, prompt in zip(padding, prompts, strict=True)],
            device=model.device,
        )
        self._attention = torch.tensor(
            [[0] * left + [1] * (longest - left) for left in padding], device=model.device
        )
        self._cache = DynamicCache(config=model.network.config)

    def logits(self) -> torch.Tensor:
        """Run the model on the ids it has not seen; logits of shape ``(rows, vocab)``."""
        fresh = self._ids.shape[1]
        positions = (self._attention.cumsum(-1) - 1).clamp(min=0)[:, -fresh:]
        with torch.no_grad():
            output = self._model.network(
                input_ids=self._ids,
                attention_mask=self._attention,
                position_ids=positions,
                past_key_values=self._cache,
                use_cache=True,
                logits_to_keep=1,
            )
        last: torch.Tensor = output.logits[:, -1]
        return last

    def append(self, tokens: Sequence[int]) -> None:
        """Make the chosen tokens, one a row, the next input."""
        self._ids = torch.tensor(tokens, device=self._ids.device).unsqueeze(1)
        self._attention = torch.nn.functional.pad(self._attention, (0, 1), value=1)

    def keep(self, rows: Sequence[int]) -> None:
        """Drop all rows but these."""
        index = torch.tensor(list(rows), dtype=torch.long, device=self._ids.device)
        self._ids = self._ids[index]
        self._attention = self._attention[index]
        self._cache.batch_select_indices(index)
