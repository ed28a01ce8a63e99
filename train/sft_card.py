"""The folder of a fine-tuned model: weights or adapter, what decoding has to know, and a card."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

from asygrammar.decoding.models import LoadedModel, load_tokenizer
from asygrammar.files import write_whole
from asygrammar.prompt import fingerprint
from asygrammar.train.run_folder import Result, score_line
from asygrammar.train.settings import Settings, as_yaml


def write_model(settings: Settings, result: Result, base: LoadedModel, weights: Path) -> Path:
    """Write the model's folder, the whole of it or nothing.

    Args:
        settings: The run's.
        result: What the run came to.
        base: The model that it began with.
        weights: Folder of the weights to publish.

    Returns:
        The folder, ``model`` in the run's.
    """
    folder, fresh = settings.folder / "model", settings.folder / "model.new"
    for old in (folder, fresh):
        shutil.rmtree(old, ignore_errors=True)
    shutil.copytree(weights, fresh)
    if settings.method == "full":
        load_tokenizer(settings.model).save_pretrained(str(fresh))
    note = {"system": base.system, "tasks": settings.tasks, "fingerprint": fingerprint()}
    write_whole(fresh / "prompt.json", (json.dumps(note) + "\n").encode("utf-8"))
    write_whole(fresh / "README.md", card_text(settings, result).encode("utf-8"))
    fresh.rename(folder)
    return folder


def card_text(settings: Settings, result: Result) -> str:
    """Write the model card."""
    adapter = settings.method != "full"
    settings = _without_paths(settings)
    left = ", ".join(f"{count} of {task}" for task, count in result.dropped.items())
    use = f"--model {settings.model} " if settings.model else ""
    if settings.method == "qlora":
        use = f"--quantization 4bit {use}"
    return _CARD.format(
        head=f"base_model: {settings.model}\n" if settings.model else "",
        library="peft" if adapter else "transformers",
        title=settings.out,
        what="An adapter for" if adapter else "A fine-tuned copy of",
        base=settings.model or "asygrammar's bundled model, phi3-asy-nano",
        tasks=", ".join(settings.tasks),
        use=f"{use}--adapter THIS_FOLDER" if adapter else "--model THIS_FOLDER",
        data=", ".join(settings.data),
        rows=result.rows,
        tokens=result.tokens,
        left=left or "none",
        length=settings.max_length,
        method=_METHODS[settings.method].format(rank=settings.lora_rank, alpha=settings.lora_alpha),
        trainable=result.trainable,
        parameters=result.parameters,
        steps=result.steps,
        seconds=result.seconds,
        device=result.device,
        memory=result.peak_memory / 2**20,
        best=result.best_step,
        losses=", ".join(f"{loss:.4f}" for loss in result.losses),
        eval_loss=result.eval_loss,
        split=settings.eval_split,
        scores="\n".join(f"- {score_line(score)}" for score in result.scores.values()),
        notes="".join(f"- {note}\n" for note in result.notes) or "- nothing was left out\n",
        settings=as_yaml(settings),
    )


def _without_paths(settings: Settings) -> Settings:
    """Name folders by their last part: where they lie on this machine is nobody's business."""

    def last(name: str) -> str:
        return Path(name).resolve().name if Path(name).exists() else name

    return replace(
        settings,
        data=tuple(map(last, settings.data)),
        out=last(settings.out),
        model=settings.model and last(settings.model),
    )


_METHODS = {
    "qlora": "QLoRA (nf4, double quantization), rank {rank}, alpha {alpha}",
    "lora": "LoRA, rank {rank}, alpha {alpha}",
    "full": "all weights",
}

_CARD = """\
---
library_name: {library}
{head}language: en
pipeline_tag: text-generation
tags: [asymptote, education, diagrams]
---

# {title}

{what} {base}, for Asymptote programs that draw K-12 mathematics diagrams. Tasks: {tasks}.

    asygrammar generate "Draw a circle with center O and radius 3." {use}

## How it was made

`asygrammar train CONFIG.yaml`, with the settings below.

- **Data**: {rows} rows of {data} ({tokens} tokens). Left out, as longer than {length} tokens:
  {left}.
- **Method**: {method}; {trainable:,} of {parameters:,} parameters; loss on the answer only.
- **Run**: {steps} steps in {seconds:.0f} s on {device}, {memory:.0f} MiB at most. Loss of each
  epoch: {losses} nats a token. Kept: the model after step {best}.

## What it does

Greedy decoding, without any constraint, of rows of the split `{split}`, none of which was trained
on; held-out loss {eval_loss:.4f} nats a token.

{scores}

## What was slower or left out

{notes}
## Settings

```yaml
{settings}```
"""
