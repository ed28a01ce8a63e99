"""For each signature, lines that use it: what a sampler of programs is led by.

The values are the plainest of their types. Where one has to be declared before (an array of arrays,
which no expression makes), the line with its declaration comes first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from asygrammar import format_asy
from asygrammar.parser import AsySyntaxError
from asygrammar.signatures import PLAIN, load_signatures, read_module, signature_modules
from asygrammar.types import INT, PICTURE, REAL, VOID, Array, Function, Library, Parameter, Type

#: A text that is written as it stands, or ``None`` for an expression that may be any.
Piece = str | None
#: A line in pieces, the last of which ends with its line break.
Line = tuple[Piece, ...]

# Without the system of coordinates it would be plain's function, a place on the picture's frame.
_POINT = "point(currentcoordsys, ({}))"
#: Plain values by the name of their type. They overlap, and few functions fail on them.
VALUES: Mapping[str, tuple[str, ...]] = {
    "int": ("1", "2", "3"),
    "real": (".5", "1.0", ".25"),
    "pair": ("(0,0)", "(1,2)", "(3,1)", "(2,0)", "dir(30)"),
    "triple": ("(1,0,0)", "(0,1,2)", "(1,1,1)", "(2,0,1)"),
    "string": ('"a"', '"$x$"'),
    "bool": ("true", "false"),
    "pen": ("red", "blue+dashed", "linewidth(1)"),
    "path": ("unitcircle", "unitsquare", "circle((1,1), 2)"),
    "guide": ("(0,0)--(2,1)", "(0,0)..(1,2)..(3,0)", "(0,0)--(3,0)--(0,2)--cycle"),
    "guide3": ("(0,0,0)--(1,1,1)", "(1,0,0)--(0,1,0)--(0,0,1)--cycle"),
    "path3": ("circle((0,0,0), 1)", "unitcircle3"),
    "transform": ("shift(1,2)", "rotate(30)", "scale(2)"),
    "Label": ('Label("a")', 'Label("$x$", N)'),
    "real[]": ("new real[] {.25, .5, 1.0}", "new real[] {.5, .75, 1.0}"),
    "int[]": ("new int[] {1, 2, 3}", "new int[] {2, 0, 1}"),
    "pair[]": ("new pair[] {(0,0), (1,2), (3,1)}", "new pair[] {(2,0), (0,1), (1,1)}"),
    "arrowhead": ("DefaultHead", "SimpleHead"),
    "point": (_POINT.format("1,2"), _POINT.format("0,0"), _POINT.format("3,1")),
    "line": ("line((0,0), (1,2))", "line((3,0), (0,1))"),
    "segment": ("segment((0,0), (2,1))", "segment((2,0), (0,2))"),
    "triangle": ("triangle((0,0), (4,0), (1,3))",),
    "vector": ("vector((1,2))", "vector((2,0))"),
    "circle": (f"circle({_POINT.format('0,0')}, 2.0)", f"circle({_POINT.format('1,0')}, 1.5)"),
    "ellipse": ("ellipse((0,0), (2,0), 3.0)",),
    "hyperbola": ("hyperbola((-2,0), (2,0), 1.0)",),
    "parabola": ("parabola((0,0), line((0,2), (1,2)))",),
    "conic": ("conic((0,0), line((0,2), (1,2)), 2.0)",),
    "arc": ("arc(ellipse((0,0), (2,0), 3.0), 10.0, 90.0)",),
    "abscissa": ("relabscissa(.5)",),
    "mass": ("mass((1,2), 2.0)",),
    "inversion": ("inversion(2.0, (0,0))",),
    "revolution": ("cylinder((0,0,0), 1, 2)", "cone((0,0,0), 1, 2)"),
    "surface": ("surface(unitcircle3)",),
}
# The rows of a table of numbers: one that has an inverse.
_ROWS = (("2", "1"), ("1", "3"))
_GAP = "ANYTHING"
# How deep constructors may stand in one another, and how often an argument is left open.
_DEEPEST = 3
_GAPS, _OPTIONS = 0.3, 0.25
_MOST_IN_REST = 3
_FRESH = ("foo", "bar", "res", "val", "out", "tmp")


@dataclass(frozen=True, slots=True)
class Signature:
    """A function of a module, in one of its overloads."""

    module: str
    name: str
    function: Function

    def __str__(self) -> str:
        """Return the module and the prototype."""
        return f"{self.module}: {self.function.declare(self.name)}"


@lru_cache(maxsize=1)
def all_signatures() -> tuple[Signature, ...]:
    """Return the functions and operators of all signature files that programs may use.

    Casts are none of them, nor is what a file withholds.
    """
    found: dict[Signature, None] = {}
    for module in (PLAIN, *signature_modules()):
        file = read_module(module)
        for declared in file.declarations:
            own = isinstance(declared.type, Function) and declared.name not in file.withheld
            if own and not declared.name.endswith("cast"):
                assert isinstance(declared.type, Function)
                found[Signature(module, declared.name, declared.type)] = None
    return tuple(found)


class Usages:
    """Writes lines that use the signatures of a module.

    Args:
        module: The module that the program imports; ``plain`` for none.
    """

    def __init__(self, module: str) -> None:
        self._library = load_signatures(() if module == PLAIN else (module,))

    def of(self, signature: Signature, random: Random) -> Iterator[tuple[Line, ...]]:
        """Yield ways of using a signature, each a few lines, the likeliest to be accepted first."""
        result = signature.function.result
        text = _Text(self._library, random)
        call = text.call(signature.name, signature.function)
        if call is None:
            return
        name = random.choice(_FRESH)
        yield text.lines(f"{result} {name} = {call};" if result != VOID else f"{call};")
        if result != VOID:
            for host in text.hosts(result, call):
                yield text.lines(f"{host};")
            yield text.lines(f"{call};")


class _Text:
    """One usage: its expressions, and the declarations that they need."""

    def __init__(self, library: Library, random: Random) -> None:
        self._library, self._random = library, random
        self._before: list[str] = []
        self._decks: dict[str, list[str]] = {}

    def lines(self, statement: str) -> tuple[Line, ...]:
        """Return a statement in pieces, with the declarations before it; none if it is not one."""
        try:
            text = format_asy("\n".join([*self._before, statement]))
        except AsySyntaxError:
            return ()
        return tuple(_pieces(line) for line in text.splitlines())

    def call(self, name: str, function: Function, depth: int = 0) -> str | None:
        """Return a call, or ``None`` where there is no value for one of its arguments."""
        given: list[str] = []
        for parameter in function.parameters:
            if parameter.rest:
                assert isinstance(parameter.type, Array)
                count = self._random.randint(1, _MOST_IN_REST)
                cells = [self.value(parameter.type.element, depth + 1) for _ in range(count)]
                given += [cell for cell in cells if cell is not None]
                continue
            if parameter.has_default:
                if depth or not parameter.name or self._random.random() > _OPTIONS:
                    continue
                value = self.value(parameter.type, depth + 1)
                given += [f"{parameter.name}={value}"] * (value is not None)
                continue
            value = self._argument(parameter, depth)
            if value is None:
                return None
            given.append(value)
        if name.startswith("operator "):
            return _operation(name.removeprefix("operator "), given)
        named = [one for one in given if _is_named(one)]
        return f"{name}({', '.join([*(one for one in given if one not in named), *named])})"

    def value(self, wanted: Type, depth: int = 0) -> str | None:
        """Return the text of a value of exactly one type, or ``None`` where none is known."""
        if str(wanted) in VALUES:
            return self._dealt(str(wanted))
        if wanted == PICTURE:
            # Not the current one, to which it might be added.
            self._before.append("picture other;")
            return "other"
        if isinstance(wanted, Array):
            return self._list(wanted, depth)
        names = self._names(wanted)
        if names:
            return self._random.choice(names)
        return None if depth > _DEEPEST else self._made(wanted, depth)

    def _dealt(self, wanted: str) -> str:
        """Return a plain value, another one each time as long as there are others."""
        deck = self._decks.setdefault(wanted, [])
        if not deck:
            deck += self._random.sample(VALUES[wanted], len(VALUES[wanted]))
        return deck.pop()

    def hosts(self, wanted: Type, call: str) -> Iterator[str]:
        """Yield calls that take a value of a type, with it: ``draw(g, arrow=Arrow())``."""
        able = [
            (name, function, parameter)
            for name, overloads in self._library.functions.items()
            if not name.startswith("operator ") and name not in self._library.withheld
            for function in overloads
            for parameter in function.parameters
            if parameter.type == wanted and not parameter.rest
        ]
        able.sort(key=lambda one: (one[1].result != VOID, one[0] != "draw"))
        for name, function, parameter in self._some(able, 4):
            given = [
                call if p == parameter else self.value(p.type, 1)
                for p in function.parameters
                if (p == parameter and not p.has_default) or not (p.has_default or p.rest)
            ]
            if None in given:
                continue
            given += [f"{parameter.name}={call}"] * parameter.has_default
            host = f"{name}({', '.join(one for one in given if one)})"
            yield host if function.result == VOID else f"{function.result} held = {host}"

    def _some(
        self, able: list[tuple[str, Function, Parameter]], most: int
    ) -> list[tuple[str, Function, Parameter]]:
        """Return the first few, and some of the others."""
        rest = able[most:]
        return able[:most] + self._random.sample(rest, min(most, len(rest)))

    def _argument(self, parameter: Parameter, depth: int) -> str | None:
        if depth == 0 and self._random.random() < _GAPS:
            return _GAP
        return self.value(parameter.type, depth + 1)

    def _list(self, wanted: Array, depth: int) -> str | None:
        if isinstance(wanted.element, Array):
            inner = wanted.element.element
            cells = (
                [[*row] for row in _ROWS]
                if inner in (INT, REAL)
                else [[self.value(inner, depth + 1) for _ in range(2)] for _ in range(2)]
            )
            if isinstance(inner, Array) or any(None in row for row in cells):
                return None
            name = f"table{len(self._before)}"
            rows = ", ".join(f"{{{', '.join(str(cell) for cell in row)}}}" for row in cells)
            self._before.append(f"{wanted} {name} = {{{rows}}};")
            return name
        values = [self.value(wanted.element, depth + 1) for _ in range(2)]
        return None if None in values else f"new {wanted} {{{', '.join(map(str, values))}}}"

    def _names(self, wanted: Type) -> list[str]:
        """Return variables of a type, or functions of it, that stand for themselves."""
        bare = self._library.expand(wanted)
        variables = [n for n, types in self._library.variables.items() if wanted in types]
        if variables or not isinstance(bare, Function):
            return variables[:6]
        return [
            name
            for name, overloads in self._library.functions.items()
            if any(self._library.expand(one) == bare for one in overloads)
        ][:6]

    def _made(self, wanted: Type, depth: int) -> str | None:
        """Return a call that results in a type, of the function that needs least."""
        able = [
            (sum(not (p.has_default or p.rest) for p in function.parameters), name, function)
            for name, overloads in self._library.functions.items()
            if not name.startswith("operator ") and name not in self._library.withheld
            for function in overloads
            if function.result == wanted
        ]
        for _, name, function in sorted(able, key=lambda one: one[:2])[:6]:
            found = self.call(name, function, depth + 1)
            if found is not None:
                return found
        return None


def _is_named(argument: str) -> bool:
    return argument.partition("=")[0].isidentifier() and "=" in argument


def _operation(symbol: str, operands: list[str]) -> str | None:
    """Return operands with an operator between them, or before the only one."""
    if len(operands) == 1:
        return f"{symbol}{operands[0]}"
    if symbol in ("--", "..", "---", "::"):
        return symbol.join(operands)
    return f"({operands[0]}) {symbol} ({operands[1]})" if len(operands) == 2 else None


def _pieces(line: str) -> Line:
    parts = f"{line}\n".split(_GAP)
    pieces: list[Piece] = [parts[0]]
    for part in parts[1:]:
        pieces += [None, part]
    return tuple(piece for piece in pieces if piece != "")
