"""The ladder: real decoding, the real compiler, counts that add up."""

from __future__ import annotations

import json
import shutil

import pytest

from asygrammar.compiler import CompilerMissing
from asygrammar.decoding import AsyCode
from asygrammar.eval import LadderReport, held_out_figures, run_ladder
from asygrammar.figures import Figure, sample_figures
from asygrammar.prompt import EXAMPLES, Example

needs_asy = pytest.mark.skipif(not shutil.which("asy"), reason="asy is not installed")


@pytest.fixture(scope="module")
def figures():
    examples = [*EXAMPLES, Example("Draw a line.", "draw((0,0)--(1,1));\n")]
    return [Figure(example.sentence, example.program, "example", {}) for example in examples]


@pytest.fixture(scope="module")
def report(generator, figures):
    return run_ladder(generator, figures, temperature=1.0, seed=3, max_new_tokens=40, batch_size=4)


class Recital:
    """Stands for a model: recites prepared programs (decoding has tests of its own)."""

    model = "recital"

    def __init__(self, programs):
        self.programs = programs

    def generate(self, prompts, level, **options):
        if isinstance(prompts, str):
            return AsyCode("", level=level)
        return [
            AsyCode(
                self.programs[prompt],
                level=level,
                token_count=10,
                seconds=0.5,
                stop_reason="end" if self.programs[prompt] else "budget",
            )
            for prompt in prompts
        ]


@needs_asy
def test_every_sentence_leaves_a_verdict(report, figures):
    assert [score.level for score in report.scores] == ["free", "syntax"]
    for score in report.scores:
        assert [verdict.sentence for verdict in score.verdicts] == [
            figure.sentence for figure in figures
        ]
        for verdict in score.verdicts:
            assert verdict.compiled == (verdict.fault == "")
            assert 0 < verdict.tokens <= 40
    free, syntax = report.scores
    assert syntax.count(lambda verdict: verdict.parsed or verdict.program == "") == len(figures)
    assert free.compiled == 0


@needs_asy
def test_the_same_seed_gives_the_same_programs(generator, figures, report):
    again = run_ladder(generator, figures, ["syntax"], temperature=1.0, seed=3, max_new_tokens=40)
    assert [v.program for v in again.scores[0].verdicts] == [
        v.program for v in report.scores[1].verdicts
    ]


@needs_asy
def test_as_json(report):
    numbers = json.loads(json.dumps(report.to_dict()))
    assert numbers["model"] == "tiny-phi3"
    assert [level["level"] for level in numbers["levels"]] == ["free", "syntax"]
    assert len(numbers["levels"][0]["verdicts"]) == 4
    assert "verdicts" not in report.to_dict(verdicts=False)["levels"][0]


@needs_asy
def test_the_counts_add_up(figures):
    programs = {figure.sentence: figure.program for figure in figures}
    first, second, third, _ = figures
    programs[first.sentence] = "draw((0,0);\n"  # no syntax
    programs[second.sentence] = "draw(nothing);\n"  # syntax, and no more
    programs[third.sentence] = ""
    report = run_ladder(Recital(programs), figures, ["free"])
    summary = report.scores[0].summary()
    low, high = summary.pop("compile_rate_95")
    assert 0 < low < 0.25 < high < 1
    assert summary == {
        "level": "free",
        "figures": 4,
        "compiled": 1,
        "compile_rate": 0.25,
        "parse_rate": 0.5,
        "exact_rate": 0.25,
        "truncated_rate": 0.25,
        "tokens": 40,
        "seconds": 0.5,
        "tokens_per_second": 80.0,
    }
    faults = [verdict.fault for verdict in report.scores[0].verdicts]
    assert all(faults[:3])
    assert "nothing" in faults[1]


@needs_asy
def test_as_a_table(report):
    lines = report.to_text().splitlines()
    assert lines[0] == "tiny-phi3, 4 held-out sentences"
    assert [line.split()[0] for line in lines[1:]] == ["level", "free", "syntax"]
    assert len({len(line) for line in lines[1:]}) == 1


@needs_asy
def test_no_bars_where_nobody_sees_them(generator, figures, capfd):
    assert isinstance(run_ladder(generator, figures[:1], ["free"], max_new_tokens=2), LadderReport)
    assert capfd.readouterr().err == ""


def test_nothing_to_measure(generator, figures):
    for chosen, levels in (([], ["free"]), (figures, [])):
        with pytest.raises(ValueError, match="nothing to measure"):
            run_ladder(generator, chosen, levels)
    with pytest.raises(ValueError, match="must be True, False or one of"):
        run_ladder(generator, figures, ["free", "best"])


def test_without_asy_nothing_is_decoded(figures, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CompilerMissing):
        run_ladder(Recital({}), figures, ["free"])


def test_held_out_figures_are_from_both_splits():
    figures = held_out_figures(5, seed=7)
    assert len(figures) == 5
    assert figures == held_out_figures(5, seed=7)
    assert figures[:3] == sample_figures(3, seed=7, split="values")
    assert figures[3:] == sample_figures(2, seed=7, split="phrasings")
