"""A program that somebody began, as tokens to go on from."""

from __future__ import annotations

from typing import Any

from asygrammar.decoding.constraint import Constraint
from asygrammar.layout import format_asy
from asygrammar.parser import AsySyntaxError


def spell_beginning(text: str, constraint: Constraint, tokenizer: Any) -> list[int]:
    """Return the tokens of a program's beginning, in canonical layout as far as it is whole.

    Args:
        text: The beginning; it may end anywhere.
        constraint: What the program has to keep to; a free one takes the text as it is.
        tokenizer: The model's.
    """
    if not text:
        return []
    if not constraint.cuts:
        return list(tokenizer(text, add_special_tokens=False).input_ids)
    return constraint.spell(_canonical(text))


def _canonical(text: str) -> str:
    head, line, tail = text.rpartition("\n")
    for whole, rest in ((text, ""), (head + line, tail)):
        try:
            return format_asy(whole) + rest.lstrip()
        except AsySyntaxError:
            continue
    return text  # within a block, say
