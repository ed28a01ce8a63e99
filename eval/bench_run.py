"""The bench: every arm writes for the same problems, and what it wrote is judged and compared.

A run that was cut goes on where it stood: samples and scores are kept one by one. What this module
does not know: how arms write, and how a sample is judged.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from asygrammar.compiler import compile
from asygrammar.eval.arms import Arm, sample_id
from asygrammar.eval.json_lines import LONGEST_ROW, RowFile, read_json_lines
from asygrammar.eval.paired import Comparison, comparison_lines, comparisons, taxes
from asygrammar.eval.problems import Problem
from asygrammar.eval.report import write_report
from asygrammar.eval.runner import score_samples
from asygrammar.eval.samples import Sample
from asygrammar.eval.summary import ArmSummary, summarize, table
from asygrammar.files import write_whole

#: What the file of samples in a folder is called.
SAMPLES = "samples.jsonl"
_RUN = "bench.json"
# A sample has several texts in it, in which a character may take six bytes.
_LONGEST_ROW = 8 * LONGEST_ROW
#: Problems decoded side by side.
BATCH_SIZE = 16


@dataclass(frozen=True)
class BenchReport:
    """What came of a bench.

    Attributes:
        arms: The arms' numbers.
        compared: The arms beside each other, on the same problems.
        taxes: What constraints cost where free decoding compiles already.
        folder: Where samples, scores and report are; ``None`` where they are not kept.
    """

    arms: tuple[ArmSummary, ...]
    compared: tuple[Comparison, ...]
    taxes: tuple[Comparison, ...]
    folder: Path | None

    def to_dict(self) -> dict[str, Any]:
        """Return the report JSON-ready."""
        return {
            "arms": [arm.to_dict() for arm in self.arms],
            "compared": [comparison.to_dict() for comparison in self.compared],
            "taxes": [tax.to_dict() for tax in self.taxes],
            "folder": None if self.folder is None else str(self.folder),
        }

    def to_text(self) -> str:
        """Return the report as a table, and lines that compare."""
        parts = [table(self.arms), "\n".join(comparison_lines(self.compared))]
        parts.append("\n".join(comparison_lines(self.taxes, taxed=True)))
        if self.folder is not None:
            parts.append(f"samples, scores and report: {self.folder}")
        return "\n\n".join(filter(None, parts))


def run_bench(
    problems: Sequence[Problem],
    arms: Sequence[Arm],
    *,
    out: Path | None = None,
    samples: int = 1,
    batch_size: int = BATCH_SIZE,
    command: str = "",
    jobs: int | None = None,
    timeout: float = 30,
    progress: Callable[[str, int], Callable[[], None]] = lambda what, total: lambda: None,
) -> BenchReport:
    """Let every arm write for the same problems, judge what it wrote, and compare.

    Args:
        problems: The problems.
        arms: What writes.
        out: The folder for samples, scores, pictures and the report; made where it is missing, and
            gone on with where it has some. ``None``: nothing is kept.
        samples: How many programs each arm writes for each problem.
        batch_size: How many problems are given to an arm at a time.
        command: The command that made it, for the report.
        jobs: How many processes judge; by default one a processor.
        timeout: Wall-clock limit of one compilation, in seconds.
        progress: Called with what begins and of how many steps it is; returns what is called after
            each step.

    Raises:
        ValueError: There is nothing to measure, two arms have one name, all samples would be the
            same, or the folder has those of another run; said before anything is decoded.
        asygrammar.compiler.CompilerMissing: ``asy`` is not installed.
        OSError: The folder cannot be written.
    """
    _check(problems, arms, samples)
    compile("dot((0,0));\n", format="eps")  # a missing compiler should not wait for the decoding
    with ExitStack() as stack:
        folder = out or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        written = decode_samples(
            problems, arms, folder, samples=samples, batch_size=batch_size, progress=progress
        )
        scores = score_samples(written, folder, jobs=jobs, timeout=timeout)
        if out is not None:
            write_report(scores, folder, command)
    return BenchReport(
        tuple(summarize(scores)), tuple(comparisons(scores)), tuple(taxes(scores)), out
    )


def decode_samples(
    problems: Sequence[Problem],
    arms: Sequence[Arm],
    folder: Path,
    *,
    samples: int = 1,
    batch_size: int = BATCH_SIZE,
    progress: Callable[[str, int], Callable[[], None]] = lambda what, total: lambda: None,
) -> list[Sample]:
    """Let every arm write for every problem, and keep it in a folder's file of samples.

    What the file has already is not written again. The same seeds are used in whatever pieces the
    work is done.

    Args:
        problems: The problems.
        arms: What writes.
        folder: Where to; made where it is missing.
        samples: How many programs each arm writes for each problem.
        batch_size: How many problems are given to an arm at a time.
        progress: See `run_bench`.

    Returns:
        The samples, arm by arm.

    Raises:
        ValueError: The folder has the samples of another run, or an arm can write nothing.
        OSError: The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _check_run(folder / _RUN, problems, arms)
    with _kept(folder / SAMPLES) as (known, add):
        for arm in arms:
            for number in range(samples):
                pieces = list(_missing(problems, arm, number, known, batch_size))
                step = progress(f"decode {arm.name}", sum(len(piece) for piece in pieces))
                if pieces:
                    arm.warm_up()
                for piece in pieces:
                    chosen = [problems[place] for place in piece]
                    seed = arm.decoding.seed + number * len(problems) + piece.start
                    add(arm.write(chosen, number, seed))
                    for _ in piece:
                        step()
    return [
        known[sample_id(problem, arm.name, number)]
        for arm in arms
        for number in range(samples)
        for problem in problems
    ]


def _check(problems: Sequence[Problem], arms: Sequence[Arm], samples: int) -> None:
    if not problems or not arms:
        raise ValueError("there is nothing to measure: name at least one level and one problem")
    if samples < 1:
        raise ValueError(f"samples must be 1 or more, not {samples}")
    names = [arm.name for arm in arms]
    if len(set(names)) < len(names):
        raise ValueError(f"two arms have one name: {', '.join(names)}")
    if samples > 1 and not all(arm.decoding.temperature for arm in arms):
        raise ValueError("at temperature 0 all samples are the same: give a temperature above")


def _check_run(path: Path, problems: Sequence[Problem], arms: Sequence[Arm]) -> None:
    """Note what a run depends on, or compare it with what is noted there.

    Arms and samples may be added to a run.

    Raises:
        ValueError: It is another run.
    """
    rows = json.dumps([asdict(problem) for problem in problems]).encode()
    run: dict[str, Any] = {
        "problems": hashlib.sha256(rows).hexdigest(),
        "arms": {arm.name: arm.about for arm in arms},
    }
    if path.is_file():
        try:
            noted = json.loads(path.read_text(encoding="utf-8"))
            same = noted["problems"] == run["problems"]
            changed = [
                n for n, about in run["arms"].items() if noted["arms"].get(n, about) != about
            ]
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ValueError(f"{path} cannot be read: choose another folder") from None
        if not same or changed:
            what = f"{changed[0]!r} otherwise decoded" if same else "other problems"
            raise ValueError(f"{path.parent} holds a bench of {what}: choose another folder")
        run["arms"] = noted["arms"] | run["arms"]
    write_whole(path, json.dumps(run, indent=2).encode() + b"\n")


@contextmanager
def _kept(
    path: Path,
) -> Iterator[tuple[dict[str, Sample], Callable[[Sequence[Sample]], None]]]:
    """Give the samples that a file has, and what adds others to it."""
    with RowFile(path, "the samples") as file:
        known: dict[str, Sample] = {}
        for line in read_json_lines(path, _LONGEST_ROW):
            sample = _sample(line.columns)
            if line.fault or sample is None:
                raise ValueError(f"{path}:{line.number}: no sample: choose another folder")
            known[sample.id] = sample

        def add(samples: Sequence[Sample]) -> None:
            file.add(*(sample.to_dict() for sample in samples))
            known.update({sample.id: sample for sample in samples})

        yield known, add


def _sample(columns: Any) -> Sample | None:
    try:
        return Sample(**{**columns, "checks": tuple(columns["checks"])})
    except (TypeError, KeyError):
        return None


def _missing(
    problems: Sequence[Problem],
    arm: Arm,
    number: int,
    known: dict[str, Sample],
    batch_size: int,
) -> Iterator[range]:
    """Yield the places of problems that have no such sample, those side by side together."""
    start = 0
    for place in range(len(problems) + 1):
        ends = place == len(problems) or sample_id(problems[place], arm.name, number) in known
        if place > start and (ends or place - start == batch_size):
            yield range(start, place)
            start = place
        if ends:
            start = place + 1
