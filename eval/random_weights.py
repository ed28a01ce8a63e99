"""A model that knows nothing: the architecture and the tokenizer of another, weights by chance."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForCausalLM

from asygrammar.decoding.models import BUNDLED, quiet_bars


@contextmanager
def random_weights(model: str | Path = BUNDLED, *, seed: int = 0) -> Iterator[Path]:
    """Write such a model to a folder that is there as long as the context.

    What a constraint brings by itself shows with it: whatever is right then is not the model's
    doing.

    Args:
        model: The folder of a model; all but its weights is copied.
        seed: Decides the weights.
    """
    torch.manual_seed(seed)
    network = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(model))  # type: ignore[no-untyped-call]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(
            model, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.safetensors")
        )
        with quiet_bars():
            network.save_pretrained(folder)
        yield Path(folder)
