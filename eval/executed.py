"""A figure as it was executed: values of names, labels, lines and circles, in its own coordinates.

What this module does not know: what should hold between them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeGuard

from asygrammar.compiler.drawing import Drawing, Point
from asygrammar.compiler.values import IDENTITY, Transform, Value, draw_and_tell
from asygrammar.eval.label_points import is_dot, name_of, places, plain_text
from asygrammar.eval.shapes import Circle, circles, inverse, mapped

_PLACE = re.compile(r"\(\s*([-+.\deE]+)\s*,\s*([-+.\deE]+)\s*\)")


@dataclass(frozen=True, slots=True)
class PlacedLabel:
    """A label.

    Attributes:
        text: What a reader sees of it, as ``label_points.plain_text`` returns it.
        point: The point that it names: the drawn one nearest to where it is put, else that place.
        anchor: Where it is put.
        marks: Whether something is drawn or named at ``point``.
    """

    text: str
    point: Point
    anchor: Point
    marks: bool


@dataclass(frozen=True)
class Executed:
    """What a program draws, and what its names stand for.

    Attributes:
        names: Values of its top-level variables (see ``asygrammar.compiler.values.Told``).
        labels: Its labels, in the order of drawing; their points are in the program's coordinates.
        drawing: What it draws, on the page.
        page: From the program's coordinates to the page, in bp.
    """

    names: Mapping[str, Value]
    labels: tuple[PlacedLabel, ...]
    drawing: Drawing
    page: Transform

    @cached_property
    def paths(self) -> tuple[tuple[Point, ...], ...]:
        """The drawn curves, as in ``DrawnPath``, in the program's coordinates; no dots."""
        back = inverse(self.page)
        return tuple(
            tuple(mapped(back, point) for point in curve)
            for path in self.drawing.paths
            if path.kind != "clip" and not is_dot(path)
            for curve in path.curves
        )

    @cached_property
    def circles(self) -> tuple[Circle, ...]:
        """The circles of which at least an arc is drawn, in the program's coordinates."""
        return tuple(circles(self.paths))

    @cached_property
    def points(self) -> Mapping[str, Point]:
        """The points that labels name, by their texts; of several with one text the first."""
        found: dict[str, Point] = {}
        for label in sorted(self.labels, key=lambda label: not label.marks):
            found.setdefault(name_of(label.text), label.point)
        return found

    def point(self, name: str) -> Point | None:
        """Return the point of a name, or nothing where there is none.

        Args:
            name: A label's text (``A``, ``$A$``), else a variable's name (``A``, ``P[0]``), or the
                point itself as ``(1,2)``.
        """
        given = _PLACE.fullmatch(name.strip())
        if given:
            return (float(given[1]), float(given[2]))
        label = self.points.get(plain_text(name))
        if label is not None:
            return label
        value = self.names.get(name.strip())
        return value if _is_point(value) else None

    def on_page(self, point: Point) -> Point:
        """Return where a point of the program's is on the page, in bp."""
        return mapped(self.page, point)


def execute(program: str, timeout: float = 30) -> Executed:
    """Run a program, confined, and return what there is in its figure.

    Args:
        program: The program.
        timeout: Wall-clock limit, in seconds.

    Raises:
        RenderError: The program has faults; the message is that of the first.
        CompilerMissing: ``asy`` is not installed.
    """
    told = draw_and_tell(program, timeout)
    page = told.page if _is_plain(told.page) else IDENTITY
    back = inverse(page)
    named = [mapped(page, value) for value in told.names.values() if _is_point(value)]
    stand = places(told.drawing, named)
    labels = tuple(
        PlacedLabel(
            plain_text(label.text), mapped(back, it.point), mapped(back, it.anchor), it.marks
        )
        for label, it in zip(told.drawing.labels, stand, strict=True)
    )
    return Executed(told.names, labels, told.drawing, page)


def _is_point(value: Value | None) -> TypeGuard[Point]:
    return isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], float)


def _is_plain(page: Transform) -> bool:
    """Whether a transform can be taken back."""
    xx, yx, xy, yy, _, _ = page
    return all(map(math.isfinite, page)) and abs(xx * yy - xy * yx) > 1e-12
