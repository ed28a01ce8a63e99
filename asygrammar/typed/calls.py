"""Which lists of argument types a function takes, as one automaton for all its overloads.

Asymptote gives positional arguments to parameters from left to right and skips one with a default
where the argument cannot be cast to it. So, seen from one signature, the types of the arguments
read so far decide where the next one goes; and seen from all overloads together they decide which
of them fit and which fits best. :class:`CallGraph` follows all overloads at once, one argument at
a time, and ends only where exactly one is best. What the compiler would call ambiguous is no path.

Named arguments follow the positional ones, in any order, each once. Which are left is no part of a
node (there would be one for each subset): an edge says which names it uses up, and the grammar
keeps count in the parameter of a parametric rule.

Nodes with the same continuations are one node, across all functions: ``sin`` and ``cos`` share
everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from asygrammar.types import Array, Function, Library, Named, Parameter, Type


def _named(text: str) -> Type:
    return Array(_named(text[:-2])) if text.endswith("[]") else Named(text)


#: How many arguments a rest parameter takes at most in what is decoded.
MAX_REST = 8
#: The parameter of a parametric rule has so many bits, one for each name.
MAX_NAMES = 64

#: Casts that figures do without: a number for a point, points for a path. Each would double the
#: rules wherever a point or a path can stand.
UNUSUAL_CASTS = frozenset(
    (_named(source), _named(target))
    for source, target in (
        *(("int", "pair"), ("real", "pair"), ("int", "triple"), ("real", "triple")),
        *(("pair[]", "path[]"), ("pair[]", "guide[]"), ("int[]", "pair[]"), ("real[]", "pair[]")),
        *(("path", "guide[]"), ("path[]", "guide[]"), ("pair", "triple"), ("int", "position")),
        *(("pair", "position"), ("pen", "hsv")),
    )
)

_TEXTS = (Named("string"), Named("Label"))
_EXACT, _CAST, _PACKED = 0, 1, 2
# What a restricted node says of its result: that it is one of those asked for.
_ANY = Named("any")


@dataclass(frozen=True, slots=True)
class Option:
    """A parameter that may be given by name: its name, the types it takes, and its bit."""

    name: str
    types: frozenset[Type]
    bit: int


@dataclass(frozen=True, slots=True)
class Edge:
    """A positional argument.

    Attributes:
        types: The types it may have.
        uses: Bits of the names that it uses up.
        target: Number of the node after it.
    """

    types: frozenset[Type]
    uses: int
    target: int


@dataclass(frozen=True, slots=True)
class Node:
    """A point within a list of arguments.

    Attributes:
        result: The type of the call, where the list may end here.
        options: What may follow by name, where the list may end here.
        edges: The positional arguments that may come next.
        mixed: Whether positional arguments may come after named ones, because only one overload
            is left.
    """

    result: Type | None
    options: tuple[Option, ...]
    edges: tuple[Edge, ...]
    mixed: bool = False


class CallGraph:
    """The lists of arguments of many functions, in shared nodes.

    Attributes:
        nodes: The nodes; a list of arguments is a path from a function's root to a node with a
            result. There are no cycles.
        types: The types that an argument can have.
    """

    def __init__(self, library: Library, types: Sequence[Type]) -> None:
        """Begin an empty graph.

        Args:
            library: Where the casts are.
            types: The types that an argument can have.
        """
        self.nodes: list[Node] = []
        self.types = tuple(types)
        self.known = frozenset(types)
        self._numbers: dict[Node, int] = {}
        self._results: dict[int, frozenset[Type]] = {}
        self._restricted: dict[tuple[int, frozenset[Type]], int] = {}
        self._taken: dict[Type, frozenset[Type]] = {}
        self._casts = library.casts

    def add(self, overloads: Sequence[Function], *, lean: bool = False, mixed: bool = False) -> int:
        """Add a function and return its root node.

        Args:
            overloads: Its overloads.
            lean: Whether to leave out arguments that need one of :data:`UNUSUAL_CASTS`.
            mixed: Whether positional arguments may follow named ones.
        """
        number = len(overloads)
        everyone = frozenset((i, j) for i in range(number) for j in range(number))
        start = _State(tuple(_Candidate(i, 0) for i in range(number)), everyone)
        return _Walk(self, overloads, lean, mixed).visit(start)

    def intern(self, node: Node) -> int:
        """Return the number of a node, which is made if it is new."""
        if node not in self._numbers:
            self._numbers[node] = len(self.nodes)
            self.nodes.append(node)
        return self._numbers[node]

    def results(self, root: int) -> frozenset[Type]:
        """Return the types that calls from a root can have."""
        if root not in self._results:
            node = self.nodes[root]
            own = frozenset({node.result} if node.result is not None else ())
            found = own.union(*(self.results(edge.target) for edge in node.edges))
            self._results[root] = found
        return self._results[root]

    def restricted(self, root: int, results: frozenset[Type]) -> int:
        """Return the node like ``root`` whose calls are those that have one of some types.

        Its nodes do not tell one of these types from another. At least one call from ``root``
        must have one of them.
        """
        key = (root, results)
        if key not in self._restricted:
            node = self.nodes[root]
            ends = node.result in results
            edges = [
                Edge(edge.types, edge.uses, self.restricted(edge.target, results))
                for edge in node.edges
                if not results.isdisjoint(self.results(edge.target))
            ]
            options = node.options if ends or (node.mixed and edges) else ()
            self._restricted[key] = self.intern(
                Node(_ANY if ends else None, options, joined(edges), node.mixed and bool(options))
            )
        return self._restricted[key]

    def taken(self, wanted: Type) -> frozenset[Type]:
        """Return the types that can stand where one is wanted, but for unusual casts."""
        if wanted not in self._taken:
            self._taken[wanted] = frozenset(
                t
                for t in self.types
                if self.score(t, wanted, False) is not None and (t, wanted) not in UNUSUAL_CASTS
            )
        return self._taken[wanted]

    def score(self, argument: Type, parameter: Type, explicit: bool) -> int | None:
        """Tell how well an argument fits a parameter: 0 exactly, 1 with a cast, ``None`` not."""
        argument, parameter = _without_kind(argument), _without_kind(parameter)
        if argument == parameter:
            return _EXACT
        if not explicit and parameter in self._casts.get(argument, ()):
            return _CAST
        return None


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An overload that still fits: its number, its next parameter, and how many it packed."""

    overload: int
    next: int
    packed: int = 0


@dataclass(frozen=True, slots=True)
class _State:
    """All overloads that still fit.

    Attributes:
        candidates: One for each of them.
        no_worse: Pairs of overloads, the first no worse than the second for any argument so far.
    """

    candidates: tuple[_Candidate, ...]
    no_worse: frozenset[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Filled:
    """What an argument did to a candidate: where it is now, how well it fits, the bit it used.

    It is unusual if it takes a cast of :data:`UNUSUAL_CASTS`, and misplaced if it is a text of
    another kind than the parameter's.
    """

    candidate: _Candidate
    score: int
    bit: int | None = None
    unusual: bool = False
    misplaced: bool = False


class _Walk:
    """Explores the states of one function, each once."""

    def __init__(
        self, graph: CallGraph, overloads: Sequence[Function], lean: bool, mixed: bool
    ) -> None:
        self.graph, self.overloads, self.lean, self.mixed = graph, overloads, lean, mixed
        self.bits = _bits(overloads)
        self.seen: dict[_State, int] = {}
        self.steps: dict[_Candidate, dict[Type, _Filled]] = {}

    def visit(self, state: _State) -> int:
        if state not in self.seen:
            best = self._best(state)
            mixed = self.mixed and len(state.candidates) == 1
            named = state.candidates[0] if mixed else best
            node = Node(
                self.overloads[best.overload].result if best else None,
                tuple(self._options(state, named)) if named else (),
                joined(list(self._edges(state))),
                mixed,
            )
            self.seen[state] = self.graph.intern(node)
        return self.seen[state]

    def _edges(self, state: _State) -> Iterator[Edge]:
        steps = [self._steps(candidate) for candidate in state.candidates]
        alike: dict[tuple[_Filled | None, ...], set[Type]] = {}
        for argument in set[Type]().union(*steps):
            outcome = tuple(step.get(argument) for step in steps)
            if all(step is None or step.unusual for step in outcome):
                continue
            if any(step is not None and step.misplaced for step in outcome):
                continue
            alike.setdefault(outcome, set()).add(argument)
        for outcome, types in alike.items():
            filled = [step for step in outcome if step]
            scores = {step.candidate.overload: step.score for step in filled}
            no_worse = frozenset(
                (i, j)
                for i, j in state.no_worse
                if i in scores and j in scores and scores[i] <= scores[j]
            )
            target = self.visit(_State(tuple(step.candidate for step in filled), no_worse))
            node = self.graph.nodes[target]
            if node.result is not None or node.edges:
                uses = sum({1 << step.bit for step in filled if step.bit is not None})
                yield Edge(frozenset(types), uses, target)

    def _steps(self, candidate: _Candidate) -> dict[Type, _Filled]:
        """Return what each type of argument does to a candidate."""
        if candidate not in self.steps:
            filled = {t: self._fill(candidate, t) for t in self.graph.types}
            self.steps[candidate] = {t: after for t, after in filled.items() if after}
        return self.steps[candidate]

    def _fill(self, candidate: _Candidate, argument: Type) -> _Filled | None:
        parameters = self.overloads[candidate.overload].parameters
        for position in range(candidate.next, len(parameters)):
            parameter = parameters[position]
            if parameter.rest:
                return self._pack(candidate, position, parameter, argument)
            score = self.graph.score(argument, parameter.type, parameter.explicit)
            if score is not None:
                after = _Candidate(candidate.overload, position + 1)
                bit = self.bits.get((candidate.overload, parameter.name))
                unusual = self.lean and (argument, parameter.type) in UNUSUAL_CASTS
                misplaced = _is_misplaced(argument, parameter.type)
                return _Filled(after, score, bit, unusual, misplaced)
            if not parameter.has_default:
                return None
        return None

    def _pack(
        self, candidate: _Candidate, position: int, parameter: Parameter, argument: Type
    ) -> _Filled | None:
        assert isinstance(parameter.type, Array)
        score = self.graph.score(argument, parameter.type.element, parameter.explicit)
        if score is None or candidate.packed == MAX_REST:
            return None
        after = _Candidate(candidate.overload, position, candidate.packed + 1)
        unusual = self.lean and (argument, parameter.type.element) in UNUSUAL_CASTS
        misplaced = _is_misplaced(argument, parameter.type.element)
        return _Filled(after, score + _PACKED, unusual=unusual, misplaced=misplaced)

    def _best(self, state: _State) -> _Candidate | None:
        """Return the one complete candidate that is best, if there is one."""
        complete = [c for c in state.candidates if self._is_complete(c)]
        numbers = [candidate.overload for candidate in complete]
        best = [c for c in complete if all((c.overload, j) in state.no_worse for j in numbers)]
        return best[0] if len(best) == 1 else None

    def _is_complete(self, candidate: _Candidate) -> bool:
        rest = self.overloads[candidate.overload].parameters[candidate.next :]
        return all(parameter.has_default or parameter.rest for parameter in rest)

    def _options(self, state: _State, best: _Candidate) -> Iterator[Option]:
        """Yield what may be given by name so that ``best`` stays the best."""
        rivals = [c for c in state.candidates if c != best and self._is_complete(c)]
        for parameter in self.overloads[best.overload].parameters:
            bit = self.bits.get((best.overload, parameter.name))
            if bit is None:
                continue
            types = {
                argument
                for argument in self.graph.types
                if self._fits_no_worse(argument, parameter, rivals)
            }
            if types:
                yield Option(parameter.name, frozenset(types), bit)

    def _fits_no_worse(
        self, argument: Type, parameter: Parameter, rivals: Sequence[_Candidate]
    ) -> bool:
        score = self.graph.score(argument, parameter.type, parameter.explicit)
        others = (
            self.graph.score(argument, other.type, other.explicit)
            for rival in rivals
            for other in self.overloads[rival.overload].parameters
            if other.name == parameter.name
        )
        if self.lean and (argument, parameter.type) in UNUSUAL_CASTS:
            return False
        if _is_misplaced(argument, parameter.type):
            return False
        return score is not None and all(other is None or other >= score for other in others)


def _without_kind(found: Type) -> Type:
    """Return ``string`` for ``string: format``, and other types as they are."""
    if isinstance(found, Named) and ": " in found.name:
        return Named(found.name.partition(": ")[0])
    return found


def _kind(found: Type) -> str:
    return found.name.partition(": ")[2] if isinstance(found, Named) else ""


def _is_misplaced(argument: Type, parameter: Type) -> bool:
    """Tell whether a text is of another kind than the parameter's; a format may be any label."""
    mine, wanted = _kind(argument), _kind(parameter)
    if mine:
        return mine != wanted
    return wanted not in ("", "format") and _without_kind(argument) in _TEXTS


def _bits(overloads: Sequence[Function]) -> dict[tuple[int, str], int]:
    """Give each parameter that may be left out a bit, by overload and name.

    Where there are too many, parameters of the same name share one: a few calls that would be
    right are then not written.
    """
    keys = [
        (number, parameter.name)
        for number, function in enumerate(overloads)
        for parameter in function.parameters
        if parameter.name and parameter.has_default
    ]
    if len(keys) <= MAX_NAMES:
        return {key: bit for bit, key in enumerate(keys)}
    names = {name: bit for bit, name in enumerate(dict.fromkeys(name for _, name in keys))}
    return {key: names[key[1]] for key in keys if names[key[1]] < MAX_NAMES}


def joined(edges: Sequence[Edge]) -> tuple[Edge, ...]:
    """Make one edge of those that differ in their types alone."""
    types: dict[tuple[int, int], frozenset[Type]] = {}
    for edge in edges:
        key = (edge.uses, edge.target)
        types[key] = types.get(key, frozenset()) | edge.types
    return tuple(Edge(found, *key) for key, found in types.items())
