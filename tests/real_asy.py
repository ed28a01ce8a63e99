"""The real parser of Asymptote, as judge: `asy -p` parses and runs nothing."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

_FAULT = re.compile(r"^(\d+)\.asy: [\d.]+: (.*)$", re.MULTILINE)


def parse_faults(asy: str, programs: Sequence[str], folder: Path) -> dict[int, str]:
    """Return the index and the message of each program that `asy -p` rejects."""
    names = [f"{index}.asy" for index in range(len(programs))]
    for name, program in zip(names, programs, strict=True):
        (folder / name).write_text(program, encoding="utf-8")
    done = subprocess.run(
        [asy, "-p", "-noV", *names],
        cwd=folder,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
    )
    return {int(index): message for index, message in _FAULT.findall(done.stderr)}


def tree(asy: str, program: str, folder: Path) -> str:
    """Return Asymptote's own syntax tree of a program, without positions."""
    (folder / "one.asy").write_text(program, encoding="utf-8")
    done = subprocess.run(
        [asy, "-p", "-noV", "one.asy"], cwd=folder, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, (program, done.stderr)
    bare = re.sub(r"one\.asy:\s*[\d.]+", "", done.stdout + done.stderr)
    return re.sub(r"^[ \t]+", "", bare, flags=re.MULTILINE)


def draws(asy: str, path: Path, modules: Path, folder: Path) -> bool:
    """Tell whether a bare `asy` makes a picture of a program, given a folder of modules."""
    picture = folder / "picture.eps"
    subprocess.run(
        [asy, "-noV", "-safe", "-dir", str(modules), "-f", "eps", "-o", str(picture), str(path)],
        cwd=folder,
        capture_output=True,
        timeout=60,
    )
    return picture.is_file()
