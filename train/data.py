"""Rows to train on, and the batches a model sees.

Rows come from the figure families (``asygrammar.figures``); the same seed gives the same rows and
the same batches. Nothing is cut: a row that is too long for the model is an error.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import torch
from torch import Tensor

from asygrammar.figures import held_out, normalize, sample_figures
from asygrammar.prompt import build_messages
from asygrammar.train.tokenizer import encode_row

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
# Rows that are drawn and sorted by length at a time, and batches in a step.
_CHUNK = 2048
_BATCHES = 3


@dataclass(frozen=True)
class Row:
    """One example.

    Attributes:
        prompt: The sentence.
        program: The answer.
        family: The template it comes from.
        split: One of ``asygrammar.figures.SPLITS``.
    """

    prompt: str
    program: str
    family: str
    split: str


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


def build_rows(n: int, *, seed: int, split: str = "train") -> list[Row]:
    """Draw rows; those of the held-out splits are all different.

    Args:
        n: How many.
        seed: The same seed gives the same rows.
        split: One of ``asygrammar.figures.SPLITS``.

    Raises:
        ValueError: There is no such split, or it is too small.
    """
    figures = (
        sample_figures(n, seed=seed) if split == "train" else held_out(n, seed=seed, split=split)
    )
    return [Row(figure.sentence, figure.program, figure.family, split) for figure in figures]


def check_splits(rows: Iterable[Row]) -> None:
    """Refuse a program that stands in two splits.

    Raises:
        ValueError: There is one; the text shows it.
    """
    seen: dict[str, str] = {}
    for row in rows:
        split = seen.setdefault(normalize(row.program), row.split)
        if split != row.split:
            raise ValueError(f"a program is in {split!r} and in {row.split!r}:\n{row.program}")


def steps(
    tokenizer: Any, *, seed: int, tokens: int, context: int, start: int = 0
) -> Iterator[list[Batch]]:
    """Yield the batches of one training step after the other, for ever.

    Rows of like length share a batch, so that little is padding and rows need no mask against
    each other. Such rows are often of one family, so a step takes ``_BATCHES`` batches of
    different lengths.

    Args:
        tokenizer: The tokenizer, with its chat template.
        seed: Decides everything.
        tokens: Size of a step, padding included.
        context: Longest row that the model takes.
        start: How many steps to leave out, to go on where a run was cut.

    Raises:
        ValueError: A row is longer than ``context``.
    """
    for chunk in count():
        share = tokens // _BATCHES
        plan = _plan(tokenizer, seed=seed * 1_000_003 + chunk, tokens=share, context=context)
        for i in range(0, len(plan) - _BATCHES + 1, _BATCHES):
            if start:
                start -= 1
                continue
            yield [collate(rows, tokenizer.pad_token_id) for rows in plan[i : i + _BATCHES]]


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
    tokenizer: Any, *, seed: int, tokens: int, context: int
) -> list[list[tuple[list[int], int]]]:
    """Draw a chunk of rows and part them into batches, in random order."""
    rng = random.Random(seed)
    rows = []
    for figure in sample_figures(_CHUNK, seed=seed):
        messages = build_messages(blur(figure.sentence, rng), system=None)
        ids, prompt = encode_row(tokenizer, messages, figure.program)
        if len(ids) > context:
            raise ValueError(f"{figure.family}: {len(ids)} tokens, but the model takes {context}")
        rows.append((ids, prompt))
    rng.shuffle(rows)
    rows.sort(key=lambda row: len(row[0]) // 8)
    plan: list[list[tuple[list[int], int]]] = [[]]
    for row in rows:
        # Rows grow, so the newest is the widest, up to the rounding of the sort.
        width = max((len(ids) for ids, _ in plan[-1]), default=0)
        if plan[-1] and max(width, len(row[0])) * (len(plan[-1]) + 1) > tokens:
            plan.append([])
        plan[-1].append(row)
    rng.shuffle(plan)
    return plan
