"""All overloads of a function followed at once, one argument at a time."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asygrammar.typed.call_nodes import Edge, Node, Option, joined
from asygrammar.types import Array, Function, Parameter, Type

if TYPE_CHECKING:
    from asygrammar.typed.calls import CallGraph

#: How many arguments a rest parameter takes at most in what is decoded.
MAX_REST = 8
#: The parameter of a parametric rule has so many bits, one for each name.
MAX_NAMES = 64
# How much worse than itself an argument fits that is packed into a rest parameter.
_PACKED = 2


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

    Unusual and misplaced are said in `fitting`.
    """

    candidate: _Candidate
    score: int
    bit: int | None = None
    unusual: bool = False
    misplaced: bool = False


class Overloads:
    """Explores the states of one function, each once.

    Args:
        graph: Where the nodes go.
        overloads: The signatures of the function.
        lean: Whether to leave out arguments that need an unusual cast.
        mixed: Whether positional arguments may follow named ones.
    """

    def __init__(
        self, graph: CallGraph, overloads: Sequence[Function], *, lean: bool, mixed: bool
    ) -> None:
        self.graph, self.overloads, self.lean, self.mixed = graph, overloads, lean, mixed
        self.bits = _bits(overloads)
        self.seen: dict[_State, int] = {}
        self.steps: dict[_Candidate, dict[Type, _Filled]] = {}

    def root(self) -> int:
        """Return the node before the first argument."""
        number = len(self.overloads)
        everyone = frozenset((i, j) for i in range(number) for j in range(number))
        return self.visit(_State(tuple(_Candidate(i, 0) for i in range(number)), everyone))

    def visit(self, state: _State) -> int:
        """Return the node of a state."""
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
            self.steps[candidate] = dict(self._fill(candidate))
        return self.steps[candidate]

    def _fill(self, candidate: _Candidate) -> Iterator[tuple[Type, _Filled]]:
        """Yield what types of argument do: each fills the first parameter that takes it."""
        overload, seen = candidate.overload, set[Type]()
        parameters = self.overloads[overload].parameters
        for position in range(candidate.next, len(parameters)):
            parameter = parameters[position]
            if parameter.rest:
                yield from self._pack(candidate, position, parameter, seen)
                return
            after = _Candidate(overload, position + 1)
            bit = self.bits.get((overload, parameter.name))
            for argument, fit in self.graph.fitting.of(parameter.type, parameter.explicit).items():
                if argument not in seen:
                    unusual = self.lean and fit.unusual
                    yield argument, _Filled(after, fit.score, bit, unusual, fit.misplaced)
            if not parameter.has_default:
                return
            seen.update(self.graph.fitting.of(parameter.type, parameter.explicit))

    def _pack(
        self, candidate: _Candidate, position: int, parameter: Parameter, seen: Container[Type]
    ) -> Iterator[tuple[Type, _Filled]]:
        assert isinstance(parameter.type, Array)
        if candidate.packed == MAX_REST:
            return
        after = _Candidate(candidate.overload, position, candidate.packed + 1)
        for argument, fit in self.graph.fitting.of(
            parameter.type.element, parameter.explicit
        ).items():
            if argument not in seen:
                unusual = self.lean and fit.unusual
                filled = _Filled(after, fit.score + _PACKED, None, unusual, fit.misplaced)
                yield argument, filled

    def _best(self, state: _State) -> _Candidate | None:
        """Return the one complete candidate that is best, if there is one."""
        complete = [c for c in state.candidates if self._is_complete(c)]
        numbers = [candidate.overload for candidate in complete]
        best = [c for c in complete if all((c.overload, j) in state.no_worse for j in numbers)]
        return best[0] if len(best) == 1 and not self._is_empty(best[0]) else None

    def _is_empty(self, candidate: _Candidate) -> bool:
        """Tell whether nothing was given to what takes a rest alone.

        The rivals of such a call are in no listing: ``surface()`` makes an empty structure, too.
        """
        parameters = self.overloads[candidate.overload].parameters
        return not candidate.packed and all(parameter.rest for parameter in parameters)

    def _is_complete(self, candidate: _Candidate) -> bool:
        rest = self.overloads[candidate.overload].parameters[candidate.next :]
        return all(parameter.has_default or parameter.rest for parameter in rest)

    def _options(self, state: _State, best: _Candidate) -> Iterator[Option]:
        """Yield what may be given by name so that ``best`` stays the best."""
        rivals = [c for c in state.candidates if c != best and self._is_complete(c)]
        for parameter in self.overloads[best.overload].parameters:
            bit = self.bits.get((best.overload, parameter.name))
            if bit is None or self._lets_another_in(parameter.name, best):
                continue
            types = self._types_no_worse(parameter, rivals)
            if types:
                yield Option(parameter.name, types, bit)

    def _lets_another_in(self, name: str, best: _Candidate) -> bool:
        """Tell whether an overload that has dropped out may fit again once a name is given.

        Of ``add(f, g, true, filltype=Fill)`` the third argument is then ``above``, where it could
        not be the filltype before.
        """
        given = self.overloads[best.overload].parameters[: best.next]
        types = [parameter.type for parameter in given]
        for overload in self.overloads:
            for position, parameter in enumerate(overload.parameters):
                if parameter.name == name and not parameter.has_default:
                    others = [p.type for p in overload.parameters if p is not parameter]
                    if position < best.next and others[: best.next] == types:
                        return True
        return False

    def _types_no_worse(
        self, parameter: Parameter, rivals: Sequence[_Candidate]
    ) -> frozenset[Type]:
        """Return the types that fit a parameter no worse than one of that name of any rival."""
        others = [
            self.graph.fitting.of(other.type, other.explicit)
            for rival in rivals
            for other in self.overloads[rival.overload].parameters
            if other.name == parameter.name
        ]
        return frozenset(
            argument
            for argument, fit in self.graph.fitting.of(parameter.type, parameter.explicit).items()
            if not fit.misplaced
            and not (self.lean and fit.unusual)
            and all(argument not in other or other[argument].score >= fit.score for other in others)
        )


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
