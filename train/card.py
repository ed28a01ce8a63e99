"""Publishing a trained model: its folder, what it was measured to do, and its card."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from asygrammar.decoding import AsyGenerator
from asygrammar.eval.random_weights import random_weights
from asygrammar.eval.stats import wilson_interval
from asygrammar.templates import load_templates
from asygrammar.train.measure import Problem, Score, measure, problems_of
from asygrammar.train.rows import read_rows
from asygrammar.train.run import NanoSettings, read_log


@dataclass(frozen=True)
class Published:
    """What a published model was measured to do.

    Attributes:
        scores: Of the model, one for each held-out split.
        chance: The same of one with random weights that has to take a template.
    """

    scores: tuple[Score, ...]
    chance: tuple[Score, ...]

    def to_text(self) -> str:
        """Return a line for each score."""
        lines = [
            f"{score.split}: {score.same} of {score.problems} drawn the same, "
            f"{score.compiled} compile"
            for score in self.scores
        ]
        return "\n".join([*lines, *map(chance_line, self.chance)])


def publish(run: Path, data: Path, folder: Path, rows: int = 400) -> Published:
    """Copy a run's model to a folder, measure it as it is stored, and write its card.

    Args:
        run: Folder of a finished run of `asygrammar.train.pretrain.train_nano`.
        data: The data set, whose split ``test`` is measured on.
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
    problems = problems_of(read_rows(data, "test"))
    generator = AsyGenerator(folder)
    scores = measure(generator, _some(problems, rows))
    generator.close()
    published = Published(
        tuple(scores), tuple(_by_chance(folder, _some(problems, max(1, rows // 4))))
    )
    (folder / "README.md").write_text(card_text(run, generator, published), encoding="utf-8")
    return published


def _by_chance(folder: Path, problems: Sequence[Problem]) -> list[Score]:
    """Measure the same network with random weights: is it the model that chooses?"""
    with random_weights(folder) as other:
        generator = AsyGenerator(other)
        scores = measure(generator, problems, mode="template")
        generator.close()
    return scores


def _some(problems: Sequence[Problem], count: int) -> list[Problem]:
    """Choose as many problems of each split, at random."""
    by_split: dict[str, list[Problem]] = {}
    for problem in problems:
        by_split.setdefault(problem.split, []).append(problem)
    return [
        problem
        for some in by_split.values()
        for problem in random.Random(0).sample(some, min(count, len(some)))
    ]


def card_text(run: Path, generator: AsyGenerator, published: Published) -> str:
    """Write the model card.

    Args:
        run: The run's folder.
        generator: The published model.
        published: What it did.
    """
    scores = published.scores
    settings = json.loads((run / "settings.json").read_text(encoding="utf-8"))
    log = list(read_log(run))
    last = log[-1]
    losses = [line["loss"] for line in log if "loss" in line][-20:]
    return _CARD.format(
        parameters=generator.parameters / 1e6,
        vocabulary=generator.vocabulary,
        options=_options(settings),
        steps=last["step"],
        minutes=last["seconds"] / 60,
        tokens=last["tokens"] / 1e6,
        speed=last["tokens"] / last["seconds"],
        loss=sum(losses) / len(losses),
        scores="\n".join(map(_score_line, scores)),
        faults="\n".join(map(_fault_line, scores)),
        splits=" | ".join(score.split for score in scores),
        rules=" | ".join("---" for _ in scores),
        families="\n".join(_family_lines(scores)),
        chance="\n".join(f"- {chance_line(score)}" for score in published.chance),
        families_count=len({family for score in scores for family in score.families}),
        **{name: settings[name] for name in ("hidden", "layers", "heads", "mlp", "context")},
    )


def _options(settings: Mapping[str, Any]) -> str:
    """Return what was set otherwise than by default, and the seed, as options of ``nano``."""
    defaults = {setting.name: setting.default for setting in fields(NanoSettings)}
    told = {
        name: value
        for name, value in settings.items()
        if name == "seed" or defaults[name] not in (MISSING, value)
    }
    return " ".join(f"--{name.replace('_', '-')} {value}" for name, value in told.items())


def chance_line(score: Score) -> str:
    """Say how often the template is the right one with random weights."""
    families = len(load_templates())
    return (
        f"random weights, unseen {score.split}: the right template for "
        f"{_share(score.template, score.problems)}, chance {100 / families:.1f} %; "
        f"drawn the same {_share(score.same, score.problems)}"
    )


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.1f} %)" if whole else "none"


def _score_line(score: Score) -> str:
    low, high = wilson_interval(score.same, score.problems)
    same = f"{100 * score.same / score.problems:.1f} % ({100 * low:.1f} to {100 * high:.1f})"
    return f"| unseen {score.split} | {score.problems} | {same} | {score.compiled} |"


def _fault_line(score: Score) -> str:
    cells = (
        _share(score.filled, score.problems),
        _share(score.template, score.problems),
        _share(*score.words),
        _share(*score.letters),
    )
    return f"| unseen {score.split} | {' | '.join(cells)} |"


def _family_lines(scores: Sequence[Score]) -> list[str]:
    lines = []
    for family in sorted({family for score in scores for family in score.families}):
        cells: list[Any] = [score.families.get(family, (0, 0)) for score in scores]
        shown = " | ".join(f"{good} of {all}" if all else "" for good, all in cells)
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
a figure of one of the {families_count} families of `grammars/templates/`: it chooses the template
and fills in its blanks, or writes the program. It is the model that asygrammar uses when none is
named.

## How it was made

    make bundled-model

which is `asygrammar data build`, then

    python -m asygrammar.train nano {options} ...
    python -m asygrammar.train publish ...

- **Network**: {layers} layers, width {hidden}, {heads} heads, MLP {mlp}, {context} positions, tied
  embeddings, a Llama-style tokenizer of {vocabulary} entries (digits and lone capitals are single
  tokens), Phi-3's special tokens and chat template, no system message (`prompt.json`).
- **Data**: only sentences and programs that the templates generate; in 4 of 10 sentences invented
  words are put between the real ones. No text by people outside of this project, no personal data.
- **Training**: from random weights, {steps} steps, {tokens:.1f} M tokens, {minutes:.0f} minutes
  ({speed:.0f} tokens a second), Muon and AdamW, loss on the answer only. Loss at the end, mean of
  the last log lines: {loss:.4f} nats a token.
- **Files**: fp16 weights, loaded and computed as fp32 (`config.json` says so).

## What it does

As `generate_asy(sentence)` does it, at the level `compiled`, on sentences that it was not trained
on. *Values*: trained phrasings, programs that no training row has. *Phrasings*: sentences written
apart, without four words in a row (outside of the slots) in common with a trained one.
*Combinations*: decorations that training never shows together in that family. *Drawn the same*: the
same lines, areas and labels at the same places with the same pens (95 % interval in brackets).

| split | sentences | drawn the same | compile |
| --- | --- | --- | --- |
{scores}

What goes wrong: whether a template was taken, whether it is the right one, and where it is, the
share of the sentence's numbers and words, and of its letters, that are in the right blanks.

| split | filled | right template | numbers and words | letters |
| --- | --- | --- | --- | --- |
{faults}

With random weights in place of the trained ones, which have to take a template:

{chance}

| family | {splits} |
| --- | {rules} |
{families}

## What it cannot do

- Figures outside of these families: it draws the family that the sentence resembles most.
- Sentences that are far from the trained phrasings: it takes some of the values and drops others.
- Two figures at a time, other languages than English, numbers outside of the templates' ranges,
  arithmetic (`half of 7`), decorations that the family's template does not have.
- It has seen no other Asymptote code and knows no other names of the language.
"""
