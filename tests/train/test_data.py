"""Rows and steps: the same seed gives the same, nothing is cut, splits are apart."""

from __future__ import annotations

import random
from itertools import islice
from typing import Any

import pytest
import torch

from asygrammar.figures import Figure, sample_figures
from asygrammar.phrases import runs, words_of
from asygrammar.template_answers import write_answer
from asygrammar.templates import Fill
from asygrammar.train.data import IGNORED, blur, collate, steps
from asygrammar.train.rows import TaskRow
from asygrammar.train.tokenizer import train_tokenizer

OPTIONS = {"seed": 3, "tokens": 4096, "context": 1024}


def both(figure: Figure) -> tuple[TaskRow, TaskRow]:
    answer = write_answer(Fill(figure.family, figure.slots, figure.program, figure.told))
    return (
        TaskRow(figure.sentence, figure.program, "generate", figure.family),
        TaskRow(figure.sentence, answer, "fill", figure.family),
    )


@pytest.fixture(scope="module")
def rows() -> list[TaskRow]:
    return [row for figure in sample_figures(1000, seed=0) for row in both(figure)]


@pytest.fixture(scope="module")
def tokenizer(rows: list[TaskRow]) -> Any:
    return train_tokenizer(text for row in rows for text in (row.prompt, row.program))


def test_steps_are_the_same_and_go_on_where_they_were_cut(
    rows: list[TaskRow], tokenizer: Any
) -> None:
    """Over more than an epoch."""
    whole = list(islice(steps(rows, tokenizer, **OPTIONS), 180))
    again = list(islice(steps(rows, tokenizer, **OPTIONS, start=150), 30))
    for step, other in zip(whole[150:], again, strict=True):
        for batch, same in zip(step, other, strict=True):
            assert torch.equal(batch.ids, same.ids)
            assert torch.equal(batch.labels, same.labels)
    assert all(sum(batch.ids.numel() for batch in step) <= 4096 for step in whole)
    padding = [float((b.ids == tokenizer.pad_token_id).float().mean()) for s in whole for b in s]
    assert sum(padding) / len(padding) < 0.1


def test_whole_programs_may_be_fewer(rows: list[TaskRow], tokenizer: Any) -> None:
    """An epoch of filled templates alone is short."""
    opening = tokenizer("Fill: ", add_special_tokens=False).input_ids[0]
    batches = islice(steps(rows, tokenizer, **OPTIONS, programs=0.0), 10)
    assert all(opening in ids.tolist() for step in batches for batch in step for ids in batch.ids)


def test_loss_is_on_the_answer_alone(rows: list[TaskRow], tokenizer: Any) -> None:
    batch = collate([([5, 6, 7, 8], 2), ([5, 6, 7], 1)], pad=0)
    assert batch.ids.tolist() == [[5, 6, 7, 8], [5, 6, 7, 0]]
    off = IGNORED
    assert batch.labels.tolist() == [[off, off, 7, 8], [off, 6, 7, off]]
    known = {row.program + "<|end|>" for row in rows}
    for real in next(steps(rows, tokenizer, **OPTIONS)):
        for ids, labels in zip(real.ids, real.labels, strict=True):
            assert tokenizer.decode(ids[labels != IGNORED]) in known


def test_a_row_that_is_too_long_is_told(rows: list[TaskRow], tokenizer: Any) -> None:
    with pytest.raises(ValueError, match="but the model takes 32"):
        next(steps(rows, tokenizer, seed=0, tokens=4096, context=32))


def test_blur_adds_and_replaces_only_invented_words() -> None:
    rng = random.Random(0)
    figures = sample_figures(600, seed=4)
    known = {word for figure in figures for word in words_of(figure.sentence)}
    changed = 0
    for figure in figures:
        sentence = blur(figure.sentence, rng)
        changed += sentence != figure.sentence
        numbers = [word for word in words_of(sentence) if not word.isalpha()]
        assert numbers == [word for word in words_of(figure.sentence) if not word.isalpha()]
        real = set(runs(words_of(figure.sentence)))
        for run in runs(words_of(sentence)):
            assert run in real or not set(run) <= known or len(set(run) & known) == 4
    assert 100 < changed < 300
