"""Geometric checks, each on a figure that passes it and on one that does not."""

from __future__ import annotations

import pytest

from asygrammar.eval.check_kinds import KINDS
from asygrammar.eval.executed import Executed, execute
from asygrammar.eval.geometric_checks import parse_check, run_checks

pytestmark = pytest.mark.usefixtures("asy")

# A is the right angle of 3-4-5; D is the midpoint of BC; H the foot of A; O the circle's center.
FIGURE = r"""
size(8cm);
pair A = (0,0), B = (3,0), C = (0,4);
pair M = (B+C)/2;
pair[] P = {(6,0), (9,0), (6,4)};
pair O = (8,-3);
draw(A--B--C--cycle ^^ P[0]--P[1]--P[2]--cycle);
draw(A--M);
draw(circle(O, 2));
draw((5,-1)--(10,-1));
label("$A$", A, SW);
label("$B$", B, SE);
label("$\mathbf{C}$", C, N);
label("$D$", M, NE);
label("$5$ cm", (B+C)/2, 2*SW, fontsize(8));
label("$3$", A--B);
label("$53^\circ$", B+0.9*dir(153), fontsize(6));
dot("$E\,(1,1)$", (1,1), E);
label("$O$", O, S);
label("$T$", (8,-1), N);
label("$Q$", O+2*dir(-60), dir(-60));
label("$K$", (5,-1), W);
label("$L$", (10,-1), E);
"""

PASSED = """\
right_angle(B, A, C)
right_angle($B$, "A", C)
length(A, B, 3)
length(B, C, sqrt(3*3 + 16))
length((0,0), B, 3)
ratio(A, C, A, B, 4/3)
angle(A, B, C, 53)
angle(A, B, C, 307)
midpoint(D, B, C)
parallel(A, C, P[0], P[2])
perpendicular(A, B, C, A)
perpendicular(A, B, P[2], P[0])
collinear(B, D, C)
collinear(K, T, L)
on_circle(T)
on_circle(Q, O)
on_circle(Q, O, 2)
on_circle(T, O, Q)
on_circle(B, A, C, (3,4))
tangent(K, L)
tangent(K, L, O)
tangent(K, L, O, 2)
tangent(K, L, O, Q)
congruent(A, B, C, P[0], P[1], P[2])
congruent(A, B, P[0], P[1])
inside(E, A, B, C)
inside(E, A, 2)
labelled_by(A, "A")
labelled_by(B, C, "5cm")
labelled_by(A, B, 3)
labelled_by(A, B, C, "$53^{\\circ}$")"""

FAILED = """\
right_angle(A, B, C)
length(A, B, 3.1)
length(A, B, 0)
ratio(A, B, A, C, 4/3)
angle(A, B, C, 50)
midpoint(E, B, C)
midpoint(A, A, A)
parallel(A, B, B, C)
parallel(K, T, T, L)
perpendicular(A, B, B, C)
perpendicular(A, A, B, C)
collinear(A, B, C)
collinear(A, A, C)
on_circle(E)
on_circle(Q, A)
on_circle(Q, O, 3)
on_circle(A, O, Q)
on_circle(E, A, B, C)
tangent(A, B)
tangent(K, L, A)
tangent(K, L, O, 3)
tangent(K, O, O, T)
congruent(A, B, C, P[1], P[0], P[2])
inside(D, A, B, C)
inside(T, A, B, C)
inside(E, A, 1)
labelled_by(A, "B")
labelled_by(A, B, "5 cm")
labelled_by(A, C, B, "$53^\\circ$")
right_angle(B, A, Z)"""


@pytest.fixture(scope="module")
def figure() -> Executed:
    return execute(FIGURE)


@pytest.mark.parametrize("text", PASSED.splitlines())
def test_passed(figure: Executed, text: str) -> None:
    assert run_checks([parse_check(text)], figure) == {text: True}


@pytest.mark.parametrize("text", FAILED.splitlines())
def test_failed(figure: Executed, text: str) -> None:
    assert run_checks([parse_check(text)], figure) == {text: False}


def test_every_kind_is_passed_and_failed() -> None:
    for lines in (PASSED, FAILED):
        assert {parse_check(text).kind for text in lines.splitlines()} == {*KINDS}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("right_angel(A, B, C)", "there is no check 'right_angel'; there are right_angle, length,"),
        ("right_angle(A, B)", r"does not fit: write right_angle\(A, B, C\)"),
        ("right_angle(A, , C)", "does not fit"),
        ("length(A, B, C)", r"write length\(A, B, x\)"),
        ("length(A, B, 1/0)", "does not fit"),
        ("length(A, B, 9**9)", "does not fit"),
        ("length(A, B, abs)", "does not fit"),
        ("congruent(A, B, C, D, E)", "does not fit"),
        ("labelled_by(A)", "does not fit: write .* or .* or "),
        ("on_circle()", "does not fit"),
        ("the angle at A", "no check is 'the angle at A': write it as"),
        ("", "no check is ''"),
        ("length(A, B, " + "(" * 600, "no check is"),
        ("length(A, B, " + "(" * 400 + "1" + ")" * 60 + ")", "does not fit|no check"),
    ],
)
def test_what_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as fault:
        parse_check(text)
    assert "\n" not in str(fault.value)


def test_a_label_counts_before_a_variable() -> None:
    """What a reader sees is meant: here B is the point that the program calls Q."""
    figure = execute(
        'pair B = (9,9), Q = (0,5); draw((0,0)--(50,0)); draw((0,0)--10*Q); label("$B$", 10*Q, N);'
        'label("C", (0,0), SW); label("D", (50,0), E);'
    )
    assert parse_check("right_angle(B, C, D)").holds(figure)
    assert parse_check("length(Q, (0,0), 5)").holds(figure)
