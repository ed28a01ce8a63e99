"""Plain values of each type, as a program would write them, and what has to be declared for them.

They overlap, and few functions fail on them.
"""

from __future__ import annotations

from collections.abc import Mapping

# Without the system of coordinates it would be plain's function, a place on the picture's frame.
_POINT = "point(currentcoordsys, ({}))"
#: Plain values by the name of their type. The first is the first that a call is given.
VALUES: Mapping[str, tuple[str, ...]] = {
    "int": ("2", "1", "3"),
    "real": (".5", "1.0", ".25"),
    "pair": ("(1,2)", "(0,0)", "(3,1)", "(2,0)", "dir(30)"),
    "triple": ("(1,0,0)", "(0,1,2)", "(1,1,1)", "(2,0,1)"),
    "string": ('"a"', '"$x$"'),
    "bool": ("true", "false"),
    "pen": ("red", "blue+dashed", "linewidth(1)"),
    "path": ("unitcircle", "unitsquare", "circle((1,1), 2)"),
    "guide": ("(0,0)--(2,1)", "(0,0)..(1,2)..(3,0)", "(0,0)--(3,0)--(0,2)--cycle"),
    "guide3": ("(0,0,0)--(1,1,1)", "(1,0,0)--(0,1,0)--(0,0,1)--cycle"),
    "path3": ("circle((0,0,0), 1)", "unitcircle3"),
    "transform": ("shift(1,2)", "rotate(30)", "scale(2)"),
    "Label": ('Label("a")', 'Label("$x$", N)'),
    "real[]": ("new real[] {.25, .5, 1.0}", "new real[] {.5, .75, 1.0}"),
    "int[]": ("new int[] {1, 2, 3}", "new int[] {2, 0, 1}"),
    "pair[]": ("new pair[] {(0,0), (1,2), (3,1)}", "new pair[] {(2,0), (0,1), (1,1)}"),
    "arrowhead": ("DefaultHead", "SimpleHead"),
    # Of these points two or three lie on each curve, so that it has abscissas there.
    "point": (
        _POINT.format("2,0"),
        _POINT.format("-2,0"),
        _POINT.format("0,2"),
        _POINT.format("0,-2"),
    ),
    "line": ("line((-2,0), (2,0))", "line((0,2), (2,0))"),
    "segment": ("segment((-2,0), (2,0))", "segment((0,2), (2,0))"),
    "triangle": ("triangle((0,0), (4,0), (1,3))", "triangle((1,0), (0,3), (2,5))"),
    "vector": ("vector((1,2))", "vector((2,0))"),
    "circle": (f"circle({_POINT.format('0,0')}, 2.0)", f"circle({_POINT.format('1,1')}, 2.0)"),
    "ellipse": ("ellipse((-1,0), (1,0), 2.0)", "ellipse((0,-1), (0,1), 3.0)"),
    "hyperbola": ("hyperbola((-3,0), (3,0), 2.0)", "hyperbola((0,-3), (0,3), 1.0)"),
    "parabola": ("parabola((0,0), line((0,2), (1,2)))", "parabola((1,0), line((0,3), (1,4)))"),
    "conic": ("conic((0,0), line((0,2), (1,2)), 1.0)", "conic((0,1), line((0,3), (1,4)), .5)"),
    "arc": (
        "arc(ellipse((-1,0), (1,0), 2.0), 0.0, 180.0)",
        "arc(ellipse((0,-1), (0,1), 3.0), 10.0, 200.0)",
    ),
    "abscissa": ("angabscissa(120)",),
    "mass": ("mass((1,2), 2.0)",),
    "inversion": ("inversion(2.0, (0,0))", "inversion(1.0, (1,0))"),
    "revolution": ("cylinder((0,0,0), 1, 2)", "cone((0,0,0), 1, 2)"),
    "surface": ("surface(unitcircle3)",),
    # Texts that are no labels, by the kind that their parameter takes.
    "string: format": ('"%.2f"', '"%d"'),
    "string: color": ('"ff8000"',),
    "string: math": ('"x"',),
    "string: plain": ('"b"',),
}
_TRIANGLE = "triangle t = triangle((0,0), (4,0), (1,3));"
#: Values that need a declaration before them: it, and what can then be written.
DECLARED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    # Not the current one, to which it might be added.
    "picture": ("picture other;", ("other",)),
    "frame": ("frame part;", ("part",)),
    "scaleT": ("scaleT rule = Logarithmic;", ("rule",)),
    "side": (_TRIANGLE, ("t.AB", "t.BC", "t.CA")),
    "vertex": (_TRIANGLE, ("t.VA", "t.VB", "t.VC")),
}
#: Values of a type beside an argument of another type, where the plain ones would fail.
BESIDE: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("abscissa", "line"): ("relabscissa(.5)",),
    ("abscissa", "segment"): ("relabscissa(.5)",),
}
#: The rows of a table of numbers: one that has an inverse, and moves points in space.
ROWS = (
    ("2", "1", "0", "0"),
    ("1", "3", "0", "0"),
    ("0", "0", "1", "0"),
    ("0", "0", "0", "1"),
)
