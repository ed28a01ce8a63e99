"""What it took to write a program."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """A statement that was written and could not stay.

    Attributes:
        statement: Its text; empty where the program was refused an end.
        reason: Why, in one line.
    """

    statement: str
    reason: str


@dataclass(frozen=True)
class Report:
    """What it took to write a program.

    Attributes:
        tokens: Tokens of the program, those of a given beginning not counted.
        forced: How many of them could be no others, and were not asked for.
        steps: How often the model was asked.
        taken_back: Tokens that were written and taken back.
        statements: Whole statements of the program.
        refused: Statements that the compiler did not take, in their order.
        masked: The share of the model's probability that lay on forbidden tokens, on average.
        model_seconds: Time in the model, in seconds; of a batch, this program's part.
        mask_seconds: Time in masks, and in the matchers that these wait for, likewise.
        grammar_seconds: Time in what a token changes: scopes, and tokens that it forces.
        compiler_seconds: Time in the compiler.
    """

    tokens: int = 0
    forced: int = 0
    steps: int = 0
    taken_back: int = 0
    statements: int = 0
    refused: tuple[Refusal, ...] = ()
    masked: float = 0.0
    model_seconds: float = 0.0
    mask_seconds: float = 0.0
    grammar_seconds: float = 0.0
    compiler_seconds: float = 0.0
