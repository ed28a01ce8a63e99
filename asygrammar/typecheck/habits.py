"""What people write who know another language, and what Asymptote says instead: data."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Habit:
    """A name that somebody brings along.

    Attributes:
        advice: What to write instead, in words.
        instead: What to put in its place, where that is certain.
        module: The module that would have the name: the habit is none where it is imported.
    """

    advice: str
    instead: str = ""
    module: str = ""

    def applies(self, modules: Collection[str]) -> bool:
        """Tell whether the name is still unknown where some modules are imported."""
        return self.module not in modules


def _instead(text: str) -> Habit:
    return Habit(f"write `{text}`", text)


#: By the name of a value or function.
NAMES: dict[str, Habit] = {
    # Pens: TikZ and LaTeX have words where Asymptote has functions.
    "very_thick": Habit("a thick line is drawn with the pen `linewidth(1.5)`"),
    "ultra_thick": Habit("a thick line is drawn with the pen `linewidth(2)`"),
    "dash": _instead("dashed"),
    "dot_dashed": _instead("dashdotted"),
    "bold": Habit('a bold text is `"\\textbf{...}"`'),
    # Directions: those of a compass are single letters.
    **{
        word: _instead(letters)
        for words, letters in (
            ("North north above Above Up top Top", "N"),
            ("South south below Below Down bottom Bottom", "S"),
            ("East east Right", "E"),
            ("West west Left", "W"),
            ("Northeast NorthEast northeast", "NE"),
            ("Northwest NorthWest northwest", "NW"),
            ("Southeast SouthEast southeast", "SE"),
            ("Southwest SouthWest southwest", "SW"),
        )
        for word in words.split()
    },
    # Values of other languages.
    "True": _instead("true"),
    "False": _instead("false"),
    "PI": _instead("pi"),
    "Pi": _instead("pi"),
    # Calls of other languages.
    "print": Habit("write with `write(...)`", "write"),
    "println": Habit("write with `write(...)`", "write"),
    "line": Habit("a segment is `A--B`", module="geometry"),
    "segment": Habit("a segment is `A--B`", module="geometry"),
    "polygon_path": Habit("a polygon is `A--B--C--cycle`"),
    "rectangle": Habit("a rectangle is `box((0,0),(4,3))`"),
    "square": Habit("a square is `box((0,0),(3,3))`"),
    "range": Habit("count with `for (int i = 0; i < n; ++i)`"),
    "len": Habit("the length of an array is `a.length`"),
    "text": Habit('a text is placed with `label("text", (0,0))`'),
    "deg": Habit("`Degrees`: sin takes radians and `Sin` takes degrees", module="geometry"),
    "rad": Habit("`radians(x)` turns degrees into radians"),
}

#: By the function and the name of an argument that it does not have.
PARAMETERS: dict[tuple[str, str], str] = {
    ("draw", "fill"): "`fill(path, pen)` fills, and `filldraw(path, pen, pen)` draws as well",
    ("draw", "color"): "give the pen alone, such as `draw(p, red)`",
    ("draw", "width"): "give a pen of that width, such as `draw(p, linewidth(2))`",
    ("draw", "style"): "give the pen alone, such as `draw(p, dashed)`",
    ("draw", "label"): 'the argument is `L`, such as `draw(L="$a$", p)`',
    ("label", "position"): 'the place is the second argument: `label("A", (0,0), N)`',
    ("label", "pos"): 'the place is the second argument: `label("A", (0,0), N)`',
    ("label", "color"): 'give the pen alone, such as `label("A", (0,0), N, red)`',
}

#: By the name of a type.
TYPES: dict[str, Habit] = {
    "point": Habit(
        "`point` needs `import geometry;`; `pair` is the plain type", "pair", module="geometry"
    ),
    "float": Habit("`real` is the type of a number", "real"),
    "double": Habit("`real` is the type of a number", "real"),
    "number": Habit("`real` is the type of a number", "real"),
    "boolean": Habit("`bool` is the type of a truth value", "bool"),
    "integer": Habit("`int` is the type of a whole number", "int"),
    "str": Habit("`string` is the type of a text", "string"),
    "String": Habit("`string` is the type of a text", "string"),
    "color": Habit("`pen` is the type of a colour", "pen"),
    "vector": Habit("`pair` is the plain type", "pair", module="geometry"),
    "let": Habit("declare a name with its type, such as `real x = 3;`"),
    "const": Habit("leave `const` out"),
    "def": Habit("a function begins with the type of its result, such as `real f(real x)`"),
    "function": Habit("a function begins with the type of its result, such as `real f(real x)`"),
    "line": Habit("`path` is the plain type", "path", module="geometry"),
    "segment": Habit("`path` is the plain type", "path", module="geometry"),
    "circle": Habit("`path` is the plain type", "path", module="geometry"),
    "triangle": Habit("`path` is the plain type", "path", module="geometry"),
}

#: By the type that is there and the type that is wanted.
CASTS: dict[tuple[str, str], str] = {
    ("real", "int"): "`round(x)`, `floor(x)` and `ceil(x)` make a whole number of it",
    ("int", "pen"): "a pen of that width is `linewidth(...)`",
    ("real", "pen"): "a pen of that width is `linewidth(...)`",
    # That is what `thick` and `thin` are.
    ("pen(pen)", "pen"): "this is a function of a pen; a pen of that width is `linewidth(1)`",
    ("pen()", "pen"): "this is a function; a pen of that width is `linewidth(1)`",
    ("string", "pen"): "a colour is written without quotes",
    ("int", "string"): "`string(n)` makes a text of it",
    ("real", "string"): "`string(x)` makes a text of it",
    ("int", "Label"): "`string(n)` makes a text of it",
    ("real", "Label"): "`string(x)` makes a text of it",
    ("path", "pair"): "`point(p, t)` is a point of it",
    ("guide", "pair"): "`point(p, t)` is a point of it",
    ("pair", "real"): "`.x` and `.y` are its parts, and `abs(z)` its length",
    ("pair[]", "pair"): "`a[0]` is the first of them",
}
