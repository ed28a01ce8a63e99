"""What holds between labelled points, and how much of it holds in another figure."""

from __future__ import annotations

import pytest

from asygrammar.eval.executed import execute
from asygrammar.eval.relations import relations, share_held
from asygrammar.figures import sample_figures

pytestmark = pytest.mark.usefixtures("asy")

RIGHT = r"""
size(5cm);
pair A = (0,0), B = (4,0), C = (0,3);
draw(A--B--C--cycle);
label("$A$", A, SW);
label("$B$", B, SE);
label("$C$", C, N);
label("$4$", (A+B)/2, S);
label("$3$", (A+C)/2, W);
"""
# The same triangle: turned, mirrored, of another size, its points without names, line by line.
OTHER_WAY = r"""
unitsize(2mm);
transform t = rotate(37)*reflect((0,0),(0,1))*scale(7);
label("C", t*(0,3), unit(t*(0,3)-t*(1,1)));
label("B", t*(4,0), unit(t*(4,0)-t*(1,1)));
draw(t*(0,3)--t*(4,0));
draw("4", t*(4,0)--t*(0,0));
draw("3", t*(0,0)--t*(0,3));
label("A", t*(0,0), unit(t*(0,0)-t*(1,1)));
"""

FIGURES = {
    "rectangle": (
        'pair A=(0,0),B=(5,0),C=(5,3),D=(0,3); draw(A--B--C--D--cycle); label("A",A,SW);'
        'label("B",B,SE); label("C",C,NE); label("D",D,NW);',
        ["right_angle", "right_angle", "right_angle"],  # the fourth follows
    ),
    "parallelogram": (
        'pair A=(0,0),B=(5,0),C=(6,3),D=(1,3); draw(A--B--C--D--cycle); label("A",A,SW);'
        'label("B",B,SE); label("C",C,NE); label("D",D,NW);',
        ["parallel", "parallel"],  # that the sides are equal follows
    ),
    "median": (
        'pair A=(0,0),B=(5,0),C=(1,4); draw(A--B--C--cycle); draw(C--(2.5,0)); label("A",A,SW);'
        'label("B",B,SE); label("C",C,N); label("M",(2.5,0),S);',
        ["midpoint"],
    ),
    "circle": (
        'pair O=(1,1); draw(circle(O,2)); dot("O",O,S); dot("P",O+2*dir(40),E);'
        'draw(O--O+2*dir(40)); draw((-2,3)--(4,3)); label("K",(-2,3),N); label("L",(4,3),N);',
        ["on_circle", "tangent"],
    ),
    "isosceles": (
        'pair A=(-2,0),B=(2,0),C=(0,5); draw(A--B--C--cycle); label("A",A,SW);'
        'label("B",B,SE); label("C",C,N);',
        ["ratio"],
    ),
    "kite": (
        'pair A=(0,1),B=(-2,0),C=(0,-4),D=(2,0); draw(A--C^^B--D); label("A",A,N);'
        'label("B",B,W); label("C",C,S); label("D",D,E);',
        ["perpendicular"],
    ),
    "angle": (
        'pair O=(0,0); draw((2,0)--O--2dir(50)); label("A",(2,0),S); label("O",O,SW);'
        'label("B",2dir(50),N); label("$50^\\circ$",0.7dir(25));',
        ["angle", "labelled_by"],  # not that the arms are equal
    ),
    "plane": (
        'draw((-5,0)--(5,0),Arrows); draw((0,-5)--(0,5),Arrows); dot("$P(2,3)$",(2,3),NE);',
        ["labelled_by"],
    ),
    "nothing": ("draw((0,0)--(1,0)--(0,1)--cycle);", []),
}


@pytest.mark.parametrize("name", FIGURES)
def test_relations(name: str) -> None:
    program, kinds = FIGURES[name]
    figure = execute("unitsize(1cm);" + program)
    assert [check.kind for check in relations(figure)] == kinds
    assert share_held(figure, figure) == (1.0 if kinds else None)


def test_of_a_right_triangle() -> None:
    texts = [check.text for check in relations(execute(RIGHT))]
    assert texts == [
        "right_angle(B, A, C)",
        "ratio(A, B, A, C, 1.33333333333)",
        'labelled_by(A, B, "4")',
        'labelled_by(A, C, "3")',
    ]


def test_a_figure_drawn_another_way_still_counts() -> None:
    assert share_held(RIGHT, OTHER_WAY) == 1.0


@pytest.mark.parametrize(
    ("old", "new", "share"),
    [
        ("C = (0,3)", "C = (1,3)", 2 / 4),  # neither right nor 4 to 3
        ("C = (0,3)", "C = (0,4)", 3 / 4),  # still right
        ('"$4$"', '"$5$"', 3 / 4),
        ('"$A$"', '"$D$"', 0.0),
        ("pair A", "pair Z", 0.0),  # has a fault
    ],
)
def test_what_is_changed_is_lost(old: str, new: str, share: float) -> None:
    assert share_held(RIGHT, RIGHT.replace(old, new)) == pytest.approx(share)


def test_a_reference_without_relations_tells_nothing() -> None:
    assert share_held("draw((0,0)--(1,1));", RIGHT) is None
    assert share_held("draw(Z);", RIGHT) is None


FAMILIES = ["right-triangle-at", "midsegment", "square", "incircle", "segment", "reflection"]


@pytest.mark.parametrize("family", FAMILIES)
def test_template_figures_hold_all_of_their_own(family: str) -> None:
    figures = sample_figures(2, seed=11, families=[family])
    shares = [share_held(it, it) for it in (execute(figure.program) for figure in figures)]
    assert {1.0} <= {*shares} <= {1.0, None}


@pytest.mark.parametrize(
    ("family", "old", "new"),
    [
        ("right-triangle-at", "pair A = (0,", "pair A = (2,"),
        ("segment", "pair M = (A+B)/2;", "pair M = (A+2*B)/3;"),
    ],
)
def test_template_figures_that_are_changed_lose_some(family: str, old: str, new: str) -> None:
    programs = [figure.program for figure in sample_figures(20, seed=4, families=[family])]
    program = next(program for program in programs if old in program and '"$' in program)
    share = share_held(program, program.replace(old, new))
    assert share is not None
    assert share < 1
