from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import torch

from asygrammar.decoding import AsyGenerator

HERE = Path(__file__).resolve().parent
# Not in the repository: real tokenizer files to test against where they are at hand.
PHI3_TOKENIZER = HERE.parents[2] / "shared" / "tokenizers" / "phi3"

# Two layers of 64 numbers: more threads than one only wait for each other.
torch.set_num_threads(1)

spec = importlib.util.spec_from_file_location("checkpoints", HERE / "checkpoints.py")
checkpoints = importlib.util.module_from_spec(spec)
spec.loader.exec_module(checkpoints)


@pytest.fixture(scope="session")
def make_checkpoint():
    """The functions that write checkpoints, by family."""
    return checkpoints


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """A checkpoint folder for each family."""
    root = tmp_path_factory.mktemp("checkpoints")
    return {family: make(root / family) for family, make in checkpoints.MAKERS.items()}


@pytest.fixture(scope="session")
def generators(folders):
    """A loaded generator for each family."""
    return {family: AsyGenerator(folder, device="cpu") for family, folder in folders.items()}


@pytest.fixture(scope="session")
def phi3(generators):
    return generators["phi3"]


@pytest.fixture(scope="session")
def phi3_tokenizer():
    """The real Phi-3 tokenizer."""
    if not PHI3_TOKENIZER.is_dir():
        pytest.skip("the Phi-3 tokenizer files are not here (../shared/tokenizers/phi3)")
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(PHI3_TOKENIZER)


@pytest.fixture(scope="session")
def bundled():
    """The bundled model."""
    return AsyGenerator(device="cpu")
