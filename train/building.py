"""Data sets from the figure templates: ``asygrammar data build``.

Read `build_data` from top to bottom. Figures are drawn in parts, in several processes; a part that
is done is kept, so that a build that was cut goes on. The same seed gives the same bytes, however
many processes there are. What this module does not know: what a template is, or how a split is made
(`asygrammar.figures`).
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from asygrammar.compiler import CompilerSession, RenderError, SessionPool
from asygrammar.compiler.drawing import drawing
from asygrammar.eval.parallel import spread
from asygrammar.figures import SPLITS, Figure, normalize, sample_figures
from asygrammar.files import write_whole
from asygrammar.template_answers import write_answer
from asygrammar.templates import Fill, load_templates
from asygrammar.train.build_card import card_text
from asygrammar.train.contents import read_contents
from asygrammar.train.rows import note_prompt, write_jsonl

#: Figures that are drawn at a time.
PART = 250
#: Of so many programs, one is drawn and looked at.
LOOKED_AT = 200
#: For each hundred figures to train on, so many of each held-out split.
HELD_OUT_SHARE = 5
TASKS = ("generate", "fill")


@dataclass(frozen=True)
class BuiltRow:
    """A row of the data set.

    Attributes:
        prompt: What a user would say.
        program: The answer: a program, or for the task ``fill`` a filled template.
        task: ``generate`` or ``fill``.
        family: The template.
        grade: Its grade band.
        level: What it asks of a student.
        split: One of `asygrammar.figures.SPLITS`.
        slots: The values that the sentence tells, and the decorations, as JSON.
        objects: How many things the figure shows, as its syntax tree tells.
        style: How they look, in single words.
    """

    prompt: str
    program: str
    task: str
    family: str
    grade: str
    level: str
    split: str
    slots: str
    objects: int
    style: list[str]


@dataclass(frozen=True)
class BuildReport:
    """What was built.

    Attributes:
        rows: The rows of each split.
        families: How many templates they come from.
        programs: How many different programs there are.
        drawn: How many of them were drawn and looked at; all were compiled.
    """

    rows: dict[str, int]
    families: int
    programs: int
    drawn: int

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, ready for JSON."""
        return asdict(self)

    def to_text(self) -> str:
        """Return the result as lines for a reader."""
        lines = [f"{count:7}  rows in {split}" for split, count in self.rows.items()]
        about = f"{self.programs} different programs of {self.families} families, all compiled"
        return "\n".join([*lines, f"{about}; {self.drawn} drawn and looked at"])


@dataclass(frozen=True)
class _Part:
    """Figures that are drawn at a time: where the part is kept, and which they are."""

    path: Path
    split: str
    seed: int
    start: int
    count: int


def build_data(
    size: int,
    seed: int,
    out: Path,
    *,
    jobs: int = 2,
    tasks: Sequence[str] = TASKS,
    progress: Callable[[Iterable[Any], str, int], Iterable[Any]] = lambda items, _, __: items,
) -> BuildReport:
    """Draw figures from all templates, compile every program, and write a data set.

    Args:
        size: How many figures to train on; each gives a row for each task.
        seed: The same seed gives the same data set.
        out: Its folder: ``train.jsonl``, ``test.jsonl``, ``prompt.json`` and a card.
        jobs: How many processes work at it.
        tasks: Of ``TASKS``.
        progress: Goes through the parts and tells how far it is.

    Raises:
        ValueError: A program does not compile or draws nothing, or a program stands in two splits;
            one line says which.
        CompilerMissing: ``asy`` is not installed.
    """
    if size < 1:
        raise ValueError(f"the size must be 1 or more, not {size}")
    if unknown := set(tasks) - set(TASKS):
        raise ValueError(f"a task is one of {', '.join(TASKS)}, not {min(unknown)!r}")
    parts = out / f".parts-{seed}"
    parts.mkdir(parents=True, exist_ok=True)
    plan = list(_plan(size, seed, parts))
    for _ in progress(spread(_make_part, plan, jobs), "figures", len(plan)):
        pass
    rows = {split: list(_read(plan, split, tasks)) for split in SPLITS}
    check_splits(rows)
    held_out = [row for split in SPLITS[1:] for row in rows[split]]
    for name, some in (("train", rows["train"]), ("test", held_out)):
        write_jsonl(some, out / f"{name}.jsonl")
    note_prompt(out)
    report = _report(rows)
    card = card_text(size, seed, tasks, report.to_dict())
    write_whole(out / "README.md", card.encode("utf-8"))
    shutil.rmtree(parts)
    return report


def check_splits(rows: dict[str, list[BuiltRow]]) -> None:
    """Refuse a program that stands in two splits.

    Raises:
        ValueError: There is one; the text shows it.
    """
    seen: dict[bytes, str] = {}
    for split, some in rows.items():
        for row in some:
            if row.task == "generate":
                key = hashlib.sha256(normalize(row.program).encode()).digest()
                if seen.setdefault(key, split) != split:
                    where = f"is in {seen[key]!r} and in {split!r}"
                    raise ValueError(f"a program of {row.family} {where}:\n{row.program}")


def _plan(size: int, seed: int, folder: Path) -> Iterator[_Part]:
    held_out = max(size * HELD_OUT_SHARE // 100, 1)
    for split in SPLITS:
        count = size if split == "train" else held_out
        for start in range(0, count, PART):
            path = folder / f"{split}-{start:07}-{min(PART, count - start)}.jsonl"
            yield _Part(path, split, seed, start, min(PART, count - start))


def _make_part(part: _Part) -> None:
    """Draw the figures of a part, compile them, and write them down."""
    if part.path.is_file():
        return
    figures = sample_figures(part.count, seed=part.seed, split=part.split, start=part.start)
    with CompilerSession(_pool()) as session:
        for number, figure in enumerate(figures, start=part.start):
            fault = _fault(figure, session)
            if not fault and number % LOOKED_AT == 0:
                fault = _blank(figure)
            if fault:
                raise ValueError(f"a program of {figure.family} {fault}:\n{figure.program}")
    write_jsonl((row for figure in figures for row in _rows(figure, part.split)), part.path)


@lru_cache(maxsize=1)
def _pool() -> SessionPool:
    """Return the compilers of this process."""
    return SessionPool(1)


# A program within a block of its own, which a live asy runs ten times as fast as a fresh one.
_BLOCK = """\
{{
currentpicture = new picture;
{program}if (currentpicture.empty()) abort("it draws nothing");
}}
"""


def _fault(figure: Figure, session: CompilerSession) -> str:
    """Return why a program does not compile, in one line; empty where it does."""
    verdict = session.run(_BLOCK.format(program=figure.program))
    if verdict.ok:
        return ""
    return f"does not compile ({next(iter(verdict.diagnostics), verdict.status)})"


def _blank(figure: Figure) -> str:
    try:
        found = drawing(figure.program)
    except RenderError as error:
        return f"does not compile ({error})"
    return "" if found.paths or found.labels else "draws nothing"


def _rows(figure: Figure, split: str) -> Iterator[BuiltRow]:
    """Yield a row of a figure for each task."""
    template = load_templates()[figure.family]
    on = [flag for flag in template.flags if figure.slots[flag]]
    told = {name: figure.slots[name] for name in template.slots if name in figure.told}
    fill = Fill(figure.family, figure.slots, figure.program, figure.told)
    answers = {"generate": figure.program, "fill": write_answer(fill)}
    objects, style = _looks(figure.program)
    for task, answer in answers.items():
        yield BuiltRow(
            prompt=figure.sentence,
            program=answer,
            task=task,
            family=figure.family,
            grade=template.grade,
            level=template.level,
            split=split,
            slots=json.dumps({**told, "decorations": on}, ensure_ascii=False),
            objects=objects,
            style=style,
        )


@lru_cache(maxsize=4096)
def _contents(program: str) -> tuple[int, list[str]]:
    contents = read_contents(program)
    return contents.objects, contents.style


def _looks(program: str) -> tuple[int, list[str]]:
    """Return how many things a program shows, and how they look.

    Numbers and letters of labels make no difference, so few programs have to be parsed.
    """
    return _contents(_LETTERS.sub("$A$", _NUMBER.sub("1", program)))


_NUMBER = re.compile(r"\d+(?:\.\d+)?|\.\d+")
_LETTERS = re.compile(r"\$[A-Z]+'?\$")


def _read(plan: Sequence[_Part], split: str, tasks: Sequence[str]) -> Iterator[BuiltRow]:
    """Yield the rows of a split; of the held-out ones, no sentence comes twice."""
    seen: set[tuple[str, str]] = set()
    for part in plan:
        if part.split != split:
            continue
        for line in part.path.read_text(encoding="utf-8").splitlines():
            row = BuiltRow(**json.loads(line))
            if row.task not in tasks or (split != "train" and (row.prompt, row.task) in seen):
                continue
            seen.add((row.prompt, row.task))
            yield row


def _report(rows: dict[str, list[BuiltRow]]) -> BuildReport:
    every = [row for some in rows.values() for row in some]
    figures = [row for row in every if row.task == every[0].task]
    drawn = sum(-(-len(some) // LOOKED_AT) for some in rows.values())
    return BuildReport(
        rows={split: len(some) for split, some in rows.items()},
        families=len({row.family for row in figures}),
        programs=len({row.program for row in figures}),
        drawn=drawn,
    )
