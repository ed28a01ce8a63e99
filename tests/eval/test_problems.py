"""Problems from the templates and from files of ours and of others."""

from __future__ import annotations

import csv
import json

import pytest
from datasets import Dataset, DatasetDict

from asygrammar.eval.problems import (
    Problem,
    held_out_figures,
    held_out_problems,
    read_problems,
)
from asygrammar.figures import sample_figures
from asygrammar.templates import load_templates

# As asymptote_finetune's test file has them.
FINETUNE = {
    "id": "0124",
    "filename": "fig1200",
    "category": "",
    "tags": "|98|Basis| |68|path|",
    "asy_code": "size(0,0);\n\npair A=0, B=(6cm,0);\n\ndraw(A{dir(90)}..B{dir(180)});",
    "image_path": "images/0124.png",
    "description": "Consider a two-dimensional Cartesian coordinate system.",
}


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def test_held_out_figures_are_from_both_splits():
    figures = held_out_figures(5, seed=7)
    assert len(figures) == 5
    assert figures == held_out_figures(5, seed=7)
    assert figures[:3] == sample_figures(3, seed=7, split="values")
    assert figures[3:] == sample_figures(2, seed=7, split="phrasings")


def test_held_out_problems_are_new_and_spread_over_splits_and_families():
    problems = held_out_problems(20, seed=3)
    assert problems[:2] == held_out_problems(2, seed=3, splits=["values"])
    assert problems[:2] != held_out_problems(2, seed=4, splits=["values"])
    splits = [problem.split for problem in problems]
    assert [splits.count(name) for name in ("values", "phrasings", "combinations")] == [7, 7, 6]
    assert len({problem.id for problem in problems}) == 20
    families = [problem.id.split("/")[1] for problem in problems]
    assert len(set(families)) > 12
    places = {name: place for place, name in enumerate(load_templates())}
    assert max(places[name] for name in families) > 20  # not the first families alone
    with pytest.raises(ValueError, match="held-out split"):
        held_out_problems(3, splits=["train"])


@pytest.mark.parametrize(
    ("row", "prompt", "reference"),
    [
        (FINETUNE, "description", "asy_code"),
        ({"id": "a#p0", "level": "1", "text": "A line.", "code": "draw((0,0));"}, "text", "code"),
        ({"prompt": "A dot.", "reference": "dot((0,0));"}, "prompt", "reference"),
        ({"sentence": "A dot.", "program": "dot((0,0));"}, "sentence", "program"),
    ],
)
def test_files_of_others_are_read_as_they_are(tmp_path, row, prompt, reference):
    (found,) = read_problems(write(tmp_path / "rows.jsonl", [row])).problems
    assert found == Problem(row.get("id", "1"), row[prompt], row[reference])


def test_columns_that_are_named(tmp_path):
    source = write(tmp_path / "rows.jsonl", [{"prompt": "x", "ask": "A dot.", "ref": "dot(0);"}])
    (found,) = read_problems(source, prompt_column="ask", reference_column="ref").problems
    assert (found.prompt, found.reference) == ("A dot.", "dot(0);")
    with pytest.raises(ValueError, match="no row has a column 'no'; there are: prompt, ask, ref"):
        read_problems(source, prompt_column="no")


def test_what_is_no_problem_is_told_and_the_others_go_on(tmp_path):
    path = tmp_path / "rows.jsonl"
    rows = [
        b'{"id": 7, "prompt": "A dot.", "split": "new", "checks": ["midpoint(M,A,B)"]}',
        b'{"prompt": "A \xff dot."}',
        b'{"prompt": 3}',
        b'{"prompt": " "}',
        b'{"prompt": "Fill it.", "task": "fill", "program": "circle(r=1)"}',
        b'{"prompt": "A line.", "program": ["draw"]}',
        b'{"prompt": "' + b"x" * 70_000 + b'"}',
        b'{"prompt": "' + b"x" * 2_000_000 + b'"}',
        b'{"prompt": "A line.", "checks": ["straight(A)"]}',
        b'{"prompt": "A line.", "checks": "midpoint(M,A,B)"}',
        b'{"id": 7, "prompt": "A line.", "program": ""}',
        b'{"prompt": "A squ',
    ]
    path.write_bytes(b"\n".join(rows))
    found = read_problems(str(path))
    assert found.problems == (
        Problem("7", "A dot.", None, "new", ("midpoint(M,A,B)",)),
        Problem("7#2", "A line."),
    )
    places, reasons = zip(*found.rejected, strict=True)
    assert places == tuple(f"row {n}" for n in (*range(2, 11), 12))
    told = [
        "UTF-8",
        "a number",
        "empty",
        "fill",
        "a list",
        "longer",
        "larger",
        "straight",
        "of texts",
    ]
    for reason, expected in zip(reasons, [*told, "middle of the line"], strict=True):
        assert expected in reason


def test_csv_with_lines_in_its_cells(tmp_path):
    path = tmp_path / "rows.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, ["description", "asy_code"])
        writer.writeheader()
        writer.writerow({"description": "Two\nlines, “so”.", "asy_code": "dot((0,0));\n"})
        writer.writerow({"description": "", "asy_code": "x"})
    found = read_problems(str(path))
    assert found.problems == (Problem("1", "Two\nlines, “so”.", "dot((0,0));\n"),)
    assert [place for place, _ in found.rejected] == ["row 2"]


def test_data_sets_that_were_saved_and_folders_with_splits(tmp_path):
    splits = {
        name: Dataset.from_list([{"prompt": f"A {name} dot.", "program": "dot((0,0));"}])
        for name in ("train", "test")
    }
    DatasetDict(splits).save_to_disk(str(tmp_path / "saved"))
    (found,) = read_problems(str(tmp_path / "saved")).problems
    assert found == Problem("1", "A test dot.", "dot((0,0));")
    (tmp_path / "lines").mkdir()
    write(tmp_path / "lines" / "test.jsonl", [FINETUNE])
    assert read_problems(str(tmp_path / "lines")).problems[0].id == "0124"


def test_some_of_them_drawn_at_random(tmp_path):
    source = write(tmp_path / "rows.jsonl", [{"prompt": f"{n} dots."} for n in range(50)])
    some = read_problems(source, count=5, seed=1).problems
    assert some == read_problems(source, count=5, seed=1).problems
    assert some != read_problems(source, count=5, seed=2).problems
    places = [int(problem.id) for problem in some]
    assert places == sorted(places)
    assert len(read_problems(source, count=99).problems) == 50


def test_nothing_to_read(tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    wrong = {
        str(tmp_path / "no.jsonl"): "no such file",
        str(tmp_path / "empty"): "holds no problems",
        write(tmp_path / "none.jsonl", []): "which column",
        write(tmp_path / "other.jsonl", [{"words": "A dot."}]): "There are: words",
        write(tmp_path / "all.jsonl", [{"prompt": ""}]): "no row is a problem; row 1",
    }
    for source, expected in wrong.items():
        with pytest.raises(ValueError, match=expected):
            read_problems(source)
