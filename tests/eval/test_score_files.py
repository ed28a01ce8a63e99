"""Files of scores: whole rows, whatever happens."""

from __future__ import annotations

import subprocess
import sys

import pytest

from asygrammar.eval.samples import Sample
from asygrammar.eval.score import Score
from asygrammar.eval.score_files import ScoreFile, read_scores


def score(name, text="x;"):
    sample = Sample(id=name, problem=name, prompt="p", completion=text, checks=("a",))
    return Score(sample, verdict="ok", ssim=0.5, contamination=("prompt",), checks={"a": True})


def test_scores_come_back_as_they_were(tmp_path):
    path = tmp_path / "scores.jsonl"
    long = score("long", "é\ud800" * 400_000)  # a row of 4.8 MB
    with ScoreFile(path) as file:
        file.add(score("a"))
        file.add(long)
    with ScoreFile(path) as file:
        assert file.known == {"a": score("a"), "long": long}
        file.add(score("b"))
    assert read_scores(path) == [score("a"), long, score("b")]


@pytest.mark.parametrize("rest", ['{"id": "b", "prob', "x" * 200_000, "{}"])
def test_half_a_row_at_the_end_is_cut_off(rest, tmp_path):
    path = tmp_path / "scores.jsonl"
    with ScoreFile(path) as file:
        file.add(score("a"))
    whole = path.read_bytes()
    path.write_bytes(whole + rest.encode())
    with ScoreFile(path) as file:
        assert list(file.known) == ["a"]
        file.add(score("b"))
    assert path.read_bytes().startswith(whole)
    assert [it.sample.id for it in read_scores(path)] == ["a", "b"]


def test_a_row_that_is_no_score_is_named(tmp_path):
    path = tmp_path / "scores.jsonl"
    with ScoreFile(path) as file:
        file.add(score("a"))
    with path.open("a") as file:
        file.write('{"id": 1}\n')
    with pytest.raises(ValueError, match=r"scores.jsonl:2: "):
        ScoreFile(path)


FULL = """
import resource, signal, sys
from pathlib import Path
from asygrammar.eval.samples import Sample
from asygrammar.eval.score import Score
from asygrammar.eval.score_files import ScoreFile
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
with ScoreFile(Path(sys.argv[1])) as file:
    try:
        for number in range(100):
            file.add(Score(Sample(str(number), "p", "", "x;"), verdict="ok"))
    except OSError as fault:
        print(fault.strerror)
"""


def test_a_full_disk_leaves_whole_rows(tmp_path):
    """The limit on a file's size takes a part of the last row, as a full disk does."""
    path = tmp_path / "scores.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, timeout=120
    )
    assert "File too large: the scores before are whole" in done.stdout, done.stderr
    data = path.read_bytes()
    assert data.endswith(b"\n")
    assert 4000 < len(data) <= 5000
    assert len(read_scores(path)) == data.count(b"\n") > 2
