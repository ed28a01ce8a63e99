import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from real_asy import draws

from asygrammar.compiler import SessionPool, asy_available, compile
from asygrammar.decoding.models import load_tokenizer
from asygrammar.eval.judged_program import JudgedProgram
from asygrammar.eval.model_soundness import RANDOM, measure_model_soundness
from asygrammar.eval.rows import read_tokenizer, rows_of
from asygrammar.eval.sampler import Sampler
from asygrammar.eval.soundness import TARGETS, measure_soundness, targets
from asygrammar.eval.statement_lines import is_risky, kind_of
from asygrammar.eval.usages import Usages, all_signatures
from asygrammar.eval.used import imported, used_signatures
from asygrammar.eval.vocabulary import Vocabulary
from asygrammar.signatures import PLAIN, signature_modules

PROGRAMS = 6
MODULES = Path(__file__).resolve().parents[2] / "grammars" / "modules"


@pytest.fixture(scope="module")
def sampled(tmp_path_factory):
    if not asy_available():
        pytest.skip("asy is not installed")
    folder = tmp_path_factory.mktemp("programs")
    return measure_soundness(PROGRAMS, seed=40, out=folder), folder


def test_random_programs_have_no_fault_of_names_types_or_syntax(sampled):
    report, folder = sampled
    assert report.faults_in_the_text == 0, report.to_text()
    assert report.programs == PROGRAMS
    assert report.compiled + len(report.failures) == PROGRAMS
    assert len(list(folder.glob("*.asy"))) == PROGRAMS
    assert report.median_statements >= 8
    assert 0 < report.signatures_used < report.signatures_total
    assert len(report.statement_kinds) > 3
    assert 0 <= report.refused_share < 1
    assert 0 <= report.rolled_back_share < 1
    answer = json.loads(json.dumps(report.to_dict()))
    assert {failure["seed"] - 40 for failure in answer["failures"]} <= set(range(PROGRAMS))


def test_the_number_can_be_had_again_from_the_files(sampled, asy, tmp_path):
    report, folder = sampled
    failed = {failure.number for failure in report.failures}
    for number in [n for n in range(PROGRAMS) if n not in failed][:2]:
        away = tmp_path / str(number)
        away.mkdir()
        assert draws(asy, folder / f"{number:05}.asy", MODULES, away)


def test_the_same_seed_gives_the_same_programs(sampled, tmp_path):
    _, folder = sampled
    measure_soundness(2, seed=40, out=tmp_path)
    for path in sorted(tmp_path.glob("*.asy")):
        assert path.read_text() == (folder / path.name).read_text()


def test_a_run_that_was_cut_goes_on(sampled, tmp_path):
    report, folder = sampled
    again = tmp_path / "again"
    shutil.copytree(folder, again)
    kept = (again / ".outcomes.jsonl").read_text().splitlines(keepends=True)
    # All but one are there, and the last was cut while it was written.
    (again / ".outcomes.jsonl").write_text("".join(kept[:-1]) + kept[-1][:20])
    done = measure_soundness(PROGRAMS, seed=40, out=again)
    assert replace(done, seconds=0) == replace(report, seconds=0)
    with pytest.raises(ValueError, match="another run"):
        measure_soundness(PROGRAMS, seed=41, out=again)


def test_seeds_in_a_row_are_led_to_all_signatures():
    count = len(all_signatures()) // TARGETS + len(signature_modules()) + 1
    led = {signature for seed in range(count) for signature in targets(seed)}
    assert led == set(all_signatures())
    assert all(len({signature.module for signature in targets(seed)}) == 1 for seed in range(50))


def test_nearly_every_signature_has_a_line_that_uses_it():
    usages = Usages(PLAIN)
    plain = [one for one in all_signatures() if one.module == PLAIN]
    written = [any(usages.of(one, Random(1))) for one in plain]
    assert sum(written) > 0.95 * len(plain)


def test_what_a_program_uses():
    program = "import graph;\ndraw(Circle((0,0), 1));\npair P = dir(30) * 2;\n"
    assert imported(program) == ["graph"]
    used = {(one.module, one.name) for one in used_signatures(program)}
    assert {("graph", "Circle"), (PLAIN, "draw"), (PLAIN, "dir")} <= used
    assert (PLAIN, "operator *") in used
    assert used_signatures("draw(;") == frozenset()


def test_an_unknown_level_is_one_clear_error():
    with pytest.raises(ValueError, match=re.escape("unknown level 'strict': choose one of")):
        measure_soundness(1, level="strict")


KINDS = {
    "pair A = (0,0);": "declaration",
    "  real[] a;": "declaration",
    "A = (1,1);": "assignment",
    "x += 2;": "update",
    "} else {": "else",
    "}": None,
    "for (int i = 0; i < 3; ++i) {": "for",
    "for (real y : data) {": "for each",
    "real f(real x) {": "function",
    "return x;": "return",
    "draw(A--B);": "call",
    "points.push(A);": "method",
    "import graph;": "import",
}


@pytest.mark.parametrize("line", KINDS)
def test_kinds_of_lines(line):
    assert kind_of(line) == KINDS[line]


def test_risky_lines_are_those_that_fail_when_they_run():
    assert is_risky("real r = 1 / 0;")
    assert is_risky("fill((0,0)--(1,1));")
    assert not is_risky('label("1/2", (0,0));')
    assert not is_risky("fill((0,0)--(1,1)--(1,0)--cycle, red);")


# -------------------- the level compiled


def test_every_judged_program_compiles(tmp_path):
    if not asy_available():
        pytest.skip("asy is not installed")
    report = measure_soundness(5, level="compiled", seed=40, out=tmp_path)
    assert report.compiled == 5, report.to_text()
    assert report.median_statements >= 8
    assert len(list(tmp_path.glob("*.asy"))) == 5


@pytest.mark.parametrize("model", [None, RANDOM])
def test_what_a_model_writes_compiles(tmp_path, model):
    if not asy_available():
        pytest.skip("asy is not installed")
    report = measure_model_soundness(3, model=model, out=tmp_path)
    assert (report.programs, report.compiled) == (3, 3), report.to_text()
    assert report.signatures_used > 0


def test_a_judged_program_can_always_end(tmp_path):
    if not asy_available():
        pytest.skip("asy is not installed")
    tokenizer = read_tokenizer(load_tokenizer())
    with SessionPool(1) as pool:
        sampler = Sampler(rows_of("typed", tokenizer), Vocabulary(tokenizer), (), pool)
        program = JudgedProgram(sampler, 0)
        program._marks = [program._mark()]
        for line in ("size(3cm);\n", "real x = 1;\n"):
            program.writer.write((line,))
            program.text += line
            assert program.settle()
        program.writer.write(("real y = 1/",))  # and here it broke off
        program._end()
        assert program.text.startswith("size(3cm);\nreal x = 1;\n")
        assert compile(program.text, "eps").ok
        program._judge.close()
