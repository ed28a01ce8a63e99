"""The rules of expressions: one set of them for each set of types.

Every rule belongs to a set of *static* types: what it derives has one of these types before any
cast. That is what makes overloaded functions and operators come out as the compiler resolves them.
Where a pair is wanted, the set is int, real and pair, which are cast to it.

The rules of a set are a ladder, as the operators bind. By their first letters, from tight to loose:

    q  variables, and elements of arrays that are
    b  what can be subscripted or have members: names, calls, a[i], z.x
    p  b, literals, tuples, casts, (groups)        e  powers and scaled numbers: x^2, 2cm
    n  a value with a sign before it
    m  products       l  those that begin without a sign, as after +    k  those with one
    u  sums           w  those that begin without a sign, as after --   v  those with one
    h  joined paths: A--B..cycle                   x  any expression

A step that adds nothing for a set is left out: the fewer rules, the faster a mask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from asygrammar.typed.arguments import Arguments
from asygrammar.typed.arithmetic import ADD, TIGHT, Arithmetic
from asygrammar.typed.calls import CallGraph
from asygrammar.typed.joins import Joins
from asygrammar.typed.meaning import Meaning, is_by_name
from asygrammar.typed.operators import COMPARISONS, Operators
from asygrammar.typed.rules import Alternative, Rules, quoted
from asygrammar.typed.values import Values, is_list
from asygrammar.types import (
    BOOL,
    GUIDE,
    INT,
    STRING,
    Array,
    Function,
    Library,
    Named,
    Type,
)

Types = frozenset[Type]

_PATH = Named("path")
_JOINED = (GUIDE, Named("guide3"))
_PEN = Named("pen")
_TRUTHS = frozenset({BOOL, Array(BOOL)})

INTEGER = "/[0-9]{1,9}/"
NUMBER = r"/([0-9]{1,9}\.[0-9]{0,17}|\.[0-9]{1,17})(e[-+]?[0-9]{1,2})?|[0-9]{1,9}e[-+]?[0-9]{1,2}/"


class Expressions:
    """Adds the rules of expressions to a grammar, as they are asked for.

    Args:
        rules: Where to.
        graph: The arguments of all functions.
        library: What is visible, of which the operators and fields are taken.
        names: The terminal for each meaning of a name.
        roots: For each operator (``operator +``) the root of its operands in the graph.
        module_types: The types that imported modules define.
    """

    def __init__(
        self,
        rules: Rules,
        graph: CallGraph,
        library: Library,
        names: Mapping[Meaning, str],
        roots: Mapping[str, int],
        module_types: frozenset[str] = frozenset(),
    ) -> None:
        self.module_types = module_types
        self.rules, self.graph, self.library = rules, graph, library
        self.names, self.roots = names, roots
        self._numbers: dict[object, int] = {}
        self.operators = Operators(graph, roots, library)
        self._arguments = Arguments(rules, graph, self.argument)
        self._joins = Joins(rules, self)
        values = Values(rules, self)
        arithmetic = Arithmetic(rules, self, values)
        self._steps: dict[str, Callable[[Types], Iterator[Alternative]]] = {
            "q": values.variable,
            "b": values.base,
            "p": values.primary,
            "e": arithmetic.power,
            "n": arithmetic.signed,
            "m": arithmetic.product,
            "l": arithmetic.unsigned_product,
            "k": arithmetic.signed_product,
            "u": arithmetic.sum,
            "w": arithmetic.unsigned_sum,
            "v": arithmetic.signed_sum,
            "h": self._joined,
            "x": self._any,
        }
        word = (quoted("operator"), quoted(" "))
        rules.add("joiner", *((*word, quoted(one)) for one in ("..", "--", "::", "---")))
        rules.terminals |= {"INT": INTEGER, "NUM": NUMBER}

    # ------------------------------------------------------------------- what is asked for

    def of(self, types: Iterable[Type]) -> str:
        """Return the rule of all expressions that have one of some types."""
        return self.level("x", types)

    def argument(self, types: Iterable[Type]) -> str:
        """Return the rule of arguments that have one of some types.

        An argument of a type that is given by name is a variable that the program declares.
        """
        wanted = frozenset(types)
        by_name = frozenset(t for t in wanted if is_by_name(t))
        if not by_name:
            return self.of(wanted)
        names = [t for m, t in self.names.items() if m.own and m.value in by_name]
        if not names:
            return self.of(wanted - by_name)
        name = f"y{self.number(wanted)}"
        others = [(self.of(wanted - by_name),)] * (wanted != by_name)
        return self.rules.define(name, lambda: [*others, *((one,) for one in names)])

    def for_type(self, wanted: Type) -> str:
        """Return the rule of all expressions that can stand where a type is wanted."""
        return self.of(self.graph.taken(wanted))

    def level(self, level: str, types: Iterable[Type]) -> str:
        """Return the rule of one step of the ladder for some types."""
        wanted = frozenset(types)
        if not wanted:
            return self.rules.define("nothing", list)
        if any(isinstance(t, Function) for t in wanted) and level in _ONTO:
            level = "b"
        parts = list(_families(wanted))
        if len(parts) > 1:
            name = f"{level}{self.number(wanted)}"
            return self.rules.define(name, lambda: [(self.level(level, part),) for part in parts])
        while level in _ONTO and not self._adds(level, wanted):
            level = _ONTO[level]
        name = f"{level}{self.number(wanted)}"
        return self.rules.define(name, lambda: self._steps[level](wanted))

    def call(self, name: str, root: int, results: Types) -> Alternative:
        """Return a call of a function that results in one of some types.

        Args:
            name: The terminal, or the literal, of its name.
            root: The root of its arguments.
            results: The types; at least one call must have one of them.
        """
        node = self.graph.restricted(root, results)
        return (name, quoted("("), self._arguments.whole(node))

    def list_of(self, element: Type) -> str:
        """Return the rule of one or more values of a type with commas between."""
        name = f"list{self.number(element)}"
        value = self.for_type(element)
        return self.rules.define(name, lambda: [(value,), (name, quoted(", "), value)])

    def condition(self) -> str:
        """Return the rule of what is true or false."""
        return self.level("x", [BOOL])

    def chosen(self, wanted: Type) -> str:
        """Return the rule of expressions for a type, with ``a ? b : c`` among them."""
        name = f"chosen{self.number(wanted)}"
        value, truth = self.for_type(wanted), "truth"
        self._add_logic()
        return self.rules.define(
            name, lambda: [(value,), (truth, quoted(" ? "), value, quoted(" : "), value)]
        )

    def assigned(self, wanted: Type) -> str:
        """Return the rule of expressions that a variable of a type can be set to.

        Where ``b`` and ``c`` are of two types that are each cast to the other, such as a path and
        a guide, asy calls the assignment of ``a ? b : c`` ambiguous.
        """
        sides = self.graph.fitting.without_cycles(self.graph.taken(wanted))
        if len(sides) == 1:
            return self.chosen(wanted)
        self._add_logic()
        choice = ("truth", quoted(" ? "))
        return self.rules.define(
            f"assigned{self.number(wanted)}",
            lambda: [
                (self.for_type(wanted),),
                *((*choice, self.of(types), quoted(" : "), self.of(types)) for types in sides),
            ],
        )

    # ------------------------------------------------------------------- the ladder

    def _adds(self, level: str, wanted: Types) -> bool:
        """Tell whether a step adds anything for some types to the one below it."""
        match level:
            case "x":
                made = any(is_list(t) or t == Named("picture") for t in wanted)
                return made or _PEN in wanted or BOOL in wanted or _PATH in wanted
            case "h":
                return any(t in wanted for t in _JOINED) or bool(self._many(wanted))
            case "u" | "w":
                return STRING in wanted or any(self.operators.pairs(o, wanted) for o in ADD)
            case "v":
                return any(self.operators.pairs(o, wanted) for o in ADD)
            case "m":
                return self.has_sign(wanted) or any(self.operators.pairs(o, wanted) for o in TIGHT)
            case "l" | "k":
                return any(self.operators.pairs(o, wanted) for o in TIGHT)
            case "e":
                return any(self.operators.pairs(o, wanted) for o in ("^", "*"))
        return True

    def has_sign(self, wanted: Types) -> bool:
        """Tell whether anything with one of some types can begin with a sign."""
        return BOOL in wanted or bool(self.operators.single("-", wanted))

    def _joined(self, wanted: Types) -> Iterator[Alternative]:
        yield (self.level("u", wanted),)
        for joined in _JOINED:
            if joined in wanted and joined in self.graph.known:
                name = self._joins.rule(joined)
                yield (name,)
                yield (f"{name}_closed",)
        for many in self._many(wanted):
            for left, right in self.operators.pairs("^^", frozenset({many})):
                yield (self.level("h", left), quoted(" ^^ "), self.level("h", right))

    def _many(self, wanted: Types) -> list[Type]:
        """Return the types of which several are made one with ``^^``."""
        many = [t for t in wanted if isinstance(t, Array)]
        return [t for t in many if self.operators.pairs("^^", frozenset({t}))]

    def _any(self, wanted: Types) -> Iterator[Alternative]:
        if BOOL in wanted:
            self._add_logic()
            yield ("truth",)
        for truths in wanted & _TRUTHS:
            # The operands stand alone or in parentheses: rules that are there anyway.
            for left, operators, right in self.operators.uncommon(frozenset({truths})):
                yield (self.level("p", left), operators, self.level("p", right))
        if others := wanted - {BOOL}:
            yield (self.level("h", others),)
        if _PATH in wanted:
            for left, right in self.operators.pairs("&", frozenset({_PATH})):
                yield (self.level("h", left), quoted(" & "), self.level("h", right))
        for one in wanted:
            if isinstance(one, Array) and is_list(one):
                cell = (quoted("new"), quoted(" "), quoted(str(one.element)), quoted("[]"))
                yield (*cell, quoted(" {"), self.list_of(one.element), quoted("}"))
                yield (*cell[:3], quoted("["), self.of([INT]), quoted("]"))
            if one == Named("picture"):
                yield (quoted("new"), quoted(" "), quoted("picture"))
        if _PEN in wanted:
            # A pen is what figures choose within a call: fill(p, i < n ? red : white).
            self._add_logic()
            pen = self.level("h", [_PEN])
            yield ("truth", quoted(" ? "), pen, quoted(" : "), pen)

    def _add_logic(self) -> None:
        if "truth" in self.rules.rules:
            return
        self.rules.add("truth", ("compared",))
        for word in (" && ", " || "):
            self.rules.add("truth", ("truth", quoted(word), "compared"))
        truths = frozenset({BOOL})
        self.rules.add("compared", (self.level("p", truths),), (self.level("n", truths),))
        for left, operators, right in self.operators.grouped(COMPARISONS, truths, spaced=True):
            sides = (self.level("u", left), operators, self.level("u", right))
            self.rules.add("compared", sides)

    def number(self, key: object) -> int:
        """Return a number for what a rule is named after."""
        return self._numbers.setdefault(key, len(self._numbers))


# The step below each that can be left out.
_STEPS = "x>h h>u u>m m>e e>p w>l l>e v>k k>n"
_ONTO = dict(pair.split(">") for pair in _STEPS.split())

# Types that are often wanted together, the larger set first.
_FAMILIES = tuple(
    frozenset(Named(name) for name in names.split())
    for names in (
        "int real",
        "pair path guide",
        "path guide",
        "triple path3 guide3",
        "path3 guide3",
    )
)


def _families(types: Types) -> Iterator[Types]:
    """Split a set of types into those that share rules, and the others one by one."""
    rest = set(types)
    for family in _FAMILIES:
        if family <= rest:
            yield family
            rest -= family
    yield from (frozenset({one}) for one in sorted(rest, key=str))
