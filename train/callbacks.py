"""What happens beside the steps: dropout falls or rises, the best model is kept, training ends.

None has a state of its own: what it needs is in the trainer's log or in a file, so a run that goes
on after a kill does what it would have done.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import nn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from asygrammar.files import write_whole

#: The number by which models are compared, higher is better; see `FigureTrainer`.
SCORE = "eval_score"

_BEST = "best.json"


@dataclass(frozen=True)
class Best:
    """The best model so far.

    Attributes:
        score: Its ``eval_score``.
        loss: Its loss on held-out rows, in nats a token.
        step: After how many steps it was measured.
        folder: The name of its folder.
    """

    score: float
    loss: float
    step: int
    folder: str


class DropoutSchedule(TrainerCallback):
    """Moves the adapters' dropout linearly from one value to another.

    Args:
        modules: The dropout modules.
        start: Share that is dropped at the first step.
        end: Share that is dropped at the last step.
    """

    def __init__(self, modules: Sequence[nn.Dropout], start: float, end: float) -> None:
        self._modules, self._start, self._end = modules, start, end

    def on_step_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Set what is dropped in this step."""
        done = state.global_step / max(1, state.max_steps - 1)
        for module in self._modules:
            module.p = self._start + (self._end - self._start) * min(1.0, done)


class LogEpochs(TrainerCallback):
    """Logs at the end of each epoch, too, so that each has its loss."""

    def on_epoch_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Log."""
        control.should_log = True


class KeepBest(TrainerCallback):
    """Keeps the best model so far, in a folder of its own.

    ``best.json`` names the folder; it is written last, so it never names half a model.

    Args:
        folder: Where.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Keep the model, if it is better than the one kept."""
        metrics: dict[str, float] = kwargs["metrics"]
        best = read_best(self._folder)
        if not state.is_world_process_zero or (best and metrics[SCORE] <= best.score):
            return
        name = f"step-{state.global_step}"
        save_network(kwargs["model"], self._folder / name)
        best = Best(metrics[SCORE], metrics["eval_loss"], state.global_step, name)
        write_whole(self._folder / _BEST, json.dumps(asdict(best)).encode("utf-8"))
        for other in self._folder.glob("step-*"):
            if other.name != name:
                shutil.rmtree(other)


class EarlyStop(TrainerCallback):
    """Stops after some measurements in a row without a better one.

    Args:
        patience: How many.
    """

    def __init__(self, patience: int) -> None:
        self._patience = patience

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Stop, if it is time."""
        control.should_training_stop |= is_out_of_patience(state, self._patience)


def is_out_of_patience(state: TrainerState, patience: int) -> bool:
    """Tell whether so many measurements in a row were without a better one; 0 is never."""
    scores = [line[SCORE] for line in state.log_history if SCORE in line]
    return bool(scores) and 0 < patience < len(scores) - scores.index(max(scores))


def read_best(folder: Path) -> Best | None:
    """Return which model `KeepBest` keeps, if it keeps one."""
    note = folder / _BEST
    return Best(**json.loads(note.read_text(encoding="utf-8"))) if note.is_file() else None


def save_network(network: Any, folder: Path) -> None:
    """Save a model, or the adapters of one that has them."""
    # Asked to find out whether embeddings were changed, peft asks the hub; they never are.
    options = {"save_embedding_layers": False} if hasattr(network, "peft_config") else {}
    network.save_pretrained(str(folder), **options)
