"""Compiling: of real figures, the share that ``asy`` draws, with added imports or without."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from asygrammar.compiler import CompileResult, compile
from asygrammar.eval.stats import wilson_interval
from asygrammar.imports import add_imports


@dataclass(frozen=True)
class Failure:
    """A figure of which no picture came.

    Attributes:
        id: The figure's id.
        status: How the compilation ended.
        kind: The class of the first diagnostic.
        message: The first diagnostic, with its place in the figure as compiled.
        added: The lines that were put in front, joined by spaces.
    """

    id: str
    status: str
    kind: str
    message: str
    added: str


@dataclass(frozen=True)
class CompilingReport:
    """How much of a set of figures compiles and draws.

    Attributes:
        figures: Number of figures.
        compiled: Number of those that compile and draw something.
        with_imports: Whether missing imports were added first.
        changed: Number of figures to which something was added.
        added: How often each line was added.
        failures: The figures without a picture, in their order.
        seconds: Wall-clock time of it all, in seconds.
    """

    figures: int
    compiled: int
    with_imports: bool
    changed: int
    added: dict[str, int]
    failures: tuple[Failure, ...]
    seconds: float

    @property
    def share(self) -> float:
        """The share of figures that compile, from 0 to 1; 0 where there are no figures."""
        return self.compiled / self.figures if self.figures else 0.0

    @property
    def kinds(self) -> dict[str, int]:
        """How many figures fail by the class of their first diagnostic, the most frequent first."""
        return dict(Counter(failure.kind for failure in self.failures).most_common())

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready mapping: the fields, and ``share`` and ``kinds``."""
        return {**asdict(self), "share": self.share, "kinds": self.kinds}

    def to_text(self) -> str:
        """Return the result as lines for a reader, the failures first."""
        lines = [f"{failure.id}: {failure.message}" for failure in self.failures]
        lines += [f"{count:5}  {line}" for line, count in self.added.items()]
        low, high = wilson_interval(self.compiled, self.figures)
        way = f"imports added to {self.changed}" if self.with_imports else "as they are"
        lines.append(
            f"{self.compiled} of {self.figures} figures compile ({100 * self.share:.1f} %, "
            f"95 % interval {100 * low:.1f} to {100 * high:.1f}); {way}; {self.seconds:.0f} s"
        )
        return "\n".join(lines)


def measure_compiling(
    figures: Iterable[tuple[str, str]],
    add: bool = True,
    progress: Callable[[], None] = lambda: None,
    *,
    timeout: float = 30,
) -> CompilingReport:
    """Compile figures, and tell which give a picture.

    Args:
        figures: Pairs of id and program.
        add: Whether to add missing imports first.
        progress: Called after each figure.
        timeout: Wall-clock limit for one figure, in seconds.

    Raises:
        CompilerMissing: ``asy`` is not installed.
    """
    began = time.monotonic()
    count, failures, added = 0, [], Counter[str]()
    changed = 0
    for name, code in figures:
        program = add_imports(code) if add else code
        front = program[: len(program) - len(code)].split("\n")[:-1]
        added.update(front)
        changed += program != code
        # The quickest format: no converter runs.
        result = compile(program, "eps", timeout)
        if not result.ok:
            failures.append(_failure(name, result, front))
        count += 1
        progress()
    return CompilingReport(
        figures=count,
        compiled=count - len(failures),
        with_imports=add,
        changed=changed,
        added=dict(added.most_common()),
        failures=tuple(failures),
        seconds=time.monotonic() - began,
    )


def _failure(name: str, result: CompileResult, front: list[str]) -> Failure:
    first = next(iter(result.diagnostics), None)
    kind = type(first).__name__ if first else str(result.status)
    return Failure(name, str(result.status), kind, str(first or result.status), " ".join(front))
