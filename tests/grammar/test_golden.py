"""Golden pairs, found by glob: dropping a pair of files in adds a test.

`golden/layout/NAME.asy` is laid out as `NAME.out`; `golden/errors/NAME.asy` has the faults of
`NAME.err`, one a line, each after the name of its class.
"""

from __future__ import annotations

import pytest
from conftest import GOLDEN

from asygrammar import check, format_asy, load_grammar
from asygrammar.diagnostics import Diagnostic


def _cases(folder: str):
    paths = sorted((GOLDEN / folder).glob("*.asy"))
    assert paths, f"no golden files in {folder}"
    return [pytest.param(path, id=path.stem) for path in paths]


def _render(fault: Diagnostic) -> str:
    return f"{type(fault).__name__} {fault}\n"


@pytest.mark.parametrize("path", _cases("layout"))
def test_layout(path):
    source, expected = path.read_text(), path.with_suffix(".out").read_text()
    assert format_asy(source) == expected
    assert format_asy(expected) == expected
    assert load_grammar().parse(expected) == load_grammar().parse(source)


@pytest.mark.parametrize("path", _cases("errors"))
def test_errors(path):
    faults = check(path.read_text())
    assert "".join(map(_render, faults)) == path.with_suffix(".err").read_text()
    assert all("\n" not in str(fault) for fault in faults)


@pytest.mark.parametrize("folder", ["layout", "errors"])
def test_every_expectation_has_its_source(folder):
    expectations = [p for p in (GOLDEN / folder).iterdir() if p.suffix in (".out", ".err")]
    assert {p.stem for p in expectations} == {p.stem for p in (GOLDEN / folder).glob("*.asy")}


@pytest.mark.parametrize(
    "source", ["x = " + "(" * 3000 + "a" + ")" * 3000 + ";", "{" * 3000 + "}" * 3000]
)
def test_nesting_without_measure_is_a_fault_not_a_crash(source):
    (fault,) = check(source)
    assert type(fault).__name__ == "NestedTooDeeply"
    with pytest.raises(ValueError, match="nested too deeply"):
        format_asy(source)
