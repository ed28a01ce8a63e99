"""Greedy answers of a model that is being trained, by decoding's own engine, without constraint."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from asygrammar.decoding.chat import decode_answer
from asygrammar.decoding.choosing import Sampling
from asygrammar.decoding.constraint import FreeConstraint
from asygrammar.decoding.engine import decode, to_the_end
from asygrammar.decoding.models import LoadedModel
from asygrammar.train.encoding import prompt_ids
from asygrammar.train.rows import TaskRow

# Rows that are decoded at a time.
_BATCH = 32


def greedy_answers(model: LoadedModel, rows: Sequence[TaskRow], max_new_tokens: int) -> list[str]:
    """Answer the prompts of some rows.

    Args:
        model: The model, in evaluation mode.
        rows: The rows.
        max_new_tokens: Tokens of an answer at most; a longer one is cut there, and where the model
            can attend to no more.
    """
    answers: dict[int, str] = {}
    # Like lengths together: less padding.
    order = sorted(range(len(rows)), key=lambda at: len(rows[at].prompt) + len(rows[at].program))
    for start in range(0, len(order), _BATCH):
        some = order[start : start + _BATCH]
        prompts = [prompt_ids(model, rows[at]) for at in some]
        room = (model.context or sys.maxsize) - max(map(len, prompts))
        steps = decode(
            model,
            prompts,
            FreeConstraint(),
            Sampling(0.0, (0,) * len(some)),
            budget=max(1, min(max_new_tokens, room)),
        )
        written = to_the_end(steps)
        for at, row in zip(some, written, strict=True):
            answers[at] = decode_answer(model.tokenizer, row.writing.ids[: row.writing.cut])
    return [answers[at] for at in range(len(rows))]


def exact_rate(model: LoadedModel, rows: Sequence[TaskRow], max_new_tokens: int) -> float:
    """Return the share of rows whose greedy answer is theirs, to the byte.

    Args:
        model: The model.
        rows: The rows.
        max_new_tokens: See `greedy_answers`.
    """
    model.network.eval()
    found = greedy_answers(model, rows, max_new_tokens)
    return sum(text == row.program for text, row in zip(found, rows, strict=True)) / len(rows)
