"""Adapters go where they should, and a list that misses is refused before a step is taken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from peft import get_peft_model

from asygrammar.decoding.models import load_model
from asygrammar.train.lora import check_adapted, dropouts, find_targets, lora_config
from asygrammar.train.settings import Settings
from asygrammar.train.sft import train

LLAMA = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
FUSED = {"qkv_proj", "o_proj", "gate_up_proj", "down_proj"}


@pytest.mark.parametrize(
    ("family", "names"),
    [("phi3", FUSED), ("gemma", set(LLAMA)), ("mistral", set(LLAMA))],
)
def test_targets_are_found_from_the_model(
    checkpoint_folders: dict[str, Path], family: str, names: set[str]
) -> None:
    network = load_model(checkpoint_folders[family], device="cpu").network
    found = find_targets(network)
    assert found.keys() == names
    assert all(len(paths) == 2 for paths in found.values())  # two layers


def test_a_list_of_another_model_is_refused(tiny_phi3: Path) -> None:
    network = load_model(tiny_phi3, device="cpu").network
    with pytest.raises(ValueError, match=r"no layer is called q_proj, k_proj.*qkv_proj") as caught:
        find_targets(network, LLAMA)
    assert "write lora_targets: [" in str(caught.value)


def test_a_list_that_leaves_layers_out_is_refused_unless_it_is_meant(tiny_phi3: Path) -> None:
    network = load_model(tiny_phi3, device="cpu").network
    with pytest.raises(ValueError, match=r"leave 4 of 8 layers \(gate_up_proj, down_proj\)"):
        find_targets(network, ("qkv_proj", "o_proj"))
    found = find_targets(network, ("qkv_proj", "o_proj"), partial=True)
    assert found.keys() == {"qkv_proj", "o_proj"}


def test_no_step_is_taken_with_a_wrong_list(settings: Callable[..., Settings]) -> None:
    run = settings(lora_targets=("q_proj",))
    with pytest.raises(ValueError, match="lora_targets: no layer is called q_proj"):
        train(run)
    assert not run.folder.exists()


@pytest.mark.parametrize(("quantization", "method"), [(None, "lora"), ("4bit", "qlora")])
def test_all_layers_have_an_adapter(
    settings: Callable[..., Settings],
    tiny_phi3: Path,
    quantization: str | None,
    method: str,
) -> None:
    network = load_model(tiny_phi3, device="cpu", quantization=quantization).network
    run = settings(method=method, lora_dropout=0.0, lora_dropout_end=0.2)
    targets = find_targets(network)
    adapted = get_peft_model(network, lora_config(run, targets))
    check_adapted(adapted, targets)
    assert len(dropouts(adapted)) == 8
    with pytest.raises(ValueError, match="6 of 6 layers have an adapter, and 2 others"):
        check_adapted(adapted, {name: targets[name] for name in FUSED - {"o_proj"}})
