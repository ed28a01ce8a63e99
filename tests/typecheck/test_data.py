"""The tables that typecheck stands on, held against the compiler that they speak of."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from asygrammar.checking import apply_fix, check
from asygrammar.imports import module_names
from asygrammar.modules import is_module
from asygrammar.signatures import load_signatures, signature_modules
from asygrammar.typecheck.constants import CONSTANTS
from asygrammar.typecheck.habits import CASTS, NAMES, TYPES

MODULES = Path(__file__).resolve().parents[2] / "grammars" / "modules"


@pytest.mark.parametrize("module", ["", *signature_modules()])
def test_constants_are_what_the_compiler_lets_nobody_assign_to(module, asy, tmp_path):
    library = load_signatures((module,) if module else ())
    names = [n for n, types in library.variables.items() if n not in library.functions]
    lines = [f"void f() {{ {f'import {module};' * bool(module)}"]
    lines += [f"{name} = {name};" for name in names]
    (tmp_path / "one.asy").write_text("\n".join([*lines, "}"]))
    done = subprocess.run(
        [asy, "-noV", "one.asy"],
        cwd=tmp_path,
        env={**os.environ, "ASYMPTOTE_DIR": str(MODULES)},
        capture_output=True,
        text=True,
    )
    faults = re.findall(r"^one\.asy: (\d+)\.\d+: (.*)$", done.stderr, re.MULTILINE)
    fixed = {names[int(n) - 2] for n, text in faults if "modifying non-public" in text}
    assert fixed == CONSTANTS & set(names)


def test_every_module_of_the_installed_asy_is_known(asy):
    said = subprocess.run(
        [asy, "-noV", "-"], input="write(settings.sysdir);", capture_output=True, text=True
    )
    modules = {path.stem for path in Path(said.stdout.strip()).glob("*.asy")}
    assert "graph" in modules
    assert {module for module in modules if not is_module(module)} == set()


@pytest.mark.parametrize("name", NAMES)
def test_a_habit_is_no_name_of_asymptotes(name):
    assert name not in module_names()["plain"]
    assert NAMES[name].module or NAMES[name].advice


@pytest.mark.parametrize("name", [name for name, habit in NAMES.items() if habit.instead])
def test_what_is_put_in_its_place_is_known(name):
    kinds = (f"draw((0,0)--(1,1), {name});", f"bool b = {name};", f"real x = {name};")
    kinds += (f'label("A", (0,0), {name});', f"{name}(1);")
    sources = [k for k in kinds if any(fault.fix for fault in check(k))]
    assert sources
    assert any(check(apply_fix(s, check(s)[0].fix)) == [] for s in sources)


@pytest.mark.parametrize("name", TYPES)
def test_a_habitual_type_is_none(name):
    (fault,) = check(f"{name} x;")
    assert type(fault).__name__ == "UndeclaredType"
    assert fault.hint == TYPES[name].advice
    if TYPES[name].instead:
        assert check(apply_fix(f"{name} x;", fault.fix)) == []


def test_no_advice_is_given_on_what_is_cast_anyway():
    library = load_signatures()
    casts = {(str(source), str(t)) for source, targets in library.casts.items() for t in targets}
    assert not casts & set(CASTS)
