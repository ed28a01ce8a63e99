"""Soundness of programs that a model wrote, whatever it knows: bundled, or of random weights."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from asygrammar.compiler import CompilerMissing, asy_available
from asygrammar.decoding import AsyCode, AsyGenerator
from asygrammar.eval.outcomes import Failure
from asygrammar.eval.problems import held_out_figures
from asygrammar.eval.random_weights import random_weights
from asygrammar.eval.soundness import SoundnessReport, failure_of
from asygrammar.eval.stats import share

#: Instead of a model's name: the bundled model's architecture with weights by chance.
RANDOM = "random"
#: The most tokens of a program, and how many programs are written side by side.
MAX_NEW_TOKENS, BATCH_SIZE = 200, 8


def measure_model_soundness(
    programs: int,
    *,
    model: str | None = None,
    level: str = "compiled",
    temperature: float = 1.5,
    seed: int = 0,
    out: Path | None = None,
    progress: Callable[[], None] = lambda: None,
) -> SoundnessReport:
    """Let a model write programs for held-out sentences, and compile them.

    Args:
        programs: How many.
        model: A folder or a name; ``None`` is the bundled model, ``"random"`` one of its
            architecture with random weights.
        level: Of constraint.
        temperature: At which tokens are drawn.
        seed: Program ``n`` depends on ``seed + n`` alone.
        out: Folder for the programs, one file each.
        progress: Called after each program.

    Raises:
        ValueError: There is no such model or level.
        CompilerMissing: ``asy`` is not installed.
    """
    if not asy_available():
        raise CompilerMissing("asy is not installed; to install it: apt-get install asymptote")
    began = time.monotonic()
    written: list[AsyCode] = []
    failures: list[Failure] = []
    sentences = [figure.sentence for figure in held_out_figures(programs, seed=seed)]
    with _generator(model) as generator:
        for start in range(0, programs, BATCH_SIZE):
            batch = generator.generate(
                sentences[start : start + BATCH_SIZE],
                level,
                temperature=temperature,
                seed=seed + start,
                max_new_tokens=MAX_NEW_TOKENS,
            )
            for number, program in enumerate(batch, start):
                if failure := failure_of(number, seed + number, str(program)):
                    failures.append(failure)
                if out is not None:
                    out.mkdir(parents=True, exist_ok=True)
                    (out / f"{number:05}.asy").write_text(str(program), encoding="utf-8")
                progress()
            written += batch
    return _report(level, written, tuple(failures), time.monotonic() - began)


@contextmanager
def _generator(model: str | None) -> Iterator[AsyGenerator]:
    with ExitStack() as stack:
        name = stack.enter_context(random_weights()) if model == RANDOM else model
        generator = AsyGenerator(name)
        stack.callback(generator.close)
        yield generator


def _report(
    level: str, written: list[AsyCode], failures: tuple[Failure, ...], seconds: float
) -> SoundnessReport:
    reports = [program.report for program in written]
    statements = sum(report.statements for report in reports)
    refused = sum(len(report.refused) for report in reports)
    taken_back = sum(report.taken_back for report in reports)
    return SoundnessReport.of(
        level,
        [str(program) for program in written],
        failures,
        refused_share=share(refused, statements + refused),
        rolled_back_share=share(taken_back, taken_back + sum(r.tokens for r in reports)),
        refused_statements=refused,
        seconds=seconds,
    )
