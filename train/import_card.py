"""The card of an imported data set: sources, licences, steps, counts, ethics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from asygrammar import __version__
from asygrammar.train.cleaning import LONGEST
from asygrammar.train.figure_splits import SHARES

if TYPE_CHECKING:
    from asygrammar.train.importing import ImportReport, ImportSettings

# Without them, a file in which all lists are empty would not load.
_FEATURES = {
    **dict.fromkeys(("prompt", "program", "source", "split"), "dtype: string"),
    "objects": "dtype: int64",
    "style": "list: string",
}
_NO_LICENCE = "not stated: ask its authors before you share this data set"
_CARD = """\
---
language: en
task_categories: [text-generation]
tags: [asymptote, education, diagrams]
configs:
- config_name: default
  data_files:
{files}
dataset_info:
  features:
{features}
---

# Figures imported by asygrammar

{total} rows: what a user would say, and the Asymptote program that draws it. Every program compiles
and draws something, is in the canonical layout of asygrammar {version} and has its imports.

    asygrammar data import {sources} --out DIR{options}

```python
from datasets import load_dataset

rows = load_dataset("DIR", split="train")
```

## Sources and licences

| source | licence |
| --- | --- |
{licences}

The programs are their authors' work and stay under these licences. The licence of asygrammar
covers none of them.

## Steps

1. **Read**: examples with their tags, `[asy]` blocks, or columns. A row without the columns, with
   broken encoding or of more than 1 MiB is left out.
2. **Clean**: links (`asyxml`), code fences, `[asy]` tags, settings and comments are removed.
3. **Fit**: what is not of the subset is left out: what does not parse, uses a module without
   signatures or what is declared nowhere, has a fault of types, is longer than {longest}
   characters, or says only a size. Missing imports are added.
4. **Compile**: each program by itself, in the sandbox; what fails or draws nothing is left out.
5. **Duplicates** are left out; white space and comments do not tell two programs apart.
6. **Variants** ({vary} a figure at most): other letters, colors and coordinates, changed through
   the syntax tree. Kept are those that compile, are about as large as the original and have no
   more texts on one another.
7. **Prompts**: {prompting}
8. **Splits** by figure ({shares}): programs that their source
   calls one figure, or that differ in literals only, stand in one split, which follows from a hash
   of the figure.

## Counts

| | |
| --- | ---: |
| rows and files read | {read} |
| figures kept | {figures} |
| variants kept | {variants} |
{counts}

`rejected.jsonl` says of each what fell, and why.

## Columns

`prompt` what a user would say; `program` the answer; `source` where it comes from (a variant's
ends in `~1`, `~2`, ...); `split`; `objects` how many things the figure shows, as its syntax tree
tells (what a loop draws counts once); `style` how they look, in single words.

## Ethics

- Figures and sentences are about mathematics; no personal data is looked for, and names that an
  author wrote into a label are not searched for or removed.
- Prompts that a program or a model wrote are not what teachers say. A model that learns from them
  alone will expect coordinates, and words of geometry, in English.
- That a program compiles does not make its figure right. Nobody has looked at all of them.
- Texts of competition problems may stand in benchmarks: do not measure a model with problems whose
  figures it was trained on.
"""


def card_text(
    sources: Sequence[tuple[str, str]], report: ImportReport, settings: ImportSettings
) -> str:
    """Write the card.

    Args:
        sources: The name and the licence of each; the licence may be empty.
        report: What became of them.
        settings: How they were imported.
    """
    files = [
        f"  - split: {split}\n    path: {split}.jsonl" for split in SHARES if report.splits[split]
    ]
    licences = [f"| {name} | {licence or _NO_LICENCE} |" for name, licence in sources]
    counts = {
        **{f"rows in {split}": count for split, count in report.splits.items()},
        **{f"prompts {where}": count for where, count in report.prompts.items()},
        **{f"left out: {reason}": count for reason, count in report.rejected.items()},
    }
    return _CARD.format(
        files="\n".join(files),
        features="\n".join(f"  - name: {name}\n    {kind}" for name, kind in _FEATURES.items()),
        total=sum(report.splits.values()),
        version=__version__,
        sources=" ".join(name for name, _ in sources),
        options=_options(settings),
        licences="\n".join(licences),
        longest=LONGEST,
        vary=settings.vary,
        prompting=_prompting(settings),
        shares=", ".join(f"{share} % {split}" for split, share in SHARES.items()),
        read=report.read,
        figures=report.figures,
        variants=report.variants,
        counts=_table(counts),
    )


def _options(settings: ImportSettings) -> str:
    columns, server = settings.columns, settings.server
    options = {
        "--program-column": columns.program if columns.program != "program" else None,
        "--prompt-column": columns.prompt,
        "--vary": settings.vary or None,
        "--seed": settings.seed or None,
        "--describe-with": server.url if server else None,
        "--describe-model": server.model if server else None,
    }
    return "".join(f" {name} {value}" for name, value in options.items() if value is not None)


def _prompting(settings: ImportSettings) -> str:
    own = "the source's own where it has a whole one"
    if settings.server is None:
        return f"{own}; else written from the syntax tree."
    model = settings.server.model
    return f"{own}; else the model `{model}` was asked for one. None was kept that was cut off."


def _table(counts: Mapping[str, int]) -> str:
    return "\n".join(f"| {what} | {count} |" for what, count in counts.items())
