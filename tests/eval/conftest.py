from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest
import torch
from chromium import Chromium
from scored_figures import make_scores

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


@pytest.fixture(scope="session")
def scored_figures(asy, tmp_path_factory):
    """What three arms wrote for four sentences, and the folder of the pictures."""
    if shutil.which("pdftocairo") is None:
        pytest.skip("pdftocairo is not installed")
    folder = tmp_path_factory.mktemp("scored")
    return make_scores(folder), folder


@pytest.fixture
def scores(scored_figures):
    """The scores of `scored_figures`."""
    return list(scored_figures[0])


@pytest.fixture
def scored_folder(scored_figures, tmp_path):
    """Their folder, for the test alone."""
    return Path(shutil.copytree(scored_figures[1], tmp_path / "scored"))


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Headless Chromium; skips where there is none."""
    with Chromium(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser
