"""Programs through Outlines: steered, compiled whole, and cut back where they are refused."""

from __future__ import annotations

import outlines
import pytest
import torch
from outlines.inputs import Chat

from asygrammar.checking import check, syntax_faults
from asygrammar.compiler import compile
from asygrammar.decoding.line_matchers import LineMatchers
from asygrammar.decoding.models import load_model
from asygrammar.decoding.outlines_engine import generate_with_outlines
from asygrammar.decoding.steering import Steering
from asygrammar.decoding.syntax import SyntaxBackend
from asygrammar.decoding.typed import TypedConstraint
from asygrammar.grammar import load_grammar

SENTENCE = "Draw a circle with center O and radius 2."
ODD = "Sketch two overlapping ellipses and a spiral."


@pytest.fixture(scope="module")
def bundled():
    return load_model(None, device="cpu")


def constraint_of(model, level: str):
    backend = SyntaxBackend(model)
    if level == "typed":
        return TypedConstraint(LineMatchers(backend.llg_tokenizer, None, model.leading_space))
    return backend.get_cfg_logits_processor(load_grammar().export(comments=False))


@pytest.mark.parametrize("level", ["syntax", "typed"])
def test_a_constraint_steers_transformers_through_outlines(bundled, level):
    steering = Steering(constraint_of(bundled, level), "torch")
    generator = outlines.Generator(bundled.steerable, processor=steering)
    for sentence in (SENTENCE, ODD):
        chat = Chat([{"role": "user", "content": sentence}])
        program = generator(chat, max_new_tokens=300, eos_token_id=list(bundled.end_ids))
        assert program == steering.text(steering.ids)
        assert steering.cut == len(steering.ids)
        assert syntax_faults(program) == []
        assert level == "syntax" or check(program) == []


def test_it_can_be_sent_the_same_way_up_to_a_place(bundled):
    steering = Steering(constraint_of(bundled, "typed"), "torch")
    generator = outlines.Generator(bundled.steerable, processor=steering)
    arguments = {"max_new_tokens": 60, "eos_token_id": list(bundled.end_ids)}
    chat = Chat([{"role": "user", "content": SENTENCE}])
    generator(chat, **arguments)
    before, place = list(steering.ids), 20
    for _ in range(2):
        others = [token for token, _ in steering.others(place)]
        steering.turn(place)
        generator(chat, **arguments)
        assert steering.ids[:place] == before[:place]
        assert steering.ids[place] == others[0]
        assert steering.ids[place] != before[place]


def test_programs_compile(bundled, asy):
    code = generate_with_outlines(bundled.steerable, SENTENCE, system=None, max_new_tokens=300)
    assert (code.complete, code.stop_reason, code.level) == (True, "end", "typed")
    assert code.report.refused == ()
    assert compile(code).ok
    assert "circle" in code


def test_a_refused_program_is_cut_back_and_goes_on(bundled, asy):
    """At a temperature that makes the model err."""
    codes = [
        generate_with_outlines(
            bundled.steerable, ODD, system=None, max_new_tokens=120, temperature=2.2, seed=seed
        )
        for seed in range(1, 4)
    ]
    assert any(code.report.refused and code.stop_reason != "refused" for code in codes)
    for code in codes:
        assert check(code) == []
        assert code == "" or compile(code).ok
        assert code or code.stop_reason == "refused"
        assert len(code.report.refused) <= 8
        for refusal in code.report.refused:
            assert refusal.reason
            assert "\n" not in refusal.reason


def test_one_try_keeps_the_longest_beginning_that_compiles(bundled, asy):
    for seed in range(2):
        code = generate_with_outlines(
            bundled.steerable,
            ODD,
            system=None,
            max_new_tokens=200,
            temperature=2.2,
            seed=seed,
            tries=1,
        )
        assert code == "" or compile(code).ok
        assert code.complete <= (code.report.refused == ())


@pytest.mark.parametrize("family", ["phi3", "gemma", "mistral"])
def test_any_family_can_be_steered(generators, family, asy):
    torch.manual_seed(0)
    model = generators[family]._model.steerable
    code = generate_with_outlines(model, SENTENCE, max_new_tokens=40, tries=2)
    assert code == "" or compile(code).ok
    assert SENTENCE not in code


def test_what_cannot_be_steered_is_told():
    with pytest.raises(ValueError, match="must be Outlines' Transformers or LlamaCpp, not str"):
        generate_with_outlines("phi3", SENTENCE)
