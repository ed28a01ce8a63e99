"""A training run on disk: settings, checkpoints that outlive a kill, and the log of losses."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn


@dataclass(frozen=True)
class NanoSettings:
    """Everything that decides a run.

    Attributes:
        out: Folder of the run: tokenizer, checkpoint, log, and the finished model in ``model/``.
        data: The data set, a folder of ``asygrammar data build``.
        minutes: Wall-clock budget.
        steps: Budget in steps; 0 leaves it to the minutes.
        seed: Of the weights and the data.
        threads: CPU threads; 0 leaves it to torch.
        hidden: Width of the residual stream.
        layers: Number of layers.
        heads: Attention heads.
        mlp: Width inside a layer's MLP.
        vocab: Entries of the tokenizer at most.
        context: Positions.
        batch_tokens: Tokens in a step, padding included.
        adam_rate: Peak learning rate of AdamW, for embeddings and norms.
        muon_rate: Peak learning rate of Muon, for the matrices.
        warmup: Share of the budget in which the rate rises.
        programs: The share of the rows with whole programs that an epoch takes; those with filled
            templates are short, and all taken.
        evaluate_seconds: Time between two measurements on held-out rows.
        checkpoint_seconds: Time between two checkpoints.
        tokenizer_rows: Rows that the tokenizer is trained on.
    """

    out: Path
    data: Path
    minutes: float = 85.0
    steps: int = 0
    seed: int = 0
    threads: int = 0
    hidden: int = 192
    layers: int = 6
    heads: int = 6
    mlp: int = 512
    vocab: int = 1536
    context: int = 1024
    batch_tokens: int = 3072
    adam_rate: float = 3e-3
    muon_rate: float = 5e-3
    warmup: float = 0.02
    programs: float = 0.1
    evaluate_seconds: float = 900.0
    checkpoint_seconds: float = 60.0
    tokenizer_rows: int = 20_000


@dataclass
class Progress:
    """Where a run stands."""

    step: int = 0
    seconds: float = 0.0
    tokens: int = 0
    loss: float = 0.0

    def share(self, settings: NanoSettings) -> float:
        """Return how much of the budget is used, from 0 to 1."""
        by_steps = self.step / settings.steps if settings.steps else 0.0
        return min(1.0, max(by_steps, self.seconds / (60 * settings.minutes)))


class Clock:
    """Seconds of training, those before a restart included."""

    def __init__(self, before: float) -> None:
        self._start = time.monotonic() - before

    def seconds(self) -> float:
        """Return the seconds so far."""
        return time.monotonic() - self._start


def same_settings(settings: NanoSettings) -> None:
    """Write down the settings, or refuse to go on with others than the run began with."""
    path = settings.out / "settings.json"
    text = (
        json.dumps(
            {**asdict(settings), "out": settings.out.name, "data": settings.data.name}, indent=2
        )
        + "\n"
    )
    if path.is_file() and path.read_text(encoding="utf-8") != text:
        raise ValueError(f"{settings.out} holds a run with other settings: choose another folder")
    path.write_text(text, encoding="utf-8")


def save_checkpoint(
    settings: NanoSettings,
    model: nn.Module,
    optimizers: list[torch.optim.Optimizer],
    progress: Progress,
) -> None:
    """Write a checkpoint; a kill while it is being written leaves the one before."""
    fresh = settings.out / "checkpoint.tmp"
    torch.save(
        {
            "model": model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in optimizers],
            "progress": asdict(progress),
        },
        fresh,
    )
    os.replace(fresh, settings.out / "checkpoint.pt")


def load_checkpoint(
    settings: NanoSettings, model: nn.Module, optimizers: list[torch.optim.Optimizer]
) -> Progress:
    """Load the last checkpoint, if there is one."""
    path = settings.out / "checkpoint.pt"
    if not path.is_file():
        return Progress()
    state = torch.load(path, map_location="cpu", weights_only=True)
    model.load_state_dict(state["model"])
    for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
        optimizer.load_state_dict(saved)
    return Progress(**state["progress"])


def log_line(
    settings: NanoSettings, progress: Progress, rates: dict[str, float] | None = None
) -> None:
    """Add a line to ``log.jsonl``: every tenth step, and every measurement."""
    if rates is None and progress.step % 10:
        return
    line = {
        "step": progress.step,
        "seconds": round(progress.seconds, 1),
        "tokens": progress.tokens,
        "loss": round(progress.loss, 4),
        **{f"exact_{split}": round(rate, 4) for split, rate in (rates or {}).items()},
    }
    with (settings.out / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")


def read_log(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a run's log."""
    with (folder / "log.jsonl").open(encoding="utf-8") as log:
        for line in log:
            yield json.loads(line)
