"""The walls of the house: what is packaged, what may import what, and what importing costs."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]

# Import name -> folder, and which of our import names each may use.
ROOMS = {
    "asygrammar": ("asygrammar", {"asygrammar"}),
    "asygrammar.decoding": ("decoding", {"asygrammar", "asygrammar.decoding"}),
    "asygrammar.eval": ("eval", {"asygrammar", "asygrammar.decoding", "asygrammar.eval"}),
    "asygrammar.train": (
        "train",
        {"asygrammar", "asygrammar.decoding", "asygrammar.eval", "asygrammar.train"},
    ),
}
# These reach the rooms below, lazily, and are the only ones that do.
DOORS = {
    "asygrammar/__init__.py",
    "asygrammar/cli.py",
    "asygrammar/cli_bench.py",
    "asygrammar/cli_data.py",
    "asygrammar/cli_eval.py",
    "asygrammar/cli_ladder.py",
    "asygrammar/cli_model.py",
    "asygrammar/cli_train.py",
}


def room_of(module: str) -> str:
    parts = module.split(".")
    name = ".".join(parts[:2])
    return name if name in ROOMS else parts[0]


def imported_modules(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return {name for name in names if name.split(".")[0] == "asygrammar"}


@pytest.mark.parametrize("room", ROOMS)
def test_no_arrow_points_up(room):
    folder, allowed = ROOMS[room]
    for path in (ROOT / folder).rglob("*.py"):
        if str(path.relative_to(ROOT)) in DOORS:
            continue
        up = {name for name in imported_modules(path) if room_of(name) not in allowed}
        assert not up, f"{path.relative_to(ROOT)} imports {sorted(up)}"


def test_the_doors_reach_the_rooms_lazily():
    for door in DOORS:
        tree = ast.parse((ROOT / door).read_text())
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and node.module:
                assert room_of(node.module) == "asygrammar" or not node.module.startswith(
                    "asygrammar."
                ), f"{door} imports {node.module} at once"


def test_every_package_is_listed():
    folders = {name: folder for name, (folder, _) in ROOMS.items()}
    folders["asygrammar.grammars"] = "grammars"
    expected = set()
    for name, folder in folders.items():
        for init in (ROOT / folder).rglob("__init__.py"):
            inner = init.parent.relative_to(ROOT / folder).parts
            expected.add(".".join([name, *inner]))
    assert set(SETTINGS["packages"]) == expected
    for name, folder in SETTINGS["package-dir"].items():
        assert (ROOT / folder / "__init__.py").is_file(), name


def test_files_that_are_no_code_are_packaged():
    data = SETTINGS["package-data"]
    for name, folder in SETTINGS["package-dir"].items():
        for pattern in data.get(name, ()):
            assert list((ROOT / folder).glob(pattern)), f"{name} has no {pattern}"
    configs = (ROOT / "train" / "configs").rglob("*")
    assert {path.relative_to(ROOT / "train").match("configs/*.yaml") for path in configs} == {True}
    assert "configs/*.yaml" in data["asygrammar.train"]


def run(code: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


IMPORT_ALL = "import " + ", ".join([*ROOMS, "asygrammar.grammars"]) + "; print('ok')"


def test_every_room_imports_where_the_checkout_is_the_working_directory():
    assert run(IMPORT_ALL, ROOT) == "ok"


def test_every_room_imports_from_elsewhere(tmp_path):
    (tmp_path / "train.py").write_text("raise SystemExit('a local train.py was imported')")
    assert run(IMPORT_ALL, tmp_path) == "ok"


def test_importing_the_package_loads_no_torch(tmp_path):
    code = (
        "import asygrammar, sys;"
        "asygrammar.check('draw((0,0)--(1,0));');"
        "print([m for m in ('torch', 'transformers', 'outlines', 'lark') if m in sys.modules])"
    )
    assert run(code, tmp_path) == "['lark']"


def test_public_names_are_there():
    import asygrammar

    for name in asygrammar.__all__:
        assert getattr(asygrammar, name) is not None
        assert name in dir(asygrammar)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = asygrammar.nothing
