"""Reading samples: JSON lines of ours or of others, row by row, whatever is in them.

A row that cannot be read is kept as that, with the reason, so that it gets a verdict like every
other row. What this module does not know: how a sample is judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from asygrammar.eval.geometric_checks import parse_check
from asygrammar.eval.json_lines import JsonLine, kind_of, read_json_lines
from asygrammar.eval.samples import Sample


@dataclass(frozen=True)
class UnreadableRow:
    """A row that is no sample.

    Attributes:
        sample: What is known of it: what it is called.
        reason: Why it cannot be read, in one line.
    """

    sample: Sample
    reason: str


class _Unreadable(ValueError):  # noqa: N818 - it is about a row
    """A row cannot be read; the message says why."""


def read_samples(
    path: Path,
    *,
    completion_column: str = "completion",
    reference_column: str | None = None,
    prompt_column: str | None = None,
    system_column: str | None = None,
    checks_column: str | None = None,
    id_column: str | None = None,
) -> list[Sample | UnreadableRow]:
    """Read a file of samples.

    A column that is not named (``None``) is looked for under the name that it has in our own files:
    ``reference``, ``prompt``, ``system``, ``checks``, ``id``; it may be missing. Our own files'
    other columns (`Sample`) are read where they are of the right type. A row without an id is
    called by its line number (1-based); rows with the same id are samples of one problem, of which
    all but the first get ``#2``, ``#3`` behind their ids.

    Args:
        path: The file: one JSON object a line, UTF-8. Empty lines count for nothing.
        completion_column: What was written.
        reference_column: The program that was wanted. A row without one has no reference.
        prompt_column: What was asked for.
        system_column: What stood before it.
        checks_column: Geometric checks: a list of texts, or one text with ``;`` between them.
        id_column: What the row is called.

    Returns:
        The rows, in their order.

    Raises:
        ValueError: No row can be read, or no row has a column that is named; the message says what
            columns there are.
        OSError: The file cannot be read.
    """
    named = {
        "completion": completion_column,
        "reference": reference_column,
        "prompt": prompt_column,
        "system": system_column,
        "checks": checks_column,
        "id": id_column,
    }
    lines = list(read_json_lines(path))
    _check_columns(path, lines, [name for name in named.values() if name])
    places = {field: name or field for field, name in named.items()}
    rows = _with_names([_read(line, places) for line in lines])
    if all(isinstance(row, UnreadableRow) for row in rows):
        first = rows[0]
        assert isinstance(first, UnreadableRow)
        number = lines[0].number
        raise ValueError(f"{path}: no row can be read; line {number}: {first.reason}")
    return rows


def _check_columns(path: Path, lines: Sequence[JsonLine], named: Sequence[str]) -> None:
    """Check that every column that was named is somewhere.

    Raises:
        ValueError: It is not, or there are no rows.
    """
    if not lines:
        raise ValueError(f"{path}: no row in it")
    there = {name: None for line in lines for name in line.columns}
    missing = next((name for name in named if name not in there), None)
    if there and missing is not None:
        columns = ", ".join(there)
        raise ValueError(f"{path}: no row has a column '{missing}'; there are: {columns}")


def _read(line: JsonLine, places: Mapping[str, str]) -> Sample | UnreadableRow:
    """Return a row's sample, called as the row is, or by the number of its line."""
    name = line.columns.get(places["id"])
    known = isinstance(name, str | int) and not isinstance(name, bool) and name != ""
    called = str(name) if known else str(line.number)
    own = {
        field: line.columns[field]
        for field, fits in _OWN.items()
        if field in line.columns and fits(line.columns[field])
    }
    # Our own rows say which sample of a problem they are; others are counted as they come.
    bare = Sample(**{"id": called, "problem": called, "number": -1, **_EMPTY, **own})
    try:
        if line.fault:
            raise _Unreadable(line.fault)
        if places["completion"] not in line.columns:
            raise _Unreadable(f"the row has no column '{places['completion']}'")
        texts = {field: _text(line.columns, places[field]) for field in _TEXTS}
        if texts["completion"] is None:
            raise _Unreadable(f"column '{places['completion']}' is null, not a text")
        checks = _checks(line.columns, places["checks"])
    except _Unreadable as fault:
        return UnreadableRow(bare, str(fault))
    known_texts: dict[str, Any] = {name: it for name, it in texts.items() if it is not None}
    return replace(bare, checks=checks, **known_texts)


_EMPTY: Mapping[str, Any] = {"prompt": "", "completion": ""}
_TEXTS = ("completion", "reference", "prompt", "system")


def _text(columns: Mapping[str, Any], name: str) -> str | None:
    value = columns.get(name)
    if value is None or isinstance(value, str):
        return value
    raise _Unreadable(f"column '{name}' is {kind_of(value)}, not a text")


def _checks(columns: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = columns.get(name) or []
    if isinstance(value, str):
        value = [check for check in map(str.strip, value.split(";")) if check]
    if not isinstance(value, list) or not all(isinstance(check, str) for check in value):
        raise _Unreadable(f"column '{name}' is {kind_of(value)}, not a list of texts")
    for check in value:
        try:
            parse_check(check)
        except ValueError as fault:
            raise _Unreadable(f"column '{name}': {fault}") from None
    return tuple(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# The columns that only our own files have, and whether a value is what it is in those.
_OWN: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("problem", "arm", "level", "mode", "model", "split", "error"), _is_text),
    "number": lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 0,
    "complete": lambda value: isinstance(value, bool),
    "cost": lambda value: isinstance(value, dict) and all(map(_is_number, value.values())),
}


def _with_names(rows: Sequence[Sample | UnreadableRow]) -> list[Sample | UnreadableRow]:
    """Give rows names that are theirs alone, and number the samples of a problem and arm."""
    given: set[str] = set()
    met, written = Counter[str](), Counter[tuple[str, str]]()
    renamed: list[Sample | UnreadableRow] = []
    for row in rows:
        sample = row.sample if isinstance(row, UnreadableRow) else row
        name = sample.id
        while name in given:
            met[sample.id] += 1
            name = f"{sample.id}#{met[sample.id] + 1}"
        given.add(name)
        series = (sample.problem, sample.arm)
        number = sample.number if sample.number >= 0 else written[series]
        written[series] += 1
        sample = replace(sample, id=name, number=number)
        renamed.append(replace(row, sample=sample) if isinstance(row, UnreadableRow) else sample)
    return renamed
