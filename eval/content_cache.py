"""What is known of programs and of pairs of them, kept on the disk by their content.

Whoever asks about the same texts again, in this run or in another, is told what was found. An
entry is whole or not there, so that processes may share a folder and be killed at any time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from asygrammar import __version__
from asygrammar.compiler.version import asy_version
from asygrammar.eval.known_verdicts import modules_digest
from asygrammar.files import write_whole

# Entries of another form are not found.
_FORM = "1"


class ContentCache:
    """A folder of findings.

    Args:
        folder: Where they are, made where it is missing.
        settings: What else they depend on, such as limits of time.

    Raises:
        OSError: The folder cannot be made.
    """

    def __init__(self, folder: Path, settings: str = "") -> None:
        self._folder = folder
        self._settings = settings
        folder.mkdir(parents=True, exist_ok=True)

    def key(self, *texts: str) -> str:
        """Return the name of what is found about texts, 64 hexadecimal digits.

        Other versions of this package, its modules or ``asy`` find other things.
        """
        parts = (_FORM, *_versions(), self._settings, *texts)
        sizes = (f"{len(part)}:{part}" for part in parts)
        return hashlib.sha256("".join(sizes).encode("utf-8", "surrogatepass")).hexdigest()

    def find(self, key: str) -> Mapping[str, Any] | None:
        """Return what is kept under a key, or ``None``."""
        try:
            found: Mapping[str, Any] = json.loads(self._path(key, "json").read_bytes())
        except FileNotFoundError:
            return None
        return found

    def keep(self, key: str, found: Mapping[str, Any]) -> None:
        """Keep a finding.

        Raises:
            OSError: It cannot be written.
        """
        self._write(key, "json", json.dumps(found).encode())

    def picture(self, key: str) -> bytes:
        """Return the picture that is kept under a key, a PNG file.

        Raises:
            OSError: It is not there.
        """
        return self._path(key, "png").read_bytes()

    def keep_picture(self, key: str, png: bytes) -> None:
        """Keep a picture.

        Raises:
            OSError: It cannot be written.
        """
        self._write(key, "png", png)

    def _path(self, key: str, ending: str) -> Path:
        return self._folder / key[:2] / f"{key}.{ending}"

    def _write(self, key: str, ending: str, data: bytes) -> None:
        path = self._path(key, ending)
        path.parent.mkdir(exist_ok=True)
        try:
            write_whole(path, data)
        except ValueError as fault:
            # Not a fault of the program that it is about: nothing more can be kept.
            raise OSError(f"{fault}: what is written is whole; run it again to go on") from None


@lru_cache(maxsize=1)
def _versions() -> tuple[str, ...]:
    return (__version__, asy_version(), modules_digest().hex())
