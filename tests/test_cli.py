"""The command line, run as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from asygrammar.cli import main

GOOD = "draw((0,0)--(1,0));\n"
BAD = "pair A = (0,0)\ndraw(A);\n"


def asygrammar(*arguments: str, stdin: str = "", cwd: Path | None = None, **environment: str):
    return subprocess.run(
        [sys.executable, "-m", "asygrammar", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=300,
        env={**os.environ, **environment},
    )


def one_line(done) -> str:
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_check_says_where_and_ends_with_status_1(tmp_path):
    (tmp_path / "bad.asy").write_text(BAD)
    done = asygrammar("check", "bad.asy", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == (
        "bad.asy:1:15: the statement that ends here has no `;` (put `;` at its end)\n"
    )
    done = asygrammar("check", "-", "--json", stdin=BAD)
    (fault,) = json.loads(done.stdout)
    assert (fault["kind"], fault["line"], fault["column"]) == ("MissingSemicolon", 1, 15)


def test_check_of_a_good_program_is_silent():
    done = asygrammar("check", "-", stdin=GOOD)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_format_prints_rewrites_and_checks(tmp_path):
    path = tmp_path / "a.asy"
    path.write_text("draw( (0,0) -- (1,0) ); // here\n")
    laid_out = "draw((0,0)--(1,0)); // here\n"
    assert asygrammar("format", str(path)).stdout == laid_out
    assert asygrammar("format", "--no-comments", str(path)).stdout == GOOD
    done = asygrammar("format", "--check", str(path))
    assert (done.returncode, done.stdout) == (1, f"{path} would change\n")
    assert asygrammar("format", "-w", str(path)).returncode == 0
    assert path.read_text() == laid_out
    assert asygrammar("format", "--check", str(path)).returncode == 0


def test_format_of_a_faulty_program_leaves_it_alone(tmp_path):
    path = tmp_path / "bad.asy"
    path.write_text(BAD)
    done = asygrammar("format", "-w", str(path))
    assert done.returncode == 1
    assert "no `;`" in one_line(done)
    assert path.read_text() == BAD


def test_grammar_show_and_export(tmp_path):
    assert asygrammar("grammar", "show").stdout.startswith("// The K-12 Asymptote subset")
    exported = asygrammar("grammar", "export").stdout
    assert exported.startswith("%llguidance {}\n")
    target = tmp_path / "asy.lark"
    done = asygrammar("grammar", "export", "--no-comments", "-o", str(target))
    assert done.returncode == 0
    assert "COMMENT" in exported
    assert "COMMENT" not in target.read_text()


def test_grammar_export_for_servers(tmp_path):
    target = tmp_path / "body.json"
    words = ["--target", "vllm", "--scoped", "--model", "served", "--prompt", "Draw a circle."]
    assert asygrammar("grammar", "export", *words, "-o", str(target)).returncode == 0
    body = json.loads(target.read_text())
    assert (body["model"], body["messages"][-1]["content"]) == ("served", "Draw a circle.")
    assert "set_bit(" in body["structured_outputs"]["grammar"]
    assert asygrammar("grammar", "export", "--target", "gbnf").stdout.startswith("root ::= ")
    done = asygrammar("grammar", "export", "--target", "gbnf", "--scoped")
    assert done.returncode == 2
    assert "gbnf cannot be scoped" in one_line(done)


def test_model_export_writes_the_whole_file_or_none(tmp_path):
    pytest.importorskip("gguf")
    target = tmp_path / "nano.gguf"
    assert asygrammar("model", "export", "-o", str(target)).returncode == 0
    assert target.read_bytes()[:4] == b"GGUF"
    done = asygrammar("model", "export", "-o", str(tmp_path / "b.gguf"), "--precision", "q4")
    assert done.returncode == 2
    assert "precision must be f16 or f32" in one_line(done)
    assert list(tmp_path.iterdir()) == [target]


def test_grammar_file_with_a_fault_names_file_line_and_rule(tmp_path):
    path = tmp_path / "mine.lark"
    path.write_text('start: a+\n\na: "x" b\n')
    done = asygrammar("grammar", "export", "--file", str(path))
    assert done.returncode == 2
    assert one_line(done).endswith("mine.lark:3: rule a: b is used and defined nowhere\n")


def test_render_draws_and_tells_a_fault(tmp_path, asy):
    picture = tmp_path / "a.svg"
    assert asygrammar("render", "-", "-o", str(picture), stdin=GOOD).returncode == 0
    assert b"<svg" in picture.read_bytes()
    done = asygrammar("render", "-", "-o", str(tmp_path / "b.svg"), stdin="draw(Z);\n")
    assert done.returncode == 1
    assert "Z" in one_line(done)
    assert not (tmp_path / "b.svg").exists()


def test_generate_prints_the_program_and_saves_the_picture(tmp_path, asy):
    picture = tmp_path / "circle.svg"
    done = asygrammar("generate", "Draw a circle with center O and radius 3.", "-o", str(picture))
    assert done.returncode == 0, done.stderr
    assert "circle" in done.stdout
    assert "level compiled" in done.stderr
    assert str(picture) in done.stderr
    assert b"<svg" in picture.read_bytes()


def test_generate_as_json():
    done = asygrammar("generate", "Draw a square.", "--json", "--free", "--max-new-tokens", "8")
    answer = json.loads(done.stdout)
    assert answer["level"] == "free"
    assert answer["token_count"] <= 8
    assert isinstance(answer["program"], str)


def test_bench_completeness_counts_every_row(tmp_path):
    path = tmp_path / "figures.jsonl"
    rows = [{"id": "a", "code": GOOD}, {"id": "b", "code": BAD}, {"id": "c", "code": ""}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = asygrammar("bench", "completeness", "--figures", str(path), "--json")
    answer = json.loads(done.stdout)
    assert (answer["figures"], answer["accepted"]) == (3, 1)
    assert [row["id"] for row in answer["rejected"]] == ["b", "c"]
    assert (answer["rejected"][0]["line"], answer["rejected"][0]["column"]) == (1, 15)


def test_bare_bench_is_the_ladder(asy):
    done = asygrammar("bench", "--figures", "2", "--max-new-tokens", "48", "--json")
    answer = json.loads(done.stdout)
    assert [arm["arm"] for arm in answer["arms"]] == ["free", "syntax", "typed", "compiled"]
    assert {arm["samples"] for arm in answer["arms"]} == {2}
    assert answer["arms"][3]["compile_rate"] == 1


WRONG = {
    "an empty sentence": (["generate", " "], "empty"),
    "a sentence longer than the context": (["generate", "triangle " * 3000], "too long"),
    "a model that is not there": (["generate", "a square", "--model", "/no/model"], "/no/model"),
    "an adapter that is not there": (["generate", "a square", "--adapter", "/no/it"], "/no/it"),
    "an unknown level": (["generate", "a square", "--constrained", "strict"], "'free', 'syntax'"),
    "an unknown mode": (["generate", "a square", "--mode", "magic"], "mode"),
    "an unknown module": (["generate", "a square", "--modules", "magic"], "unknown module 'magic'"),
    "an unknown format": (["generate", "a square", "-o", "square.bmp"], "svg"),
    "an output that cannot be written": (["generate", "a square", "-o", "/no/a.svg"], "/no"),
    "a file that is not there": (["check", "/no/file.asy"], "No such file"),
    "an unknown command": (["draw", "a square"], "invalid choice"),
    "an unknown target": (["grammar", "export", "--target", "bnf"], "llguidance"),
    "an unknown bench level": (["bench", "--levels", "free,strict", "--figures", "2"], "strict"),
    "a column of no file": (["bench", "--prompt-column", "text"], "--prompts"),
    "prompts that are not there": (["bench", "--prompts", "/no/p.jsonl"], "/no/p.jsonl"),
    "a key that is not there": (["bench", "--base-url", "http://x", "--api-key-env", "NO"], "NO"),
    "a mode of no bench": (["bench", "--mode", "prose", "--figures", "1"], "program, template"),
    "no level": (["bench", "--levels", "", "--figures", "1"], "nothing to measure"),
    "figures that are not there": (["bench", "completeness", "--figures", "/no/f"], "/no/f"),
}


@pytest.mark.parametrize("case", WRONG)
def test_bad_input_gets_one_line_and_status_2(case, tmp_path, monkeypatch, capsys):
    """In this process: each one of them would load torch anew."""
    arguments, expected = WRONG[case]
    monkeypatch.chdir(tmp_path)
    try:
        status = main(arguments)
    except SystemExit as stop:
        status = stop.code
    said = capsys.readouterr()
    assert status == 2
    assert said.out == ""
    assert said.err.count("\n") == 1, said.err
    assert expected in said.err
    assert list(tmp_path.iterdir()) == []


def test_without_asy_generating_works_and_rendering_says_what_to_install(tmp_path):
    bare = str(tmp_path)  # a PATH with no program in it
    done = asygrammar("generate", "Draw a circle with center O and radius 3.", PATH=bare)
    assert done.returncode == 0
    assert "circle" in done.stdout
    picture = tmp_path / "a.svg"
    done = asygrammar("render", "-", "-o", str(picture), stdin=GOOD, PATH=bare)
    assert done.returncode == 2
    assert "asymptote" in one_line(done)
    assert not picture.exists()


def test_binary_input_is_no_program(tmp_path):
    (tmp_path / "a.asy").write_bytes(b"\xff\xfe\x00")
    done = asygrammar("check", "a.asy", cwd=tmp_path)
    assert done.returncode == 2
    assert "a.asy: not UTF-8 text" in one_line(done)
