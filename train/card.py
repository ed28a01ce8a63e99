"""Publishing a trained model: its folder, what it was measured to do, and its card."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from asygrammar.compiler import asy_available, compile
from asygrammar.train.data import Row, build_rows
from asygrammar.train.evaluate import answers
from asygrammar.train.run import read_log

# Of the rows that a card is measured on; training watches other ones.
_SEED = 1000


@dataclass(frozen=True)
class Score:
    """What a model did on one split, decoding greedily and without constraint.

    Attributes:
        split: The rows' split.
        rows: How many sentences.
        exact: Answers that are the wanted program, to the byte.
        compiled: Answers that compile and draw; ``None`` where there is no ``asy``.
        families: For each family, exact answers and rows.
    """

    split: str
    rows: int
    exact: int
    compiled: int | None
    families: dict[str, tuple[int, int]]


def publish(run: Path, folder: Path, rows: int = 380) -> list[Score]:
    """Copy a run's model to a folder, measure it as it is stored, and write its card.

    Args:
        run: Folder of a finished run of `asygrammar.train.pretrain.train_nano`.
        folder: Where the model goes.
        rows: Sentences of each held-out split to measure on.

    Raises:
        ValueError: The run has not finished.
    """
    if not (run / "model" / "config.json").is_file():
        raise ValueError(f"{run} holds no finished model: start the training again, it goes on")
    shutil.copytree(run / "model", folder, dirs_exist_ok=True)
    for path in folder.iterdir():
        path.chmod(0o644)
    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    model = AutoModelForCausalLM.from_pretrained(str(folder), dtype=torch.float32)
    scores = [
        measure(model, tokenizer, build_rows(rows, seed=_SEED, split=split), split)
        for split in ("values", "phrasings")
    ]
    parameters = sum(parameter.numel() for parameter in model.parameters())
    card = card_text(run, parameters, len(tokenizer), scores)
    (folder / "README.md").write_text(card, encoding="utf-8")
    return scores


def measure(model: Any, tokenizer: Any, rows: list[Row], split: str) -> Score:
    """Decode and judge rows of one split."""
    programs = answers(model, tokenizer, [row.prompt for row in rows])
    right = [text == row.program for text, row in zip(programs, rows, strict=True)]
    total = Counter(row.family for row in rows)
    exact = Counter(row.family for row, good in zip(rows, right, strict=True) if good)
    compiled = None
    if asy_available():
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            compiled = sum(pool.map(_compiles, programs))
    families = {family: (exact[family], total[family]) for family in sorted(total)}
    return Score(split, len(rows), sum(right), compiled, families)


def _compiles(program: str) -> bool:
    return compile(program, format="eps").ok


def card_text(run: Path, parameters: int, vocabulary: int, scores: list[Score]) -> str:
    """Write the model card."""
    settings = json.loads((run / "settings.json").read_text(encoding="utf-8"))
    log = list(read_log(run))
    last = log[-1]
    losses = [line["loss"] for line in log if "loss" in line][-20:]
    options = f"--minutes {settings['minutes']:g} --seed {settings['seed']}"
    return _CARD.format(
        parameters=parameters / 1e6,
        vocabulary=vocabulary,
        options=options,
        steps=last["step"],
        minutes=last["seconds"] / 60,
        tokens=last["tokens"] / 1e6,
        speed=last["tokens"] / last["seconds"],
        loss=sum(losses) / len(losses),
        scores="\n".join(_score_line(score) for score in scores),
        families="\n".join(_family_lines(scores)),
        families_count=len(scores[0].families),
        **{name: settings[name] for name in ("hidden", "layers", "heads", "mlp", "context")},
    )


def _score_line(score: Score) -> str:
    compiled = "not measured"
    if score.compiled is not None:
        compiled = f"{score.compiled} ({100 * score.compiled / score.rows:.1f} %)"
    exact = f"{score.exact} ({100 * score.exact / score.rows:.1f} %)"
    return f"| unseen {score.split} | {score.rows} | {exact} | {compiled} |"


def _family_lines(scores: list[Score]) -> list[str]:
    lines = []
    for family in scores[0].families:
        cells = [score.families.get(family, (0, 0)) for score in scores]
        shown = " | ".join(f"{exact} of {rows}" for exact, rows in cells)
        lines.append(f"| {family} | {shown} |")
    return lines


_CARD = """\
---
license: mit
language: en
pipeline_tag: text-generation
tags: [asymptote, education, diagrams]
---

# phi3-asy-nano

A very small Phi-3 (`Phi3ForCausalLM`, {parameters:.2f} M parameters) that answers a sentence with
an Asymptote program for one of the {families_count} figure families of `grammars/templates/`.
It is the model that asygrammar uses when none is named.

## How it was made

    python -m asygrammar.train nano --out runs/nano {options}
    python -m asygrammar.train publish --run runs/nano --model decoding/models/phi3-asy-nano

- **Network**: {layers} layers, width {hidden}, {heads} heads, MLP {mlp}, {context} positions, tied
  embeddings, a Llama-style tokenizer of {vocabulary} entries (digits and lone capitals are single
  tokens), Phi-3's special tokens and chat template, no system message (`prompt.json`).
- **Data**: only sentences and programs that the templates generate, none of them twice by intent;
  in 4 of 10 sentences invented words are put between the real ones. No text by people outside of
  this project, no personal data.
- **Training**: from random weights, {steps} steps, {tokens:.1f} M tokens, {minutes:.0f} minutes on
  two CPU cores ({speed:.0f} tokens a second), Muon and AdamW, loss on the answer only. Loss at
  the end, mean of the last log lines: {loss:.4f} nats a token.
- **Files**: fp16 weights, loaded and computed as fp32 (`config.json` says so).

## What it does

Greedy decoding of the stored model, *without* any constraint, on sentences that it was not trained
on. *Unseen values*: trained phrasings, but programs that no training row has. *Unseen phrasings*:
sentences written separately, without four words in a row (outside of the slots) in common with a
trained one, again with unseen programs. *Exact*: the wanted program, to the byte.

| split | sentences | exact | compile |
| --- | --- | --- | --- |
{scores}

| family | exact, unseen values | exact, unseen phrasings |
| --- | --- | --- |
{families}

## What it cannot do

- Figures outside of these families: it draws the family that the sentence resembles most.
- Sentences that are far from the trained phrasings: it takes some of the values and drops others.
- Two figures at a time, other languages than English, numbers outside of the templates' ranges,
  arithmetic (`half of 7`), decorations that the family's template does not have.
- It has seen no other Asymptote code and knows no other names of the language.
"""
