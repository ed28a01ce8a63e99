"""Golden pairs, found by glob: ``golden/faults/NAME.asy`` has the faults of ``NAME.err``.

Each stands on a line after the name of its class; a line with an arrow says how it is fixed.
"""

from __future__ import annotations

import pytest
from conftest import GOLDEN

from asygrammar.checking import apply_fix, check
from asygrammar.diagnostics import Diagnostic

FOLDER = GOLDEN / "faults"
CASES = [pytest.param(path, id=path.stem) for path in sorted(FOLDER.glob("*.asy"))]


def render(fault: Diagnostic) -> str:
    lines = [f"{type(fault).__name__} {fault}"]
    if fault.fix:
        span = fault.fix.span
        place = f"{span.line}:{span.column}-{span.end_line}:{span.end_column}"
        lines.append(f"  -> {place} {fault.fix.text!r}")
    return "".join(f"{line}\n" for line in lines)


@pytest.mark.parametrize("path", CASES)
def test_faults(path):
    faults = check(path.read_text())
    assert "".join(map(render, faults)) == path.with_suffix(".err").read_text()


@pytest.mark.parametrize("path", CASES)
def test_a_fix_leaves_fewer_faults(path):
    source = path.read_text()
    faults = check(source)
    for fault in faults:
        if fault.fix:
            assert len(check(apply_fix(source, fault.fix))) < len(faults)


def test_every_expectation_has_its_source():
    assert CASES
    assert {p.stem for p in FOLDER.glob("*.err")} == {p.stem for p in FOLDER.glob("*.asy")}
