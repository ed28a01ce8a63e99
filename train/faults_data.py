"""Rows of the tasks ``repair`` and ``hint``: programs with one seeded fault each.

Knows programs, faults and what `check` says of them; a mutation that leaves a program without a
fault gives no row.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

from asygrammar.checking import check
from asygrammar.diagnostics import Diagnostic
from asygrammar.eval.mutations import KINDS, mutate
from asygrammar.train.rows import TaskRow


def fault_rows(rows: Sequence[TaskRow], task: str, count: int, *, seed: int) -> list[TaskRow]:
    """Make rows of a task from the programs of other rows.

    Args:
        rows: Rows of ``generate``; each gives one row, then each another one, with other faults.
        task: ``repair``: the answer is the original program; ``hint``: a sentence for a student.
        count: How many rows; fewer where the programs have no place for so many faults.
        seed: Decides everything, with the rows.

    Raises:
        ValueError: There is no such task.
    """
    if task not in FAULT_TASKS:
        raise ValueError(f"no rows of {task!r} are made from faults: {', '.join(FAULT_TASKS)} are")
    programs = [row for row in rows if row.task == "generate"]
    if not programs:
        return []
    order = random.Random(f"{seed} {task}").sample(range(len(programs)), len(programs))
    # One in three mutations leaves a program as it was, or right; small programs have few faults.
    tries = [(order[i % len(order)], i // len(order)) for i in range(4 * count)]
    made: dict[str, TaskRow] = {}
    for at, turn in tries:
        row = _row(programs[at], task, random.Random(f"{seed} {task} {at} {turn}"))
        if row is not None:
            made.setdefault(row.prompt, row)
        if len(made) == count:
            break
    return list(made.values())


def hint_sentence(fault: Diagnostic) -> str:
    """Say what is wrong, where, and what to do, in one sentence for a student."""
    place = f"Look at line {fault.span.line}: " if fault.span else ""
    return f"{place}{fault.message}" + (f" ({fault.hint})." if fault.hint else ".")


def _repair(row: TaskRow, faults: Sequence[Diagnostic]) -> str:
    return row.program


def _hint(row: TaskRow, faults: Sequence[Diagnostic]) -> str:
    return hint_sentence(faults[0])


_ANSWERS: Mapping[str, Callable[[TaskRow, Sequence[Diagnostic]], str]] = {
    "repair": _repair,
    "hint": _hint,
}
#: The tasks whose rows are made here.
FAULT_TASKS = tuple(_ANSWERS)


def _row(row: TaskRow, task: str, rng: random.Random) -> TaskRow | None:
    broken = mutate(row.program, rng.choice([*KINDS]), rng)
    faults = check(broken) if broken is not None else []
    if broken is None or not faults:
        return None
    return TaskRow(broken, _ANSWERS[task](row, faults), task, row.family, row.level)
