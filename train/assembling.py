"""A trainer, put together from the settings: TRL's options, the base model, adapters, callbacks."""

from __future__ import annotations

import sys

import torch
from transformers.integrations.integration_utils import TensorBoardCallback
from transformers.trainer_callback import PrinterCallback, TrainerCallback
from trl import SFTConfig

from asygrammar.decoding.models import LoadedModel, load_model
from asygrammar.train.callbacks import DropoutSchedule, EarlyStop, KeepBest, LogEpochs
from asygrammar.train.encoding import Encoded, arrange
from asygrammar.train.figure_trainer import FigureTrainer
from asygrammar.train.hardware import Hardware, has_bf16
from asygrammar.train.lora import check_adapted, dropouts, find_targets, lora_config
from asygrammar.train.rows import TaskRow
from asygrammar.train.run_folder import Checkpoint
from asygrammar.train.settings import Settings


def trainer_options(settings: Settings, there: Hardware) -> SFTConfig:
    """Return TRL's options; asked for, they join the processes that `accelerate` started."""
    return SFTConfig(
        output_dir=str(settings.folder / "checkpoints"),
        # The rows come as tokens, arranged; what is packed is kept apart by its positions.
        dataset_kwargs={"skip_prepare_dataset": True},
        packing=settings.packing,
        packing_strategy="bfd",
        max_length=settings.max_length,
        train_sampling_strategy="sequential" if settings.order == "curriculum" else "random",
        num_train_epochs=settings.epochs,
        max_steps=settings.steps or -1,
        per_device_train_batch_size=settings.batch_size,
        per_device_eval_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.accumulate,
        learning_rate=settings.learning_rate,
        lr_scheduler_type=settings.schedule,
        warmup_steps=settings.warmup,
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.clip,
        gradient_checkpointing=settings.gradient_checkpointing,
        bf16=has_bf16(there),
        use_cpu=not there.gpu,
        dataloader_pin_memory=there.gpu,
        eval_strategy="steps",
        eval_steps=settings.evaluate_steps,
        save_strategy="steps",
        save_steps=settings.checkpoint_steps,
        save_total_limit=2,
        logging_steps=settings.log_steps,
        report_to="none",
        ddp_find_unused_parameters=False,
        disable_tqdm=not sys.stderr.isatty(),
        seed=settings.seed,
    )


def load_base(settings: Settings, there: Hardware, device: str) -> LoadedModel:
    """Load the model that training begins with.

    Raises:
        ValueError: There is no such model.
    """
    if settings.method != "qlora" or not there.bitsandbytes:
        model = load_model(settings.model, device=device)
        # Steps are smaller than what half precision tells apart.
        if settings.method == "full" or model.network.dtype == torch.float16:
            model.network.float()
        return model
    return load_model(settings.model, device=device, quantization="4bit")


def build_trainer(
    settings: Settings,
    options: SFTConfig,
    there: Hardware,
    model: LoadedModel,
    training: Encoded,
    held_out: Encoded,
    checkpoint: Checkpoint | None,
) -> FigureTrainer:
    """Put the trainer together, and check that it trains what it should.

    Args:
        settings: The run's.
        options: See `trainer_options`.
        there: What the machine has.
        model: The base model; it gets the adapters.
        training: The rows to train on.
        held_out: The rows to measure on.
        checkpoint: Where the run goes on, if it was cut.

    Raises:
        ValueError: The LoRA list does not fit the model; no row is left.
    """
    for encoded, what in ((training, "to train"), (held_out, "to measure")):
        if not encoded.rows:
            raise ValueError(f"no row is left {what} on: all are longer than max_length")
    adapted = settings.method != "full"
    targets = (
        find_targets(model.network, settings.lora_targets, partial=settings.lora_partial)
        if adapted
        else {}
    )
    order, length, packing = settings.order, settings.max_length, settings.packing
    trainer = FigureTrainer(
        loaded=model,
        decoded=decoded_rows(settings, held_out),
        max_new_tokens=settings.max_new_tokens,
        by_loss=settings.best_by == "loss",
        before=checkpoint.seconds if checkpoint else 0.0,
        model=model.network,
        args=options,
        train_dataset=arrange(
            training.rows, max_length=length, packing=packing, order=order, seed=settings.seed
        ),
        eval_dataset=arrange(
            held_out.rows, max_length=length, packing=packing, order=order, seed=settings.seed
        ),
        processing_class=model.tokenizer,
        peft_config=lora_config(settings, targets) if adapted else None,
        callbacks=[LogEpochs(), KeepBest(settings.folder / "best")],
    )
    if adapted:
        check_adapted(trainer.model, targets)
    for parameter in trainer.model.parameters():
        # TRL makes adapters on a quantized model bf16, in which small late steps are lost.
        if parameter.requires_grad and parameter.dtype == torch.bfloat16:
            parameter.data = parameter.data.float()
    for callback in _more_callbacks(settings, there, trainer, checkpoint):
        trainer.add_callback(callback)
    trainer.remove_callback(PrinterCallback)
    return trainer


def decoded_rows(settings: Settings, held_out: Encoded) -> list[TaskRow]:
    """Return the first `Settings.decode_rows` rows of each task, of those that fit the model."""
    rows: list[TaskRow] = []
    for task in settings.tasks:
        some = [one.row for one in held_out.rows if one.row.task == task]
        rows += some[: settings.decode_rows]
    return rows


def _more_callbacks(
    settings: Settings, there: Hardware, trainer: FigureTrainer, checkpoint: Checkpoint | None
) -> list[TrainerCallback]:
    found: list[TrainerCallback] = []
    if modules := dropouts(trainer.model):
        start, end = settings.lora_dropout, settings.lora_dropout_end
        found.append(DropoutSchedule(modules, start, start if end is None else end))
    if settings.patience:
        found.append(EarlyStop(settings.patience))
    if settings.tensorboard and there.tensorboard and trainer.is_world_process_zero():
        from torch.utils.tensorboard import SummaryWriter

        # What was logged after the checkpoint is logged once more: the first time is forgotten.
        begin = checkpoint.step + 1 if checkpoint else 0
        writer = SummaryWriter(str(settings.folder / "logs"), purge_step=begin)  # type: ignore[no-untyped-call]
        found.append(TensorBoardCallback(writer))  # type: ignore[no-untyped-call]
    return found
