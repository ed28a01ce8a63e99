"""Problems: sentences to write programs for, with programs that draw what they ask for.

They are drawn from the templates, or read from a file of ours or of others: JSON lines, CSV, or a
data set of Hugging Face. What this module does not know: what is written for them.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from asygrammar.eval.geometric_checks import parse_check
from asygrammar.eval.json_lines import JsonLine, kind_of, read_json_lines
from asygrammar.figures import SPLITS, Figure, sample_figures
from asygrammar.templates import load_templates

#: The columns that are looked for where none is named, the first that is there. ``description``
#: and ``asy_code`` are asymptote_finetune's, ``text`` and ``code`` those of MATH figures.
PROMPT_COLUMNS = ("prompt", "sentence", "description", "text")
REFERENCE_COLUMNS = ("reference", "asy_code", "program", "code")
# From so many draws on, no more different sentences are hoped for.
_MOST_DRAWN = 1_000_000
# Of a data set, the first of these splits that it has.
_TEST_SPLITS = ("test", "validation", "train")
# A sentence or a program is no longer than this, in characters.
_LONGEST = 1 << 16
_SAVED = ("dataset_dict.json", "state.json")


@dataclass(frozen=True)
class Problem:
    """A sentence to write a program for.

    Attributes:
        id: What no other problem of its set is called.
        prompt: The sentence.
        reference: A program that draws what it asks for, or ``None``.
        split: How it is new (`asygrammar.figures.SPLITS`), or any other group; may be empty.
        checks: Geometric checks that the figure must pass.
    """

    id: str
    prompt: str
    reference: str | None = None
    split: str = ""
    checks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Problems:
    """What was read.

    Attributes:
        problems: The problems.
        rejected: What is no problem: where it stands, and why in one line.
    """

    problems: tuple[Problem, ...]
    rejected: tuple[tuple[str, str], ...] = ()


def held_out_figures(count: int, *, seed: int = 0) -> list[Figure]:
    """Sample sentences no model of this repository was trained on.

    Half of them have new values in known phrasings, half have new phrasings.

    Args:
        count: How many.
        seed: The same seed gives the same figures.
    """
    values = sample_figures(count - count // 2, seed=seed, split="values")
    return values + sample_figures(count // 2, seed=seed, split="phrasings")


def held_out_problems(
    count: int, *, seed: int = 0, splits: Sequence[str] = SPLITS[1:]
) -> list[Problem]:
    """Draw different sentences no model of this repository was trained on.

    Each split gives its part of them, the families in an order by chance, so that few problems do
    not all come from the first families.

    Args:
        count: How many.
        seed: The same seed gives the same problems.
        splits: Held-out splits of `asygrammar.figures.SPLITS`.

    Raises:
        ValueError: There is no such split, or there are not so many sentences.
    """
    parts = [count // len(splits) + (number < count % len(splits)) for number in range(len(splits))]
    return [
        problem
        for split, wanted in zip(splits, parts, strict=True)
        for problem in islice(_drawn(split, seed), wanted)
    ]


def _drawn(split: str, seed: int) -> Iterator[Problem]:
    """Draw different sentences without end; all families come before one comes again."""
    if split not in SPLITS[1:]:
        raise ValueError(f"a held-out split is one of {', '.join(SPLITS[1:])}, not {split!r}")
    families, met = len(load_templates()), set[str]()
    rng = random.Random(f"{seed}/{split}")
    for start in range(0, _MOST_DRAWN, families):
        for place in rng.sample(range(start, start + families), families):
            (it,) = sample_figures(1, seed=seed, split=split, start=place)
            if it.sentence not in met:
                met.add(it.sentence)
                yield Problem(f"{split}/{it.family}/{place}", it.sentence, it.program, split)
    raise ValueError(f"{split} holds {len(met)} different sentences")


def read_problems(
    source: str,
    *,
    prompt_column: str | None = None,
    reference_column: str | None = None,
    count: int | None = None,
    seed: int = 0,
) -> Problems:
    """Read problems from a file, a folder or a data set of Hugging Face.

    The columns ``id``, ``split`` and ``checks`` (a list of texts) are read where they are. Rows of
    our own data sets that ask for something other than a program are rejected.

    Args:
        source: A ``.jsonl`` or ``.csv`` file (UTF-8, a header in the CSV); a folder with
            ``test.jsonl``, or that `datasets` saved; or the name of a data set. Of a data set that
            has several splits, ``test``.
        prompt_column: The column of sentences; ``None``: the first of `PROMPT_COLUMNS`.
        reference_column: That of programs; ``None``: the first of `REFERENCE_COLUMNS`, if any.
        count: Take so many of them, drawn at random.
        seed: Decides which.

    Raises:
        ValueError: There is no such file or data set, no row has the column, or none is left.
        ImportError: A data set needs the package ``datasets``.
        OSError: The file cannot be read.
    """
    lines = list(_lines(source))
    there = list(dict.fromkeys(name for line in lines for name in line.columns))
    prompt = _column(source, there, prompt_column, PROMPT_COLUMNS)
    reference = _column(source, there, reference_column, REFERENCE_COLUMNS)
    if prompt is None:
        told = ", ".join(there) or "none"
        raise ValueError(f"{source}: which column has the sentences? There are: {told}")
    problems: list[Problem] = []
    rejected: list[tuple[str, str]] = []
    for line in lines:
        found = _problem(line, prompt, reference)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            rejected.append((f"row {line.number}", found))
    if not problems:
        place, why = rejected[0]
        raise ValueError(f"{source}: no row is a problem; {place}: {why}")
    problems = list(_with_names(problems))
    if count is not None and count < len(problems):
        chosen = sorted(random.Random(seed).sample(range(len(problems)), count))
        problems = [problems[place] for place in chosen]
    return Problems(tuple(problems), tuple(rejected))


# ------------------------------------------------------------------------------------------- rows


def _lines(source: str) -> Iterator[JsonLine]:
    path = Path(source)
    if path.is_dir() and (path / "test.jsonl").is_file():
        path = path / "test.jsonl"
    if path.is_file():
        read = _csv_lines if path.suffix.lower() == ".csv" else read_json_lines
        return read(path)
    if path.is_dir() and not any((path / name).is_file() for name in _SAVED):
        raise ValueError(f"{source} holds no problems: no test.jsonl, and no data set was saved")
    if not path.exists() and (path.suffix or path.is_absolute()):
        raise ValueError(f"{source}: there is no such file")
    return _dataset_lines(source, saved=path.is_dir())


def _csv_lines(path: Path) -> Iterator[JsonLine]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), 1):
                columns = {name: value for name, value in row.items() if name is not None}
                yield JsonLine(number, columns)
    except (UnicodeDecodeError, csv.Error) as fault:
        raise ValueError(f"{path} is no CSV: {fault}") from None


def _dataset_lines(name: str, *, saved: bool) -> Iterator[JsonLine]:
    try:
        from datasets import load_dataset, load_from_disk
    except ImportError:
        raise ImportError(
            f"{name} is no file here; a data set needs a package: pip install 'asygrammar[train]'"
        ) from None
    try:
        found: Any = load_from_disk(name) if saved else load_dataset(name)
    except (OSError, ValueError) as fault:
        why = " ".join(str(fault).split())
        raise ValueError(f"{name} is no file here, and no data set can be read: {why}") from None
    if isinstance(found, dict):
        found = found[next((split for split in _TEST_SPLITS if split in found), next(iter(found)))]
    for number, row in enumerate(found, 1):
        yield JsonLine(number, row)


def _column(
    source: str, there: Sequence[str], named: str | None, known: Iterable[str]
) -> str | None:
    if named is None:
        return next((name for name in known if name in there), None)
    if named not in there:
        told = ", ".join(there) or "none"
        raise ValueError(f"{source}: no row has a column {named!r}; there are: {told}")
    return named


def _problem(line: JsonLine, prompt: str, reference: str | None) -> Problem | str:
    """Return the problem of a row, or why it is none."""
    if line.fault:
        return line.fault
    sentence, program = line.columns.get(prompt), line.columns.get(reference or "")
    if not isinstance(sentence, str) or not sentence.strip():
        return f"column {prompt!r} is {_told(sentence)}, not a sentence"
    if program is not None and not isinstance(program, str):
        return f"column {reference!r} is {_told(program)}, not a program"
    if len(sentence) > _LONGEST or len(program or "") > _LONGEST:
        return f"a text of it is longer than {_LONGEST >> 10} kB"
    if line.columns.get("task") not in (None, "", "generate"):
        return f"it asks for something else: {line.columns['task']}"
    checks = line.columns.get("checks") or ()
    if not isinstance(checks, list | tuple) or not all(isinstance(it, str) for it in checks):
        return f"column 'checks' is {_told(checks)}, not a list of texts"
    try:
        for check in checks:
            parse_check(check)
    except ValueError as fault:
        return f"column 'checks': {fault}"
    return Problem(
        id=_text(line.columns, "id") or str(line.number),
        prompt=sentence,
        reference=program if program and program.strip() else None,
        split=_text(line.columns, "split"),
        checks=tuple(checks),
    )


def _told(value: Any) -> str:
    return "empty" if isinstance(value, str) else kind_of(value)


def _text(columns: Mapping[str, Any], name: str) -> str:
    value = columns.get(name)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _with_names(problems: Sequence[Problem]) -> Iterator[Problem]:
    """Give problems names that are theirs alone."""
    given: set[str] = set()
    for problem in problems:
        name, again = problem.id, 1
        while name in given:
            again += 1
            name = f"{problem.id}#{again}"
        given.add(name)
        yield replace(problem, id=name)
