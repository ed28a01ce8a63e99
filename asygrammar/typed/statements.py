"""The lines that may come next, as rules: statements, and what opens and closes blocks.

A line is what stands between two line breaks of the canonical layout: a statement, the head of a
loop with its brace, a closing brace. What it depends on besides the names is a :class:`Position`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from asygrammar.derivation import indentation
from asygrammar.typed.expressions import Expressions
from asygrammar.typed.labels import PACKAGES
from asygrammar.typed.rules import Alternative, Rules, quoted
from asygrammar.types import INT, REAL, VOID, Array, Named, Type

_BUILT_IN = (
    *("int", "real", "pair", "string", "bool", "pen", "path", "guide", "transform", "picture"),
    *("triple", "path3", "guide3", "Label"),
)
_IN_ARRAYS = (
    *("int", "real", "pair", "string", "bool", "pen", "path", "guide", "triple", "Label"),
    "picture",
)
_IN_TABLES = ("int", "real", "pair", "string", "path", "pen", "guide", "triple", "bool")
# Types whose values are of use only where a variable of them is an argument.
_BY_NAME = ("frame", "object", "hsv", "slice", "embed", "markroutine", "scaleT")
# A loop counts with one of these names; the head of a loop can then speak of it.
_COUNTERS = {
    INT: tuple("abcdfghijklmnpqrstuvwxyz"),
    REAL: ("x", "y", "t", "s", "r", "a", "i", "k", "theta"),
}
_WITH_FIELDS = (Named("Label"),)
_UPDATES = ("+", "-", "*", "/", "^")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a line stands.

    Attributes:
        depth: How many blocks are open, as far as the indentation shows it.
        may_end: Whether the program may end before this line.
        alone: Whether the line is the one statement of a body without braces.
        closes: Whether a brace may be closed here.
        otherwise: Whether the brace closes what an ``else`` may follow.
        hanging: Depth of the ``else`` that the line may be, or ``None`` where it may not.
        in_loop: Whether a loop can be broken off.
        result: What the function returns that the line is in, if it is in one.
        imports: Modules that may be imported.
        declaring: The type of the declaration whose next name the text goes on with.
    """

    depth: int = 0
    may_end: bool = False
    alone: bool = False
    closes: bool = False
    otherwise: bool = False
    hanging: int | None = None
    in_loop: bool = False
    result: Type | None = None
    imports: tuple[str, ...] = ()
    declaring: Type | None = None


class Statements:
    """Adds the rules of lines to a grammar.

    Args:
        rules: Where to.
        expressions: The rules of what stands in them.
        assignable: Terminal of the variables of each type that a program may assign to.
        fresh: Terminal of names that may be declared.
        unused: Terminal of names that nothing has yet, for functions.
    """

    def __init__(
        self,
        rules: Rules,
        expressions: Expressions,
        assignable: dict[Type, str],
        fresh: str,
        unused: str,
    ) -> None:
        self.rules, self.expressions = rules, expressions
        self.assignable, self.fresh, self.unused = assignable, fresh, unused

    def add(self, position: Position) -> str:
        """Add the rules for a position and return the rule that begins there."""
        if position.declaring is not None:
            items = self._items(position.declaring)
            self.rules.add("program_line", (quoted(" "), items, quoted(";"), quoted("\n")))
            return "program_line"
        indent = indentation(position.depth)
        start = (quoted(indent),) if indent else ()
        end = quoted("\n")
        self.rules.add("line", *((*start, *line, end) for line in self._lines(position)))
        if position.closes:
            outer = indentation(position.depth - 1)
            self.rules.add("line", *(self._closing(outer, position, end)))
        if position.hanging is not None:
            before = indentation(position.hanging)
            word = (*([quoted(before)] if before else []), quoted("else"))
            branch = (*word, quoted(" "), *self._if())
            self.rules.add("line", (*word, end), (*word, quoted(" {"), end))
            self.rules.add("line", (*branch, end), (*branch, quoted(" {"), end))
        self.rules.add("program_line", ("line",), *([()] * position.may_end))
        return "program_line"

    def _lines(self, position: Position) -> Iterator[Alternative]:
        semicolon = quoted(";")
        yield from ((*simple, semicolon) for simple in self._simple())
        if not position.alone:
            yield from ((*declared, semicolon) for declared in self._declarations())
            yield from (
                (quoted("import"), quoted(" "), quoted(m), semicolon) for m in position.imports
            )
            for package in PACKAGES if position.depth == 0 else ():
                literal = quoted(f'"{package}"')
                yield (quoted("usepackage"), quoted("("), literal, quoted(")"), semicolon)
            yield from self._functions()
        for head in self._heads():
            yield (*head, quoted(" {"))
            yield head
        if position.in_loop:
            yield (quoted("break"), semicolon)
            yield (quoted("continue"), semicolon)
        if position.result == VOID:
            yield (quoted("return"), semicolon)
        elif position.result is not None:
            value = self.expressions.chosen(position.result)
            yield (quoted("return"), quoted(" "), value, semicolon)

    def _closing(self, indent: str, position: Position, end: str) -> Iterator[Alternative]:
        start = ((quoted(indent),) if indent else ()) + (quoted("}"),)
        yield (*start, end)
        if position.otherwise:
            otherwise = (*start, quoted(" "), quoted("else"))
            yield (*otherwise, quoted(" {"), end)
            yield (*otherwise, quoted(" "), *self._if(), quoted(" {"), end)

    # ------------------------------------------------------------------- simple statements

    def _simple(self) -> Iterator[Alternative]:
        yield ()  # an empty statement
        yield from self._calls()
        for declared, place in self.assignable.items():
            value = self.expressions.assigned(declared)
            yield (place, quoted(" = "), value)
            yield from self._updates(declared, place)
            if isinstance(declared, Array):
                yield from self._array_statements(declared, place)
            if declared in (INT, REAL):
                yield ('("++"|"--")', place)
            for field, types in self.expressions.library.fields_of(declared).items():
                if declared in _WITH_FIELDS and types[0] in self.expressions.graph.known:
                    value = self.expressions.for_type(types[0])
                    yield (place, quoted("."), quoted(field), quoted(" = "), value)

    def _updates(self, declared: Type, place: str) -> Iterator[Alternative]:
        graph = self.expressions.graph
        results = frozenset(self.expressions.graph.taken(declared))
        for operator in _UPDATES:
            for left, right in self.expressions.operators.pairs(operator, results):
                if declared in left and declared in graph.known:
                    yield (place, quoted(f" {operator}= "), self.expressions.of(right))

    def _array_statements(self, declared: Array, place: str) -> Iterator[Alternative]:
        element, index = declared.element, self.expressions.of([INT])
        value = self.expressions.for_type(element)
        yield (place, quoted("["), index, quoted("]"), quoted(" = "), value)
        yield (place, quoted("."), quoted("push"), quoted("("), value, quoted(")"))
        yield (place, quoted("."), quoted("pop"), quoted("("), quoted(")"))
        yield (place, quoted("."), quoted("cyclic"), quoted(" = "), quoted("true"))

    def _calls(self) -> Iterator[Alternative]:
        graph = self.expressions.graph
        for meaning, terminal in self.expressions.names.items():
            if meaning.call is not None and meaning.acts:
                results = graph.results(meaning.call)
                wanted = frozenset({VOID}) if VOID in results else results
                yield self.expressions.call(terminal, meaning.call, wanted)

    # ------------------------------------------------------------------- declarations

    def _declarations(self) -> Iterator[Alternative]:
        for declared in self._declared_types():
            yield (*_type_words(declared), quoted(" "), self._items(declared))
            if isinstance(declared, Array):
                head = (*_type_words(declared.element), quoted(" "), self.fresh, quoted("[]"))
                yield head
                for value in self._initial(declared):
                    yield (*head, quoted(" = "), *value)

    def _items(self, declared: Type) -> str:
        """Return the rule of one or more names, each with or without a value."""
        items = f"items_{_word(declared)}"
        for before in ((), (items, quoted(", "))):
            self.rules.add(items, (*before, self.fresh))
            for value in self._initial(declared):
                self.rules.add(items, (*before, self.fresh, quoted(" = "), *value))
        return items

    def _declared_types(self) -> Iterator[Type]:
        known = self.expressions.library.types | set(_BUILT_IN)
        types = self.expressions.graph.types
        for found in types:
            if isinstance(found, Named) and (
                found.name in (*_BUILT_IN, *_BY_NAME) or self._is_of_module(found)
            ):
                yield found
        yield from (Array(Named(name)) for name in _IN_ARRAYS if name in known)
        yield from (t for t in types if isinstance(t, Array) and self._is_of_module(t.element))
        yield from (Array(Array(Named(name))) for name in _IN_TABLES)

    def _is_of_module(self, found: Type) -> bool:
        return isinstance(found, Named) and found.name in self.expressions.module_types

    def _initial(self, declared: Type) -> Iterator[Alternative]:
        yield (self.expressions.chosen(declared),)
        if not isinstance(declared, Array):
            return
        yield (quoted("{"), quoted("}"))
        if isinstance(declared.element, Array):
            rows = f"rows_{_word(declared)}"
            row = (quoted("{"), self.expressions.list_of(declared.element.element), quoted("}"))
            self.rules.add(rows, row, (rows, quoted(", "), *row))
            yield (quoted("{"), rows, quoted("}"))
        else:
            yield (quoted("{"), self.expressions.list_of(declared.element), quoted("}"))

    # ------------------------------------------------------------------- heads of blocks

    def _heads(self) -> Iterator[Alternative]:
        yield self._if()
        yield (quoted("while"), quoted(" "), quoted("("), self.expressions.condition(), quoted(")"))
        yield (quoted("for"), quoted(" "), quoted("("), "counting", quoted(")"))
        for counter, names in _COUNTERS.items():
            bound, limit = self.expressions.for_type(counter), self.expressions.of([INT, REAL])
            for name in names:
                word = quoted(name)
                step = f"step_{_word(counter)}"
                self.rules.add(
                    f"number_{_word(counter)}", ("INT",), *[("NUM",)] * (counter == REAL)
                )
                self.rules.add(step, *((quoted(f" {o}= "), bound) for o in "+-"))
                self.rules.add(
                    "counting",
                    (
                        *(quoted(str(counter)), quoted(" "), word, quoted(" = "), bound),
                        *(quoted("; "), word, '(" < "|" <= "|" > "|" >= "|" != ")', limit),
                        *(quoted("; "), f"next_{_word(counter)}_{name}"),
                    ),
                )
                self.rules.add(
                    f"next_{_word(counter)}_{name}",
                    (quoted("++"), word),
                    (quoted("--"), word),
                    (word, step),
                    (word, quoted(" = "), word, '("+"|"-")', f"number_{_word(counter)}"),
                )
        condition = self.expressions.condition()
        for counter in (INT, REAL):
            if counter in self.assignable:
                place, bound = self.assignable[counter], self.expressions.for_type(counter)
                update = f"update_{_word(counter)}"
                self.rules.add(update, *self._updates(counter, place), ('("++"|"--")', place))
                self.rules.add(update, (place, quoted(" = "), bound))
                start = (place, quoted(" = "), bound)
                self.rules.add("counting", (*start, quoted("; "), condition, quoted("; "), update))
        for element in _IN_ARRAYS:
            items = self.expressions.for_type(Array(Named(element)))
            each = (quoted(element), quoted(" "), self.fresh, quoted(" : "), items)
            self.rules.add("counting", each)

    def _if(self) -> Alternative:
        return (quoted("if"), quoted(" "), quoted("("), self.expressions.condition(), quoted(")"))

    def _functions(self) -> Iterator[Alternative]:
        graph = self.expressions.graph
        types = [n for n in _BUILT_IN if Named(n) in graph.known or n in ("pen", "transform")]
        types = [*types, "void"]
        self.rules.add("result", *((quoted(name),) for name in types))
        self.rules.add(
            "result", *((quoted(name), quoted("[]")) for name in ("real", "pair", "path", "int"))
        )
        for name in types:
            if name == "void":
                continue
            one = (quoted(name), quoted(" "), self.fresh)
            self.rules.add("parameter", one)
            self.rules.add(
                "optional", (*one, quoted(" = "), self.expressions.for_type(Named(name)))
            )
        for name in ("real", "pair", "path", "int", "string"):
            self.rules.add("parameter", (quoted(name), quoted("[]"), quoted(" "), self.fresh))
        self.rules.add(
            "parameter",
            (quoted("real"), quoted(" "), self.fresh, quoted("("), quoted("real"), quoted(")")),
        )
        comma = quoted(", ")
        self.rules.add("required", ("parameter",), ("required", comma, "parameter"))
        self.rules.add("optionals", ("optional",), ("optionals", comma, "optional"))
        self.rules.add(
            "parameters", (), ("required",), ("optionals",), ("required", comma, "optionals")
        )
        yield (
            "result",
            quoted(" "),
            self.unused,
            quoted("("),
            "parameters",
            quoted(")"),
            quoted(" {"),
        )


def _word(declared: Type) -> str:
    return str(declared).lower().replace("[]", "_")


def _type_words(declared: Type) -> tuple[str, ...]:
    if isinstance(declared, Array):
        return (*_type_words(declared.element), quoted("[]"))
    return (quoted(str(declared)),)
