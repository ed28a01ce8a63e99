"""Which types are one to Asymptote, and which are cast to which without being asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from asygrammar.types import VOID, Array, Function, Library, Named, Parameter, Type

#: The type of ``null``, which stands for any array, function or structure.
NULL = Named("null")
#: What cannot be judged: no fault follows from it.
UNKNOWN = Named("?")

# Held by value, so that `null` is none of them.
_PRIMITIVE = frozenset(
    (
        *("bool", "int", "real", "pair", "triple", "string", "pen", "path", "path3", "guide"),
        *("transform", "frame", "cycleToken", "tensionSpecifier", "curlSpecifier", "code", "void"),
    )
)
# Casts that the language itself has, whatever the signatures say.
_OF_THE_LANGUAGE: Mapping[Type, frozenset[Type]] = {
    Named(name): frozenset([Named("guide")])
    for name in ("cycleToken", "tensionSpecifier", "curlSpecifier")
}

# So many functions are kept at hand, more than all modules have.
_MOST_KEPT = 20_000

Table = Mapping[Type, frozenset[Type]]


class Casts:
    """The casts among the types of a library, and of what a program adds to it.

    Args:
        library: Declares the casts.
        outer: The casts that hold around it.
    """

    def __init__(self, library: Library, outer: Casts | None = None) -> None:
        self._aliases: dict[str, Type] = {**(outer._aliases if outer else {}), **library.aliases}
        self._canonical: dict[Type, Type] = {}
        self._parameters: dict[int, tuple[Function, tuple[Parameter, ...]]] = {}
        implicit = outer._implicit if outer else _OF_THE_LANGUAGE
        explicit = outer._explicit if outer else {}
        self._implicit: dict[Type, frozenset[Type]] = _united(self, implicit, library.casts)
        self._explicit: dict[Type, frozenset[Type]] = _united(
            self, explicit, library.explicit_casts
        )

    @classmethod
    def of(cls, library: Library | Casts) -> Casts:
        """Return the casts of a library, worked out once; casts are returned as they are."""
        if isinstance(library, Casts):
            return library
        known = _KNOWN.get(id(library))
        if known is None or known[0] is not library:
            known = _KNOWN[id(library)] = library, cls(library)
        return known[1]

    def with_cast(self, source: Type, target: Type, *, explicit: bool = False) -> Casts:
        """Return the casts together with one more."""
        table = {source: frozenset([target])}
        return Casts(
            Library(explicit_casts=table) if explicit else Library(casts=table), outer=self
        )

    def canonical(self, declared: Type) -> Type:
        """Return the type that stands for all that are one to Asymptote.

        What a ``typedef`` names is written out; of a function's parameters only the types count.
        """
        if isinstance(declared, Named) and declared.name not in self._aliases:
            return declared
        found = self._canonical.get(declared)
        if found is None:
            found = self._canonical[declared] = self._write_out(declared)
        return found

    def parameters(self, function: Function) -> tuple[Parameter, ...]:
        """Return the parameters of a function, their types canonical."""
        known = self._parameters.get(id(function))
        if known is None:
            canonical = tuple(replace(p, type=self.canonical(p.type)) for p in function.parameters)
            if len(self._parameters) > _MOST_KEPT:
                self._parameters.clear()
            # The function is kept, too, for its id to stay its own.
            known = self._parameters[id(function)] = function, canonical
        return known[1]

    def function(self, declared: Type) -> Function | None:
        """Return a type as a function's, or ``None`` where it is none.

        The names of the parameters are kept; what a ``typedef`` names is written out.
        """
        if isinstance(declared, Named) and declared.name in self._aliases:
            return self.function(self._aliases[declared.name])
        return declared if isinstance(declared, Function) else None

    def is_same(self, one: Type, other: Type) -> bool:
        """Tell whether two types are one to Asymptote."""
        return one == other or self.canonical(one) == self.canonical(other)

    def is_cast(self, source: Type, target: Type) -> bool:
        """Tell whether a value of one type is cast to another, and different, one."""
        source, target = self.canonical(source), self.canonical(target)
        if source == NULL:
            return not self.is_primitive(target)
        return target in self._implicit.get(source, ())

    def is_taken(self, source: Type, target: Type) -> bool:
        """Tell whether a value of one type will do where another is wanted."""
        return (
            UNKNOWN in (source, target)
            or self.is_same(source, target)
            or (self.is_cast(source, target))
        )

    def is_cast_explicitly(self, source: Type, target: Type) -> bool:
        """Tell whether ``(target) value`` can be written."""
        found = self._explicit.get(self.canonical(source), ())
        return self.is_taken(source, target) or self.canonical(target) in found

    def sources(self, target: Type) -> frozenset[Type]:
        """Return the types that are cast to one without being asked, that type not included."""
        target = self.canonical(target)
        return frozenset(s for s, targets in self._implicit.items() if target in targets)

    def targets(self, source: Type) -> frozenset[Type]:
        """Return the types that one is cast to without being asked, that type not included."""
        return self._implicit.get(self.canonical(source), frozenset())

    def is_primitive(self, declared: Type) -> bool:
        """Tell whether a type is held by value: no array, function or structure."""
        return isinstance(declared, Named) and declared.name in _PRIMITIVE

    def _write_out(self, declared: Type) -> Type:
        match declared:
            case Named(name):
                return self.canonical(self._aliases[name])
            case Array(element):
                return Array(self.canonical(element))
            case Function(result, parameters):
                bare = (Parameter(self.canonical(p.type), rest=p.rest) for p in parameters)
                return Function(self.canonical(result), tuple(bare))


# By the library's id, which is its own as long as the library is held here.
_KNOWN: dict[int, tuple[Library, Casts]] = {}


def signature_place(declared: Type) -> object:
    """Return what tells a declaration apart from others of its name.

    Of a function that is the types of its parameters; all that is no function shares one place,
    so that a name has one value at a time.

    Args:
        declared: A canonical type.
    """
    if isinstance(declared, Function):
        return declared.parameters
    return VOID


def _united(casts: Casts, *tables: Table) -> dict[Type, frozenset[Type]]:
    united: dict[Type, frozenset[Type]] = {}
    for table in tables:
        for source, targets in table.items():
            source = casts.canonical(source)
            united[source] = united.get(source, frozenset()) | _canonical(casts, targets)
    return united


def _canonical(casts: Casts, types: Iterable[Type]) -> frozenset[Type]:
    return frozenset(casts.canonical(declared) for declared in types)
