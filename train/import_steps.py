"""The steps of an import: each takes figures, and gives figures or why they fall.

What a step finds out with the compiler or a server goes into the progress log, and is not asked
for again.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from asygrammar.compiler import CompileResult, compile
from asygrammar.figures import normalize
from asygrammar.text_places import TextLayout, look_at
from asygrammar.train.asked_descriptions import DescriptionServer, is_whole
from asygrammar.train.cleaning import Unfit, clean, fit
from asygrammar.train.contents import Contents, read_contents
from asygrammar.train.describing import describe
from asygrammar.train.progress_log import ProgressLog
from asygrammar.train.sources import Found, Rejected
from asygrammar.train.variation import vary

#: Where a prompt comes from.
OWN, ANEW, READ, ASKED = (
    "of the source",
    "of the source but cut off, so described anew",
    "from the syntax tree",
    "from the server",
)

_SECONDS = 20
# Programs that run together; and how much larger a variant's picture may be.
_TOGETHER = 32
_LARGER = 1.5


@dataclass(frozen=True)
class Figure:
    """A program that compiles, and what is known of it.

    Attributes:
        place: Where it was found; a variant's ends in ``~1``, ``~2``, ...
        figure: What its source calls the figure.
        program: The program in the canonical layout, with its imports.
        prompt: What its source says of it; empty where that is nothing, or not whole.
        said: Where the prompt comes from.
        tags: Words that its source files it under.
        is_variant: Whether it was made from another figure.
    """

    place: str
    figure: str
    program: str
    prompt: str
    said: str
    tags: tuple[str, ...]
    is_variant: bool = False


def take_in(found: Found, log: ProgressLog) -> Figure | Rejected:
    """Clean a program, bring it into the subset and compile it.

    Args:
        found: The program.
        log: What is known already.

    Raises:
        CompilerMissing: ``asy`` is not installed.
    """
    answer = log.get("take in", found.program)
    if answer is None:
        made = _compiled(clean(found.program))
        answer = made if isinstance(made, str) else [made.reason, made.detail]
        log.put(answer, "take in", found.program)
    if not isinstance(answer, str):
        return Rejected(found.place, *answer)
    prompt = found.prompt.strip()
    said = OWN if is_whole(prompt) else ANEW if prompt else READ
    prompt = prompt if said == OWN else ""
    return Figure(found.place, found.figure, answer, prompt, said, found.tags)


def _compiled(text: str) -> str | Unfit:
    """Return the first way to write a program that compiles, or why none does."""
    ways = fit(text)
    if isinstance(ways, Unfit):
        return ways
    results: list[CompileResult] = []
    for program in ways:
        results.append(compile(program, "eps", _SECONDS))
        if results[-1].ok:
            return program
    first = results[0]
    status = str(first.status)
    reason = "does not compile" if status == "failed" else status
    return Unfit(reason, str(first.diagnostics[0]) if first.diagnostics else status)


def drop_duplicates(figures: Iterable[Figure]) -> Iterator[Figure | Rejected]:
    """Give each program once; white space and comments do not tell two apart."""
    first: dict[str, str] = {}
    for figure in figures:
        place = first.setdefault(normalize(figure.program), figure.place)
        if place == figure.place:
            yield figure
        else:
            yield Rejected(figure.place, "duplicate", f"the same as {place}")


def vary_figures(
    figures: Sequence[Figure], count: int, seed: int, log: ProgressLog
) -> Iterator[list[Figure]]:
    """Yield the variants of each figure, in order: those that compile and still fit their page.

    Args:
        figures: The figures.
        count: How many variants of each, at most.
        seed: Decides which.
        log: What is known already.

    Raises:
        CompilerMissing: ``asy`` is not installed.
    """
    group: list[Figure] = []
    for figure in figures:
        group.append(figure)
        if len(group) * (count + 1) >= _TOGETHER or figure is figures[-1]:
            yield from _varied(group, count, seed, log)
            group = []


def _varied(
    group: Sequence[Figure], count: int, seed: int, log: ProgressLog
) -> Iterator[list[Figure]]:
    asked = [("vary", figure.program, str(count), str(seed)) for figure in group]
    new = [i for i, question in enumerate(asked) if log.get(*question) is None]
    written = [_variants(group[i].program, count, seed) for i in new]
    looks = iter(look_at([program for programs in written for program in programs]))
    for i, programs in zip(new, written, strict=True):
        original, *others = [next(looks) for _ in programs]
        pairs = zip(programs[1:], others, strict=True)
        log.put([program for program, look in pairs if _is_like(look, original)], *asked[i])
    for figure, question in zip(group, asked, strict=True):
        variant = replace(figure, prompt="", said=READ, is_variant=True)
        yield [
            replace(variant, place=f"{figure.place}~{number}", program=program)
            for number, program in enumerate(log.get(*question), 1)
        ]


def _variants(program: str, count: int, seed: int) -> list[str]:
    """Return a program and its variants."""
    return [program, *vary(program, count, random.Random(f"{seed}/{normalize(program)}"))]


def _is_like(look: TextLayout | CompileResult, original: TextLayout | CompileResult) -> bool:
    """Tell whether a variant draws as well as the original does."""
    if not (isinstance(look, TextLayout) and isinstance(original, TextLayout)):
        return isinstance(look, CompileResult) and look.ok
    fits = look.width <= _LARGER * original.width and look.height <= _LARGER * original.height
    return look.width > 0 and fits and _overlaps(look) <= _overlaps(original)


def _overlaps(drawing: TextLayout) -> int:
    return sum(one.overlap(other) > 1 for one, other in combinations(drawing.texts, 2))


def add_prompt(
    figure: Figure, server: DescriptionServer | None, log: ProgressLog
) -> tuple[Figure, Contents] | Rejected:
    """Give a figure without a prompt one, from its syntax tree or from a server.

    Args:
        figure: The figure.
        server: The server to ask; ``None``: the syntax tree tells.
        log: What is known already.

    Returns:
        The figure with a prompt and what is read of its program, or why there is no prompt.

    Raises:
        ValueError: The server does not answer.
    """
    contents = read_contents(figure.program)
    if figure.prompt:
        return figure, contents
    if server is None:
        if not contents.objects:
            return Rejected(figure.place, "no description", "nothing is read of what it draws")
        return replace(figure, prompt=describe(contents)), contents
    question = ("describe", server.url, server.model, figure.program)
    answer = log.get(*question)
    if answer is None:
        text = server.describe(figure.program, figure.tags)
        answer = text if isinstance(text, str) else [text.reason, text.detail]
        log.put(answer, *question)
    if not isinstance(answer, str):
        return Rejected(figure.place, *answer)
    said = ASKED if figure.said == READ else figure.said
    return replace(figure, prompt=answer, said=said), contents
