"""Whether programs compile, remembered: asking ``asy`` about a corpus takes minutes."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import lru_cache
from importlib import resources
from pathlib import Path

from asygrammar.compiler import compile
from asygrammar.grammar import shipped_modules

_TIMEOUT = 30.0


def default_file() -> Path:
    """Return where verdicts are kept by default: in the user's folder for caches."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "asygrammar" / "verdicts.jsonl"


class KnownVerdicts:
    """A file of verdicts, one a line, which grows as the compiler is asked.

    What it knows of a program is good for the shipped modules as they are: after a change in one
    the compiler is asked again. It can be cut off at any time, and goes on where it was.

    Args:
        path: The file, made if need be.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, bool] = {}
        if path.is_file():
            for line in path.read_text(encoding="utf-8").splitlines():
                try:
                    row = json.loads(line)
                    self._known[str(row["program"])] = bool(row["compiles"])
                except (ValueError, KeyError, TypeError):
                    continue  # the last line of a file that was cut off

    def compiles(
        self, programs: Sequence[str], jobs: int = 1, progress: Callable[[], None] = lambda: None
    ) -> list[bool]:
        """Return for each program whether it compiles and draws something.

        Args:
            programs: The programs.
            jobs: How many are compiled at a time.
            progress: Called for each program.

        Raises:
            CompilerMissing: ``asy`` is not installed.
            OSError: The file cannot be written.
        """
        keys = [_key(program) for program in programs]
        asked = {k: p for k, p in zip(keys, programs, strict=True) if k not in self._known}
        for _ in range(len(keys) - len(asked)):
            progress()
        if asked:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # The work is done by processes of asy's: threads are enough to wait for them.
            with ThreadPoolExecutor(jobs) as pool, self._path.open("a", encoding="utf-8") as file:
                waiting = {pool.submit(_compiles, p): k for k, p in asked.items()}
                for done in as_completed(waiting):
                    key = waiting[done]
                    self._known[key] = done.result()
                    row = {"program": key, "compiles": self._known[key]}
                    print(json.dumps(row), file=file, flush=True)
                    progress()
        return [self._known[key] for key in keys]


def _compiles(program: str) -> bool:
    return compile(program, "eps", _TIMEOUT).ok


def _key(program: str) -> str:
    return hashlib.sha256(modules_digest() + program.encode(errors="replace")).hexdigest()


@lru_cache(maxsize=1)
def modules_digest() -> bytes:
    """Return what stands for the shipped modules as they are: 32 bytes, others after a change."""
    folder = resources.files("asygrammar.grammars") / "modules"
    texts = [(folder / f"{name}.asy").read_bytes() for name in sorted(shipped_modules())]
    return hashlib.sha256(b"\0".join(texts)).digest()
