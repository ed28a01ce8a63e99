"""Imports that a program lacks: what is declared nowhere, and which modules have it.

It knows names and scopes, and of types only whether a name can be called. The modules' names are
data (``grammars/signatures/names.json``, written by ``asygrammar.compiler.module_names``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Any

from asygrammar.free_names import Use, find_free_names, find_functions, find_texts
from asygrammar.grammar import load_grammar, shipped_modules
from asygrammar.parser import AsySyntaxError
from asygrammar.standalone import without_imports, write_out

# Which module to take where several have a name, and the order of the lines. First those that the
# site loads by itself; geometry comes last, since it changes what point, dot and line mean.
_PREFERENCE = (
    *("graph", "olympiad", "cse5", "TrigMacros", "math", "markers", "three", "solids", "graph3"),
    *("contour", "patterns", "palette", "stats", "labelpath", "roundedpath", "slopefield"),
    *("interpolate", "trembling", "flowchart", "binarytree", "drawtree", "rational", "tube"),
    *("contour3", "smoothcontour3", "grid3", "texcolors", "x11colors", "geometry"),
)

# They draw in space, or change what well-known names mean: only for what no other module has.
_LAST_RESORTS = frozenset(
    ("three", "solids", "graph3", "grid3", "contour3", "smoothcontour3", "tube", "geometry")
)

# Functions that are built in with other arguments: a call with so many is one of the modules'.
_BY_ARGUMENTS = {
    ("incircle", 3): {"olympiad", "geometry"},
    ("cyclic", 4): {"olympiad"},
    ("midpoint", 2): {"olympiad"},
}

# LaTeX packages, and the commands in labels that need them.
_PACKAGES = {
    "amsmath": (
        "text dfrac tfrac cfrac binom dbinom tbinom boxed overset underset operatorname"
        " boldsymbol pod substack xrightarrow xleftarrow overleftrightarrow lvert rvert"
        " lVert rVert dotsb dotsc dotsm implies impliedby"
    ),
    "amssymb": (
        "mathbb mathfrak measuredangle sphericalangle square blacksquare blacktriangle"
        " triangleq vartriangle triangledown lozenge bigstar checkmark varnothing complement"
        " therefore because nmid ncong nexists leqslant geqslant Box Diamond"
    ),
}
_ENVIRONMENT = re.compile(r"\\begin\{(?:[bBpvV]?matrix|smallmatrix|cases|aligned|gathered)\}")
_COMMAND = re.compile(r"\\([A-Za-z]+)")


def add_imports(source: str, *, standalone: bool = False) -> str:
    """Put the imports that a program lacks in front of it.

    A name that is used and is declared neither in the program, nor built in, nor in a module that
    the program imports is looked for in the modules. The smallest set of modules that has all of
    them is imported, each with a line at the top. A label whose commands LaTeX lacks brings its
    package, as ``usepackage("amsmath");``. Where a whole module would make calls of the program's
    own functions ambiguous, only the missing names are taken: ``from graph access xaxis;``.

    Args:
        source: A program of the subset.
        standalone: Whether to write the definitions that the program uses of the shipped modules
            (``olympiad``, ``cse5``, ...) out, instead of their imports, so that it compiles with
            Asymptote alone. Imports of shipped modules that the program has are replaced, too.

    Returns:
        The program with the lines in front, or the program itself, unchanged, where nothing is
        missing, where no module has what is missing, or where it does not parse.
    """
    try:
        program = load_grammar().parse(source)
    except AsySyntaxError:
        return source
    free = find_free_names(program, module_names())
    needs = _module_needs(free)
    modules = choose_modules(needs.values())
    packages = _missing_packages(find_texts(program), source)
    lines = [f'usepackage("{package}");\n' for package in packages]
    own = find_functions(program)
    for module in modules:
        met = sorted(name for name, need in needs.items() if module in need)
        whole = not any(_is_ambiguous(name, types, module) for name, types in own)
        if standalone and module in shipped_modules():
            names = {use.name for use in free} if whole else met
            lines.append(write_out(module, names, module_names()))
        else:
            lines.append(
                f"import {module};\n" if whole else f"from {module} access {', '.join(met)};\n"
            )
    if standalone:
        source = without_imports(program, source, module_names())
    return "".join(lines) + source


@lru_cache(maxsize=1)
def module_names() -> Mapping[str, frozenset[str]]:
    """Return the names that each module adds, and under ``plain`` those that are built in."""
    return {module: frozenset(names) for module, names in _table()["names"].items()}


@lru_cache(maxsize=1)
def _table() -> Any:
    file = resources.files("asygrammar.grammars") / "signatures" / "names.json"
    return json.loads(file.read_text(encoding="utf-8"))


def choose_modules(needs: Iterable[Collection[str]]) -> list[str]:
    """Choose few modules so that each need is met by one of them.

    Args:
        needs: For each missing name, the modules that have it.

    Returns:
        The modules, in the order of their imports.
    """
    open_needs: list[set[str]] = [_preferred(need) for need in needs if need]
    chosen: set[str] = set()
    while open_needs:
        # What only one module has is settled first; then the module that meets most needs.
        forced = {next(iter(need)) for need in open_needs if len(need) == 1}
        best = min(
            forced or set().union(*open_needs),
            key=lambda module: (-sum(module in need for need in open_needs), _rank(module)),
        )
        chosen.add(best)
        open_needs = [need for need in open_needs if best not in need]
    return sorted(chosen, key=_rank)


def _preferred(need: Collection[str]) -> set[str]:
    """Return the modules that may meet a need, less the last resorts where there are others."""
    return set(need) - _LAST_RESORTS or set(need)


def _rank(module: str) -> int:
    return _PREFERENCE.index(module) if module in _PREFERENCE else len(_PREFERENCE)


def _module_needs(free: Iterable[Use]) -> dict[str, set[str]]:
    """Return for each name that is missing the modules that have it."""
    needs: dict[str, set[str]] = {}
    for use in free:
        by_arguments = _BY_ARGUMENTS.get((use.name, use.arguments or 0), set())
        if by_arguments and not by_arguments & use.modules:
            needs[use.name] = by_arguments
        elif not by_arguments and use.name not in module_names()["plain"]:
            needs[use.name] = {m for m, names in module_names().items() if use.name in names}
    return needs


def _is_ambiguous(name: str, types: Sequence[str], module: str) -> bool:
    """Tell whether a module makes calls of a program's own function ambiguous.

    It does where one of its functions takes the same arguments and more by default. One that takes
    the very same is hidden by the program's.
    """
    overloads = _table()["formals"].get(module, {}).get(name, ())
    return any(_takes(text.split(","), types) for text in overloads if text != ",".join(types))


def _takes(formals: Sequence[str], types: Sequence[str]) -> bool:
    """Tell whether arguments of some types, in this order, are what a function takes."""
    if not formals:
        return not types
    first, rest = formals[0], formals[1:]
    taken = first.removesuffix("=")
    # A whole number, as in axes(1,2), makes as good a label as a real number.
    same = types and (types[0] == taken or (types[0], taken) == ("real", "Label"))
    if same and _takes(rest, types[1:]):
        return True
    return first.endswith("=") and _takes(rest, types)


def _missing_packages(texts: Iterable[str], source: str) -> list[str]:
    """Return the LaTeX packages that the labels need and the program does not load."""
    commands: set[str] = set()
    for text in texts:
        commands.update(_COMMAND.findall(text))
        if _ENVIRONMENT.search(text):
            commands.add("text")
    return [
        package
        for package, known in _PACKAGES.items()
        if commands & set(known.split())
        and not re.search(rf"usepackage\W[^;]*\b{package}\b", source)
    ]
