"""From rows to the tokens that a model is trained on, and their order.

A prompt is encoded by decoding's own function, so training and decoding cannot differ. Nothing is
cut: a row that is too long is left out and counted.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from datasets import Dataset, concatenate_datasets
from numpy.typing import NDArray
from trl import pack_dataset

from asygrammar.decoding.chat import END_OF_TURN, encode_prompt, merge_system_message
from asygrammar.decoding.models import LoadedModel
from asygrammar.prompt import build_messages
from asygrammar.templates import LEVELS
from asygrammar.train.rows import TaskRow

IGNORED = -100


@dataclass(frozen=True, eq=False)
class EncodedRow:
    """A row as tokens.

    Attributes:
        row: The row.
        ids: Token ids of prompt, answer and end of turn, shape ``(tokens,)``.
        prompt: How many of them are the prompt.
    """

    row: TaskRow
    ids: NDArray[np.int32]
    prompt: int

    @property
    def labels(self) -> NDArray[np.int32]:
        """What is to be predicted, shape ``(tokens,)``: ``IGNORED`` on the prompt."""
        labels = self.ids.copy()
        labels[: self.prompt] = IGNORED
        return labels


@dataclass(frozen=True, eq=False)
class Encoded:
    """A split as tokens.

    Attributes:
        rows: The rows that fit.
        dropped: How many rows of each task were too long.
    """

    rows: tuple[EncodedRow, ...]
    dropped: Mapping[str, int]

    @property
    def tokens(self) -> int:
        """How many tokens the rows have together."""
        return sum(len(row.ids) for row in self.rows)

    @property
    def sha256(self) -> str:
        """What tells these rows from others."""
        digest = hashlib.sha256()
        for row in self.rows:
            digest.update(row.ids.tobytes() + row.prompt.to_bytes(4, "little"))
        return digest.hexdigest()


def encode_rows(model: LoadedModel, rows: Sequence[TaskRow], max_length: int) -> Encoded:
    """Encode rows as the model meets them when it decodes.

    Args:
        model: The model that they are for.
        rows: The rows.
        max_length: Tokens of a row at most; fewer where the model can attend to fewer.
    """
    longest = min(max_length, model.context or max_length)
    answers = spell_answers(model.tokenizer, [row.program for row in rows])
    end = closing_id(model)
    kept: list[EncodedRow] = []
    dropped: Counter[str] = Counter()
    for row, answer in zip(rows, answers, strict=True):
        prompt = prompt_ids(model, row)
        if len(prompt) + len(answer) + 1 > longest:
            dropped[row.task] += 1
            continue
        ids = np.array([*prompt, *answer, end], dtype=np.int32)
        kept.append(EncodedRow(row, ids, len(prompt)))
    return Encoded(tuple(kept), dict(dropped))


def prompt_ids(model: LoadedModel, row: TaskRow) -> list[int]:
    """Encode what a model is told before it answers a row."""
    return encode_prompt(
        model.tokenizer,
        row.prompt,
        examples=0,
        system=model.system,
        merge_system=model.merges_system,
        task=row.task,
    )


def spell_answers(tokenizer: Any, texts: Iterable[str]) -> list[list[int]]:
    """Encode answers as they follow a prompt.

    A prompt ends where a line ends, so an answer is spelled as a line is that follows another: a
    SentencePiece tokenizer, asked for a text alone, would put a space in front.
    """
    line: list[int] = tokenizer("\n", add_special_tokens=False).input_ids
    texts = list(texts)
    followed = [f"\n{text}" for text in texts]
    ids: list[list[int]] = tokenizer(followed, add_special_tokens=False).input_ids if texts else []
    if all(one[: len(line)] == line for one in ids):
        return [one[len(line) :] for one in ids]
    # Here a line's end is one token with what follows it.
    alone: list[list[int]] = tokenizer(texts, add_special_tokens=False).input_ids
    return alone


def closing_id(model: LoadedModel) -> int:
    """Return the token that ends an answer: what the chat template puts there.

    Raises:
        ValueError: There is none.
    """
    tokenizer = model.tokenizer
    messages = build_messages("x", system=model.system)
    if model.merges_system and model.system is not None:
        messages = merge_system_message(messages)
    before = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
    answered = [*messages, {"role": "assistant", "content": "x"}]
    whole = tokenizer.apply_chat_template(answered, return_dict=False)
    vocabulary = tokenizer.get_vocab()
    ends = {vocabulary[token] for token in END_OF_TURN if token in vocabulary} & {*model.end_ids}
    after = [token for token in whole[len(before) :] if token in ends]
    if not after and tokenizer.eos_token_id is None:
        raise ValueError(f"{model.name} has no token that ends an answer: set eos_token")
    return int(after[0] if after else tokenizer.eos_token_id)


def arrange(
    rows: Sequence[EncodedRow], *, max_length: int, packing: bool, order: str, seed: int
) -> Dataset:
    """Put rows in the order in which a trainer takes them, several to a pack.

    Args:
        rows: The rows.
        max_length: Tokens of a pack at most.
        packing: Whether to pack; no row is ever cut, and no pack holds two levels in the order
            ``curriculum``.
        order: One of `asygrammar.train.settings.ORDERS`.
        seed: Decides the order within a level.

    Returns:
        A data set with the columns ``input_ids`` and ``labels``, and with packing
        ``seq_lengths``, the tokens of each row in a pack.
    """
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    groups = [shuffled]
    if order == "curriculum":
        levels = [*LEVELS, *sorted({one.row.level for one in rows} - {*LEVELS})]
        groups = [[one for one in shuffled if one.row.level == level] for level in levels]
    parts = []
    for group in filter(None, groups):
        columns = {
            "input_ids": [row.ids for row in group],
            "labels": [row.labels for row in group],
        }
        part = Dataset.from_dict(columns)
        if packing:
            # Packs come by length; a level should not end with its longest rows.
            part = pack_dataset(part, max_length, "bfd").shuffle(seed=seed)
        parts.append(part)
    return concatenate_datasets(parts)
