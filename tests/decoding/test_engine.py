"""The engine: ends, budgets, batches, seeds, streams."""

from __future__ import annotations

import random

import pytest
import torch

from asygrammar.decoding import AsyGenerator
from asygrammar.decoding.choosing import Sampling
from asygrammar.decoding.closing import end_statement
from asygrammar.decoding.constraint import FreeConstraint
from asygrammar.decoding.engine import decode
from asygrammar.decoding.guessing import Guesses
from asygrammar.decoding.request import make_request
from asygrammar.decoding.typed import TypedRow

SENTENCES = [
    "Draw a circle.",
    "Draw a right triangle with legs 3 and 4, the right angle at C.",
    "Draw a number line from 0 to 9.",
    "A square.",
    "Draw a clock that shows half past three.",
]
GREEDY = Sampling(0.0, [0])


class Script(FreeConstraint):
    """Forces given texts, one token a step; an empty text forces the end-of-turn token."""

    cuts = True

    def __init__(self, scripts, *, complete=(), fails_at=None):
        self.scripts, self.complete, self.fails_at = scripts, set(complete), fails_at

    def start(self, rows):
        self.rows = list(range(rows))
        self.steps = [0] * rows

    def mask(self, logits):
        for row, number in enumerate(self.rows):
            token = self.scripts[number][self.steps[number]]
            logits[row] = float("-inf")
            logits[row, token] = 0

    def advance(self, row, token):
        self.steps[self.rows[row]] += 1

    def rollback(self, row, count):
        self.steps[self.rows[row]] -= count

    def accepts(self, row, tokens):
        return 0

    def spell(self, text):
        return [5]

    def read(self, tokens):
        return "x" * len(tokens)

    def accepting(self, row):
        return self.steps[self.rows[row]] in self.complete

    def fault(self, row):
        return "too complex" if self.steps[self.rows[row]] == self.fails_at else ""

    def keep(self, rows):
        self.rows = [self.rows[row] for row in rows]


def run(generator, scripts, *, budget=50, **options):
    prompts = make_request(generator._model, SENTENCES[: len(scripts)], "free", {}).prompts
    sampling = Sampling(0.0, [0] * len(scripts))
    steps = decode(generator._model, prompts, Script(scripts, **options), sampling, budget=budget)
    return list(steps)


@pytest.mark.parametrize("end", ["<|end|>", "<|endoftext|>", "</s>"])
def test_every_end_of_turn_token_stops(phi3, end):
    token = phi3._model.tokenizer.convert_tokens_to_ids(end)
    (row,) = run(phi3, [[5, 6, token, 7]])[-1]
    assert (row.writing.ids, row.writing.stop_reason, row.writing.steps) == ([5, 6], "end", 3)


def test_rows_finish_apart(phi3):
    end = phi3._model.end_ids[0]
    scripts = [[5, 6, 7, 8, 9, end], [5, end], [5, 6, 7, end]]
    steps = run(phi3, scripts)
    rows = steps[-1]
    assert [row.writing.ids for row in rows] == [[5, 6, 7, 8, 9], [5], [5, 6, 7]]
    assert [row.writing.stop_reason for row in rows] == ["end"] * 3
    assert rows[1].seconds < rows[2].seconds < rows[0].seconds
    assert len(steps) == 6


def test_the_budget_cuts_at_the_last_complete_statement(phi3):
    (row,) = run(phi3, [[5] * 20], budget=10, complete=[3, 7])[-1]
    assert (row.writing.stop_reason, row.writing.steps, row.writing.cut) == ("budget", 10, 7)


def test_a_matcher_that_fails_ends_the_program_at_the_last_complete_statement(phi3):
    (row,) = run(phi3, [[5] * 20], complete=[3], fails_at=6)[-1]
    it = row.writing
    assert (it.stop_reason, it.fault, it.cut) == ("matcher", "too complex", 3)


@pytest.mark.parametrize("family", ["phi3", "gemma", "mistral"])
@pytest.mark.parametrize("level", ["free", "syntax", "typed", "compiled"])
def test_a_batch_equals_its_sentences_one_by_one(generators, family, level):
    """Left padding, positions, sliding windows and dropped rows leave no trace."""
    generator = generators[family]
    for options in ({}, {"temperature": 0.9, "seed": 11}):
        together = generator.generate(SENTENCES, level, max_new_tokens=90, batch_size=3, **options)
        apart = []
        for number, sentence in enumerate(SENTENCES):
            if options:
                options = options | {"seed": 11 + number}
            apart.append(generator.generate(sentence, level, max_new_tokens=90, **options))
        assert together == apart
        assert [code.prompt for code in together] == SENTENCES


@pytest.mark.parametrize("family", ["phi3", "gemma", "mistral"])
def test_the_loop_is_transformers_generate_token_for_token(generators, family):
    generator = generators[family]
    model = generator._model
    (prompt,) = make_request(model, [SENTENCES[1]], "free", {}).prompts
    for rows in decode(model, [prompt], FreeConstraint(), GREEDY, budget=80):  # noqa: B007
        pass
    expected = model.network.generate(
        torch.tensor([prompt]),
        attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
        do_sample=False,
        max_new_tokens=80,
        eos_token_id=list(model.end_ids),
        pad_token_id=model.tokenizer.pad_token_id,
    )[0, len(prompt) :].tolist()
    assert rows[0].writing.ids == [token for token in expected if token not in model.end_ids]


def test_the_same_seed_gives_the_same_program(phi3):
    draw = {"max_new_tokens": 60, "temperature": 1.0}
    first = phi3.generate(SENTENCES[0], seed=5, **draw)
    assert phi3.generate(SENTENCES[0], seed=5, **draw) == first
    assert phi3.generate(SENTENCES[0], seed=6, **draw) != first
    assert phi3.generate(SENTENCES[0], **draw) != phi3.generate(SENTENCES[0], **draw)


def test_a_repeated_sentence_is_drawn_anew_in_a_batch(phi3):
    programs = phi3.generate([SENTENCES[0]] * 3, "free", temperature=1, seed=1, max_new_tokens=30)
    assert len(set(programs)) == 3


@pytest.mark.parametrize("family", ["phi3", "gemma", "mistral"])
@pytest.mark.parametrize("level", ["free", "syntax"])
def test_a_stream_adds_up_to_the_program(generators, family, level):
    generator = generators[family]
    for seed in range(3):
        options = {"max_new_tokens": 150, "temperature": 1.0, "seed": seed}
        pieces = list(generator.stream(SENTENCES[0], level, **options))
        code = generator.generate(SENTENCES[0], level, **options)
        assert "".join(pieces) == code
        if level == "syntax":
            assert all(piece.endswith("\n") for piece in pieces)


def test_a_stream_returns_the_program(phi3):
    def collect():
        returned.append((yield from phi3.stream(SENTENCES[0], "free", max_new_tokens=5)))

    returned = []
    assert "".join(collect()) == returned[0]
    assert returned[0].token_count <= 5


def test_a_stream_may_stand_still_while_another_program_is_written(phi3):
    options = {"max_new_tokens": 60, "temperature": 1.0, "seed": 2}
    alone = "".join(phi3.stream(SENTENCES[0], "free", **options))
    stream = phi3.stream(SENTENCES[0], "free", **options)
    first = next(stream)
    phi3.generate(SENTENCES[1], "free", max_new_tokens=20)
    assert first + "".join(stream) == alone


def without_forced(generator, level):
    """Return a constraint that lets the model choose even what it cannot choose."""

    class Slow(type(generator._constraint(level))):
        def forced(self, row):
            return []

    constraint = generator._constraint(level)
    constraint.__class__ = Slow
    return constraint


@pytest.mark.parametrize("level", ["syntax", "typed"])
def test_forced_tokens_are_those_that_the_model_would_have_had_to_take(bundled, level):
    model = bundled._model
    prompts = make_request(model, SENTENCES, "free", {}).prompts
    greedy = Sampling(0.0, [0] * len(prompts))
    fast, slow = bundled._constraint(level), without_forced(bundled, level)
    for rows in decode(model, prompts, fast, greedy, budget=120):  # noqa: B007
        pass
    for plain in decode(model, prompts, slow, greedy, budget=120):  # noqa: B007
        pass
    assert sum(row.writing.forced for row in rows) > 10
    for row, other in zip(rows, plain, strict=True):
        # The model was trained on canonical tokens, and takes them where it may choose.
        ids = row.writing.ids[: row.writing.cut]
        assert ids == other.writing.ids[: other.writing.cut]


def test_forced_tokens_are_fed_in_one_pass(bundled):
    code = bundled.generate(SENTENCES[1], "typed", max_new_tokens=200)
    assert code.report.forced > 0
    assert code.report.steps <= code.report.tokens + 1 - code.report.forced


def test_no_sentences_no_programs(phi3):
    assert phi3.generate([]) == []


@pytest.mark.parametrize("level", ["syntax", "typed"])
@pytest.mark.parametrize(
    "text",
    [
        "dr",
        "draw((0",
        "draw(circle((0,0), 1",
        'label("$\\frac{1',
        "real x = 1 < 2 ?",
        "real ",
        "for (int i = 0; i < 3; ++i",
        "for (int i = 0; i < 3; ++i) {\n  do",
        "pair A = (0,0), B = (1,",
    ],
)
def test_an_ending_makes_the_program_complete(phi3, level, text):
    constraint = phi3._constraint(level)
    constraint.start(1)
    tokens = constraint.llg_tokenizer.tokenize_str(text)
    assert constraint.accepts(0, tokens) == len(tokens)
    for token in tokens:
        constraint.advance(0, token)
    program = end_statement(constraint, 0, tokens, 40)
    assert program
    assert len(program) <= len(tokens) + 40
    assert constraint.accepting(0)
    ended = constraint.llg_tokenizer.decode_str(program)
    assert ended.startswith(text) or not text.startswith(("dr", "label", "pair"))


def test_many_sentences_are_decoded_in_parts(phi3, monkeypatch):
    """The cache holds a part at a time, however many sentences one call has."""
    sizes = []
    steps = AsyGenerator._steps
    monkeypatch.setattr(
        AsyGenerator,
        "_steps",
        lambda self, request, constraint: (
            sizes.append(len(request.prompts)) or steps(self, request, constraint)
        ),
    )
    programs = phi3.generate(["Draw a circle."] * 70, "free", max_new_tokens=1)
    assert len(programs) == 70
    assert max(sizes) == 16
    assert sum(sizes) == 70


@pytest.mark.parametrize("family", ["bundled", "phi3", "gemma", "mistral"])
@pytest.mark.parametrize("options", [{}, {"temperature": 0.9, "top_p": 0.9, "seed": 3}])
def test_guessing_while_a_matcher_is_built_changes_no_program(
    generators, bundled, family, options, monkeypatch
):
    """However long matchers take, and whether the guesses are right or wrong."""
    generator = bundled if family == "bundled" else generators[family]

    def write(sentence):
        return generator.generate(sentence, "compiled", max_new_tokens=90, **options)

    guessed = []
    guess = Guesses.guess
    monkeypatch.setattr(Guesses, "guess", lambda it, *a: (guessed.append(1), guess(it, *a)))
    monkeypatch.setattr(TypedRow, "ready", True)
    expected = [write(sentence) for sentence in SENTENCES]
    assert not guessed
    for chance in (0.05, 0.4):
        draw = random.Random(0)
        late = property(lambda _, p=chance, d=draw: d.random() < p)
        monkeypatch.setattr(TypedRow, "ready", late)
        found = [write(sentence) for sentence in SENTENCES]
        assert found == expected
        assert [it.report.steps for it in found] == [it.report.steps for it in expected]
        assert [it.stop_reason for it in found] == [it.stop_reason for it in expected]
    assert len(guessed) > 20
