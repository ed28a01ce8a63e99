"""One live ``asy`` in the sandbox: statements go in, answers come out, within bounds."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import selectors
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from asygrammar.compiler import process
from asygrammar.compiler.picture import PROGRAM
from asygrammar.compiler.process import Ending
from asygrammar.compiler.protocol import DONE, Protocol
from asygrammar.compiler.result import CompilerMissing
from asygrammar.compiler.sandbox import Limits, Sandbox

# Statements do not come on the standard input, which a program may read from.
_ASY = (
    *("asy", "-noV", "-q", "-noglobalread", "-noglobalwrite", "-dvipsOptions=-R2"),
    *("-render", "0", "-noprc", "-f", "pdf", "-nointeractiveWrite", "-nointeractiveMask"),
    *("-prompt", "", "-prompt2", "", "-o", PROGRAM.removesuffix(".asy"), "-inpipe"),
)
_CPU_SECONDS = 600
_CHUNK = 1 << 16
# What TeX says of each label comes to some 600 bytes.
_LOG_LIMIT = 8 << 20
# How long a process may take to start, in seconds.
_START = 30.0
_NOT_FOUND = 127


@dataclass(frozen=True)
class Answer:
    """What came of one request.

    Attributes:
        ending: Why the process is no more; ``None`` where it lives.
        code: The exit status of a process that ended by itself, or 128 and its signal.
        marks: The marks it left: the words of each after the number, by the step.
        replayed: How many statements of a replay ran.
        said: What was written on the standard output, without marks.
        log: What was written on the standard error.
    """

    ending: Ending | None
    code: int
    marks: Mapping[str, Sequence[str]]
    replayed: int
    said: bytes
    log: bytes


class LiveAsy:
    """A live ``asy``. It dies with the thread that starts it, at the latest.

    Args:
        walls: How it is confined.
        modules: The files that it finds beside it.
        tex: Whether it starts TeX at once.
    """

    def __init__(self, walls: Sandbox, modules: Mapping[str, bytes], *, tex: bool) -> None:
        self.protocol = Protocol()
        self.number = 0
        self._unanswered = b""
        with contextlib.ExitStack() as stack:
            reading, self._writing = os.pipe()
            stack.callback(os.close, reading)
            unused = stack.enter_context(contextlib.ExitStack())
            unused.callback(os.close, self._writing)
            files = {**modules, **self.protocol.files}
            limits = Limits(cpu_seconds=_CPU_SECONDS)
            self._files = contextlib.ExitStack()
            unused.enter_context(self._files)
            launch = self._files.enter_context(walls.launch([*_ASY, str(reading)], files, limits))
            passed = dataclasses.replace(launch, pass_fds=(*launch.pass_fds, reading))
            try:
                self._process = passed.start()
            except OSError as error:
                raise CompilerMissing(f"asy cannot be started: {error}") from None
            unused.pop_all()
        self._selector = selectors.DefaultSelector()
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            os.set_blocking(stream.fileno(), False)
            self._selector.register(stream, selectors.EVENT_READ)
        os.set_blocking(self._writing, False)
        self._send(self.protocol.opening(tex=tex))

    @property
    def pid(self) -> int:
        """The number of the process that was started, which may have others below it."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process is still there."""
        return self._process.poll() is None

    def wait_ready(self) -> None:
        """Wait until the process is ready for statements.

        Raises:
            CompilerMissing: It does not start.
        """
        answer = self._receive(0, _START, _LOG_LIMIT)
        if answer.ending is not None:
            log = answer.log.decode(errors="replace").strip().splitlines()
            found = answer.code == _NOT_FOUND or not log
            reason = "it is not installed" if found else log[-1][:200]
            raise CompilerMissing(f"asy cannot be started: {reason}")

    def send(self, request: bytes) -> None:
        """Send what is answered together with the next request."""
        self._send(request)

    def ask(self, request: bytes, timeout: float, output_limit: int) -> Answer:
        """Send a request and return the answer.

        Args:
            request: What to say; the answer to it bears ``number``.
            timeout: Wall-clock limit, in seconds.
            output_limit: The most that may be written on the standard output, in bytes.
        """
        self._send(request)
        return self._receive(self.number, timeout, output_limit)

    def kill(self) -> None:
        """Kill the process and all that it started, and wait until they are gone."""
        with contextlib.suppress(OSError):
            os.close(self._writing)
        self._selector.close()
        process.kill(self._process)
        self._files.close()

    def _send(self, request: bytes) -> None:
        self._unanswered += request
        self._write()

    def _write(self) -> None:
        while self._unanswered:
            try:
                written = os.write(self._writing, self._unanswered)
            except BlockingIOError:
                return
            except BrokenPipeError:
                written = len(self._unanswered)
            self._unanswered = self._unanswered[written:]

    def _receive(self, number: int, timeout: float, output_limit: int) -> Answer:
        """Read until the answer of a number is complete, or the process passes a bound."""
        out, err = self._process.stdout, self._process.stderr
        assert out is not None
        assert err is not None
        said, log = bytearray(), bytearray()
        deadline = time.monotonic() + timeout
        ending, more = None, True
        while ending is None:
            # A mark comes in one piece, and last.
            if self.protocol.ends(bytes(said[-256:]), number):
                more = False
            elif len(said) > output_limit or len(log) > _LOG_LIMIT:
                ending = Ending.LONG_OUTPUT
                break
            if not more:
                # What was said on the other output before the mark is there already.
                _read(err.fileno(), log)
                break
            left = deadline - time.monotonic()
            if left <= 0:
                ending = Ending.TIMEOUT
            elif not self._wait(said, log, left):
                ending = Ending.EXIT
        code = self._code() if ending is Ending.EXIT else 0
        return self._answer(number, ending, code, bytes(said), bytes(log))

    def _wait(self, said: bytearray, log: bytearray, seconds: float) -> bool:
        """Read once; return whether the process can still say something."""
        # Only a long request is still waiting to be written.
        ready = self._selector.select(min(seconds, 0.01) if self._unanswered else seconds)
        if self._unanswered:
            self._write()
        for key, _ in ready:
            into = said if key.fileobj is self._process.stdout else log
            if not _read(key.fd, into):
                self._selector.unregister(key.fileobj)
        return bool(self._selector.get_map())

    def _code(self) -> int:
        with contextlib.suppress(Exception):
            self._process.wait(1)
        code = self._process.returncode
        if code is None:
            return 0
        return code if code >= 0 else 128 - code

    def _answer(
        self, number: int, ending: Ending | None, code: int, said: bytes, log: bytes
    ) -> Answer:
        found = self.protocol.marks(said)
        marks = {words[0]: words[2:] for words in found if words[1:2] == [str(number)]}
        replayed = found.count([DONE, "0"])
        return Answer(ending, code, marks, replayed, self.protocol.without_marks(said), log)


def _read(descriptor: int, buffer: bytearray) -> bool:
    """Move what is there into a buffer; tell whether more can come."""
    while True:
        try:
            chunk = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            return True
        buffer += chunk
        if len(chunk) < _CHUNK:
            return bool(chunk)
