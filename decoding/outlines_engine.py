"""Programs from any Outlines model that can be steered: transformers, llama.cpp.

Each program is steered at the level ``typed`` and then compiled, whole. If it is refused, it is cut
back to the statement of the first fault and goes on with the nearest other token there.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from outlines import Generator
from outlines.inputs import Chat

from asygrammar.compiler import CompileResult, asy_available, compile
from asygrammar.decoding.chat import merge_system_message
from asygrammar.decoding.code import AsyCode
from asygrammar.decoding.line_matchers import LineMatchers
from asygrammar.decoding.outlines_models import engine_of
from asygrammar.decoding.report import Refusal, Report
from asygrammar.decoding.steering import Steering
from asygrammar.decoding.typed import TypedConstraint
from asygrammar.prompt import SYSTEM, build_messages

#: How often a program is begun, unless it is told otherwise.
TRIES = 8
# A line that begins a statement of its own, in the canonical layout.
_STATEMENT = re.compile(r"^(?![ }]|else\b)(?=.)", re.MULTILINE)


def generate_with_outlines(
    model: Any,
    prompt: str,
    *,
    system: str | None = SYSTEM,
    examples: int = 0,
    modules: Sequence[str] | None = None,
    max_new_tokens: int = 512,
    temperature: float = 0.0,
    seed: int = 0,
    tries: int = TRIES,
) -> AsyCode:
    """Write the program that draws what a sentence asks for, with an Outlines model.

    Args:
        model: What `outlines.from_transformers` or `outlines.from_llamacpp` returns.
        prompt: The sentence.
        system: The system message; ``None`` leaves it out, as the bundled model wants it.
        examples: How many worked examples to show the model first.
        modules: The modules programs may import; ``None`` is all that are known.
        max_new_tokens: The most tokens of the program.
        temperature: 0 takes the likeliest token; above, tokens are drawn.
        seed: The same seed gives the same program.
        tries: How often the program may be begun. Every try after the first costs the tokens up
            to the fault once more: an engine behind Outlines cannot take them back.

    Returns:
        The program. Where ``asy`` is installed, it compiles: after the last try it is cut to the
        longest beginning that does (``stop_reason`` is then ``"refused"``).

    Raises:
        ValueError: The model is of another kind, or an argument is out of range.
        ConstraintError: A matcher failed.
    """
    if tries < 1 or max_new_tokens < 1:
        raise ValueError("tries and max_new_tokens must be 1 or more")
    began, kind = time.perf_counter(), engine_of(model)
    tokenizer = kind.tokenizer(model)
    matchers = LineMatchers(tokenizer, _chosen(modules), kind.leading_space(model))
    steering = Steering(TypedConstraint(matchers), model.tensor_library_name)
    generator = Generator(model, processor=steering)
    chat = _chat(prompt, system, examples, merge=not kind.takes_system(model))
    arguments = kind.arguments(model, max_new_tokens, temperature, seed)
    judge, tried, refused = _Judge(modules), list[str](), list[Refusal]()
    steps, stop_reason = 0, "refused"
    while len(tried) < tries:
        answer = str(generator(chat, **arguments))
        steps += len(steering.ids) + 1
        tried.append(steering.text(steering.ids[: steering.cut]))
        fault = judge.fault(tried[-1])
        if fault is None:
            ended = answer.strip() == steering.text(steering.ids).strip() == tried[-1].strip()
            stop_reason = "end" if ended else "budget"
            break
        refused.append(_refusal(tried[-1], fault))
        place = _turning_point(steering, fault)
        if place is None:
            break
        steering.turn(place)
    program = tried[-1]
    if stop_reason == "refused":
        program = max((judge.longest_beginning(text) for text in tried), key=len)
    tokens = len(tokenizer.tokenize_str(program))
    return AsyCode(
        program,
        prompt=prompt,
        level="typed",
        complete=stop_reason == "end",
        stop_reason=stop_reason,
        token_count=tokens,
        seconds=time.perf_counter() - began,
        model=kind.name(model),
        report=Report(
            tokens=tokens,
            steps=steps,
            taken_back=steps - len(steering.ids),
            statements=len(_STATEMENT.findall(program)),
            refused=tuple(refused),
            compiler_seconds=judge.seconds,
        ),
    )


def _chosen(modules: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if modules is None else tuple(modules)


def _chat(prompt: str, system: str | None, examples: int, *, merge: bool) -> Chat:
    # Nothing that is typed may end or begin a turn.
    messages = build_messages(prompt.replace("<|", "< |"), examples=examples, system=system)
    if merge and system is not None:
        messages = merge_system_message(messages)
    return Chat(messages)


# ------------------------------------------------------------------------------- another way on


class _Judge:
    """Compiles programs, each one once; where nothing can compile, every program passes.

    Attributes:
        seconds: Time spent, in seconds.
    """

    def __init__(self, modules: Sequence[str] | None) -> None:
        self.seconds = 0.0
        self._modules, self._able = modules, asy_available()
        self._known: dict[str, _Fault | None] = {}

    def fault(self, program: str) -> _Fault | None:
        """Return why a program is refused, or ``None``."""
        if not self._able:
            return None
        if program not in self._known:
            result = compile(program, "eps", modules=self._modules)
            self.seconds += result.seconds
            self._known[program] = None if result.ok else _first_fault(result)
        return self._known[program]

    def longest_beginning(self, program: str) -> str:
        """Return as many of the first statements of a refused program as compile together."""
        for end in reversed([match.start() for match in _STATEMENT.finditer(program)]):
            if end and self.fault(program[:end]) is None:
                return program[:end]
        return ""


@dataclass(frozen=True)
class _Fault:
    """Why a program is refused.

    Attributes:
        reason: In one line.
        line: Where, 1-based; ``None`` where it has no place.
    """

    reason: str
    line: int | None


def _first_fault(result: CompileResult) -> _Fault:
    first = next(iter(result.diagnostics), None)
    placed = next((fault.span for fault in result.diagnostics if fault.span), None)
    return _Fault(str(first or result.status.value), placed.line if placed else None)


def _refusal(program: str, fault: _Fault) -> Refusal:
    end = _end_of_line(program, fault)
    starts = [match.start() for match in _STATEMENT.finditer(program) if match.start() < end]
    return Refusal(program[starts[-1] if starts else 0 : end].rstrip("\n"), fault.reason)


def _turning_point(steering: Steering, fault: _Fault) -> int | None:
    """Return the place where the next best token is nearest, in the statement of the first fault.

    Where all is tried there, the statements before it come next, the last one first.
    """
    text = steering.text(steering.ids)
    starts = [match.start() for match in _STATEMENT.finditer(text)] or [0]
    line_end = _end_of_line(text, fault)
    ends = [*starts[1:], len(text) + 1]
    offsets = _offsets(steering, text)
    for start, end in reversed(list(zip(starts, ends, strict=True))):
        if start >= line_end:
            continue
        costs = {
            place: steering.ranked[place][0][1] - others[0][1]
            for place, offset in enumerate(offsets[: len(steering.ranked)])
            if start <= offset < min(end, line_end) and (others := steering.others(place))
        }
        if costs:
            return min(costs, key=lambda place: costs[place])
    return None


def _end_of_line(text: str, fault: _Fault) -> int:
    """Return where the line of a fault ends; past the end of the text where it has no place."""
    if fault.line is None:
        return len(text) + 1
    return sum(len(line) for line in text.splitlines(keepends=True)[: fault.line])


def _offsets(steering: Steering, text: str) -> list[int]:
    """Return where in the text each token begins, and where the next one would."""
    offsets, at = [0], len(text.encode()) - sum(steering.lengths(steering.ids))
    data = text.encode()  # without the space in front, so that `at` may begin below 0
    for length in steering.lengths(steering.ids):
        at += length
        offsets.append(len(data[: max(at, 0)].decode(errors="ignore")))
    return offsets
