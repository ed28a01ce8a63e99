"""The command `asygrammar eval`, run as a user runs it."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from asygrammar.cli import main
from asygrammar.eval.check_kinds import KINDS

FIGURE = 'size(80);\ndraw((0,0)--(2,0)--(0,1)--cycle);\nlabel("$A$",(0,0),SW);\n'
PROMPT = "Draw a triangle\n  with the right angle at its corner A, please."
ROWS = [
    {"text": FIGURE, "wanted": FIGURE, "asked": PROMPT},
    {
        "text": f"{' '.join(PROMPT.split())}\n```asy\n{FIGURE}```\n",
        "wanted": FIGURE,
        "asked": PROMPT,
    },
    {"text": "draw((0,0)--Z);\n", "asked": PROMPT},
    {"text": None, "asked": PROMPT},
]
COLUMNS = ["--completion-column", "text", "--reference-column", "wanted", "--prompt-column"]


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """The answer as JSON, and the folder that it was written to."""
    folder = tmp_path_factory.mktemp("eval")
    path, out = folder / "written.jsonl", folder / "out"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    command = ["eval", str(path), *COLUMNS, "asked", "--out", str(out), "--jobs", "1", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "asygrammar", *command], capture_output=True, text=True, timeout=500
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout), out, command


@pytest.mark.usefixtures("asy")
class TestEval:
    def test_json_has_numbers_from_0_to_1_with_intervals(self, evaluated):
        answer = evaluated[0]
        assert answer["samples"] == 4
        assert answer["compile_rate"] == pytest.approx(1 / 3)
        assert answer["contamination_rate"] == pytest.approx(1 / 3)
        assert answer["exact_match"] == answer["ssim"] / 2 == 0.5
        for name in ("compile_rate", "contamination_rate", "exact_match", "similarity", "ssim"):
            low, high = answer[f"{name}_interval"]
            assert 0 <= low <= answer[name] <= high <= 1, name
        assert answer["checks_rate"] is answer["checks_rate_interval"] is None
        assert answer["failures"] == {"syntax": 1, "name": 1, "unreadable": 1}

    def test_it_says_what_cutting_the_prompt_and_the_fence_brings(self, evaluated):
        cut = evaluated[0]["cut"]
        assert cut["prompt"]["compile_rate"] == pytest.approx(1 / 3)
        assert cut["fence"]["compile_rate"] == pytest.approx(2 / 3)
        assert cut["fence"]["same_rate"] == cut["fence"]["ssim"] == 1

    def test_the_folder_has_a_row_for_each_row_and_a_report(self, evaluated):
        _, out, _ = evaluated
        rows = [json.loads(line) for line in (out / "scores.jsonl").read_text().splitlines()]
        assert sorted(row["id"] for row in rows) == ["1", "2", "3", "4"]
        assert {row["verdict"].partition(":")[0] for row in rows} == {"ok", "failed", "unreadable"}
        page = (out / "report.html").read_text()
        assert "asygrammar eval" in page
        assert str(out) in page

    def test_again_it_prints_a_table(self, evaluated, capsys):
        _, _, command = evaluated
        assert main([word for word in command if word != "--json"]) == 0
        said = capsys.readouterr()
        assert "33.3 %" in said.out
        assert "prompt and fence cut" in said.out
        assert "failures: " in said.out

    def test_people_rate_the_pictures(self, evaluated, tmp_path, capsys):
        _, out, _ = evaluated
        page = tmp_path / "sheet.html"
        assert main(["eval", "sheet", str(out), "-o", str(page)]) == 0
        assert "1 pictures of 1 problems" in capsys.readouterr().out
        assert "<html" in page.read_text()
        ratings = tmp_path / "ratings.csv"
        with ratings.open("w", newline="") as file:
            csv.writer(file).writerows([["sheet"], ["another"]])
        assert main(["eval", "agreement", str(ratings)]) == 2
        assert "ratings.csv" in capsys.readouterr().err


WRONG = {
    "a file that is not there": (["/no/file.jsonl"], "/no/file.jsonl: No such file"),
    "a column that is not there": (["FILE", "--completion-column", "code"], "there are: text"),
    "an unknown engine": (["FILE", "--completion-column", "text", "--engine", "x"], "local, ray"),
    "no scores": (["sheet", "/no/dir", "-o", "sheet.html"], "/no/dir"),
    "no file": (["--json"], "FILE"),
    "no ratings": (["agreement", "/no/file.csv"], "/no/file.csv"),
}


@pytest.mark.parametrize("case", WRONG)
def test_bad_input_gets_one_line_and_status_2(case, tmp_path, monkeypatch, capsys):
    words, message = WRONG[case]
    monkeypatch.chdir(tmp_path)
    Path("FILE").write_text('{"text": ""}\n')
    try:
        status = main(["eval", *words])
    except SystemExit as stop:
        status = stop.code
    said = capsys.readouterr()
    assert (status, said.out) == (2, "")
    assert said.err.count("\n") == 1, said.err
    assert message in said.err


def test_checks_are_listed(capsys):
    assert main(["eval", "checks"]) == 0
    listed = capsys.readouterr().out
    assert {line.partition("(")[0] for line in listed.splitlines()} == {*KINDS}
    assert "right_angle(A, B, C)" in listed
