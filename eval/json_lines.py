"""JSON lines: read whatever is in them, and written row by row so that a kill loses none.

What this module does not know: what the rows are about.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from asygrammar.closing import Closing

#: The longest line that is read as a row, in bytes.
LONGEST_ROW = 1 << 20
_BLOCK = 1 << 16


@dataclass(frozen=True)
class JsonLine:
    """A line that is not empty, parsed.

    Attributes:
        number: Which line it is, from 1.
        columns: Its columns; none where it cannot be read.
        fault: Why it cannot be read; empty where it can.
    """

    number: int
    columns: Mapping[str, Any]
    fault: str = ""


def read_json_lines(path: Path, longest: int = LONGEST_ROW) -> Iterator[JsonLine]:
    """Yield the lines of a file that are not empty. No more than one row is held at a time.

    Args:
        path: The file.
        longest: The longest line that is read as a row, in bytes.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        for number, line, whole in _lines(file, longest):
            yield _parsed(number, line, whole, longest)


class RowFile(Closing):
    """A file of rows, open to be added to.

    Each row is on the disk, whole, before the next is written. What is left of a row in the middle
    of which the process was killed, or the disk was full, is cut off.

    Args:
        path: The file, made where it is missing.
        what: What its rows are, for messages: ``"the scores"``.

    Raises:
        OSError: It cannot be read or written.
    """

    def __init__(self, path: Path, what: str = "the rows") -> None:
        self._path, self._what = path, what
        self._file = path.open("ab+")
        try:
            self._size = _end_of_last_line(self._file.fileno())
            self._cut()
        except BaseException:
            self._file.close()
            raise

    def add(self, *rows: Mapping[str, Any]) -> None:
        """Write rows, all of them or none, and wait until the disk has them.

        Raises:
            OSError: They cannot be written; the rows before them are whole.
        """
        data = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
        try:
            _write_all(self._file.fileno(), data)
            os.fsync(self._file.fileno())
        except OSError as fault:
            self._cut()
            why = fault.strerror or str(fault)
            message = f"{why}: {self._what} before are whole; run it again to go on"
            raise OSError(fault.errno, message, str(self._path)) from None
        self._size += len(data)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _cut(self) -> None:
        """Cut off what stands behind the last whole row."""
        if os.fstat(self._file.fileno()).st_size != self._size:
            os.ftruncate(self._file.fileno(), self._size)


def _lines(file: IO[bytes], longest: int) -> Iterator[tuple[int, bytes, bool]]:
    """Yield the number, the text and the wholeness of each line that is not empty.

    Of a line that is too long, no more than its beginning is ever held.
    """
    number = 0
    while line := file.readline(longest + 1):
        number += 1
        ending = line
        while not ending.endswith(b"\n") and len(ending) > longest:
            ending = file.readline(longest + 1)
        if line.strip():
            yield number, line, ending.endswith(b"\n")


def _parsed(number: int, line: bytes, whole: bool, longest: int) -> JsonLine:
    if len(line) > longest:
        return JsonLine(number, {}, f"the row is larger than {longest >> 20} MB")
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as fault:
        return JsonLine(number, {}, f"not UTF-8 text (byte {fault.start + 1} of the line)")
    try:
        columns = json.loads(text)
    except (ValueError, RecursionError) as fault:
        cut = "" if whole else ", and the file ends in the middle of the line"
        return JsonLine(number, {}, f"not JSON{cut} ({fault})")
    if not isinstance(columns, dict):
        return JsonLine(number, {}, f"not a JSON object but {kind_of(columns)}")
    return JsonLine(number, columns)


def kind_of(value: Any) -> str:
    """Return in words what type a value of JSON has."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    words: dict[type, str] = {str: "a text", dict: "an object", list: "a list"}
    return words.get(type(value), "a number")


def _end_of_last_line(descriptor: int) -> int:
    """Return where the last whole line of a file ends, in bytes from its beginning."""
    end = os.fstat(descriptor).st_size
    while end > 0:
        start = max(0, end - _BLOCK)
        found = os.pread(descriptor, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
