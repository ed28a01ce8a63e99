"""Importing: from other people's programs to a data set of figures that compile.

``import_data`` runs the steps in their order, counts why programs fall, and writes the data set.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from asygrammar.files import write_whole
from asygrammar.train.asked_descriptions import DescriptionServer
from asygrammar.train.contents import Contents
from asygrammar.train.figure_splits import SHARES, split_by_figure
from asygrammar.train.import_card import card_text
from asygrammar.train.import_steps import (
    Figure,
    add_prompt,
    drop_duplicates,
    take_in,
    vary_figures,
)
from asygrammar.train.progress_log import ProgressLog
from asygrammar.train.rows import note_prompt
from asygrammar.train.sources import Columns, Found, Rejected, find_licence, read_source

_PROGRESS = ".progress.jsonl"
_REJECTED = "rejected.jsonl"
_OURS = frozenset((_PROGRESS, _REJECTED, "README.md", "prompt.json"))
_OURS |= {f"{split}.jsonl" for split in SHARES}

_T = TypeVar("_T")
_Item = TypeVar("_Item")


class Progress(Protocol):
    """Goes through items while something is done with each."""

    def __call__(self, items: Iterable[_T], what: str, total: int) -> Iterable[_T]:
        """Yield the items; ``what`` names the work, ``total`` says how many there are."""


def _silently(items: Iterable[_T], what: str, total: int) -> Iterable[_T]:
    return items


@dataclass(frozen=True)
class ImportSettings:
    """How to import.

    Attributes:
        columns: The columns of JSONL rows.
        vary: How many variants of each figure to write.
        seed: Decides about them.
        server: Who describes figures; ``None``: their syntax trees.
        licence: The licence of the programs, for the card.
        jobs: How many programs are compiled, or described, at a time.
    """

    columns: Columns = field(default_factory=Columns)
    vary: int = 0
    seed: int = 0
    server: DescriptionServer | None = None
    licence: str = ""
    jobs: int = 2


@dataclass(frozen=True)
class ImportedRow:
    """A row of the data set.

    Attributes:
        prompt: What a user would say.
        program: The program that draws it.
        source: Where it comes from; a variant's ends in ``~1``, ``~2``, ...
        split: ``train``, ``validation`` or ``test``.
        objects: How many things it shows, as its syntax tree tells.
        style: How they look, in single words.
    """

    prompt: str
    program: str
    source: str
    split: str
    objects: int
    style: list[str]


@dataclass(frozen=True)
class ImportReport:
    """What became of a source.

    Attributes:
        read: How many rows and files were looked at, the unreadable ones too.
        figures: How many of them are in the data set.
        variants: How many variants are.
        splits: The rows of each split.
        prompts: The rows by where their prompt comes from.
        rejected: What is left out, by reason, the most frequent first.
    """

    read: int
    figures: int
    variants: int
    splits: dict[str, int]
    prompts: dict[str, int]
    rejected: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, ready for JSON."""
        return asdict(self)

    def to_text(self) -> str:
        """Return the result as lines for a reader."""
        lines = [f"{count:6}  left out: {reason}" for reason, count in self.rejected.items()]
        lines += [f"{count:6}  prompts {where}" for where, count in self.prompts.items()]
        lines += [f"{count:6}  rows in {split}" for split, count in self.splits.items()]
        share = 100 * self.figures / self.read if self.read else 0
        kept = f"{self.figures} of {self.read} programs are kept ({share:.1f} %)"
        return "\n".join([*lines, f"{kept}, and {self.variants} variants"])


def import_data(
    sources: Sequence[Path],
    out: Path,
    settings: ImportSettings | None = None,
    *,
    progress: Progress = _silently,
) -> ImportReport:
    """Make a data set of other people's programs.

    A run that was cut goes on where it was when it is started again.

    Args:
        sources: See `asygrammar.train.sources.read_source`.
        out: The folder to write; what an earlier import wrote there is replaced.
        settings: How.
        progress: Goes through the figures.

    Raises:
        ValueError: A source cannot be imported, the folder holds something else, no program is
            left, or the server does not answer.
        CompilerMissing: ``asy`` is not installed.
        OSError: A file cannot be read or written.
    """
    settings = settings or ImportSettings()
    _make_folder(out)
    items = [item for source in sources for item in _read(source, settings.columns)]
    with ProgressLog(out / _PROGRESS) as log:
        described, rejected = _run_steps(items, settings, log, progress)
        rows = _rows(described)
        report = _report(len(items), described, rows, rejected)
        _write(out, rows, rejected, report)
        provenance = [(source.name, settings.licence or find_licence(source)) for source in sources]
        card = card_text(provenance, report, settings)
        write_whole(out / "README.md", card.encode("utf-8"))
        log.remove()
    return report


def _run_steps(
    items: Sequence[Found | Rejected],
    settings: ImportSettings,
    log: ProgressLog,
    progress: Progress,
) -> tuple[list[tuple[Figure, Contents]], list[Rejected]]:
    """Return the figures with their prompts, and what fell on the way."""
    found, unread = _part(items, Found)
    taken = _in_threads(partial(take_in, log=log), found, settings.jobs)
    compiled, unfit = _part(progress(taken, "compiling", len(found)), Figure)
    figures, again = _part(drop_duplicates(compiled), Figure)
    prompt = partial(add_prompt, server=settings.server, log=log)
    prompted = _in_threads(prompt, figures, settings.jobs)
    described, mute = _part(progress(prompted, "describing", len(figures)), tuple)
    if settings.vary:
        figures = [figure for figure, _ in described]
        varied = vary_figures(figures, settings.vary, settings.seed, log)
        variants = [one for some in progress(varied, "varying", len(figures)) for one in some]
        every, _ = _part(drop_duplicates([*figures, *variants]), Figure)
        variants = [figure for figure in every if figure.is_variant]
        prompted = _in_threads(prompt, variants, settings.jobs)
        # A variant without a description is no loss of a source.
        more, _ = _part(progress(prompted, "describing", len(variants)), tuple)
        described += more
    return described, [*unread, *unfit, *again, *mute]


def _read(source: Path, columns: Columns) -> Iterator[Found | Rejected]:
    """Yield what a source has; places and figures begin with its name."""
    for item in read_source(source, columns):
        place = item.place if item.place.startswith(source.name) else f"{source.name}/{item.place}"
        if isinstance(item, Found):
            yield replace(item, place=place, figure=f"{source.name}: {item.figure}")
        else:
            yield replace(item, place=place)


def _part(items: Iterable[Any], kind: type[_T]) -> tuple[list[_T], list[Rejected]]:
    good: list[_T] = []
    rejected: list[Rejected] = []
    for item in items:
        if isinstance(item, kind):
            good.append(item)
        else:
            rejected.append(item)
    return good, rejected


def _in_threads(work: Callable[[_Item], _T], items: Sequence[_Item], jobs: int) -> Iterator[_T]:
    """Yield what a function makes of some items, in their order."""
    pool = ThreadPoolExecutor(jobs)
    try:
        yield from pool.map(work, items)
    finally:
        pool.shutdown(cancel_futures=True)


def _rows(described: Sequence[tuple[Figure, Contents]]) -> list[ImportedRow]:
    splits = split_by_figure([(figure.figure, figure.program) for figure, _ in described])
    return [
        ImportedRow(
            prompt=figure.prompt,
            program=figure.program,
            source=figure.place,
            split=split,
            objects=contents.objects,
            style=contents.style,
        )
        for (figure, contents), split in zip(described, splits, strict=True)
    ]


def _report(
    read: int,
    described: Sequence[tuple[Figure, Contents]],
    rows: Sequence[ImportedRow],
    rejected: Sequence[Rejected],
) -> ImportReport:
    variants = sum(figure.is_variant for figure, _ in described)
    splits = Counter(row.split for row in rows)
    return ImportReport(
        read=read,
        figures=len(rows) - variants,
        variants=variants,
        splits={split: splits[split] for split in SHARES},
        prompts=dict(Counter(figure.said for figure, _ in described).most_common()),
        rejected=dict(Counter(one.reason for one in rejected).most_common()),
    )


def _make_folder(out: Path) -> None:
    """Make the folder to write, unless it holds something that an import did not write."""
    if out.is_dir():
        others = sorted(path.name for path in out.iterdir() if path.name not in _OURS)
        if others:
            raise ValueError(f"{out} holds {others[0]}, too: choose another folder")
    out.mkdir(parents=True, exist_ok=True)


def _write(
    out: Path, rows: Sequence[ImportedRow], rejected: Sequence[Rejected], report: ImportReport
) -> None:
    """Write rows and what was left out, each file in one step.

    Raises:
        ValueError: There are no rows.
    """
    _write_lines(out / _REJECTED, rejected)
    if not rows:
        why = ", ".join(f"{reason}: {count}" for reason, count in report.rejected.items())
        raise ValueError(f"no program is left ({why or 'there were none'}): see {out / _REJECTED}")
    for split in SHARES:
        some = [row for row in rows if row.split == split]
        if some:
            _write_lines(out / f"{split}.jsonl", some)
        else:
            (out / f"{split}.jsonl").unlink(missing_ok=True)
    note_prompt(out)


def _write_lines(path: Path, rows: Sequence[ImportedRow] | Sequence[Rejected]) -> None:
    lines = (json.dumps(vars(row), ensure_ascii=False) + "\n" for row in rows)
    # A lone surrogate, which JSON can spell, cannot be written.
    write_whole(path, "".join(lines).encode("utf-8", errors="replace"))
