"""Which overload a call means: Asymptote's own rules, without programs or syntax trees.

Named arguments are matched first. Each other argument, in its order, takes the first parameter
that is left; where it cannot be cast to that one and the parameter has a default, it tries the
next. What is left over goes into the rest parameter. Of several functions that take the arguments
the best is meant: one that takes each argument at least as well as every other does, exactly rather
than with a cast, in a place of its own rather than in the rest.

Source: ``application.cc`` of Asymptote 2.85, ``multimatch``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from asygrammar.casts import UNKNOWN, Casts
from asygrammar.types import Array, Function, Library, Parameter, Type

# How well an argument fits; the smaller the better. In the rest each is worse by _PACKED.
_EXACT, _CAST, _PACKED = 1, 2, 2


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call.

    Attributes:
        types: Its type, or all types that a name stands for that is declared more than once.
            ``casts.UNKNOWN`` fits anywhere.
        name: The parameter that it names, or the empty string.
        rest: Whether it stands after ``...``, and is an array of all further arguments.
    """

    types: tuple[Type, ...]
    name: str = ""
    rest: bool = False


class Outcome(Enum):
    """How a resolution ends."""

    MATCH = "match"
    NONE = "none"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a call means.

    Attributes:
        outcome: Whether one function is meant, none, or several alike.
        functions: The functions that are meant.
    """

    outcome: Outcome
    functions: tuple[Function, ...] = ()

    @property
    def function(self) -> Function | None:
        """The one function that is meant, if it is one."""
        return self.functions[0] if self.outcome is Outcome.MATCH else None


_NONE = Resolution(Outcome.NONE)


def resolve(
    candidates: Sequence[Function], arguments: Sequence[Argument], library: Library | Casts
) -> Resolution:
    """Find the function that a call means.

    Args:
        candidates: The functions of the name that is called.
        arguments: The arguments, in the order of the call.
        library: Where the casts are declared, or the casts themselves.
    """
    casts = Casts.of(library)
    ordered = [a for a in arguments if a.name] + [a for a in arguments if not a.name]
    given = [
        Argument(tuple(map(casts.canonical, a.types)), a.name, a.rest)
        for a in ordered
        if not a.rest
    ]
    rest = [Argument(tuple(map(casts.canonical, a.types)), a.name, True) for a in ordered if a.rest]
    found = [
        (function, scores)
        for function in candidates
        if (scores := match(function, given, rest, casts)) is not None
    ]
    if len(found) > 1:
        found = _best(found, pairwise=len(arguments) == 2 and not rest and not given[0].name)
    if not found:
        return _NONE
    outcome = Outcome.MATCH if len(found) == 1 else Outcome.AMBIGUOUS
    return Resolution(outcome, tuple(function for function, _ in found))


def match(
    function: Function, given: Iterable[Argument], rest: Iterable[Argument], casts: Casts
) -> list[int] | None:
    """Return how well a function takes each argument, or ``None`` where it does not.

    Args:
        function: The function.
        given: The arguments, those with a name first; their types canonical.
        rest: The one after ``...``, if there is one.
        casts: What is cast to what.
    """
    places = _Places(casts.parameters(function))
    scores: list[int] = []
    for argument in given:
        parameter = places.named(argument.name) if argument.name else places.here
        score = _fit(argument, parameter, casts)
        while not score and not argument.name and places.skip():
            score = _fit(argument, places.here, casts)
        if score:
            places.take(argument.name)
        elif not argument.name and places.here is None and places.cell is not None:
            score = _fit(argument, places.cell, casts)
            score += _PACKED * (score > 0)
        if not score:
            return None
        scores.append(score)
    while places.skip():
        pass
    if places.here is not None:
        return None
    for argument in rest:
        score = _fit(argument, places.rest, casts)
        if not score:
            return None
        scores.append(score)
    return scores


class _Places:
    """The parameters of a function, and which of them are still to be filled."""

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        self.rest = parameters[-1] if parameters and parameters[-1].rest else None
        self._parameters = parameters[:-1] if self.rest else parameters
        self._filled: set[int] = set()
        self._at = 0

    @property
    def here(self) -> Parameter | None:
        """The next parameter to fill."""
        return self._parameters[self._at] if self._at < len(self._parameters) else None

    @property
    def cell(self) -> Parameter | None:
        """What one of the arguments is that the rest collects."""
        if self.rest is None or not isinstance(self.rest.type, Array):
            return None
        return Parameter(self.rest.type.element, explicit=self.rest.explicit)

    def named(self, name: str) -> Parameter | None:
        """Return the parameter of a name, if it is still to be filled."""
        at = self._index(name)
        return None if at is None else self._parameters[at]

    def take(self, name: str) -> None:
        """Fill the parameter of a name, or the next one."""
        at = self._index(name) if name else self._at
        assert at is not None
        self._filled.add(at)
        self._advance()

    def skip(self) -> bool:
        """Leave the next parameter to its default, if it has one."""
        if self.here is None or not self.here.has_default:
            return False
        self._filled.add(self._at)
        self._advance()
        return True

    def _advance(self) -> None:
        while self._at in self._filled:
            self._at += 1

    def _index(self, name: str) -> int | None:
        for at in range(self._at, len(self._parameters)):
            if self._parameters[at].name == name and at not in self._filled:
                return at
        return None


def _fit(argument: Argument, parameter: Parameter | None, casts: Casts) -> int:
    """Return how well an argument fits a parameter; 0 where it does not."""
    if parameter is None:
        return 0
    wanted = parameter.type
    if wanted in argument.types or UNKNOWN in argument.types:
        return _EXACT
    if parameter.explicit:
        return 0
    return _CAST if any(casts.is_cast(found, wanted) for found in argument.types) else 0


_Found = tuple[Function, list[int]]


def _best(found: list[_Found], pairwise: bool) -> list[_Found]:
    """Return the matches that no other is better than."""
    exact = [one for one in found if all(score == _EXACT for score in one[1])]
    if exact:
        return exact
    # Asymptote looks first for operators that take one operand as it is and cast the other.
    half = [one for one in found if pairwise and sorted(one[1]) == [_EXACT, _CAST]]
    if half:
        return half
    return [one for one in found if not any(_is_better(other, one) for other in found)]


def _is_better(one: _Found, other: _Found) -> bool:
    return one[1] != other[1] and all(
        mine <= theirs for mine, theirs in zip(one[1], other[1], strict=True)
    )
