"""Measures of texts, on cases that can be counted by hand."""

from __future__ import annotations

import random
from difflib import SequenceMatcher
from itertools import combinations

import pytest

from asygrammar.eval.metrics import (
    compile_at_k,
    edit_distance,
    exact_match,
    is_truncated,
    similarity,
    token_edit_distance,
    words_of,
)

TRIANGLE = 'size(5cm);\ndraw((0,0)--(4,0)--(0,3)--cycle);\nlabel("$A$", (0,0), SW);\n'


@pytest.mark.parametrize(
    ("samples", "compiled", "k", "chance"),
    [
        (1, 1, 1, 1.0),
        (1, 0, 1, 0.0),
        (4, 1, 1, 1 / 4),
        (4, 1, 2, 1 / 2),  # 3 of the 6 pairs have it
        (5, 2, 2, 7 / 10),  # 3 of the 10 pairs have none
        (5, 2, 4, 1.0),  # only 3 do not compile
        (10, 0, 10, 0.0),
    ],
)
def test_compile_at_k(samples, compiled, k, chance):
    assert compile_at_k(samples, compiled, k) == pytest.approx(chance)


def test_compile_at_k_is_the_mean_over_all_choices():
    outcomes = [True, False, True, False, False, False, False]
    for k in range(1, 8):
        choices = list(combinations(outcomes, k))
        share = sum(any(choice) for choice in choices) / len(choices)
        assert compile_at_k(7, 2, k) == pytest.approx(share)


def test_compile_at_k_of_many_samples_does_not_overflow():
    assert compile_at_k(5000, 1, 2500) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("samples", "compiled", "k"), [(4, 5, 1), (4, -1, 1), (4, 2, 0), (4, 2, 5), (0, 0, 1)]
)
def test_compile_at_k_of_what_cannot_be(samples, compiled, k):
    with pytest.raises(ValueError, match="must be from"):
        compile_at_k(samples, compiled, k)


@pytest.mark.parametrize(
    ("completion", "reference", "same"),
    [
        ("draw((0,0)--(1,1));", "draw( (0,0) -- (1,1) ) ;\n", True),
        ("draw((0,0)--(1,1)); // a line", "draw((0,0)--(1,1));", True),
        ("draw((0,0)--(1,1));", "draw((0,0)--(1,2));", False),
        ("pair A=(0,0);dot(A);", "pair A = (0,0);\ndot(A);\n", True),
        (" not a program\r\n", "not a program", True),
        ("not  a program", "not a program", False),
        ("", "// nothing\n", True),
    ],
)
def test_exact_match(completion, reference, same):
    assert exact_match(completion, reference) is same
    assert exact_match(reference, completion) is same


def test_similarity():
    assert similarity("", "") == 1.0
    assert similarity("abc", "") == 0.0
    assert similarity("abcd", "bcde") == pytest.approx(2 * 3 / 8)  # the block bcd
    assert similarity("dot(A);", "dot(B);") == pytest.approx(2 * 6 / 14)
    assert similarity(TRIANGLE, TRIANGLE) == 1.0


def test_similarity_is_the_ratio_of_difflib():
    other = TRIANGLE.replace("4", "12").replace("SW", "NE") * 4
    assert similarity(TRIANGLE * 3, other) == SequenceMatcher(None, TRIANGLE * 3, other).ratio()


def test_similarity_of_very_long_texts_is_bounded():
    many = (
        "".join(map(chr, range(1000, 1200))) * 5000
    )  # no letter is frequent enough to be left out
    assert similarity(many, many[:20_000]) == pytest.approx(2 * 20_000 / 1_020_000)


def plain_distance(one, other):
    """The definition, by recursion."""
    if not one or not other:
        return len(one) + len(other)
    changed = plain_distance(one[1:], other[1:]) + (one[0] != other[0])
    return min(changed, plain_distance(one[1:], other) + 1, plain_distance(one, other[1:]) + 1)


def test_edit_distance():
    assert edit_distance("kitten", "sitting") == 3
    assert edit_distance("draw(A);", "draw(A);") == 0
    assert edit_distance("", "abc") == edit_distance("abc", "") == 3
    assert edit_distance(["draw", "("], ["dot", "("]) == 1
    rng = random.Random(0)
    for _ in range(60):
        one, other = ("".join(rng.choices("ab;", k=rng.randint(0, 5))) for _ in range(2))
        assert edit_distance(one, other) == plain_distance(one, other)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("draw(A--B);", ["draw", "(", "A", "--", "B", ")", ";"]),
        ("a---b..c...d", ["a", "---", "b", "..", "c", "...", "d"]),
        ("x+=1; // so\n/* or */ y<=2", ["x", "+=", "1", ";", "y", "<=", "2"]),
        ("a - -b", ["a", "-", "-", "b"]),
        ('label("$A -- B$");', ["label", "(", '"$A -- B$"', ")", ";"]),
        ("it's so", ["it", "'", "s", "so"]),
        ("dot(A); /* cut", ["dot", "(", "A", ")", ";", "/*"]),
        ("", []),
    ],
)
def test_words(text, words):
    assert words_of(text) == words


def test_token_edit_distance():
    assert token_edit_distance("dot( A ) ;", "dot(A); // the same") == 0
    assert token_edit_distance("dot(A);", "dot(B);") == 1
    assert token_edit_distance("dot(A);", "dot(A, red);") == 2
    assert token_edit_distance("draw(A--B);", "draw(A..B);") == 1
    assert token_edit_distance("", "dot(A);") == 5


@pytest.mark.parametrize(
    ("completion", "cut"),
    [
        (TRIANGLE, False),
        ("for (int i = 0; i < 3; ++i) {\n  dot((i,0));\n}\n", False),
        (TRIANGLE + "draw((0,0)--", True),
        (TRIANGLE + "draw((0,0)--(1,1))", True),
        (TRIANGLE + 'label("$A', True),
        (TRIANGLE + "for (int i = 0; i < 3; ++i) {\n  dot((i,0));\n", True),
        (TRIANGLE + "/* and then", True),
        (TRIANGLE + "// and then", False),
        ("```asy\n" + TRIANGLE + "```\nThis draws a triangle's sides.", False),
        ("```asy\n" + TRIANGLE + "draw(", True),
        ("I cannot draw this figure.", False),
        ("Here is the triangle's code:\n" + TRIANGLE, False),
        ("", False),
    ],
)
def test_truncation(completion, cut):
    assert is_truncated(completion) is cut
    assert is_truncated(completion, complete=True) is cut
    assert is_truncated(completion, complete=False)


def test_truncation_without_the_prompt():
    prompt = "Draw the triangle's sides (see the figure on the right"
    assert not is_truncated(f"{prompt}\n{TRIANGLE}", None, prompt)
    assert is_truncated(f"{prompt}\n{TRIANGLE}dot(", None, prompt)
