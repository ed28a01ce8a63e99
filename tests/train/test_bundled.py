"""The bundled model: what ships is what the card says, and it draws the demo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

import asygrammar
from asygrammar.compiler import compile
from asygrammar.train.evaluate import answers

FOLDER = Path(asygrammar.__file__).parents[1] / "decoding" / "models" / "phi3-asy-nano"
DEMO = "Draw a right triangle with legs 3 and 4 and label its vertices A, B and C."


@pytest.fixture(scope="module")
def bundled() -> tuple[Any, Any]:
    model = AutoModelForCausalLM.from_pretrained(str(FOLDER), dtype=torch.float32)
    return model, AutoTokenizer.from_pretrained(str(FOLDER))


def test_size() -> None:
    assert (FOLDER / "model.safetensors").stat().st_size <= 16_000_000
    assert (FOLDER / "README.md").is_file()


@pytest.mark.parametrize(
    ("sentence", "parts"),
    [
        (DEMO, ["real a = 3;", "real b = 4;", '"$A$"', '"$B$"', '"$C$"']),
        ("Draw a right triangle with legs 3 and 4.", ["real a = 3;", "real b = 4;"]),
    ],
)
def test_demo(bundled: tuple[Any, Any], asy: str, sentence: str, parts: list[str]) -> None:
    model, tokenizer = bundled
    (program,) = answers(model, tokenizer, [sentence])
    for part in [*parts, "draw(A--B--C--cycle);"]:
        assert part in program
    assert program.count('label("$A$"') == ("label" in sentence)
    assert compile(program, format="eps").ok
