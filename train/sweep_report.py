"""What a sweep came to: tables as Markdown and CSV, and a plot."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from asygrammar.files import write_whole
from asygrammar.train.run_folder import Result
from asygrammar.train.scores import TaskScore
from asygrammar.train.settings import Settings
from asygrammar.train.sweep import MERGED

#: A cell that nothing is known for.
UNKNOWN = ""

_LORA_COLUMNS = (
    "rank",
    "alpha",
    "trainable parameters",
    "seconds",
    "peak memory, MiB",
    "loss of each epoch",
    "held-out loss",
    "compile rate",
    "exact rate",
    "drawn-the-same rate",
)
_TASK_COLUMNS = (
    "task",
    "model",
    "held-out rows",
    "pass rate",
    "exact rate",
    "edit distance",
    "held-out loss",
    "seconds",
)
_FAILED = "failed"


def write_report(
    out: Path, runs: Mapping[str, Settings], results: Mapping[str, Result | None]
) -> str:
    """Write the tables and the plot of a sweep's runs.

    Args:
        out: The folder: ``lora.md``, ``lora.csv``, ``lora.png``, ``lora.svg``, and ``tasks.md``,
            ``tasks.csv``.
        runs: The runs, by name.
        results: What they came to.

    Returns:
        The tables, as Markdown, and what was left out.
    """
    told: list[str] = []
    loras = {name: results[name] for name in runs if name.startswith("lora-")}
    if loras:
        rows = [lora_row(runs[name], result) for name, result in loras.items()]
        told.append(_write_table(out / "lora", _LORA_COLUMNS, rows))
        done = {name: result for name, result in loras.items() if result}
        if find_spec("matplotlib") is None:
            told.append("no matplotlib: the plot is left out (pip install 'asygrammar[eval]')")
        elif done:
            plot({name.removeprefix("lora-"): r for name, r in done.items()}, out / "lora")
        if all(_same(result) is None for result in done.values()) and done:
            told.append("drawings were not compared: that column is empty")
    tasks = {name: results[name] for name in runs if name.startswith("tasks-")}
    if tasks:
        told.append(_write_table(out / "tasks", _TASK_COLUMNS, task_rows(runs, tasks)))
    return "\n\n".join(told)


def lora_row(settings: Settings, result: Result | None) -> list[str]:
    """Return the cells of one run."""
    head = [str(settings.lora_rank), str(settings.lora_alpha)]
    if result is None:
        return [*head, _FAILED, *[UNKNOWN] * (len(_LORA_COLUMNS) - 3)]
    return [
        *head,
        str(result.trainable),
        f"{result.seconds:.0f}",
        f"{result.peak_memory / 2**20:.0f}",
        " ".join(f"{loss:.4f}" for loss in result.losses),
        f"{result.eval_loss:.4f}",
        *(_percent(share(result)) for share in _SHARES.values()),
    ]


def task_rows(
    runs: Mapping[str, Settings], results: Mapping[str, Result | None]
) -> list[list[str]]:
    """Return the cells for each task, of the model for all tasks and of the task's own."""
    rows = []
    for task in runs[f"tasks-{MERGED}"].tasks:
        for group in (MERGED, task):
            result = results[f"tasks-{group}"]
            model = "merged" if group == MERGED else "specialist"
            if result is None or task not in result.scores:
                rows.append([task, model, _FAILED, *[UNKNOWN] * (len(_TASK_COLUMNS) - 3)])
                continue
            score: TaskScore = result.scores[task]
            rows.append(
                [
                    task,
                    model,
                    str(score.rows),
                    _percent(_share([(score.compiled, score.rows)])),
                    _percent(score.exact / score.rows),
                    f"{score.distance:.1f}",
                    f"{result.eval_loss:.4f}",
                    f"{result.seconds:.0f}",
                ]
            )
    return rows


def plot(results: Mapping[str, Result], path: Path) -> None:
    """Draw what the adapters' rank buys and costs, as png and svg.

    Args:
        results: By name: rank and alpha.
        path: Without its ending.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(12, 3.6), layout="constrained")
    losses, rates, costs = figure.subplots(1, 3)
    for name, result in results.items():
        epochs = range(1, len(result.losses) + 1)
        losses.plot(epochs, result.losses, marker="o", label=name)
    losses.set(xlabel="epoch", ylabel="loss, nats a token", title="Loss on training rows")
    losses.legend(title="rank-alpha")
    losses.xaxis.set_major_locator(MaxNLocator(integer=True))
    names = list(results)
    for what, share in _SHARES.items():
        values = [share(result) for result in results.values()]
        if all(value is not None for value in values):
            rates.plot(names, [100 * (value or 0) for value in values], marker="o", label=what)
    rates.set(xlabel="rank-alpha", ylabel="% of held-out rows", ylim=(-2, 102), title="Answers")
    rates.legend()
    costs.plot(names, [result.seconds for result in results.values()], marker="o", color="C0")
    costs.set(xlabel="rank-alpha", ylabel="seconds", title="Time, and memory (squares)")
    memory = costs.twinx()
    peaks = [result.peak_memory / 2**20 for result in results.values()]
    memory.plot(names, peaks, marker="s", linestyle="--", color="C1")
    memory.set(ylabel="MiB at most")
    for ending in ("png", "svg"):
        buffer = io.BytesIO()
        figure.savefig(buffer, format=ending, dpi=120)
        write_whole(path.with_suffix(f".{ending}"), buffer.getvalue())


def _write_table(path: Path, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table as Markdown and as CSV, and return the Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    markdown = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    write_whole(path.with_suffix(".md"), f"{markdown}\n".encode())
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    write_whole(path.with_suffix(".csv"), text.getvalue().encode("utf-8"))
    return markdown


def _compiled(result: Result) -> float | None:
    return _share((score.compiled, score.rows) for score in result.scores.values())


def _exact(result: Result) -> float | None:
    return _share((score.exact, score.rows) for score in result.scores.values())


def _same(result: Result) -> float | None:
    return _share((score.same, score.rows) for score in result.scores.values())


_SHARES: Mapping[str, Callable[[Result], float | None]] = {
    "compile": _compiled,
    "exact": _exact,
    "drawn the same": _same,
}


def _share(parts: Iterable[tuple[int | None, int]]) -> float | None:
    """Return the share over the tasks that know their part, or ``None``."""
    known = [(part, whole) for part, whole in parts if part is not None]
    whole = sum(rows for _, rows in known)
    return sum(part for part, _ in known) / whole if whole else None


def _percent(share: float | None) -> str:
    return UNKNOWN if share is None else f"{100 * share:.1f} %"
