"""Whether two programs draw the same: what counts on the page, and what does not."""

from __future__ import annotations

import pytest

from asygrammar.compiler import RenderError
from asygrammar.compiler.drawing import drawing
from asygrammar.eval.same_drawing import compare_drawings, same_drawing

pytestmark = pytest.mark.usefixtures("asy")

TRIANGLE = """\
size(5cm);
pair A = (0,0);
pair B = (3,0);
pair C = (0,4);
fill(A--B--C--cycle, 0.3*red+0.7*white);
draw(A--B--C--cycle, blue+linewidth(1));
draw(circle(B, 1), dashed);
label("$A$", A, SW);
dot((1,1));
"""

SAME = {
    "in another order": "".join(
        [*TRIANGLE.splitlines(True)[:4], *reversed(TRIANGLE.splitlines(True)[4:])]
    ),
    "without names": """\
size(5cm);
fill((0,0)--(3,0)--(0,4)--cycle, rgb(1,0.7,0.7));
draw((0,0)--(3,0)--(0,4)--cycle, blue+1bp);
draw(shift(3,0)*unitcircle, linetype("8 8"));
label("$A$", (0,0), SW);
dot((1,1));
""",
    "line by line, backwards": TRIANGLE.replace(
        "draw(A--B--C--cycle, blue+linewidth(1));",
        "draw(C--B, blue+linewidth(1));\ndraw(A--B, blue+linewidth(1));\n"
        "draw(C--A, blue+linewidth(1));",
    ),
    "from another corner": TRIANGLE.replace("fill(A--B--C", "fill(C--B--A"),
    "twice": TRIANGLE + "dot((1,1));\n",
    "a hair beside": TRIANGLE.replace("dot((1,1))", "dot((1.005,1))"),
}

OTHER = {
    "without the point": TRIANGLE.replace("dot((1,1));\n", ""),
    "with another line": TRIANGLE + "draw((0,0)--(1,1));\n",
    "another color": TRIANGLE.replace("blue", "red"),
    "another width": TRIANGLE.replace("linewidth(1)", "linewidth(2)"),
    "solid": TRIANGLE.replace(", dashed", ""),
    "dotted": TRIANGLE.replace("dashed", "dotted"),
    "another label": TRIANGLE.replace('"$A$"', '"$B$"'),
    "a label elsewhere": TRIANGLE.replace("SW", "SE"),
    "not filled": TRIANGLE.replace("fill(", "draw("),
    "another size": TRIANGLE.replace("5cm", "6cm"),
    "moved": TRIANGLE.replace("dot((1,1))", "dot((1.1,1))"),
    "clipped": TRIANGLE + "clip(box((-9,-9), (9,9)));\n",
    "a program with a fault": TRIANGLE + "draw(Z);\n",
}


@pytest.mark.parametrize("how", SAME)
def test_same(how: str) -> None:
    assert same_drawing(TRIANGLE, SAME[how])


@pytest.mark.parametrize("how", OTHER)
def test_other(how: str) -> None:
    assert not same_drawing(TRIANGLE, OTHER[how])


def test_the_wanted_program_has_to_compile() -> None:
    with pytest.raises(RenderError, match="no matching variable"):
        same_drawing("draw(Z);", TRIANGLE)


def test_what_differs_is_told() -> None:
    other = TRIANGLE.replace('"$A$", A', '"$B$", B')
    found = compare_drawings(drawing(TRIANGLE), drawing(other))
    (missing,) = found.missing
    assert missing.startswith("the label $A$ at (-3,")
    assert found.added[0].startswith("the label $B$ at ")


def test_what_is_drawn() -> None:
    """Places are in bp from the program's origin, whatever the size and however labels stretch."""
    found = drawing(
        "unitsize(1cm);\ndraw((0,0)--(1,2), red+linewidth(2));\n"
        'label(rotate(90)*"$x$", (3,3), blue+fontsize(10));\ndraw((0,0)--(0,1), dashed);\n'
    )
    line, dashes = found.paths
    cm = 72 / 2.54
    assert line.curves[0][0] == (0, 0)
    assert line.curves[0][-1] == pytest.approx((cm, 2 * cm), abs=1e-3)
    assert (line.kind, line.color, line.width, line.dashes) == ("stroke", (1, 0, 0), 2, ())
    assert len(dashes.dashes) == 2
    (label,) = found.labels
    assert (label.text, label.color) == ("$x$", (0, 0, 1))
    assert label.turn == pytest.approx((0, -1, 1, 0))
    assert label.at == pytest.approx((3 * cm, 3 * cm), abs=6)
