"""What is no program in a text, and what is left where it is cut."""

from __future__ import annotations

import json
import random
import time

import pytest
from conftest import SHARED

from asygrammar.eval.contamination import cleaned, contamination
from asygrammar.grammar import load_grammar
from asygrammar.parser import AsySyntaxError

PROGRAM = 'size(5cm);\ndraw((0,0)--(4,0)--(0,3)--cycle);\nlabel("$A$", (0,0), SW);\n'
BROKEN = PROGRAM + "draw((0,0)--(1,\n"
PROMPT = "Draw a right triangle with legs 3 and 4, the right angle at C."
LONG = (
    "The figure shows a circle with its center at the origin and a radius of 4 units. Two points\n"
    "are marked on it: the first one, A, lies at the right end of the horizontal diameter."
)
SYSTEM = "You are an assistant that writes Asymptote code."


@pytest.mark.parametrize(
    ("completion", "kinds"),
    [
        (PROGRAM, ()),
        (BROKEN, ()),
        ("", ()),
        (f"{PROMPT}\n{PROGRAM}", ("prompt",)),
        (
            f"  Draw a right triangle\nwith legs 3 and  4, the right angle at C.\n{BROKEN}",
            ("prompt",),
        ),
        (f"{SYSTEM}\n{PROGRAM}", ("prompt",)),
        (f"```asy\n{PROGRAM}```", ("fence",)),
        (f"```\n{PROGRAM}", ("fence",)),
        (f"\\begin{{asy}}\n{PROGRAM}\\end{{asy}}", ("fence",)),
        (f"[asy]\n{PROGRAM}[/asy]", ("fence",)),
        (f"Sure, here is the code:\n{PROGRAM}", ("prose",)),
        (f"Certainly!\n{PROGRAM}", ("prose",)),
        (f"{PROGRAM}This program draws a triangle.", ("prose",)),
        (f"{PROGRAM}<|end|><|user|>", ("prose",)),
        (f"1. **Circle**: first\n{PROGRAM}", ("prose",)),
        (f"# Triangle\n{PROGRAM}", ("prose",)),
        (f"Voilà le code demandé :\n{PROGRAM}", ("prose",)),
        (f"以下是代码：\n{PROGRAM}", ("prose",)),
        (f"The answer:\n```asy\n{PROGRAM}```\n{PROMPT}", ("prompt", "prose", "fence")),
        # Comments and labels may say anything.
        (f"// Here is the code for a triangle\n{BROKEN}", ()),
        (f"/* Here is\nthe code for a triangle */\n{BROKEN}", ()),
        (f"// {PROMPT}\n{PROGRAM}", ()),
        (f'{PROGRAM}label("the angle at the corner is right", (2,2), E);\n{BROKEN}', ()),
        (f'{PROGRAM}label("{PROMPT}", (2,2), E);\n', ()),
        # A broken program is not prose.
        ("static real f g;\nfor (int i = 0; i < n; ++i) {", ()),
        ("pair A, B, C, D;\ndraw(A -- B -- C, red, Arrow);\ndot(A, SW, red", ()),
    ],
)
def test_contamination(completion, kinds):
    assert contamination(completion, PROMPT, SYSTEM) == kinds


def test_a_long_part_of_a_prompt_counts():
    part = "a circle with its center at the origin and a radius of"
    assert contamination(f"{part}\n{PROGRAM}", LONG) == ("prompt",)
    assert contamination(f"{part}\n{PROGRAM}") == ("prose",)
    assert "prompt" not in contamination(f"a circle with its center\n{PROGRAM}", LONG)


def test_programs_in_a_prompt_are_no_echo():
    assert contamination(PROGRAM * 2, f"Mend this: {PROGRAM * 2}") == ()


def test_short_prompts_are_words_of_programs():
    assert contamination("draw(circle((0,0), 1));", "circle") == ()
    assert contamination("draw(unitcircle);", "") == ()


@pytest.mark.parametrize(
    ("completion", "prompt_cut", "fence_cut"),
    [
        (PROGRAM, PROGRAM, PROGRAM),
        (f"{PROMPT}\n{PROGRAM}", f"\n{PROGRAM}", f"\n{PROGRAM}"),
        (f"{SYSTEM}\n{PROMPT}\n{PROGRAM}", f"\n{PROGRAM}", f"\n{PROGRAM}"),
        (f"Some system text. {PROMPT} {PROGRAM}", f" {PROGRAM}", f" {PROGRAM}"),
        (f"{PROGRAM}\n{PROMPT}\n{PROGRAM}", f"{PROGRAM}\n", f"{PROGRAM}\n"),
        (
            f"{PROMPT}\n```asy\n{PROGRAM}```\nIt is.",
            f"\n```asy\n{PROGRAM}```\nIt is.",
            f"\n{PROGRAM}",
        ),
        (f"{PROMPT}\n```\n{PROGRAM}", f"\n```\n{PROGRAM}", f"\n{PROGRAM}"),
        (f"{PROGRAM}```\nIt is.", f"{PROGRAM}```\nIt is.", PROGRAM),
        (f"[asy]{PROGRAM}[/asy]", f"[asy]{PROGRAM}[/asy]", PROGRAM),
        ("", "", ""),
    ],
)
def test_cleaning(completion, prompt_cut, fence_cut):
    found = cleaned(completion, PROMPT, SYSTEM)
    assert (found.written, found.prompt_cut, found.fence_cut) == (completion, prompt_cut, fence_cut)


def test_hostile_texts_take_no_long_time():
    echoes = f"{PROMPT} x\n" * 2_000
    began = time.process_time()
    for text in ("/*" * 100_000, '"' * 100_001, echoes, "a " * 100_000, "\n" * 200_000):
        contamination(text, PROMPT, SYSTEM)
        cleaned(text, PROMPT, SYSTEM)
    assert time.process_time() - began < 10


def test_real_programs_have_nothing_in_them(corpus):
    rng = random.Random(1)
    for program in rng.sample(list(corpus.values()), 200):
        cut = program[: rng.randrange(len(program))]
        assert contamination(program) == contamination(cut) == (), program


def test_what_free_decoding_wrote():
    path = SHARED / "corpus" / "phi3_free_outputs.jsonl"
    if not path.is_file():
        pytest.skip(f"no {path.name} beside this checkout")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    parsed = {"written": 0, "prompt_cut": 0, "fence_cut": 0}
    for row in rows:
        assert "prompt" in contamination(row["output"], row["prompt"])
        found = cleaned(row["output"], row["prompt"])
        for name in parsed:
            parsed[name] += parses(getattr(found, name))
    assert parsed["written"] == 0
    assert 0 < parsed["prompt_cut"] < parsed["fence_cut"]


def parses(program):
    try:
        load_grammar().parse(program)
    except AsySyntaxError:
        return False
    return True
