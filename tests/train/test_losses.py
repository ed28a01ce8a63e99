"""What the loss is made of: answers alone, and rows that do not see each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from asygrammar.train.figure_trainer import FigureTrainer
from asygrammar.train.rows import TaskRow
from asygrammar.train.settings import Settings

Make = Callable[..., Settings]

MakeTrainer = Callable[[Settings], FigureTrainer]


def batch_of(trainer: FigureTrainer) -> dict[str, Any]:
    return next(iter(trainer.get_train_dataloader()))


def test_packed_rows_do_not_see_each_other(make_trainer: MakeTrainer, settings: Make) -> None:
    """Logits and loss of a row in a pack are those of the row alone."""
    packed = make_trainer(settings())
    batch = batch_of(packed)
    assert len(packed.train_dataset) == 1
    positions = batch["position_ids"][0]
    starts = (positions == 0).nonzero().flatten().tolist()
    assert len(starts) == 3
    seen = _hidden(packed, input_ids=batch["input_ids"], position_ids=batch["position_ids"])
    leaking = _hidden(packed, input_ids=batch["input_ids"])
    losses, counts = [], []
    for start, end in zip(starts, [*starts[1:], len(positions)], strict=True):
        ids = batch["input_ids"][:, start:end]
        alone = _hidden(packed, input_ids=ids)
        assert torch.allclose(seen[:, start:end], alone, atol=1e-4)
        if start:  # the comparison can tell the difference
            assert not torch.allclose(leaking[:, start:end], alone, atol=1e-2)
        labels = batch["labels"][:, start:end]
        output = packed.model(input_ids=ids, labels=labels, use_cache=False)
        count = int((labels != -100).sum())
        losses.append(output.loss.item() * count)
        counts.append(count)
    packed.model.eval()
    with torch.no_grad():
        loss = float(packed.compute_loss(packed.model, dict(batch)))
    assert loss == pytest.approx(sum(losses) / sum(counts), rel=2e-3)


def _hidden(trainer: FigureTrainer, **inputs: Tensor) -> Tensor:
    trainer.model.eval()
    with torch.no_grad():
        logits: Tensor = trainer.model(**inputs, use_cache=False).logits
    return logits.float()


@pytest.mark.parametrize("packing", [True, False])
def test_only_the_answer_is_learned(
    make_trainer: MakeTrainer, small_rows: list[TaskRow], settings: Make, packing: bool
) -> None:
    run = settings(packing=packing, batch_size=3, order="shuffled")
    trainer = make_trainer(run)
    batch = batch_of(trainer)
    labels, ids = batch["labels"], batch["input_ids"]
    answers = ids[labels != -100]
    assert torch.equal(labels[labels != -100], answers)
    text = trainer.loaded.tokenizer.decode(answers)
    assert sorted(text.split("<|end|>")) == sorted(["", *(row.program for row in small_rows)])


def test_held_out_loss_does_not_depend_on_packing(
    make_trainer: MakeTrainer, settings: Make
) -> None:
    """Each token of an answer counts the same, also where answers are short and long."""
    found = []
    for packing in (True, False):
        trainer = make_trainer(settings(packing=packing, decode_rows=0))
        found.append(trainer.evaluate()["eval_loss"])
    assert found[0] == pytest.approx(found[1], rel=1e-3)
