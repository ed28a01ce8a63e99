"""Ratings of pictures: what is asked of a rater, and the files that come back.

A sheet (`asygrammar.eval.sheet`) shows pictures without saying what drew them; its key, a file
beside it, says which sample each picture is of. Knows nothing of what the ratings amount to.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

#: What is asked of each picture, by the name of its column: the question, and what 1 and 5 mean.
QUESTIONS: Mapping[str, tuple[str, str, str]] = {
    "correct": ("Is it the figure the sentence asks for?", "not at all", "entirely"),
    "readable": ("Can a class read it?", "not at all", "at a glance"),
}
#: The marks a rater can give.
SCALE = (1, 2, 3, 4, 5)
#: The columns of a file of ratings.
COLUMNS = ("sheet", "rater", "picture", *QUESTIONS, "comment")

# What spreadsheets part the columns with when they save a CSV.
_DELIMITERS = ",;\t"


@dataclass(frozen=True)
class Rating:
    """What one rater said of one picture.

    Attributes:
        sheet: The sheet's name.
        rater: Who said it.
        picture: The picture's number on the sheet.
        marks: The mark given to each question that was answered, one of :data:`SCALE`.
        comment: May be empty.
    """

    sheet: str
    rater: str
    picture: str
    marks: Mapping[str, int]
    comment: str = ""


@dataclass(frozen=True)
class Key:
    """Which sample each picture of a sheet is of.

    Attributes:
        sheet: The sheet's name.
        pictures: Of each picture, by its number: the ids of the samples that drew it.
        arms: The arm of each sample of the problems on the sheet, by id; also of those that drew
            nothing and are on no picture.
        problems: The problem of each of these samples, by id.
    """

    sheet: str
    pictures: Mapping[str, Sequence[str]]
    arms: Mapping[str, str]
    problems: Mapping[str, str]

    def to_json(self) -> str:
        """Return the key as the text of its file."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n"


def key_file(sheet: Path) -> Path:
    """Return where the key of a sheet lies."""
    return sheet.with_suffix(".key.json")


def read_key(path: Path) -> Key:
    """Read the key of a sheet.

    Raises:
        ValueError: It is no such file.
        OSError: It cannot be read.
    """
    try:
        key = Key(**json.loads(path.read_text(encoding="utf-8")))
        if all(sample in key.arms for samples in key.pictures.values() for sample in samples):
            return key
    except (ValueError, TypeError, AttributeError):
        pass
    raise ValueError(f"{path}: this is no key of a sheet: `asygrammar eval sheet` writes it")


def read_ratings(path: Path) -> list[Rating]:
    """Read what a sheet saved, as it is or after a spreadsheet has saved it again.

    Pictures without a mark and without a comment are left out.

    Returns:
        One rating a row. Where no rater is named, the file's name stands for them.

    Raises:
        ValueError: The file is no such file, or a row of it is wrong: says which, and its column.
        OSError: It cannot be read.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise ValueError(
            f"{path}: not UTF-8 text (byte {fault.start}): save it as CSV in UTF-8"
        ) from None
    return list(_ratings(path, text))


def _ratings(path: Path, text: str) -> Iterator[Rating]:
    header = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=header.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise ValueError(f"{path}, row 1: there is no column {missing[0]!r}")
    try:
        for row in reader:
            yield from _rating(f"{path}, row {reader.line_num}", row, path.stem)
    except csv.Error as fault:
        raise ValueError(f"{path}, row {reader.line_num}: {fault}") from None


def _rating(where: str, row: Mapping[str, str | None], nobody: str) -> Iterator[Rating]:
    """Yield the rating of a row, if it holds one."""
    cells = {name: (row[name] or "").strip() for name in COLUMNS}
    if not any(cells.values()):
        return  # the blank lines that spreadsheets leave at the end
    for name in ("sheet", "picture"):
        if not cells[name]:
            raise ValueError(f"{where}, column {name}: it is empty")
    marks = {name: _mark(where, name, cells[name]) for name in QUESTIONS if cells[name]}
    if marks or cells["comment"]:
        rater = cells["rater"] or nobody
        yield Rating(cells["sheet"], rater, cells["picture"], marks, cells["comment"])


def _mark(where: str, column: str, cell: str) -> int:
    # A spreadsheet may write 4 as 4.0, or as 4,0.
    mark = cell.replace(",", ".").removesuffix(".0")
    if mark not in map(str, SCALE):
        raise ValueError(
            f"{where}, column {column}: {cell!r} is no whole number from {SCALE[0]} to {SCALE[-1]}"
        )
    return int(mark)
