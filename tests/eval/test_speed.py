"""The bench of speed: every level on the same sentences."""

from __future__ import annotations

import pytest

from asygrammar.decoding import AsyGenerator
from asygrammar.eval.speed import FORWARD, GENERATE, measure_speed

SENTENCES = ["Draw a circle.", "Draw a square.", "Draw a triangle."]


def test_every_level_is_measured_on_the_same_sentences():
    report = measure_speed(
        lambda: AsyGenerator(device="cpu"),
        SENTENCES,
        ("free", "syntax", "typed"),
        warm_up=1,
        max_new_tokens=60,
    )
    assert [it.level for it in report.levels] == [GENERATE, "free", "syntax", "typed"]
    assert report.sentences == 2
    generate, free, *constrained = report.levels
    assert (generate.to_generate, free.to_free) == (1, 1)
    assert free.constraint_share < constrained[0].constraint_share
    for it in constrained:
        assert it.shares["mask"] > 0
        assert it.share_overlapped <= it.share_at_forward
    assert FORWARD == 0.02
    assert len(report.to_text().splitlines()) == 3 + len(report.levels)


def test_too_few_sentences_are_told():
    with pytest.raises(ValueError, match="more than 8 sentences"):
        measure_speed(lambda: AsyGenerator(device="cpu"), SENTENCES)
