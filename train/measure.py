"""What a model that fills templates does on held-out sentences, and what it does wrong.

The judge is the drawing: an answer is right where it draws what the wanted program draws
(`asygrammar.eval.same_drawing`). Beside it, what is wrong where it is not: the template, the words
and numbers, or the letters.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from asygrammar.decoding import AsyCode, AsyGenerator
from asygrammar.eval.same_drawing import same_drawing
from asygrammar.template_answers import read_answer
from asygrammar.templates import Fill, load_templates
from asygrammar.train.rows import TaskRow

_LETTERS = ("label", "labels")


@dataclass(frozen=True)
class Problem:
    """A held-out sentence with what it asks for.

    Attributes:
        sentence: What a user says.
        program: The program that draws it.
        answer: The filled template that gives this program.
        split: How it is new, one of `asygrammar.figures.SPLITS`.
    """

    sentence: str
    program: str
    answer: str
    split: str


@dataclass(frozen=True)
class Score:
    """What a model did on one split.

    Attributes:
        split: The split.
        problems: How many sentences.
        same: Answers that draw what is wanted.
        compiled: Answers that compile and draw, each in a fresh ``asy``.
        filled: Answers for which a template was taken.
        template: Those with the wanted template.
        words: Of the numbers and words that the sentences tell, those in the right slots, and all;
            answers with the wanted template alone.
        letters: Of the letters likewise: in the right slots, and all.
        families: For each family, answers that draw what is wanted, and all.
    """

    split: str
    problems: int
    same: int
    compiled: int
    filled: int
    template: int
    words: tuple[int, int]
    letters: tuple[int, int]
    families: dict[str, tuple[int, int]]


def problems_of(rows: Sequence[TaskRow]) -> list[Problem]:
    """Pair the rows of a data set that ask for a program with those that ask for a template."""
    answers = {row.prompt: row.program for row in rows if row.task == "fill"}
    return [
        Problem(row.prompt, row.program, answers[row.prompt], row.split)
        for row in rows
        if row.task == "generate" and row.prompt in answers
    ]


def measure(
    generator: AsyGenerator, problems: Sequence[Problem], mode: str = "auto"
) -> list[Score]:
    """Answer held-out sentences as `generate_asy` does, and score each split.

    Args:
        generator: The model.
        problems: The sentences.
        mode: How to answer; see `asygrammar.generate_asy`.

    Raises:
        CompilerMissing: ``asy`` is not installed.
    """
    codes = generator.generate(
        [problem.sentence for problem in problems], "compiled", mode=mode, seed=0
    )
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        same = list(pool.map(same_drawing, [p.program for p in problems], map(str, codes)))
        drawn = list(pool.map(_compiles, codes))
    by_split: dict[str, list[int]] = {}
    for number, problem in enumerate(problems):
        by_split.setdefault(problem.split, []).append(number)
    return [
        _score(
            split,
            [problems[number] for number in numbers],
            [codes[number] for number in numbers],
            [same[number] for number in numbers],
            sum(drawn[number] for number in numbers),
        )
        for split, numbers in by_split.items()
    ]


def _compiles(code: AsyCode) -> bool:
    return code.compile("eps").ok


def _score(
    split: str,
    problems: Sequence[Problem],
    codes: Sequence[AsyCode],
    same: Sequence[bool],
    compiled: int,
) -> Score:
    wanted = [read_answer(problem.answer) for problem in problems]
    right = [
        (fill, code)
        for fill, code in zip(wanted, codes, strict=True)
        if code.template == fill.family
    ]
    every = Counter(fill.family for fill in wanted)
    good = Counter(fill.family for fill, ok in zip(wanted, same, strict=True) if ok)
    return Score(
        split=split,
        problems=len(problems),
        same=sum(same),
        compiled=compiled,
        filled=sum(code.mode == "template" for code in codes),
        template=len(right),
        words=_slots_right(right, letters=False),
        letters=_slots_right(right, letters=True),
        families={family: (good[family], every[family]) for family in sorted(every)},
    )


def _slots_right(pairs: Sequence[tuple[Fill, AsyCode]], *, letters: bool) -> tuple[int, int]:
    """Count told slots of one kind whose value is the wanted one, and all of them."""
    right = total = 0
    for fill, code in pairs:
        slots = load_templates()[fill.family].slots
        for name in fill.told:
            if (slots[name].kind in _LETTERS) == letters:
                total += 1
                right += code.values.get(name) == fill.values[name]
    return right, total
