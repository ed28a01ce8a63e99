"""The level ``compiled``: refused statements, ways back, ends, faults of the compiler itself."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from asygrammar.compiler import SessionPool, asy_available, compile
from asygrammar.decoding import AsyGenerator
from asygrammar.decoding.judging import Judge
from asygrammar.decoding.writing import MOST_TRIED, Writing
from asygrammar.eval.memory import compilers

pytestmark = pytest.mark.skipif(not asy_available(), reason="asy is not installed")
SENTENCE = "Draw a right triangle with legs 3 and 4, the right angle at C."


@pytest.fixture(scope="module")
def pool():
    with SessionPool(1) as pool:
        yield pool


def kill(processes):
    for process in processes:
        with contextlib.suppress(ProcessLookupError):  # it died with another one
            os.kill(process, signal.SIGKILL)


def begin(bundled, pool, text, budget=60):
    """Return a program that begins with a text, as if the model had written it."""
    constraint = bundled._constraint("compiled")
    constraint.start(1)
    writing = Writing(0, constraint, Judge(pool), bundled._model.end_ids, budget)
    assert writing.begin(constraint.spell(text)) == ""
    return writing


# -------------------- whatever the model says


@pytest.mark.parametrize("seed", range(3))
def test_random_weights_give_programs_that_compile(phi3, seed):
    programs = phi3.sample(SENTENCE, 4, max_new_tokens=80, seed=10 * seed, temperature=1.5)
    for program in programs:
        assert program.level == "compiled"
        assert compile(str(program), "eps").ok, program
        assert program.token_count <= 80


@pytest.mark.parametrize("temperature", [0.0, 1.5])
def test_the_bundled_model_gives_programs_that_compile(bundled, temperature):
    sentences = [SENTENCE, "Draw a number line from 0 to 9.", "A clock.", "Recite a poem."]
    programs = bundled.generate(sentences, temperature=temperature, seed=3, max_new_tokens=200)
    assert all(compile(str(program), "eps").ok for program in programs)


# -------------------- refused statements


def test_a_refused_statement_is_written_in_another_way(bundled):
    prefix = "pair A = (0,0), B = (1,0);\npair P = extension(A, B, "
    code = bundled.generate("Draw two lines.", prefix=prefix, seed=1, max_new_tokens=60)
    assert compile(str(code), "eps").ok
    assert code.startswith("pair A = (0,0), B = (1,0);\n")


def test_no_way_is_tried_twice(phi3):
    for seed in range(6):
        report = phi3.generate(SENTENCE, temperature=1.2, seed=seed, max_new_tokens=100).report
        told = [refusal.statement for refusal in report.refused if "before" not in refusal.reason]
        ends = [statement for statement in told if not statement]
        assert len(told) - len(ends) == len(set(told) - {""})
        assert len(report.refused) <= MOST_TRIED * (report.statements + 1)
        assert all(refusal.reason and "\n" not in refusal.reason for refusal in report.refused)


def test_an_else_becomes_part_of_the_if_before_it(bundled, pool):
    text = "int n = 1;\nif (n > 2)\n  draw((0,0)--(1,0));\nelse\n  dot((0,0));\n"
    writing = begin(bundled, pool, text)
    assert len(writing.marks) == 2
    assert writing.judge.why_not_end() == ""
    writing.abandon()


def test_a_program_that_draws_nothing_may_not_end(bundled, pool):
    writing = begin(bundled, pool, "size(3cm);\n")
    writing._write(bundled._model.end_ids[0])
    assert writing.refused[0].statement == ""
    assert "draws nothing" in writing.refused[0].reason
    # There was no other way to go on, so it was given something to draw.
    assert writing.stop_reason == "refused"
    assert compile(writing.constraint.read(writing.ids), "eps").ok
    writing.abandon()


# -------------------- budgets


@pytest.mark.parametrize("budget", [1, 6, 12, 20, 40])
def test_any_budget_gives_a_program_that_compiles_or_none(phi3, bundled, budget):
    for generator in (phi3, bundled):
        code = generator.generate(SENTENCE, temperature=1.0, seed=4, max_new_tokens=budget)
        assert code.token_count <= budget
        assert not code or compile(str(code), "eps").ok
        assert code or budget < 20


def test_an_open_block_is_closed_when_the_budget_ends(bundled):
    prefix = "for (int i = 0; i < 3; ++i) {\n  draw((0,i)--(1,i));\n"
    for budget in (6, 10, 20):
        code = bundled.generate("Draw lines.", prefix=prefix, max_new_tokens=budget)
        assert code.startswith(prefix)
        assert compile(str(code), "eps").ok


# -------------------- beginnings and hints


def test_a_program_goes_on_from_where_somebody_left_it(bundled):
    prefix = "size(4cm);\npair Q=(1,1);"
    for level in ("syntax", "typed", "compiled"):
        code = bundled.generate("Draw a circle.", level, prefix=prefix, max_new_tokens=120)
        assert code.startswith("size(4cm);\npair Q = (1,1);\n")
        assert code.report.tokens <= 120
    assert bundled.generate("Draw a circle.", "free", prefix=prefix).startswith(prefix)


@pytest.mark.parametrize(
    ("prefix", "told"),
    [("pair A = 1 2 3;\n", "cannot stand after"), ("real x = 1/0;\n", "ivide by zero")],
)
def test_a_beginning_with_a_fault_is_told(bundled, prefix, told):
    with pytest.raises(ValueError, match=told):
        bundled.generate("Draw a circle.", prefix=prefix)


def test_hints_are_put_to_the_model(bundled):
    plain = bundled.generate("Draw a circle.", "free", max_new_tokens=60)
    hinted = bundled.generate(
        "Draw a circle.", "free", max_new_tokens=60, objects=3, style=("dashed", "shaded")
    )
    assert plain != hinted
    with pytest.raises(ValueError, match="objects must be 1 or more"):
        bundled.generate("Draw a circle.", objects=0)


# -------------------- the stream


@pytest.mark.parametrize("seed", range(3))
def test_what_a_stream_shows_is_never_taken_back(phi3, seed):
    options = {"max_new_tokens": 80, "temperature": 1.2, "seed": seed}
    shown = "".join(phi3.stream(SENTENCE, "compiled", **options))
    assert compile(shown, "eps").ok


# -------------------- a compiler that fails


def test_a_compiler_that_is_killed_half_way_does_no_harm(bundled):
    stream = bundled.stream("Draw a number line from 0 to 9.", "compiled")
    pieces = [next(stream)]
    victims = compilers()
    assert victims
    kill(victims)
    pieces += stream
    assert compile("".join(pieces), "eps").ok


def test_a_compiler_that_goes_missing_leaves_a_typed_program():
    generator = AsyGenerator(device="cpu")
    stream = generator.stream("Draw a number line from 0 to 9.", "compiled")
    first = next(stream)
    generator.close()
    program = first
    while True:
        try:
            program += next(stream)
        except StopIteration as stopped:
            code = stopped.value
            break
    assert program == code
    assert (code.level, code.check()) == ("typed", [])
    # The next program has a compiler again.
    assert generator.generate("Draw a circle.", max_new_tokens=40).level == "compiled"
    generator.close()


def test_without_a_temporary_folder_the_program_is_a_typed_one(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "full"))
    generator = AsyGenerator(device="cpu")
    code = generator.generate("Draw a circle.", max_new_tokens=60)
    assert (code.level, code.check()) == ("typed", [])
    generator.close()


def test_no_process_is_left_behind():
    before = set(compilers())
    generator = AsyGenerator(device="cpu")
    generator.generate(["Draw a circle.", "Draw a square."], max_new_tokens=40)
    stream = generator.stream("Draw a circle.", "compiled")
    next(stream)
    stream.close()
    generator.close()
    assert set(compilers()) <= before


def test_no_process_is_left_behind_after_an_interruption():
    code = (
        "from asygrammar import AsyGenerator\n"
        "generator = AsyGenerator(device='cpu')\n"
        "for piece in generator.stream('Draw a number line from 0 to 9.'):\n"
        "    print('begun', flush=True)\n"
        "while True:\n"
        "    generator.generate(['Draw a circle.'] * 4)\n"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdout.readline() == b"begun\n"
        below = compilers(run.pid)
        assert below
        run.send_signal(signal.SIGINT)
        assert b"KeyboardInterrupt" in run.communicate(timeout=60)[1]
    deadline = time.monotonic() + 10
    while any(map(is_alive, below)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(is_alive, below))


def is_alive(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
