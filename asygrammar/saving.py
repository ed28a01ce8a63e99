"""Saving a figure: the ending of the file's name says as what."""

from __future__ import annotations

import os
from pathlib import Path

from asygrammar.compiler import FORMATS, render
from asygrammar.files import check_writable, write_whole

#: Endings a figure can be saved under: the pictures' and the program's own.
ENDINGS = (*FORMATS, "asy")


def check_target(path: str | os.PathLike[str]) -> str:
    """Tell, before a figure is drawn, whether it can be saved there; return the format.

    Raises:
        ValueError: The ending is unknown, or the place cannot be written to.
    """
    target = Path(path)
    format = target.suffix.lower().removeprefix(".")
    if format not in ENDINGS:
        known = ", ".join(f".{ending}" for ending in ENDINGS)
        raise ValueError(f"cannot tell the format of {target.name!r}: end the name in {known}")
    check_writable(target)
    return format


def save_figure(source: str, path: str | os.PathLike[str], *, width: int | None = None) -> None:
    """Save a program's picture, or with the ending ``.asy`` the program itself.

    The file appears whole or not at all.

    Args:
        source: The program.
        path: Where to; the ending (svg, png, pdf, eps, asy) says in which format.
        width: Of a png or svg, in pixels; by default as large as the program says.

    Raises:
        ValueError: The ending is unknown, the place cannot be written to, or the program has
            a fault (`asygrammar.compiler.RenderError`).
        asygrammar.compiler.CompilerMissing: ``asy`` is not installed.
    """
    format = check_target(path)
    data = source.encode("utf-8") if format == "asy" else render(source, format, width=width)
    write_whole(Path(path), data)
