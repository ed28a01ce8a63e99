"""Template filling: the model chooses a template and fills in its blanks, and nothing else.

Numbers and letters come from the sentence or from the template's defaults; the program's fixed text
costs no sampling. How sure the model is of the template decides, in the mode ``auto``, whether the
program is written freely instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from asygrammar.decoding.answer_rows import AnswerConstraint, AnswerMatchers
from asygrammar.decoding.chat import decode_answer
from asygrammar.decoding.choosing import Sampling
from asygrammar.decoding.engine import Row, decode, to_the_end
from asygrammar.decoding.judging import Judge
from asygrammar.decoding.models import LoadedModel
from asygrammar.layout import statements_of
from asygrammar.template_answers import parse_answer
from asygrammar.templates import Fill

#: How likely the template must be for the mode ``auto`` to take it.
CONFIDENT = 0.5
#: The most tokens that an answer may take: the longest lists are far below.
MOST_TOKENS = 256


@dataclass(frozen=True)
class Filled:
    """A template that was chosen and filled in.

    Attributes:
        fill: The template with its values, and the program.
        confidence: The model's probability of this template, before anything was masked.
        row: What it took.
    """

    fill: Fill
    confidence: float
    row: Row


def fill_templates(
    model: LoadedModel,
    prompts: Sequence[list[int]],
    sentences: Sequence[str],
    matchers: AnswerMatchers,
    sampling: Sampling,
    judge: Callable[[], Judge] | None = None,
) -> list[Filled | None]:
    """Choose and fill a template for each sentence.

    Args:
        model: The model.
        prompts: Token ids of the prompts, which ask for the task ``fill``.
        sentences: What the users ask for.
        matchers: Of the model's tokenizer.
        sampling: How tokens are chosen.
        judge: Makes what judges the program; ``None``: nothing does.

    Returns:
        In the order of the sentences; ``None`` where no template can be filled from the sentence,
        or its program is refused.
    """
    constraint = AnswerConstraint(matchers, sentences)
    rows = to_the_end(decode(model, prompts, constraint, sampling, budget=MOST_TOKENS))
    return [_filled(model, prompt, row, judge) for prompt, row in zip(prompts, rows, strict=True)]


def _filled(
    model: LoadedModel, prompt: list[int], row: Row, judge: Callable[[], Judge] | None
) -> Filled | None:
    ids = row.writing.ids[: row.writing.cut]
    try:
        fill = parse_answer(decode_answer(model.tokenizer, ids).strip(" ")).nearest()
    except ValueError:
        return None
    if judge is not None and _reason(fill.program, judge()):
        return None
    return Filled(fill, _confidence(model, prompt, ids), row)


def _reason(program: str, judge: Judge) -> str:
    """Return why the compiler does not take a program, in one line; empty where it does."""
    try:
        reasons = (judge.take(statement) for statement in statements_of(program))
        return next(filter(None, reasons), "") or judge.why_not_end()
    finally:
        judge.close()


@torch.inference_mode()
def _confidence(model: LoadedModel, prompt: list[int], answer: list[int]) -> float:
    """Return the probability of an answer's first line, which names the template."""
    breaks = ("\n" in model.tokenizer.decode([token]) for token in answer)
    line = answer[: next(number for number, ends in enumerate(breaks) if ends) + 1]
    ids = torch.tensor([[*prompt, *line]], device=model.device)
    with model.computing():
        logits = model.network(input_ids=ids[:, :-1], logits_to_keep=len(line)).logits[0]
    logs = torch.log_softmax(logits.float(), dim=-1)
    return float(logs.gather(1, ids[0, -len(line) :, None]).sum().exp())
