"""The decoding loop: one model, a batch of prompts, one constraint, and a compiler to judge.

Each step feeds every program what the model has not seen of it (the chosen token, and those that
follow in any case), masks what may not come next, and chooses. Knows token ids only; prompts, texts
and results are the generator's business.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch

from asygrammar.decoding.batch import Batch
from asygrammar.decoding.choosing import Sampling, choose
from asygrammar.decoding.constraint import Constraint
from asygrammar.decoding.guessing import Guesses
from asygrammar.decoding.judging import Judge
from asygrammar.decoding.models import LoadedModel
from asygrammar.decoding.report import Report
from asygrammar.decoding.writing import Writing, shared


@dataclass
class Row:
    """A program that is being decoded, and what it has cost so far.

    Attributes:
        writing: The program.
        prompt: Length of its prompt, in tokens.
        draw: Where its chance comes from.
        guesses: What is guessed of it before its constraint is ready; ``None``: nothing is.
        seconds: From the start of the batch to the end of this row.
        model_seconds: Its part of the time in the model, in seconds.
        mask_seconds: Its part of the time in masks, in seconds.
        grammar_seconds: Time in what its tokens changed, in seconds.
    """

    writing: Writing
    prompt: int
    draw: torch.Generator
    guesses: Guesses | None = None
    seconds: float = 0.0
    model_seconds: float = 0.0
    mask_seconds: float = 0.0
    grammar_seconds: float = 0.0

    def report(self) -> Report:
        """Return what it took so far."""
        it = self.writing
        return Report(
            tokens=it.count,
            forced=it.forced,
            steps=it.steps,
            taken_back=it.taken_back,
            statements=len(it.marks),
            refused=tuple(it.refused),
            masked=it.masked / it.steps if it.steps else 0.0,
            model_seconds=self.model_seconds,
            mask_seconds=self.mask_seconds,
            grammar_seconds=self.grammar_seconds,
            compiler_seconds=self.judge_seconds,
        )

    @property
    def read(self) -> int:
        """How many tokens the model has read of it, guesses too, but for the last one."""
        guessed = len(self.guesses.tokens) - 1 if self.guesses and self.guesses.tokens else 0
        return self.writing.fed + guessed

    @property
    def waiting(self) -> list[int]:
        """The tokens that the model has not read."""
        if self.guesses and self.guesses.tokens:
            return self.guesses.tokens[-1:]
        return self.writing.ids[self.writing.fed :]

    @property
    def judge_seconds(self) -> float:
        """Time in the compiler so far, in seconds."""
        return self.writing.judge.seconds if self.writing.judge else 0.0


def decode(
    model: LoadedModel,
    prompts: Sequence[list[int]],
    constraint: Constraint,
    sampling: Sampling,
    *,
    budget: int,
    judge: Callable[[], Judge] | None = None,
    beginning: Sequence[int] = (),
    settles: bool = False,
) -> Iterator[list[Row]]:
    """Write one program for each prompt.

    Args:
        model: The model.
        prompts: Token ids of each prompt, as long as they are.
        constraint: What may be written.
        sampling: How tokens are chosen.
        budget: The most tokens a program may take.
        judge: Makes what judges the statements of one program.
        beginning: Tokens that each program begins with.
        settles: Whether no statement counts before the program could end with it.

    Yields:
        All rows, in the order of the prompts, after each step; the same list every time.

    Raises:
        ValueError: A program cannot begin like that.
    """
    constraint.start(len(prompts))
    # With fewer bits, what a model says depends on how many tokens it is fed at a time.
    guess = constraint.cuts and model.network.dtype == torch.float32
    rows: list[Row] = []
    try:
        for number, (prompt, seed) in enumerate(zip(prompts, sampling.seeds, strict=True)):
            writing = Writing(
                number, constraint, judge() if judge else None, model.end_ids, budget, settles
            )
            draw = torch.Generator().manual_seed(seed)
            guesses = Guesses(sampling, writing.is_last) if guess else None
            rows.append(Row(writing, len(prompt), draw, guesses))
            if fault := writing.begin(beginning):
                raise ValueError(f"a program cannot begin like that: {fault}")
        yield from _steps(model, prompts, constraint, sampling, rows)
    finally:
        for row in rows:
            row.writing.abandon()


def to_the_end(steps: Iterable[list[Row]]) -> list[Row]:
    """Go through the steps of `decode`, and return the rows as they are after the last."""
    rows: list[Row] = []
    for rows in steps:  # noqa: B007 - the last step's are whole
        pass
    return rows


def _steps(
    model: LoadedModel,
    prompts: Sequence[list[int]],
    constraint: Constraint,
    sampling: Sampling,
    rows: list[Row],
) -> Iterator[list[Row]]:
    began = time.perf_counter()
    batch = Batch(model, len(rows))
    live = rows
    waiting = [[*prompt, *row.writing.ids] for prompt, row in zip(prompts, rows, strict=True)]
    while live:
        with model.computing():
            _step(batch, waiting, constraint, sampling, live)
        for row in live:
            if row.writing.stop_reason:
                row.seconds = time.perf_counter() - began
                row.writing.abandon()
        yield rows
        for at, row in enumerate(live):
            batch.shorten(at, row.prompt + row.read)
        going = [at for at, row in enumerate(live) if not row.writing.stop_reason]
        if 0 < len(going) < len(live):
            constraint.keep(going)
            batch.keep(going)
        live = [live[at] for at in going]
        for at, row in enumerate(live):
            row.writing.row = at
        waiting = [row.waiting for row in live]


def _step(
    batch: Batch,
    waiting: Sequence[Sequence[int]],
    constraint: Constraint,
    sampling: Sampling,
    live: Sequence[Row],
) -> None:
    """Feed the programs what the model has not seen of them, and let each take in one token."""
    watch = time.perf_counter()
    logits = batch.feed(waiting)
    for row in live:
        row.writing.fed = len(row.writing.ids)
    guesses = live[0].guesses if len(live) == 1 else None
    guessing = guesses is not None and guesses.able and not constraint.ready(0)
    if guesses and guessing:
        guesses.guess(logits, live[0].writing.ids, live[0].draw)
        guesses.seconds += time.perf_counter() - watch
    _share(live, "model_seconds", watch)
    if guesses and guesses.tokens and not guessing:
        _catch_up(live[0], guesses, logits, constraint, sampling)
    elif not guessing:
        _take(logits, constraint, sampling, live)


def _catch_up(
    row: Row, guesses: Guesses, logits: torch.Tensor, constraint: Constraint, sampling: Sampling
) -> None:
    """Choose tokens from what the model said before and after its guesses, while these are right.

    What was guessed wrong has been time to wait for the matcher.
    """
    writing, base = row.writing, len(guesses.base)
    read, said = [*guesses.base, *guesses.tokens], [*guesses.logits, logits]
    at, going = base, True
    while going:
        _take(said[at - base], constraint, sampling, [row])
        writing.fed = shared(writing.ids, read)
        going = not writing.stop_reason and at < len(writing.ids) == writing.fed
        at = len(writing.ids)
    wrong = (len(read) - writing.fed) / len(guesses.tokens) * guesses.seconds
    row.model_seconds -= wrong
    row.mask_seconds += wrong
    guesses.forget()


def _take(
    logits: torch.Tensor, constraint: Constraint, sampling: Sampling, live: Sequence[Row]
) -> None:
    """Let each program take in a token that is allowed, and what follows from it."""
    watch = time.perf_counter()
    free = torch.logsumexp(logits.float(), dim=-1) if constraint.cuts else None
    constraint.mask(logits)
    watch = _share(live, "mask_seconds", watch)
    choices = choose(logits, free, sampling, [row.draw for row in live])
    watch = _share(live, "model_seconds", watch)
    for row, choice in zip(live, choices, strict=True):
        judged = row.judge_seconds
        row.writing.take(choice)
        now = time.perf_counter()
        row.grammar_seconds += now - watch - (row.judge_seconds - judged)
        watch = now


def _share(rows: Sequence[Row], what: str, since: float) -> float:
    """Add the time since then to what the rows have spent on something; return what it is now."""
    now = time.perf_counter()
    for row in rows:
        setattr(row, what, getattr(row, what) + (now - since) / len(rows))
    return now
