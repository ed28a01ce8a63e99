"""What is wrong with a program, without running it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from asygrammar.compiler.refusal import refusals, without_settings
from asygrammar.compiler.scan import Source
from asygrammar.diagnostics import Diagnostic, Fix
from asygrammar.grammar import load_grammar
from asygrammar.parser import AsySyntaxError, too_deep_is_a_fault
from asygrammar.typecheck import check_program

# Each fix that is tried costs one more check of the program.
_MOST_TRIED = 5


def check(source: str) -> list[Diagnostic]:
    """Return the faults of a program, in source order; an empty list where there are none.

    A fault of syntax is told alone. Without one, these are told: names and types that are not
    declared, calls that no function takes or that are ambiguous, values of the wrong type,
    statements that have no place where they stand, and what a figure may not do. The program is
    judged as it is: what needs an import that is missing is not declared. Of what Asymptote has
    besides the K-12 subset it says nothing.

    A fault has a ``fix`` where one change of the source is meant for it and leaves fewer faults.
    """
    faults = _faults(source)
    tried: dict[tuple[str, str], bool] = {}
    for fault in faults:
        # What mends a name once mends it wherever it stands.
        if fault.fix and _key(fault) not in tried and len(tried) < _MOST_TRIED:
            tried[_key(fault)] = _mends(fault.fix, source, faults)
    return [f if f.fix is None or tried.get(_key(f)) else replace(f, fix=None) for f in faults]


def syntax_faults(source: str) -> list[Diagnostic]:
    """Return the fault that keeps a program from being parsed; an empty list where it parses."""
    try:
        load_grammar().parse(source)
    except AsySyntaxError as error:
        return [error.diagnostic]
    return []


def apply_fix(source: str, fix: Fix) -> str:
    """Return the source with one fix made."""
    starts = [0, *accumulate(len(line) + 1 for line in source.split("\n"))]
    begin = starts[fix.span.line - 1] + fix.span.column - 1
    end = starts[fix.span.end_line - 1] + fix.span.end_column - 1
    return source[:begin] + fix.text + source[end:]


def _faults(source: str) -> list[Diagnostic]:
    try:
        program = load_grammar().parse(source)
        with too_deep_is_a_fault():
            faults = check_program(program).faults
    except AsySyntaxError as error:
        return [error.diagnostic]
    refused = refusals(without_settings(Source(source)), contained=True)
    return sorted([*faults, *refused], key=_place)


def _place(fault: Diagnostic) -> tuple[int, int]:
    return (fault.span.line, fault.span.column) if fault.span else (0, 0)


def _key(fault: Diagnostic) -> tuple[str, str]:
    return fault.message, fault.fix.text if fault.fix else ""


def _mends(fix: Fix, source: str, faults: Sequence[Diagnostic]) -> bool:
    return len(_faults(apply_fix(source, fix))) < len(faults)
