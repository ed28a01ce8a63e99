"""The card of a data set that was built from the templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from asygrammar import __version__

_CARD = """\
---
license: mit
language: en
task_categories: [text-generation]
tags: [asymptote, education, diagrams, synthetic]
configs:
- config_name: default
  data_files:
  - split: train
    path: train.jsonl
  - split: test
    path: test.jsonl
---

# Figures built by asygrammar {version}

What a teacher would say, and the Asymptote program that draws it.

    asygrammar data build --size {size} --seed {seed} --tasks {tasks} --out DIR

```python
from datasets import load_dataset

rows = load_dataset("DIR", split="train")
```

| split | rows |
| --- | --- |
{splits}

- **Source**: the {families} figure templates of asygrammar, nothing else. No text by people outside
  of the project, no personal data; names in sentences are from a list.
- **Columns**: `prompt`, `program` (the answer: of the task `fill` a filled template), `task`,
  `family`, `grade`, `level`, `split`, `slots` (JSON: what the sentence tells, and the decorations),
  `objects`, `style`.
- **Splits**: *values* are programs that no training row has; *phrasings* are sentences written
  apart, with no four words in a row in common with a trained one outside of the slots;
  *combinations* are decorations that training never shows together in that family. No program
  stands in two splits, white space and comments aside. All three are in `test.jsonl`, told apart by
  the column `split`.
- **Steps**: draw values under the template's conditions, write sentence and program, compile every
  program statement by statement, draw one in {looked_at} and look whether it is blank.
- **Limits**: English only; the figures and values of the templates' ranges; sentences are generated
  from patterns, so they are more regular than people's.
- **Ethics**: generated sentences show no real person. A model trained on these rows draws what the
  templates know and may answer anything else with the nearest of them: look at a figure before a
  class does.
"""


def card_text(size: int, seed: int, tasks: Sequence[str], report: Mapping[str, Any]) -> str:
    """Write the card.

    Args:
        size: How many figures to train on were asked for.
        seed: The data set's.
        tasks: The tasks of its rows.
        report: The fields of `asygrammar.train.building.BuildReport`.
    """
    from asygrammar.train.building import LOOKED_AT

    return _CARD.format(
        version=__version__,
        size=size,
        seed=seed,
        tasks=",".join(tasks),
        splits="\n".join(f"| {split} | {count} |" for split, count in report["rows"].items()),
        families=report["families"],
        looked_at=LOOKED_AT,
    )
