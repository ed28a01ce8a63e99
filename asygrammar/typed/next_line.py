"""The grammar of the next line, for what is visible and where the line stands.

Most of a grammar depends on the modules alone, or on which *kinds* of names there are. So its text
is kept in two parts: the rules, shared by all scopes with the same kinds of names, and the
terminals, which list the names themselves.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock

from asygrammar.derivation import derive_llguidance
from asygrammar.grammar import load_grammar
from asygrammar.recent import Recent
from asygrammar.signatures import load_module_signatures, load_signatures, signature_modules
from asygrammar.typed.calls import CallGraph
from asygrammar.typed.expressions import Expressions
from asygrammar.typed.labels import add_label_rules
from asygrammar.typed.meaning import (
    DECODED_FUNCTIONS,
    Meaning,
    argument_types,
    is_by_name,
    plain_type,
    with_kinds_of_text,
)
from asygrammar.typed.places import Place
from asygrammar.typed.rules import Rules, one_of
from asygrammar.typed.statements import Statements
from asygrammar.types import (
    PAIR,
    REAL,
    STRING,
    TRANSFORM,
    TRIPLE,
    VOID,
    Array,
    Function,
    Library,
    Parameter,
    Type,
)

_NUMBER = Parameter(REAL)
_TUPLES = tuple(
    Function(result, (_NUMBER,) * count)
    for result, count in ((PAIR, 2), (TRIPLE, 3), (TRANSFORM, 6))
)
#: How many texts of rules are kept, about 100 KB each, and how large a call graph may get.
BODIES_KEPT, NODES_KEPT = 128, 20_000
#: For how many sets of meanings the rules of expressions are kept, a few megabytes each.
EXPRESSIONS_KEPT = 12
#: For how many sets of imports what they offer is kept.
SURROUNDINGS_KEPT = 12
#: Variables of modules that a program may well assign to.
SETTINGS = (
    "currentlight currentpen currentpicture currentprojection dotfactor arrowfactor labelmargin"
    " linemargin barfactor markscalefactor pointpen pathpen pointfontpen pathfontpen pointfontsize"
)


@dataclass(eq=False)
class Surroundings:
    """What some modules together offer: the call graph, and what each of their names means."""

    modules: tuple[str, ...]
    library: Library = field(init=False)
    graph: CallGraph = field(init=False)
    names: dict[str, Meaning] = field(init=False)
    operators: dict[str, int] = field(init=False)
    terminals: dict[Meaning, str] = field(default_factory=dict, init=False)
    _roots: dict[tuple[str, tuple[Function, ...]], int | None] = field(
        default_factory=dict, init=False
    )

    def __post_init__(self) -> None:
        self.library = load_signatures(self.modules)
        types = argument_types(self.library)
        self.graph = CallGraph(self.library, sorted(types, key=str))
        self.operators = {
            name: self.graph.add(overloads)
            for name, overloads in self.library.functions.items()
            if name.startswith("operator ")
        }
        self.operators["operator tuple"] = self.graph.add(_TUPLES)
        every = {**self.library.variables, **self.library.functions}
        # The rules of texts take care of format; map is ambiguous with any overloaded function.
        withheld = self.library.withheld | {"format", "map"}
        self.names = {
            name: self.meaning_of(name, self._types_of(name))
            for name in every
            if not name.startswith("operator ") and name not in withheld
        }

    def _types_of(self, name: str) -> tuple[Type, ...]:
        """Return the types of a name, but for those that a module took the type's name from.

        After ``import geometry`` there are two types called ``side``, and the old values have the
        old one.
        """
        own = [load_module_signatures(module) for module in self.modules]
        plain = load_signatures(())
        taken = {t for module in own for t in module.types if t in plain.types}
        types = (*self.library.variables.get(name, ()), *self.library.functions.get(name, ()))
        old = {*plain.variables.get(name, ()), *plain.functions.get(name, ())}
        # The texts that modules keep in variables are halves of formulas, and no labels.
        return tuple(t for t in types if t != STRING and (t not in old or not taken & _names_in(t)))

    def meaning_of(self, name: str, types: tuple[Type, ...], *, own: bool = False) -> Meaning:
        """Return what a name means that stands for some types.

        Args:
            name: The name.
            types: They.
            own: Whether the program itself declares it.
        """
        functions = tuple(t for t in types if isinstance(t, Function))
        values: list[Type] = [
            t for t in types if t in self.graph.known and not isinstance(t, Function)
        ]
        # An own function of several kinds may fit several overloads of what it is given to.
        if not values and (not own or len(functions) == 1):
            values = [p for t in functions if (p := plain_type(t)) in DECODED_FUNCTIONS]
        if not values and own and len(functions) == 1:
            values = [p for t in functions if (p := plain_type(t)) in self.graph.known]
        root = self._root(name, functions)
        acts = root is not None and (
            VOID in self.graph.results(root) or name not in load_signatures(()).functions
        )
        value = values[0] if len(values) == 1 else None
        return Meaning(value, root, acts, own and value is not None and is_by_name(value))

    def as_function(self, meaning: Meaning, types: tuple[Type, ...]) -> Iterator[Meaning]:
        """Yield what a variable's name means besides, if a function has the same name."""
        found = [plain_type(t) for t in types if isinstance(t, Function)]
        if meaning.value is not None and meaning.value not in found and len(found) == 1:
            yield from (Meaning(one) for one in found if one in DECODED_FUNCTIONS)

    def _root(self, name: str, functions: tuple[Function, ...]) -> int | None:
        key = (name, functions)
        if key not in self._roots:
            overloads = [with_kinds_of_text(name, f) for f in functions]
            # In calls that draw, names come before positions: xaxis(p=red, Arrow).
            new = name not in load_signatures(()).functions
            mixed = new and any(f.result == VOID for f in functions)
            root = self.graph.add(overloads, lean=True, mixed=mixed) if functions else None
            self._roots[key] = root if root is not None and self.graph.results(root) else None
        return self._roots[key]

    def terminal(self, meaning: Meaning) -> str:
        """Return the name of the terminal for names of a meaning."""
        return self.terminals.setdefault(meaning, f"N{len(self.terminals)}")


class LineGrammars:
    """Writes the grammar of the next line.

    Args:
        modules: The modules that a program may import; ``None``: all that have signatures.
    """

    def __init__(self, modules: tuple[str, ...] | None = None) -> None:
        self.modules = signature_modules() if modules is None else modules
        self._surroundings: Recent[Surroundings] = Recent(SURROUNDINGS_KEPT)
        self._expressions: Recent[Expressions] = Recent(EXPRESSIONS_KEPT)
        self._bodies: Recent[tuple[str, frozenset[str]]] = Recent(BODIES_KEPT)
        self._lock = Lock()  # a line may be written ahead of time, in another thread

    def key(self, place: Place) -> Hashable:
        """Return a key that places share which have the same grammar."""
        return (place.meaning(), place.position(self.modules))

    def write(self, place: Place) -> str:
        """Return the grammar of the line that may come next, for llguidance."""
        with self._lock:
            return self._write(place)

    def _write(self, place: Place) -> str:
        around = self._around(place.scope.modules)
        visible, packages = place.own_names(), place.packages
        meanings = {name: [meaning] for name, meaning in around.names.items()}
        assignable: dict[Type, list[str]] = {}
        for name, types in visible.items():
            meaning = around.meaning_of(name, types, own=True)
            meanings[name] = [meaning, *around.as_function(meaning, types)]
            if meaning.value is not None and meaning.value == types[0]:
                assignable.setdefault(types[0], []).append(name)
        for name in set(SETTINGS.split()) & around.names.keys() - visible.keys():
            if (value := around.names[name].value) is not None:
                assignable.setdefault(value, []).append(name)
        groups: dict[str, list[str]] = {}
        for name, several in meanings.items():
            for meaning in several:
                if meaning.value is not None or meaning.call is not None:
                    groups.setdefault(around.terminal(meaning), []).append(name)
        places = {t: f"V{n}" for n, t in enumerate(around.graph.types) if t in assignable}
        position = place.position(self.modules)
        key = (around, frozenset(groups), frozenset(places), position, packages)
        found = self._bodies.find(key)
        if found is None:
            expressions = self._expressions_of(around, frozenset(groups), packages)
            rules = Rules(expressions.rules)
            rules.terminals["FRESH"] = _fresh_names()
            rules.terminals |= dict.fromkeys(places.values(), "")
            start = Statements(rules, expressions, places, "FRESH", "FRESH").add(position)
            found = rules.write(start, {*groups, *places.values()})
            self._bodies.keep(key, found)
        body, used = found
        lists = {**groups, **{places[t]: names for t, names in assignable.items() if t in places}}
        lines = [f"{name}: {one_of(lists[name])}" for name in sorted(used & lists.keys())]
        return body + "\n".join([*lines, ""])

    def names(self, place: Place) -> list[str]:
        """Return the names that are visible at a place."""
        with self._lock:
            around = self._around(place.scope.modules)
        return [*place.own_names(), *around.names]

    def _around(self, modules: tuple[str, ...]) -> Surroundings:
        around = self._surroundings.find(modules)
        if around is None or len(around.graph.nodes) > NODES_KEPT:
            # The functions of all programs so far are in the graph: begin a new one.
            around = Surroundings(modules)
            self._surroundings.keep(modules, around)
        return around

    def _expressions_of(
        self, around: Surroundings, groups: frozenset[str], packages: frozenset[str]
    ) -> Expressions:
        """Return the rules of expressions, in which lines of all kinds have a share.

        They depend on what the names mean that there are, and not on where the line stands, nor
        on what it may assign to. They are made as lines ask for them.
        """
        key = (around, groups, packages)
        found = self._expressions.find(key)
        if found is None:
            rules = Rules()
            add_label_rules(rules, packages)
            rules.terminals |= dict.fromkeys(groups, "")
            names = {meaning: t for meaning, t in around.terminals.items() if t in groups}
            types = around.library.types - load_signatures(()).types
            found = Expressions(rules, around.graph, around.library, names, around.operators, types)
            self._expressions.keep(key, found)
        return found


def _names_in(found: Type) -> set[str]:
    """Return the names of the types that a type is made of."""
    match found:
        case Array(element):
            return _names_in(element)
        case Function(result, parameters):
            return _names_in(result).union(*(_names_in(p.type) for p in parameters))
    return {found.name}


@lru_cache(maxsize=1)
def _fresh_names() -> str:
    """Return the pattern of names, keywords excepted, from the grammar of the subset."""
    found = re.search(r"^NAME: (.*)$", derive_llguidance(load_grammar().lark), re.MULTILINE)
    assert found is not None
    return found[1]
