"""Paths in words: what an expression of a program draws, as far as its syntax tells.

What this module does not know: values. A path that only running the program would tell is "a
path".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from asygrammar.syntax import Node, Word

# How far variables are followed to what they stand for.
_DEPTH = 4
_CORNERS = {3: "triangle", 4: "quadrilateral", 5: "pentagon", 6: "hexagon", 8: "octagon"}


@dataclass(frozen=True)
class Shape:
    """Something that is drawn.

    Attributes:
        kind: What it is, in the singular: ``segment``.
        words: The same in full, with an article: ``the segment from A to B``.
    """

    kind: str
    words: str


PATH = Shape("path", "a path")


@dataclass(frozen=True)
class Reader:
    """Reads shapes from expressions.

    Attributes:
        text: Returns the source text of a node.
        values: What variables were declared to be, those that are declared once.
    """

    text: Callable[[Node | Word], str]
    values: Mapping[str, Node]

    def shape(self, node: Node, depth: int = _DEPTH) -> Shape:
        """Return what an expression draws."""
        match node.kind:
            case "group":
                return self._inner(node, depth)
            case "name":
                return self._named(self.text(node), depth)
            case "call":
                return self._called(node)
            case "join":
                return self._joined(node)
            case "binary":
                return self._combined(node, depth)
        return PATH

    def _inner(self, node: Node, depth: int) -> Shape:
        inner = next((child for child in node.children if isinstance(child, Node)), None)
        return self.shape(inner, depth) if inner else PATH

    def _named(self, name: str, depth: int) -> Shape:
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        if name in self.values and depth:
            return self.shape(self.values[name], depth - 1)
        return PATH

    def _called(self, node: Node) -> Shape:
        name, given = called(node), [self.text(one) for one in arguments(node)]
        for known, count, kind, words in _CALLS:
            if known == name and len(given) >= count:
                # A function that is written out in its place is no words.
                plain = not any("{" in one for one in given)
                return Shape(kind, words.format(*given) if plain else f"a {kind}")
        return PATH

    def _combined(self, node: Node, depth: int) -> Shape:
        left, operator, right = node.children[0], node.children[1], node.children[-1]
        if not (isinstance(left, Node) and isinstance(right, Node)):
            return PATH
        if self.text(operator) == "^^":
            parts = [self.shape(part, depth) for part in (left, right)]
            kind = parts[0].kind if parts[0].kind == parts[1].kind else "path"
            return Shape(kind, f"{parts[0].words} and {parts[1].words}")
        if self.text(operator) != "*":
            return PATH
        moved = self._moved(left)
        shape = self.shape(right, depth)
        return Shape(shape.kind, f"{shape.words} {moved}") if moved else PATH

    def _moved(self, node: Node) -> str:
        """Return what a transform does, in words; empty where that is not known."""
        if node.kind == "binary" and self.text(node.children[1]) == "*":
            parts = [
                self._moved(part) for part in reversed(node.children) if isinstance(part, Node)
            ]
            return " and ".join(parts) if all(parts) else ""
        if node.kind == "group":
            inner = next(child for child in node.children if isinstance(child, Node))
            return self._moved(inner)
        if node.kind != "call":
            return ""
        name, given = called(node), [self.text(one) for one in arguments(node)]
        pattern = _TRANSFORMS.get((name, len(given)))
        return pattern.format(*given) if pattern else ""

    def _joined(self, node: Node) -> Shape:
        points, straight = self._points(node)
        closed = bool(points) and points[-1] == "cycle"
        points = points[:-1] if closed else points
        if len(points) > 3 and points[0] == points[-1]:
            closed, points = True, points[:-1]
        if not points:
            return PATH
        if not straight:
            around = "a closed curve" if closed else "a smooth curve"
            return Shape("curve", f"{around} through {listed(points)}")
        if not closed and len(points) == 2:
            return Shape("segment", f"the segment from {points[0]} to {points[1]}")
        if not closed:
            return Shape("line", f"the line through {listed(points)}")
        kind = _CORNERS.get(len(points), "polygon")
        if all(len(point) == 1 and point.isupper() for point in points):
            return Shape(kind, f"the {kind} {''.join(points)}")
        return Shape(kind, f"the {kind} with corners {listed(points)}")

    def _points(self, node: Node | Word) -> tuple[list[str], bool]:
        """Return the points of a join in order, and whether only straight lines join them."""
        if not isinstance(node, Node) or node.kind != "join":
            plain = isinstance(node, Node) and node.kind != "directed"
            return [self.text(node)], plain
        points, straight = self._points(node.children[0])
        more, plain = self._points(node.children[-1])
        joint = all(self.text(part) == "--" for part in node.children[1:-1])
        return [*points, *more], straight and plain and joint


def called(node: Node) -> str:
    """Return the name of the function that a call calls."""
    return (
        ".".join(word.text for word in node.children[0].words() if word.kind == "NAME")
        if isinstance(node.children[0], Node)
        else ""
    )


def arguments(call: Node) -> list[Node]:
    """Return the arguments of a call that have no name."""
    given = [child for child in call.children if isinstance(child, Node)][1:]
    parts = given[0].children if given and given[0].kind == "arguments" else ()
    return [one for one in parts if isinstance(one, Node) and one.kind != "named"]


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence: ``A, B and C``."""
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)


_CONSTANTS = {
    "unitcircle": Shape("circle", "a circle of radius 1 around (0,0)"),
    "unitsquare": Shape("square", "a square of side 1 with a corner at (0,0)"),
}
# The function, how many arguments it has at least, what it makes, and that in words.
_CALLS = (
    ("circle", 2, "circle", "a circle with center {0} and radius {1}"),
    ("Circle", 2, "circle", "a circle with center {0} and radius {1}"),
    ("CR", 2, "circle", "a circle with center {0} and radius {1}"),
    ("CP", 2, "circle", "a circle with center {0} through {1}"),
    ("ellipse", 3, "ellipse", "an ellipse with center {0} and half-axes {1} and {2}"),
    ("arc", 4, "arc", "an arc around {0} with radius {1} from {2} to {3} degrees"),
    ("Arc", 4, "arc", "an arc around {0} with radius {1} from {2} to {3} degrees"),
    ("arc", 3, "arc", "an arc around {0} from {1} to {2}"),
    ("box", 2, "rectangle", "a rectangle with opposite corners {0} and {1}"),
    ("polygon", 1, "polygon", "a regular polygon with {0} sides"),
    ("graph", 3, "graph", "the graph of {0} from {1} to {2}"),
    ("rightanglemark", 3, "right angle mark", "a right angle mark at {1}"),
    ("anglemark", 3, "angle mark", "a mark of the angle at {1} between {0} and {2}"),
    ("incircle", 3, "circle", "the incircle of the triangle {0}, {1}, {2}"),
    ("circumcircle", 3, "circle", "the circumcircle of the triangle {0}, {1}, {2}"),
    ("brace", 2, "brace", "a brace from {0} to {1}"),
    ("subpath", 3, "path", "a part of a path"),
)
# The function and how many arguments it has, and what it does to a shape.
_TRANSFORMS = {
    ("shift", 1): "moved by {0}",
    ("shift", 2): "moved by ({0},{1})",
    ("scale", 1): "scaled by {0}",
    ("scale", 2): "stretched by {0} and {1}",
    ("xscale", 1): "stretched sideways by {0}",
    ("yscale", 1): "stretched upwards by {0}",
    ("rotate", 1): "turned by {0} degrees",
    ("rotate", 2): "turned by {0} degrees around {1}",
    ("reflect", 2): "reflected in the line through {0} and {1}",
}
