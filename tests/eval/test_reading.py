"""Reading samples: every row is one, or says why not."""

from __future__ import annotations

import json

import pytest

from asygrammar.eval.json_lines import LONGEST_ROW
from asygrammar.eval.reading import UnreadableRow, read_samples
from asygrammar.eval.samples import Sample


def write(path, *rows, end="\n"):
    lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    path.write_bytes(b"\n".join(lines) + end.encode())
    return path


def test_our_own_file_comes_back_as_it_was(tmp_path):
    samples = [
        Sample(
            id=f"p/{arm}/{number}",
            problem="p",
            prompt="Draw é.",
            completion="draw((0,0)--(1,0));\n",
            reference=None,
            system="Be brief.",
            arm=arm,
            level="typed",
            mode="program",
            model="m",
            number=number,
            complete=True,
            checks=("right_angle(A, B, C)",),
            split="values",
            cost={"tokens": 7.0},
        )
        for arm in ("free", "typed")
        for number in (0, 1)
    ]
    path = write(tmp_path / "samples.jsonl", *(sample.to_dict() for sample in samples))
    assert read_samples(path) == samples


def test_a_foreign_file_says_its_columns(tmp_path):
    rows = [
        {"name": "a", "answer": "x;", "wanted": "y;", "level": 5, "asked": "Draw x."},
        {"name": "a", "answer": "z;", "wanted": None, "level": 5},
        {"answer": "z;", "must": "midpoint(M, A, B); collinear(A, B, C)"},
    ]
    first, second, third = read_samples(
        write(tmp_path / "foreign.jsonl", *rows),
        completion_column="answer",
        reference_column="wanted",
        prompt_column="asked",
        checks_column="must",
        id_column="name",
    )
    assert (first.id, first.problem, first.number) == ("a", "a", 0)
    assert (first.completion, first.reference, first.prompt) == ("x;", "y;", "Draw x.")
    assert first.level == ""  # somebody else's level, which is no text
    assert (second.id, second.problem, second.number, second.reference) == ("a#2", "a", 1, None)
    assert (third.id, third.prompt) == ("3", "")
    assert third.checks == ("midpoint(M, A, B)", "collinear(A, B, C)")


UNREADABLE = {
    "no JSON": (b"{'completion': 1}", "not JSON"),
    "no object": (b"[1, 2]", "not a JSON object but a list"),
    "nested without end": (b"[" * 100_000, "not JSON"),
    "a number without end": (b'{"completion": ' + b"9" * 10_000 + b"}", "not JSON"),
    "another encoding": ('{"completion": "é"}'.encode("latin-1"), "not UTF-8 text (byte 17"),
    "no completion": ({"reference": ""}, "no column 'completion'"),
    "a null": ({"completion": None}, "'completion' is null"),
    "a number": ({"completion": 3}, "'completion' is a number, not a text"),
    "a list": ({"completion": "", "prompt": [{"role": "user"}]}, "'prompt' is a list"),
    "checks that are none": ({"completion": "", "checks": [1]}, "'checks' is a list"),
    "an unknown check": ({"completion": "", "checks": ["pretty(A)"]}, "pretty"),
    "too large": ({"completion": "x" * LONGEST_ROW}, "larger than 1 MB"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_row_that_cannot_be_read_says_why_and_the_others_go_on(case, tmp_path):
    row, reason = UNREADABLE[case]
    good = {"completion": "draw((0,0)--(1,0));"}
    before, bad, after = read_samples(write(tmp_path / "samples.jsonl", good, row, good))
    assert isinstance(bad, UnreadableRow)
    assert reason in bad.reason
    assert "\n" not in bad.reason
    assert bad.sample.id == "2"
    assert [before.id, after.id] == ["1", "3"]


def test_a_file_that_was_cut_in_a_line(tmp_path):
    rows = [{"completion": "x;"}, b'{"completion": "y']
    whole, cut = read_samples(write(tmp_path / "samples.jsonl", *rows, end=""))
    assert whole.completion == "x;"
    assert "the file ends in the middle of the line" in cut.reason


def test_empty_lines_line_ends_and_a_byte_order_mark_are_no_rows(tmp_path):
    path = tmp_path / "samples.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"completion": "x;"}\r\n\r\n{"completion": "y;"}')
    assert [(it.id, it.completion) for it in read_samples(path)] == [("1", "x;"), ("3", "y;")]


WRONG = {
    "an empty file": (b"", {}, "no row"),
    "a picture": (b"\x89PNG\r\n\x1a\n", {}, "no row can be read; line 1: not UTF-8"),
    "a missing column": (
        b'{"output": "", "prompt": ""}',
        {"completion_column": "text"},
        "no row has a column 'text'; there are: output, prompt",
    ),
    "a missing reference": (
        b'{"completion": ""}',
        {"reference_column": "code"},
        "no row has a column 'code'; there are: completion",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_file_that_is_none_gets_one_line(case, tmp_path):
    data, columns, message = WRONG[case]
    path = tmp_path / "samples.jsonl"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"samples\.jsonl") as fault:
        read_samples(path, **columns)
    assert message in str(fault.value)
    assert "\n" not in str(fault.value)
