"""What is read of a program, and how it is put into words."""

from __future__ import annotations

import pytest

from asygrammar import format_asy
from asygrammar.train.asked_descriptions import is_whole
from asygrammar.train.contents import read_contents
from asygrammar.train.describing import describe
from asygrammar.train.sources import Columns, Found, read_source

FIGURES = [
    ("draw((0,0)--(3,4));", "Draw the segment from (0,0) to (3,4)."),
    ("draw(circle((1,2),3),dashed);", "Draw a circle with center (1,2) and radius 3, dashed."),
    (
        "pair A=(0,0),B=(2,0),C=(1,2); draw(A--B--C--cycle,blue); label('$A$',A,S);",
        "Draw the triangle ABC, in blue. Use A = (0,0), B = (2,0) and C = (1,2). Label A.",
    ),
    (
        "size(5cm,0); fill((0,0)--(1,0)--(1,1)--(0,1)--cycle,gray); "
        "dot((0,0)); draw((0,0)..(1,1));",
        "Draw the quadrilateral with corners (0,0), (1,0), (1,1) and (0,1), filled gray; "
        "a point at (0,0); and a smooth curve through (0,0) and (1,1). The size is 5cm.",
    ),
    (
        "path p=shift(2,1)*scale(3)*unitcircle; draw(p); label('r = 3',(0,1));",
        "Draw a circle of radius 1 around (0,0) scaled by 3 and moved by (2,1). "
        'Write "r = 3" at (0,1).',
    ),
    (
        "for(int i=0;i<=5;++i) draw((i,0)--(i,1),Arrow);",
        "Draw for each i from 0 to 5, the segment from (i,0) to (i,1), with an arrow.",
    ),
    ("label('$x$',(1,1));", 'Draw the text "x" at (1,1).'),
    (
        "real f(real x){draw((0,0)--(9,9));return x;} import graph; draw(graph(f,-2,2));xaxis();",
        "Draw the graph of f from -2 to 2 and the x-axis.",
    ),
    ("for(int i=0;i<9;++i) {} " + "dot((0,0));" * 9 + "draw((0,0)--(1,1));", None),
    (
        "draw((0,0)--(7,0)--(0,4)--(0,0)--cycle); draw((0,0)--(7,0)--(0,4)--(0,0));",
        "Draw the triangle with corners (0,0), (7,0) and (0,4); "
        "and the triangle with corners (0,0), (7,0) and (0,4).",
    ),
    ("pair A=(0,0); A=(1,1); dot(A);", "Draw a point at A."),
]


@pytest.mark.parametrize(("program", "wanted"), FIGURES)
def test_describe(program: str, wanted: str | None) -> None:
    contents = read_contents(format_asy(program))
    assert describe(contents) == (wanted or "Draw 9 points and a segment.")


@pytest.mark.parametrize(
    ("program", "objects", "style"),
    [
        ("dot((0,0)); dot((1,1), red); draw((0,0)--(1,1), red+dashed);", 3, ["red", "dashed"]),
        ("filldraw(unitcircle, yellow, black); label('A', (0,0));", 1, None),
        ("label('A', (0,0)); label('B', (1,0));", 2, ["labels"]),
        ("real x = 3;", 0, []),
        ("for (int i = 0; i < 3; ++i) { dot((i,0)); }", 1, []),
    ],
)
def test_objects_and_style(program: str, objects: int, style: list[str] | None) -> None:
    contents = read_contents(format_asy(program))
    assert contents.objects == objects
    assert contents.style == (["black", "yellow", "shaded", "labels"] if style is None else style)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("", False),
        ("Draw a circle", True),
        ("Draw a circle. " * 20, True),
        ("Draw a circle. " * 20 + "Then the radius", False),
        ("Draw a circle. " * 20 + "1. **Points**:", False),
        ("Draw a circle. " * 20 + "at $(0,0)$", True),
    ],
)
def test_is_whole(text: str, whole: bool) -> None:
    assert is_whole(text) == whole


def test_every_kept_figure_of_the_corpus_is_described(corpus: dict[str, str]) -> None:
    """No program is too odd to be read, and every description is whole sentences."""
    for program in list(corpus.values())[::15]:
        try:
            laid_out = format_asy(program)
        except ValueError:
            continue
        text = describe(read_contents(laid_out))
        assert text.startswith("Draw ")
        assert text.endswith(".")
        assert "\n" not in text
        assert len(text) < 1200


def test_columns_of_the_corpus(corpus: dict[str, str]) -> None:
    from conftest import SHARED

    source = SHARED / "corpus" / "exemples_figures.jsonl"
    found = list(read_source(source, Columns("code", "description")))
    assert all(isinstance(one, Found) and one.prompt for one in found)
