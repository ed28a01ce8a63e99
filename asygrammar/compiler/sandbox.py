"""Where ``asy`` and TeX run: shut off from the machine, and bounded.

Asymptote's own ``-safe`` is no sandbox: a program can name the binaries that asy starts, and both
``import`` and TeX read any file. So the walls are the kernel's. Bubblewrap gives the process a file
system that holds ``/usr``, TeX's configuration and a small scratch folder in memory: no home, no
``/etc/passwd``, no working directory, no network, no other process. When the process ends, all that
it started and wrote is gone.

Without bubblewrap there are limits, a cleared environment and TeX's own "paranoid" mode, and
``asygrammar.compiler.refusal`` has to refuse what these cannot contain.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path
from types import MappingProxyType

from asygrammar.compiler.process import Ending, Launch, run

_MIB = 1 << 20
_NOBODY = 65534
# The folder of a confined process, which holds the files it is given.
_WORK = "/tmp"
# Mounted read-only where they exist: what asy, TeX, Ghostscript and poppler cannot do without.
_MOUNTED = (
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/texmf",
    "/var/cache/fontconfig",
    "/var/lib/texmf",
)
# On most systems links into /usr.
_ROOT_FOLDERS = ("/bin", "/lib", "/lib64", "/sbin")


@dataclass(frozen=True)
class Limits:
    """The bounds of a confined process.

    Attributes:
        cpu_seconds: Processor time of each process, in seconds.
        memory: Address space of each process, in bytes.
        file: Size of each file written, in bytes.
        scratch: Size of all files together, in bytes (in the sandbox only).
        processes: How many processes may live at a time (in the sandbox only).
        open_files: How many files each process may hold open.
    """

    cpu_seconds: int = 60
    memory: int = 2048 * _MIB
    file: int = 32 * _MIB
    scratch: int = 96 * _MIB
    processes: int = 64
    open_files: int = 256


@dataclass(frozen=True)
class Sandbox:
    """One way of confining a process.

    Attributes:
        contained: Whether bubblewrap stands between the process and the machine.
        as_nobody: Whether the process gives up being root first. The kernel does not count the
            processes of root.
        mount_proc: Whether ``/proc`` is there (of the sandbox's own processes).
        count_processes: Whether the number of processes is limited.
    """

    contained: bool
    as_nobody: bool = False
    mount_proc: bool = False
    count_processes: bool = False

    @contextlib.contextmanager
    def launch(
        self,
        command: Sequence[str],
        files: Mapping[str, bytes],
        limits: Limits,
        mounted: Mapping[str, Path] = MappingProxyType({}),
    ) -> Iterator[Launch]:
        """Prepare a confined process.

        Args:
            command: Its command line.
            files: The files that it finds in its working directory, by relative path.
            limits: Its bounds.
            mounted: Files of this machine that it finds there too, to be read only.

        Yields:
            What to start, within the ``with`` block. ``ASYMPTOTE_DIR`` names the folder
            ``modules`` of its working directory.
        """
        command = [*_limiting(limits, self.count_processes), *command]
        way = self._bubblewrapped if self.contained else self._bare
        with way(command, files, limits, mounted) as launch:
            yield launch

    @contextlib.contextmanager
    def _bubblewrapped(
        self,
        command: Sequence[str],
        files: Mapping[str, bytes],
        limits: Limits,
        mounted: Mapping[str, Path],
    ) -> Iterator[Launch]:
        with contextlib.ExitStack() as stack:
            given, descriptors = [], []
            # Files go in by descriptor: neither root's folders need be open to nobody, nor does
            # any path of this machine show inside.
            for name, content in files.items():
                file = stack.enter_context(tempfile.TemporaryFile(buffering=0))
                file.write(content)
                file.seek(0)
                descriptors.append(file.fileno())
                given += ["--file", str(file.fileno()), f"{_WORK}/{name}"]
            for name, source in mounted.items():
                given += ["--ro-bind-try", str(source), f"{_WORK}/{name}"]
            argv = [
                *(_giving_up_root() if self.as_nobody else ()),
                *("bwrap", "--unshare-all", "--die-with-parent", "--new-session"),
                *("--cap-drop", "ALL", "--hostname", "figure"),
                *("--ro-bind", "/usr", "/usr", *_root_folders()),
                *(word for path in _MOUNTED for word in ("--ro-bind-try", path, path)),
                *(("--proc", "/proc") if self.mount_proc else ()),
                *("--dev", "/dev", "--remount-ro", "/dev"),
                *("--size", str(limits.scratch), "--tmpfs", _WORK, *given),
                *("--remount-ro", "/", "--chdir", _WORK, "--", *command),
            ]
            yield Launch(
                argv, "/", _environment(_WORK, "/usr/local/bin:/usr/bin:/bin"), descriptors
            )

    @contextlib.contextmanager
    def _bare(
        self,
        command: Sequence[str],
        files: Mapping[str, bytes],
        limits: Limits,
        mounted: Mapping[str, Path],
    ) -> Iterator[Launch]:
        with tempfile.TemporaryDirectory(prefix="asygrammar-") as folder:
            for name, content in files.items():
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            for name, source in mounted.items():
                Path(folder, name).symlink_to(source)
            if self.as_nobody:
                os.chown(folder, _NOBODY, _NOBODY)
            argv = [*(_giving_up_root() if self.as_nobody else ()), *command]
            yield Launch(argv, folder, _environment(folder, os.environ.get("PATH", os.defpath)))


def sandbox_available() -> bool:
    """Tell whether programs run inside bubblewrap here. Tried once, with a real run of ``asy``."""
    return _strongest().contained


def sandbox() -> Sandbox:
    """Return the strongest way of confining a process that works on this machine.

    Warns, once, where that is not bubblewrap.
    """
    found = _strongest()
    if not found.contained:
        _warn_once()
    return found


@lru_cache(maxsize=1)
def _warn_once() -> None:
    warnings.warn(
        "bubblewrap is missing or cannot be used here: programs run with limits only, and what "
        "these cannot contain is refused. To have the sandbox: apt-get install bubblewrap",
        RuntimeWarning,
        stacklevel=4,
    )


@lru_cache(maxsize=1)
def _strongest() -> Sandbox:
    root = (True, False) if os.geteuid() == 0 else (False,)
    ways = [Sandbox(False, as_nobody) for as_nobody in root]
    if shutil.which("bwrap"):
        # Old kernels count a user's processes outside the sandbox too, and some builds of asy's
        # garbage collector need /proc.
        orders = product(root, (False, True), (True, False))
        ways[:0] = [Sandbox(True, nobody, proc, count) for nobody, proc, count in orders]
    return next((way for way in ways if _works(way)), ways[-1])


def _works(way: Sandbox) -> bool:
    # In a subshell, for what counts processes to count one.
    with way.launch(["sh", "-c", "(asy --version)"], {"probe": b""}, Limits()) as launch:
        try:
            finished = run(launch, timeout=10, output_limit=_MIB, log_limit=_MIB)
        except OSError:
            return False
    return finished.ending is Ending.EXIT and finished.code == 0


def _limiting(limits: Limits, count_processes: bool) -> Sequence[str]:
    prlimit = shutil.which("prlimit")
    if prlimit is None:
        return ()
    processes = (f"--nproc={limits.processes}",) if count_processes else ()
    return (
        prlimit,
        f"--cpu={limits.cpu_seconds}",
        f"--as={limits.memory}",
        f"--fsize={limits.file}",
        f"--nofile={limits.open_files}",
        "--core=0",
        *processes,
        "--",
    )


def _giving_up_root() -> Sequence[str]:
    return ("setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", "--")


def _root_folders() -> Iterator[str]:
    for path in _ROOT_FOLDERS:
        if os.path.islink(path):
            yield from ("--symlink", os.readlink(path), path)
        else:
            yield from ("--ro-bind-try", path, path)


def _environment(work: str, path: str) -> dict[str, str]:
    return {
        "PATH": path,
        "HOME": work,
        "TMPDIR": work,
        "LANG": "C.UTF-8",
        "ASYMPTOTE_DIR": f"{work}/modules",
        # TeX: no file outside its own trees and the working directory, and no shell.
        "openin_any": "p",
        "openout_any": "p",
        "shell_escape": "f",
        # TeX: whole lines in its messages, for a fault to be found in them.
        "error_line": "254",
        "half_error_line": "238",
        "max_print_line": "1000",
    }
