"""A module of Asymptote's as its author wrote it: its text, and what the compiler lists of it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from asygrammar.compiler.listing import read_listing, run_asy
from asygrammar.compiler.module_names import OWN_MODULES
from asygrammar.grammar import shipped_modules
from asygrammar.signature_files import Declaration
from asygrammar.signatures import PLAIN, signature_modules
from asygrammar.types import Function, Named

_IMPORT = re.compile(r"^(?:public\s+)?import\s+(\w+)\s*;", re.MULTILINE)
_INCLUDE = re.compile(r"^include\s+(\w+)\s*;", re.MULTILINE)
_WORD = re.compile(r"\b[A-Za-z]\w*", re.ASCII)
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_NO_VARIABLE = re.compile(r"no matching variable '(\w+)'")


@dataclass(frozen=True)
class ModuleSource:
    """A module: its name, where it stands, and the text of it and of what it takes in.

    Attributes:
        signed: The modules that come with it and have signatures of their own.
        inner: Those that come with it and have none; their names count as its own.
    """

    name: str
    folder: str
    text: str
    signed: tuple[str, ...]
    inner: tuple[str, ...]

    @classmethod
    def find(cls, module: str) -> ModuleSource:
        """Return a module by its name or its file."""
        path = Path(module)
        shipped = str(resources.files("asygrammar.grammars") / "modules")
        folder = str(path.resolve().parent) if path.suffix == ".asy" else shipped
        name = path.stem
        if name == PLAIN:
            raise ValueError("plain is what all modules build on: its file is there, extend it")
        _make_sure_of(name, folder)
        places = [Path(folder), Path(run_asy(said="write(settings.sysdir);\n").strip())]
        text = _text(name, places)
        imports = _IMPORT.findall(text)
        signed = tuple(found for found in imports if found in signature_modules())
        inner = tuple(found for found in imports if found not in signed)
        text += "".join(_text(found, places) for found in inner)
        return cls(name, folder, _COMMENT.sub(" ", text), signed, inner)

    @property
    def words(self) -> list[str]:
        """The words of the text, in order of their first use."""
        return list(dict.fromkeys(_WORD.findall(self.text)))

    def listing(self, structures: Collection[str]) -> list[Declaration]:
        """Return what the module declares and an importer sees."""
        entries = read_listing(self.name, folder=self.folder)
        for module in self.inner:
            entries += read_listing(module, folder=self.folder)
        # What makes a new structure is listed only among all that the module knows.
        entries += [
            entry
            for entry in read_listing(self.name, folder=self.folder, imports=True)
            if entry.name in structures
            and isinstance(entry.type, Function)
            and entry.type.result == Named(entry.name)
        ]
        unique = {str(entry): entry for entry in entries}
        hidden = self._hidden({entry.name for entry in entries})
        return [
            entry
            for entry in unique.values()
            if entry.name not in (*hidden, "operator init") and not entry.name.startswith("_")
        ]

    def rank(self, entry: Declaration) -> tuple[int, str]:
        """Return a key that sorts as the module's text does."""
        place = re.search(rf"\b{re.escape(entry.name.removeprefix('operator '))}\b", self.text)
        return (place.start() if place else len(self.text), str(entry))

    def _hidden(self, names: Iterable[str]) -> frozenset[str]:
        """Return those names that an importer does not see."""
        lines = [f"import {self.name};"]
        lines += [f"if(false) {name};" for name in sorted(names) if name.isidentifier()]
        said = run_asy(said="\n".join([*lines, ""]), folder=self.folder)
        return frozenset(_NO_VARIABLE.findall(said))


def _make_sure_of(module: str, folder: str) -> None:
    """Make sure that there is a module and that it compiles.

    Raises:
        ValueError: There is none, or it does not.
    """
    try:
        read_listing(module, folder=folder)
    except ValueError as fault:
        near = difflib.get_close_matches(module, (*OWN_MODULES, *shipped_modules()), 1)
        hint = f" (did you mean {near[0]!r}?)" if near and "has no module" in str(fault) else ""
        raise ValueError(f"{fault}{hint}") from None


def _text(module: str, places: Iterable[Path]) -> str:
    for place in places:
        path = place / f"{module}.asy"
        if path.is_file():
            text = path.read_text("utf-8", "replace")
            return text + "".join(_text(name, places) for name in _INCLUDE.findall(text))
    return ""
