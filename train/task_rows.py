"""The rows of a run: its tasks' rows of a split, and those that are made from faults."""

from __future__ import annotations

import random
from pathlib import Path

from asygrammar.train.faults_data import FAULT_TASKS, fault_rows
from asygrammar.train.rows import TaskRow, read_rows, write_rows
from asygrammar.train.settings import Settings


def rows_to_train(settings: Settings) -> list[TaskRow]:
    """Return the rows of the training split, at most `Settings.rows` of each task.

    Raises:
        ValueError: The data cannot be used, or a task has no rows.
    """
    return _rows(settings, settings.train_split, settings.rows, settings.fault_rows)


def rows_to_measure(settings: Settings) -> list[TaskRow]:
    """Return rows of the split to measure on, `Settings.evaluate_rows` of each task.

    Raises:
        ValueError: The data cannot be used, or a task has no rows.
    """
    return _rows(settings, settings.eval_split, settings.evaluate_rows, settings.evaluate_rows)


def _rows(settings: Settings, split: str, most: int, faults: int) -> list[TaskRow]:
    every = [row for source in settings.data for row in read_rows(Path(source), split)]
    if not every:
        raise ValueError(
            f"the data has no rows in its split {split!r}: name another in train_split or "
            "eval_split, or build the data set again"
        )
    rows: list[TaskRow] = []
    for task in settings.tasks:
        some = [row for row in every if row.task == task]
        if not some and task in FAULT_TASKS:
            some = _fault_rows(settings, every, task, split, faults)
        if not some:
            raise ValueError(
                f"the data has no rows of the task {task!r} in {split!r}: leave it out"
            )
        # Files may come sorted by family: whoever takes the first rows should see them all.
        size = min(most or len(some), len(some))
        rows += random.Random(f"{settings.seed} {task}").sample(some, size)
    return rows


def _fault_rows(
    settings: Settings, rows: list[TaskRow], task: str, split: str, count: int
) -> list[TaskRow]:
    """Make rows from faults, or read those that were made before: it takes a while."""
    name = f"{task}-{split}-{count}-{settings.seed}.jsonl"
    path = settings.folder / "rows" / name
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_rows(fault_rows(rows, task, count, seed=settings.seed), path)
    return read_rows(path, "train")
