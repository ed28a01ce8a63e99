"""Rows to fine-tune on: a prompt, the answer, and where they come from.

A data set says which prompt its rows are made for: ``prompt.json`` beside it holds
``{"fingerprint": ...}``, see `asygrammar.prompt.fingerprint`. Rows hold what the user says, not
the chat; how a chat is encoded is `asygrammar.train.encoding`'s business.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asygrammar.files import write_whole
from asygrammar.prompt import TASKS, fingerprint

_NOTE = "prompt.json"
_NEEDED = ("prompt", "program")


@dataclass(frozen=True)
class TaskRow:
    """One example of a task.

    Attributes:
        prompt: What the user says: a sentence, or a program with a fault.
        program: The answer, whatever the task is.
        task: One of `asygrammar.prompt.TASKS`.
        family: The template it comes from; may be empty.
        level: One of `asygrammar.templates.LEVELS`; may be empty.
        split: How a held-out row is new, one of `asygrammar.figures.SPLITS`; may be empty.
    """

    prompt: str
    program: str
    task: str = "generate"
    family: str = ""
    level: str = ""
    split: str = ""


def read_rows(source: Path, split: str) -> list[TaskRow]:
    """Read a split of a data set.

    Args:
        source: A folder that `datasets` saved (``save_to_disk``), a folder of ``SPLIT.jsonl``
            files, or one JSONL file, which is the split ``train``.
        split: Its name.

    Returns:
        The rows; none where the data set has no such split.

    Raises:
        ValueError: There is no such data set, it was made for another prompt, or a row has no
            prompt or program; one line says which and what to do.
    """
    if not source.exists():
        raise ValueError(f"there is no data set {source}: build one with `asygrammar data build`")
    check_prompt(source)
    return [_row(line, place) for place, line in _lines(source, split)]


def write_rows(rows: Iterable[TaskRow], path: Path) -> None:
    """Write rows as JSONL, and beside them the note of the prompt that they are made for."""
    write_jsonl(rows, path)
    note_prompt(path.parent)


def write_jsonl(rows: Iterable[object], path: Path) -> None:
    """Write dataclasses as JSONL, a line each, the whole file or nothing."""
    lines = (json.dumps(vars(row), ensure_ascii=False) + "\n" for row in rows)
    write_whole(path, "".join(lines).encode("utf-8"))


def note_prompt(folder: Path) -> None:
    """Write down in a data set's folder which prompt it is made for."""
    text = json.dumps({"fingerprint": fingerprint()}) + "\n"
    write_whole(folder / _NOTE, text.encode("utf-8"))


def check_prompt(source: Path) -> None:
    """Refuse a data set that was made for another prompt than this one.

    Args:
        source: The data set's folder, or a file in it.

    Raises:
        ValueError: It was, or it does not say.
    """
    note = (source if source.is_dir() else source.parent) / _NOTE
    if not note.is_file():
        raise ValueError(
            f"{source} does not say which prompt it is made for: if `prompt` holds what a user "
            f'says, as it is, write {{"fingerprint": "{fingerprint()}"}} to {note}'
        )
    try:
        found = json.loads(note.read_text(encoding="utf-8"))["fingerprint"]
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{note}: no fingerprint in it: build the data set again") from None
    if found != fingerprint():
        raise ValueError(
            f"{source} was made for another prompt ({str(found)[:12]}, this one is "
            f"{fingerprint()[:12]}): build the data set again"
        )


def _lines(source: Path, split: str) -> Iterator[tuple[str, Any]]:
    """Yield the place and the columns of each row."""
    if (source / "dataset_dict.json").is_file() or (source / "state.json").is_file():
        yield from _saved(source, split)
        return
    path = source / f"{split}.jsonl" if source.is_dir() else source
    if source.is_dir() and not any(source.glob("*.jsonl")):
        raise ValueError(f"{source} holds no data set: neither dataset_dict.json nor SPLIT.jsonl")
    if not path.is_file() or (path == source and split != "train"):
        return
    for number, text in enumerate(path.read_bytes().split(b"\n"), 1):
        if text.strip():
            try:
                yield f"{path}:{number}", json.loads(text)
            except ValueError:
                raise ValueError(f"{path}:{number}: no JSON: remove the line") from None


def _saved(source: Path, split: str) -> Iterator[tuple[str, Any]]:
    from datasets import DatasetDict, load_from_disk

    found = load_from_disk(str(source))
    splits = found if isinstance(found, DatasetDict) else {"train": found}
    if split in splits:
        names = [name for name in TaskRow.__dataclass_fields__ if name in splits[split].features]
        for number, row in enumerate(splits[split].select_columns(names)):
            yield f"{source}, {split}, row {number}", row


def _row(columns: Any, place: str) -> TaskRow:
    if not isinstance(columns, dict):
        raise ValueError(f"{place}: no columns: write {{'prompt': ..., 'program': ...}}")
    texts = {n: columns.get(n) or "" for n in TaskRow.__dataclass_fields__}
    for name, text in texts.items():
        if not isinstance(text, str) or (name in _NEEDED and not text.strip()):
            raise ValueError(f"{place}: {name!r} must be a text: give the row one, or remove it")
    texts["task"] = texts["task"] or "generate"
    if texts["task"] not in TASKS:
        raise ValueError(f"{place}: task must be one of {', '.join(TASKS)}, not {texts['task']!r}")
    return TaskRow(**texts)
