"""Programs for each thing the language can do, and for each way to be wrong in it.

They stand in ``accepted.txt`` and ``refused.txt``, one a line: adding a line adds a test. The
compiler is asked about every one of them, too.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from asygrammar.checking import check
from asygrammar.compiler.verdicts import judge_types
from asygrammar.typecheck.faults import TYPE_FAULTS

HERE = Path(__file__).parent


def _lines(name: str) -> list[str]:
    text = (HERE / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def _refused() -> list[tuple[str, str]]:
    found, kind = [], ""
    for line in _lines("refused.txt"):
        if line.startswith("["):
            kind = line.strip("[]")
        else:
            found.append((kind, line))
    return found


ACCEPTED, REFUSED = _lines("accepted.txt"), _refused()


@pytest.mark.parametrize("program", ACCEPTED)
def test_accepted(program):
    assert check(program) == []


@pytest.mark.parametrize(("kind", "program"), REFUSED)
def test_refused(kind, program):
    faults = check(program)
    assert faults
    assert type(faults[0]).__name__ == kind
    assert all("\n" not in str(fault) for fault in faults)
    assert all(fault.span is not None for fault in faults)
    assert faults == sorted(faults, key=lambda fault: (fault.span.line, fault.span.column))


def test_every_kind_of_fault_has_a_program():
    assert {fault.__name__ for fault in TYPE_FAULTS} == {kind for kind, _ in REFUSED}


def test_the_compiler_says_the_same(asy):
    programs = [*ACCEPTED, *(program for _, program in REFUSED)]
    verdicts = judge_types(programs)
    wrong = [
        (program, verdict)
        for number, (program, verdict) in enumerate(zip(programs, verdicts, strict=True))
        if verdict.accepted != (number < len(ACCEPTED))
    ]
    assert wrong == []
