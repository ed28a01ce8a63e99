"""The kinds of geometric checks: a table of how each is written and what it asks of a figure.

To add a kind, add a function that takes the figure, the points in the order in which they are
written, the number (0 without one) and the text (empty without one), and tells whether it holds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from asygrammar.compiler.drawing import Point
from asygrammar.eval.executed import Executed, PlacedLabel
from asygrammar.eval.label_points import name_of
from asygrammar.eval.measures import (
    ANGLE,
    LENGTH,
    angle,
    circumcenter,
    encloses,
    length,
    off_line,
    same_angle,
    same_length,
    slant,
)
from asygrammar.eval.shapes import Circle, distance_to_segment, share_of_way

_Points = Sequence[Point]
_Holds = Callable[[Executed, _Points, float, str], bool]

# On the page, in bp: how far from its segment the label of a length may be, and from its vertex
# that of an angle; and which part of the segment is its middle.
_BESIDE, _IN_ANGLE, _MIDDLE = 20.0, 72.0, (0.15, 0.85)
# How near each other two points of one place are on the page, in bp.
_ONE_PLACE = 3.0


@dataclass(frozen=True)
class Form:
    """One way to write a check.

    Attributes:
        written: How, with letters for points, ``x`` for a number, ``"text"`` for a label's text
            and ``...`` where more points may follow.
        means: What it asks for.
        holds: Whether that is so, of a figure, points, number and text.
    """

    written: str
    means: str
    holds: _Holds

    @property
    def parameters(self) -> list[str]:
        """What it takes, without the dots."""
        return [part for part in self.written.split(", ") if part != "..."]

    @property
    def is_open(self) -> bool:
        """Whether more points may follow."""
        return self.written.endswith("...")


#: What can be asked: for each kind its forms, the first that fits is meant.
KINDS: dict[str, tuple[Form, ...]] = {}


def _form(kind: str, written: str, means: str) -> Callable[[_Holds], _Holds]:
    """Put what follows into the table."""

    def put(holds: _Holds) -> _Holds:
        KINDS[kind] = (*KINDS.get(kind, ()), Form(written, means, holds))
        return holds

    return put


@_form("right_angle", "A, B, C", "the angle at B is right")
def _right_angle(_: Executed, points: _Points, number: float, text: str) -> bool:
    return same_angle(angle(*_three(points)), 90)


@_form("length", "A, B, x", "AB is x long, in the program's own unit")
def _length_is(_: Executed, points: _Points, number: float, text: str) -> bool:
    return same_length(length(*points), number)


@_form("ratio", "A, B, C, D, x", "AB is x times as long as CD")
def _ratio_is(_: Executed, points: _Points, number: float, text: str) -> bool:
    a, b, c, d = points
    return same_length(length(a, b), number * length(c, d))


@_form("angle", "A, B, C, x", "the angle at B has x degrees")
def _angle_is(_: Executed, points: _Points, number: float, text: str) -> bool:
    wanted = number % 360
    return same_angle(angle(*_three(points)), min(wanted, 360 - wanted))


@_form("midpoint", "M, A, B", "M is the midpoint of AB")
def _midpoint(_: Executed, points: _Points, number: float, text: str) -> bool:
    m, a, b = points
    middle = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
    return a != b and length(m, middle) <= LENGTH * length(a, b)


@_form("parallel", "A, B, C, D", "AB and CD are parallel, on two lines")
def _parallel(_: Executed, points: _Points, number: float, text: str) -> bool:
    a, b, c, d = points
    apart = max(off_line(c, a, b), off_line(d, a, b)) > LENGTH * length(a, b)
    return same_angle(slant(a, b, c, d), 0) and apart


@_form("perpendicular", "A, B, C, D", "AB and CD are perpendicular")
def _perpendicular(_: Executed, points: _Points, number: float, text: str) -> bool:
    a, b, c, d = points
    return same_angle(slant(a, b, c, d), 90)


@_form("collinear", "A, B, C, ...", "the points are on one line")
def _collinear(_: Executed, points: _Points, number: float, text: str) -> bool:
    if any(a == b for a, b in combinations(points, 2)):
        return False
    a, b = max(combinations(points, 2), key=lambda ends: length(*ends))
    return all(off_line(point, a, b) <= LENGTH * length(a, b) for point in points)


@_form("on_circle", "P", "P is on a circle that is drawn")
def _on_a_drawn_circle(figure: Executed, points: _Points, number: float, text: str) -> bool:
    return any(_is_on(points[0], circle) for circle in figure.circles)


@_form("on_circle", "P, O", "P is on a circle around O that is drawn")
def _on_a_drawn_circle_around(figure: Executed, points: _Points, number: float, text: str) -> bool:
    return any(_is_on(points[0], circle) for circle in _around(figure, points[1]))


@_form("on_circle", "P, O, x", "P is on the circle around O with radius x")
def _on_a_circle_of_radius(_: Executed, points: _Points, number: float, text: str) -> bool:
    return _is_on(points[0], Circle(points[1], number))


@_form("on_circle", "P, O, A", "P is on the circle around O through A")
def _on_a_circle_through(_: Executed, points: _Points, number: float, text: str) -> bool:
    point, center, other = points
    return _is_on(point, Circle(center, length(center, other)))


@_form("on_circle", "P, A, B, C", "P is on the circle through A, B and C")
def _on_one_circle(_: Executed, points: _Points, number: float, text: str) -> bool:
    point, a, b, c = points
    center = circumcenter(a, b, c)
    return center is not None and _is_on(point, Circle(center, length(center, a)))


@_form("tangent", "A, B", "the line AB touches a circle that is drawn")
@_form("tangent", "A, B, O", "the line AB touches a circle around O that is drawn")
def _touches_a_drawn_circle(figure: Executed, points: _Points, number: float, text: str) -> bool:
    a, b, *center = points
    circles = _around(figure, center[0]) if center else figure.circles
    return any(_touches(a, b, circle) for circle in circles)


@_form("tangent", "A, B, O, x", "the line AB touches the circle around O with radius x")
def _touches_radius(_: Executed, points: _Points, number: float, text: str) -> bool:
    a, b, center = points
    return _touches(a, b, Circle(center, number))


@_form("tangent", "A, B, O, T", "the line AB touches the circle around O through T")
def _touches_through(_: Executed, points: _Points, number: float, text: str) -> bool:
    a, b, center, other = points
    return _touches(a, b, Circle(center, length(center, other)))


@_form("congruent", "A, B, C, D, ...", "the first half of the points and the second half")
def _congruent(_: Executed, points: _Points, number: float, text: str) -> bool:
    half = len(points) // 2
    pairs = list(combinations(range(half), 2))
    return all(
        same_length(length(points[i], points[j]), length(points[half + i], points[half + j]))
        for i, j in pairs
    )


@_form("inside", "P, O, x", "P is inside the circle around O with radius x")
def _inside_circle(_: Executed, points: _Points, number: float, text: str) -> bool:
    return length(points[0], points[1]) < number * (1 - LENGTH)


@_form("inside", "P, A, B, C, ...", "P is inside the polygon of the others")
def _inside(_: Executed, points: _Points, number: float, text: str) -> bool:
    return encloses(points[1:], points[0])


@_form("labelled_by", 'P, "text"', "the label is at P")
def _point_labelled(figure: Executed, points: _Points, number: float, text: str) -> bool:
    place = figure.on_page(points[0])
    return any(
        length(place, figure.on_page(label.point)) <= _ONE_PLACE for label in _labels(figure, text)
    )


@_form("labelled_by", 'A, B, "text"', "the label is beside the middle of AB")
def _segment_labelled(figure: Executed, points: _Points, number: float, text: str) -> bool:
    a, b = map(figure.on_page, points)
    return any(
        segment_distance(figure.on_page(label.anchor), a, b) < math.inf
        for label in _labels(figure, text)
    )


@_form("labelled_by", 'A, B, C, "text"', "the label is in the angle at B")
def _angle_labelled(figure: Executed, points: _Points, number: float, text: str) -> bool:
    a, b, c = map(figure.on_page, points)
    return any(
        angle_distance(figure.on_page(label.anchor), a, b, c) < math.inf
        for label in _labels(figure, text)
    )


def segment_distance(place: Point, a: Point, b: Point) -> float:
    """Return how far a label is from the segment whose length it may tell, all on the page.

    Infinite where it is too far, or beside an end.
    """
    low, high = _MIDDLE
    beside = low <= share_of_way(place, a, b) <= high
    distance = distance_to_segment(place, a, b)
    most = min(_BESIDE, length(a, b) / 2)
    return distance if beside and distance <= most else math.inf


def angle_distance(place: Point, a: Point, b: Point, c: Point) -> float:
    """Return how far a label is from the vertex B whose angle it may tell, all on the page.

    Infinite where it is too far, or outside of the angle.
    """
    whole, first, second = angle(a, b, c), angle(a, b, place), angle(place, b, c)
    within = first + second <= whole + 2 * ANGLE
    distance = length(place, b)
    return distance if within and distance <= _IN_ANGLE else math.inf


def _three(points: _Points) -> tuple[Point, Point, Point]:
    a, b, c = points
    return a, b, c


def _is_on(point: Point, circle: Circle) -> bool:
    return same_length(length(point, circle.center), circle.radius)


def _touches(a: Point, b: Point, circle: Circle) -> bool:
    return same_length(off_line(circle.center, a, b), circle.radius)


def _around(figure: Executed, center: Point) -> Iterator[Circle]:
    """Yield the drawn circles around a point."""
    for circle in figure.circles:
        if length(circle.center, center) <= LENGTH * circle.radius:
            yield circle


def _labels(figure: Executed, text: str) -> Iterator[PlacedLabel]:
    for label in figure.labels:
        if text in (label.text, name_of(label.text)):
            yield label
