"""What a long run has found out so far, in a file, so that a cut run goes on where it was."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path
from typing import Any

from asygrammar import __version__
from asygrammar.closing import Closing


class ProgressLog(Closing):
    """Answers by what was asked, kept in a file line by line.

    A line that was cut while it was written counts as not there. Threads may share a log.

    Args:
        path: The file; it is begun where there is none.

    Raises:
        OSError: It cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._answers: dict[str, Any] = {}
        self._lock = threading.Lock()
        data = path.read_bytes() if path.exists() else b""
        whole = data[: data.rfind(b"\n") + 1]
        for line in whole.splitlines():
            entry = json.loads(line)
            self._answers[entry["asked"]] = entry["answer"]
        self._file = path.open("wb")
        self._file.write(whole)
        self._file.flush()

    def get(self, *asked: str) -> Any:
        """Return the answer to what was asked; ``None`` where it is not known yet."""
        return self._answers.get(_key(asked))

    def put(self, answer: Any, *asked: str) -> None:
        """Keep an answer, anything that JSON can hold."""
        key = _key(asked)
        line = json.dumps({"asked": key, "answer": answer}, ensure_ascii=False) + "\n"
        with self._lock:
            self._answers[key] = answer
            self._file.write(line.encode("utf-8", errors="surrogatepass"))
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def remove(self) -> None:
        """Delete the file: its run is done."""
        self.close()
        self._path.unlink(missing_ok=True)


def _key(asked: tuple[str, ...]) -> str:
    """Return a short key of a question; another version of the program asks anew."""
    text = "\0".join((__version__, *asked))
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()
