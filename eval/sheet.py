"""A sheet for educators to rate pictures blind.

It shows the pictures of some problems in random order, each below its sentence, and nothing of what
drew them; that is in the key, a file beside it. Samples of a problem that look the same are shown
once. The page saves a file of ratings (`asygrammar.eval.ratings`).
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from asygrammar.eval.html_pages import fill_page
from asygrammar.eval.ratings import COLUMNS, QUESTIONS, SCALE, Key, key_file
from asygrammar.eval.score import Score
from asygrammar.eval.summary import by_problem
from asygrammar.eval.thumbnails import data_uri, thumbnail
from asygrammar.files import check_writable, write_whole

#: Of so many problems pictures are shown, if nothing else is said.
PROBLEMS = 30

_SIZE = (720, 640)
# What the references are called among the arms.
_REFERENCE = "reference"


@dataclass(frozen=True)
class Sheet:
    """A sheet that was written.

    Attributes:
        name: What its ratings and its key call it.
        problems: How many problems it has pictures of.
        pictures: How many pictures it has.
        key: The file of its key.
    """

    name: str
    problems: int
    pictures: int
    key: Path


@dataclass(frozen=True)
class _Item:
    """A picture of the sheet, and the samples that drew it."""

    prompt: str
    png: bytes
    samples: tuple[str, ...]


def write_sheet(
    scores: Sequence[Score],
    folder: Path,
    output: Path,
    *,
    problems: int = PROBLEMS,
    references: bool = False,
    seed: int = 0,
) -> Sheet:
    """Write a sheet, and its key beside it.

    Args:
        scores: What became of the samples of any number of arms.
        folder: Where their pictures lie.
        output: The page's file; the key goes to :func:`asygrammar.eval.ratings.key_file`.
        problems: Of how many problems to show pictures; of all, where there are no more.
        references: Whether to put the references' pictures among the others, as an arm of their
            own: what they are rated is the most that can be hoped for.
        seed: Another one chooses other problems and another order.

    Raises:
        ValueError: There is no picture to rate, or a file cannot be written.
    """
    check_writable(output)
    rng = random.Random(seed)
    chosen = _choose(scores, problems, rng)
    items = [it for own in chosen.values() for it in _items(own, folder, references)]
    if not items:
        raise ValueError(f"there is no picture to rate in {folder}")
    rng.shuffle(items)
    name = _name(items)
    key = _key(name, items, chosen)
    page = fill_page(
        "sheet_page",
        sheet=name,
        count=len(items),
        columns=COLUMNS,
        questions=QUESTIONS,
        scale=SCALE,
        items=[
            {"number": number, "prompt": item.prompt, "picture": data_uri(item.png)}
            for number, item in enumerate(items, 1)
        ],
    )
    write_whole(key_file(output), key.to_json().encode())
    write_whole(output, page.encode())
    return Sheet(name, len(chosen), len(items), key_file(output))


def _choose(scores: Sequence[Score], count: int, rng: random.Random) -> dict[str, Sequence[Score]]:
    """Return some problems that have a picture, with their scores."""
    groups = by_problem(scores)
    drawn = [name for name, own in groups.items() if any(it.picture for it in own)]
    return {name: groups[name] for name in rng.sample(drawn, min(count, len(drawn)))}


def _items(scores: Sequence[Score], folder: Path, references: bool) -> list[_Item]:
    """Return the different pictures of a problem."""
    samples: dict[bytes, list[str]] = {}
    files = [(score.picture, score.sample.id) for score in scores]
    if references:
        files.append((scores[0].reference_picture, _reference_id(scores[0])))
    for file, sample in files:
        png = thumbnail(folder / file, *_SIZE) if file else None
        if png:
            samples.setdefault(png, []).append(sample)
    prompt = scores[0].sample.prompt
    return [_Item(prompt, png, tuple(its)) for png, its in samples.items()]


def _reference_id(score: Score) -> str:
    return f"{_REFERENCE} of {score.sample.problem or score.sample.id}"


def _name(items: Sequence[_Item]) -> str:
    """Return a name that another sheet does not have."""
    content = hashlib.sha256()
    for item in items:
        content.update(hashlib.sha256(item.prompt.encode()).digest())
        content.update(hashlib.sha256(item.png).digest())
    return content.hexdigest()[:8]


def _key(name: str, items: Sequence[_Item], chosen: dict[str, Sequence[Score]]) -> Key:
    arms = {it.sample.id: it.sample.arm for own in chosen.values() for it in own}
    problems = {it.sample.id: problem for problem, own in chosen.items() for it in own}
    shown = {sample for item in items for sample in item.samples}
    for problem, own in chosen.items():
        reference = _reference_id(own[0])
        if reference in shown:
            arms[reference], problems[reference] = _REFERENCE, problem
    pictures = {str(number): item.samples for number, item in enumerate(items, 1)}
    return Key(name, pictures, arms, problems)
