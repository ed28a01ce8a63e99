"""Throughput: how many times as fast programs become pictures together as one after the other.

The same programs go through ``compile``, a fresh ``asy`` for each, and through ``compile_many``, in
turn some of the one and some of the other, so that whatever else the machine does falls on both
alike. Verdicts and pictures are compared as well: a quick answer has to be the same answer.
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any

import numpy as np
from PIL import Image

from asygrammar.compiler import CompileResult, compile
from asygrammar.compiler.many import compile_many
from asygrammar.eval.pictures import ssim
from asygrammar.figures import sample_figures

# So many programs one way, then the same the other way.
_TURN = 100
# In a template's program every text is a label.
_LABELLED = re.compile(r'"')


@dataclass(frozen=True)
class Difference:
    """A program that the two ways do not agree on.

    Attributes:
        id: The figure's.
        fresh: Its verdict in a process of its own.
        together: Its verdict among others.
        likeness: The structural similarity of its pictures (``eval.pictures.ssim``), where both
            ways have one of the same size.
    """

    id: str
    fresh: str
    together: str
    likeness: float | None


@dataclass(frozen=True)
class ThroughputReport:
    """What both ways took, and whether they agree.

    Attributes:
        figures: Number of programs.
        jobs: How many processes worked at a time, of ``compile_many``.
        fresh_seconds: Wall-clock time of a loop of fresh processes, in seconds.
        together_seconds: That of ``compile_many``, in seconds.
        verdicts_same: Number of programs with the same verdict.
        pictures: Number of programs that come to a picture in a fresh process.
        pictures_same: Number of those whose picture is the same to the pixel.
        differences: The others, in their order.
    """

    figures: int
    jobs: int
    fresh_seconds: float
    together_seconds: float
    verdicts_same: int
    pictures: int
    pictures_same: int
    differences: tuple[Difference, ...]

    @property
    def ratio(self) -> float:
        """How many times as fast programs go together; 0 of none."""
        return self.fresh_seconds / self.together_seconds if self.together_seconds else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready mapping: the fields, and ``ratio``."""
        return {**asdict(self), "ratio": self.ratio}

    def to_text(self) -> str:
        """Return the result as lines for a reader, the differences first."""
        lines = [
            f"{one.id}: {one.fresh} alone, {one.together} together, "
            + (
                "no two pictures of one size"
                if one.likeness is None
                else f"{one.likeness:.4f} alike"
            )
            for one in self.differences
        ]
        return "\n".join(
            [
                *lines,
                f"{self.figures} figures one after the other: {_rate(self, self.fresh_seconds)}",
                f"together, {self.jobs} at a time: {_rate(self, self.together_seconds)}:"
                f" {self.ratio:.2f} times as fast",
                f"the same verdict: {self.verdicts_same} of {self.figures};"
                f" the same picture, to the pixel: {self.pictures_same} of {self.pictures}",
            ]
        )


def _rate(report: ThroughputReport, seconds: float) -> str:
    return f"{seconds:.1f} s ({report.figures / seconds if seconds else 0:.1f} a second)"


def labelled_figures(n: int, *, seed: int) -> list[tuple[str, str]]:
    """Draw figures of the templates that have labels; no program comes twice.

    Args:
        n: How many.
        seed: Another seed gives other figures.

    Returns:
        Pairs of id and program.
    """
    programs = dict[str, str]()
    for start in count(step=n):
        for number, figure in enumerate(sample_figures(n, seed=seed, start=start), start):
            if _LABELLED.search(figure.program) and len(programs) < n:
                programs.setdefault(figure.program, f"{figure.family}-{number}")
        if len(programs) == n or start > 50 * n:
            break
    return [(name, program) for program, name in programs.items()]


def measure_throughput(
    figures: Sequence[tuple[str, str]],
    *,
    jobs: int = 2,
    timeout: float = 30,
    progress: Callable[[], None] = lambda: None,
) -> ThroughputReport:
    """Compile figures to png both ways.

    Args:
        figures: Pairs of id and program.
        jobs: How many processes may work at a time, of ``compile_many``.
        timeout: Wall-clock limit for one program, in seconds.
        progress: Called after each program that a fresh process has compiled.

    Raises:
        ValueError: The time or the number of jobs is not positive.
        CompilerMissing: ``asy`` or ``pdftocairo`` is not installed.
    """
    fresh, together = list[CompileResult](), list[CompileResult]()
    fresh_seconds = together_seconds = 0.0
    # What is found out once about the machine is no part of either.
    compile_many([""], timeout=timeout, jobs=jobs)
    for start in range(0, len(figures), _TURN):
        programs = [program for _, program in figures[start : start + _TURN]]
        began = time.monotonic()
        for program in programs:
            fresh.append(compile(program, "png", timeout))
            progress()
        fresh_seconds += time.monotonic() - began
        began = time.monotonic()
        together += compile_many(programs, timeout=timeout, jobs=jobs)
        together_seconds += time.monotonic() - began
    compared = list(zip(figures, fresh, together, strict=True))
    return ThroughputReport(
        figures=len(figures),
        jobs=jobs,
        fresh_seconds=fresh_seconds,
        together_seconds=together_seconds,
        verdicts_same=sum(one.status == other.status for _, one, other in compared),
        pictures=sum(one.ok for one in fresh),
        pictures_same=sum(one.ok and _same(one, other) for _, one, other in compared),
        differences=tuple(
            _difference(name, one, other)
            for (name, _), one, other in compared
            if not _same(one, other)
        ),
    )


def _same(one: CompileResult, other: CompileResult) -> bool:
    if one.status != other.status or one.diagnostics != other.diagnostics:
        return False
    return one.output == other.output or np.array_equal(_pixels(one), _pixels(other))


def _difference(name: str, one: CompileResult, other: CompileResult) -> Difference:
    both = one.ok and other.ok and _pixels(one).shape == _pixels(other).shape
    likeness = ssim(one.output, other.output).value if both else None
    return Difference(name, str(one.status), str(other.status), likeness)


def _pixels(result: CompileResult) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return a picture's pixels, ``(height, width, 4)``."""
    with Image.open(io.BytesIO(result.output)) as picture:
        return np.asarray(picture.convert("RGBA"))
