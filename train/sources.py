"""Programs in other people's files: checkouts of examples, texts with ``[asy]`` blocks, JSONL.

A file or a row that cannot be read is told with a reason, and reading goes on. What this module
does not know: whether a program is any good.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

# A row or a file of one program is no larger than this, and a text no larger than that, in bytes.
LARGEST_ROW = 1 << 20
_LARGEST_TEXT = 64 << 20

_BLOCK = re.compile(r"\[asy\](.*?)(?:\[/asy\]|(?=\[asy\])|\Z)", re.DOTALL)
_TAG = re.compile(r"\|[^|]*\|([^|]+)\|")
_TEXTS = (".txt", ".md", ".tex", ".json")
_LICENCES = ("LICENSE", "LICENCE", "COPYING", "LICENSE.txt", "LICENSE.md", "COPYING.LESSER")


@dataclass(frozen=True)
class Found:
    """A program as a source has it.

    Attributes:
        place: Where it stands: ``figures.jsonl:12``.
        figure: What the source calls the figure that it draws.
        program: The program.
        prompt: What the source says of the figure; may be empty.
        tags: Words that the source files it under.
    """

    place: str
    figure: str
    program: str
    prompt: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rejected:
    """What is left out, and why.

    Attributes:
        place: Where it stands.
        reason: One of few, to count by.
        detail: The reason in full.
    """

    place: str
    reason: str
    detail: str


@dataclass(frozen=True)
class Columns:
    """The columns of JSONL rows.

    Attributes:
        program: The column of programs.
        prompt: The column of descriptions; ``None``: ``prompt``, where a row has it.
    """

    program: str = "program"
    prompt: str | None = None


def read_source(source: Path, columns: Columns) -> Iterator[Found | Rejected]:
    """Yield the programs of a source, in an order of their own that is always the same.

    Args:
        source: A folder with ``.asy`` files (asymptote-exemples) or JSON files of problems (MATH),
            or a file: ``.asy``, ``.jsonl``, or a text with ``[asy]...[/asy]``.
        columns: The columns of JSONL rows.

    Raises:
        ValueError: It is none of these.
        OSError: It cannot be read.
    """
    if source.is_dir():
        yield from _read_folder(source, columns)
    elif source.suffix == ".jsonl":
        yield from _read_rows(source, columns)
    elif source.suffix == ".asy":
        yield from _read_program(source, source.parent)
    elif source.suffix in _TEXTS:
        yield from _read_text(source, source.parent)
    else:
        raise ValueError(
            f"cannot import {source}: it is no folder, and no .jsonl, .asy or text file "
            f"({', '.join(_TEXTS)})"
        )


def find_licence(source: Path) -> str:
    """Return the first line of the licence that lies beside a source; empty where none does."""
    folder = source if source.is_dir() else source.parent
    for name in _LICENCES:
        if (folder / name).is_file():
            text = (folder / name).read_text(encoding="utf-8", errors="replace")
            lines = [line.strip() for line in text.splitlines() if line.strip()]
            return f"{lines[0]} ({name})" if lines else ""
    return ""


def _read_folder(folder: Path, columns: Columns) -> Iterator[Found | Rejected]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    paths = [path for path in files if _is_shown(path, folder)]
    programs = [path for path in paths if path.suffix == ".asy"]
    chosen = programs or [path for path in paths if path.suffix in (".json", ".jsonl")]
    if not chosen:
        raise ValueError(f"{folder} holds neither .asy files nor problems (.json)")
    for path in chosen:
        if path.suffix == ".jsonl":
            yield from _read_rows(path, columns)
        else:
            yield from (_read_program if programs else _read_text)(path, folder)


def _is_shown(path: Path, folder: Path) -> bool:
    return not any(part.startswith(".") for part in path.relative_to(folder).parts)


def _read_program(path: Path, folder: Path) -> Iterator[Found | Rejected]:
    """Yield an example of asymptote-exemples; its figure has a number in the ``.id`` beside it."""
    place = str(path.relative_to(folder))
    text = _whole_text(path, place, LARGEST_ROW)
    if isinstance(text, Rejected):
        yield text
        return
    number = _beside(path.with_suffix(".id")).strip()
    tags = tuple(tag.strip() for tag in _TAG.findall(_beside(path.with_suffix(".tag"))))
    yield Found(place, number or place, text, tags=tags)


def _read_text(path: Path, folder: Path) -> Iterator[Found | Rejected]:
    """Yield the ``[asy]`` blocks of a text, or of all texts in the JSON of a problem."""
    place = str(path.relative_to(folder))
    text = _whole_text(path, place, _LARGEST_TEXT)
    if isinstance(text, Rejected):
        yield text
        return
    if path.suffix == ".json":
        try:
            text = "\n".join(_strings(json.loads(text)))
        except (ValueError, RecursionError) as error:
            yield Rejected(place, "no JSON", str(error))
            return
    yield from _blocks(text, place, place)


def _read_rows(path: Path, columns: Columns) -> Iterator[Found | Rejected]:
    with path.open("rb") as file:
        for number, line in enumerate(_lines(file), 1):
            place = f"{path.name}:{number}"
            if len(line) > LARGEST_ROW:
                yield Rejected(place, "too large", f"more than {LARGEST_ROW} bytes")
            elif line.strip():
                yield from _read_row(line, place, columns)


def _read_row(line: bytes, place: str, columns: Columns) -> Iterator[Found | Rejected]:
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        yield Rejected(place, "broken encoding", f"not UTF-8 (byte {error.start})")
        return
    except (ValueError, RecursionError) as error:
        yield Rejected(place, "no JSON", str(error))
        return
    texts = _named_texts(row, columns)
    if isinstance(texts, str):
        yield Rejected(place, "no columns", texts)
        return
    program, prompt = texts
    figure = str(row.get("figure") or row.get("id") or place).partition("#")[0]
    if _BLOCK.search(program):
        yield from _blocks(program, place, figure)
    else:
        tags = row.get("tags")
        words = tuple(map(str, tags)) if isinstance(tags, list) else ()
        yield Found(place, figure, program, prompt, words)


def _named_texts(row: Any, columns: Columns) -> tuple[str, str] | str:
    """Return program and prompt of a row, or what it lacks."""
    if not isinstance(row, dict):
        return "the row is no object with columns"
    wanted = [columns.program, *([columns.prompt] if columns.prompt else [])]
    for name in wanted:
        if not isinstance(row.get(name), str):
            names = ", ".join(map(str, row)) or "nothing"
            return f"there is no text in column {name!r}; the row has {names}"
    prompt = row.get(columns.prompt or "prompt")
    return row[columns.program], prompt if isinstance(prompt, str) else ""


def _blocks(text: str, place: str, figure: str) -> Iterator[Found | Rejected]:
    for number, block in enumerate(_BLOCK.finditer(text), 1):
        where = f"{place}#{number}"
        if block[0].endswith("[/asy]"):
            yield Found(where, figure, block[1])
        else:
            yield Rejected(where, "cut off", "[asy] without [/asy]")


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of a file; of one that is too long a little more than is allowed."""
    while line := file.readline(LARGEST_ROW + 1):
        yield line
        while line and not line.endswith(b"\n"):
            line = file.readline(LARGEST_ROW + 1)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _strings(part)


def _whole_text(path: Path, place: str, largest: int) -> str | Rejected:
    if path.stat().st_size > largest:
        return Rejected(place, "too large", f"more than {largest} bytes")
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Rejected(place, "broken encoding", f"not UTF-8 (byte {error.start})")


def _beside(path: Path) -> str:
    """Return a small file that says more of the one beside it; empty where there is none."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return file.read(LARGEST_ROW).decode("utf-8", errors="replace")
