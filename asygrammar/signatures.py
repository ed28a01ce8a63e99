"""The signatures that programs may use: ``grammars/signatures/*.asy``, one file a module.

``plain`` is what every program has without an import. How a file is written is told in
``signature_files``; that each prototype is what the compiler itself says is for the tests.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TypeVar

from asygrammar.built_in_types import ARRAY_FIELDS, FIELDS
from asygrammar.signature_files import (
    CASTS,
    Declaration,
    SignatureFault,
    SignatureFile,
    named_types,
    read_signatures,
)
from asygrammar.types import Function, Library, Named, Type

#: The module that every program has without an import.
PLAIN = "plain"


def load_signatures(modules: Sequence[str] = (), *, folder: Path | None = None) -> Library:
    """Return what a program may use: ``plain`` and some modules together.

    Args:
        modules: Names of the modules that the program imports, in its order.
        folder: Another folder of signatures instead of the shipped one.

    Raises:
        SignatureFault: There is no file for a module, or a file has a fault.
    """
    return _load(tuple(modules), folder or _shipped())


def load_module_signatures(module: str, *, folder: Path | None = None) -> Library:
    """Return what an import of one module makes visible, without ``plain``.

    Args:
        module: The module's name, or ``plain`` itself.
        folder: Another folder of signatures instead of the shipped one.

    Raises:
        SignatureFault: There is no file for the module, or it has a fault.
    """
    return _library(module, folder or _shipped(), ())


def signature_modules(*, folder: Path | None = None) -> tuple[str, ...]:
    """Return the names of the modules that have a file of signatures, besides ``plain``."""
    names = (entry.name for entry in (folder or _shipped()).iterdir())
    found = {name.removesuffix(".asy") for name in names if name.endswith(".asy")}
    return tuple(sorted(found - {PLAIN}))


@lru_cache(maxsize=64)
def read_module(module: str, folder: Path | None = None) -> SignatureFile:
    """Return a module's file of signatures, read and not yet checked against other files.

    Raises:
        SignatureFault: There is no such file, or it has a fault.
    """
    return read_signatures(module_text(module, folder), f"{module}.asy")


def module_text(module: str, folder: Path | None = None) -> str:
    """Return the text of a module's file of signatures.

    Raises:
        SignatureFault: There is no such file, or it is no text.
    """
    file = f"{module}.asy"
    try:
        return ((folder or _shipped()) / file).read_text(encoding="utf-8")
    except OSError:
        hint = _suggestion(module, signature_modules(folder=folder))
        reason = f"there are no signatures of a module {module!r}"
        raise SignatureFault(file, None, reason, hint) from None
    except UnicodeDecodeError as error:
        reason, hint = f"byte {error.start} is no text", "save the file as UTF-8"
        raise SignatureFault(file, None, reason, hint) from None


def _shipped() -> Path:
    return Path(str(resources.files("asygrammar.grammars"))) / "signatures"


@lru_cache(maxsize=64)
def _load(modules: tuple[str, ...], folder: Path) -> Library:
    libraries = [_library(name, folder, ()) for name in (PLAIN, *modules)]
    return _merged(libraries)


@lru_cache(maxsize=64)
def _library(module: str, folder: Path, importers: tuple[str, ...]) -> Library:
    """Return what an import of a module makes visible, without ``plain``."""
    file = read_module(module, folder)
    imported = []
    for name, line in file.imports:
        if name in (*importers, module):
            raise SignatureFault(file.file, line, f"{name!r} imports itself", "leave the line out")
        try:
            imported.append(_library(name, folder, (*importers, module)))
        except SignatureFault as fault:
            if fault.line is None:
                raise SignatureFault(file.file, line, fault.reason, fault.hint) from None
            raise
    own = _own(file)
    if module == PLAIN:
        imported.insert(0, _built_in())
        ground = imported
    else:
        ground = [_library(PLAIN, folder, ()), *imported]
    _check_types(file, frozenset[str]().union(*(library.types for library in ground)))
    return _merged([*imported, own])


@lru_cache(maxsize=1)
def _built_in() -> Library:
    fields = {name: _read_fields(text) for name, text in FIELDS.items()}
    return Library(types=frozenset(FIELDS), fields=fields, array_fields=_read_fields(ARRAY_FIELDS))


def _read_fields(text: str) -> Mapping[str, tuple[Type, ...]]:
    return _by_name(read_signatures(text, "built_in_types.py").declarations)


def _by_name(declarations: Iterable[Declaration]) -> dict[str, tuple[Type, ...]]:
    found: dict[str, tuple[Type, ...]] = {}
    for declaration in declarations:
        found[declaration.name] = (*found.get(declaration.name, ()), declaration.type)
    return found


def _own(file: SignatureFile) -> Library:
    """Return what one file declares itself."""
    variables: dict[str, tuple[Type, ...]] = {}
    functions: dict[str, tuple[Function, ...]] = {}
    casts: dict[str, dict[Type, frozenset[Type]]] = {name: {} for name in CASTS}
    for found in file.declarations:
        declared = found.type
        if not isinstance(declared, Function):
            variables[found.name] = (*variables.get(found.name, ()), declared)
        elif found.name in casts:
            (parameter,), table = declared.parameters, casts[found.name]
            table[parameter.type] = table.get(parameter.type, frozenset()) | {declared.result}
        else:
            functions[found.name] = (*functions.get(found.name, ()), declared)
    return Library(
        types=frozenset([a.name for a in file.aliases] + [name for name, _ in file.structures]),
        variables=variables,
        functions=functions,
        casts=casts[CASTS[0]],
        explicit_casts=casts[CASTS[1]],
        fields={name: _by_name(fields) for name, fields in file.structures},
        aliases={alias.name: alias.type for alias in file.aliases},
        withheld=file.withheld,
    )


def _merged(libraries: Sequence[Library]) -> Library:
    """Return libraries as one, where what comes later hides what it takes the place of."""
    together = Library(
        types=frozenset[str]().union(*(library.types for library in libraries)),
        casts=_union(library.casts for library in libraries),
        explicit_casts=_union(library.explicit_casts for library in libraries),
        fields=_flat(library.fields for library in libraries),
        aliases=_flat(library.aliases for library in libraries),
        withheld=frozenset[str]().union(*(library.withheld for library in libraries)),
        array_fields=_flat(library.array_fields for library in libraries),
    )
    declared: dict[str, list[tuple[Type, ...]]] = {}
    for library in libraries:
        for name in dict.fromkeys([*library.variables, *library.functions]):
            types = (*library.variables.get(name, ()), *library.functions.get(name, ()))
            declared.setdefault(name, []).append(types)
    visible = {name: _visible(together, groups) for name, groups in declared.items()}
    variables = {name: _without_parameters(types) for name, types in visible.items()}
    functions = {name: _with_parameters(types) for name, types in visible.items()}
    return replace(
        together,
        variables={name: types for name, types in variables.items() if types},
        functions={name: types for name, types in functions.items() if types},
    )


def _visible(library: Library, groups: Sequence[tuple[Type, ...]]) -> Iterable[Type]:
    """Return what is left of the declarations of a name in several modules."""
    if len(groups) == 1:
        return groups[0]
    taken: dict[object, Type] = {}
    for types in groups:
        for declared in types:
            taken.pop(place := _place(library, declared), None)
            taken[place] = declared
    return taken.values()


def _place(library: Library, declared: Type) -> object:
    """Return what tells a declaration apart from others of its name.

    That is the types of the parameters. All that is no function shares one place.
    """
    if isinstance(declared, Named):
        declared = library.expand(declared)
    if not isinstance(declared, Function):
        return None
    return tuple((library.expand(p.type), p.rest) for p in declared.parameters)


def _without_parameters(types: Iterable[Type]) -> tuple[Type, ...]:
    return tuple(declared for declared in types if not isinstance(declared, Function))


def _with_parameters(types: Iterable[Type]) -> tuple[Function, ...]:
    return tuple(declared for declared in types if isinstance(declared, Function))


_T = TypeVar("_T")


def _flat(tables: Iterable[Mapping[str, _T]]) -> dict[str, _T]:
    return {name: value for table in tables for name, value in table.items()}


def _union(
    tables: Iterable[Mapping[Type, frozenset[Type]]],
) -> dict[Type, frozenset[Type]]:
    united: dict[Type, frozenset[Type]] = {}
    for table in tables:
        for source, targets in table.items():
            united[source] = united.get(source, frozenset()) | targets
    return united


def _check_types(file: SignatureFile, imported: Collection[str]) -> None:
    """Make sure that each type that a file speaks of is known, and a typedef's where it stands.

    Raises:
        SignatureFault: One is not.
    """
    known = {*imported, *(name for name, _ in file.structures)}
    for alias in file.aliases:
        _check_known(file, alias, known)
        known.add(alias.name)
    inside = (found for _, fields in file.structures for found in fields)
    for found in (*inside, *file.declarations):
        _check_known(file, found, known)


def _check_known(file: SignatureFile, found: Declaration, known: Collection[str]) -> None:
    for name in named_types(found.type):
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = (f"did you mean {near[0]!r}? If not, " if near else "") + (
                f"declare it above with `struct {name} {{}}`, or leave the line out"
            )
            raise SignatureFault(file.file, found.line, f"unknown type {name!r}", hint)


def _suggestion(module: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(module, known, 1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"there are {', '.join(known)}; `asygrammar grammar draft {module}` begins a new one"
