"""Answers of a model, judged: do they compile, are they the wanted ones, how far off are they.

Knows rows and texts; not how the answers came about.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

from asygrammar.compiler import asy_available, compile
from asygrammar.eval.metrics import edit_distance
from asygrammar.eval.same_drawing import same_drawing
from asygrammar.template_answers import parse_answer
from asygrammar.train.rows import TaskRow

#: The tasks whose answers are programs, or become ones.
PROGRAM_TASKS = ("generate", "fill", "repair")

# Wall-clock limit of one compilation, in seconds: a figure takes a tenth to one.
_TIMEOUT = 10.0


@dataclass(frozen=True)
class Verdict:
    """What became of one row.

    Attributes:
        task: The row's task.
        exact: Whether the answer is the wanted one, to the byte.
        compiled: Whether it compiles and draws; ``None`` where it is no program, or nobody can
            tell.
        same: Whether it draws what the wanted one draws; ``None`` likewise.
        distance: Characters to insert, delete or replace to make it the wanted one.
    """

    task: str
    exact: bool
    compiled: bool | None
    same: bool | None
    distance: int


@dataclass(frozen=True)
class TaskScore:
    """The verdicts on the rows of one task, counted.

    Attributes:
        task: The task.
        rows: How many rows.
        exact: How many answers are the wanted ones.
        compiled: How many compile and draw, or ``None``.
        same: How many draw what is wanted, or ``None``.
        distance: Characters to change in an answer, on average.
    """

    task: str
    rows: int
    exact: int
    compiled: int | None
    same: int | None
    distance: float

    @property
    def rate(self) -> float:
        """The share that says how good it is, 0 to 1: of what compiles, else of what is exact."""
        return (self.exact if self.compiled is None else self.compiled) / self.rows


def judge(rows: Sequence[TaskRow], answers: Sequence[str], *, drawing: bool) -> list[Verdict]:
    """Judge answers, as many at a time as there are processors.

    Args:
        rows: The rows.
        answers: What a model answered to each.
        drawing: Whether to compare drawings, too.
    """

    def one(pair: tuple[TaskRow, str]) -> Verdict:
        row, answer = pair
        exact = answer == row.program
        compiled = same = None
        if row.task in PROGRAM_TASKS and asy_available():
            program, wanted = (_program(row.task, text) for text in (answer, row.program))
            compiled = draws(program)
            if drawing:
                same = compiled and draws(wanted) and same_drawing(wanted, program)
        return Verdict(row.task, exact, compiled, same, edit_distance(answer, row.program))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(one, zip(rows, answers, strict=True)))


def _program(task: str, answer: str) -> str:
    """Return the program that an answer stands for; an empty one where it stands for none."""
    if task != "fill":
        return answer
    try:
        return parse_answer(answer).nearest().program
    except ValueError:
        return ""


def count(verdicts: Iterable[Verdict]) -> dict[str, TaskScore]:
    """Count verdicts, by task."""
    tasks: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        tasks.setdefault(verdict.task, []).append(verdict)
    return {
        task: TaskScore(
            task,
            len(some),
            sum(verdict.exact for verdict in some),
            _sum(verdict.compiled for verdict in some),
            _sum(verdict.same for verdict in some),
            sum(verdict.distance for verdict in some) / len(some),
        )
        for task, some in tasks.items()
    }


@lru_cache(maxsize=4096)
def draws(program: str) -> bool:
    """Tell whether a program compiles and draws something.

    A model that has learned answers the same from one measurement to the next.
    """
    return compile(program, format="eps", timeout=_TIMEOUT).ok


def _sum(truths: Iterable[bool | None]) -> int | None:
    known = [truth for truth in truths if truth is not None]
    return sum(known) if known else None
