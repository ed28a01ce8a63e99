"""Geometry of a few points: lengths, angles, and whether they are as they should be.

Tolerances are those of a figure that is meant to be exact and was written with rounded numbers:
angles within 1 degree, lengths and places within 1 % of what they are compared with. Points that
fall together have no directions, and nothing that asks for one holds of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from asygrammar.compiler.drawing import Point
from asygrammar.eval.shapes import distance_to_segment

#: Degrees that an angle may be off.
ANGLE = 1.0
#: The share of a length that a length or a place may be off.
LENGTH = 0.01


def length(a: Point, b: Point) -> float:
    """Return how far two points are apart."""
    return math.dist(a, b)


def angle(a: Point, b: Point, c: Point) -> float:
    """Return the angle at the second of three points, 0 to 180 degrees; NaN where it has none."""
    u, v = (a[0] - b[0], a[1] - b[1]), (c[0] - b[0], c[1] - b[1])
    if not any(u) or not any(v):
        return math.nan
    return math.degrees(abs(math.atan2(u[0] * v[1] - u[1] * v[0], u[0] * v[0] + u[1] * v[1])))


def slant(a: Point, b: Point, c: Point, d: Point) -> float:
    """Return the angle between the lines through two points each, 0 to 90 degrees; NaN likewise."""
    between = angle((a[0] + d[0] - c[0], a[1] + d[1] - c[1]), a, b)
    return min(between, 180 - between)


def same_length(one: float, other: float) -> bool:
    """Tell whether two lengths are one, up to rounding; neither may be 0."""
    return min(one, other) > 0 and abs(one - other) <= LENGTH * max(one, other)


def same_angle(one: float, other: float) -> bool:
    """Tell whether two angles are one, up to rounding, in degrees."""
    return abs(one - other) <= ANGLE


def off_line(point: Point, a: Point, b: Point) -> float:
    """Return how far a point is from the line through two others; NaN where they are one."""
    run = math.dist(a, b)
    if not run:
        return math.nan
    cross = (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0])
    return abs(cross) / run


def circumcenter(a: Point, b: Point, c: Point) -> Point | None:
    """Return the point that is as far from each of three, or nothing where they lie on a line."""
    u, v = (b[0] - a[0], b[1] - a[1]), (c[0] - a[0], c[1] - a[1])
    area = 2 * (u[0] * v[1] - u[1] * v[0])
    p, q = math.hypot(*u) ** 2, math.hypot(*v) ** 2
    if abs(area) <= 1e-9 * (p + q):
        return None
    return (a[0] + (v[1] * p - u[1] * q) / area, a[1] + (u[0] * q - v[0] * p) / area)


def encloses(corners: Sequence[Point], point: Point) -> bool:
    """Tell whether a point is inside a polygon, and not on its edge."""
    edges = list(zip(corners, [*corners[1:], corners[0]], strict=True))
    size = max(math.dist(a, b) for a, b in edges)
    if any(distance_to_segment(point, a, b) <= LENGTH / 2 * size for a, b in edges):
        return False
    crossed = 0
    for (ax, ay), (bx, by) in edges:
        if (ay > point[1]) != (by > point[1]):
            crossed += ax + (point[1] - ay) * (bx - ax) / (by - ay) > point[0]
    return crossed % 2 == 1
