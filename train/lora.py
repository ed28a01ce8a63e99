"""Adapters: which layers get one, and whether they all did.

Knows a model's layers by their names and classes; not what it is trained on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from torch import nn

from asygrammar.train.settings import Settings


def find_targets(
    network: nn.Module, names: Collection[str] = (), *, partial: bool = False
) -> dict[str, list[str]]:
    """Find the linear layers that get an adapter.

    Models name them differently: Phi-3's ``qkv_proj`` and ``gate_up_proj`` are five layers of
    others, and a list made for those adapts none of them.

    Args:
        network: The model, before it has adapters; quantized or not.
        names: Names of layers, as ``qkv_proj``; none: all linear layers but the output's.
        partial: Accept names that leave layers out.

    Returns:
        For each name, the layers that have it, as paths in the model.

    Raises:
        ValueError: A name matches no layer, or some layers are left out; one line says what to
            write.
    """
    found: dict[str, list[str]] = {}
    for path in _linear_layers(network):
        found.setdefault(path.rpartition(".")[2], []).append(path)
    if not found:
        raise ValueError("this model has no linear layers for adapters: use method: full")
    everything = f"write lora_targets: [{', '.join(found)}], or leave it empty"
    if missing := [name for name in names if name not in found]:
        raise ValueError(f"lora_targets: no layer is called {', '.join(missing)}: {everything}")
    left = [name for name in found if names and name not in names]
    if left and not partial:
        out = sum(len(found[name]) for name in left)
        total = sum(map(len, found.values()))
        raise ValueError(
            f"lora_targets leave {out} of {total} layers ({', '.join(left)}) without an adapter: "
            f"{everything}, or lora_partial: true"
        )
    return {name: paths for name, paths in found.items() if name not in left}


def lora_config(settings: Settings, targets: dict[str, list[str]]) -> Any:
    """Return peft's configuration of the adapters."""
    from peft import LoraConfig

    end = settings.lora_dropout if settings.lora_dropout_end is None else settings.lora_dropout_end
    return LoraConfig(
        r=settings.lora_rank,
        lora_alpha=settings.lora_alpha,
        # Where it is 0, peft puts no dropout in that could be raised later.
        lora_dropout=max(settings.lora_dropout, end),
        target_modules=sorted(targets),
        bias="none",
        task_type="CAUSAL_LM",
    )


def check_adapted(network: nn.Module, targets: dict[str, list[str]]) -> None:
    """Check, before a step is taken, that the layers have their adapters and no others do.

    Raises:
        ValueError: They do not.
    """
    wanted = {path for paths in targets.values() for path in paths}
    adapted = {path.removeprefix("base_model.model.") for path in _adapted_layers(network)}
    if adapted != wanted:
        raise ValueError(
            f"{len(adapted & wanted)} of {len(wanted)} layers have an adapter, and "
            f"{len(adapted - wanted)} others: this version of peft takes the names in another way"
        )


def dropouts(network: nn.Module) -> list[nn.Dropout]:
    """Return the dropout modules of the adapters."""
    return [
        module
        for path, module in network.named_modules()
        if "lora_dropout" in path and isinstance(module, nn.Dropout)
    ]


def _linear_layers(network: nn.Module) -> Iterator[str]:
    head = getattr(network, "get_output_embeddings", lambda: None)()
    for path, module in network.named_modules():
        # Those of bitsandbytes are of this class, too.
        if isinstance(module, nn.Linear) and module is not head:
            yield path


def _adapted_layers(network: nn.Module) -> Iterator[str]:
    for path, module in network.named_modules():
        if hasattr(module, "lora_A"):
            yield path
