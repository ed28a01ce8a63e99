"""The bundled model: what ships is what the card says, and it draws the demo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import asygrammar
from asygrammar.compiler import compile
from asygrammar.decoding import AsyGenerator

FOLDER = Path(asygrammar.__file__).parents[1] / "decoding" / "models" / "phi3-asy-nano"
DEMO = "Draw a right triangle with legs 3 and 4 and label its vertices A, B and C."


@pytest.fixture(scope="module")
def bundled() -> Iterator[AsyGenerator]:
    generator = AsyGenerator()
    yield generator
    generator.close()


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
@pytest.mark.parametrize("mode", ["program", "auto"])
def test_demo(bundled: AsyGenerator, asy: str, sentence: str, parts: list[str], mode: str) -> None:
    program = bundled.generate(sentence, constrained=mode == "auto", mode=mode)
    for part in [*parts, "draw(A--B--C--cycle);"]:
        assert part in program
    assert program.count('label("$A$"') == ("label" in sentence)
    assert compile(program, format="eps").ok
