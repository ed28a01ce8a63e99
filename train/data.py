"""The batches that a small model sees while it is trained from scratch.

Rows come from a data set (``asygrammar data build``); the same seed gives the same batches. Nothing
is cut: a row that is too long for the model is an error.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import torch
from torch import Tensor

from asygrammar.prompt import build_messages
from asygrammar.train.rows import TaskRow
from asygrammar.train.tokenizer import encode_chats

IGNORED = -100
# How often a sentence is blurred, and in such a one, a gap filled, a small word replaced, and
# something said before or after.
_BLURRED, _FILLED, _REPLACED, _FRAMED = 0.4, 0.08, 0.15, 0.3
_SMALL_WORDS = re.compile(
    "an?|and|are|as|at|by|each|for|from|has|have|having|in|is|its?|of|on|one|please|that|the|this|"
    "to|us|whose|with"
)
_ONSETS = [*"bcdfghjklmnprstvwyz", "bl", "br", "cl", "dr", "gr", "pl", "sh", "st", "th", "tr"]
_CODAS = ["", "", "l", "n", "r", "s", "t", "d", "m", "ng", "ck", "ly", "ed", "er"]
# Rows that are sorted by length at a time, and batches in a step.
_CHUNK = 2048
_BATCHES = 3


@dataclass(frozen=True)
class Batch:
    """Token ids, padded on the right, and what is to be predicted.

    Attributes:
        ids: Shape ``(rows, tokens)``.
        labels: The same shape; ``IGNORED`` on the prompt and on padding. ``labels[:, i]`` is the
            token that stands at ``i``, as transformers has it, not the one after it.
    """

    ids: Tensor
    labels: Tensor


def steps(
    rows: Sequence[TaskRow],
    tokenizer: Any,
    *,
    seed: int,
    tokens: int,
    context: int,
    programs: float = 1.0,
    start: int = 0,
) -> Iterator[list[Batch]]:
    """Yield the batches of one training step after the other, for ever.

    Rows of like length share a batch, so that little is padding and rows need no mask against
    each other. Such rows are often of one family, so a step takes ``_BATCHES`` batches of
    different lengths.

    Args:
        rows: What to train on, in epochs, each in another order.
        tokenizer: The tokenizer, with its chat template.
        seed: Decides everything.
        tokens: Size of a step, padding included.
        context: Longest row that the model takes.
        programs: The share of the rows of the task ``generate``, which are long, that an epoch
            takes; each takes others.
        start: How many steps to leave out, to go on where a run was cut.

    Raises:
        ValueError: A row is longer than ``context``.
    """
    share = tokens // _BATCHES
    for epoch in count():
        rng = random.Random(f"{seed}/{epoch}")
        some = [row for row in rows if row.task != "generate" or rng.random() < programs]
        rng.shuffle(some)
        for at in range(0, len(some), _CHUNK):
            plan = _plan(some[at : at + _CHUNK], tokenizer, rng, tokens=share, context=context)
            for i in range(0, len(plan) - _BATCHES + 1, _BATCHES):
                if start:
                    start -= 1
                    continue
                yield [collate(part, tokenizer.pad_token_id) for part in plan[i : i + _BATCHES]]


def blur(sentence: str, rng: random.Random) -> str:
    """Put invented words into some sentences, between words or in place of small ones.

    Teachers use words that no template has. A model that has met unknown ones in training looks
    past them; none of these words is real, so none of them teaches a held-out phrasing.
    """
    if rng.random() >= _BLURRED:
        return sentence
    words = sentence.split(" ")
    blurred = _filler(rng)
    for before, word in zip(["", *words], words, strict=False):
        if before.isalpha() and word.isalpha() and rng.random() < _FILLED:
            blurred.append(_invented(rng))
        small = _SMALL_WORDS.fullmatch(word) and rng.random() < _REPLACED
        blurred.append(_invented(rng) if small else word)
    return " ".join([*blurred, *_filler(rng)])


def _filler(rng: random.Random) -> list[str]:
    """Invent what people say before and after what matters; usually nothing."""
    if rng.random() >= _FRAMED:
        return []
    words = [_invented(rng) for _ in range(rng.randint(1, 5))]
    words[-1] += rng.choice(["", "", ",", ":"])
    return words


def _invented(rng: random.Random) -> str:
    syllables = (rng.choice(_ONSETS) + rng.choice("aeiou") for _ in range(rng.randint(1, 3)))
    return "".join(syllables) + rng.choice(_CODAS)


def collate(rows: list[tuple[list[int], int]], pad: int) -> Batch:
    """Pad rows on the right.

    Args:
        rows: Token ids of each row, and how many of them are prompt.
        pad: The id to pad with.
    """
    width = max(len(ids) for ids, _ in rows)
    ids = torch.full((len(rows), width), pad)
    labels = torch.full((len(rows), width), IGNORED)
    for i, (row, prompt) in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row)
        labels[i, prompt : len(row)] = torch.tensor(row[prompt:])
    return Batch(ids, labels)


def _plan(
    rows: Sequence[TaskRow], tokenizer: Any, rng: random.Random, *, tokens: int, context: int
) -> list[list[tuple[list[int], int]]]:
    """Part rows into batches, in random order."""
    chats = [build_messages(blur(row.prompt, rng), task=row.task, system=None) for row in rows]
    encoded = encode_chats(tokenizer, chats, [row.program for row in rows])
    for row, (ids, _) in zip(rows, encoded, strict=True):
        if len(ids) > context:
            raise ValueError(f"{row.family}: {len(ids)} tokens, but the model takes {context}")
    encoded.sort(key=lambda row: len(row[0]) // 8)
    plan: list[list[tuple[list[int], int]]] = [[]]
    for ids, prompt in encoded:
        # Rows grow, so the newest is the widest, up to the rounding of the sort.
        width = max((len(other) for other, _ in plan[-1]), default=0)
        if plan[-1] and max(width, len(ids)) * (len(plan[-1]) + 1) > tokens:
            plan.append([])
        plan[-1].append((ids, prompt))
    rng.shuffle(plan)
    return plan
