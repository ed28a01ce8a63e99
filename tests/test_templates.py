"""Template files: what they mean, and the faults that are told with file and line."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from asygrammar.slot_forms import show
from asygrammar.slots import LETTERS, parse_slots
from asygrammar.templates import Template, TemplateError, load_folder, load_templates

GOOD = """\
// family: square
// about: A square.
// grade: 3-5
// level: foundation
// slot s: int 2..12
// slot A B: label
// flag labels
// let d: 2*s
// when: s != 7
// form nice: 2 = two | 3 = three | 4 = 4 | 5 = 5 | 6 = 6 | 7 = 7 | 8 = 8 | 9 = 9 | 10 = ten |
//   11 = 11 | 12 = 12
// words size: side <s:nice>
// say: Draw a square with <size>[labels: and call it <A><B>].
// say labels: Square <A><B>, side <s>.
// held-out: Four sides of <s>.
size(<d>cm);
draw(scale(<s>)*unitsquare);
label("$<A><B>$", (0,0)); //? labels
"""


def load(folder: Path, text: str, name: str = "square") -> Template:
    (folder / f"{name}.asy").write_text(text, encoding="utf-8")
    return load_folder(folder)[name]


def test_fill(tmp_path: Path) -> None:
    template = load(tmp_path, GOOD)
    plain = template.fill({"s": 3, "A": "P", "B": "Q"})
    assert plain.program == "size(6cm);\ndraw(scale(3)*unitsquare);\n"
    labelled = template.fill({"s": 10, "A": "P", "B": "Q", "labels": True})
    assert labelled.program.endswith('label("$PQ$", (0,0));\n')
    saying = template.says[0]
    sentence = template.sentence(saying, labelled, random.Random(0))
    assert sentence == "Draw a square with side ten and call it PQ."


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"s": 3, "A": "P", "labels": True},
            "slot 'B' of square takes a capital letter, not nothing",
        ),
        ({"s": 99, "A": "P", "B": "Q"}, "slot 's' of square takes a whole number 2..12, not 99"),
        ({"s": 2.5, "A": "P", "B": "Q"}, "slot 's'"),
        ({"s": 3, "A": "p", "B": "Q"}, "slot 'A'"),
        ({"s": 7, "A": "P", "B": "Q"}, "square needs s != 7"),
        ({"s": 3, "A": "P", "B": "Q", "z": 1}, "no slot 'z'"),
    ],
)
def test_fill_refuses(tmp_path: Path, values: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load(tmp_path, GOOD).fill(values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("// family: square", "// family: cube", 1, "named as its file"),
        ("// about: A square.", "// abuot: A square.", 2, "no key 'abuot'"),
        ("// about: A square.", "//about A square!", 2, "key: value"),
        ("grade: 3-5", "grade: 3", 3, "one of K-2, 3-5, 6-8, 9-12, not '3'"),
        ("level: foundation", "level: easy", 4, "one of foundation, .*, not 'easy'"),
        ("// grade: 3-5\n", "", 1, "has no grade"),
        ("flag labels", "default: s 4", 7, "a default reads"),
        ("flag labels", "default: z = 4", 7, "declared above"),
        ("flag labels", "default: s = 40", 7, "takes a whole number 2..12, not '40'"),
        ("int 2..12", "integer 2..12", 5, "not 'integer'"),
        ("int 2..12", "int 2 to 12", 5, "does not read"),
        ("int 2..12", "int 12..2", 5, "is empty"),
        ("slot A B:", "slot A s:", 6, "'s' is taken"),
        ("slot A B:", "slot A 2B:", 6, "'2B' is no name"),
        ("flag labels", "flag s", 7, "'s' is taken"),
        ("let d: 2*s", "let d: 2*x", 8, "uses x, not declared"),
        ("when: s != 7", "when: s.real", 9, "do arithmetic"),
        ("2 = two |", "2 = two | 3 |", 10, "a form reads"),
        ("3 = three |", "", 12, "no word for 3"),
        ("<s:nice>", "<s:ugly>", 12, "no form named 'ugly'"),
        ("[labels: and", "[letters: and", 13, "no flag 'letters'"),
        ("a square with", "a {square with", 13, "not closed"),
        ("side <s>.", "side <t>.", 14, "named 't'"),
        ("say labels:", "say corners:", 14, "no flag 'corners'"),
        ("held-out: Four sides of <s>.", "held-out: Four sides.", 15, "leave out <d>"),
        ("with <size>[", "{with <size>|}[", 13, "leave out <d>, which line 16"),
        ("<d>cm", "<e>cm", 16, "named 'e'"),
        ("//? labels", "//? marked", 18, "uses marked"),
        ("scale(<s>)", "scale(<size>)", 17, "is words"),
        ('"$<A><B>$"', '"$<A>$"', 6, "does not use slot 'B'"),
    ],
)
def test_fault_names_file_and_line(
    tmp_path: Path, old: str, new: str, line: int, message: str
) -> None:
    assert GOOD.count(old) >= 1
    with pytest.raises(TemplateError, match=message) as caught:
        load(tmp_path, GOOD.replace(old, new))
    assert str(caught.value).startswith(f"{tmp_path / 'square.asy'}:{line}: ")


def test_a_sentence_may_leave_out_what_has_a_default(tmp_path: Path) -> None:
    told = GOOD.replace("with <size>[", "{with <size>|}[").replace("flag labels", DEFAULTS)
    template = load(tmp_path, told)
    assert template.fill({}).program.startswith("size(6cm);\n")
    rng = random.Random(0)
    for _ in range(200):
        sentence, fill = template.say(rng)
        assert ("s" in fill.told) == ("side" in sentence)
        assert "s" in fill.told or fill.values["s"] == 3
        assert fill.values["A"] != fill.values["B"]
        assert ("A" in fill.told) == bool(fill.values["labels"])


DEFAULTS = "default: s = 3; A = A; B = B\n// flag labels"


def test_impossible_condition(tmp_path: Path) -> None:
    template = load(tmp_path, GOOD.replace("s != 7", "s > 12"))
    with pytest.raises(TemplateError, match="held for none"):
        template.say(random.Random(0))


def test_folder_faults(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no template"):
        load_folder(tmp_path)
    (tmp_path / "_shared.asy").write_text("// slot a: int 1..2\n")
    (tmp_path / "square.asy").write_text(GOOD)
    with pytest.raises(TemplateError, match="only form and words"):
        load_folder(tmp_path)
    (tmp_path / "_shared.asy").write_bytes(b"// form \xff\n")
    with pytest.raises(TemplateError, match="UTF-8"):
        load_folder(tmp_path)


@pytest.mark.parametrize(
    "declaration",
    [
        "int -5..5",
        "real 0.5..9.5",
        "real 2..9 step 0.5",
        "label",
        "color",
        "color red | blue",
        "choice left | right",
        "angle 20..160 step 5",
        "ints 3..6 of 1..9",
        "reals 2..4 of 0.5..2.5 step 0.5",
        "choices 2..3 of cat | dog | fish",
        "labels 2..5",
    ],
)
def test_slots_accept_what_they_draw(declaration: str) -> None:
    (slot,) = parse_slots(["x"], declaration, 1)
    rng = random.Random(0)
    for _ in range(200):
        value = slot.draw(rng)
        assert slot.accepts(value)
        assert slot.read(show(value)) == value
    assert not slot.accepts("no such thing")
    assert not slot.accepts(1000)
    with pytest.raises(ValueError, match=r"slot 'x' takes .* not 'no such thing'"):
        slot.read("no such thing")


def test_labels_of_a_figure_are_different() -> None:
    rng = random.Random(0)
    for _ in range(300):
        _, fill = load_templates()["rectangle"].say(rng)
        letters = [fill.values[name] for name in "ABCD"]
        assert len(set(letters)) == 4
        assert set(letters) <= set(LETTERS)


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (2.5, "", "2.5"),
        (3.0, "", "3"),
        ((3, 5, 2), "", "3, 5, 2"),
        ((3, 5, 2), "and", "3, 5 and 2"),
        (("A", "B"), "run", "AB"),
        (("A", "B"), "quoted", '"A", "B"'),
        (7, "02", "07"),
    ],
)
def test_show(value: object, form: str, text: str) -> None:
    assert show(value, form) == text  # type: ignore[arg-type]


def test_articles(tmp_path: Path) -> None:
    said = GOOD.replace("Draw a square with", "A {angle|square} with a {arc|one|8} and")
    template = load(tmp_path, said)
    fill = template.fill({"s": 3, "A": "P", "B": "Q"})
    rng = random.Random(0)
    found = {template.sentence(template.says[0], fill, rng).split(" and")[0] for _ in range(99)}
    assert found == {
        f"{figure} with {part}"
        for figure in ("An angle", "A square")
        for part in ("an arc", "a one", "an 8")
    }


def test_shipped_families() -> None:
    templates = load_templates()
    named = """right-triangle isosceles-triangle triangle-sides circle regular-polygon angle
        number-line line-graph parabola bar-chart fraction-bar clock"""
    assert set(named.split()) <= set(templates)
    for template in templates.values():
        assert template.about
        assert len(template.says) >= 5
        assert len(template.held_out) >= 2
