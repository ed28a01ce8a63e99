"""For each signature, lines that use it: what a sampler of programs is led by.

The values are the plainest of their types. Where one has to be declared before (an array of arrays,
which no expression makes), the line with its declaration comes first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from asygrammar import format_asy
from asygrammar.eval.plain_values import BESIDE, DECLARED, ROWS, VALUES
from asygrammar.parser import AsySyntaxError
from asygrammar.signatures import PLAIN, load_signatures, read_module, signature_modules
from asygrammar.typed.meaning import DECODED_FUNCTIONS, is_by_name, plain_type, with_kinds_of_text
from asygrammar.types import (
    GUIDE,
    INT,
    PAIR,
    REAL,
    VOID,
    Array,
    Function,
    Library,
    Named,
    Parameter,
    Type,
)

#: A text that is written as it stands, or ``None`` for an expression that may be any.
Piece = str | None
#: A line in pieces, the last of which ends with its line break.
Line = tuple[Piece, ...]

_GAP = "ANYTHING"
# How deep constructors may stand in one another, and how often an argument is left open.
_DEEPEST = 3
GAPS, _OPTIONS = 0.15, 0.25
_MOST_IN_REST = 3
_JOINS = ("--", "..", "---", "::")
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

    def of(
        self, signature: Signature, random: Random, gaps: float = GAPS
    ) -> Iterator[tuple[Line, ...]]:
        """Yield ways of using a signature, each a few lines, the likeliest to be accepted first.

        Args:
            signature: One of the module's.
            random: Where the choices come from.
            gaps: How often an argument is left open.
        """
        result = signature.function.result
        for by_position in (False, True):
            text = _Text(self._library, random, gaps, by_position)
            call = text.call(signature.name, signature.function)
            if call is None:
                continue
            # The same for a type each time, so that scopes come again.
            name = _FRESH[sum(map(ord, str(result))) % len(_FRESH)]
            yield text.lines(f"{result} {name} = {call};" if result != VOID else f"{call};")
            if result != VOID:
                for host in text.hosts(result, call):
                    yield text.lines(f"{host};")
                yield text.lines(f"{call};")


class _Text:
    """One usage: its expressions, and the declarations that they need."""

    def __init__(self, library: Library, random: Random, gaps: float, by_position: bool) -> None:
        self._library, self._random = library, random
        self._gaps, self._by_position = gaps, by_position
        self._before: dict[str, None] = {}
        self._around: list[str] = []
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
        symbol = name.removeprefix("operator ") if name.startswith("operator ") else ""
        if not depth:
            self._around = [str(parameter.type) for parameter in function.parameters]
        for parameter in with_kinds_of_text(name, function).parameters:
            if parameter.rest:
                assert isinstance(parameter.type, Array)
                cell = parameter.type.element
                # A path that is closed cannot be joined.
                cell = PAIR if symbol in _JOINS and cell == GUIDE else cell
                count = 2 if symbol else self._random.randint(1, _MOST_IN_REST)
                cells = [self.value(cell, depth + 1) for _ in range(count)]
                given += [cell for cell in cells if cell is not None]
                continue
            if parameter.has_default:
                given += self._option(parameter, depth)
                continue
            value = self._argument(parameter, depth)
            if value is None:
                return None
            given.append(value)
        if symbol:
            return _operation(symbol, given)
        named = [one for one in given if _is_named(one)]
        return f"{name}({', '.join([*(one for one in given if one not in named), *named])})"

    def _option(self, parameter: Parameter, depth: int) -> list[str]:
        """Return an argument that may be left out, by its name or its place, or nothing."""
        if depth or self._random.random() > (0.5 if self._by_position else _OPTIONS):
            return []
        value = self.value(parameter.type, depth + 1)
        if value is None or not (self._by_position or parameter.name):
            return []
        return [value if self._by_position else f"{parameter.name}={value}"]

    def value(self, wanted: Type, depth: int = 0) -> str | None:
        """Return the text of a value of exactly one type, or ``None`` where none is known."""
        for other in self._around:
            if values := BESIDE.get((str(wanted), other)):
                return self._random.choice(values)
        if str(wanted) in VALUES:
            return self._dealt(str(wanted))
        if str(wanted) in DECLARED:
            declaration, values = DECLARED[str(wanted)]
            self._before[declaration] = None
            return self._random.choice(values)
        if isinstance(wanted, Named) and ": " in wanted.name:
            return self.value(Named(wanted.name.partition(": ")[0]), depth)
        bare = self._library.expand(wanted)
        if isinstance(bare, Function):
            return self._function(wanted, bare, depth)
        if isinstance(wanted, Array):
            return self._list(wanted, depth)
        names = [n for n, types in self._library.variables.items() if wanted in types][:6]
        if names and not is_by_name(wanted):
            return self._random.choice(names)
        made = None if depth > _DEEPEST else self._made(wanted, depth)
        if made is not None and is_by_name(wanted):
            return self._declare(f"{wanted} {{}} = {made};", "held")
        return made

    def _declare(self, text: str, word: str) -> str:
        """Add a declaration before the statement; return the name that it is made with."""
        name = f"{word}{len(self._before)}"
        self._before[text.replace("{}", name, 1)] = None
        return name

    def _function(self, wanted: Type, bare: Function, depth: int) -> str | None:
        """Return a function's name: a variable, a function with no overloads, or one of its own."""
        plain = plain_type(bare)
        names = [n for n, types in self._library.variables.items() if wanted in types]
        if plain in DECODED_FUNCTIONS:
            functions = self._library.functions.items()
            names += [n for n, all_ in functions if [plain_type(one) for one in all_] == [plain]]
        if names and not (is_by_name(wanted) and isinstance(wanted, Named)):
            return self._random.choice(names[:6])
        if isinstance(wanted, Named):
            made = None if depth > _DEEPEST else self._made(wanted, depth)
            return made and self._declare(f"{wanted} {{}} = {made};", "held")
        assert isinstance(plain, Function)
        value = "" if plain.result == VOID else self.value(plain.result, _DEEPEST)
        if value is None:
            return None
        given = ", ".join(f"{p.type} {chr(ord('a') + n)}" for n, p in enumerate(plain.parameters))
        body = f"return {value};" if value else "dot((0,0));"
        return self._declare(f"{plain.result} {{}}({given}) {{\n{body}\n}}", "rule")

    def _dealt(self, wanted: str) -> str:
        """Return a plain value, another one each time as long as there are others."""
        deck = self._decks.setdefault(wanted, [])
        if not deck:
            first, *others = VALUES[wanted]
            deck += [*self._random.sample(others, len(others)), first]
        return deck.pop()

    def hosts(self, wanted: Type, call: str) -> Iterator[str]:
        """Yield calls that take a value of a type, with it: ``draw(g, arrow=Arrow())``."""
        able = [
            (name, function, parameter)
            for name, overloads in self._library.functions.items()
            if not name.startswith("operator ") and name not in self._library.withheld
            for function in overloads
            for parameter in function.parameters
            if not parameter.rest and parameter.type == wanted
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
        if depth == 0 and self._random.random() < self._gaps:
            return _GAP
        return self.value(parameter.type, depth + 1)

    def _list(self, wanted: Array, depth: int) -> str | None:
        if isinstance(wanted.element, Array):
            inner = wanted.element.element
            cells = (
                [[*row] for row in ROWS]
                if inner in (INT, REAL)
                else [[self.value(inner, depth + 1) for _ in range(2)] for _ in range(2)]
            )
            if isinstance(inner, Array) or any(None in row for row in cells):
                return None
            rows = ", ".join(f"{{{', '.join(str(cell) for cell in row)}}}" for row in cells)
            return self._declare(f"{wanted} {{}} = {{{rows}}};", "table")
        values = [self.value(wanted.element, depth + 1) for _ in range(2)]
        return None if None in values else f"new {wanted} {{{', '.join(map(str, values))}}}"

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
        return f"{symbol}({operands[0]})"
    if symbol in _JOINS:
        return symbol.join(operands)
    return f"({operands[0]}) {symbol} ({operands[1]})" if len(operands) == 2 else None


def _pieces(line: str) -> Line:
    parts = f"{line}\n".split(_GAP)
    pieces: list[Piece] = [parts[0]]
    for part in parts[1:]:
        pieces += [None, part]
    return tuple(piece for piece in pieces if piece != "")
