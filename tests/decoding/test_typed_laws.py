"""What holds for every level above `free`, on random walks under its masks."""

from __future__ import annotations

import random

import numpy as np
import pytest

from asygrammar import check
from asygrammar.checking import syntax_faults
from asygrammar.decoding.closing import end_statement
from asygrammar.decoding.levels import LEVELS
from asygrammar.decoding.models import load_model
from asygrammar.grammar import load_grammar

PROGRAMS = [
    "pair A = (0,0), B = A+(1,2);\ndraw(A--B, red);\n"
    "for (int i = 0; i < 3; ++i) {\n  dot((i,0));\n}\n",
    'real f(real x) {\n  return x^2;\n}\nlabel("$x^{2}$", (0,f(2)), NE);\nsize(3cm);\n',
    'import olympiad;\npair A = (0,0);\nfill(unitcircle, lightgray);\nlabel("$A$", A, SW);\n',
]
# A judge is none of a constraint's business.
LEVEL_NAMES = [name for name, level in LEVELS.items() if name != "free" and not level.judged]


@pytest.fixture(scope="module")
def constraints():
    model, grammar = load_model(), load_grammar()
    return {level: LEVELS[level].build(model, grammar) for level in LEVEL_NAMES}


def allowed(constraint):
    """Return the tokens that the mask of the first row lets through."""
    constraint.fill(0)
    bits = constraint.bitmask[0].numpy().view(np.uint8)
    return np.flatnonzero(np.unpackbits(bits, bitorder="little"))


def walk(constraint, draw, steps):
    """Take random tokens, the end of the text excepted; return them and the masks before each."""
    constraint.start(1)
    tokens, masks = [], []
    ends = set(load_model().end_ids)
    for _ in range(steps):
        mask = allowed(constraint)
        choices = [int(token) for token in mask if token not in ends]
        assert choices or constraint.accepting(0), constraint.llg_tokenizer.decode_str(tokens)
        if not choices:
            break
        masks.append(mask)
        tokens.append(draw.choice(choices))
        constraint.advance(0, tokens[-1])
        assert not constraint.fault(0)
    return tokens, masks


@pytest.mark.parametrize("level", LEVEL_NAMES)
@pytest.mark.parametrize("program", PROGRAMS)
def test_prefixes_of_an_accepted_program_are_accepted(constraints, level, program):
    constraint = constraints[level]
    tokens = constraint.llg_tokenizer.tokenize_str(program)
    for end in (*range(0, len(tokens), 5), len(tokens)):
        constraint.start(1)
        assert constraint.accepts(0, tokens[:end]) == end
    for token in tokens:
        assert token in allowed(constraint)
        constraint.advance(0, token)
    assert constraint.accepting(0)


@pytest.mark.parametrize("level", LEVEL_NAMES)
@pytest.mark.parametrize("seed", range(4))
def test_masks_after_a_rollback_are_those_before(constraints, level, seed):
    constraint, draw = constraints[level], random.Random(seed)
    program = PROGRAMS[seed % len(PROGRAMS)]
    tokens = constraint.llg_tokenizer.tokenize_str(program)
    constraint.start(1)
    masks = []
    for token in tokens:
        masks.append(allowed(constraint))
        constraint.advance(0, token)
    at = len(tokens)
    for _ in range(6):
        count = draw.randrange(1, at + 1)
        constraint.rollback(0, count)
        at -= count
        assert np.array_equal(allowed(constraint), masks[at])
        for token in tokens[at:]:
            constraint.advance(0, token)
        at = len(tokens)
        assert constraint.accepting(0)


@pytest.mark.parametrize("level", LEVEL_NAMES)
@pytest.mark.parametrize("seed", range(8))
def test_no_mask_leads_into_a_dead_end(constraints, level, seed):
    constraint = constraints[level]
    tokens, _ = walk(constraint, random.Random(seed), 30)
    if not constraint.accepting(0):
        program = end_statement(constraint, 0, tokens, 60)
        assert program is not None
        assert constraint.accepting(0)


@pytest.mark.parametrize("seed", range(12))
def test_what_typed_accepts_syntax_accepts_and_check_too(constraints, seed):
    constraint = constraints["typed"]
    tokens, _ = walk(constraint, random.Random(100 + seed), 40)
    if not constraint.accepting(0):
        tokens = end_statement(constraint, 0, tokens, 80)
    text = constraint.llg_tokenizer.decode_str(tokens)
    assert syntax_faults(text) == []
    assert check(text) == [], text
    syntax = constraints["syntax"]
    syntax.start(1)
    spelled = syntax.llg_tokenizer.tokenize_str(text)
    assert syntax.accepts(0, spelled) == len(spelled), text
