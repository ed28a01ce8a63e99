"""The bench of memory."""

from __future__ import annotations

import pytest

from asygrammar.compiler import asy_available
from asygrammar.decoding import AsyGenerator
from asygrammar.eval.memory import compilers, measure_memory, resident


@pytest.mark.skipif(not asy_available(), reason="asy is not installed")
def test_memory_is_told_and_no_compiler_is_left_behind():
    before = len(compilers())
    report = measure_memory(AsyGenerator(device="cpu"), 10, max_new_tokens=40)
    assert list(report.resident) == [1, 2, 5, 10]
    assert all(0 < amount <= resident() * 2 for amount in report.resident.values())
    assert report.left_behind <= before
    assert "after 10 programs" in report.to_text()
