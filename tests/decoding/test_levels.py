"""Free decoding and the syntax level, through every family of models."""

from __future__ import annotations

from copy import copy

import numpy as np
import pytest
import torch
from llguidance import LLMatcher, LLParserLimits
from outlines.processors import OutlinesLogitsProcessor
from transformers import LogitsProcessorList

from asygrammar.checking import syntax_faults
from asygrammar.compiler import asy_available
from asygrammar.decoding import LEVELS
from asygrammar.decoding.constraint import ConstraintError
from asygrammar.decoding.levels import resolve_level
from asygrammar.decoding.syntax import SyntaxConstraint
from asygrammar.prompt import SYSTEM

FAMILIES = ("phi3", "gemma", "mistral")
SENTENCE = "Draw a circle with center O and radius 2."


@pytest.mark.parametrize("family", FAMILIES)
def test_free_decoding_returns_the_answer_alone(generators, family):
    code = generators[family].generate(SENTENCE, False, max_new_tokens=60, temperature=1, seed=3)
    assert code.level == "free"
    assert code
    assert SENTENCE not in code
    assert SYSTEM not in code
    for special in ("<|", "<eos>", "</s>", "<end_of_turn>", "[/INST]"):
        assert special not in code


@pytest.mark.parametrize("family", FAMILIES)
def test_syntax_always_parses(generators, family):
    """Random weights at temperature 1: a constraint that is right needs no help from the model."""
    sentences = [SENTENCE] * 16
    programs = generators[family].generate(
        sentences, "syntax", max_new_tokens=80, temperature=1, seed=0
    )
    programs += generators[family].generate(
        sentences, "syntax", max_new_tokens=300, temperature=1.5, seed=100
    )
    for code in programs:
        assert syntax_faults(code) == [], repr(code)
        assert code == "" or code.endswith("\n")
        assert not code.startswith(" ")
        assert SENTENCE not in code


@pytest.mark.parametrize("budget", [1, 2, 3, 8, 20, 33])
def test_a_small_budget_still_parses(phi3, budget):
    for seed in range(4):
        code = phi3.generate(SENTENCE, True, max_new_tokens=budget, temperature=1, seed=seed)
        assert syntax_faults(code) == []
        assert code.token_count <= budget
        assert code.complete == (code.stop_reason == "end")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_statement_is_closed_when_the_budget_ends(generators, family):
    """The first statement of a random model does not end by itself."""
    programs = generators[family].generate(
        [SENTENCE] * 16, True, max_new_tokens=60, temperature=1, seed=0
    )
    assert sum(map(bool, programs)) >= 15
    assert all(program.splitlines() for program in programs if program)
    assert {program.stop_reason for program in programs} <= {"budget", "end"}


def test_true_is_the_strongest_level(phi3):
    strongest = list(LEVELS)[-1] if asy_available() else "typed"
    assert phi3.generate(SENTENCE, True, max_new_tokens=4).level == strongest
    assert resolve_level(True) == strongest
    assert resolve_level(False) == "free"
    assert resolve_level("free") == "free"


@pytest.mark.parametrize("level", ["syntax", "typed"])
def test_as_a_logits_processor_in_transformers_generate(phi3, level):
    """The constraint keeps Outlines' protocol: rows that finish are fed pad tokens."""
    model = phi3._model
    answer = run_as_processor(phi3, phi3._constraint(level))
    grammar = phi3._constraint(level)
    for row in answer:
        grammar.start(1)
        kept = [token for token in row if token not in model.end_ids]
        assert grammar.accepts(0, kept) == len(kept)


@pytest.mark.parametrize("level", ["syntax", "typed"])
def test_as_a_logits_processor_of_an_engine_with_numpy(phi3, level):
    model = phi3._model
    processor = copy(phi3._constraint(level))
    OutlinesLogitsProcessor.__init__(processor, "numpy")
    masked = processor(np.array([1]), np.zeros(model.vocabulary_size, dtype=np.float32))
    other = phi3._constraint(level)
    expected = other(torch.tensor([[1]]), torch.zeros(1, model.vocabulary_size))
    assert (masked == expected[0].numpy()).all()
    assert 0 < np.isfinite(masked).sum() < model.vocabulary_size


def run_as_processor(generator, processor):
    model = generator._model
    torch.manual_seed(0)
    prompt = model.tokenizer("Draw", return_tensors="pt").input_ids.repeat(4, 1)
    answer = model.network.generate(
        prompt,
        logits_processor=LogitsProcessorList([processor]),
        do_sample=True,
        max_new_tokens=40,
        eos_token_id=list(model.end_ids),
        pad_token_id=model.tokenizer.pad_token_id,
    )
    return answer[:, prompt.shape[1] :].tolist()


@pytest.mark.parametrize("level", ["syntax", "typed"])
def test_a_token_that_was_masked_is_an_error(phi3, level):
    processor = phi3._constraint(level)
    size = phi3._model.vocabulary_size
    wrong = phi3._model.tokenizer.convert_tokens_to_ids(")")
    processor(torch.tensor([[1]]), torch.zeros(1, size))
    with pytest.raises(ConstraintError):
        processor(torch.tensor([[1, wrong]]), torch.zeros(1, size))


def test_a_grammar_with_a_fault_is_an_error(phi3):
    with pytest.raises(ValueError, match="does not accept the grammar"):
        SyntaxConstraint(
            "%llguidance {}\nstart: nothing\n", phi3._constraint("syntax").llg_tokenizer
        )


@pytest.mark.parametrize(
    "limits", [{"step_max_items": 2000}, {"max_items_in_row": 60}, {"step_lexer_fuel": 50}]
)
def test_a_matcher_at_its_limit_is_said_and_not_taken_for_the_end(phi3, monkeypatch, limits):
    constraint = phi3._constraint("syntax")
    constraint.pristine = LLMatcher(
        constraint.llg_tokenizer, constraint.grammar, limits=LLParserLimits(**limits), log_level=0
    )
    monkeypatch.setitem(phi3._constraints, LEVELS["syntax"].build, constraint)
    code = phi3.generate(SENTENCE, "syntax", max_new_tokens=200, temperature=1, seed=0)
    assert (code.stop_reason, code.complete) == ("matcher", False)
    assert syntax_faults(code) == []
    constraint.reset()
    with pytest.raises(ConstraintError) as error:
        run_as_processor(phi3, constraint)
    assert len(str(error.value)) < 200
