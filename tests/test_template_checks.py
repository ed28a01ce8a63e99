"""`templates check`: every fault of every file is told, with the file, the line and what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from asygrammar.template_checks import check_templates, shipped_folder
from asygrammar.template_draws import choose_draws, spell
from asygrammar.templates import load_templates
from asygrammar.text_places import TextLayout, look_at

GOOD = """\
// family: NAME
// about: A square.
// grade: 3-5
// level: foundation
// slot s: int 2..12
// slot A B: label
// default: s = 4; A = A; B = B
// flag labels
// let d: 2*s
// when: s != 7
// say: Zomply vorn grebble <s>[labels: and call it <A><B>].
// say labels: Zomply <A><B>, grebble <s>.
// held-out: Four blinky sprods of <s>.
size(4cm);
draw(box((0,0), (<s>,<d>)));
label("$<s>$", (<s>/2,0), S);
label("$<A>$", (0,0), SW); //? labels
label("$<B>$", (0,<d>), NW); //? labels
"""

PICTURE = GOOD[GOOD.index("draw(") :]

# What to change in the good template, the lines that get a fault, and what is told of each.
BAD: dict[str, tuple[list[tuple[str, str]], list[tuple[int, str]]]] = {
    "two-unread": (
        [("int 2..12", "int 12..2"), ("foundation", "hard")],
        [(4, "level is one of .*, not 'hard'"), (5, "is empty: the smaller number goes first")],
    ),
    "no-grade": (
        [("// grade: 3-5\n", ""), ("/2,0), S", "/2,0), S, <q>")],
        [(1, "the file has no grade"), (15, "no slot, let or words named 'q'")],
    ),
    "unused": ([('label("$<B>$", (0,<d>), NW); //? labels\n', "")], [(6, "does not use slot 'B'")]),
    "unused-let": (
        [("(<s>,<d>)", "(3,3)"), ("(<s>/2", "(2"), ('"$<s>$"', '"$a$"'), ("(0,<d>)", "(0,3)")],
        [(5, "does not use slot 's': use or remove it")],
    ),
    "impossible": ([("s != 7", "s > 12")], [(10, "no draw meets this condition: widen a range")]),
    "impossible-both": (
        [("// when: s != 7", "// when: s < 6\n// when: d > 14")],
        [(11, "no draw meets this condition together with those above it")],
    ),
    "bad-default": (
        [
            ("grebble <s>.", "grebble."),
            ("s != 7", "s != 4"),
            ('label("$<s>$", (<s>/2,0), S);\n', ""),
        ],
        [(12, "where this sentence leaves slots at their defaults: change a default")],
    ),
    "no-value": ([("s != 7", "10/(s-5) < 99")], [(10, "'10/\\(s-5\\) < 99' has no value: div")]),
    "no-word": (
        [("// when", "// form few: 4 = 4\n// when"), ("(0,<d>)", "(0,<d:few>)")],
        [(19, "the form 'few' has no word for [0-9]+, a value of <d>")],
    ),
    "type-fault": (
        [("box((0,0)", 'box("a"')],
        [(15, "no matching function .*, for s=[0-9]+ A=[A-Z] B=[A-Z]")],
    ),
    "some-draw": (
        [("/2,0), S)", "/2,1/(<s>-12)), S)")],
        [(16, "Divide by zero.*, for s=12 A")],
    ),
    "decorated": ([('"$<B>$"', '"$<B>_$"')], [(18, "braces|want something .*, for s=.* labels$")]),
    "unread-program": (
        [("(<s>,<d>)));", "(<s>,<d>))")],
        [(15, "this `\\(` is never closed .*, for s=")],
    ),
    "spaces": (
        [("(<s>,<d>)", "( <s>, <d>)")],
        [(15, "layout, which is `draw\\(box\\(\\(0,0\\), ")],
    ),
    "nothing": (
        [(PICTURE, 'pair z = (<s>,<d>);\nstring t = "<A><B>";\n')],
        [(14, "but draws nothing .*, for s=[0-9]+ ")],
    ),
    "overlap": ([("(0,<d>), NW", "(0,0), SW")], [(18, "lies on one of line 17: .* labels$")]),
    "cut": (
        [("//? labels\nlabel(", "//? labels\nclip(box((0,0), (9,9)));\nlabel(")],
        [(16, "a clip further down cuts this text off"), (17, "a clip further down")],
    ),
    "large": ([("4cm", "40cm")], [(14, "a page has 482 by 680: make it smaller")]),
    "small": (
        [("size(4cm)", "unitsize(1)"), ('label("$<s>$", (<s>/2,0), S);\n', "")],
        [(14, "too small to see: make it larger, as size\\(5cm\\); does")],
    ),
    "own-words": (
        [
            ("vorn grebble <s>[", "vorn grebble strink <s>["),
            ("Four", "A zomply vorn grebble strink"),
        ],
        [(13, "trained one at .*own-words.asy:11 share the words 'zomply vorn grebble strink'")],
    ),
    "shipped-words": (
        [("Four blinky sprods of", "What does a clock have of")],
        [(13, "the trained one at .*/clock.asy:[0-9]+ share the words 'what does a clock'")],
    ),
    "words-held-out": (
        [("Zomply vorn grebble <s>[", "Lesson on telling time <s>[")],
        [(11, "the held-out one at .*/clock.asy:[0-9]+ share the words 'lesson on telling time'")],
    ),
}


@pytest.fixture(scope="module")
def faults(asy: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[int, str]]]:
    """The faults of all files, checked at once, by the file's name."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "_words.asy").write_text("// words kind: {square|box}\n")
    write(folder, "good", GOOD)
    for name, (changes, _) in BAD.items():
        text = GOOD
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        write(folder, name, text)
    found: dict[str, list[tuple[int, str]]] = {}
    told = check_templates([folder], draws=8)
    assert told == sorted(told, key=lambda fault: (fault.path, fault.line))
    for fault in told:
        assert str(fault) == f"{fault.path}:{fault.line}: {fault.message}"
        found.setdefault(fault.path.stem, []).append((fault.line, fault.message))
    return found


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.asy"
    path.write_text(text.replace("NAME", name), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", BAD)
def test_faults(faults: dict[str, list[tuple[int, str]]], name: str) -> None:
    wanted = BAD[name][1]
    assert [line for line, _ in faults[name]] == [line for line, _ in wanted], faults[name]
    for (_, told), (_, message) in zip(faults[name], wanted, strict=True):
        assert re.search(message, told), told


def test_a_good_template_has_none(faults: dict[str, list[tuple[int, str]]]) -> None:
    assert set(faults) == set(BAD)


def test_files_of_several_folders(asy: str, tmp_path: Path) -> None:
    """Two of one name are told; what uses shared words that do not read is not told again."""
    for folder in ("one", "other", "shared"):
        (tmp_path / folder).mkdir()
    one = write(tmp_path / "one", "good", GOOD)
    other = write(tmp_path / "other", "good", GOOD)
    words = tmp_path / "shared" / "_words.asy"
    words.write_text("// words kind: {square\n// wrods box: a\n")
    using = write(tmp_path / "shared", "using", GOOD.replace("Four blinky", "<kind> blinky"))
    faults = check_templates([one, other, using], draws=2)
    told = [(fault.path, fault.line, fault.message) for fault in faults]
    same = f"the family 'good' is in {one}, too: rename file and family of one"
    assert told == [
        (words, 1, "a bracket is not closed: '}' is missing"),
        (words, 2, "a shared file holds only form and words"),
        (other, 1, same),
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [("none", "holds no template"), ("a.txt", "a template's name ends in .asy")],
)
def test_what_is_no_template(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "none").mkdir()
    with pytest.raises(ValueError, match=message):
        check_templates([tmp_path / name])


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        check_templates([tmp_path / "nowhere.asy"])


def test_some_shipped_families(asy: str) -> None:
    """All of them are checked by `make bench`; these have the most texts and decorations."""
    names = ("clock", "bar-chart", "triangle-sides", "parabola")
    paths = [shipped_folder() / f"{name}.asy" for name in names]
    assert [str(fault) for fault in check_templates(paths, draws=10)] == []


def test_the_template_of_the_walk_through(asy: str, tmp_path: Path) -> None:
    page = (Path(__file__).parents[1] / "docs" / "extending.md").read_text(encoding="utf-8")
    text = page[page.index("       // family: cross") :].partition("\n\n")[0]
    path = tmp_path / "cross.asy"
    path.write_text("".join(f"{line[7:]}\n" for line in text.splitlines()), encoding="utf-8")
    assert [str(fault) for fault in check_templates([path], draws=10)] == []


@pytest.mark.slow
def test_all_shipped_families(asy: str) -> None:
    assert [str(fault) for fault in check_templates(draws=60)] == []


def test_draws_reach_the_ends_of_the_ranges() -> None:
    template = load_templates()["right-triangle"]
    fills, faults = choose_draws(template, 20)
    assert not faults
    assert len({fill.program for fill in fills}) == 20
    assert {fill.values[flag] for fill in fills for flag in template.flags} == {True, False}
    for slot in ("a", "b"):
        values = [float(str(fill.values[slot])) for fill in fills]
        assert min(values) <= 2.5
        assert max(values) >= 14.5
    assert choose_draws(template, 20)[0] == fills
    given = dict(part.split("=") for part in spell(template, fills[0]).split() if "=" in part)
    read = {name: template.slots[name].read(value) for name, value in given.items()}
    flags = {flag: fills[0].values[flag] for flag in template.flags}
    assert template.fill(read | flags).program == fills[0].program


def test_look_at(asy: str) -> None:
    """Programs run together are told apart; texts are measured, and known by their lines."""
    programs = [
        "size(5cm);\nif (1 < 2) {\n  draw((0,0)--(9,9));\n} else {\n  draw((0,0)--(9,0));\n}\n"
        'pair z = (9,9);\nlabel("A", z, NE);\ndot("$B$", (0,0), SW);\n',
        "draw((0,0)--(1,1)\n",
        "real x = 1;\n",
        'write("@x 1 2@");\nreal x = 2;\n'
        'for (int i = 0; i < 2; ++i) {\n  label("M", (40i,0));\n}\n',
        'label("$x_$", (0,0));\n',
    ]
    one, syntax, nothing, two, tex = look_at(programs)
    assert isinstance(one, TextLayout)
    assert [text.line for text in one.texts] == [8, 9]
    assert abs(one.width - 141.7) < 1
    assert one.texts[0].left > one.texts[1].right
    assert isinstance(two, TextLayout)
    assert [text.line for text in two.texts] == [3, 3]
    widths = [text.right - text.left for text in two.texts]
    assert all(9 < width < 13 for width in widths)  # an M of 12 points
    assert abs(two.texts[1].left - two.texts[0].left - 40) < 0.2
    assert two.texts[0].overlap(two.texts[1]) < 0
    assert not isinstance(syntax, TextLayout)
    assert syntax.diagnostics[0].span is not None
    assert [str(look.status) for look in (nothing, tex) if not isinstance(look, TextLayout)] == [
        "drew nothing",
        "failed",
    ]
    assert look_at([]) == []
