"""The runner: every sample gets one verdict, whatever happens on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from multiprocessing import active_children

import pytest

from asygrammar.compiler import CompilerMissing
from asygrammar.eval.reading import UnreadableRow
from asygrammar.eval.runner import score_samples
from asygrammar.eval.samples import Sample
from asygrammar.eval.score_files import read_scores

pytestmark = pytest.mark.usefixtures("asy")

RIGHT = (
    "size(100);\npair A=(0,0), B=(4,0), C=(0,3);\ndraw(A--B--C--cycle);\n"
    'label("$A$",A,SW);\nlabel("$B$",B,SE);\nlabel("$C$",C,N);\n'
)
WIDE = RIGHT.replace("C=(0,3)", "C=(-2,3)")
HANGS = "while (true) {}\ndraw((0,0)--(1,0));\n"


def sample(name, completion, reference=None, **more):
    return Sample(id=name, problem=name, prompt="Draw it.", completion=completion,
                  reference=reference, **more)  # fmt: skip


def lines(count):
    return [sample(str(number), f"draw((0,0)--(1,{number}));\n") for number in range(count)]


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """A folder, the rows and their scores."""
    out = tmp_path_factory.mktemp("scored") / "deep" / "out"
    rows = [
        sample("same", RIGHT, RIGHT, checks=("right_angle(B, A, C)", "length(A, B, 9)")),
        sample("other", WIDE, RIGHT, checks=("right_angle(B, A, C)",)),
        sample("alone", RIGHT),
        sample("prose", "Sure, here is the figure:\n```\n" + RIGHT + "```\n", RIGHT),
        sample("name", "draw((0,0)--(1,0));\ndraw(Z);\n", RIGHT),
        sample("empty", ""),
        sample("blank", "draw((0,0)--(1,0), white);\n"),
        sample("hangs", HANGS),
        sample("writes", "while (true) write('" + "x" * 1000 + "');\n"),
        sample("refused", 'import "/etc/passwd" as it;\n'),
        sample("half", 'label("\ud800", (0,0));\n', "\ud800"),
        sample("silent", "", RIGHT, error="the server is\nbusy"),
        UnreadableRow(sample("broken", ""), "not JSON"),
    ]
    scores = score_samples(rows, out, jobs=1, timeout=3)
    return out, rows, {score.sample.id: score for score in scores}


VERDICTS = {
    "same": ("ok", ""),
    "other": ("ok", ""),
    "alone": ("ok", ""),
    "prose": ("failed: 1:5: syntax error", "syntax"),
    "name": ("failed: 2:6: no matching variable 'Z'", "name"),
    "empty": ("drew nothing: ", "drew nothing"),
    "blank": ("blank: ", "blank"),
    "hangs": ("timed out: ", "timed out"),
    "writes": ("too much output: ", "too much output"),
    "half": ("refused: ", "refused"),
    "silent": ("not written: the server is busy", "not written"),
    "broken": ("unreadable: not JSON", "unreadable"),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_every_sample_has_its_verdict(name, scored):
    score = scored[2][name]
    verdict, failure = VERDICTS[name]
    assert score.verdict.startswith(verdict), score
    assert score.failure == failure, score
    assert "\n" not in score.verdict


def test_no_file_of_the_machine_is_read(scored):
    assert not scored[2]["refused"].compiled


def test_what_is_known_of_a_figure_and_its_reference(scored):
    same, other, alone = (scored[2][name] for name in ("same", "other", "alone"))
    assert (same.exact, same.similarity, same.edit_distance, same.same) == (True, 1.0, 0, True)
    assert (same.ssim, same.hash_distance, same.relations) == (1.0, 0, 1.0)
    assert same.checks == {"right_angle(B, A, C)": True, "length(A, B, 9)": False}
    assert (other.exact, other.same, other.compiled) == (False, False, True)
    assert other.relations < 1
    assert other.ssim < 1
    assert other.checks == {"right_angle(B, A, C)": False}
    assert (alone.exact, alone.similarity, alone.ssim, alone.same) == (None,) * 4


def test_what_is_known_of_what_draws_nothing(scored):
    prose, name, hangs = (scored[2][name] for name in ("prose", "name", "hangs"))
    assert (prose.parsed, prose.compiled, prose.same, prose.ssim) == (False, False, False, None)
    assert prose.contamination == ("prose", "fence")
    assert prose.relations == 0
    assert (name.parsed, name.statements_run) == (True, 0.5)
    assert hangs.statements_run < 1
    assert scored[2]["blank"].compiled


def test_pictures_lie_beside_the_scores(scored):
    out, _, scores = scored
    same, prose = scores["same"], scores["prose"]
    assert same.picture == same.reference_picture == prose.reference_picture
    assert prose.picture == ""
    assert (out / same.picture).read_bytes().startswith(b"\x89PNG")
    named = {file for it in scores.values() for file in (it.picture, it.reference_picture) if file}
    assert {f"pictures/{path.name}" for path in (out / "pictures").iterdir()} == named


def test_a_second_run_finds_everything_there(scored):
    out, rows, scores = scored
    before = (out / "scores.jsonl").read_bytes()
    steps = []
    again = score_samples(rows[::-1], out, timeout=3, progress=lambda: steps.append(1))
    assert [it.sample.id for it in again] == [it.id for it in map(bare, rows[::-1])]
    assert again[-1] == scores["same"]
    assert (out / "scores.jsonl").read_bytes() == before
    assert len(steps) == len(rows)


def bare(row):
    return row.sample if isinstance(row, UnreadableRow) else row


def test_a_program_is_compiled_once(scored, tmp_path):
    """The one that hangs would take its 3 seconds again."""
    out, rows, scores = scored
    began = time.monotonic()
    names = ("same", "hangs", "writes")
    rows = [replace(bare(row), id=f"{bare(row).id} 2") for row in rows if bare(row).id in names]
    again = score_samples(rows, tmp_path, jobs=1, timeout=3, cache=out / "cache")
    for row in again:
        known = scores[row.sample.id.removesuffix(" 2")]
        assert replace(row, sample=known.sample, seconds=0) == replace(known, seconds=0)
    assert (tmp_path / again[0].picture).is_file()
    assert sum(row.seconds for row in again) > time.monotonic() - began  # the time it took once


WRONG = {
    "another sample of the name": (lambda rows: [replace(rows[0], prompt="x")], {}, "'same' was"),
    "another limit of time": (lambda rows: rows, {"timeout": 9}, "choose another folder"),
    "two of a name": (lambda rows: rows + rows[:1], {}, "two samples have the id 'same'"),
    "an unknown engine": (lambda rows: rows, {"engine": "spark"}, "local, ray"),
    "an address of nothing": (lambda rows: rows, {"address": "auto"}, "engine ray"),
    "no jobs": (lambda rows: rows, {"jobs": 0}, "jobs must be 1"),
    "no time": (lambda rows: rows, {"timeout": 0}, "more than 0 seconds"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_meant_gets_one_line(case, scored):
    out, rows, _ = scored
    change, how, message = WRONG[case]
    before = (out / "scores.jsonl").read_bytes()
    with pytest.raises(ValueError, match=message):
        score_samples(change(rows), out, **{"timeout": 3, **how})
    assert (out / "scores.jsonl").read_bytes() == before


# ------------------------------------------------------------------------- processes that are lost

KILLED = """
import sys
from pathlib import Path
from asygrammar.eval.reading import read_samples
from asygrammar.eval.runner import score_samples
if __name__ == "__main__":
    score_samples(read_samples(Path(sys.argv[1])), Path(sys.argv[2]), jobs=1)
"""


def test_after_a_kill_it_goes_on_without_losing_or_doubling_a_row(tmp_path):
    path, out, script = tmp_path / "samples.jsonl", tmp_path / "out", tmp_path / "run.py"
    samples = lines(12)
    path.write_text("".join(json.dumps(it.to_dict()) + "\n" for it in samples))
    script.write_text(KILLED)
    scores = out / "scores.jsonl"
    process = subprocess.Popen([sys.executable, str(script), str(path), str(out)])
    try:
        wait_until(lambda: scores.is_file() and scores.read_bytes().count(b"\n") >= 2)
    finally:
        process.kill()
        process.wait()
    kept = [it.sample.id for it in read_scores(scores)]
    assert 2 <= len(kept) < len(samples)
    with scores.open("a") as file:  # as if it had been killed while it wrote
        file.write('{"id": "11", "problem": "1')
    found = score_samples(samples, out, jobs=1)
    assert [it.sample for it in found] == samples
    written = [it.sample.id for it in read_scores(scores)]
    assert written[: len(kept)] == kept
    assert sorted(written) == sorted(it.id for it in samples)
    assert {it.verdict for it in found} == {"ok"}


def test_a_process_that_is_killed_is_replaced_and_nothing_is_lost(tmp_path):
    with harming(signal.SIGKILL, times=1) as harmed:
        found = score_samples(lines(4), tmp_path, jobs=1)
    assert len(harmed) == 1
    assert [it.verdict for it in found] == ["ok"] * 4
    assert len(read_scores(tmp_path / "scores.jsonl")) == 4


def test_a_sample_whose_process_is_always_killed_gets_a_verdict(tmp_path):
    with harming(signal.SIGKILL, times=9) as harmed:
        (found,) = score_samples(lines(1), tmp_path, jobs=1)
    assert found.verdict == "crashed: signal 9 ended the process that scored it"
    assert found.failure == "crashed"
    assert len(harmed) == 2
    assert not active_children()


def test_a_process_that_hangs_is_replaced(tmp_path):
    """A stopped process says nothing, and does not even notice that it should end."""
    with harming(signal.SIGSTOP, times=1) as harmed:
        (found,) = score_samples(lines(1), tmp_path, jobs=1, timeout=4, patience=4)
    assert len(harmed) == 1
    assert found.verdict == "ok"


def test_without_a_compiler_it_stops_with_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CompilerMissing, match="apt-get install"):
        score_samples(lines(1), tmp_path, jobs=1)
    assert (tmp_path / "scores.jsonl").read_bytes() == b""


def test_a_folder_that_cannot_be_written_stops_it_with_one_line(tmp_path):
    (tmp_path / "pictures").write_text("where the folder of the pictures should be")
    with pytest.raises(OSError, match="pictures"):
        score_samples(lines(1), tmp_path, jobs=1)


class harming:  # noqa: N801 - it is used as a function
    """Sends a signal to processes that score, each once it has begun with something."""

    def __init__(self, number, times):
        self.number, self.times, self.harmed = number, times, []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def watch(self):
        while not self.over.wait(0.002) and len(self.harmed) < self.times:
            for child in active_children():
                # Whoever has a child has asked for an asy, so has been given something.
                if child.pid not in self.harmed and has_children(child.pid):
                    os.kill(child.pid, self.number)
                    self.harmed.append(child.pid)

    def __enter__(self):
        self.thread.start()
        return self.harmed

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def has_children(pid):
    try:
        return any(
            open(f"/proc/{pid}/task/{task}/children").read().strip()
            for task in os.listdir(f"/proc/{pid}/task")
        )
    except OSError:
        return False


def wait_until(holds, seconds=120):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)
