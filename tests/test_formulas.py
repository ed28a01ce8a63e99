"""Formulas compute arithmetic and nothing else."""

from __future__ import annotations

import pytest

from asygrammar.formulas import Formula


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a <= 3*b and b <= 3*a", True),
        ("a < b < c", True),
        ("a != 2 or not flag", False),
        ("v[1] + len(v)", 8),
        ("distinct(v) and not increasing(v)", True),
        ("gcd(b, c) if flag else 0", 1),
        ("-a//2 + c%2", 0),
        ("word == 'left'", True),
    ],
)
def test_value(text: str, value: object) -> None:
    names = {"a": 2, "b": 3, "c": 5, "v": (4, 5, 1), "flag": True, "word": "left"}
    assert Formula(text).value(names) == value


def test_names_are_not_functions() -> None:
    assert Formula("max(a, len(v)) > b").names == {"a", "v", "b"}


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "().__class__",
        "a.b",
        "[x for x in a]",
        "lambda: 1",
        "2**99999",
        "print(1)",
        "max(*a)",
        "f'{a}'",
        "(a := 1)",
        "b'x'",
        "a <",
        "",
    ],
)
def test_refuses_what_is_not_arithmetic(text: str) -> None:
    with pytest.raises(ValueError, match="formula"):
        Formula(text)


@pytest.mark.parametrize("text", ["a/0", "a + 'x'", "v[9]", "sqrt(-a)"])
def test_no_value(text: str) -> None:
    with pytest.raises(ValueError, match="has no value"):
        Formula(text).value({"a": 1, "v": (1,)})
