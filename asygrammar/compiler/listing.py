"""What the compiler itself says that a module declares (``asy -l MODULE``), read into types.

The listing knows no ``typedef``: of ``arrowbar`` it writes the function type that it stands for.
It tells nothing of what a structure contains; that is asked of a live ``asy``.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator

from asygrammar.signature_files import Declaration
from asygrammar.types import Array, Function, Named, Parameter, Type

_TOKEN = re.compile(r"=<default>|<open>|\.\.\.|operator [^\s(,;]+|\w+|\[\]|[(),;]")
_PLACE = re.compile(r"\S+: \d+\.\d+: ")
_DEFAULT = "=<default>"
# Begins the name of a structure that nothing can be cast to.
_ASKED = "asked__"
_REFUSED_CAST = re.compile(rf"cannot cast (?:'(.*)'|expression) to '{_ASKED}(\w+)'")


def read_listing(module: str = "", *, folder: str = "", imports: bool = False) -> list[Declaration]:
    """Return what a module declares, as the compiler lists it.

    Args:
        module: The module; the empty string: what every program has without an import.
        folder: Where else to look for modules.
        imports: Whether to list all that the module knows: what it imports, even for itself
            alone, and what makes new values of its structures. What is built in is not listed.

    Raises:
        OSError: ``asy`` is not installed.
        ValueError: There is no such module, or it does not compile.
    """
    if imports:
        said = run_asy(said=f'list("{module}",true);\n', folder=folder)
    else:
        said = run_asy("-l", *filter(None, [module]), folder=folder)
    lines = said.splitlines()
    if f"could not load module '{module}'" in said:
        raise ValueError(f"asy has no module {module!r}")
    wrong = [line for line in lines if line and not line.endswith(";")]
    if wrong:
        fault = next(filter(_PLACE.match, wrong), " ".join(wrong))
        raise ValueError(f"asy cannot load module {module!r}: {fault[:200]}")
    return [read_entry(line) for line in lines if line and "<open>" not in line]


def read_entry(line: str) -> Declaration:
    """Read one line of a listing, as ``pen gray(real gray);``."""
    (entry,) = _Reader(line).entries()
    return entry


def read_type(text: str) -> Type:
    """Read a type as the compiler writes it in a message, as ``void(int i ... real[])``."""
    return _Reader(text).type()


def read_field_types(
    type_name: str, names: Iterable[str], *, module: str = "", folder: str = ""
) -> dict[str, Type | None]:
    """Ask a live ``asy`` for the fields of a type.

    It refuses to cast a field to a new structure, and names the type of the field in the refusal.

    Args:
        type_name: The type, as a program writes it after importing the module.
        names: Words that may be fields of it.
        module: A module to import.
        folder: Where else to look for modules.

    Returns:
        The type of each word that is a field; ``None`` where the field is overloaded.
    """
    lines = [f"import {module};" if module else ""]
    lines += [f"{{struct {_ASKED}{n} {{}} {type_name} x; {_ASKED}{n} y=x.{n};}}" for n in names]
    said = run_asy(said="\n".join([*lines, ""]), folder=folder)
    found = _REFUSED_CAST.findall(said)
    return {name: read_type(text) if text else None for text, name in found}


def run_asy(*options: str, said: str = "", folder: str = "") -> str:
    """Return what ``asy`` says on both outputs to statements on its input.

    Args:
        options: Further options of the command line.
        said: The statements; each is refused by itself, and the rest goes on.
        folder: Where else to look for modules.
    """
    # A file of the working directory would stand in for the module of its name.
    with tempfile.TemporaryDirectory(prefix="asygrammar-") as empty:
        done = subprocess.run(
            ["asy", "-noV", "-q", "-prompt", "", "-prompt2", "", *options],
            input=said,
            cwd=empty,
            env={**os.environ, "ASYMPTOTE_DIR": folder},
            capture_output=True,
            text=True,
            check=False,
        )
    return done.stdout + done.stderr


class _Reader:
    """Reads by recursive descent; an error would mean that asy lists in another way."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[str] = [*_TOKEN.findall(text), ""]
        self._at = 0

    def entries(self) -> Iterator[Declaration]:
        declared = self.type()
        name = self._take()
        yield Declaration(name, self._groups(declared))
        self._expect(";")

    def type(self) -> Type:
        declared: Type = Named(self._take())
        while self._now in ("[]", "("):
            if self._now == "[]":
                self._take()
                declared = Array(declared)
            else:
                declared = self._groups(declared)
        return declared

    @property
    def _now(self) -> str:
        return self._tokens[self._at]

    def _groups(self, result: Type) -> Type:
        while self._now == "(":
            result = Function(result, tuple(self._parameters()))
        return result

    def _parameters(self) -> Iterator[Parameter]:
        self._expect("(")
        while self._now != ")":
            rest = self._skip("...")
            explicit = self._skip("explicit")
            declared = self.type()
            name = "" if self._now in (",", ")", "...", _DEFAULT) else self._take()
            declared = self._groups(declared)
            yield Parameter(declared, name, self._skip(_DEFAULT), explicit, rest)
            self._skip(",")
        self._expect(")")

    def _skip(self, token: str) -> bool:
        if self._now != token:
            return False
        self._at += 1
        return True

    def _take(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, token: str) -> None:
        if self._take() != token:
            raise ValueError(f"cannot read asy's listing: {self._text}")
