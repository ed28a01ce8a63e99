from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import torch

from asygrammar.decoding import AsyGenerator

torch.set_num_threads(1)

CHECKPOINTS = Path(__file__).resolve().parents[1] / "decoding" / "checkpoints.py"


@pytest.fixture(scope="session")
def generator(tmp_path_factory):
    """A tiny Phi-3 with random weights."""
    spec = importlib.util.spec_from_file_location("checkpoints", CHECKPOINTS)
    checkpoints = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(checkpoints)
    folder = tmp_path_factory.mktemp("checkpoints") / "tiny-phi3"
    return AsyGenerator(checkpoints.make_phi3(folder), device="cpu")
