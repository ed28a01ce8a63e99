"""Whether two programs draw the same, however they are written.

What counts is what is on the page: the same lines with the same pens, the same areas filled and
clipped to, the same labels at the same places. The order of drawing does not count, nor into how
many ``draw`` calls a line is parted, nor in which direction it runs. Pictures (SSIM) are no judge
of this: a missing point changes few of the pixels.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from asygrammar.compiler import RenderError
from asygrammar.compiler.drawing import Drawing, DrawnLabel, DrawnPath, Point, drawing

#: How far from each other two points may be, in bp (1/72 inch).
TOLERANCE = 0.5
# How far apart numbers of a pen may be: parts of a color, a line's width in bp, sizes of fonts.
_PEN = 0.02
# Dashes are stretched to the length of their line.
_DASHES = 0.3


@dataclass(frozen=True)
class Difference:
    """What one drawing has and the other has not.

    Attributes:
        missing: Strokes, areas and labels of the wanted drawing that the other has not.
        added: Those of the other that the wanted drawing has not.
    """

    missing: tuple[str, ...]
    added: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether there is none."""
        return not self.missing and not self.added


@dataclass(frozen=True, slots=True)
class _Mark:
    """A thing on the page.

    Attributes:
        kind: Things of different kinds are different.
        points: Where it is.
        numbers: How it looks; compared with ``_PEN``.
        about: The same for people.
    """

    kind: Hashable
    points: tuple[Point, ...]
    numbers: tuple[float, ...]
    about: str


def same_drawing(wanted: str, found: str) -> bool:
    """Tell whether two programs draw the same.

    Args:
        wanted: A program that compiles.
        found: Any program; one that does not compile draws nothing that is wanted.

    Raises:
        RenderError: The wanted program does not compile.
        CompilerMissing: ``asy`` is not installed.
    """
    if wanted == found:
        return True
    first = drawing(wanted)
    try:
        return compare_drawings(first, drawing(found)).same
    except RenderError:
        return False


def compare_drawings(wanted: Drawing, found: Drawing) -> Difference:
    """Return what differs, the order of drawing aside."""
    ours, theirs = list(_marks(wanted)), list(_marks(found))
    missing = tuple(mark.about for mark in _unmatched(ours, theirs))
    return Difference(missing, tuple(mark.about for mark in _unmatched(theirs, ours)))


def _marks(it: Drawing) -> Iterator[_Mark]:
    for path in it.paths:
        yield from _strokes(path) if path.kind == "stroke" else _areas(path)
    for label in it.labels:
        yield _label(label)


def _strokes(path: DrawnPath) -> Iterator[_Mark]:
    """Yield the segments of a line, each running from its smaller end."""
    look = (*rgb(path.color), path.width)
    for curve in path.curves:
        for at in range(0, max(len(curve) - 3, 1), 3):
            ends = curve[at : at + 4]
            points = ends if ends[0] <= ends[-1] else ends[::-1]
            name = f"a line from {_place(points[0])} to {_place(points[-1])}"
            yield _Mark(("stroke", _dashing(path)), points, look, name)


def _dashing(path: DrawnPath) -> Hashable:
    """Return a line's pattern so that it does not depend on the line's length."""
    if not path.dashes:
        return ()
    longest = max(path.dashes)
    return tuple(round(dash / longest / _DASHES) for dash in path.dashes)


def _areas(path: DrawnPath) -> Iterator[_Mark]:
    """Yield the curves around an area, which are the same wherever they start."""
    for curve in path.curves:
        ends = curve[:-1] if len(curve) > 1 and _near(curve[0], curve[-1]) else curve
        name = f"{path.kind} of an area at {_place(ends[0])}"
        yield _Mark((path.kind, len(ends)), ends, rgb(path.color), name)


def _label(label: DrawnLabel) -> _Mark:
    about = f"the label {label.text} at {_place(label.at)}"
    looks = (*rgb(label.color), label.size / 12, *label.turn, *label.align)
    return _Mark(("label", label.text), (label.at,), looks, about)


def _unmatched(marks: Iterable[_Mark], others: Iterable[_Mark]) -> Iterator[_Mark]:
    """Yield the marks that equal none of the others.

    A mark that is drawn twice looks as one that is drawn once.
    """
    places: dict[Hashable, list[_Mark]] = defaultdict(list)
    for other in others:
        for cell in _cells(_center(other), spread=1):
            places[other.kind, cell].append(other)
    for mark in marks:
        (cell,) = _cells(_center(mark), spread=0)
        if not any(_equal(mark, other) for other in places[mark.kind, cell]):
            yield mark


def _cells(point: Point, spread: int) -> Iterator[tuple[int, int]]:
    """Yield the cell of a grid that a point lies in, and those beside it."""
    x, y = (math.floor(number / (2 * TOLERANCE)) for number in point)
    reach = range(-spread, spread + 1)
    yield from ((x + i, y + j) for i, j in product(reach, reach))


def _center(mark: _Mark) -> Point:
    count = len(mark.points)
    return (sum(x for x, _ in mark.points) / count, sum(y for _, y in mark.points) / count)


def _equal(one: _Mark, other: _Mark) -> bool:
    if len(one.numbers) != len(other.numbers):
        return False
    if any(abs(a - b) > _PEN for a, b in zip(one.numbers, other.numbers, strict=True)):
        return False
    return any(
        all(map(_near, one.points, points)) for points in _WAYS[_shape(one.kind)](other.points)
    )


def _shape(kind: Hashable) -> str:
    return str(kind[0]) if isinstance(kind, tuple) else str(kind)


def _both_ways(points: tuple[Point, ...]) -> Iterator[tuple[Point, ...]]:
    yield points
    yield points[::-1]


def _all_around(points: tuple[Point, ...]) -> Iterator[tuple[Point, ...]]:
    """Yield a closed curve from each of its nodes, in both directions."""
    for start in range(0, len(points), 3):
        turned = (*points[start:], *points[:start])
        yield turned
        yield (turned[0], *turned[:0:-1])


_WAYS: dict[str, Callable[[tuple[Point, ...]], Iterator[tuple[Point, ...]]]] = {
    "stroke": _both_ways,
    "fill": _all_around,
    "shade": _all_around,
    "clip": _all_around,
    "label": lambda points: iter((points,)),
}


def _near(one: Point, other: Point) -> bool:
    return math.dist(one, other) <= TOLERANCE


def rgb(color: tuple[float, ...]) -> tuple[float, ...]:
    """Return a color as red, green and blue, from 0 to 1 each."""
    if len(color) == 1:
        return color * 3
    if len(color) == 4:
        *inks, black = color
        return tuple((1 - ink) * (1 - black) for ink in inks)
    return color


def _place(point: Point) -> str:
    return f"({point[0]:.0f},{point[1]:.0f})"
