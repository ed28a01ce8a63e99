"""The ladder: what each level of constraint buys, on the same sentences.

Every program that is decoded leaves a verdict, whatever became of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from tqdm import tqdm

from asygrammar.checking import check, syntax_faults
from asygrammar.compiler import compile
from asygrammar.decoding import AsyCode, AsyGenerator
from asygrammar.decoding.levels import resolve_level
from asygrammar.eval.stats import wilson_interval
from asygrammar.figures import Figure, sample_figures

BATCH_SIZE = 16


@dataclass(frozen=True)
class Verdict:
    """What became of one sentence at one level.

    Attributes:
        sentence: What was asked for.
        family: The family of figures it belongs to.
        reference: The program it was generated from.
        program: What was decoded.
        parsed: Whether the program has no syntax error (and is not empty).
        compiled: Whether the real compiler drew a picture.
        exact: Whether the program is the reference.
        stop_reason: Why decoding ended; see `AsyCode`.
        tokens: Tokens the model was asked for.
        fault: The first fault, in one line; empty where it compiled.
    """

    sentence: str
    family: str
    reference: str
    program: str
    parsed: bool
    compiled: bool
    exact: bool
    stop_reason: str
    tokens: int
    fault: str


@dataclass(frozen=True)
class LevelScore:
    """The verdicts of one level, counted.

    Attributes:
        level: The level.
        seconds: Wall-clock time of decoding alone, for all sentences.
        verdicts: One for each sentence, in order.
    """

    level: str
    seconds: float
    verdicts: tuple[Verdict, ...]

    def count(self, holds: Callable[[Verdict], bool]) -> int:
        """Count the verdicts for which something holds."""
        return sum(map(holds, self.verdicts))

    @property
    def compiled(self) -> int:
        """How many programs the real compiler drew."""
        return self.count(lambda verdict: verdict.compiled)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval of the compile rate, as shares."""
        return wilson_interval(self.compiled, len(self.verdicts))

    @property
    def tokens(self) -> int:
        """Tokens the model was asked for, over all sentences."""
        return sum(verdict.tokens for verdict in self.verdicts)

    def summary(self) -> dict[str, Any]:
        """Return the level's numbers, JSON-ready; shares are from 0 to 1."""
        figures = len(self.verdicts)
        low, high = self.interval
        return {
            "level": self.level,
            "figures": figures,
            "compiled": self.compiled,
            "compile_rate": self.compiled / figures,
            "compile_rate_95": [low, high],
            "parse_rate": self.count(lambda verdict: verdict.parsed) / figures,
            "exact_rate": self.count(lambda verdict: verdict.exact) / figures,
            "truncated_rate": self.count(lambda verdict: verdict.stop_reason != "end") / figures,
            "tokens": self.tokens,
            "seconds": self.seconds,
            "tokens_per_second": self.tokens / self.seconds if self.seconds else 0.0,
        }


@dataclass(frozen=True)
class LadderReport:
    """The scores of all levels over the same sentences.

    Attributes:
        model: The model's name.
        scores: One for each level, in the order asked for.
    """

    model: str
    scores: tuple[LevelScore, ...]

    def to_dict(self, *, verdicts: bool = True) -> dict[str, Any]:
        """Return the report JSON-ready.

        Args:
            verdicts: Whether to include the verdict of every sentence.
        """
        levels = []
        for score in self.scores:
            rows = {"verdicts": [asdict(verdict) for verdict in score.verdicts]}
            levels.append(score.summary() | (rows if verdicts else {}))
        return {"model": self.model, "levels": levels}

    def to_text(self) -> str:
        """Return the report as a text table, a line for each level."""
        count = len(self.scores[0].verdicts)
        return "\n".join(
            [
                f"{self.model}, {count} held-out sentences",
                _HEADER,
                *(_line(score.summary()) for score in self.scores),
            ]
        )


def run_ladder(
    generator: AsyGenerator,
    figures: Sequence[Figure],
    levels: Iterable[str] = ("free", "syntax"),
    *,
    max_new_tokens: int = 512,
    temperature: float = 0.0,
    seed: int = 0,
    timeout: float = 30,
    batch_size: int = BATCH_SIZE,
) -> LadderReport:
    """Decode the same sentences at every level and compile what comes out.

    Shows progress bars on stderr where that is a terminal.

    Args:
        generator: The model.
        figures: The sentences, with the programs they were generated from.
        levels: Names of levels.
        max_new_tokens: The most tokens a program may take.
        temperature: 0 takes the likeliest token.
        seed: Of the drawing, above temperature 0.
        timeout: Wall-clock limit of one compilation, in seconds.
        batch_size: Sentences decoded side by side.

    Raises:
        ValueError: There are no figures or no levels, or a level is unknown; said before anything
            is decoded.
        asygrammar.compiler.CompilerMissing: ``asy`` is not installed.
    """
    names = [resolve_level(level) for level in levels]
    if not names or not figures:
        raise ValueError("there is nothing to measure: name at least one level and one figure")
    compile("dot((0,0));\n", format="eps")  # a missing compiler should not wait for the decoding
    scores = []
    for level in names:
        programs, seconds = _decode(
            generator, figures, level, max_new_tokens, temperature, seed, batch_size
        )
        verdicts = _judge(figures, programs, level, timeout)
        scores.append(LevelScore(level, seconds, tuple(verdicts)))
    return LadderReport(generator.model, tuple(scores))


def held_out_figures(count: int, *, seed: int = 0) -> list[Figure]:
    """Sample sentences no model of this repository was trained on.

    Half of them have new values in known phrasings, half have new phrasings.

    Args:
        count: How many.
        seed: The same seed gives the same figures.
    """
    values = sample_figures(count - count // 2, seed=seed, split="values")
    return values + sample_figures(count // 2, seed=seed, split="phrasings")


def _decode(
    generator: AsyGenerator,
    figures: Sequence[Figure],
    level: str,
    max_new_tokens: int,
    temperature: float,
    seed: int,
    batch_size: int,
) -> tuple[list[AsyCode], float]:
    """Decode all sentences; the seconds are the sum over batches of their slowest row's."""
    programs: list[AsyCode] = []
    seconds = 0.0
    # The first program of a level builds its constraint: not a cost of the later ones.
    generator.generate(figures[0].sentence, level, max_new_tokens=1)
    with _bar(len(figures), f"decode {level}") as bar:
        for start in range(0, len(figures), batch_size):
            batch = generator.generate(
                [figure.sentence for figure in figures[start : start + batch_size]],
                level,
                max_new_tokens=max_new_tokens,
                temperature=temperature,
                seed=seed + start,
                batch_size=batch_size,
            )
            seconds += max(program.seconds for program in batch)
            programs += batch
            bar.update(len(batch))
    return programs, seconds


def _judge(
    figures: Sequence[Figure], programs: Sequence[AsyCode], level: str, timeout: float
) -> list[Verdict]:
    """Compile all programs, as many at a time as there are processors."""

    def judge(pair: tuple[Figure, AsyCode]) -> Verdict:
        figure, program = pair
        faults = check(str(program))
        result = compile(str(program), format="eps", timeout=timeout)
        fault = next(iter([*result.diagnostics, *faults]), "")
        return Verdict(
            sentence=figure.sentence,
            family=figure.family,
            reference=figure.program,
            program=str(program),
            parsed=bool(program) and not syntax_faults(str(program)),
            compiled=result.ok,
            exact=str(program) == figure.program,
            stop_reason=program.stop_reason,
            tokens=program.token_count,
            fault="" if result.ok else str(fault or result.status),
        )

    pairs = list(zip(figures, programs, strict=True))
    with ThreadPoolExecutor(os.cpu_count()) as pool, _bar(len(pairs), f"compile {level}") as bar:
        verdicts = []
        for verdict in pool.map(judge, pairs):
            verdicts.append(verdict)
            bar.update()
    return verdicts


def _bar(total: int, name: str) -> Any:
    return tqdm(total=total, desc=name, leave=False, disable=None)


_HEADER = (
    f"{'level':<8} {'compiles':>8} {'95 % interval':>17} {'parses':>8} {'exact':>8} "
    f"{'cut off':>8} {'tokens/s':>9}"
)


def _line(numbers: dict[str, Any]) -> str:
    low, high = numbers["compile_rate_95"]
    interval = f"{100 * low:.1f} to {100 * high:.1f} %"
    shares = "".join(
        f" {100 * numbers[name]:>6.1f} %" for name in ("parse_rate", "exact_rate", "truncated_rate")
    )
    return (
        f"{numbers['level']:<8} {100 * numbers['compile_rate']:>6.1f} % {interval:>17}"
        f"{shares} {numbers['tokens_per_second']:>9.0f}"
    )
