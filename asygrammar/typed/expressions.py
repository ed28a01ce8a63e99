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
from asygrammar.typed.calls import CallGraph
from asygrammar.typed.joins import Joins
from asygrammar.typed.meaning import FORMATS, MATH, PATTERNS, Meaning
from asygrammar.typed.operators import Operators
from asygrammar.typed.rules import Alternative, Rules, quoted
from asygrammar.types import (
    BOOL,
    GUIDE,
    INT,
    PAIR,
    REAL,
    STRING,
    TRIPLE,
    Array,
    Function,
    Library,
    Named,
    Type,
)

Types = frozenset[Type]

_PATH = Named("path")
_MANY = (Array(_PATH), Array(Named("path3")))
_JOINED = (GUIDE, Named("guide3"))
_NUMBERS = frozenset({INT, REAL})
_TIGHT, _ADD = ("*", "/", "%", "#"), ("+", "-")
_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
# What can be written with a cast in front, and what has members worth writing.
_CAST_TARGETS = (INT, REAL, STRING, PAIR, _PATH)
_WITH_MEMBERS = (PAIR, TRIPLE)
_PEN = Named("pen")
# Of these, an element is picked from what a function returns: intersectionpoints(a, b)[0].
_PICKED = (PAIR, Array(REAL))

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
        self.operators = Operators(graph, roots)
        self._arguments = Arguments(rules, graph, self.of)
        self._joins = Joins(rules, self)
        word = (quoted("operator"), quoted(" "))
        rules.add("joiner", *((*word, quoted(one)) for one in ("..", "--", "::", "---")))
        rules.terminals |= {"INT": INTEGER, "NUM": NUMBER}

    # ------------------------------------------------------------------- what is asked for

    def of(self, types: Iterable[Type]) -> str:
        """Return the rule of all expressions that have one of some types."""
        return self.level("x", types)

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
            name = f"{level}{self._number(wanted)}"
            return self.rules.define(name, lambda: [(self.level(level, part),) for part in parts])
        while level in _ONTO and not self._adds(level, wanted):
            level = _ONTO[level]
        name = f"{level}{self._number(wanted)}"
        return self.rules.define(name, lambda: _LADDER[level](self, wanted))

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
        name = f"list{self._number(element)}"
        value = self.for_type(element)
        return self.rules.define(name, lambda: [(value,), (name, quoted(", "), value)])

    def condition(self) -> str:
        """Return the rule of what is true or false."""
        return self.level("x", [BOOL])

    def chosen(self, wanted: Type) -> str:
        """Return the rule of expressions for a type, with ``a ? b : c`` among them."""
        name = f"chosen{self._number(wanted)}"
        value, truth = self.for_type(wanted), "truth"
        self._add_logic()
        return self.rules.define(
            name, lambda: [(value,), (truth, quoted(" ? "), value, quoted(" : "), value)]
        )

    # ------------------------------------------------------------------- the ladder

    def _adds(self, level: str, wanted: Types) -> bool:
        """Tell whether a step adds anything for some types to the one below it."""
        match level:
            case "x":
                made = any(_is_list(t) or t == Named("picture") for t in wanted)
                return made or _PEN in wanted or BOOL in wanted or _PATH in wanted
            case "h":
                return any(t in wanted for t in (*_JOINED, *_MANY))
            case "u" | "w":
                return STRING in wanted or any(self.operators.pairs(o, wanted) for o in _ADD)
            case "v":
                return any(self.operators.pairs(o, wanted) for o in _ADD)
            case "m":
                return self.has_sign(wanted) or any(self.operators.pairs(o, wanted) for o in _TIGHT)
            case "l" | "k":
                return any(self.operators.pairs(o, wanted) for o in _TIGHT)
            case "e":
                return any(self.operators.pairs(o, wanted) for o in ("^", "*"))
        return True

    def has_sign(self, wanted: Types) -> bool:
        """Tell whether anything with one of some types can begin with a sign."""
        return BOOL in wanted or bool(self.operators.single("-", wanted))

    def _base(self, wanted: Types) -> Iterator[Alternative]:
        if len(wanted) > 1:
            yield from ((self.level("b", [one]),) for one in sorted(wanted, key=str))
            return
        for meaning, terminal in self.names.items():
            if meaning.value in wanted:
                yield (terminal,)
            if meaning.call is not None and not wanted.isdisjoint(self.graph.results(meaning.call)):
                yield self.call(terminal, meaning.call, wanted)
        (one,) = wanted
        if Array(one) in self.graph.known:
            base = "b" if one in _PICKED else "q"
            yield (self.level(base, [Array(one)]), quoted("["), self.of([INT]), quoted("]"))
        yield from self._members(wanted)

    def _variable(self, wanted: Types) -> Iterator[Alternative]:
        """Yield names of variables and elements of arrays that are."""
        for one in sorted(wanted, key=str):
            yield from ((t,) for meaning, t in self.names.items() if meaning.value == one)
            if Array(one) in self.graph.known:
                yield (self.level("q", [Array(one)]), quoted("["), self.of([INT]), quoted("]"))

    def _members(self, wanted: Types) -> Iterator[Alternative]:
        fields: dict[str, set[Type]] = {}
        for owner in self.graph.known:
            if owner in _WITH_MEMBERS or _is_list(owner):
                for field, types in self.library.fields_of(owner).items():
                    if any(t in wanted for t in types):
                        fields.setdefault(field, set()).add(owner)
        for field, owners in fields.items():
            yield (self.level("q", owners), quoted(f".{field}"))

    def _primary(self, wanted: Types) -> Iterator[Alternative]:
        yield (self.level("b", wanted),)
        yield from self._enclosed(wanted)
        for one in wanted:
            yield from ((literal,) for literal in _LITERALS.get(one, ()))
            if one == STRING:
                yield from self._formatted("FORMATREAL", "FORMATINT")
            if one == MATH:
                yield from ((quoted('"'), body, quoted('"')) for body in ("math", "math_c"))
            if one in PATTERNS:
                terminal = f"TEXT{self._number(one)}"
                self.rules.terminals[terminal] = PATTERNS[one]
                yield (quoted('"'), terminal, quoted('"'))
            if one in _CAST_TARGETS and (sources := self._cast_to(one)):
                cast = (quoted("("), quoted(str(one)), quoted(")"), quoted(" "))
                yield (*cast, self.level("b", sources))
                yield (*cast, quoted("("), self.of(sources), quoted(")"))

    def _enclosed(self, wanted: Types) -> Iterator[Alternative]:
        yield (quoted("("), self.of(wanted), quoted(")"))
        root = self.roots.get("operator tuple")
        if root is not None and not wanted.isdisjoint(self.graph.results(root)):
            yield (quoted("("), self._tuple(self.graph.restricted(root, wanted)))

    def _cast_to(self, wanted: Type) -> Types:
        tables = (self.library.casts, self.library.explicit_casts)
        return frozenset(
            t for t in self.graph.types if any(wanted in table.get(t, ()) for table in tables)
        )

    def _tuple(self, number: int) -> str:
        def alternatives() -> Iterator[Alternative]:
            node = self.graph.nodes[number]
            if node.result is not None:
                yield (quoted(")"),)
            for edge in node.edges:
                last = self.graph.nodes[edge.target].result is not None
                comma = () if last else (quoted(","),)
                yield (self.of(edge.types), *comma, self._tuple(edge.target))

        return self.rules.define(f"tuple{number}", alternatives)

    def _power(self, wanted: Types) -> Iterator[Alternative]:
        yield (self.level("p", wanted),)
        for left, right in self.operators.pairs("^", wanted):
            yield (self.level("p", left), '("^"|"**")', self.level("p", right))
        for left, right in self.operators.pairs("*", wanted):
            if terminal := _NUMERALS.get(left & _NUMBERS):
                powers = self.operators.pairs("^", right) if right <= _NUMBERS else []
                for base, exponent in powers:
                    raised = (quoted("^"), self.level("p", exponent))
                    yield (terminal, self.level("b", base), *raised)
                    yield from ((terminal, *group, *raised) for group in self._enclosed(base))
                self.rules.add("number", ("INT",), ("NUM",))
                yield (terminal, self.level("b", right))
                yield from ((terminal, *group) for group in self._enclosed(right))

    def _signed(self, wanted: Types) -> Iterator[Alternative]:
        if operand := self.operators.single("-", wanted):
            yield ('("-"|"+")', self.level("e", operand))
        if BOOL in wanted:
            yield (quoted("!"), self.level("p", [BOOL]))

    def _product(self, wanted: Types) -> Iterator[Alternative]:
        yield (self.level("e", wanted),)
        if self.has_sign(wanted):
            yield (self.level("n", wanted),)
        yield from self._times("m", wanted)

    def _unsigned_product(self, wanted: Types) -> Iterator[Alternative]:
        yield (self.level("e", wanted),)
        yield from self._times("l", wanted)

    def _signed_product(self, wanted: Types) -> Iterator[Alternative]:
        yield (self.level("n", wanted),)
        yield from self._times("k", wanted)

    def _times(self, level: str, wanted: Types) -> Iterator[Alternative]:
        for left, operators, right in self.operators.grouped(_TIGHT, wanted):
            yield (self.level(level, left), operators, self.level("e", right))
            if self.has_sign(right):
                yield (self.level(level, left), operators, self.level("n", right))

    def _sum(self, wanted: Types) -> Iterator[Alternative]:
        yield (self.level("m", wanted),)
        yield from self._plus("u", wanted)
        if STRING in wanted:
            yield from self._number_in_mathematics()

    def _unsigned_sum(self, wanted: Types) -> Iterator[Alternative]:
        yield (self.level("l", wanted),)
        yield from self._plus("w", wanted)
        if STRING in wanted:
            yield from self._number_in_mathematics()

    def _signed_sum(self, wanted: Types) -> Iterator[Alternative]:
        yield (self.level("k", wanted),)
        yield from self._plus("v", wanted)

    def _plus(self, level: str, wanted: Types) -> Iterator[Alternative]:
        for left, operators, right in self.operators.grouped(_ADD, wanted):
            yield (self.level(level, left), operators, self.level("l", right))
            if self.has_sign(right):
                yield (self.level(level, left), operators, quoted(" "), self.level("k", right))

    def _number_in_mathematics(self) -> Iterator[Alternative]:
        """Yield ``"$x="+string(a)+"$"``: each part alone would not typeset, all of it does."""
        quote, dollar, plus = quoted('"'), quoted("$"), quoted("+")
        number = (plus, "number_as_text", plus)
        for part in ((), ("math",), ("math_c",)):
            for text in ((), ("tex",)):
                self.rules.add("math_begun", (quote, *text, dollar, *part, quote, *number))
                yield ("math_begun", quote, *part, dollar, *text, quote)
            self.rules.add(
                "math_begun", *([("math_begun", quote, *part, quote, *number)] * bool(part))
            )
        value = self.of(_NUMBERS)
        self.rules.add(
            "number_as_text",
            (quoted("string"), quoted("("), value, quoted(")")),
            *self._formatted("FORMATREALIN", "FORMATINTIN"),
        )

    def _formatted(self, real: str, integer: str) -> Iterator[Alternative]:
        """Yield calls of ``format``, which wants the kind of number that its text names."""
        self.rules.terminals |= FORMATS
        quote = quoted('"')
        for pattern, number in ((real, REAL), (integer, INT)):
            text = (quoted("format"), quoted("("), quote, pattern, quote, quoted(", "))
            yield (*text, self.of([number]), quoted(")"))

    def _joined(self, wanted: Types) -> Iterator[Alternative]:
        yield (self.level("u", wanted),)
        for joined in _JOINED:
            if joined in wanted and joined in self.graph.known:
                name = self._joins.rule(joined)
                yield (name,)
                yield (f"{name}_closed",)
        for many in wanted.intersection(_MANY):
            for left, right in self.operators.pairs("^^", frozenset({many})):
                yield (self.level("h", left), quoted(" ^^ "), self.level("h", right))

    def _any(self, wanted: Types) -> Iterator[Alternative]:
        if BOOL in wanted:
            self._add_logic()
            yield ("truth",)
        if others := wanted - {BOOL}:
            yield (self.level("h", others),)
        if _PATH in wanted:
            for left, right in self.operators.pairs("&", frozenset({_PATH})):
                yield (self.level("h", left), quoted(" & "), self.level("h", right))
        for one in wanted:
            if isinstance(one, Array) and _is_list(one):
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
        for left, operators, right in self.operators.grouped(_COMPARISONS, truths, spaced=True):
            sides = (self.level("u", left), operators, self.level("u", right))
            self.rules.add("compared", sides)

    def _number(self, key: object) -> int:
        return self._numbers.setdefault(key, len(self._numbers))


_LADDER: Mapping[str, Callable[[Expressions, Types], Iterator[Alternative]]] = {
    "q": Expressions._variable,
    "b": Expressions._base,
    "p": Expressions._primary,
    "e": Expressions._power,
    "n": Expressions._signed,
    "m": Expressions._product,
    "l": Expressions._unsigned_product,
    "k": Expressions._signed_product,
    "u": Expressions._sum,
    "w": Expressions._unsigned_sum,
    "v": Expressions._signed_sum,
    "h": Expressions._joined,
    "x": Expressions._any,
}
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

_NUMERALS: dict[Types, str] = {
    _NUMBERS: "number",
    frozenset({INT}): "INT",
    frozenset({REAL}): "NUM",
}
_LITERALS: dict[Type, tuple[str, ...]] = {
    INT: ("INT",),
    REAL: ("NUM",),
    STRING: ("label",),
    BOOL: (quoted("true"), quoted("false")),
    Named("interpolate"): ("joiner",),
}


def _families(types: Types) -> Iterator[Types]:
    """Split a set of types into those that share rules, and the others one by one."""
    rest = set(types)
    for family in _FAMILIES:
        if family <= rest:
            yield family
            rest -= family
    yield from (frozenset({one}) for one in sorted(rest, key=str))


def _is_list(found: Type) -> bool:
    return isinstance(found, Array) and not isinstance(found.element, Array)
