"""Rows and steps: the same seed gives the same, nothing is cut, splits are apart."""

from __future__ import annotations

import random
from itertools import islice
from typing import Any

import pytest
import torch

from asygrammar.figures import sample_figures
from asygrammar.phrases import runs, words_of
from asygrammar.train.data import IGNORED, Row, blur, build_rows, check_splits, collate, steps
from asygrammar.train.tokenizer import train_tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    figures = sample_figures(1000, seed=0)
    return train_tokenizer(text for f in figures for text in (f.sentence, f.program))


def test_same_seed_same_rows() -> None:
    assert build_rows(50, seed=1) == build_rows(50, seed=1)
    assert build_rows(50, seed=1, split="values") != build_rows(50, seed=2, split="values")


def test_splits_share_no_program() -> None:
    rows = build_rows(1500, seed=0)
    for split in ("values", "phrasings"):
        rows += build_rows(300, seed=0, split=split)
    check_splits(rows)
    moved = rows[0]
    rows.append(Row(moved.prompt, moved.program.replace(" ", "  "), moved.family, "values"))
    with pytest.raises(ValueError, match="'train' and in 'values'"):
        check_splits(rows)


def test_steps_are_the_same_and_go_on_where_they_were_cut(tokenizer: Any) -> None:
    options = {"seed": 3, "tokens": 4096, "context": 512}
    whole = list(islice(steps(tokenizer, **options), 120))
    again = list(islice(steps(tokenizer, **options, start=90), 30))
    for step, other in zip(whole[90:], again, strict=True):
        for batch, same in zip(step, other, strict=True):
            assert torch.equal(batch.ids, same.ids)
            assert torch.equal(batch.labels, same.labels)
    assert all(sum(batch.ids.numel() for batch in step) <= 4096 for step in whole)
    padding = [float((b.ids == tokenizer.pad_token_id).float().mean()) for s in whole for b in s]
    assert sum(padding) / len(padding) < 0.1


def test_loss_is_on_the_answer_alone(tokenizer: Any) -> None:
    batch = collate([([5, 6, 7, 8], 2), ([5, 6, 7], 1)], pad=0)
    assert batch.ids.tolist() == [[5, 6, 7, 8], [5, 6, 7, 0]]
    off = IGNORED
    assert batch.labels.tolist() == [[off, off, 7, 8], [off, 6, 7, off]]
    for real in next(steps(tokenizer, seed=0, tokens=4096, context=512)):
        for ids, labels in zip(real.ids, real.labels, strict=True):
            answer = tokenizer.decode(ids[labels != IGNORED])
            assert answer.endswith((";\n<|end|>", "}\n<|end|>"))
            assert answer.startswith(("size(", "import graph;", "unitsize("))


def test_a_row_that_is_too_long_is_told(tokenizer: Any) -> None:
    with pytest.raises(ValueError, match="but the model takes 32"):
        next(steps(tokenizer, seed=0, tokens=4096, context=32))


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
