"""What a name means where it stands: bindings, blocks and imported modules.

A scope never changes. To declare something, to open a block or to leave it returns another scope
and shares the rest, so that whoever reads a program bit by bit keeps a scope per step and goes back
by taking up an older one.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from asygrammar.array_functions import array_functions
from asygrammar.casts import UNKNOWN, Casts, signature_place
from asygrammar.diagnostics import Span
from asygrammar.modules import Module, load_module
from asygrammar.types import (
    VOID,
    Array,
    Library,
    Named,
    Type,
)

Fields = Mapping[str, tuple[Type, ...]]


@dataclass(frozen=True, slots=True)
class Binding:
    """A name that a program declares.

    Attributes:
        name: The name; of an operator its text, as ``operator +``.
        type: Its type; a function has a Function's.
        span: Where it is declared, if that is known; two bindings are equal wherever they are.
        implied: Whether the language declares it along with a type, as ``copy`` with an array.
    """

    name: str
    type: Type
    span: Span | None = field(default=None, compare=False)
    implied: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Block:
    """What opens a block.

    Attributes:
        kind: ``block``, ``loop``, ``function`` or ``struct``.
        result: What a function returns.
        record: The structure that is being defined.
    """

    kind: str = "block"
    result: Type = VOID
    record: Named | None = None


@dataclass(frozen=True, eq=False)
class Scope:
    """The names that are visible at one place of a program.

    Begin with :meth:`of_modules`. ``lookup`` tells what a name means; ``meaning`` is a key that
    two scopes share where the same programs can follow.

    Attributes:
        outer: The scope around this one, or the one that an import was added to.
        values: For each name its bindings, the latest first.
        types: For each name that a program gives to a type, the type.
        records: For each structure of the program its fields.
        module: The module whose names this scope adds.
        block: What was opened here, if a block begins with this scope.
        casts: The casts that hold here.
    """

    outer: Scope | None
    casts: Casts
    values: Mapping[str, tuple[Binding, ...]] = field(default_factory=dict)
    types: Mapping[str, Type] = field(default_factory=dict)
    records: Mapping[Named, Fields] = field(default_factory=dict)
    module: Module | None = None
    block: Block | None = None
    _seen: dict[str, tuple[Type, ...]] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of_modules(cls, *modules: str) -> Scope:
        """Return the scope of an empty program that imports some modules."""
        scope = _plain_scope()
        for module in modules:
            scope = scope.import_module(module)
        return scope

    # ------------------------------------------------------------------------------ changes

    def declare(self, name: str, type: Type, span: Span | None = None) -> Scope:
        """Return the scope in which a name is declared, besides or instead of what it meant."""
        return self.bind(Binding(name, type, span))

    def bind(self, *bindings: Binding) -> Scope:
        """Return the scope with some bindings, the last the innermost."""
        values = dict(self._own.values)
        for binding in bindings:
            place = self._place(binding.type)
            kept = [b for b in values.get(binding.name, ()) if self._place(b.type) != place]
            values[binding.name] = (binding, *kept)
        return replace(self._own, values=values)

    def declare_type(self, name: str, type: Type) -> Scope:
        """Return the scope in which a name stands for a type."""
        return replace(self._own, types={**self._own.types, name: type})

    def declare_fields(self, record: Named, fields: Fields) -> Scope:
        """Return the scope in which a structure of the program has some fields."""
        return replace(self._own, records={**self._own.records, record: fields})

    def declare_cast(self, source: Type, target: Type, *, explicit: bool = False) -> Scope:
        """Return the scope in which one type is cast to another."""
        return replace(self._own, casts=self.casts.with_cast(source, target, explicit=explicit))

    def import_module(self, name: str, known_as: str = "") -> Scope:
        """Return the scope with the names of a module, and with the module under its own name."""
        module = load_module(name)
        scope = Scope(self, Casts(module.library, outer=self.casts), module=module)
        return scope.declare(known_as or name, module.type)

    def import_names(self, name: str, wanted: Iterable[str]) -> Scope:
        """Return the scope with some names of a module, and no others."""
        part = load_module(name).part(wanted)
        casts = Casts(Library(aliases=part.library.aliases), outer=self.casts)
        return Scope(self, casts, module=part)

    def declare_array(self, type: Array) -> Scope:
        """Return the scope in which an array type can be used: functions come along with it."""
        functions = array_functions(type)
        copy = self._place(functions["copy"])
        if any(self._place(found) == copy for found in self.lookup("copy")):
            return self
        return self.bind(*(Binding(n, made, implied=True) for n, made in functions.items()))

    def enter(self, block: Block | None = None) -> Scope:
        """Return the scope inside a block that begins here."""
        return Scope(self, self.casts, block=block or Block())

    def leave(self) -> Scope:
        """Return the scope around the innermost block, as it was where the block began.

        Raises:
            ValueError: There is no block to leave.
        """
        for scope in self.outward():
            if scope.block is not None and scope.outer is not None:
                return scope.outer
        raise ValueError("there is no block to leave")

    # ------------------------------------------------------------------------------ answers

    def lookup(self, name: str) -> tuple[Type, ...]:
        """Return the types that a name stands for, the innermost first.

        That is at most one value, the last that was declared, and any number of functions that
        differ in their parameters. ``UNKNOWN`` is among them where a module has the name and its
        signature is not known. Nothing is found where the name is not declared.
        """
        found = self._seen.get(name)
        if found is None:
            own = self._own_types(name)
            found = self.outer.lookup(name) if self.outer else ()
            if own:
                places = {self._place(declared) for declared in own}
                found = (*own, *(t for t in found if self._place(t) not in places))
            # What is not there is not noted: the outermost scope outlives all programs.
            if found:
                self._seen[name] = found
        return found

    def lookup_type(self, name: str) -> Type | None:
        """Return the type that a name stands for, ``UNKNOWN`` included, or ``None``."""
        for scope in self.outward():
            if name in scope.types:
                return scope.types[name]
            if scope.module and name in scope.module.library.types:
                return Named(name)
            if scope.module and scope.module.may_have(name):
                return UNKNOWN
        return None

    def fields_of(self, owner: Type) -> Fields | None:
        """Return the fields of a type, each with its types; ``None`` where they are not known."""
        owner = self.casts.canonical(owner)
        for scope in self.outward():
            if isinstance(owner, Named) and owner in scope.records:
                return scope.records[owner]
            if scope.block and scope.block.record == owner:
                return self._fields_so_far(scope)
            if scope.module and (fields := scope.module.fields_of(owner)) is not None:
                return fields
        return None if isinstance(owner, Named) else {}

    def binding(self, name: str) -> Binding | None:
        """Return the innermost binding that the program itself gives to a name."""
        for scope in self.outward():
            if name in scope.values:
                return scope.values[name][0]
        return None

    def names(self) -> Iterator[str]:
        """Yield each visible name once, the program's own first."""
        seen: set[str] = set()
        for scope in self.outward():
            declared = scope.module.names if scope.module else scope.values
            new = [name for name in declared if name not in seen]
            seen.update(new)
            yield from new

    def type_names(self) -> Iterator[str]:
        """Yield the names of types that are visible."""
        for scope in self.outward():
            yield from scope.module.library.types if scope.module else scope.types

    @property
    def modules(self) -> tuple[str, ...]:
        """The names of the modules that are imported here, the first import first."""
        found = [scope.module.name for scope in self.outward() if scope.module]
        return tuple(dict.fromkeys(reversed(found[:-1])))

    @property
    def function(self) -> Block | None:
        """The function that this place is in."""
        blocks = (scope.block for scope in self.outward() if scope.block)
        return next((block for block in blocks if block.kind == "function"), None)

    @property
    def in_loop(self) -> bool:
        """Whether a loop can be broken off here."""
        for scope in self.outward():
            if scope.block and scope.block.kind in ("loop", "function", "struct"):
                return scope.block.kind == "loop"
        return False

    def meaning(self) -> Hashable:
        """Return a key that is equal for scopes in which the same things are visible."""
        visible: dict[str, tuple[Type, ...]] = {}
        types: dict[str, Type] = {}
        for scope in self.outward():
            for name, bindings in scope.values.items():
                if name not in visible and not all(b.implied for b in bindings):
                    visible[name] = self.lookup(name)
            types = {**scope.types, **types}
        function = self.function
        return (
            frozenset(visible.items()),
            frozenset(types.items()),
            self.modules,
            self.in_loop,
            function.result if function else None,
        )

    def outward(self) -> Iterator[Scope]:
        """Yield this scope and those around it, the innermost first."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer

    @property
    def _own(self) -> Scope:
        """This scope, or one on top of a module's, for the program's own names."""
        return Scope(self, self.casts) if self.module else self

    def _own_types(self, name: str) -> tuple[Type, ...]:
        if self.module:
            return self.module.types_of(name)
        return tuple(binding.type for binding in self.values.get(name, ()))

    def _place(self, declared: Type) -> object:
        return signature_place(self.casts.canonical(declared))

    def _fields_so_far(self, body: Scope) -> Fields:
        """Return the fields of a structure whose body is still being read."""
        fields: dict[str, tuple[Type, ...]] = {}
        for scope in self.outward():
            for name, bindings in scope.values.items():
                fields[name] = (*fields.get(name, ()), *(b.type for b in bindings))
            if scope is body:
                break
        return fields


@lru_cache(maxsize=1)
def _plain_scope() -> Scope:
    module = load_module("plain")
    return Scope(None, Casts(module.library), module=module)


def array_of(element: Type, dimensions: int) -> Type:
    """Return the array with so many dimensions; with none it is the element's type."""
    for _ in range(dimensions):
        element = Array(element)
    return element
