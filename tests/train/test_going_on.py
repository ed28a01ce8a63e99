"""Runs that are cut, ended, refused, or shared by processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asygrammar.train.rows import TaskRow, write_rows
from asygrammar.train.run_folder import last_checkpoint, read_result
from asygrammar.train.settings import Settings, write_settings
from asygrammar.train.sft import train

Make = Callable[..., Settings]
Scalars = Callable[[Settings, str], list[Any]]


def test_a_killed_run_goes_on(settings: Make, tmp_path: Path, scalars: Scalars) -> None:
    """Killed in the middle and started again, it takes the steps of a run that was not."""
    run = settings(steps=12, checkpoint_steps=4, evaluate_steps=6, decode_rows=0, lora_dropout=0.1)
    whole = settings(
        out=str(tmp_path / "whole"),
        **{
            name: getattr(run, name)
            for name in (
                "steps",
                "checkpoint_steps",
                "evaluate_steps",
                "decode_rows",
                "lora_dropout",
            )
        },
    )
    expected = train(whole)
    write_settings(run, tmp_path / "run.yaml")
    command = [sys.executable, "-m", "asygrammar", "train", str(tmp_path / "run.yaml")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    checkpoints = run.folder / "checkpoints"
    deadline = time.monotonic() + 120
    while not (checkpoints / "checkpoint-4" / "trainer_state.json").exists():
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert read_result(run.folder) is None
    # A kill while a checkpoint is written leaves a part of one.
    (checkpoints / "checkpoint-11").mkdir()
    (checkpoints / "checkpoint-11" / "trainer_state.json").write_text('{"global_step": 11')
    found = train(run)
    assert found.steps == expected.steps == 12
    assert history(run) == pytest.approx(history(whole), rel=1e-3)
    assert found.eval_loss == pytest.approx(expected.eval_loss, rel=1e-3)
    assert [event.step for event in scalars(run, "train/loss")] == list(range(1, 13))


def history(run: Settings) -> dict[int, float]:
    """The loss of each step; a step that was logged twice would not fit."""
    checkpoint = last_checkpoint(run.folder / "checkpoints")
    assert checkpoint is not None
    state = json.loads((checkpoint.folder / "trainer_state.json").read_text())
    lines = [line for line in state["log_history"] if "loss" in line]
    assert [line["step"] for line in lines] == list(range(1, 13))
    return {line["step"]: line["loss"] for line in lines}


def test_training_ends_when_it_gets_no_better(settings: Make) -> None:
    """With steps so wide that the loss grows: two measurements after the best one."""
    wild = {"method": "full", "learning_rate": 10.0, "warmup": 0.0, "schedule": "constant"}
    run = settings(steps=40, evaluate_steps=1, patience=2, decode_rows=0, best_by="loss", **wild)
    result = train(run)
    assert result.steps < 40
    assert result.steps == result.best_step + 2
    (run.folder / "result.json").unlink()
    assert train(run).steps == result.steps  # and takes no more when it is started again


def test_a_run_that_had_taken_all_its_steps_takes_no_more(settings: Make) -> None:
    run = settings(decode_rows=0)
    first = train(run)
    (run.folder / "result.json").unlink()
    again = train(run)
    assert (again.steps, again.best_step) == (first.steps, first.best_step) == (4, 4)
    assert again.losses == pytest.approx(first.losses)


def test_another_run_in_the_folder_is_refused(
    small_rows: list[TaskRow], settings: Make, data: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "data"
    copy.mkdir()
    for path in data.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    run = settings(data=(str(copy),), decode_rows=0, steps=1)
    train(run)
    with pytest.raises(ValueError, match="holds a run with another lora_rank, seed: choose"):
        train(settings(data=(str(copy),), decode_rows=0, steps=1, lora_rank=2, seed=5))
    (run.folder / "result.json").unlink()
    write_rows(small_rows, copy / "train.jsonl")
    with pytest.raises(ValueError, match="on other rows: the data has changed"):
        train(run)


def test_several_processes_share_a_run(settings: Make, tmp_path: Path) -> None:
    """24 rows on two processes are 12 steps, and every held-out row is answered once."""
    run = settings(steps=0, epochs=1, packing=False, decode_rows=3, evaluate_steps=12)
    write_settings(run, tmp_path / "run.yaml")
    # Without a GPU this option means several processes on the CPU; --cpu means a single one.
    launch = "-m accelerate.commands.launch --multi_gpu --num_processes 2 -m asygrammar train"
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *launch.split(), str(tmp_path / "run.yaml")],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    result = read_result(run.folder)
    assert result is not None
    assert result.steps == 12
    assert result.scores["generate"].rows == 3
    assert done.stdout.count("12 steps in") == 1  # one of them speaks
