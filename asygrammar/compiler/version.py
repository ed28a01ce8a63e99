"""Which ``asy`` is installed."""

from __future__ import annotations

import subprocess
from functools import lru_cache

from asygrammar.compiler.result import CompilerMissing


@lru_cache(maxsize=1)
def asy_version() -> str:
    """Return what ``asy`` calls itself: ``"Asymptote version 2.85 [...]"``. Asked once.

    Raises:
        CompilerMissing: ``asy`` is not installed.
    """
    try:
        done = subprocess.run(["asy", "--version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.SubprocessError) as fault:
        raise CompilerMissing(
            f"asy cannot be started: {fault}; to install it: apt-get install asymptote"
        ) from None
    return (done.stderr or done.stdout).partition("\n")[0]
