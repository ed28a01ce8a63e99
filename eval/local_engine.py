"""Samples scored by processes of this machine, which are replaced when they die or hang."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from asygrammar.compiler import CompilerMissing
from asygrammar.eval.chunks import Chunk, Chunks, Scored
from asygrammar.eval.parallel import processors
from asygrammar.eval.samples import Sample
from asygrammar.eval.scoring import Scorer, Settings

# The longest that a process may take to start, in seconds, and how many may fail to.
_START, _STARTS = 300.0, 3


def score_here(samples: Sequence[Sample], settings: Settings, jobs: int | None) -> Iterator[Scored]:
    """Yield the scores of samples as they are found.

    Args:
        samples: The samples.
        settings: How they are scored.
        jobs: How many processes work at it; ``None``: one a processor.

    Raises:
        CompilerMissing: ``asy`` is not installed.
        OSError: The disk is full, or the cache cannot be written.
        RuntimeError: The processes do not start.
    """
    wanted = min(jobs or processors(), len(samples))
    crew = _Crew(Chunks(samples, max(1, wanted)), settings)
    try:
        while crew.has_work:
            crew.hire(wanted)
            yield from crew.step()
    finally:
        crew.end()


class _Crew:
    """Processes that share some work.

    Args:
        chunks: The work.
        settings: How samples are scored.
    """

    def __init__(self, chunks: Chunks, settings: Settings) -> None:
        self._chunks, self._settings = chunks, settings
        self._workers: list[_Worker] = []
        self._failed_starts = 0

    @property
    def has_work(self) -> bool:
        """Whether something is being done, or has to be."""
        return bool(self._chunks) or bool(self._workers)

    def hire(self, wanted: int) -> None:
        """Start processes while there is work for them."""
        while self._chunks and len(self._workers) < wanted:
            self._workers.append(_Worker(self._settings))

    def step(self) -> Iterator[Scored]:
        """Wait until something happens, and deal with it."""
        patience = min(worker.deadline for worker in self._workers) - time.monotonic()
        ready = wait([worker.connection for worker in self._workers], max(0.0, patience))
        for worker in list(self._workers):
            if worker.connection in ready:
                try:
                    yield from worker.receive()
                except EOFError:
                    yield from self._replace(worker, worker.ending())
            elif time.monotonic() > worker.deadline:
                late = f"timed out: scoring took longer than {worker.patience:.0f} s"
                yield from self._replace(worker, late)
            if worker.is_idle:
                self._failed_starts = 0
                if self._chunks:
                    worker.give(self._chunks.take())
                else:
                    self._let_go(worker)

    def end(self) -> None:
        """Kill all processes."""
        for worker in list(self._workers):
            self._let_go(worker)

    def _replace(self, worker: _Worker, why: str) -> Iterator[Scored]:
        """Let a process go that is lost, and have others do its work."""
        self._let_go(worker)
        if worker.chunk is not None:
            yield from self._chunks.lost(worker.chunk, worker.done, why)
            return
        self._failed_starts += 1
        if self._failed_starts == _STARTS:
            raise RuntimeError(f"the processes that score do not start: {why}")

    def _let_go(self, worker: _Worker) -> None:
        if worker in self._workers:
            self._workers.remove(worker)
            worker.end()


class _Worker:
    """A process that scores, as its parent sees it.

    Attributes:
        connection: To the process.
        chunk: What it is doing, or ``None``.
        done: How many samples of that have their scores.
        patience: How long it may be silent now, in seconds.
        deadline: When that is over.
        is_idle: Whether it is ready and has nothing to do.
    """

    def __init__(self, settings: Settings) -> None:
        # Threads of libraries would hang in a forked process.
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(
            target=_serve, args=(theirs, settings), name="asygrammar scorer", daemon=True
        )
        self._process.start()
        theirs.close()
        self._settings = settings
        self.chunk: Chunk | None = None
        self.done = 0
        self.is_idle = False
        self._wait(_START)

    def give(self, chunk: Chunk) -> None:
        """Give it something to do."""
        self.chunk, self.done, self.is_idle = chunk, 0, False
        self._wait(self._settings.patience_for(len(chunk.samples)))
        # That it has died is noticed where its answer is waited for.
        with contextlib.suppress(OSError):
            self.connection.send(chunk.samples)

    def receive(self) -> Iterator[Scored]:
        """Take in one message.

        Raises:
            EOFError: It has died.
        """
        try:
            message = self.connection.recv()
        except OSError as fault:
            raise EOFError from fault
        if isinstance(message, _Ready):
            self.chunk, self.is_idle = None, True
        elif isinstance(message, BaseException):
            raise message
        else:
            self.done += 1
            self._wait(self._settings.patience_for(1))
            yield message

    def ending(self) -> str:
        """Return as a verdict how it died."""
        self._process.join(timeout=5)
        code = self._process.exitcode
        how = f"signal {-code} ended" if code is not None and code < 0 else f"status {code} ended"
        return f"crashed: {how} the process that scored it"

    def end(self) -> None:
        """Kill it, whatever it is doing."""
        self.is_idle = False
        self.connection.close()
        self._process.kill()
        self._process.join()

    def _wait(self, seconds: float) -> None:
        self.patience, self.deadline = seconds, time.monotonic() + seconds


@dataclass(frozen=True)
class _Ready:
    """Said by a process that waits for something to do."""


def _serve(connection: Connection, settings: Settings) -> None:
    """Score what is sent, until nobody is there to send."""
    # Who interrupts the command means its parent, which then ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Scorer(settings) as scorer:
            while True:
                connection.send(_Ready())
                for scored in scorer.score_all(connection.recv()):
                    connection.send(scored)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the parent has gone
    except Exception as fault:
        with contextlib.suppress(OSError):
            connection.send(_bare(fault))


def _bare(fault: Exception) -> Exception:
    """Return a fault as something that can be sent."""
    if isinstance(fault, OSError):
        return OSError(fault.errno, fault.strerror or str(fault), fault.filename)
    if isinstance(fault, CompilerMissing | ImportError):
        return type(fault)(str(fault))
    return RuntimeError(f"{type(fault).__name__}: {fault}")
