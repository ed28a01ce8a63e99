"""What constraints cost: the same sentences at every level, beside free decoding.

Free decoding is measured twice: through ``transformers.generate``, which is what everybody has, and
in this project's own loop. Ratios are of seconds per character of program, sentence by sentence.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

from asygrammar.decoding import AsyGenerator
from asygrammar.decoding.chat import decode_answer
from asygrammar.decoding.levels import resolve_level
from asygrammar.decoding.request import make_request

#: Free decoding as transformers does it.
GENERATE = "generate"
#: A forward pass of Phi-3-mini on a GPU, about, in seconds.
FORWARD = 0.020


@dataclass(frozen=True)
class Run:
    """One sentence at one level.

    Attributes:
        seconds: Wall-clock time.
        characters: Of the program.
        tokens: Of the program, the end-of-turn token not counted.
        steps: How often the model was asked.
        model_seconds: Time in the model; all of it for ``generate``.
        mask_seconds: Time in masks, and in the matchers that these wait for.
        grammar_seconds: Time in scopes and forced tokens.
        compiler_seconds: Time in the compiler.
    """

    seconds: float
    characters: int
    tokens: int
    steps: int
    model_seconds: float
    mask_seconds: float = 0.0
    grammar_seconds: float = 0.0
    compiler_seconds: float = 0.0

    @property
    def per_character(self) -> float:
        """Seconds for a character."""
        return self.seconds / max(self.characters, 1)

    @property
    def constraint_seconds(self) -> float:
        """Time in all that constrains."""
        return self.mask_seconds + self.grammar_seconds + self.compiler_seconds


@dataclass(frozen=True)
class LevelSpeed:
    """How fast a level is, as medians over the sentences.

    Attributes:
        level: Its name; ``generate`` is free decoding through ``transformers.generate``.
        characters_per_second: Of programs.
        tokens_per_second: Of programs.
        forced_share: The share of the tokens for which the model was not asked.
        to_generate: Seconds per character, as a multiple of those of ``generate``.
        to_free: The same, of those of free decoding in our loop.
        constraint_share: Time in what constrains, as a share of the model's.
        shares: The same for mask, grammar and compiler alone.
        share_at_forward: What the share would be at 20 ms for each forward pass, one after the
            other.
        share_overlapped: The same where masks, and the matchers that these wait for, are made
            while the model computes.
    """

    level: str
    characters_per_second: float
    tokens_per_second: float
    forced_share: float
    to_generate: float
    to_free: float
    constraint_share: float
    shares: Mapping[str, float]
    share_at_forward: float
    share_overlapped: float


@dataclass(frozen=True)
class SpeedReport:
    """The speed of every level, on the same sentences in one run.

    Attributes:
        model: The model's name.
        sentences: How many there were.
        per_token_to_generate: Seconds per token of free decoding in our loop, as a multiple of
            those of ``transformers.generate``, as a median.
        levels: The levels.
    """

    model: str
    sentences: int
    per_token_to_generate: float
    levels: tuple[LevelSpeed, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready mapping of the fields."""
        return asdict(self)

    def to_text(self) -> str:
        """Return the result as a table."""
        lines = [
            f"{self.model}, {self.sentences} sentences; medians",
            f"our loop takes {self.per_token_to_generate:.2f} times as long for a token as"
            " transformers.generate",
            _HEADER,
        ]
        for it in self.levels:
            shares = " ".join(f"{100 * it.shares[part]:>6.1f} %" for part in _PARTS)
            lines.append(
                f"{it.level:<9} {it.characters_per_second:>7.0f} {it.tokens_per_second:>7.0f}"
                f" {100 * it.forced_share:>6.1f} % {it.to_generate:>9.2f} {it.to_free:>8.2f}"
                f" {100 * it.constraint_share:>8.1f} % {shares}"
                f" {100 * it.share_at_forward:>6.1f} % {100 * it.share_overlapped:>8.1f} %"
            )
        return "\n".join(lines)


_PARTS = ("mask", "grammar", "compiler")
_HEADER = (
    "level     chars/s  tok/s   forced /generate    /free constraint     mask  grammar compiler"
    " at 20 ms overlapped"
)


def measure_speed(
    make_generator: Callable[[], AsyGenerator],
    sentences: Sequence[str],
    levels: Sequence[str] = ("free", "syntax", "typed", "compiled"),
    *,
    max_new_tokens: int = 512,
    warm_up: int = 8,
    progress: Callable[[], None] = lambda: None,
) -> SpeedReport:
    """Decode the same sentences at every level, one at a time.

    Args:
        make_generator: Loads the model, once for each level: no level profits from what another
            has built.
        sentences: What to ask for. The first few only warm up what every program needs.
        levels: Names of levels.
        max_new_tokens: The most tokens a program may take.
        warm_up: How many sentences are not counted.
        progress: Called after each sentence.

    Raises:
        ValueError: A level is unknown, or there are not enough sentences.
    """
    names = [GENERATE, *dict.fromkeys(["free", *(resolve_level(level) for level in levels)])]
    if len(sentences) <= warm_up:
        raise ValueError(f"give more than {warm_up} sentences: the first {warm_up} only warm up")
    runs: dict[str, list[Run]] = {name: [] for name in names}
    generators = {name: make_generator() for name in names}
    model = generators[GENERATE].model
    with generators[GENERATE]._model.computing():
        for number, sentence in enumerate(sentences):
            # The machine's moods should not always meet the same level.
            for place in range(len(names)):
                name = names[(number + place) % len(names)]
                run = _run(generators[name], sentence, name, max_new_tokens)
                if number >= warm_up:
                    runs[name].append(run)
            progress()
    per_token = [
        (ours.seconds / (ours.tokens + 1)) / (theirs.seconds / (theirs.tokens + 1))
        for ours, theirs in zip(runs["free"], runs[GENERATE], strict=True)
    ]
    return SpeedReport(
        model,
        len(sentences) - warm_up,
        statistics.median(per_token),
        tuple(_speed(name, runs) for name in names),
    )


def _run(generator: AsyGenerator, sentence: str, level: str, max_new_tokens: int) -> Run:
    if level == GENERATE:
        return _run_generate(generator, sentence, max_new_tokens)
    began = time.perf_counter()
    code = generator.generate(sentence, level, max_new_tokens=max_new_tokens)
    report = code.report
    return Run(
        time.perf_counter() - began,
        len(code),
        report.tokens,
        report.steps,
        report.model_seconds,
        report.mask_seconds,
        report.grammar_seconds,
        report.compiler_seconds,
    )


def _run_generate(generator: AsyGenerator, sentence: str, max_new_tokens: int) -> Run:
    model = generator._model
    options: Any = {"max_new_tokens": max_new_tokens}
    began = time.perf_counter()
    prompt = list(make_request(model, [sentence], "free", options).prompts[0])
    with torch.no_grad():
        ids = model.network.generate(
            torch.tensor([prompt], device=model.device),
            attention_mask=torch.ones(1, len(prompt), dtype=torch.long, device=model.device),
            do_sample=False,
            max_new_tokens=max_new_tokens,
            eos_token_id=list(model.end_ids),
            pad_token_id=model.tokenizer.pad_token_id,
        )[0, len(prompt) :].tolist()
    text = decode_answer(model.tokenizer, ids)
    seconds = time.perf_counter() - began
    tokens = sum(token not in model.end_ids for token in ids)
    return Run(seconds, len(text), tokens, len(ids), seconds)


def _speed(name: str, runs: Mapping[str, Sequence[Run]]) -> LevelSpeed:
    own = runs[name]

    def median(of: Callable[[Run], float]) -> float:
        return statistics.median(map(of, own))

    def ratio(to: str) -> float:
        pairs = zip(own, runs[to], strict=True)
        return statistics.median(one.per_character / other.per_character for one, other in pairs)

    return LevelSpeed(
        level=name,
        characters_per_second=median(lambda run: 1 / run.per_character),
        tokens_per_second=median(lambda run: run.tokens / run.seconds),
        forced_share=median(lambda run: 1 - min(run.steps / (run.tokens + 1), 1)),
        to_generate=ratio(GENERATE),
        to_free=ratio("free"),
        constraint_share=median(lambda run: run.constraint_seconds / run.model_seconds),
        shares={
            part: median(lambda run, part=part: getattr(run, f"{part}_seconds") / run.model_seconds)  # type: ignore[misc]
            for part in _PARTS
        },
        share_at_forward=median(lambda run: run.constraint_seconds / (run.steps * FORWARD)),
        share_overlapped=median(
            lambda run: (run.grammar_seconds + run.compiler_seconds) / (run.steps * FORWARD)
        ),
    )
