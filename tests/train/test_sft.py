"""Fine-tuning a tiny Phi-3 on the CPU: what it learns, what is kept, and what is told."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from asygrammar.cli import main
from asygrammar.decoding import AsyGenerator
from asygrammar.train.assembling import load_base
from asygrammar.train.callbacks import read_best
from asygrammar.train.figure_trainer import FigureTrainer
from asygrammar.train.hardware import Hardware, notes
from asygrammar.train.rows import TaskRow, write_rows
from asygrammar.train.run_folder import read_result
from asygrammar.train.settings import Settings, read_settings, write_settings
from asygrammar.train.sft import epoch_losses, train

Make = Callable[..., Settings]

Scalars = Callable[[Settings, str], list[Any]]
MakeTrainer = Callable[[Settings], FigureTrainer]


@pytest.fixture(scope="module")
def learned(
    small_rows: list[TaskRow], tiny_phi3: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Settings, dict[str, Any]]:
    """A run of all weights that learns two programs by heart, and answers with them."""
    folder = tmp_path_factory.mktemp("learned")
    for split in ("train", "validation"):
        write_rows(small_rows[:2], folder / f"{split}.jsonl")
    run = Settings(
        data=(str(folder),),
        out=str(folder / "run"),
        model=str(tiny_phi3),
        method="full",
        steps=60,
        accumulate=1,
        learning_rate=1e-2,
        evaluate_steps=20,
        checkpoint_steps=60,
        decode_rows=2,
        max_new_tokens=24,
        log_steps=1,
        patience=2,
    )
    train(run)
    path = run.folder / "checkpoints"
    (last,) = path.glob("checkpoint-*")
    state: dict[str, Any] = json.loads((last / "trainer_state.json").read_text())
    return run, state


def test_a_model_learns_and_the_best_one_is_kept(
    learned: tuple[Settings, dict[str, Any]], asy: str
) -> None:
    run, state = learned
    result = read_result(run.folder)
    assert result is not None
    assert result.losses[-1] < result.losses[0] / 5
    score = result.scores["generate"]
    assert (score.rows, score.exact, score.compiled, score.distance) == (2, 2, 2, 0.0)
    best = read_best(run.folder / "best")
    assert best is not None
    assert result.best_step == best.step
    measured = [line for line in state["log_history"] if "eval_score" in line]
    assert best.score == max(line["eval_score"] for line in measured)
    assert {line["eval_compile_rate"] for line in measured} <= {0.0, 0.5, 1.0}


def test_the_published_model_answers_as_it_was_measured(
    small_rows: list[TaskRow],
    learned: tuple[Settings, dict[str, Any]],
) -> None:
    run, _ = learned
    folder = run.folder / "model"
    generator = AsyGenerator(folder, device="cpu")
    for row in small_rows[:2]:
        assert str(generator.generate(row.prompt, False, max_new_tokens=24)) == row.program
    card = (folder / "README.md").read_text()
    assert "generate, 2 held-out rows: compiled 100.0 %" in card or "exact 100.0 %" in card
    assert f"{result_steps(run)} steps" in card
    assert str(run.folder.parent) not in card  # no paths of this machine


def result_steps(run: Settings) -> int:
    result = read_result(run.folder)
    assert result is not None
    return result.steps


def test_tensorboard_has_the_numbers(
    learned: tuple[Settings, dict[str, Any]], scalars: Scalars
) -> None:
    run, state = learned
    for name in ("loss", "exact_rate", "score"):
        assert len(scalars(run, f"eval/{name}")) == 3
    losses = [line["loss"] for line in state["log_history"] if "loss" in line]
    assert [event.value for event in scalars(run, "train/loss")] == pytest.approx(losses)


@pytest.mark.parametrize("method", ["lora", "qlora"])
def test_adapters_are_trained_and_decoding_loads_them(settings: Make, method: str) -> None:
    run = settings(method=method, learning_rate=1e-2, lora_dropout=0.2, lora_dropout_end=0.0)
    result = train(run)
    assert 0 < result.trainable < result.parameters / 10
    weights = load_file(run.folder / "model" / "adapter_model.safetensors")
    moved = [name for name, value in weights.items() if "lora_B" in name and value.abs().max() > 0]
    assert len(moved) == 8  # all four kinds of two layers; they begin at 0
    assert {value.dtype for value in weights.values()} == {torch.float32}
    quantization = "4bit" if method == "qlora" else None
    generator = AsyGenerator(
        run.model, run.folder / "model", device="cpu", quantization=quantization
    )
    assert generator.generate("Draw a dot.", "syntax", max_new_tokens=8) is not None
    assert train(run) == read_result(run.folder)  # finished: not run again


def test_dropout_follows_its_schedule(make_trainer: MakeTrainer, settings: Make) -> None:
    trainer = make_trainer(settings(lora_dropout=0.0, lora_dropout_end=0.3))
    trainer.train()
    dropped = [line["lora_dropout"] for line in trainer.state.log_history if "loss" in line]
    assert dropped == pytest.approx([0.0, 0.1, 0.2, 0.3])


def test_merged_tasks_are_trained_and_measured(settings: Make) -> None:
    run = settings(tasks=("generate", "repair", "hint"), fault_rows=6, evaluate_rows=2)
    result = train(run)
    assert result.scores.keys() == {"generate", "repair", "hint"}
    assert result.rows == 24 + 6 + 6
    assert result.scores["hint"].compiled is None
    with pytest.raises(ValueError, match="no rows of the task 'fill' in 'train': leave it out"):
        train(settings(tasks=("fill",), out=str(run.folder / "other")))


def test_epoch_losses_weigh_steps() -> None:
    lines = [
        {"loss": 4.0, "epoch": 0.5, "step": 5},
        {"eval_loss": 9.0, "epoch": 0.5, "step": 5},
        {"loss": 1.0, "epoch": 1.0, "step": 10},
        {"loss": 3.0, "epoch": 1.1, "step": 11},
        {"loss": 1.0, "epoch": 2.0, "step": 20},
        {"train_loss": 2.0, "epoch": 2.0, "step": 20},
    ]
    assert epoch_losses(lines) == pytest.approx((2.5, 1.2))


def test_what_is_missing_is_told(settings: Make) -> None:
    run = settings(method="qlora")
    nothing = Hardware(gpu=False, bitsandbytes=False, asy=False, tensorboard=False)
    told = notes(run, nothing)
    starts = ["no GPU", "no bitsandbytes", "no asy", "no tensorboard"]
    assert [line.split(":")[0] for line in told] == starts
    assert "four times the memory" in told[1]
    assert not load_base(run, nothing, "cpu").network.config.to_dict().get("quantization_config")
    everything = Hardware(gpu=True, bitsandbytes=True, asy=True, tensorboard=True)
    assert notes(run, everything) == []
    without = replace(everything, bitsandbytes=False, tensorboard=False)
    assert notes(replace(run, method="lora", tensorboard=False), without) == []


@pytest.mark.slow
def test_a_run_without_bitsandbytes_goes_on(settings: Make, tmp_path: Path) -> None:
    run = settings(method="qlora", steps=1, decode_rows=0)
    write_settings(run, tmp_path / "run.yaml")
    code = (
        "import sys; sys.modules['bitsandbytes'] = None; sys.modules['tensorboard'] = None\n"
        "from asygrammar.cli import main\n"
        f"sys.exit(main(['train', {str(tmp_path / 'run.yaml')!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "no bitsandbytes: " in done.stderr
    assert "no tensorboard: " in done.stderr


def test_mistakes_end_with_one_line(
    settings: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.yaml"
    assert main(["train", str(path)]) == 2
    assert "No such file" in capsys.readouterr().err
    write_settings(settings(data=("nowhere",)), path)
    assert main(["train", str(path)]) == 2
    assert "there is no data set nowhere" in capsys.readouterr().err.splitlines()[-1]
    write_settings(settings(eval_split="validatoin"), path)
    assert main(["train", str(path)]) == 2
    assert "no rows in its split 'validatoin'" in capsys.readouterr().err
    write_settings(settings(max_length=20), path)
    assert main(["train", str(path)]) == 2
    assert "no row is left to train on" in capsys.readouterr().err
    assert main(["train", "--example", "tiny"]) == 0
    path.write_text(capsys.readouterr().out)
    assert read_settings(path).method == "lora"
