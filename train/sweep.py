"""Several fine-tuning runs, compared: LoRA ranks, and one model for all tasks with one for each.

Each run is a process of its own, so that one has its own peak of memory, and one that dies leaves
the others going. A finished run is not run again.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from asygrammar.train.run_folder import Result, check_settings, read_result
from asygrammar.train.settings import Settings, write_settings

MERGED = "merged"


def lora_runs(
    settings: Settings, loras: Sequence[tuple[int, int]], out: Path
) -> dict[str, Settings]:
    """Return the runs that differ in the adapters' rank and alpha, by name.

    Raises:
        ValueError: The settings train no adapters.
    """
    if settings.method == "full" and loras:
        raise ValueError("method: full trains no adapters: use lora or qlora to sweep --lora")
    return {
        name: replace(settings, lora_rank=rank, lora_alpha=alpha, out=str(out / name))
        for rank, alpha in loras
        for name in [f"lora-{rank}-{alpha}"]
    }


def task_runs(settings: Settings, out: Path) -> dict[str, Settings]:
    """Return the runs of a specialist for each task, and of one model for all, by name.

    Raises:
        ValueError: There is only one task.
    """
    if len(settings.tasks) < 2:
        raise ValueError("--tasks compares two tasks or more: name them in tasks")
    groups = {MERGED: settings.tasks, **{task: (task,) for task in settings.tasks}}
    return {
        name: replace(settings, tasks=tasks, out=str(out / name))
        for group, tasks in groups.items()
        for name in [f"tasks-{group}"]
    }


def run_all(
    runs: Mapping[str, Settings], out: Path, tell: Callable[[str], None]
) -> dict[str, Result | None]:
    """Run what is not finished, one after the other.

    Args:
        runs: The runs, by name.
        out: The folder that theirs are in.
        tell: Is told which run begins.

    Returns:
        What each came to; ``None`` for one that failed.

    Raises:
        ValueError: A folder holds a run with other settings; nothing has run then.
    """
    for settings in runs.values():
        check_settings(settings)
    out.mkdir(parents=True, exist_ok=True)
    results = {}
    for name, settings in runs.items():
        if read_result(settings.folder) is None:
            tell(name)
            path = out / f"{name}.yaml"
            write_settings(settings, path)
            # What it prints is not ours to print: the tables are.
            command = [sys.executable, "-m", "asygrammar", "train", str(path)]
            subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
        results[name] = read_result(settings.folder)
    return results


def read_loras(text: str) -> list[tuple[int, int]]:
    """Read ``4:8,16:32`` as pairs of rank and alpha.

    Raises:
        ValueError: It is none.
    """
    pairs = []
    for part in text.split(","):
        rank, _, alpha = part.partition(":")
        if not (rank.isascii() and rank.isdigit() and alpha.isascii() and alpha.isdigit()):
            raise ValueError(f"--lora takes RANK:ALPHA,..., as 4:8,16:32, not {text!r}")
        pairs.append((int(rank), int(alpha)))
    if len(set(pairs)) < len(pairs):
        raise ValueError(f"--lora names a pair twice: {text}")
    return pairs
