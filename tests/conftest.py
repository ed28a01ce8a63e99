"""What tests share: where the corpus is, and the words for skipping."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"
GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="session")
def corpus() -> dict[str, str]:
    """Real figures, id to program; skips where the corpus is not at hand."""
    figures: dict[str, str] = {}
    for name in ("math_figures", "exemples_figures"):
        path = SHARED / "corpus" / f"{name}.jsonl"
        if not path.is_file():
            pytest.skip(f"no {path.name} beside this checkout")
        with path.open(encoding="utf-8") as lines:
            figures.update((row["id"], row["code"]) for row in map(json.loads, lines))
    return figures


@pytest.fixture(scope="session")
def asy() -> str:
    """The Asymptote program; skips where it is not installed."""
    program = shutil.which("asy")
    if program is None:
        pytest.skip("asy is not installed")
    return program
