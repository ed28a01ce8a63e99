"""What may hold between labelled points, with the equations that say so.

A point is a complex number here, so that an equation is one line. What this module does not know:
which relations follow from which.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from asygrammar.compiler.drawing import Point
from asygrammar.eval.drawn_lines import DrawnLines, Said
from asygrammar.eval.measures import ANGLE, LENGTH
from asygrammar.eval.shapes import Circle

# How exactly a relation holds that was meant: a figure's numbers may be rounded, but what is near
# by accident is no relation. All numbers here are shares of lengths, or radians.
_EXACT = 2e-3
_ANGLE = math.radians(ANGLE)


@dataclass(frozen=True)
class Relation:
    """Something that holds.

    Attributes:
        text: The check that asks for it.
        about: The variables that it is about: names of points, and those of circles' centers and
            radii that have no label.
        equation: A function of the values of these that is 0 where it holds.
    """

    text: str
    about: tuple[str, ...]
    equation: Callable[..., tuple[float, ...]]


@dataclass(frozen=True)
class Scene:
    """The labelled points of a figure, and what is drawn around them.

    Attributes:
        values: Points, and centers and radii of circles, by name; those without a label have names
            that no label can have.
        circles: Names of the center and the radius of each circle.
        lines: The straight lines.
        said: What labels say of sides and angles.
    """

    values: Mapping[str, complex]
    circles: tuple[tuple[str, str], ...]
    lines: DrawnLines
    said: tuple[Said, ...]


def scene(
    points: Mapping[str, Point],
    circles: Sequence[Circle],
    lines: DrawnLines,
    said: Sequence[Said],
) -> Scene:
    """Return a scene of points and circles in one system of coordinates."""
    values = {name: complex(*point) for name, point in points.items()}
    named: list[tuple[str, str]] = []
    for number, circle in enumerate(circles):
        center, near = complex(*circle.center), LENGTH * circle.radius
        at = (name for name in points if abs(values[name] - center) <= near)
        name = next(at, f"(center {number})")
        values.setdefault(name, center)
        values[f"(radius {number})"] = complex(circle.radius)
        named.append((name, f"(radius {number})"))
    return Scene(values, tuple(named), lines, tuple(said))


def holding(it: Scene) -> Iterator[Relation]:
    """Yield all relations that hold, those that tell most first."""
    for kind in _KINDS:
        for relation, exact in kind(it):
            values = [it.values[name] for name in relation.about]
            try:
                off = relation.equation(*values)
            except (ArithmeticError, ValueError):
                continue
            if max(map(abs, off)) <= exact:
                yield relation


_Found = Iterator[tuple[Relation, float]]


def _midpoints(it: Scene) -> _Found:
    def middle(m: complex, a: complex, b: complex) -> tuple[float, ...]:
        off = (m - (a + b) / 2) / abs(b - a)
        return (off.real, off.imag)

    for line in it.lines.lines:
        for a, m, b in combinations(line, 3):
            yield Relation(f"midpoint({m}, {a}, {b})", (m, a, b), middle), _EXACT


def _collinear(it: Scene) -> _Found:
    def flat(a: complex, m: complex, b: complex) -> tuple[float, ...]:
        return (((m - a) * (b - a).conjugate()).imag / abs(b - a) ** 2,)

    for line in it.lines.lines:
        for m in line[1:-1]:
            points = (line[0], m, line[-1])
            yield Relation(f"collinear({', '.join(points)})", points, flat), LENGTH


def _on_circles(it: Scene) -> _Found:
    def on(p: complex, center: complex, radius: complex) -> tuple[float, ...]:
        return (math.log(abs(p - center) / radius.real),)

    for center, radius in it.circles:
        for name in it.lines.points:
            known = f"{name}, {center}" if center in it.lines.points else name
            yield Relation(f"on_circle({known})", (name, center, radius), on), LENGTH / 2


def _tangents(it: Scene) -> _Found:
    def touching(a: complex, b: complex, center: complex, radius: complex) -> tuple[float, ...]:
        off = ((center - a) * (b - a).conjugate()).imag / abs(b - a)
        return (math.log(abs(off) / radius.real),)

    for center, radius in it.circles:
        for line in it.lines.lines:
            a, b = line[0], line[-1]
            if center not in line:
                known = f"{a}, {b}, {center}" if center in it.lines.points else f"{a}, {b}"
                yield Relation(f"tangent({known})", (a, b, center, radius), touching), _EXACT


def _right_angles(it: Scene) -> _Found:
    def right(a: complex, b: complex, c: complex) -> tuple[float, ...]:
        return (_direction(a - b, c - b).real,)

    for corner in it.lines.corners:
        yield Relation(f"right_angle({', '.join(corner)})", corner, right), _EXACT


def _parallels(it: Scene) -> _Found:
    def parallel(a: complex, b: complex, c: complex, d: complex) -> tuple[float, ...]:
        return (_direction(b - a, d - c).imag,)

    for ends in _line_pairs(it):
        if _is_layout(it, ends):
            continue
        yield Relation(f"parallel({', '.join(ends)})", ends, parallel), _EXACT


def _perpendiculars(it: Scene) -> _Found:
    def square(a: complex, b: complex, c: complex, d: complex) -> tuple[float, ...]:
        return (_direction(b - a, d - c).real,)

    for a, b, c, d in _line_pairs(it):
        if it.lines.crossing((a, b), (c, d)):
            relation = Relation(f"perpendicular({a}, {b}, {c}, {d})", (a, b, c, d), square)
            yield relation, _EXACT


def _equal_lengths(it: Scene) -> _Found:
    sides = it.lines.sides
    pairs = sorted(combinations(sides, 2), key=lambda pair: not set(pair[0]) & set(pair[1]))
    for one, other in pairs:
        if not _are_arms(it, one, other):
            yield _ratio(one, other, 1.0), _EXACT


def _told_angles(it: Scene) -> _Found:
    for said in it.said:
        if len(said.of) == 3 and said.number is not None:
            wanted = math.radians(said.number)

            def turned(
                a: complex, b: complex, c: complex, wanted: float = wanted
            ) -> tuple[float, ...]:
                return (abs(cmath.phase((a - b) / (c - b))) - wanted,)

            text = f"angle({', '.join(said.of)}, {said.number:g})"
            yield Relation(text, said.of, turned), _ANGLE


def _told_lengths(it: Scene) -> _Found:
    told = [s for s in it.said if len(s.of) == 2 and s.number]
    for one, other in combinations(told, 2):
        assert one.number
        assert other.number
        yield (
            _ratio((one.of[0], one.of[1]), (other.of[0], other.of[1]), one.number / other.number),
            LENGTH,
        )


def _ratio(one: tuple[str, str], other: tuple[str, str], wanted: float) -> Relation:
    def lengths(a: complex, b: complex, c: complex, d: complex) -> tuple[float, ...]:
        return (math.log(abs(b - a) / abs(d - c) / wanted),)

    text = f"ratio({', '.join((*one, *other))}, {wanted:.12g})"
    return Relation(text, (*one, *other), lengths)


def _is_layout(it: Scene, ends: Sequence[str]) -> bool:
    """Tell whether points are of two shapes that nothing connects: these lie as they happen to."""
    shapes = [shape for shape in it.lines.components if shape & {*ends}]
    return len(shapes) > 1 and all(len(shape) > 2 for shape in shapes)


def _are_arms(it: Scene, one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Tell whether two sides are the arms of an angle, which are as long as they happen to be."""
    ends = {*one} ^ {*other}
    return len(ends) == 2 and all(sum(end in side for side in it.lines.sides) == 1 for end in ends)


def _line_pairs(it: Scene) -> Iterator[tuple[str, str, str, str]]:
    """Yield the ends of each two lines that share no labelled point."""
    for one, other in combinations(it.lines.lines, 2):
        if not {*one} & {*other}:
            yield one[0], one[-1], other[0], other[-1]


def _direction(one: complex, other: complex) -> complex:
    """Return a unit number: how one direction is turned from another."""
    return one / abs(one) / (other / abs(other))


# Those that tell most first: what follows from them is left out.
_KINDS: tuple[Callable[[Scene], _Found], ...] = (
    _midpoints,
    _collinear,
    _on_circles,
    _tangents,
    _right_angles,
    _parallels,
    _equal_lengths,
    _perpendiculars,
    _told_angles,
    _told_lengths,
)
