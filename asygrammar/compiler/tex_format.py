"""LaTeX with what asy begins every figure with already read: TeX starts in a third of the time.

Most of the time that a label costs is LaTeX starting: unpacking its format, and reading the class
and the package that asy asks for. Both are done once here, and TeX finds the result in its working
directory, where it looks first. It sets text as the system's own LaTeX does, being made by that.
What this module does not know: figures.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import subprocess
import tempfile
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from asygrammar.compiler import asy
from asygrammar.compiler.picture import ASY, PROGRAM
from asygrammar.compiler.process import Ending, run
from asygrammar.compiler.sandbox import Limits, sandbox
from asygrammar.files import write_whole

#: TeX looks for its format under this name, in the working directory first.
NAME = "latex.fmt"

_TIMEOUT = 30.0
_LIMIT = 32 << 20
# The most that a format comes to when it is unpacked, in bytes.
_UNPACKED = 128 << 20

_PROBE = b'draw((0,0)--(9,9)); label("x",(0,0));\n'
# Where asy's document goes on with what a figure's program adds to it, where its text begins, and
# what is left to the document around it where asy writes only the text (`-inlinetex`).
_HEAD_END = "\\let\\paperwidth\\paperwidthsave\n"
_BODY = "\\setlength{\\unitlength}{1pt}%\n"
_PREAMBLE = re.compile(r"\\def\\ASYprefix.*?(?=\\makeatletter\n)", re.DOTALL)
_CLASS = "\\documentclass[12pt]{article}\n"

_DOCUMENT = f"{ASY} -f pdf -keep {PROGRAM} </dev/null 1>&2 && cat figure_.tex"
# The document that is set with the format says again what is in it: of that, the class must not be
# asked for twice, and the package is passed over by itself.
_DUMPED = """{head}
\\let\\ASYclass\\documentclass
\\def\\documentclass[12pt]#1{{\\let\\documentclass\\ASYclass}}
\\dump
"""
_MAKE = 'latex -ini -interaction=batchmode -jobname=latex "&latex" dumped.tex 1>&2 && cat latex.fmt'
_TRIAL = 'label("$x$",(0,0));'


@dataclass(frozen=True)
class TexFormat:
    """A format, and the document around a figure that asy would have TeX read.

    Attributes:
        file: The format, to be mounted as ``NAME``.
        head: What the document begins with. What a program adds comes after it.
        macros: What comes before the document's text.
        preamble: What asy writes into a file of its own, after what a program adds, where it
            leaves the document to others (``-inlinetex``).
    """

    file: Path
    head: str
    macros: str
    preamble: str


@lru_cache(maxsize=1)
def tex_format() -> TexFormat | None:
    """Return the format, made the first time; ``None`` where LaTeX or this asy does not let us.

    It is kept in a folder of the user's below that of temporary files, for other processes too.
    """
    folder = _folder()
    key = _key() if folder else ""
    if not folder or not key:
        return None
    # The document is written last, once the format has been tried.
    file, tried = folder / f"{key}.fmt", folder / f"{key}.tex"
    if file.is_file() and tried.is_file():
        return _format(file, tried.read_text("utf-8"))
    document = _ran(_DOCUMENT, {PROGRAM: _PROBE}).decode(errors="replace")
    made = _format(file, document)
    if made is None:
        return None
    packed = _ran(_MAKE, {"dumped.tex": _DUMPED.format(head=made.head).encode()})
    unpacked = _unpacked(packed)
    if not unpacked:
        return None
    try:
        write_whole(file, unpacked)
        file.chmod(0o644)
        if not _works(made):
            return None
        write_whole(tried, document.encode())
    except (OSError, ValueError):  # a full disk
        return None
    return made


def _format(file: Path, document: str) -> TexFormat | None:
    """Take apart the document that asy writes around a figure; ``None`` if it is another one."""
    head, found, rest = document.partition(_HEAD_END)
    macros, text, _ = rest.partition(_BODY)
    preamble = _PREAMBLE.search(macros)
    if not (found and text and preamble and head.startswith(_CLASS)):
        return None
    return TexFormat(file, head + _HEAD_END, macros, preamble[0])


def _folder() -> Path | None:
    """Return a folder that only this user writes in and all read, as programs run as nobody."""
    folder = Path(tempfile.gettempdir(), f"asygrammar-tex-{os.geteuid()}")
    try:
        folder.mkdir(exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            return None
        folder.chmod(0o755)
    except OSError:
        return None
    return folder


def _key() -> str:
    """Return what tells the installed programs from those of another day; "" without LaTeX."""
    asking = ["kpsewhich", "-engine=pdftex", "latex.fmt"]
    found = [shutil.which(program) for program in ("asy", "latex", "kpsewhich")]
    if None in found:
        return ""
    told = subprocess.run(asking, capture_output=True, text=True, check=False).stdout.strip()
    files = [os.stat(path) for path in (*found, told) if path and os.path.exists(path)]
    seen = [_DUMPED, told, *(f"{file.st_size} {file.st_mtime_ns}" for file in files)]
    return hashlib.sha256("\n".join(seen).encode()).hexdigest()[:16]


def _unpacked(packed: bytes) -> bytes:
    """Return a format as it is inside gzip's wrapper, which TeX reads as well, and much faster."""
    unpacking = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        found = unpacking.decompress(packed, _UNPACKED)
    except zlib.error:
        return b""
    return found if unpacking.eof else b""


def _works(made: TexFormat) -> bool:
    """Whether asy measures a label with a format."""
    return asy.pieces(_TRIAL, _TIMEOUT, {NAME: made.file}).ok


def _ran(script: str, files: dict[str, bytes]) -> bytes:
    """Return what a script writes, or nothing where it fails."""
    with sandbox().launch(["sh", "-c", script], files, Limits()) as launch:
        finished = run(launch, timeout=_TIMEOUT, output_limit=_LIMIT, log_limit=_LIMIT)
    return finished.output if finished.ending is Ending.EXIT and finished.code == 0 else b""
