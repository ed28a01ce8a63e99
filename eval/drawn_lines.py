"""Which labelled points of a figure are joined by straight lines, and what labels say of them.

What this module does not know: what holds between the points.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from asygrammar.compiler.drawing import Point
from asygrammar.eval.check_kinds import angle_distance, segment_distance
from asygrammar.eval.executed import Executed, PlacedLabel
from asygrammar.eval.label_points import name_of
from asygrammar.eval.measures import off_line
from asygrammar.eval.same_drawing import rgb
from asygrammar.eval.shapes import share_of_way, straight_pieces

_NAME = re.compile(r"[A-Z](?:_\w+|\d)?'*")
# Of a figure with more, the rest is not looked at.
_MOST_POINTS = 16
# How much of an axis is on each side of the origin.
_MARGIN = 0.03
# How far from a line a point of it may be, on the page, in bp.
_NEAR = 1.0
# What the way from the middle of a side to its end counts, in bp across.
_ALONG = 20.0
# A line as bright as that is a grid's.
_FAINT = 0.7
_DEGREES = re.compile(r"(\d+(?:\.\d+)?)\^\\circ")
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)[a-z]{0,12}")

Side = tuple[str, str]
Corner = tuple[str, str, str]


@dataclass(frozen=True)
class DrawnLines:
    """The straight lines of a figure.

    Attributes:
        points: The labelled points, on the page.
        lines: For each line that joins two or more of them, those on it, from end to end.
        strokes: The ends of every straight stroke, on the page.
    """

    points: Mapping[str, Point]
    lines: tuple[tuple[str, ...], ...]
    strokes: tuple[tuple[Point, Point], ...]

    @property
    def sides(self) -> list[Side]:
        """Every two points that a line joins."""
        found = (side for line in self.lines for side in combinations(line, 2))
        return list({frozenset(side): side for side in found}.values())

    @property
    def corners(self) -> Iterator[Corner]:
        """Every angle between two lines: a point on one, the vertex, a point on the other."""
        for one, other in combinations(self.lines, 2):
            for vertex in set(one) & set(other):
                for a in _rays(one, vertex):
                    for c in _rays(other, vertex):
                        yield a, vertex, c

    @property
    def components(self) -> list[set[str]]:
        """The points by which of them lines connect."""
        found: list[set[str]] = []
        for line in self.lines:
            joined = {*line}.union(*(one for one in found if one & {*line}))
            found = [one for one in found if not one & joined] + [joined]
        return found

    def crossing(self, one: Sequence[str], other: Sequence[str]) -> bool:
        """Tell whether two lines, each given by points on it, cross between their ends."""
        (a, b), (c, d) = ((self.points[line[0]], self.points[line[-1]]) for line in (one, other))
        return _parts(a, b, c, d) and _parts(c, d, a, b)


@dataclass(frozen=True)
class Said:
    """What a label says of a side or an angle.

    Attributes:
        of: Two points or three, the vertex in the middle.
        text: What it says.
        number: The length or the degrees, where that is what it says.
    """

    of: Side | Corner
    text: str
    number: float | None


def labelled_points(figure: Executed) -> dict[str, Point]:
    """Return the points that have a capital letter as label, in the program's coordinates.

    A letter that stands at two points names none, and nor do two letters at one.
    """
    found = [
        (name_of(label.text), label.point)
        for label in figure.labels
        if label.marks and _NAME.fullmatch(name_of(label.text))
    ]
    alone = [
        (name, point)
        for number, (name, point) in enumerate(found)
        if not any(
            name == other or math.dist(figure.on_page(point), figure.on_page(place)) <= _NEAR
            for other, place in (*found[:number], *found[number + 1 :])
        )
    ]
    return dict(alone[:_MOST_POINTS])


def drawn_lines(figure: Executed, points: Mapping[str, Point]) -> DrawnLines:
    """Return the lines between some points of a figure; faint ones are left out."""
    places = {name: figure.on_page(point) for name, point in points.items()}
    dark = [path for path in figure.drawing.paths if path.kind == "stroke"]
    curves = [curve for path in dark if min(rgb(path.color)) < _FAINT for curve in path.curves]
    strokes = straight_pieces(curves)
    pairs = sorted(combinations(places, 2), key=lambda side: -_length(places, side))
    lines: list[tuple[str, ...]] = []
    for a, b in pairs:
        if any(a in line and b in line for line in lines):
            continue
        if _is_covered(places[a], places[b], strokes):
            lines.append(_between(places, a, b))
    return DrawnLines(places, tuple(lines), tuple(strokes))


def has_axes(figure: Executed, lines: DrawnLines) -> bool:
    """Tell whether a figure has axes: strokes through the origin, across and up, without names."""
    origin = figure.on_page((0, 0))
    ways = [figure.on_page(end) for end in ((1.0, 0.0), (0.0, 1.0))]

    def is_axis(ends: tuple[Point, Point], way: Point) -> bool:
        along = all(off_line(end, origin, way) <= _NEAR for end in ends)
        within = _MARGIN < share_of_way(origin, *ends) < 1 - _MARGIN
        named = any(math.dist(p, end) <= _NEAR for p in lines.points.values() for end in ends)
        return along and within and not named

    return all(any(is_axis(ends, way) for ends in lines.strokes) for way in ways)


def said_of(figure: Executed, lines: DrawnLines) -> list[Said]:
    """Return what labels say of sides and angles, each of the one that it is nearest to."""
    found: list[Said] = []
    for label in figure.labels:
        if name_of(label.text) in lines.points or '"' in label.text or not label.text:
            continue
        said = _said(label, figure.on_page(label.anchor), lines)
        found += [said] if said else []
    return found


def _said(label: PlacedLabel, place: Point, lines: DrawnLines) -> Said | None:
    degrees, size = _DEGREES.fullmatch(label.text), _LENGTH.fullmatch(label.text)
    at = lines.points
    corners = [(angle_distance(place, at[a], at[b], at[c]), (a, b, c)) for a, b, c in lines.corners]
    sides = [(_beside(place, at[a], at[b]), (a, b)) for a, b in lines.sides]
    named: list[tuple[float, Side | Corner]] = [*(corners if degrees else sides)]
    distance, of = min(named, default=(math.inf, ("", "")))
    if distance == math.inf or (not degrees and _is_nearer(place, distance, of, lines)):
        return None
    number = degrees or size
    return Said(of, label.text, float(number[1]) if number else None)


def _beside(place: Point, a: Point, b: Point) -> float:
    """Return how far a label is from the middle of a side, mostly across."""
    return segment_distance(place, a, b) + _ALONG * abs(share_of_way(place, a, b) - 0.5)


def _is_nearer(place: Point, distance: float, side: Sequence[str], lines: DrawnLines) -> bool:
    """Tell whether a label is nearer to a stroke that is no part of a side."""
    a, b = (lines.points[name] for name in side)
    return any(
        _beside(place, *ends) < distance - _NEAR
        for ends in lines.strokes
        if max(off_line(end, a, b) for end in ends) > 2 * _NEAR
    )


def _rays(line: Sequence[str], vertex: str) -> list[str]:
    """Return the ends of a line that are not the vertex."""
    return [end for end in (line[0], line[-1]) if end != vertex]


def _length(places: Mapping[str, Point], side: Side) -> float:
    return math.dist(places[side[0]], places[side[1]])


def _between(places: Mapping[str, Point], a: str, b: str) -> tuple[str, ...]:
    """Return the points on a line from one to another, in their order."""
    start, end = places[a], places[b]
    shares = {
        name: share_of_way(place, start, end)
        for name, place in places.items()
        if name in (a, b) or off_line(place, start, end) <= _NEAR
    }
    return tuple(sorted((n for n in shares if 0 <= shares[n] <= 1), key=shares.__getitem__))


def _is_covered(a: Point, b: Point, strokes: Sequence[tuple[Point, Point]]) -> bool:
    """Tell whether strokes cover a line without a gap."""
    slack = 2 * _NEAR / math.dist(a, b) if a != b else math.inf
    if slack > 0.5:
        return False
    parts = [
        sorted((share_of_way(start, a, b), share_of_way(end, a, b)))
        for start, end in strokes
        if off_line(start, a, b) <= _NEAR and off_line(end, a, b) <= _NEAR
    ]
    reached = 0.0
    for low, high in sorted(parts):
        if low > reached + slack:
            return False
        reached = max(reached, high)
    return reached >= 1 - slack


def _parts(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Tell whether the line through two points runs between two others."""

    def side(point: Point) -> float:
        return (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0])

    return side(c) * side(d) < 0
