"""Memory over many programs, and what is left of the compilers that judged them."""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from asygrammar.decoding import AsyGenerator
from asygrammar.eval.problems import held_out_figures

#: How many programs are written side by side.
BATCH_SIZE = 8
_COMPILERS = frozenset(("asy", "latex", "tex", "pdftex", "pdflatex", "gs", "bwrap", "dvips"))


@dataclass(frozen=True)
class MemoryReport:
    """What many programs leave behind.

    Attributes:
        model: The model's name.
        level: Of constraint.
        resident: Resident memory of this process in MiB, after so many programs.
        left_behind: How many compiler processes live on after the generator is closed.
        seconds: Wall-clock time.
    """

    model: str
    level: str
    resident: dict[int, float]
    left_behind: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready mapping of the fields."""
        return asdict(self)

    def to_text(self) -> str:
        """Return the result as lines."""
        lines = [f"{self.model} at {self.level}:"]
        lines += [f"memory after {n} programs: {m:.0f} MiB" for n, m in self.resident.items()]
        lines.append(f"compilers left behind: {self.left_behind}; {self.seconds:.0f} s")
        return "\n".join(lines)


def measure_memory(
    generator: AsyGenerator,
    programs: int,
    *,
    level: str = "compiled",
    temperature: float = 1.0,
    seed: int = 0,
    max_new_tokens: int = 256,
    progress: Callable[[], None] = lambda: None,
) -> MemoryReport:
    """Write many programs and watch the memory.

    Args:
        generator: The model; it is closed afterwards.
        programs: How many.
        level: Of constraint.
        temperature: Above 0, programs differ.
        seed: Of the drawing.
        max_new_tokens: The most tokens a program may take.
        progress: Called after each batch.

    Raises:
        ValueError: The level is unknown.
    """
    began = time.monotonic()
    sentences = [figure.sentence for figure in held_out_figures(programs, seed=seed)]
    found: dict[int, float] = {}
    milestones = [max(programs * share // 10, 1) for share in (1, 2, 5, 10)]
    for start in range(0, programs, BATCH_SIZE):
        generator.generate(
            sentences[start : start + BATCH_SIZE],
            level,
            temperature=temperature,
            seed=seed + start,
            max_new_tokens=max_new_tokens,
        )
        progress()
        done = min(start + BATCH_SIZE, programs)
        while milestones and done >= milestones[0]:
            found[milestones.pop(0)] = resident()
    generator.close()
    return MemoryReport(generator.model, level, found, len(compilers()), time.monotonic() - began)


def resident() -> float:
    """Return the resident memory of this process in MiB; where it is not told, its peak."""
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(one for one in status.read_text().splitlines() if one.startswith("VmRSS"))
        return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def compilers(process: int | None = None) -> list[int]:
    """Return the numbers of the compilers that live below a process, where that is told.

    Args:
        process: Its number; ``None`` is this one.
    """
    top = os.getpid() if process is None else process
    parents: dict[int, int] = {}
    names: dict[int, str] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "stat").read_text()
        except OSError:  # it has ended meanwhile
            continue
        state, parent = status.rpartition(")")[2].split()[:2]
        if state != "Z":
            parents[int(folder.name)] = int(parent)
            names[int(folder.name)] = status[status.index("(") + 1 : status.rindex(")")]
    found = [number for number, name in names.items() if name in _COMPILERS]
    return [number for number in found if _is_below(number, top, parents)]


def _is_below(process: int, ancestor: int, parents: dict[int, int]) -> bool:
    while process in parents and process != ancestor:
        process = parents[process]
    return process == ancestor
