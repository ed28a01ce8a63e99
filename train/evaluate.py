"""Greedy answers of a small model, and how many of them are exactly right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch

from asygrammar.prompt import build_messages
from asygrammar.train.rows import TaskRow
from asygrammar.train.tokenizer import END, END_OF_TEXT


@torch.inference_mode()
def answers(
    model: Any,
    tokenizer: Any,
    sentences: Sequence[str],
    *,
    task: str = "generate",
    tokens: int = 384,
    rows: int = 48,
) -> list[str]:
    """Decode greedily, without any constraint.

    Args:
        model: A causal language model.
        tokenizer: Its tokenizer.
        sentences: What to draw.
        task: What is asked for, one of `asygrammar.prompt.TASKS`.
        tokens: Longest answer; a longer one is cut there.
        rows: Sentences that are decoded at a time.
    """
    model.eval()
    ends = [tokenizer.convert_tokens_to_ids(token) for token in (END, END_OF_TEXT)]
    texts: dict[int, str] = {}
    # Like lengths together: less padding.
    order = sorted(range(len(sentences)), key=lambda i: len(sentences[i]))
    for some in _parts(order, rows):
        chats = [build_messages(sentences[i], task=task, system=None) for i in some]
        prompts = tokenizer.apply_chat_template(
            chats, add_generation_prompt=True, padding=True, return_tensors="pt", return_dict=True
        ).to(model.device)
        decoded = model.generate(
            **prompts,
            do_sample=False,
            max_new_tokens=tokens,
            eos_token_id=ends,
            pad_token_id=tokenizer.pad_token_id,
        )
        fresh = decoded[:, prompts["input_ids"].shape[1] :]
        for i, ids in zip(some, fresh, strict=True):
            texts[i] = tokenizer.decode(ids, skip_special_tokens=True)
    return [texts[i] for i in range(len(sentences))]


def exact_rate(model: Any, tokenizer: Any, rows: Sequence[TaskRow]) -> float:
    """Return the share of rows, all of one task, whose greedy answer is theirs, to the byte."""
    found = answers(model, tokenizer, [row.prompt for row in rows], task=rows[0].task)
    return sum(text == row.program for text, row in zip(found, rows, strict=True)) / len(rows)


def _parts(items: list[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
