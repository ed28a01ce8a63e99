"""TRL's trainer, with the measure that counts: what becomes of the programs that a model writes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import torch
from accelerate.utils import gather_object
from trl import SFTTrainer

from asygrammar.decoding.models import LoadedModel
from asygrammar.train.callbacks import SCORE
from asygrammar.train.encoding import IGNORED
from asygrammar.train.greedy_answers import greedy_answers
from asygrammar.train.lora import dropouts
from asygrammar.train.rows import TaskRow
from asygrammar.train.scores import TaskScore, count, judge


class FigureTrainer(SFTTrainer):  # type: ignore[misc]
    """Answers held-out rows at each evaluation, and compiles the programs.

    The answers' share that compiles is ``eval_compile_rate``; ``eval_exact_rate`` is the share that
    is the wanted one. ``eval_score`` orders models: by compile rate, and between equals by loss.
    Where no answer is a program, or nothing can compile one, the exact rate stands in.

    Args:
        loaded: The model, as decoding takes it.
        decoded: The rows to answer.
        max_new_tokens: Tokens of an answer at most.
        by_loss: Whether the loss alone orders models.
        before: Seconds that the run took before it was cut.
        **options: `trl.SFTTrainer`'s.

    Attributes:
        loaded: The model, as decoding takes it.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        decoded: Sequence[TaskRow],
        max_new_tokens: int,
        by_loss: bool,
        before: float,
        **options: Any,
    ) -> None:
        self.loaded = loaded
        self._decoded = tuple(decoded)
        self._max_new_tokens = max_new_tokens
        self._by_loss = by_loss
        self._began = time.monotonic() - before
        # Of held-out answers: nats, and tokens.
        self._surprise = torch.zeros(2)
        super().__init__(**options)

    def evaluation_loop(self, *args: Any, **kwargs: Any) -> Any:
        """Measure the loss, and answer the rows; the metrics have both."""
        self._surprise = torch.zeros(2, device=self.args.device)
        output = super().evaluation_loop(*args, **kwargs)
        nats, tokens = self.accelerator.reduce(self._surprise, "sum").tolist()
        output.metrics["eval_loss"] = loss = nats / tokens
        scores = self.answer(self._decoded)
        output.metrics.update(metrics(scores))
        # The loss decides between equals: squeezed, it is less than half of one row's part.
        rows = sum(score.rows for score in scores.values())
        worth = 0.0 if self._by_loss or not rows else rate(scores)
        output.metrics[SCORE] = worth - loss / (1 + loss) / (2 * max(1, rows))
        return output

    def prediction_step(self, model: Any, inputs: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Measure a batch; each token counts the same, whatever else is in its batch."""
        loss, logits, labels = super().prediction_step(model, inputs, *args, **kwargs)
        tokens = (inputs["labels"][:, 1:] != IGNORED).sum().to(self.args.device)
        self._surprise += torch.stack([loss.detach() * tokens, tokens])
        return loss, logits, labels

    def answer(self, rows: Sequence[TaskRow], *, drawing: bool = False) -> dict[str, TaskScore]:
        """Answer rows, the processes sharing the work, and judge the answers.

        Args:
            rows: The rows.
            drawing: Whether to compare drawings, too.

        Returns:
            The score of each task.
        """
        here = self.accelerator.process_index
        mine = rows[here :: self.accelerator.num_processes]
        self.model.eval()
        answers = greedy_answers(self.loaded, mine, self._max_new_tokens)
        return count(gather_object(judge(mine, answers, drawing=drawing)))

    @property
    def seconds(self) -> float:
        """How long the run has taken, that before a cut included."""
        return time.monotonic() - self._began

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Log, also the adapters' dropout and the seconds so far, those before a cut included."""
        logs["seconds"] = round(self.seconds, 2)
        if "loss" in logs and (modules := dropouts(self.model)):
            logs["lora_dropout"] = modules[0].p
        super().log(logs, start_time)

    def create_model_card(self, *args: Any, **kwargs: Any) -> None:
        """Write none with a checkpoint: the card comes at the end, with the numbers."""


def rate(scores: dict[str, TaskScore]) -> float:
    """Return the share of rows that are well answered, 0 to 1: see `TaskScore.rate`."""
    rows = sum(score.rows for score in scores.values())
    return sum(score.rate * score.rows for score in scores.values()) / rows


def metrics(scores: dict[str, TaskScore]) -> dict[str, float]:
    """Return the shares, of all tasks together, as a trainer logs them."""
    programs = [score for score in scores.values() if score.compiled is not None]
    found = {}
    if programs:
        rows = sum(score.rows for score in programs)
        found["eval_compile_rate"] = sum(score.compiled or 0 for score in programs) / rows
    if scores:
        rows = sum(score.rows for score in scores.values())
        found["eval_exact_rate"] = sum(score.exact for score in scores.values()) / rows
    return found
