"""A tiny Phi-3, a small data set and short settings, shared by the tests of fine-tuning."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch

from asygrammar.figures import sample_figures
from asygrammar.templates import load_templates
from asygrammar.train.rows import TaskRow, write_rows
from asygrammar.train.settings import Settings

if TYPE_CHECKING:
    from asygrammar.train.figure_trainer import FigureTrainer

torch.set_num_threads(1)

path = Path(__file__).resolve().parents[1] / "decoding" / "checkpoints.py"
spec = importlib.util.spec_from_file_location("checkpoints", path)
assert spec
assert spec.loader
checkpoints = importlib.util.module_from_spec(spec)
spec.loader.exec_module(checkpoints)


def figure_rows(count: int, seed: int) -> list[TaskRow]:
    templates = load_templates()
    return [
        TaskRow(
            figure.sentence,
            figure.program,
            family=figure.family,
            level=templates[figure.family].level,
        )
        for figure in sample_figures(count, seed=seed)
    ]


@pytest.fixture(scope="session")
def tiny_phi3(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = checkpoints.make_phi3(tmp_path_factory.mktemp("phi3") / "phi3")
    return folder


@pytest.fixture(scope="session")
def checkpoint_folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("checkpoints")
    return {family: make(root / family) for family, make in checkpoints.MAKERS.items()}


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_rows(figure_rows(24, seed=1), folder / "train.jsonl")
    write_rows(figure_rows(4, seed=2), folder / "validation.jsonl")
    return folder


@pytest.fixture(scope="session")
def small_rows() -> list[TaskRow]:
    """Three short rows."""
    return [
        TaskRow("Draw a dot.", "dot((0,0));\n"),
        TaskRow("Draw a circle.", "draw(circle((0,0), 2));\n"),
        TaskRow("Draw a long line.", "draw((0,0)--(1,2)--(3,4));\n"),
    ]


@pytest.fixture
def make_trainer(small_rows: list[TaskRow]) -> Callable[[Settings], FigureTrainer]:
    """Makes a run's trainer on the small rows, to train and to measure on."""
    # TRL takes seconds to import: other tests of this folder do without.
    from asygrammar.train.assembling import build_trainer, load_base, trainer_options
    from asygrammar.train.encoding import encode_rows
    from asygrammar.train.hardware import find_hardware

    def make(run: Settings) -> FigureTrainer:
        there = find_hardware(run)
        options = trainer_options(run, there)
        model = load_base(run, there, "cpu")
        encoded = encode_rows(model, small_rows, run.max_length)
        return build_trainer(run, options, there, model, encoded, encoded, None)

    return make


@pytest.fixture(scope="session")
def scalars() -> Callable[[Settings, str], list[Any]]:
    """Reads what a run told TensorBoard, by name."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    def read(run: Settings, name: str) -> list[Any]:
        events = EventAccumulator(str(run.folder / "logs"))
        events.Reload()
        found: list[Any] = events.Scalars(name)
        return found

    return read


@pytest.fixture
def settings(tiny_phi3: Path, data: Path, tmp_path: Path) -> Callable[..., Settings]:
    """Makes settings of a run of a few steps; what is given counts instead."""

    def make(**instead: Any) -> Settings:
        short = {
            "data": (str(data),),
            "out": str(tmp_path / "run"),
            "model": str(tiny_phi3),
            "method": "lora",
            "steps": 4,
            "accumulate": 1,
            "lora_rank": 4,
            "max_length": 1024,
            "evaluate_steps": 4,
            "evaluate_rows": 4,
            "decode_rows": 2,
            "max_new_tokens": 8,
            "checkpoint_steps": 2,
            "log_steps": 1,
            "device": "cpu",
        }
        return Settings(**short | instead)

    return make
