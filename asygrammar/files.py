"""Writing files whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def check_writable(target: Path) -> None:
    """Tell, before the work is done, that its result could not be written.

    Raises:
        ValueError: There is no such folder, it may not be written to, or the target is a folder.
    """
    folder = target.parent
    if not os.path.isdir(folder):
        raise ValueError(f"cannot write {target}: there is no folder {folder}")
    if os.path.isdir(target):
        raise ValueError(f"cannot write {target}: it is a folder")
    if not os.access(folder, os.W_OK):
        raise ValueError(f"cannot write {target}: no permission to write in {folder}")


def write_whole(target: Path, data: bytes) -> None:
    """Write a file in one step: a reader sees the old one or the new one, never a part.

    Raises:
        ValueError: It cannot be written; nothing is left behind.
    """
    check_writable(target)
    temporary = None
    try:
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=".asygrammar-")
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        # mkstemp's files are private; this one is as readable as any new file.
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, target)
        temporary = None
    except OSError as fault:
        raise ValueError(f"cannot write {target}: {fault.strerror or fault}") from None
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
