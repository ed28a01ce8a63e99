"""The commands `asygrammar templates ...`, and the gallery."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest

from asygrammar import format_asy
from asygrammar.cli import main
from asygrammar.gallery import show_piece, write_gallery
from asygrammar.template_draws import spell
from asygrammar.templates import load_templates

DOCS = Path(__file__).resolve().parents[1] / "docs"


def fill_square(*, labels: bool) -> list[str]:
    """Arguments that fill the square, however many slots it has by now."""
    template = load_templates()["square"]
    flags = {flag: labels and flag == "labels" for flag in template.flags}
    values = spell(template, template.draw(random.Random(1), flags))
    return ["templates", "fill", "square", *values.split()]


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["templates", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(load_templates())
    assert main(["templates", "list", "--grade", "K-2", "--level", "foundation", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert "clock" in [row["family"] for row in rows]
    assert {(row["grade"], row["level"]) for row in rows} == {("K-2", "foundation")}


def test_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["templates", "show", "clock"]) == 0
    page = capsys.readouterr().out
    for part in ("h: a whole number 1..12", "grade K-2", "  int h = <h>;", "//? color"):
        assert part in page
    assert main(["templates", "show", "clock", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert len(facts["sentences"]) == 5
    assert all(f"  {sentence}\n" in page for sentence in facts["sentences"])
    assert facts["slots"]["m"]["takes"] == "a whole number 0..59"


def test_fill(capsys: pytest.CaptureFixture[str], asy: str, tmp_path: Path) -> None:
    picture = tmp_path / "square.svg"
    arguments = fill_square(labels=True)
    assert main([*arguments, "-o", str(picture)]) == 0
    program = capsys.readouterr().out
    assert format_asy(program) == program
    values = dict(argument.split("=") for argument in arguments if "=" in argument)
    assert f"${values['A']}$" in program
    assert b"<svg" in picture.read_bytes()
    assert main([*arguments, "-o", "square.gif"]) == 2
    assert "cannot tell the format" in capsys.readouterr().err
    assert main(fill_square(labels=False)) == 0
    assert f"${values['A']}$" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (("cube",), "there is no family 'cube': see asygrammar templates list"),
        (("rectangel",), "did you mean rectangle?"),
        (("square", "s=99"), "slot 's' takes a number 2..20, not '99'"),
        (("square", "s=x"), "slot 's' takes a"),
        (("square", "s"), "s is a slot: write s=..."),
        (("square", "z=3"), "square has no slot 'z' (it has s, "),
        (("square", "blue"), "square has no slot 'blue'"),
        (("square", "labels=1"), "labels is a decoration: write labels alone"),
        (("square", "s=3", "s=4"), "s is given twice"),
    ],
)
def test_fill_refuses(
    capsys: pytest.CaptureFixture[str], values: tuple[str, ...], message: str
) -> None:
    assert main(["templates", "fill", *values]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert message in said.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("list", "--grade", "4"), "a grade is one of K-2, 3-5"),
        (("list", "--level", "hard"), "a level is one of foundation"),
        (("check", "nowhere.asy"), "nowhere.asy: No such file"),
        (("check", "--draws", "0"), "--draws must be 1 or more"),
        (("gallery", "-o", "nowhere/gallery.md"), "there is no folder nowhere"),
    ],
)
def test_bad_arguments(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    assert main(["templates", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_check_tells_faults(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "cube.asy"
    path.write_text("// family: cube\n// grade: 4\ndraw((0,0)--(1,<x>));\n")
    assert main(["templates", "check", str(path)]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith(f"{path}:1: the file has no ")
    assert f"{path}:2: grade is one of K-2, 3-5, 6-8, 9-12, not '4'" in told
    assert f"{path}:3: no slot, let or words named 'x': declare it above" in told
    assert main(["templates", "check", "--json", str(path)]) == 1
    rows = json.loads(capsys.readouterr().out)
    assert [f"{row['file']}:{row['line']}: {row['message']}" for row in rows] == told


def test_gallery_is_the_same_every_time(asy: str, tmp_path: Path) -> None:
    templates = [load_templates()[name] for name in ("clock", "parabola")]
    pages = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_gallery(tmp_path / name / "gallery.md", templates)
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        pages.append({path.relative_to(tmp_path / name): path.read_bytes() for path in files})
    assert pages[0] == pages[1]
    assert sorted(map(str, pages[0])) == [
        "gallery.md",
        "images/gallery/clock.svg",
        "images/gallery/parabola.svg",
    ]
    text = pages[0][Path("gallery.md")].decode()
    assert text.index("Grades K-2") < text.index("**clock**") < text.index("Grades 9-12")
    assert show_piece(templates[0])[0] in text


def test_the_gallery_in_docs_shows_every_family() -> None:
    page = (DOCS / "gallery.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"\*\*([a-z0-9-]+)\*\*", page)) == sorted(load_templates())
    pictures = [DOCS / name for name in re.findall(r"\((images/gallery/.*?)\)", page)]
    assert len(pictures) == len(load_templates())
    assert sum(picture.stat().st_size for picture in pictures) < 3e6
