"""Many programs into pictures at once, several times as fast as one after the other.

Every program runs in a sandbox of its own, up to what TeX and PostScript would make a picture of.
TeX, dvips, Ghostscript and poppler then run once for a whole set of pictures: they are what takes
the time. Which pictures may share a set is for ``compiler.page`` to say; any other is drawn alone,
and so is whatever comes of a set that fails.
"""

from __future__ import annotations

import dataclasses
import os
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from asygrammar.compiler import asy, picture
from asygrammar.compiler.page import Page, page_of
from asygrammar.compiler.page_set import draw_pages, fits
from asygrammar.compiler.result import CompileResult, Status
from asygrammar.compiler.tex_format import NAME, TexFormat, tex_format

# For fewer programs it does not pay to make TeX's format first.
_FEW = 4
_LARGEST_SET = 64
# Into so many sets one is divided that fails, and no page of it is known to be the cause.
_PARTS = 6
# What a set may take beside the time of one program, in seconds for each page.
_EACH = 0.25
# Ends that are the same whatever comes after asy.
_FINAL = frozenset((Status.REFUSED, Status.FAILED, Status.TIMED_OUT, Status.OUT_OF_MEMORY))


@dataclass(frozen=True)
class _Waiting:
    """A program that has run, and whose picture is to be drawn."""

    number: int
    page: Page
    result: CompileResult


def compile_many(
    programs: Sequence[str],
    *,
    timeout: float = 30,
    dpi: int = picture.RESOLUTION,
    jobs: int | None = None,
) -> list[CompileResult]:
    """Compile programs to png, each with the verdict and the picture that ``compile`` gives.

    The pictures are equal to the pixel. ``seconds`` of a picture that was drawn with others is the
    time of its program and its share of theirs.

    Args:
        programs: The programs.
        timeout: Wall-clock limit for one program, in seconds.
        dpi: Dots an inch of the pictures; the longer side has 4000 pixels at most.
        jobs: How many sandboxes may be at work at a time; ``None``: one for each processor.

    Returns:
        One result for each program, in their order.

    Raises:
        ValueError: The time, the resolution or the number of jobs is not positive.
        CompilerMissing: ``asy`` or ``pdftocairo`` is not installed.
    """
    if dpi < 1 or (jobs is not None and jobs < 1):
        raise ValueError(f"there must be 1 dot an inch and 1 job at least, not {dpi} and {jobs}")
    if not programs:
        return []
    picture.require("png")
    workers = jobs or _processors()
    made = tex_format() if len(programs) >= _FEW else None
    done: dict[int, CompileResult] = {}
    with ThreadPoolExecutor(workers) as pool:
        if made is not None:
            waiting = list[_Waiting]()
            begun = pool.map(lambda program: _begun(program, timeout, made), programs)
            for number, (result, page) in enumerate(begun):
                if page is not None and fits(page, dpi):
                    waiting.append(_Waiting(number, page, result))
                elif result.status in _FINAL:
                    done[number] = dataclasses.replace(result, format="png")
            sets = _sets(waiting, workers)
            for drawn in pool.map(lambda pages: dict(_drawn(pages, made, dpi, timeout)), sets):
                done |= drawn
        left = [number for number in range(len(programs)) if number not in done]
        alone = pool.map(
            lambda number: asy._compile(programs[number], "png", timeout, None, None, dpi), left
        )
        done |= zip(left, alone, strict=True)
    return [done[number] for number in range(len(programs))]


def _begun(program: str, timeout: float, made: TexFormat) -> tuple[CompileResult, Page | None]:
    """Run a program; return also its page, where it can be drawn with others."""
    result = asy.pieces(program, timeout, {NAME: made.file})
    return result, page_of(result.output, made.preamble) if result.ok else None


def _sets(waiting: Iterable[_Waiting], workers: int) -> Iterator[list[_Waiting]]:
    """Divide programs into sets of one preamble, so that all workers have some to do."""
    alike = defaultdict[str, list[_Waiting]](list)
    for program in waiting:
        # What is not typeset goes with everything.
        alike[program.page.preamble if program.page.text else ""].append(program)
    for programs in alike.values():
        size = min(_LARGEST_SET, -(-len(programs) // workers))
        yield from (programs[start : start + size] for start in range(0, len(programs), size))


def _drawn(
    waiting: Sequence[_Waiting], made: TexFormat, dpi: int, timeout: float
) -> Iterator[tuple[int, CompileResult]]:
    """Yield the results of those that come to a picture, with their numbers."""
    began = time.monotonic()
    limit = timeout + _EACH * len(waiting)
    outcome = draw_pages([one.page for one in waiting], made, dpi=dpi, timeout=limit)
    share = (time.monotonic() - began) / len(waiting)
    for one, drawn in zip(waiting, outcome.pictures, strict=False):
        seconds = one.result.seconds + share
        yield (
            one.number,
            dataclasses.replace(one.result, output=drawn, format="png", seconds=seconds),
        )
    if outcome.pictures or len(waiting) == 1:
        return
    left = [one for number, one in enumerate(waiting) if number not in outcome.wrong]
    size = len(left) if outcome.wrong else -(-len(left) // _PARTS)
    for start in range(0, len(left), size or 1):
        yield from _drawn(left[start : start + size], made, dpi, timeout)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
