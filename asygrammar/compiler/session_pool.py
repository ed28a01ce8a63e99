"""Live compilers that are ready before they are needed."""

from __future__ import annotations

import atexit
import contextlib
import threading
from collections import deque
from collections.abc import Collection

from asygrammar.closing import Closing
from asygrammar.compiler.asy import _modules
from asygrammar.compiler.live import LiveAsy
from asygrammar.compiler.result import CompilerMissing
from asygrammar.compiler.sandbox import sandbox

# How long to wait for a process, in seconds: starting takes a tenth of one.
_PATIENCE = 60.0


class SessionPool(Closing):
    """A few live ``asy``, started ahead of time, for sessions to take from.

    One thread starts and ends all of them: a confined process dies with the thread that started
    it, and nobody has to wait for either. Sessions may share a pool between threads. A process is
    taken once: what a program did to it cannot be undone.

    Args:
        size: How many are kept ready.
        modules: Names of the shipped modules that programs may import; ``None``: all.
        tex: Whether they have TeX running, which the first label otherwise waits for.

    Raises:
        ValueError: If there is no such module, or the size is not positive.
    """

    def __init__(
        self, size: int = 2, *, modules: Collection[str] | None = None, tex: bool = True
    ) -> None:
        if size < 1:
            raise ValueError(f"a pool holds at least 1 process, not {size}")
        self._size = size
        self._tex = tex
        self.modules = modules
        self._files = _modules(modules)
        self._walls = sandbox()
        self._changed = threading.Condition()
        self._ready: deque[LiveAsy] = deque()
        self._spent: deque[LiveAsy] = deque()
        self._failure: CompilerMissing | None = None
        self._waiting = 0
        self._taken: set[LiveAsy] = set()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="asy pool", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    @property
    def contained(self) -> bool:
        """Whether bubblewrap stands between the processes and the machine."""
        return self._walls.contained

    def take(self) -> LiveAsy:
        """Return a process that is ready, and has not been used.

        Raises:
            CompilerMissing: ``asy`` cannot be started, or the pool is closed.
        """
        with self._changed:
            if not self._waiting:
                # What failed when nobody waited may work now.
                self._failure = None
            self._waiting += 1
            self._changed.notify_all()
            try:
                self._changed.wait_for(
                    lambda: self._has_ready() or self._closed or self._failure, _PATIENCE
                )
            finally:
                self._waiting -= 1
            if self._closed:
                raise CompilerMissing("asy cannot be started: the pool is closed")
            if not self._ready:
                raise self._failure or CompilerMissing("asy does not start")
            return self._take()

    def take_ready(self) -> LiveAsy | None:
        """Return a process as ``take`` does, if there is one at once."""
        with self._changed:
            return None if self._closed or not self._has_ready() else self._take()

    def end(self, live: LiveAsy) -> None:
        """Let a process be killed; does not wait for it."""
        with self._changed:
            if live in self._taken:
                self._taken.remove(live)
                self._spent.append(live)
                self._changed.notify_all()

    def close(self) -> None:
        """Kill all processes, those that sessions have taken too, and wait until they are gone."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if threading.current_thread() is not self._thread:
            self._thread.join()
        atexit.unregister(self.close)

    def _take(self) -> LiveAsy:
        live = self._ready.popleft()
        self._taken.add(live)
        self._changed.notify_all()
        return live

    def _has_ready(self) -> bool:
        """Whether a process waits; those that somebody has killed meanwhile are given up."""
        while self._ready and not self._ready[0].is_alive:
            self._spent.append(self._ready.popleft())
            self._changed.notify_all()
        return bool(self._ready)

    def _work(self) -> None:
        """Start processes where some are missing, and kill those that are spent."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._spent or self._is_short())
                if self._closed:
                    break
                spent = [self._spent.popleft() for _ in range(len(self._spent))]
                short = self._is_short()
            # Whoever waits comes first.
            if short:
                self._start()
            for live in spent:
                live.kill()
        for live in (*self._ready, *self._spent, *self._taken):
            with contextlib.suppress(OSError):
                live.kill()

    def _is_short(self) -> bool:
        if self._failure is not None:
            return False
        return len(self._ready) < max(self._size, self._waiting)

    def _start(self) -> None:
        live = None
        try:
            live = LiveAsy(self._walls, self._files, tex=self._tex)
            live.wait_ready()
        except (CompilerMissing, OSError) as error:
            if live is not None:
                live.kill()
            with self._changed:
                self._failure = CompilerMissing(str(error))
                self._changed.notify_all()
            return
        with self._changed:
            self._ready.append(live)
            self._changed.notify_all()
