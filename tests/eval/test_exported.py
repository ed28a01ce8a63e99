"""What exported grammars take of figures, as `bench exports` tells it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from asygrammar.cli import main
from asygrammar.decoding.models import load_tokenizer
from asygrammar.eval.exported import measure_exports
from asygrammar.figures import sample_figures

FAMILIES = ["square", "clock", "right-triangle"]


def test_figures_are_taken() -> None:
    figures = [(f.family, f.program) for f in sample_figures(6, seed=0, families=FAMILIES)]
    report = measure_exports([*figures, ("not asy", "draw(;")], load_tokenizer())
    assert (report.figures, report.unread) == (6, 1)
    found = {(it.target, it.engine): it for it in report.exported}
    assert found["gbnf", "llguidance"].accepted == 6
    assert found["syntax", "llguidance"].accepted == 6
    assert found["scoped", "llguidance"].accepted >= 4
    assert found["scoped", "llguidance"].mask > 0
    assert "1 figures do not parse" in report.to_text()


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "figures.jsonl"
    path.write_text(json.dumps({"id": "a", "code": "draw(;"}) + "\n")
    assert main(["bench", "exports", "--figures", str(path)]) == 2
    assert "none of the figures parses" in capsys.readouterr().err
