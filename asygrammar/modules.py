"""A module as a program sees it: the signatures that are known, and the names besides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from asygrammar.casts import UNKNOWN
from asygrammar.imports import module_names
from asygrammar.signatures import PLAIN, load_module_signatures, signature_modules
from asygrammar.types import Array, Library, Named, Type

# Modules of Asymptote's own that a figure has no use for: nothing is known of what they declare.
_OTHERS = frozenset(
    word
    for line in (
        "CAD animate animation annotate babel bezulate bsp colormap embed external feynman",
        "fontsize graph_settings graph_splinetype labelpath3 lmfit map metapost obj ode",
        "plain_Label plain_arcs plain_arrows plain_bounds plain_boxes plain_constants",
        "plain_debugger plain_filldraw plain_margins plain_markers plain_paths plain_pens",
        "plain_picture plain_prethree plain_scaling plain_shipout plain_strings",
        "pstoedit rationalSimplex simplex size10 size11 slide syzygy three_arrows three_light",
        "three_margins three_surface three_tube tree v3d v3dheadertypes v3dtypes version",
    )
    for word in line.split()
)


@dataclass(frozen=True, eq=False)
class Module:
    """A module that a program can import, or what it has without an import.

    Attributes:
        name: The module's name.
        library: What is known of it.
        unknown: Names that it has, too, of which nothing is known.
        is_open: Whether not even its names are known: it may have any.
    """

    name: str
    library: Library
    unknown: frozenset[str]
    is_open: bool = False
    _fields: dict[Type, Mapping[str, tuple[Type, ...]]] = field(
        default_factory=dict, init=False, repr=False
    )

    @property
    def type(self) -> Named:
        """The type of the module as a value, as in ``graph.xaxis``."""
        return Named(f"module {self.name}")

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of its variables and functions."""
        return tuple(dict.fromkeys((*self.library.variables, *self.library.functions)))

    def types_of(self, name: str) -> tuple[Type, ...]:
        """Return the types that a name of the module stands for."""
        library = self.library
        known = (*library.variables.get(name, ()), *library.functions.get(name, ()))
        return (*known, UNKNOWN) if self.may_have(name) and not known else known

    def may_have(self, name: str) -> bool:
        """Tell whether the module has a name of which nothing is known."""
        return name in self.unknown or self.is_open

    def part(self, names: Iterable[str]) -> Module:
        """Return the module as ``from MODULE access NAMES`` brings it in."""
        wanted, library = frozenset(names), self.library
        return Module(
            f"{self.name}.{'.'.join(sorted(wanted))}",
            Library(
                types=library.types & wanted,
                variables={n: t for n, t in library.variables.items() if n in wanted},
                functions={n: t for n, t in library.functions.items() if n in wanted},
                fields=library.fields,
                aliases=library.aliases,
            ),
            wanted if self.is_open else self.unknown & wanted,
        )

    def fields_of(self, owner: Type) -> Mapping[str, tuple[Type, ...]] | None:
        """Return the fields of a type of this module; ``None`` of any other type."""
        if owner not in self._fields and (found := self._find_fields(owner)) is not None:
            self._fields[owner] = found
        return self._fields.get(owner)

    def _find_fields(self, owner: Type) -> Mapping[str, tuple[Type, ...]] | None:
        if owner == self.type:
            return {name: self.types_of(name) for name in (*self.names, *self.unknown)}
        if isinstance(owner, Array):
            return self.library.fields_of(owner) if self.library.array_fields else None
        if isinstance(owner, Named) and owner.name in self.library.fields:
            return self.library.fields[owner.name]
        return None


@lru_cache(maxsize=64)
def load_module(name: str) -> Module:
    """Return a module. Of one without a file of signatures nothing but its names is known."""
    library = Library()
    if name == PLAIN or name in signature_modules():
        library = load_module_signatures(name)
    known = {*library.variables, *library.functions, *library.types}
    names = module_names().get(name, frozenset())
    return Module(name, library, names - known, is_open=name in _OTHERS)


def is_module(name: str) -> bool:
    """Tell whether there is a module of a name."""
    return name in module_names() or name in _OTHERS


def known_modules() -> Iterator[str]:
    """Yield the names of the modules that a program can import."""
    return (name for name in module_names() if name != PLAIN)
