"""Straight lines, circles and corners among drawn paths. Knows nothing of names and labels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np

from asygrammar.compiler.drawing import Point
from asygrammar.compiler.values import Curve, Transform

# How far from its chord the controls of a straight segment may be, and points of an arc from their
# circle, compared with the segment's length and the radius.
_STRAIGHT, _ROUND = 1e-3, 5e-3
# A corner turns by more than this, in radians.
_CORNER = math.radians(8)
# Of a picture that has more, the rest is not looked at.
MOST = 4000


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle of which at least an arc is drawn."""

    center: Point
    radius: float


def mapped(transform: Transform, point: Point) -> Point:
    """Return where a transform takes a point."""
    xx, yx, xy, yy, x, y = transform
    return (xx * point[0] + xy * point[1] + x, yx * point[0] + yy * point[1] + y)


def inverse(transform: Transform) -> Transform:
    """Return the transform that takes back.

    Raises:
        ZeroDivisionError: There is none.
    """
    xx, yx, xy, yy, x, y = transform
    determinant = xx * yy - xy * yx
    a, b, c, d = yy / determinant, -yx / determinant, -xy / determinant, xx / determinant
    return (a, b, c, d, -(a * x + c * y), -(b * x + d * y))


def pieces(curve: Curve) -> Iterator[Curve]:
    """Yield the cubic Bezier segments of a curve, four points each."""
    for start in range(0, len(curve) - 3, 3):
        yield curve[start : start + 4]


def is_straight(piece: Curve) -> bool:
    """Whether a segment is a part of a line that has a length."""
    start, *controls, end = piece
    length = math.dist(start, end)
    return length > 0 and all(
        distance_to_segment(point, start, end) <= _STRAIGHT * length for point in controls
    )


def straight_pieces(curves: Iterable[Curve]) -> list[tuple[Point, Point]]:
    """Return the ends of the straight segments of curves, at most ``MOST``."""
    found = ((one[0], one[-1]) for curve in curves for one in pieces(curve) if is_straight(one))
    return list(islice(found, MOST))


def corners(curve: Curve) -> Iterator[Point]:
    """Yield the ends of an open curve, and the nodes at which a curve turns."""
    parts = list(pieces(curve))
    if not parts:
        yield from curve[:1]
        return
    closed = curve[0] == curve[-1] and len(parts) > 1
    if not closed:
        yield from (curve[0], curve[-1])
    following = pairwise([*parts, parts[0]] if closed else parts)
    for one, other in following:
        into, out = _direction(one[::-1]), _direction(other)
        if into is None or out is None or abs(_turn(into, out)) > _CORNER:
            yield other[0]


def circles(curves: Iterable[Curve]) -> list[Circle]:
    """Return the circles of which curves have an arc, each once, of the first ``MOST`` arcs."""
    found: list[Circle] = []
    for run in islice((run for curve in curves for run in _round_runs(curve)), MOST):
        circle = _circle_of(run)
        if circle and not any(_same(circle, other) for other in found):
            found.append(circle)
    return found


def along(piece: Curve, t: float) -> Point:
    """Return the point of a Bezier segment at a time from 0 to 1."""
    s = 1 - t
    weights = (s**3, 3 * s * s * t, 3 * s * t * t, t**3)
    x, y = (sum(w * p[i] for w, p in zip(weights, piece, strict=True)) for i in (0, 1))
    return (x, y)


def distance_to_segment(point: Point, start: Point, end: Point) -> float:
    """Return how far a point is from the nearest one of a segment."""
    t = min(1.0, max(0.0, share_of_way(point, start, end)))
    return math.dist(
        point, (start[0] + t * (end[0] - start[0]), start[1] + t * (end[1] - start[1]))
    )


def share_of_way(point: Point, start: Point, end: Point) -> float:
    """Return where the foot of a point on a line is: 0 at its start, 1 at its end."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    square = dx * dx + dy * dy
    return ((point[0] - start[0]) * dx + (point[1] - start[1]) * dy) / square if square else 0.0


def crossing(one: tuple[Point, Point], other: tuple[Point, Point]) -> Point | None:
    """Return where two segments cross, or nothing where they do not."""
    (a, b), (c, d) = one, other
    p, q = (b[0] - a[0], b[1] - a[1]), (d[0] - c[0], d[1] - c[1])
    area = p[0] * q[1] - p[1] * q[0]
    if abs(area) < 1e-9 * (math.hypot(*p) * math.hypot(*q) + 1e-300):
        return None
    t = ((c[0] - a[0]) * q[1] - (c[1] - a[1]) * q[0]) / area
    u = ((c[0] - a[0]) * p[1] - (c[1] - a[1]) * p[0]) / area
    if not (-1e-6 <= t <= 1 + 1e-6 and -1e-6 <= u <= 1 + 1e-6):
        return None
    return (a[0] + t * p[0], a[1] + t * p[1])


def _direction(piece: Curve) -> tuple[float, float] | None:
    """Return where a segment leaves its start for, or nothing where it is a point."""
    for point in piece[1:]:
        if math.dist(point, piece[0]) > 1e-9:
            return (point[0] - piece[0][0], point[1] - piece[0][1])
    return None


def _turn(into: tuple[float, float], out: tuple[float, float]) -> float:
    """Return by how much a curve turns that comes from one direction and leaves for another."""
    x, y = -into[0], -into[1]
    return math.atan2(x * out[1] - y * out[0], x * out[0] + y * out[1])


def _round_runs(curve: Curve) -> Iterator[list[Curve]]:
    """Yield the parts of a curve that have no straight segment and no corner."""
    run: list[Curve] = []
    for piece in pieces(curve):
        if is_straight(piece) or _direction(piece) is None:
            if run:
                yield run
            run = []
            continue
        if run:
            into, out = _direction(run[-1][::-1]), _direction(piece)
            if into and out and abs(_turn(into, out)) > _CORNER:
                yield run
                run = []
        run.append(piece)
    if run:
        yield run


def _circle_of(run: Sequence[Curve]) -> Circle | None:
    """Return the circle that a smooth curve is a part of, or nothing where it is of none."""
    points = np.array([along(piece, t) for piece in run for t in (0, 0.25, 0.5, 0.75, 1)])
    middle = points.mean(axis=0)
    size = float(np.abs(points - middle).max())
    if not size or not math.isfinite(size):
        return None
    around = (points - middle) / size
    # x^2 + y^2 = 2ax + 2by + c, by least squares (Kasa, 1976).
    system = np.column_stack([2 * around, np.ones(len(around))])
    (a, b, c), *_ = np.linalg.lstsq(system, (around**2).sum(axis=1), rcond=None)
    radius = math.sqrt(max(c + a * a + b * b, 0.0))
    off = np.abs(np.hypot(around[:, 0] - a, around[:, 1] - b) - radius).max()
    # A flat curve lies on some large circle, whatever it is.
    if not radius or off > _ROUND * min(radius, 1.0) or radius > 20:
        return None
    return Circle((float(middle[0] + size * a), float(middle[1] + size * b)), size * radius)


def _same(one: Circle, other: Circle) -> bool:
    near = 0.01 * one.radius
    return abs(one.radius - other.radius) < near and math.dist(one.center, other.center) < near
