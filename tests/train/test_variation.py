"""Variants: other literals, and what was true of a figure stays true."""

from __future__ import annotations

import random
import re

import pytest

from asygrammar import format_asy
from asygrammar.figures import normalize
from asygrammar.train.figure_splits import skeleton
from asygrammar.train.variation import vary

TRIANGLE = """\
size(5cm);
pair A = (0,0), B = (4,0), C = (1,3), M = (2,0);
draw(A--B--C--cycle, red);
draw(C--M, red+dashed);
label("$A$", A, SW);
label("$B$", B, SE);
dot("$A$", A);
"""


def test_variants_are_different_figures_of_one_kind() -> None:
    variants = vary(TRIANGLE, 12, random.Random(0))
    assert len({normalize(text) for text in [TRIANGLE, *variants]}) == 13
    assert variants == vary(TRIANGLE, 12, random.Random(0))
    assert {skeleton(text) for text in variants} == {skeleton(TRIANGLE)}
    assert all(format_asy(text) == text for text in variants)
    for text in variants:
        first, second, third = re.findall(r'"\$(.)\$"', text)
        assert first == third != second
        colors = re.findall(r"cycle, (\w+)\)|, (\w+)\+dashed", text)
        assert colors[0][0] == colors[1][1]
        numbers = [tuple(map(float, pair)) for pair in re.findall(r"\(([\d.]+),([\d.]+)\)", text)]
        assert numbers[0] == (0, 0)
        # The middle of AB stays there.
        assert numbers[3][0] == pytest.approx(numbers[1][0] / 2)


@pytest.mark.parametrize(
    ("program", "kept"),
    [
        # A text tells a length, something marks an angle, and something bends: no number changes.
        (f'{TRIANGLE}label("$4$", (2,0), S);\n', "(4,0)"),
        (f"import olympiad;\n{TRIANGLE}draw(rightanglemark(A, B, C));\n", "(4,0)"),
        (f"{TRIANGLE}draw(circle(A, 4));\n", "(4,0)"),
        # A coordinate that is computed would not be stretched with the others.
        (f"{TRIANGLE}dot((4/2,1));\n", "(4,0)"),
        # Another text speaks of the same letters.
        (f'{TRIANGLE}label("$AB$", (2,0), S);\n', '"$A$"'),
        # A name of the program is no color.
        ("real red = 2;\ndot((red,red), red);\n", "red = 2"),
    ],
)
def test_what_would_not_be_true_any_more_stays(program: str, kept: str) -> None:
    assert all(kept in variant for variant in vary(program, 20, random.Random(1)))


def test_a_program_without_literals_has_no_variants() -> None:
    assert vary("fill(unitcircle);\n", 5, random.Random(0)) == []
