"""A tiny training run: it learns, outlives a kill, and saves what decoding can load."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer

from asygrammar.decoding.models import load_model
from asygrammar.train.__main__ import main
from asygrammar.train.building import build_data
from asygrammar.train.card import publish
from asygrammar.train.greedy_answers import exact_rate, greedy_answers
from asygrammar.train.muon import Muon, orthogonal
from asygrammar.train.pretrain import train_nano
from asygrammar.train.rows import read_rows
from asygrammar.train.run import NanoSettings, read_log

TINY = {
    "hidden": 32,
    "layers": 1,
    "heads": 2,
    "mlp": 32,
    "batch_tokens": 2048,
    "tokenizer_rows": 500,
    "checkpoint_seconds": 0.0,
    "threads": 1,
    "minutes": 10.0,
}


def losses(folder: Path) -> dict[int, float]:
    return {line["step"]: line["loss"] for line in read_log(folder)}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, asy: str) -> Path:
    folder = tmp_path_factory.mktemp("data")
    build_data(150, 0, folder, jobs=1)
    return folder


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    train_nano(NanoSettings(folder, data, steps=30, **TINY))  # type: ignore[arg-type]
    return folder


def test_loss_falls(run: Path) -> None:
    found = losses(run)
    assert found[30] < 0.95 * found[10]


def test_a_cut_run_goes_on(
    run: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut after 15 steps and started again, it takes the steps that the whole run took."""
    settings = NanoSettings(tmp_path, data, steps=30, **TINY)  # type: ignore[arg-type]
    import asygrammar.train.pretrain as module

    whole = module._step
    taken = []

    def cut(*args: object) -> float:
        if len(taken) == 15:
            raise KeyboardInterrupt
        taken.append(1)
        return whole(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_step", cut)
    with pytest.raises(KeyboardInterrupt):
        train_nano(settings)
    monkeypatch.setattr(module, "_step", whole)
    train_nano(settings)
    assert losses(tmp_path) == pytest.approx(losses(run), rel=1e-3)


def test_saved_model(run: Path, data: Path) -> None:
    folder = run / "model"
    config = json.loads((folder / "config.json").read_text())
    assert config["architectures"] == ["Phi3ForCausalLM"]
    assert config["vocab_size"] % 64 == 0
    assert json.loads((folder / "prompt.json").read_text())["tasks"] == ["generate", "fill"]
    ends = json.loads((folder / "generation_config.json").read_text())["eos_token_id"]
    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    assert tokenizer.convert_ids_to_tokens(ends) == ["<|endoftext|>", "<|end|>"]
    stored = load_file(folder / "model.safetensors")
    assert {value.dtype for value in stored.values()} == {torch.float16}
    model = load_model(folder)
    assert model.network.dtype == torch.float32
    assert model.tasks == ("generate", "fill")
    rows = read_rows(data, "test")[:3]
    assert len(greedy_answers(model, rows, 5)) == 3
    assert exact_rate(model, rows, 5) == 0.0


def test_measures_as_it_goes(data: Path, tmp_path: Path) -> None:
    train_nano(NanoSettings(tmp_path, data, steps=1, evaluate_seconds=0.0, **TINY))  # type: ignore[arg-type]
    measured = [line for line in read_log(tmp_path) if "exact_values_fill" in line]
    assert len(measured) == 1
    assert measured[0]["exact_phrasings_generate"] == 0.0


def test_published_model_has_a_card(run: Path, data: Path, tmp_path: Path) -> None:
    """Whatever it answers compiles; what it draws is measured."""
    published = publish(run, data, tmp_path / "model", rows=2)
    scores = published.scores
    assert {score.split for score in scores} == {"values", "phrasings", "combinations"}
    assert all(score.compiled == score.problems == 2 for score in scores)
    card = (tmp_path / "model" / "README.md").read_text()
    assert "| unseen values | 2 | 0.0 % (0.0 to 65.8) | 2 |" in card
    assert "30 steps" in card
    assert [score.filled for score in published.chance] == [1, 1, 1]
    assert "random weights, unseen values: the right template for" in card


def test_wrong_use(
    run: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--data", str(data)]
    assert main(["nano", *given, "--out", str(run), "--minutes", "1"]) == 2
    assert "other settings" in capsys.readouterr().err
    assert main(["publish", *given, "--run", str(tmp_path), "--model", str(tmp_path / "m")]) == 2
    assert "no finished model" in capsys.readouterr().err


def test_muon_steps_are_orthogonal() -> None:
    torch.manual_seed(0)
    for shape in ((3, 20, 50), (3, 50, 20)):
        values = torch.linalg.svdvals(orthogonal(torch.randn(shape)))
        assert values.min() > 0.3
        assert values.max() < 1.3
    weight = torch.nn.Parameter(torch.randn(8, 8))
    before = float((weight.detach() ** 2).sum())
    optimizer = Muon([weight], lr=0.1)
    for _ in range(20):
        (weight**2).sum().backward()
        optimizer.step()
        optimizer.zero_grad()
    assert float((weight.detach() ** 2).sum()) < before
