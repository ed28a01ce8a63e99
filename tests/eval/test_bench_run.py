"""The bench: real decoding, a real server, the real compiler."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest
from chat_server import chat_server, completion

from asygrammar.compiler import CompilerMissing
from asygrammar.eval.arms import Decoding, ServerArm, level_arms
from asygrammar.eval.bench_run import BATCH_SIZE, decode_samples, run_bench
from asygrammar.eval.problems import Problem
from asygrammar.eval.remote_model import ChatServer
from asygrammar.eval.samples import COSTS
from asygrammar.prompt import EXAMPLES, SYSTEM

needs_asy = pytest.mark.skipif(not shutil.which("asy"), reason="asy is not installed")

PROBLEMS = tuple(
    Problem(str(n), example.sentence, example.program, "shown")
    for n, example in enumerate(EXAMPLES)
)
DRAWN = Decoding(max_new_tokens=24, temperature=1.0, seed=3)
LIKELIEST = replace(DRAWN, temperature=0.0)


@pytest.fixture
def arms(generator):
    return level_arms(lambda: generator, ["free", "syntax"], ["program"], DRAWN)


def rows(folder):
    return [json.loads(line) for line in (folder / "samples.jsonl").open(encoding="utf-8")]


def recite(body):
    """Answer with the program of the sentence, but refuse the last one."""
    sentence = body["messages"][-1]["content"]
    place = [problem.prompt for problem in PROBLEMS].index(sentence)
    if place == len(PROBLEMS) - 1:
        return 400, b"too long"
    return 200, completion(PROBLEMS[place].reference, "length" if place else "stop", 40)


def test_every_arm_writes_for_every_problem(arms, generator, tmp_path):
    samples = decode_samples(PROBLEMS, arms, tmp_path, samples=2, batch_size=2)
    assert [(it.arm, it.number, it.problem) for it in samples] == [
        (arm, number, problem.id)
        for arm in ("free", "syntax")
        for number in range(2)
        for problem in PROBLEMS
    ]
    assert [row["id"] for row in rows(tmp_path)] == [it.id for it in samples]
    for it in samples:
        assert (it.level, it.mode, it.model) == (it.arm, "program", generator.model)
        assert (it.system, it.split, it.error) == (SYSTEM, "shown", "")
        assert it.reference == PROBLEMS[int(it.problem)].reference
        assert list(it.cost) == list(COSTS)
        assert 0 < it.cost["tokens"] <= 24
        assert 0 < it.cost["model_seconds"] <= 2 * it.cost["seconds"]
    free, syntax = samples[0], samples[6]
    assert free.complete is False
    assert free.cost["masked"] == 0 < syntax.cost["masked"] < 1
    assert samples[0].completion != samples[3].completion


def test_what_was_cut_is_gone_on_with_and_ends_the_same(arms, tmp_path):
    whole = decode_samples(PROBLEMS, arms, tmp_path / "whole", batch_size=2)
    cut = tmp_path / "cut"
    shutil.copytree(tmp_path / "whole", cut)
    text = (cut / "samples.jsonl").read_bytes()
    (cut / "samples.jsonl").write_bytes(text[: text.index(b"\n") + 40])
    again = decode_samples(PROBLEMS, arms, cut, batch_size=2)
    assert [it.completion for it in again] == [it.completion for it in whole]
    assert [row["id"] for row in rows(cut)] == [row["id"] for row in rows(tmp_path / "whole")]


def test_what_is_there_is_not_written_again_and_more_can_be_added(arms, tmp_path):
    first = decode_samples(PROBLEMS, arms[:1], tmp_path)
    text = (tmp_path / "samples.jsonl").read_bytes()
    assert decode_samples(PROBLEMS, arms[:1], tmp_path) == first
    assert (tmp_path / "samples.jsonl").read_bytes() == text
    more = decode_samples(PROBLEMS, arms, tmp_path, samples=2)
    assert more[:3] == first
    assert len(rows(tmp_path)) == len(more) == 12


def test_another_run_needs_another_folder(arms, generator, tmp_path):
    decode_samples(PROBLEMS, arms[:1], tmp_path)
    otherwise = level_arms(lambda: generator, ["free"], ["program"], replace(DRAWN, seed=4))
    with pytest.raises(ValueError, match="'free' otherwise decoded: choose another folder"):
        decode_samples(PROBLEMS, otherwise, tmp_path)
    with pytest.raises(ValueError, match="other problems: choose another folder"):
        decode_samples(PROBLEMS[:2], arms, tmp_path)
    (tmp_path / "bench.json").write_text("[]")
    with pytest.raises(ValueError, match="cannot be read"):
        decode_samples(PROBLEMS, arms, tmp_path)
    (tmp_path / "bench.json").unlink()
    (tmp_path / "samples.jsonl").write_text('{"id": "1"}\n')
    with pytest.raises(ValueError, match=r"samples.jsonl:1: no sample"):
        decode_samples(PROBLEMS, arms, tmp_path)


def test_a_sentence_that_cannot_be_asked_leaves_the_others(generator, tmp_path):
    odd = [PROBLEMS[0], Problem("long", "triangle " * 5000), PROBLEMS[1]]
    arms = level_arms(lambda: generator, ["free"], ["program"], DRAWN)
    first, second, third = decode_samples(odd, arms, tmp_path / "odd")
    assert "too long" in second.error
    assert second.completion == ""
    assert first.error == third.error == ""
    even = decode_samples([PROBLEMS[0], PROBLEMS[2], PROBLEMS[1]], arms, tmp_path / "even")
    assert [first.completion, third.completion] == [even[0].completion, even[2].completion]


def test_modes_are_arms_of_their_own(generator):
    arms = level_arms(lambda: generator, ["free", "typed"], ["program", "template"], LIKELIEST)
    assert [arm.name for arm in arms] == ["free", "typed", "typed, template"]


@needs_asy
def test_a_model_behind_a_server_stands_beside_the_levels(generator, tmp_path):
    with chat_server(recite) as (url, requests):
        server = ServerArm(ChatServer(url, "reciter", "secret", pauses=()), LIKELIEST)
        arms = level_arms(lambda: generator, ["free"], ["program"], LIKELIEST)
        report = run_bench(
            PROBLEMS, [*arms, server], out=tmp_path, command="asygrammar bench", jobs=1
        )
        again = run_bench(PROBLEMS, [*arms, server], out=tmp_path, command="asygrammar bench")
    assert len(requests) == len(PROBLEMS)  # and no more for the second run
    assert again == report
    free, reciter = report.arms
    assert (free.arm, reciter.arm) == ("free", "reciter")
    assert free.measures["compile_rate"].value == 0
    assert reciter.measures["compile_rate"].value == pytest.approx(2 / 3)
    assert reciter.measures["exact_match"].value == 1
    assert reciter.failures == {"not written": 1}
    assert reciter.cost["tokens"] == 40
    (compared,) = report.compared
    assert (compared.arm, compared.baseline) == ("reciter", "free")
    assert compared.differences["compile_rate"].better == 2
    assert report.taxes == ()
    answers = {row["problem"]: row for row in rows(tmp_path) if row["arm"] == "reciter"}
    assert [answers[n]["complete"] for n in "012"] == [True, False, None]
    assert "too long" in answers["2"]["error"]
    assert {body["max_tokens"] for _, _, body in requests} == {24}
    assert requests[0][2]["messages"][0] == {"role": "system", "content": SYSTEM}
    assert list(tmp_path.glob("*.html"))
    numbers = json.loads(json.dumps(report.to_dict()))
    assert numbers["arms"][1]["compile_rate"] == pytest.approx(2 / 3)
    assert "reciter beside free:" in report.to_text()
    assert str(tmp_path) in report.to_text()


@needs_asy
def test_without_a_folder_nothing_is_kept(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    with chat_server(recite) as (url, _):
        server = ServerArm(ChatServer(url, "reciter"), LIKELIEST)
        report = run_bench(PROBLEMS[:1], [server], jobs=1)
    assert report.folder is None
    assert report.arms[0].measures["compile_rate"].value == 1
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr().err == ""  # no bars where nobody sees them


@needs_asy
def test_a_server_that_is_not_there_stops_the_run(tmp_path):
    server = ServerArm(ChatServer("http://127.0.0.1:9", pauses=()), LIKELIEST)
    with pytest.raises(ValueError, match="does not answer"):
        run_bench(PROBLEMS, [server], out=tmp_path)


def test_nothing_to_measure(generator, arms, tmp_path):
    for problems, chosen in (([], arms), (PROBLEMS, [])):
        with pytest.raises(ValueError, match="nothing to measure"):
            run_bench(problems, chosen)
    with pytest.raises(ValueError, match="nothing to measure"):
        level_arms(lambda: generator, ["free"], ["template"], DRAWN)
    with pytest.raises(ValueError, match="must be True, False or one of"):
        level_arms(lambda: generator, ["free", "best"], ["program"], DRAWN)
    with pytest.raises(ValueError, match="a mode is one of"):
        level_arms(lambda: generator, ["free"], ["prose"], DRAWN)
    likeliest = level_arms(lambda: generator, ["free"], ["program"], LIKELIEST)
    with pytest.raises(ValueError, match="temperature 0"):
        run_bench(PROBLEMS, likeliest, samples=2)
    with pytest.raises(ValueError, match="one name"):
        run_bench(PROBLEMS, [*likeliest, *likeliest])


def test_without_asy_nothing_is_decoded(arms, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CompilerMissing):
        run_bench(PROBLEMS, arms, out=tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert BATCH_SIZE > 1
