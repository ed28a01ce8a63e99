"""Running one process to its end, within bounds, and leaving nothing of it behind."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import IO

_CHUNK = 1 << 16
# After a kill the kernel needs a moment until the last process lets go of its pipes.
_GRACE = 2.0
_POLL = 0.1


@dataclass(frozen=True)
class Launch:
    """How a process is to be started.

    Attributes:
        argv: The command line.
        cwd: Its working directory.
        env: Its whole environment.
        pass_fds: File descriptors that stay open in it.
    """

    argv: Sequence[str]
    cwd: str = "/"
    env: Mapping[str, str] = field(default_factory=dict)
    pass_fds: Sequence[int] = ()

    def start(self, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        """Start the process in a session of its own, its two outputs piped.

        Args:
            stdin: What it reads, as ``subprocess.Popen`` takes it.
        """
        return subprocess.Popen(
            list(self.argv),
            cwd=self.cwd,
            env=dict(self.env),
            pass_fds=tuple(self.pass_fds),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )


class Ending(Enum):
    """Why a process is no more."""

    EXIT = "exit"
    TIMEOUT = "timeout"
    LONG_OUTPUT = "long output"
    LONG_LOG = "long log"


@dataclass(frozen=True)
class Finished:
    """A process that has ended.

    Attributes:
        ending: Whether it ended by itself, or what it was killed for.
        code: Its exit status, or minus the number of the signal that ended it.
        output: What it wrote on its standard output.
        log: What it wrote on its standard error.
        seconds: Wall-clock time, in seconds.
    """

    ending: Ending
    code: int
    output: bytes
    log: bytes
    seconds: float


def run(launch: Launch, *, timeout: float, output_limit: int, log_limit: int) -> Finished:
    """Run a process, and kill it with its whole process group once it passes a bound.

    Args:
        launch: What to start.
        timeout: Wall-clock limit, in seconds.
        output_limit: The most it may write on its standard output, in bytes.
        log_limit: The most it may write on its standard error, in bytes.
    """
    began = time.monotonic()
    process = launch.start()
    assert process.stdout is not None
    assert process.stderr is not None
    streams = {
        process.stdout: (bytearray(), output_limit, Ending.LONG_OUTPUT),
        process.stderr: (bytearray(), log_limit, Ending.LONG_LOG),
    }
    ending = Ending.EXIT
    try:
        with selectors.DefaultSelector() as selector:
            for stream in streams:
                os.set_blocking(stream.fileno(), False)
                selector.register(stream, selectors.EVENT_READ, stream)
            while selector.get_map() and ending is Ending.EXIT:
                left = began + timeout - time.monotonic()
                if left <= 0:
                    ending = Ending.TIMEOUT
                    break
                gone = _has_ended(process)
                ready = selector.select(0 if gone else min(left, _POLL))
                for key, _ in ready:
                    buffer, limit, too_long = streams[key.data]
                    if not _read(key.data, buffer):
                        selector.unregister(key.data)
                    elif len(buffer) > limit:
                        ending = too_long
                # What it started in the background may still hold the pipes open.
                if gone and not ready:
                    break
            if ending is Ending.EXIT and not _wait(process, began + timeout):
                ending = Ending.TIMEOUT
    finally:
        kill(process)
    output, log = (bytes(buffer[:limit]) for buffer, limit, _ in streams.values())
    return Finished(ending, process.returncode, output, log, time.monotonic() - began)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process with its group and wait until all that wrote to its pipes is gone.

    The signal is one that cannot be ignored. The process is reaped only afterwards: until then
    its group's number cannot pass to somebody else's.
    """
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    deadline = time.monotonic() + _GRACE
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            _drain(stream, deadline)
            stream.close()


def _drain(stream: IO[bytes], deadline: float) -> None:
    os.set_blocking(stream.fileno(), False)
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0:
            if selector.select(left) and not _read(stream, bytearray()):
                return


def _read(stream: IO[bytes], buffer: bytearray) -> bool:
    """Move what is there into a buffer; tell whether more can come."""
    try:
        chunk = os.read(stream.fileno(), _CHUNK)
    except BlockingIOError:
        return True
    buffer += chunk
    return bool(chunk)


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether a process has ended, without reaping it (where the system can tell)."""
    if not hasattr(os, "waitid"):
        return process.poll() is not None
    flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return os.waitid(os.P_PID, process.pid, flags) is not None


def _wait(process: subprocess.Popen[bytes], deadline: float) -> bool:
    while not _has_ended(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)
    return True
