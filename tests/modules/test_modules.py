"""The shipped modules: each function against values worked out by hand."""

import pytest

from asygrammar import add_imports
from asygrammar.compiler import asy_available, compile
from asygrammar.grammar import shipped_modules

pytestmark = pytest.mark.skipif(not asy_available(), reason="asy is not installed")

# Near enough: an arc of a path is no perfect circle.
NEAR = """
bool near(pair a, pair b) { return abs(a-b) < 1e-3; }
bool near(real a, real b) { return abs(a-b) < 5e-3; }
"""
# The right triangle with sides 3, 4 and 5 has everything in round numbers.
TRIANGLE = "pair A=(0,0), B=(4,0), C=(0,3);"


def draws(module, program):
    return compile(f"import {module};\n{NEAR}{program}\ndot((0,0));\n", "eps")


def asserting(claims):
    return "".join(f"assert({claim}, 'claim {number}');" for number, claim in enumerate(claims))


OLYMPIAD = {
    "foot": [
        "near(foot(A,B,C), (1.44,1.92))",
        "near(foot((5,7),A,B), (5,0))",
        "near(foot(B,A,B), B)",
    ],
    "incenter": ["near(incenter(A,B,C), (1,1))"],
    "inradius": ["near(inradius(A,B,C), 1)", "near(inradius(C,B,A), 1)"],
    "incircle": [
        "near(point(incircle(A,B,C),0), (2,1))",
        "near(arclength(incircle(A,B,C)), 2*pi)",
        "near(arcpoint(A--B,1), (1,0))",
    ],
    "circumcenter": [
        "near(circumcenter(A,B,C), (2,1.5))",
        "near(circumcenter(B,A,C), (2,1.5))",
        "near(circumcenter((1,0),(0,1),(-1,0)), (0,0))",
    ],
    "circumradius": ["near(circumradius(A,B,C), 2.5)"],
    "circumcircle": [
        "near(point(circumcircle(A,B,C),0), (4.5,1.5))",
        "near(intersectionpoint(circumcircle(A,B,C), (2,1.5)--(2,9)), (2,4))",
    ],
    "orthocenter": [
        "near(orthocenter(A,B,C), A)",
        "near(orthocenter((0,0),(4,0),(1,3)), (1,1))",
    ],
    "centroid": ["near(centroid(A,B,C), (4/3,1))"],
    "midpoint": ["near(midpoint(A,B), (2,0))", "near(midpoint(A--B), (2,0))"],
    "bisectorpoint": [
        "near(bisectorpoint(A,B), (2,-1))",
        "near(bisectorpoint(B,A), (2,1))",
        "near(bisectorpoint(B,A,C), dir(45))",
        "near(bisectorpoint(B,A,(-1,0)), (0,1))",
        "near(bisectorpoint(A,B,C).x, (4-cos(atan2(3,4)/2)))",
    ],
    "tangent": [
        "near(tangent((2,0),(0,0),1), dir(60))",
        "near(tangent((2,0),(0,0),1,2), dir(-60))",
        "near(tangent((3,1),(1,1),2), (3,1))",
    ],
    "waypoint": [
        "near(waypoint(A--B,0.25), (1,0))",
        "near(waypoint(B--A--C,0), B)",
        "near(waypoint(B--A--C,1), C)",
    ],
    "collinear": [
        "collinear((0,0),(1,1),(3,3))",
        "!collinear(A,B,C)",
        "collinear(A,A,B)",
    ],
    "cyclic": [
        "cyclic(dir(10),dir(70),dir(200),dir(300))",
        "cyclic(dir(10),dir(200),dir(70),dir(300))",
        "!cyclic(A,B,C,(4,4))",
        "cyclic(A,B,C,(4,3))",
        "cyclic(unitcircle)",
    ],
    "concurrent": [
        "concurrent(A,(2,1.5),B,(0,1.5),C,(2,0))",
        "!concurrent(A,B,B,C,C,A)",
        "concurrent((0,0),(1,0),(0,1),(1,1),(0,2),(1,2))",
        "!concurrent((0,0),(1,0),(0,1),(1,1),(0,2),(1,3))",
        "concurrent((0,0),(1,1),(0,2),(1,1),(5,1),(4,1))",
    ],
    "origin": ["near(origin, (0,0))"],
    "rightanglemark": [
        "length(rightanglemark(B,A,C)) == 2",
        "near(point(rightanglemark(B,A,C),0), (0.24,0))",
        "near(point(rightanglemark(B,A,C,s=100),1), (3,3))",
        "near(point(rightanglemark(B,A,C,10),2), (0,0.3))",
    ],
    "anglemark": [
        "cyclic(anglemark(B,A,C))",
        "near(point(anglemark(B,A,C,100),0), (3,0))",
        "near(arclength(anglemark(B,A,C,100)), 6+1.5*pi)",
        # Counterclockwise from the first side, so the other way round it is the outer angle.
        "near(arclength(anglemark(C,A,B,100)), 6+4.5*pi)",
        "near(arclength(anglemark(B,A,C,100,200)), 12+4.5*pi)",
    ],
}


@pytest.mark.parametrize("function", OLYMPIAD)
def test_olympiad(function):
    result = draws("olympiad", TRIANGLE + asserting(OLYMPIAD[function]))
    assert result.ok, (result.diagnostics, result.log[-300:])


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("circumcenter((0,0),(1,1),(2,2));", "circumcenter: the points lie on one line"),
        ("tangent((0,0),(0,0),1);", "tangent: the point lies in the circle"),
    ],
)
def test_what_has_no_answer_is_told(program, message):
    result = draws("olympiad", program)
    assert not result.ok
    assert message in result.log


def test_marks_grow_with_the_factor():
    program = """
    markscalefactor = 0.5;
    assert(near(point(rightanglemark((1,0),(0,0),(0,1),2),1), (1,1)));
    assert(near(arclength(anglemark((1,0),(0,0),(0,1),2)), 2+pi/2));
    """
    assert draws("olympiad", program).ok


def test_ticks_stand_across_the_path():
    # Two ticks, 2 apart around the middle of a path of length 10, each 4 long.
    program = """
    markscalefactor = 1;
    picture ticks = pathticks((0,0)--(10,0), 2, spacing=2, s=4);
    assert(near(point(ticks,SW), (4,-2)) && near(point(ticks,NE), (6,2)));
    picture one = pathticks((0,0)--(0,10), r=0.2, s=4, red);
    assert(near(point(one,SW), (-2,2)) && near(point(one,NE), (2,2)));
    add(ticks);
    """
    result = draws("olympiad", program)
    assert result.ok, result.diagnostics


CSE5 = {
    "CR": ["near(point(CR((1,2),3),0), (4,2))", "near(point(CR((0,0),2,90,180),0), (0,2))"],
    "CP": ["near(point(CP((1,0),(1,5)),0), (6,0))", "near(point(CP((0,0),(1,0),90,180),0), (0,1))"],
    "CD": ["near(point(CD((0,0),(4,0)),0), (4,0))"],
    "IP": [
        "near(IP((0,0)--(4,4),(0,4)--(4,0)), (2,2))",
        "near(IP((-2,0)--(2,0),unitcircle), (-1,0))",
        "near(IP((-2,0)--(2,0),unitcircle,1), (1,0))",
    ],
    "OP": [
        "near(OP((-2,0)--(2,0),unitcircle), (1,0))",
        "near(OP((0,0)--(4,4),(0,4)--(4,0)), (2,2))",
    ],
    "IPs": ["IPs((-2,0)--(2,0),unitcircle).length == 2"],
    "WP": ["near(WP((0,0)--(8,0),0.25), (2,0))"],
    "L": [
        "near(point(L((0,0),(1,0)),0), (-1,0))",
        "near(point(L((0,0),(1,0),0,3),1), (4,0))",
        "near(point(L((0,0),(1,0),2),1), (3,0))",
    ],
    "MP": [
        "near(MP('A',(3,4)), (3,4))",
        "near(MP('A_1',(3,4),NE), (3,4))",
        "near(MP('x',(3,4),red), (3,4))",
        "near(MP('55^\\\\circ',(3,4),NE,fontsize(8)), (3,4))",
    ],
    "D": [
        "near(D((1,2)), (1,2))",
        "near(D('A',(1,2),N,red), (1,2))",
        "near(D((1,2),SE), (1,2))",
        "near(D((1,2),blue), (1,2))",
        "length(D((0,0)--(1,1)--(2,0))) == 2",
        "cyclic(D(unitcircle,dashed))",
        "length(D(D((0,0))--D(MP('B',(1,1),N)),EndArrow(6))) == 1",
        "D((0,0)--(1,1)^^(2,2)--(3,3)).length == 2",
        "D(new pair[] {(0,0),(1,1)}).length == 2",
    ],
    "DPA": ["DPA((0,0)--(1,1)^^(2,2)--(3,3),red).length == 2"],
    "MC": ["length(MC('c',(0,0)--(4,0),0.5,N)) == 1", "length(MC('c',(0,0)--(4,0))) == 1"],
    "ML": ["length(ML('7',(0,0),(4,0),S)) == 1"],
    "MA": [
        "near(point(MA((1,0),(0,0),(0,1),2),0), (2,0))",
        "near(arclength(MA('\\\\alpha',(1,0),(0,0),(0,1),2,3,red)), pi)",
    ],
}


@pytest.mark.parametrize("function", CSE5)
def test_cse5(function):
    result = draws("cse5", "unitsize(1cm);" + asserting(CSE5[function]))
    assert result.ok, (result.diagnostics, result.log[-300:])


def test_points_and_paths_are_drawn_with_their_pens():
    program = "pathpen = rgb(0,1,0)+linewidth(3); pointpen = rgb(1,0,0); D(D((0,0))--(9,9));"
    drawn = draws("cse5", program).output
    assert b"0 1 0 setrgbcolor" in drawn
    assert b"1 0 0 setrgbcolor" in drawn


def test_paths_without_a_common_point_are_told():
    result = draws("cse5", "IP((0,0)--(1,0), (0,1)--(1,1));")
    assert "IP: the paths have 0 points in common" in result.log
    result = draws("cse5", "OP((0,0)--(1,0), (0,1)--(1,1));")
    assert "OP: the paths have 0 points in common" in result.log


@pytest.mark.parametrize(
    "axes",
    [
        "rr_cartesian_axes(-1,10,-1,10);",
        "rr_cartesian_axes(-2,8,-5,7,complexplane=true,usegrid=false);",
        "rr_cartesian_axes(-8,8,-5,12,2,3,useticks=true);",
        "trig_axes(-3*pi,3*pi,-4,4,pi/2,1); layer(); rm_trig_labels(-5,5,2);",
        "trig_axes(-pi,pi,-1,1,pi/4,0.5);",
    ],
)
def test_axes(axes):
    program = f"size(8cm); real f(real x) {{ return sin(x); }} draw(graph(f,-1,1),red); {axes}"
    result = draws("TrigMacros", program)
    assert result.ok, (result.diagnostics, result.log[-300:])


def test_axes_span_what_they_are_told():
    program = """
    rr_cartesian_axes(-3,5,-2,7);
    assert(near(point(SW), (-3,-2)) && near(point(NE), (5,7)));
    """
    result = draws("TrigMacros", program)
    assert result.ok, (result.diagnostics, result.log[-300:])


def test_labels_that_are_removed_leave_less_in_the_picture():
    axes = "size(8cm,6cm,false); trig_axes(-3*pi,3*pi,-4,4,pi/2,1);"
    all_labels = draws("TrigMacros", axes).output
    fewer = draws("TrigMacros", axes + "rm_trig_labels(-5,5,2);").output
    none = draws("TrigMacros", axes + "rm_trig_labels(-6,6,1);").output
    assert len(all_labels) > len(fewer) > len(none)


def test_modules_go_together():
    modules = "".join(f"import {module};\n" for module in shipped_modules())
    program = "D(MP('P',foot((1,2),(0,0),(3,0)))--(1,2)); rr_cartesian_axes(-1,3,-1,3);"
    result = compile(modules + program, "eps")
    assert result.ok, result.diagnostics


def test_a_figure_of_the_site_needs_only_its_imports():
    program = """size(4cm);
pair A=(0,0), B=(4,0), C=(0,3);
draw(A--B--C--cycle);
draw(rightanglemark(B,A,C,6));
draw(incircle(A,B,C),dashed);
add(pathticks(A--B,2,s=4));
D(MP("H",foot(A,B,C),NE));
"""
    assert not compile(program, "eps").ok
    assert compile(add_imports(program), "eps").ok
