"""A figure as it was executed: values, labels with the points that they name, lines, circles."""

from __future__ import annotations

import math

import pytest

from asygrammar.compiler import RenderError
from asygrammar.compiler.values import declared, draw_and_tell
from asygrammar.eval.executed import Executed, execute
from asygrammar.eval.label_points import name_of, plain_text

pytestmark = pytest.mark.usefixtures("asy")

PROGRAM = r"""
unitsize(1cm);
pair A = (0,0), B = (3,0), C;
C = (0,4);
pair[] P = {(1,2), (5,1)};
path p = A--B;
int n = 3; real r = sqrt(2);
pair f(pair x) { pair inner = x; return 2x; }
for (int i = 0; i < 2; ++i) { pair W = (i,i); dot(W+(6,6)); }
string s = "pair no = (1,1);";  // pair neither;
draw(A--B--C--cycle);
draw(arc((5,1), 1, 10, 200));
draw((1,3)--(4,3)); draw((3.5,3.5)--(3.5,1.5));
label("$A$", A, SW);
label("B", B, 2*SE);
label("$C$", C+(-0.2,0.2));
label("$Q$", (3.5,3), NE);
label("$R$", (5,1)+dir(80), dir(80));
label("$S$", P[1]);
label("far", (9,9));
dot("$D$", (6,6), 2*E)"""


@pytest.fixture(scope="module")
def figure() -> Executed:
    return execute(PROGRAM + ";")


def test_values(figure: Executed) -> None:
    names = {name: value for name, value in figure.names.items() if name != "p"}
    assert names == {
        "A": (0, 0),
        "B": (3, 0),
        "C": (0, 4),
        "P[0]": (1, 2),
        "P[1]": (5, 1),
        "n": 3,
        "r": pytest.approx(math.sqrt(2), abs=1e-12),
    }
    assert figure.names["p"] == ((0, 0), (1, 0), (2, 0), (3, 0))


@pytest.mark.parametrize(
    ("label", "point"),
    [
        ("A", (0, 0)),
        ("B", (3, 0)),
        ("C", (0, 4)),  # moved away by hand
        ("Q", (3.5, 3)),  # where two lines cross
        ("S", (5, 1)),  # an arc's center
        ("D", (6, 6)),  # a dot
    ],
)
def test_a_label_names_a_point(figure: Executed, label: str, point: tuple[float, float]) -> None:
    assert figure.point(label) == pytest.approx(point, abs=1e-4)
    assert next(one for one in figure.labels if one.text == label).marks


def test_a_label_on_a_line_names_the_nearest_point_of_it(figure: Executed) -> None:
    point = figure.point("R")
    assert point is not None
    assert math.dist(point, (5, 1)) == pytest.approx(1, abs=1e-3)
    assert math.dist(point, (5 + math.cos(math.radians(80)), 1 + math.sin(math.radians(80)))) < 0.05


def test_what_has_no_name_here(figure: Executed) -> None:
    assert figure.point("Z") is None
    assert figure.point("n") is None
    assert figure.point("(2, -1)") == (2, -1)
    far = next(one for one in figure.labels if one.text == "far")
    assert not far.marks
    assert far.point == pytest.approx((9, 9), abs=0.1)


def test_circles(figure: Executed) -> None:
    (circle,) = figure.circles
    assert circle.center == pytest.approx((5, 1), abs=1e-3)
    assert circle.radius == pytest.approx(1, abs=2e-3)


def test_scales_may_differ() -> None:
    it = execute("size(8cm, 2cm, IgnoreAspect); draw((0,0)--(2,7)--(9,0)); label('A', (2,7), N);")
    assert it.point("A") == pytest.approx((2, 7), abs=1e-4)


def test_faults_are_those_of_the_program() -> None:
    with pytest.raises(RenderError, match="no matching variable 'Z'"):
        execute("draw(Z);")
    with pytest.raises(RenderError):
        execute(PROGRAM)  # lacks its last semicolon
    with pytest.raises(RenderError):
        execute("settings.tex='xelatex'; shipout(); system('ls');")


@pytest.mark.parametrize(
    "program",
    [
        "draw((0,0)--(1,1)); pair A = (1,2); string said(real x) {return 'no';} file told;",
        "draw((0,0)--(1,1)); pair A = (1,2); void write(... pair[] z) {} real currentpicture = 1;",
        "draw((0,0)--(1,1)); struct s {pair A;} pair A = (1,2); // the end",
        "draw((0,0)--(1,1)); pair[] Q; pair Z[] = new pair[3]; pair A = (1,2);",
        "int A = 5; draw((0,0)--(1,1)); pair A = (1,2);",
    ],
)
def test_names_that_a_program_may_take(program: str) -> None:
    told = draw_and_tell(program)
    assert len(told.drawing.paths) == 1
    assert told.names.get("A") in ((1, 2), None)


def test_a_program_cannot_write_what_is_told() -> None:
    told = draw_and_tell(
        "draw((0,0)--(1,1)); pair A = (1,2);"
        "file f(string name, bool update, string comment, string mode) = output;"
        "file g = f('a.told', false, '', ''); write(g, 'place A 5 5', endl); close(g);"
    )
    assert told.names == {"A": (1, 2)}


def test_names_that_cannot_be_told_are_left_out() -> None:
    told = draw_and_tell("draw((0,0)--(1,1)); pair A = (1,2); pair[] Q = null;")
    assert len(told.drawing.paths) == 1
    assert told.names == {}


def test_declared() -> None:
    found = declared(
        "pair A, B=(1,2), C; real[] x={1,2}; private int n=0; pair P[]; real f(real x) {return x;}"
        "for(int i=0; i < 3; ++i) pair Q; A = (1,1); draw(A--B); path p=A--B,\nq=B; pair D\n;"
    )
    assert found == {
        **dict.fromkeys("ABCD", "pair"),
        "x": "real[]",
        "n": "int",
        "P": "pair[]",
        "p": "path",
        "q": "path",
    }


@pytest.mark.parametrize(
    ("tex", "text", "name"),
    [
        ("$A$", "A", "A"),
        (r"$\mathbf{A_{1}}$", "A_1", "A_1"),
        (r"\textbf{$B$}", "B", "B"),
        (r"$A\,(1, 2)$", "A(1,2)", "A"),
        ("$P'=(0,0)$", "P'=(0,0)", "P'"),
        (r"$A^{\prime}$", "A'", "A'"),
        (r"$60^{\circ}$", r"60^\circ", r"60^\circ"),
        (r"\small 5 cm", "5cm", "5cm"),
        ("$f(x)$", "f(x)", "f(x)"),
    ],
)
def test_texts(tex: str, text: str, name: str) -> None:
    assert plain_text(tex) == text
    assert name_of(plain_text(tex)) == name
