"""A first file of signatures for a module, drafted from what the compiler says about it.

The compiler lists prototypes and nothing else, so the module's own text tells which type names
there are and in which order things stand. What is left to a person: headings, and what a figure
has no use for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from asygrammar.built_in_types import FIELDS
from asygrammar.compiler.listing import read_field_types, run_asy
from asygrammar.module_sources import ModuleSource
from asygrammar.signature_files import Declaration, SignatureFault, named_types, read_signatures
from asygrammar.signatures import load_signatures
from asygrammar.types import Array, Function, Library, Named, Type

_WIDTH = 98
_TYPEDEF = re.compile(r"^typedef\s[^;]+;", re.MULTILINE)
_DEFAULT = re.compile(r"=\s*[^,()]+")
_STRUCT = re.compile(r"\bstruct\s+(\w+)")

# Each structure brings these for lists of itself; it is no part of what its author wrote.
_OF_EVERY_TYPE = frozenset(
    ("alias", "array", "concat", "copy", "map", "search", "sequence", "sort", "transpose")
)


def draft_signatures(module: str) -> str:
    """Return the text of a file of signatures for a module.

    Args:
        module: A module of Asymptote's own or a shipped one by its name, or the path of a file.

    Raises:
        OSError: ``asy`` is not installed.
        ValueError: There is no such module, or it does not compile.
    """
    source = ModuleSource.find(module)
    base = load_signatures(source.signed)
    structures = _structures(source)
    own = _typedefs(source, base, structures)
    aliases = {**base.aliases, **{alias.name: alias.type for alias in own}}
    known = _Known(replace(base, aliases=aliases), structures)
    lines = [f"// The module {source.name}.", *(f"import {name};" for name in source.signed)]
    lines += ["", "// Types"] * bool(structures or own)
    for name in structures:
        lines += _structure(source, name, known)
    lines += [f"typedef {alias};" for alias in own]
    entries = sorted(source.listing(structures), key=source.rank)
    for heading, chosen in _sections(entries):
        lines += ["", f"// {heading}"]
        lines += [line for entry in chosen for line in _prototype(entry, known)]
    return "\n".join([*lines, ""])


def _typedefs(source: ModuleSource, base: Library, structures: Iterable[str]) -> list[Declaration]:
    """Return the typedefs of a module that a file of signatures can have."""
    found: list[Declaration] = []
    known = {*base.types, *structures}
    for written in _TYPEDEF.findall(source.text):
        try:
            read = read_signatures(_DEFAULT.sub("= default", written), source.name)
        except SignatureFault:
            continue
        for alias in read.aliases:
            if alias.name not in known and known.issuperset(named_types(alias.type)):
                found.append(alias)
                known.add(alias.name)
    return found


def _structures(source: ModuleSource) -> list[str]:
    """Return the structures that an importer sees."""
    names = [name for name in dict.fromkeys(_STRUCT.findall(source.text)) if name not in FIELDS]
    lines = [f"import {source.name};", *(f"{{typedef {name} _;}}" for name in names)]
    said = run_asy(said="\n".join([*lines, ""]), folder=source.folder)
    return [name for name in names if f"no type of name '{name}'" not in said]


def _structure(source: ModuleSource, name: str, known: _Known) -> Iterator[str]:
    """Yield the lines that declare a structure with its fields."""
    fields = read_field_types(name, source.words, module=source.name, folder=source.folder)
    lines: list[str] = []
    overloaded: list[str] = []
    for field, declared in fields.items():
        if field in (name, *_OF_EVERY_TYPE):
            continue
        if declared is None:
            overloaded.append(field)
        else:
            lines += _prototype(Declaration(field, declared), known)
    if overloaded:
        lines.append(f"// overloaded, which only a person can write: {', '.join(overloaded)}")
    yield f"struct {name} {{" + ("" if lines else "}")
    yield from (f"  {line}" for line in lines)
    yield from ["}"] * bool(lines)


def _sections(entries: Iterable[Declaration]) -> Iterator[tuple[str, list[Declaration]]]:
    """Yield the declarations under a heading for each kind."""
    kinds: dict[str, list[Declaration]] = {}
    for entry in entries:
        kinds.setdefault(_kind(entry), []).append(entry)
    yield from ((heading, kinds[heading]) for heading in _HEADINGS if heading in kinds)


_HEADINGS = ("Variables and functions", "Operators", "Casts that need no asking", "Casts")


def _kind(entry: Declaration) -> str:
    kinds = {"operator cast": _HEADINGS[2], "operator ecast": _HEADINGS[3]}
    operator = entry.name.startswith("operator ")
    return kinds.get(entry.name, _HEADINGS[1] if operator else _HEADINGS[0])


def _prototype(entry: Declaration, known: _Known) -> Iterator[str]:
    """Yield the lines of one prototype, or a comment where a file cannot have it."""
    written = known.written(entry)
    name = f"_{written.name}" if written.name in FIELDS else written.name
    line = f"{Declaration(name, written.type)};"
    unknown = sorted(set(named_types(written.type)) - known.types)
    if unknown:
        yield f"// left out, no signatures of {', '.join(unknown)}: {entry}"
    elif any(isinstance(part, Function) for part in _parts(written.type)):
        yield f"// left out, a type without a name: {entry}"
    elif not _can_be_read(line):
        yield f"// left out, the grammar has no words for it: {entry}"
    else:
        yield from wrap(line)


def _can_be_read(line: str) -> bool:
    try:
        read_signatures(line, "")
    except SignatureFault:
        return False
    return True


class _Known:
    """The types that a draft may speak of, and the names of those of functions."""

    def __init__(self, library: Library, structures: Iterable[str]) -> None:
        self._library = library
        self.types = {*library.types, *library.aliases, *structures}
        full = {library.expand(alias): name for name, alias in library.aliases.items()}
        self._names: dict[Type, str] = {
            key: name for key, name in full.items() if isinstance(key, Function)
        }

    def written(self, entry: Declaration) -> Declaration:
        """Return a declaration in which types of functions bear their names."""
        declared = entry.type
        if not isinstance(declared, Function):
            return Declaration(entry.name, self._named(declared))
        name = self._names.get(self._library.expand(declared))
        # A variable whose type has a name: a function's parameters would have names, too.
        if name and declared.parameters and not declared.parameters[0].name:
            return Declaration(entry.name, Named(name))
        return Declaration(entry.name, self._with_names(declared))

    def _named(self, declared: Type) -> Type:
        name = self._names.get(self._library.expand(declared))
        if name:
            return Named(name)
        if isinstance(declared, Array):
            return Array(self._named(declared.element))
        return self._with_names(declared) if isinstance(declared, Function) else declared

    def _with_names(self, declared: Function) -> Function:
        parts = tuple(replace(p, type=self._named(p.type)) for p in declared.parameters)
        return Function(self._named(declared.result), parts)


def _parts(declared: Type) -> Iterator[Type]:
    """Yield the types in a prototype that must not be those of functions without a name."""
    if isinstance(declared, Function):
        yield declared.result
        for parameter in declared.parameters:
            if not isinstance(parameter.type, Function):
                yield from _parts(parameter.type)
            elif not parameter.name:
                yield parameter.type
            else:
                yield from _parts(parameter.type)
    elif isinstance(declared, Array):
        yield declared.element
        yield from _parts(declared.element)


def wrap(prototype: str) -> Iterator[str]:
    """Yield a prototype as lines that are not too long."""
    line = ""
    for part in re.split(r"(?<=,) ", prototype):
        if line and len(line) + len(part) >= _WIDTH:
            yield line
            line = f"  {part}"
        else:
            line = f"{line} {part}" if line else part
    yield line
