"""What a program draws, read from what asy hands to TeX."""

from __future__ import annotations

import pytest

from asygrammar.compiler.drawing import drawing

pytestmark = pytest.mark.usefixtures("asy")


@pytest.mark.parametrize(
    "text",
    ["A", r"$\frac{1}{2}$", r"$\frac{1}{2}\frac{3}{4}$", "{1}{2}", r"$x^{2}$ \% of $y_{1}$"],
)
@pytest.mark.parametrize(
    ("turned", "turn"),
    [("", (1, 0, 0, 1)), ("scale(2)*", (2, 0, 0, 2)), ("rotate(90)*", (0, -1, 1, 0))],
)
def test_labels_are_read_as_they_are_written(
    text: str, turned: str, turn: tuple[float, ...]
) -> None:
    (label,) = drawing(f'size(5cm);\ndraw((0,0)--(1,1));\nlabel({turned}"{text}", (0,0));').labels
    assert label.text == text
    assert label.turn == pytest.approx(turn, abs=1e-5)
