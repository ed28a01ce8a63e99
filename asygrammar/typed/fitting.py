"""Which types of arguments a parameter takes, and how well each fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from asygrammar.types import Array, Library, Named, Type


def _named(text: str) -> Type:
    return Array(_named(text[:-2])) if text.endswith("[]") else Named(text)


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
EXACT, CAST = 0, 1


@dataclass(frozen=True, slots=True)
class Fit:
    """How an argument of some type fits a parameter.

    Attributes:
        score: 0 exactly, 1 with a cast.
        unusual: Whether it takes a cast of :data:`UNUSUAL_CASTS`.
        misplaced: Whether it is a text of another kind than the parameter's.
    """

    score: int
    unusual: bool
    misplaced: bool


class Fitting:
    """What the parameters of functions take, of the types that an argument can have.

    Args:
        library: Where the casts are.
        types: The types that an argument can have.
    """

    def __init__(self, library: Library, types: Sequence[Type]) -> None:
        self._casts, self._types = library.casts, tuple(types)
        self._known: dict[tuple[Type, bool], dict[Type, Fit]] = {}

    def of(self, parameter: Type, explicit: bool) -> Mapping[Type, Fit]:
        """Return the types of arguments that a parameter takes, and how well each fits."""
        key = (parameter, explicit)
        if key not in self._known:
            scores = {t: self._score(t, parameter, explicit) for t in self._types}
            self._known[key] = {
                t: Fit(score, (t, parameter) in UNUSUAL_CASTS, _is_misplaced(t, parameter))
                for t, score in scores.items()
                if score is not None
            }
        return self._known[key]

    def without_cycles(self, types: frozenset[Type]) -> list[frozenset[Type]]:
        """Return the largest sets of some types in which no two are each cast to the other."""
        for one, other in combinations(sorted(types, key=str), 2):
            if self._cast_both_ways(one, other):
                parts = self.without_cycles(types - {one}), self.without_cycles(types - {other})
                return list(dict.fromkeys([*parts[0], *parts[1]]))
        return [types]

    def _cast_both_ways(self, one: Type, other: Type) -> bool:
        one, other = _without_kind(one), _without_kind(other)
        casts = self._casts
        return one != other and other in casts.get(one, ()) and one in casts.get(other, ())

    def _score(self, argument: Type, parameter: Type, explicit: bool) -> int | None:
        argument, parameter = _without_kind(argument), _without_kind(parameter)
        if argument == parameter:
            return EXACT
        if not explicit and parameter in self._casts.get(argument, ()):
            return CAST
        return None


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
