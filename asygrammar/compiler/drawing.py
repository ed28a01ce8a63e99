"""What a program draws, as data: paths with their pens, and labels with their places.

``asy`` is asked for the PostScript and the TeX that it would make a picture of. There, every path
has been executed, scaled and put in place, however the program came by it. What this module does
not know: names, values, and which statement drew what.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from asygrammar.compiler import asy
from asygrammar.compiler.picture import TRACE_END
from asygrammar.compiler.result import RenderError

Point = tuple[float, float]
Color = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class DrawnPath:
    """A path that was stroked, filled, shaded or clipped to.

    Attributes:
        kind: ``"stroke"``, ``"fill"``, ``"shade"`` or ``"clip"``.
        curves: For each connected part, its points: the first, then three for each cubic Bezier
            segment (two controls and the end), in bp (1/72 inch) from the program's origin.
        color: Gray (one number), RGB or CMYK, each from 0 to 1.
        width: Of the line, in bp.
        dashes: Lengths of dashes and gaps in bp; empty for a solid line.
    """

    kind: str
    curves: tuple[tuple[Point, ...], ...]
    color: Color
    width: float
    dashes: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class DrawnLabel:
    """A label.

    Attributes:
        text: Its TeX.
        at: Where it is put, in bp from the program's origin.
        align: Which way it lies from there, in its own sizes: ``(-1, 0)`` is to the left.
        turn: The matrix that it is transformed by, ``(xx, yx, xy, yy)``.
        color: As of a path.
        size: Of its font, in TeX's points.
    """

    text: str
    at: Point
    align: Point
    turn: tuple[float, ...]
    color: Color
    size: float


@dataclass(frozen=True)
class Drawing:
    """What a program draws, in the order of drawing, paths and labels apart."""

    paths: tuple[DrawnPath, ...]
    labels: tuple[DrawnLabel, ...]


def drawing(source: str, timeout: float = 30) -> Drawing:
    """Run a program, and return what it draws.

    Args:
        source: The program.
        timeout: Wall-clock limit, in seconds.

    Raises:
        RenderError: The program has faults; the message is that of the first.
        CompilerMissing: ``asy`` is not installed.
    """
    result = asy.trace(source, timeout)
    if not result.ok:
        raise RenderError(result)
    return read_drawing(result.output.decode("latin-1"))


def read_drawing(traced: str) -> Drawing:
    """Read what ``asy.trace`` returns as its picture, one byte a character."""
    tex, *layers = traced.split(TRACE_END)
    paths = tuple(path for layer in layers for path in _paths(layer))
    return Drawing(paths, tuple(_labels(tex)))


# ------------------------------------------------------------------------------ PostScript


@dataclass(frozen=True)
class _Pen:
    color: Color = (0.0,)
    width: float = 0.5
    dashes: tuple[float, ...] = ()
    matrix: tuple[float, ...] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass
class _State:
    """The few things of PostScript's state that asy changes."""

    pen: _Pen = _Pen()
    saved: list[_Pen] = field(default_factory=list)
    curves: list[list[Point]] = field(default_factory=list)


def _paths(layer: str) -> Iterator[DrawnPath]:
    """Read the paths of asy's PostScript, whose operators are all on lines of their own."""
    _, _, body = layer.partition("bind def\n")
    state = _State()
    for line in body.splitlines():
        words = line.replace("[", " [ ").replace("]", " ] ").split()
        numbers: list[float] = []
        for word in words:
            if word in _PAINTING:
                yield _painted(_PAINTING[word], state)
            elif word in _OPERATORS:
                _OPERATORS[word](state, numbers)
                numbers = []
            elif _NUMBER.fullmatch(word):
                numbers.append(float(word))
            elif word not in ("[", "]"):
                numbers = []
        if words[-1:] in (["fill"], ["stroke"], ["eofill"]):
            state.curves = []


_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_PAINTING = {"stroke": "stroke", "fill": "fill", "eofill": "fill", "shfill": "shade"}
_PAINTING |= {"clip": "clip", "eoclip": "clip"}


def _painted(kind: str, state: _State) -> DrawnPath:
    pen = state.pen
    curves = tuple(tuple(curve) for curve in state.curves)
    if kind in ("clip", "shade"):  # no pen, and the path stays
        return DrawnPath(kind, curves, (), 0.0, ())
    width, dashes = (pen.width, pen.dashes) if kind == "stroke" else (0.0, ())
    return DrawnPath(kind, curves, pen.color, width, dashes)


def _new(state: _State, _: list[float]) -> None:
    state.curves = []


def _move(state: _State, numbers: list[float]) -> None:
    state.curves.append([_placed(state, numbers)])


def _line(state: _State, numbers: list[float]) -> None:
    start, end = state.curves[-1][-1], _placed(state, numbers)
    third = ((end[0] - start[0]) / 3, (end[1] - start[1]) / 3)
    first = (start[0] + third[0], start[1] + third[1])
    second = (end[0] - third[0], end[1] - third[1])
    state.curves[-1] += [first, second, end]


def _curve(state: _State, numbers: list[float]) -> None:
    state.curves[-1] += [_placed(state, numbers[i : i + 2]) for i in (0, 2, 4)]


def _placed(state: _State, point: list[float]) -> Point:
    a, b, c, d, e, f = state.pen.matrix
    x, y = point
    return (a * x + c * y + e, b * x + d * y + f)


def _color(state: _State, numbers: list[float]) -> None:
    state.pen = replace(state.pen, color=tuple(numbers))


def _width(state: _State, numbers: list[float]) -> None:
    state.pen = replace(state.pen, width=numbers[-1])


def _dash(state: _State, numbers: list[float]) -> None:
    state.pen = replace(state.pen, dashes=tuple(numbers[:-1]))


def _save(state: _State, _: list[float]) -> None:
    state.saved.append(state.pen)


def _restore(state: _State, _: list[float]) -> None:
    if state.saved:
        state.pen = state.saved.pop()


def _concat(state: _State, numbers: list[float]) -> None:
    a, b, c, d, e, f = state.pen.matrix
    p, q, r, s, t, u = numbers[-6:]
    matrix = (
        a * p + c * q,
        b * p + d * q,
        a * r + c * s,
        b * r + d * s,
        a * t + c * u + e,
        b * t + d * u + f,
    )
    state.pen = replace(state.pen, matrix=matrix)


_OPERATORS: dict[str, Callable[[_State, list[float]], None]] = {
    "newpath": _new,
    "moveto": _move,
    "lineto": _line,
    "curveto": _curve,
    "setgray": _color,
    "setrgbcolor": _color,
    "setcmykcolor": _color,
    "Setlinewidth": _width,
    "setlinewidth": _width,
    "setdash": _dash,
    "gsave": _save,
    "grestore": _restore,
    "concat": _concat,
}

# ------------------------------------------------------------------------------------- TeX

_N = r"(-?[\d.]+(?:e-?\d+)?)"
_BOX = re.compile(rf"\\includegraphics\[bb={_N} {_N} {_N} {_N}\]")
_ALIGNED = re.compile(
    rf"\\ASYalign(?P<turned>T)?\({_N},{_N}\)\({_N},{_N}\)"
    r"(?(turned)\{(?P<turn>[^}]*)\})\{(?P<text>.*)\}%",
    re.DOTALL,
)
_COLORED = re.compile(r"\\special\{ps:\s*([-\d. e]+) set(?:gray|rgbcolor|cmykcolor)\}")
_SIZED = re.compile(rf"\\fontsize\{{{_N}\}}")


def _labels(tex: str) -> Iterator[DrawnLabel]:
    """Read the labels of asy's TeX, whose places are told from the lower right corner."""
    box = _BOX.search(tex)
    right, bottom = (float(box[3]), float(box[2])) if box else (0.0, 0.0)
    color: Color = (0.0,)
    size = 12.0
    for part in tex.split("%\n"):
        if found := _COLORED.search(part):
            color = tuple(float(number) for number in found[1].split())
        elif found := _SIZED.search(part):
            size = float(found[1])
        elif found := _ALIGNED.search(part + "%"):
            x, y, along, up = (float(found[i]) for i in (2, 3, 4, 5))
            turn = tuple(float(number) for number in (found["turn"] or "1 0 0 1").split())
            text = " ".join(found["text"].split())
            yield DrawnLabel(text, (x + right, y + bottom), (along, up), turn, color, size)
