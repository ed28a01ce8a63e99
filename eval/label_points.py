"""Which point a label names: the drawn one that it stands beside.

Everything here is on the page, in bp. What this module does not know: values of names, and what a
label's text means beyond what a reader sees of it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from asygrammar.compiler.drawing import Drawing, DrawnLabel, DrawnPath, Point
from asygrammar.eval.shapes import (
    MOST,
    along,
    circles,
    corners,
    crossing,
    distance_to_segment,
    pieces,
    straight_pieces,
)

# A label is put at `labelmargin` from its point: 0.28 of the font's size and half a line's width.
_MARGIN = 0.28
# How far behind that its point may be (2*SW, dots), and how far beside it at all.
_BEHIND, _FARTHEST = 15.0, 20.0
# What a place behind costs, beside one that is off the label's direction.
_SLANT = 0.15
# What a point costs that only lies on a line, compared with one that is a corner or a dot; and what
# a place of no drawn thing costs.
_ON_A_LINE, _NOWHERE = 4.0, 21.0
# How near a line a place is on it, in bp: letters have depths that their place does not tell.
_NEAR = 1.5
# A filled curve up to this size is a dot; a stroked one adds no corners: it is an arrow's head.
_DOT = 8.0

# Of the parts of a direction: what counts as 1, and the least below 0 that counts as -1.
_WHOLE, _BELOW = 0.97, 0.25

# Labels after these name nothing.
_MOST_LABELS = 300

_IN_FONT = re.compile(
    r"\\(?:text(?:bf|it|rm|sf|tt|normal)?|math(?:bf|it|rm|sf|tt|bb|cal)|mbox|hbox|boldsymbol|bm|bf|it"
    r"|rm|sf|tiny|scriptsize|footnotesize|small|normalsize|large|Large|LARGE|huge|displaystyle"
    r"|textstyle|left|right|strut|phantom)(?![A-Za-z])"
)
_SPACE = re.compile(r"\\[ ,;:!]|\\q?quad(?![A-Za-z])|[\s~]+")
# What is said behind a point's name: its coordinates.
_NAMED = re.compile(r"([A-Z](?:_\w|_?\d)?'*)[=(].*")


@dataclass(frozen=True, slots=True)
class Named:
    """Where a label stands.

    Attributes:
        point: The point that it names, in bp.
        anchor: The point that it is put beside, as far as its own place tells.
        marks: Whether something is drawn or named at ``point``.
    """

    point: Point
    anchor: Point
    marks: bool


def plain_text(tex: str) -> str:
    r"""Return what a reader sees of a label, without fonts, spaces, braces and dollar signs.

    ``$\mathbf{A_{1}}$`` is ``A_1``, ``$A\,(1, 2)$`` is ``A(1,2)``.
    """
    text = _SPACE.sub("", _IN_FONT.sub("", tex))
    text = re.sub(r"[${}]", "", text).replace(r"^\prime", "'").replace("^'", "'")
    return text.replace(r"\prime", "'").replace("^°", r"^\circ").replace("°", r"^\circ")


def name_of(text: str) -> str:
    """Return the point's name in a plain text: ``A`` of ``A(1,2)``; else the text itself."""
    found = _NAMED.fullmatch(text)
    return found[1] if found else text


def places(drawing: Drawing, named: Sequence[Point]) -> list[Named]:
    """Return where the labels of a drawing stand, in their order.

    Args:
        drawing: What is drawn.
        named: Points that the program has names for, in bp.
    """
    paths = [path for path in drawing.paths[:MOST] if path.kind != "clip"]
    curves = [curve for path in paths for curve in path.curves]
    fixed = [*named, *islice(_points(paths), MOST)]
    fixed += [circle.center for circle in circles(curves)]
    lines = straight_pieces(curves)
    smooth = list(islice((piece for curve in curves for piece in pieces(curve)), MOST))
    near = [_place(label, fixed, lines, smooth) for label in drawing.labels[:_MOST_LABELS]]
    return near + [Named(one.at, one.at, False) for one in drawing.labels[_MOST_LABELS:]]


def is_dot(path: DrawnPath) -> bool:
    """Whether a path is a dot: a stroke without a length, or a small area."""
    size = max(map(_size, path.curves), default=math.inf)
    return size == 0 or (path.kind == "fill" and size < _DOT)


def _points(paths: Sequence[DrawnPath]) -> Iterator[Point]:
    """Yield dots, the ends of lines and their corners."""
    for path in paths:
        for curve in path.curves:
            if is_dot(path):
                yield _middle(curve)
            elif _size(curve) >= _DOT:
                yield from corners(curve)


def _place(
    label: DrawnLabel,
    fixed: Sequence[Point],
    lines: Sequence[tuple[Point, Point]],
    smooth: Sequence[tuple[Point, ...]],
) -> Named:
    way = _way(label)
    margin = _MARGIN * label.size if way else 0.0
    x, y = label.at
    back = way or (0.0, 0.0)
    anchor = (x - margin * back[0], y - margin * back[1])
    near = [ends for ends in lines if distance_to_segment(label.at, *ends) < _FARTHEST][:60]
    crossed = (crossing(a, b) for i, a in enumerate(near) for b in near[:i])
    found = [(point, _cost(label.at, way, margin, point)) for point in fixed]
    found += [(p, _cost(label.at, way, margin, p) + 0.1) for p in crossed if p]
    if way:
        for times in (1.0, 1.5, 2.0):
            point = (x - times * margin * way[0], y - times * margin * way[1])
            feet = (foot for piece in smooth if (foot := _foot(point, piece)))
            if (foot := next(feet, None)) is not None:
                found.append((foot, _ON_A_LINE + times))
                break
    point, cost = min([*found, (anchor, _NOWHERE)], key=lambda one: one[1])
    return Named(point, anchor, cost < _NOWHERE)


def _way(label: DrawnLabel) -> Point | None:
    """Return which way a label lies from its point, as a unit vector; nothing where on it.

    The greater part of a direction that asy aligns by is 1. Upwards, letters that reach below
    their line add something to it that is not known.
    """
    x, y = (min(1.0, max(-1.0, 2 * part + 1)) for part in label.align)
    if abs(x) < _WHOLE:
        if abs(x) < 1 - _WHOLE and -_BELOW < y < _WHOLE:
            return None
        y = 1.0 if y >= _WHOLE else -1.0
    length = math.hypot(x, y)
    return (x / length, y / length)


def _cost(at: Point, way: Point | None, margin: float, point: Point) -> float:
    """Return how far a point is from where a label's point would be, in bp."""
    x, y = at[0] - point[0], at[1] - point[1]
    if way is None or math.hypot(x, y) > _BEHIND + _FARTHEST:
        cost = math.hypot(x, y)
    else:
        behind = min(_BEHIND, max(0.0, x * way[0] + y * way[1]))
        cost = math.hypot(x - behind * way[0], y - behind * way[1])
        cost += _SLANT * abs(behind - margin)
    return cost if cost < _FARTHEST else math.inf


def _foot(point: Point, piece: tuple[Point, ...]) -> Point | None:
    """Return the nearest point of a segment, where it is nearer than ``_NEAR``."""
    xs, ys = ([p[i] for p in piece] for i in (0, 1))
    if not (
        min(xs) - _NEAR <= point[0] <= max(xs) + _NEAR
        and min(ys) - _NEAR <= point[1] <= max(ys) + _NEAR
    ):
        return None
    steps = [0.0, 1.0]
    for width in (0.1, 0.01, 0.001):
        low, high = steps[0], steps[-1]
        count = max(1, round((high - low) / width))
        tried = [low + (high - low) * i / count for i in range(count + 1)]
        best = min(tried, key=lambda t: math.dist(point, along(piece, t)))
        steps = [max(0.0, best - width), min(1.0, best + width)]
    foot = along(piece, best)
    return foot if math.dist(point, foot) < _NEAR else None


def _size(curve: Sequence[Point]) -> float:
    return max(max(p[i] for p in curve) - min(p[i] for p in curve) for i in (0, 1))


def _middle(curve: Sequence[Point]) -> Point:
    x, y = (0.5 * (max(p[i] for p in curve) + min(p[i] for p in curve)) for i in (0, 1))
    return (x, y)
