"""Completeness: of real figures, the share that a level accepts token by token."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from asygrammar import format_asy, load_grammar
from asygrammar.diagnostics import Span
from asygrammar.eval.rows import read_tokenizer, static_matcher
from asygrammar.parser import AsySyntaxError

#: The levels whose language this module can ask; of ``typed`` see ``typed_completeness``.
LEVELS = ("syntax",)


@dataclass(frozen=True)
class Rejection:
    """A figure that the level does not accept.

    Attributes:
        id: The figure's id.
        line: 1-based line where acceptance ends: of the figure as given where it does not parse,
            else of the formatted figure.
        column: 1-based column there.
        found: What stands there, and why it cannot where that is known.
    """

    id: str
    line: int
    column: int
    found: str


@dataclass(frozen=True)
class Completeness:
    """How much of a set of figures a level accepts.

    Attributes:
        level: The level's name.
        figures: Number of figures, every row of the file.
        accepted: Number accepted token by token, to the end.
        rejected: The others.
        characters: Length of all figures together.
        parse_seconds: Time that parsing them took, by itself, without layout and mask.
    """

    level: str
    figures: int
    accepted: int
    rejected: tuple[Rejection, ...]
    characters: int
    parse_seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready mapping."""
        return asdict(self)

    def to_text(self) -> str:
        """Return the result as lines for a reader, the rejected figures first."""
        lines = [f"{r.id}: {r.line}:{r.column}: {r.found}" for r in self.rejected]
        share = 100 * self.accepted / self.figures if self.figures else 0.0
        speed = self.characters / 1000 / self.parse_seconds if self.parse_seconds else 0.0
        lines.append(
            f"{self.level}: {self.accepted} of {self.figures} accepted ({share:.1f} %); "
            f"{self.characters / 1000:.0f} kB parsed at {speed:.0f} kB/s"
        )
        return "\n".join(lines)


def read_figures(path: str | Path) -> Iterator[tuple[str, str]]:
    """Yield ``(id, code)`` of a JSONL file with the columns ``id`` and ``code``.

    Raises:
        OSError: The file cannot be read.
        ValueError: A line is no JSON object with these columns; the message names the line.
    """
    with Path(path).open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                figure = str(row["id"]), row["code"]
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(
                    f"{path}:{number}: not a JSON object with `id` and `code`: {error}"
                ) from None
            if not isinstance(figure[1], str):
                raise ValueError(f"{path}:{number}: `code` must be text")
            yield figure


def measure_completeness(
    figures: Iterable[tuple[str, str]],
    tokenizer: Any,
    *,
    level: str = "syntax",
    progress: Callable[[], None] = lambda: None,
) -> Completeness:
    """Walk each figure, formatted and without its comments, under a level's mask.

    Args:
        figures: Pairs of id and program.
        tokenizer: A fast tokenizer of Transformers; its tokens are what is accepted or not.
        level: One of :data:`LEVELS`.
        progress: Called after each figure.

    Raises:
        ValueError: The level is unknown, or the tokenizer cannot be used.
    """
    if level not in LEVELS:
        raise ValueError(f"unknown level {level!r}: choose one of {', '.join(LEVELS)}")
    walk = _Walk(tokenizer)
    count, characters, seconds, rejected = 0, 0, 0.0, []
    for name, code in figures:
        characters += len(code)
        seconds += walk.parse_time(code)
        place = walk.find_rejection(code)
        if place is not None:
            span, found = place
            rejected.append(Rejection(name, span.line, span.column, found))
        count += 1
        progress()
    accepted = count - len(rejected)
    return Completeness(level, count, accepted, tuple(rejected), characters, seconds)


def encode_program(tokenizer: Any, program: str) -> list[int]:
    """Return the tokens a model writes for a program at the start of a line.

    A tokenizer of Llama's kind puts a space in front of a text; a program never begins with one.
    So it is encoded behind a newline, and what the newline gave is dropped.

    Raises:
        ValueError: The tokenizer runs a newline together with what follows it.
    """
    newline = tokenizer.encode("\n", add_special_tokens=False)
    tokens: list[int] = tokenizer.encode("\n" + program, add_special_tokens=False)
    if tokens[: len(newline)] != newline:
        raise ValueError("this tokenizer runs newlines together with what follows them")
    return tokens[len(newline) :]


class _Walk:
    """Walks programs under the mask of the static grammar."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._pristine = static_matcher(read_tokenizer(tokenizer))

    def parse_time(self, code: str) -> float:
        """Return how long it takes to parse a figure, in seconds."""
        parser = load_grammar().parser  # built before the clock starts
        began = time.perf_counter()
        with contextlib.suppress(AsySyntaxError):
            parser.parse_concrete(code)
        return time.perf_counter() - began

    def find_rejection(self, code: str) -> tuple[Span, str] | None:
        """Return where a program stops being acceptable and what stands there, if it does."""
        try:
            program = format_asy(code, comments=False)
        except AsySyntaxError as error:
            return error.diagnostic.span or Span.at(1, 1, 0), error.diagnostic.message
        tokens, matcher = encode_program(self._tokenizer, program), self._pristine.deep_copy()
        taken = matcher.try_consume_tokens(tokens)
        if taken == len(tokens) and matcher.is_accepting():
            return None
        return place_of(self._decode(tokens[:taken]), program)

    def _decode(self, tokens: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(tokens), clean_up_tokenization_spaces=False))


def place_of(accepted: str, program: str) -> tuple[Span, str]:
    """Return where a program goes on after an accepted part, and what stands there."""
    line, column = accepted.count("\n") + 1, len(accepted) - accepted.rfind("\n")
    rest = program[len(accepted) :].split("\n", 1)[0]
    return Span.at(line, column), rest[:30] or "the end of the program"
