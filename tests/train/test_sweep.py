"""Runs compared: what is run, what is not run again, and what the tables and the plot say."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from asygrammar.cli import main
from asygrammar.train.run_folder import read_result
from asygrammar.train.settings import Settings, write_settings
from asygrammar.train.sft import train
from asygrammar.train.sweep import lora_runs, read_loras, run_all, task_runs
from asygrammar.train.sweep_report import write_report

Make = Callable[..., Settings]


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_ranks_are_compared(
    settings: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "sweep"
    run = settings(out=str(out), steps=2, epochs=1, decode_rows=1)
    write_settings(run, tmp_path / "run.yaml")
    runs = lora_runs(run, [(2, 4), (4, 8)], out)
    train(runs["lora-2-4"])  # one that is finished
    command = ["sweep", str(tmp_path / "run.yaml"), "--lora", "2:4,4:8", "--out", str(out)]
    assert main(command) == 0
    printed = capsys.readouterr()
    assert "lora-4-8 ..." in printed.err
    assert "lora-2-4 ..." not in printed.err
    small, large = read_table(out / "lora.csv")
    assert (small["rank"], small["alpha"], large["rank"]) == ("2", "4", "4")
    assert 2 * int(small["trainable parameters"]) == int(large["trainable parameters"])
    result = read_result(out / "lora-4-8")
    assert result is not None
    assert result.trainable == int(large["trainable parameters"])
    assert large["loss of each epoch"] == f"{result.losses[0]:.4f}"
    assert float(large["peak memory, MiB"]) > 100
    assert large["exact rate"] == "0.0 %"
    assert (out / "lora.md").read_text() in printed.out
    assert (out / "lora.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (out / "lora.svg").read_bytes()
    assert main(command) == 0  # all are finished
    assert capsys.readouterr().err == ""


def test_tasks_are_compared(settings: Make, tmp_path: Path) -> None:
    out = tmp_path / "sweep"
    run = settings(
        tasks=("repair", "hint"), fault_rows=3, evaluate_rows=2, steps=1, max_length=2048
    )
    runs = task_runs(run, out)
    assert {name: one.tasks for name, one in runs.items()} == {
        "tasks-merged": ("repair", "hint"),
        "tasks-repair": ("repair",),
        "tasks-hint": ("hint",),
    }
    for one in runs.values():
        train(one)
    results = run_all(runs, out, pytest.fail)
    table = write_report(out, runs, results)
    rows = read_table(out / "tasks.csv")
    found = [(row["task"], row["model"]) for row in rows]
    merged, specialist = "merged", "specialist"
    assert found == [
        ("repair", merged),
        ("repair", specialist),
        ("hint", merged),
        ("hint", specialist),
    ]
    for row in rows:
        assert row["held-out rows"] == "2"
        assert float(row["edit distance"]) > 0
        assert bool(row["pass rate"]) == (row["task"] == "repair")
    assert table == (out / "tasks.md").read_text().rstrip("\n")


def test_a_run_that_fails_stands_in_the_table(settings: Make, tmp_path: Path) -> None:
    runs = lora_runs(settings(), [(2, 4)], tmp_path)
    assert "| 2 | 4 | failed |" in write_report(tmp_path, runs, {"lora-2-4": None})
    assert not (tmp_path / "lora.png").exists()


def test_mistakes_are_told_before_anything_runs(settings: Make, tmp_path: Path) -> None:
    assert read_loras("4:8,16:32") == [(4, 8), (16, 32)]
    for wrong in ("4", "4:8,", "a:b", "4:-8", "4:8,4:8"):
        with pytest.raises(ValueError, match="--lora"):
            read_loras(wrong)
    with pytest.raises(ValueError, match="method: full trains no adapters"):
        lora_runs(settings(method="full"), [(4, 8)], tmp_path)
    with pytest.raises(ValueError, match="two tasks or more"):
        task_runs(settings(), tmp_path)
    path = tmp_path / "run.yaml"
    write_settings(settings(), path)
    assert main(["sweep", str(path), "--out", str(tmp_path / "s")]) == 2
    assert main(["sweep", str(path), "--lora", "x", "--out", str(tmp_path / "s")]) == 2
    assert not (tmp_path / "s").exists()
