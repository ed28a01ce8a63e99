"""Which names each Asymptote module has, and what its functions take: asked of the compiler.

The answer is kept in ``grammars/signatures/names.json``. This command writes it anew, with the
installed ``asy`` and the shipped modules:

    python -m asygrammar.compiler.module_names grammars/signatures/names.json
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Collection, Iterable, Mapping
from importlib import resources
from pathlib import Path

from asygrammar.compiler.listing import run_asy
from asygrammar.files import write_whole
from asygrammar.grammar import shipped_modules

#: What every program has without an import, in the table of names.
BUILT_IN = "plain"
#: Modules of Asymptote's own that a figure may want. Left out are those that animate, talk to other
#: programs or serve only other modules.
OWN_MODULES = (
    *("binarytree", "contour", "contour3", "drawtree", "flowchart", "geometry", "graph", "graph3"),
    *("grid3", "interpolate", "labelpath", "markers", "math", "palette", "patterns", "rational"),
    *("roundedpath", "slopefield", "smoothcontour3", "solids", "stats", "texcolors"),
    *("three", "trembling", "tube", "x11colors"),
)

# A line of asy's listing, and what it writes for the value of a default.
_FUNCTION = re.compile(r"[\w\[\].]+ (\w+)\((.*)\);")
_DEFAULT = "=<default>"

_WORD = re.compile(r"\b[A-Za-z_]\w*", re.ASCII)
_NO_VARIABLE = re.compile(r"no matching variable '(\w+)'")
_NO_TYPE = re.compile(r"no type of name '(\w+)'")
_LOADING = re.compile(r"could not load module|error:")


def read_module_names(modules: Collection[str] | None = None) -> dict[str, list[str]]:
    """Ask the installed ``asy`` for the names of modules.

    Args:
        modules: Which modules; ``None``: all that are in the table.

    Returns:
        Sorted names by module: those that ``import MODULE;`` adds, whether values, functions or
        types, and under :data:`BUILT_IN` those that need no import.

    Raises:
        OSError: ``asy`` is not installed.
        ValueError: A module cannot be loaded.
    """
    with tempfile.TemporaryDirectory(prefix="asygrammar-") as folder:
        shipped = _written_modules(Path(folder))
        texts = [path.read_text("utf-8", "replace") for path in (*_own_files(), *shipped)]
        # What is built into asy need not stand in any module.
        texts.append(run_asy("-l"))
        words = sorted({word for text in texts for word in _WORD.findall(text)})
        built_in = _known("", words, folder)
        names = {BUILT_IN: sorted(built_in)}
        rest = [word for word in words if word not in built_in]
        for module in sorted(modules or {*OWN_MODULES, *shipped_modules()}):
            names[module] = sorted(_known(module, rest, folder))
    return names


def read_formals(modules: Collection[str] | None = None) -> dict[str, dict[str, list[str]]]:
    """Ask the installed ``asy`` for the parameters of the modules' functions.

    Args:
        modules: Which modules; ``None``: all that are in the table.

    Returns:
        For each module the functions that it defines itself, and for each of them one text an
        overload: the types of the parameters, separated by commas. A ``=`` after a type stands for
        a default, and ``real()`` for any function that returns a real number. What takes any
        number of arguments is left out.
    """
    with tempfile.TemporaryDirectory(prefix="asygrammar-") as folder:
        _written_modules(Path(folder))
        table: dict[str, dict[str, list[str]]] = {}
        for module in sorted(modules or {*OWN_MODULES, *shipped_modules()}):
            found: dict[str, set[str]] = {}
            for line in run_asy("-l", module, folder=folder).splitlines():
                function = _FUNCTION.fullmatch(line)
                # What returns a function has two lists of parameters.
                if function and "(" not in (types := _types(function[2])).replace("()", ""):
                    found.setdefault(function[1], set()).add(types)
            table[module] = {name: sorted(found[name]) for name in sorted(found)}
    return table


def to_json(names: Mapping[str, Iterable[str]], formals: Mapping[str, object]) -> str:
    """Write the table, one line a module for its names and one for its functions."""
    parts = []
    for title, table in (("names", names), ("formals", formals)):
        lines = [f"    {json.dumps(module)}: {json.dumps(table[module])}" for module in table]
        parts.append(f'  "{title}": {{\n' + ",\n".join(lines) + "\n  }")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _types(parameters: str) -> str:
    """Return the types of a list of parameters as ``asy`` writes it."""
    while (bare := re.sub(r"\([^()]*\)", "@", parameters)) != parameters:
        parameters = bare
    types = []
    for parameter in filter(None, parameters.split(" ... ")[0].split(", ")):
        words = parameter.removesuffix(_DEFAULT).removeprefix("explicit ").split()
        default = "=" if parameter.endswith(_DEFAULT) else ""
        types.append(words[0].rstrip("@") + ("()" if "@" in parameter else "") + default)
    return ",".join(types)


def _own_files() -> list[Path]:
    """Return the files of Asymptote's own modules, whose words are the names to ask for."""
    folder = run_asy(said="write(settings.sysdir);\n").split()[0]
    return sorted(Path(folder).glob("*.asy"))


def _written_modules(folder: Path) -> list[Path]:
    source = resources.files("asygrammar.grammars") / "modules"
    paths = [folder / f"{module}.asy" for module in shipped_modules()]
    for path in paths:
        path.write_bytes((source / path.name).read_bytes())
    return paths


def _known(module: str, words: Iterable[str], folder: str) -> set[str]:
    """Return those of some words that name something once a module is imported.

    A live ``asy`` refuses each unknown word by itself and goes on; a keyword is a syntax error.
    """
    asked = [word for word in words if word not in _keywords()]
    lines = [f"import {module};"] if module else []
    lines += [f"if(false) {word};" for word in asked]
    lines += [f"{{typedef {word} _;}}" for word in asked]
    said = run_asy(said="\n".join([*lines, ""]), folder=folder)
    if _LOADING.search(said):
        raise ValueError(f"asy cannot load module {module!r}: {said.strip()[:200]}")
    refused = set(_NO_VARIABLE.findall(said)) & set(_NO_TYPE.findall(said))
    return set(asked) - refused


def _keywords() -> frozenset[str]:
    """Return the words that are no names, from the lookahead of the grammar's ``NAME``."""
    text = (resources.files("asygrammar.grammars") / "asy.lark").read_text("utf-8")
    found = re.search(r"^NAME: /\(\?!\(([\w|]+)\)", text, re.MULTILINE)
    assert found is not None
    return frozenset(found[1].split("|")) | {"_"}


if __name__ == "__main__":
    write_whole(Path(sys.argv[1]), to_json(read_module_names(), read_formals()).encode())
