"""Answers of the template mode: written, read, and what may follow, for every family."""

from __future__ import annotations

import re

import pytest

from asygrammar.figures import sample_figures
from asygrammar.grounding import Grounding
from asygrammar.template_answers import Answer, read_answer, write_answer
from asygrammar.templates import Fill, load_templates

FAMILIES = list(load_templates())
RIGHT = "right-triangle\nlabels\na 3\nb 4\nA P\nB Q\nC R\n"


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("split", ["train", "phrasings"])
def test_what_a_sentence_asks_for_can_be_answered(family: str, split: str) -> None:
    """Every value that a template's sentence tells is found in it, and the answer says it all."""
    for figure in sample_figures(4, seed=9, split=split, families=[family]):
        answer = write_answer(Fill(family, figure.slots, figure.program, figure.told))
        assert read_answer(answer).program == figure.program
        state = Answer.begin(Grounding(figure.sentence))
        for line in answer.splitlines(keepends=True):
            assert re.fullmatch(state.pattern, line), (figure.sentence, line)
            state = state.after(line.rstrip("\n"))
        assert state.may_end


def test_an_answer_is_a_program() -> None:
    assert 'label("$P$"' in read_answer(RIGHT).program


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("cube\n", "line 1 of the answer: there is no template 'cube'"),
        ("right-triangle\nbig\n", "line 2 of the answer: right-triangle has no slot or deco"),
        ("right-triangle\na 99\n", "line 2 of the answer: slot 'a' takes a number 2..15, not '99'"),
        ("right-triangle\na 2\nb 12\n", "right-triangle needs a <= 3*b and b <= 3*a"),
        ("", "names no template"),
    ],
)
def test_what_is_wrong_is_told(answer: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        read_answer(answer)


@pytest.mark.parametrize(
    ("sentence", "numbers"),
    [
        ("legs 3 and 4.5", {3, 4.5}),
        ("y = 2x - 3", {2, 3, -3}),
        ("from minus 5 to 12", {5, -5, 12}),
        ("at 4:05", {4, 5}),
        ("twenty-five apples, a dozen eggs", {25, 12}),
        ("seventeen and thirty", {17, 30}),
        ("60° and .5", {60, 0.5}),
        ("point A1 in x2", set()),
    ],
)
def test_numbers(sentence: str, numbers: set[float]) -> None:
    assert Grounding(sentence).numbers == numbers


def test_letters() -> None:
    found = Grounding("A triangle PQR with sides AB and h, NOT a Square at X.").letters
    assert "".join(found) == "APQRBNOTX"


def after(sentence: str, lines: str) -> str:
    answer = Answer.begin(Grounding(sentence))
    for line in lines.splitlines():
        answer = answer.after(line)
    return answer.pattern


def test_only_what_is_told_can_be_written() -> None:
    sentence = "A right triangle PQR with legs 3 and 4."
    lengths = after(sentence, "right-triangle\n")
    assert re.fullmatch(lengths, "a 3\n")
    assert re.fullmatch(lengths, "labels\n")
    assert not re.fullmatch(lengths, "a 5\n")
    letters = after(sentence, "right-triangle\nlabels\na 3\nb 4\nA P\n")
    assert re.fullmatch(letters, "B Q\n")
    assert not re.fullmatch(letters, "B P\n")  # that point has a name
    assert not re.fullmatch(letters, "B Z\n")


def test_conditions_hold() -> None:
    """One leg is at most three times the other."""
    second = after("legs 2 and 12, or 5", "right-triangle\na 2\n")
    assert re.fullmatch(second, "b 5\n")
    assert not re.fullmatch(second, "b 12\n")


def test_what_follows_from_a_sentence_is_told() -> None:
    """Half of the square's told perimeter stands nowhere: its side does follow from a let."""
    template = load_templates()["number-line-jumps"]
    assert "till" in template.flags
    sentence = "Skip forward from 26 to 89 in steps of 9."
    pattern = after(sentence, "number-line-jumps\ntill\na 26\ns 9\n")
    assert re.fullmatch(pattern, "n 7\n")
    assert not re.fullmatch(pattern, "n 8\n")
