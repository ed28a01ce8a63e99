"""What is wrong with a program, without running it."""

from __future__ import annotations

from asygrammar.diagnostics import Diagnostic
from asygrammar.grammar import load_grammar
from asygrammar.parser import AsySyntaxError


def check(source: str) -> list[Diagnostic]:
    """Return the faults of a program, in source order; an empty list where there are none.

    It knows the syntax of the K-12 subset, and nothing yet of names and types.
    """
    try:
        load_grammar().parse(source)
    except AsySyntaxError as error:
        return [error.diagnostic]
    return []
