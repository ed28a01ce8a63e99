"""Fine-tuning: ``asygrammar train CONFIG.yaml``. Read `train` from top to bottom.

Runs on one device, or on several through ``accelerate launch -m asygrammar train CONFIG.yaml``.
What it does not know: what is in a row (`asygrammar.train.rows`), how a row becomes tokens
(`asygrammar.train.encoding`), what a good answer is (`asygrammar.train.scores`).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Any

import datasets
import torch
from peft import load_peft_weights, set_peft_model_state_dict
from transformers import TrainerState

from asygrammar.decoding.models import quiet_bars
from asygrammar.train.assembling import build_trainer, decoded_rows, load_base, trainer_options
from asygrammar.train.callbacks import Best, is_out_of_patience, read_best
from asygrammar.train.encoding import Encoded, encode_rows
from asygrammar.train.figure_trainer import FigureTrainer
from asygrammar.train.hardware import Hardware, find_hardware, notes, peak_memory
from asygrammar.train.run_folder import (
    Checkpoint,
    Result,
    begin_run,
    check_settings,
    last_checkpoint,
    read_result,
    write_result,
)
from asygrammar.train.settings import Settings
from asygrammar.train.sft_card import write_model
from asygrammar.train.task_rows import rows_to_measure, rows_to_train


def train(settings: Settings) -> Result:
    """Train a model, or go on where a run was cut; a finished run is not run again.

    Raises:
        ValueError: The data, the model or an option cannot be used, or the folder holds another
            run; one line says what to do, before a step is taken.
    """
    check_settings(settings)
    if (done := read_result(settings.folder)) is not None:
        return done
    if not sys.stderr.isatty():
        datasets.disable_progress_bars()
    with quiet_bars():
        return _train(settings)


def _train(settings: Settings) -> Result:
    there = find_hardware(settings)
    options = trainer_options(settings, there)
    first = options.process_index == 0
    told = notes(settings, there)
    if first and told:
        print("\n".join(told), file=sys.stderr, flush=True)
    with options.main_process_first(local=False):
        rows, held_out_rows = rows_to_train(settings), rows_to_measure(settings)
    model = load_base(settings, there, str(options.device))
    training = encode_rows(model, rows, settings.max_length)
    held_out = encode_rows(model, held_out_rows, settings.max_length)
    checkpoint = last_checkpoint(settings.folder / "checkpoints")
    trainer = build_trainer(settings, options, there, model, training, held_out, checkpoint)
    with options.main_process_first(local=False):
        begin_run(settings, training.sha256)
    if not _had_ended(trainer, checkpoint, settings.patience):
        trainer.train(resume_from_checkpoint=str(checkpoint.folder) if checkpoint else None)
    trainer.accelerator.wait_for_everyone()
    best = _load_best(settings, trainer)
    result = _measure(settings, there, trainer, training, held_out, best)
    if first:
        write_model(settings, result, model, settings.folder / "best" / best.folder)
        write_result(settings.folder, result)
    trainer.accelerator.wait_for_everyone()
    return result


def epoch_losses(history: Sequence[dict[str, Any]]) -> tuple[float, ...]:
    """Return the mean loss of each epoch from a trainer's log, each step counted once."""
    sums: dict[int, tuple[float, int]] = {}
    before = 0
    for line in history:
        if "loss" in line:
            epoch = max(1, math.ceil(line["epoch"] - 1e-6))
            total, steps = sums.get(epoch, (0.0, 0))
            taken = line["step"] - before
            sums[epoch] = total + taken * line["loss"], steps + taken
            before = line["step"]
    return tuple(total / steps for _, (total, steps) in sorted(sums.items()))


def _had_ended(trainer: FigureTrainer, checkpoint: Checkpoint | None, patience: int) -> bool:
    """Tell whether a run was cut after its last step; the trainer then has its log.

    Told to go on from there, transformers would take one step more.
    """
    if checkpoint is None:
        return False
    state = TrainerState.load_from_json(str(checkpoint.folder / "trainer_state.json"))
    if state.global_step < state.max_steps and not is_out_of_patience(state, patience):
        return False
    trainer.state = state
    return True


def _load_best(settings: Settings, trainer: FigureTrainer) -> Best:
    """Give the trainer's model the weights of the best one."""
    best = read_best(settings.folder / "best")
    if best is None:
        raise RuntimeError(f"{settings.folder / 'best'} has gone: remove {settings.folder}")
    folder, network = str(settings.folder / "best" / best.folder), trainer.model
    if settings.method == "full":
        stored = type(network).from_pretrained(folder, dtype=network.dtype)
        network.load_state_dict(stored.state_dict())
    else:
        weights = load_peft_weights(folder, device="cpu")
        set_peft_model_state_dict(network, weights)
    return best


def _measure(
    settings: Settings,
    there: Hardware,
    trainer: FigureTrainer,
    training: Encoded,
    held_out: Encoded,
    best: Best,
) -> Result:
    scores = trainer.answer(decoded_rows(settings, held_out), drawing=True)
    parameters, trainable = count_parameters(trainer.model)
    return Result(
        base=trainer.loaded.name,
        method=settings.method,
        device=torch.cuda.get_device_name() if there.gpu else "CPU",
        parameters=parameters,
        trainable=trainable,
        rows=len(training.rows),
        tokens=training.tokens,
        dropped=training.dropped,
        steps=trainer.state.global_step,
        best_step=best.step,
        seconds=round(trainer.seconds, 1),
        peak_memory=peak_memory(there),
        losses=epoch_losses(trainer.state.log_history),
        eval_loss=best.loss,
        scores=scores,
        notes=tuple(notes(settings, there)),
    )


def count_parameters(network: Any) -> tuple[int, int]:
    """Return how many parameters a model has, and how many of them are trained."""
    if hasattr(network, "get_nb_trainable_parameters"):  # it knows how 4 bits are stored
        trainable, parameters = network.get_nb_trainable_parameters()
        return int(parameters), int(trainable)
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in network.parameters()]
    return sum(size for size, _ in sizes), sum(size for size, trained in sizes if trained)
