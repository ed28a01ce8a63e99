"""Files of signatures: what they say, how modules are merged, and what is told of their faults."""

import os
import shutil
import subprocess
import sys
import time
from importlib import resources

import pytest

from asygrammar.signature_files import SignatureFault, read_signatures
from asygrammar.signatures import load_signatures, signature_modules
from asygrammar.types import BOOL, INT, PAIR, PATH, PEN, REAL, STRING, Array, Function, Named


def read(text):
    return read_signatures(text, "toy.asy")


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a small plain, for other modules to stand beside."""
    (tmp_path / "plain.asy").write_text("pen red;\npath circle(pair c, real r);\n")
    return tmp_path


PROTOTYPES = [
    "pen red",
    "path circle(pair c, real r)",
    "pen gray(real gray = default)",
    "void draw(picture pic = default, Label L = default, path g, arrowbar arrow = default)",
    "guide graph(real f(real), real a, guide join(... guide[]) = default)",
    "pair bisectorpoint(pair A ... pair[] BC)",
    "void dot(explicit pair z, explicit path[] g)",
    "real[][] inverse(real[][] a)",
    "void write(... string[])",
    "pair operator +(pair a, pair b)",
    "guide operator --(... guide[])",
    "path[] operator ^^(path p, path q)",
    "bool operator ==(pair a, pair b)",
    "real operator cast(int)",
    "string operator ecast(real)",
]


@pytest.mark.parametrize("prototype", PROTOTYPES)
def test_a_prototype_is_read_as_written(prototype):
    (found,) = read(f"{prototype};").declarations
    assert str(found) == prototype


def test_parts_of_a_prototype():
    (found,) = read("void f(pen p = default, explicit pair z ... real[] x);").declarations
    pen, z, x = found.type.parameters
    assert (pen.type, pen.name, pen.has_default) == (PEN, "p", True)
    assert (z.type, z.explicit, z.rest) == (PAIR, True, False)
    assert (x.type, x.rest) == (Array(REAL), True)


def test_several_names_and_lines():
    found = read("\npen red,\n  blue;\nreal pi;").declarations
    assert [(d.name, d.line) for d in found] == [("red", 2), ("blue", 3), ("pi", 4)]


def test_a_name_that_is_a_word_of_the_grammar():
    (found,) = read("string _string(int x);").declarations
    assert found.name == "string"


def test_headings_and_what_is_withheld():
    file = read("// Toys\n\n// Pens\npen red;\n// no heading\n\n// Withheld: odd\nvoid abort();\n")
    assert [title for title, _ in file.sections] == ["Toys", "Pens", "Withheld: odd"]
    assert file.withheld == {"abort"}


FAULTS = {
    "pen red": (1, "no `;`", "put `;`"),
    "pen red;\npath circle(pair c,;": (2, "found `;`", ""),
    "pen red=blue;": (1, "no value", "leave out"),
    "pen p(real x = 2);": (1, "no values", "real x = default"),
    "path f(pair z) { return z; }": (1, "no body", "`;`"),
    "draw((0,0));": (1, "no prototype", "path circle"),
    "if (true) pen red;": (1, "", ""),
    "private pen red;": (1, "private", "leave"),
    "import graph as g;": (1, "its own name", "import graph;"),
    "struct s { int x; draw(x); }": (1, "structure", "prototype"),
    "real operator cast(int, int);": (1, "from one type", "operator cast(int)"),
}


@pytest.mark.parametrize("text", FAULTS)
def test_a_fault_says_where_and_what_to_write(text):
    line, reason, hint = FAULTS[text]
    with pytest.raises(SignatureFault) as caught:
        read(text)
    assert caught.value.line == line
    assert reason in caught.value.reason
    assert hint in caught.value.hint
    assert str(caught.value).startswith(f"toy.asy:{line}: ")


LOADING_FAULTS = {
    "pen p;\nvoid f(pan p);": (2, "unknown type 'pan'", "did you mean 'pen'"),
    "horner[] h;": (1, "unknown type 'horner'", "struct horner {}"),
    "struct s { horner h; }": (1, "unknown type 'horner'", "struct"),
    "typedef a b();\ntypedef int a();": (1, "unknown type 'a'", "above"),
    "typedef a a();": (1, "unknown type 'a'", ""),
    "\nimport nosuch;": (2, "signatures of a module 'nosuch'", "draft nosuch"),
    "import toy;": (1, "'toy' imports itself", "leave"),
}


@pytest.mark.parametrize("text", LOADING_FAULTS)
def test_a_fault_found_when_loading(text, folder):
    line, reason, hint = LOADING_FAULTS[text]
    (folder / "toy.asy").write_text(text)
    with pytest.raises(SignatureFault) as caught:
        load_signatures(("toy",), folder=folder)
    assert (caught.value.file, caught.value.line) == ("toy.asy", line)
    assert reason in caught.value.reason
    assert hint in caught.value.hint


def test_an_unknown_module():
    with pytest.raises(SignatureFault, match=r"module 'grap' \(did you mean 'graph'\?\)"):
        load_signatures(("grap",))
    with pytest.raises(SignatureFault, match=r"there are TrigMacros, .*draft zzz"):
        load_signatures(("zzz",))


def test_a_file_that_is_no_text(folder):
    (folder / "toy.asy").write_bytes(b"pen \xff;")
    with pytest.raises(SignatureFault, match="UTF-8"):
        load_signatures(("toy",), folder=folder)


def test_a_module_is_merged_with_plain(folder):
    (folder / "toy.asy").write_text("struct dog { int legs; }\ndog rex;\npath circle(dog d);")
    library = load_signatures(("toy",), folder=folder)
    assert library.variables["red"] == (PEN,)
    assert library.variables["rex"] == (Named("dog"),)
    assert len(library.functions["circle"]) == 2
    assert library.fields_of(Named("dog")) == {"legs": (INT,)}


def test_what_comes_later_hides(folder):
    """Only the types of the parameters tell functions apart, and variables not at all."""
    text = (
        "typedef real rule(real x);\nint red;\nreal circle(pair center, explicit real r = default);"
    )
    (folder / "toy.asy").write_text(text + "\nrule f;")
    (folder / "other.asy").write_text("import toy;\npair f(real y);\nreal red();")
    library = load_signatures(("toy", "other"), folder=folder)
    assert library.variables["red"] == (INT,)
    assert [str(f) for f in library.functions["red"]] == ["real()"]
    assert [f.result for f in library.functions["circle"]] == [REAL]
    assert "f" not in library.variables
    assert [f.result for f in library.functions["f"]] == [PAIR]


def test_imports_come_with_a_module():
    assert "xaxis" in load_signatures(("TrigMacros",)).functions
    # graph keeps its math to itself.
    assert "drawline" not in load_signatures(("graph",)).functions
    assert "drawline" in load_signatures(("geometry",)).functions


def test_casts_are_those_that_asy_has():
    library = load_signatures()
    assert {REAL, PAIR} <= library.casts[INT]
    assert PEN not in library.casts[INT]
    assert INT not in library.casts[REAL]
    assert INT in library.explicit_casts[REAL]
    assert STRING in library.explicit_casts[INT]
    assert Array(PATH) in library.casts[PATH]


def test_function_values_have_names():
    library = load_signatures()
    assert library.variables["Arrow"] == (Named("arrowbar"),)
    (made,) = library.functions["Arrow"]
    assert made.result == Named("arrowbar")
    full = library.expand(Named("arrowbar"))
    assert isinstance(full, Function)
    assert full.result == BOOL
    assert str(full) == "bool(picture, path, pen, marginT(path, pen))"


def test_fields_of_arrays():
    fields = load_signatures().fields_of(Array(Array(PAIR)))
    assert fields["length"] == (INT,)
    assert [str(t) for t in fields["push"]] == ["pair[](pair[] x)"]
    assert [str(t) for t in fields["append"]] == ["void(pair[][] a)"]


def test_string_is_a_function_too():
    assert len(load_signatures().functions["string"]) == 2


def test_what_does_more_than_draw_is_withheld():
    library = load_signatures()
    assert {"shipout", "write", "abort"} <= library.withheld
    assert library.withheld <= {*library.functions, *library.variables}
    assert not {"draw", "label", "currentpen"} & library.withheld


def test_names_that_the_compiler_refuses_are_not_offered():
    from asygrammar.compiler.refusal import _NAMES, _UNCONTAINED

    library = load_signatures(signature_modules())
    offered = {*library.functions, *library.variables} - library.withheld
    assert not offered & {*_NAMES, *_UNCONTAINED} - {"erase"}


def test_loading_is_fast(tmp_path):
    shipped = resources.files("asygrammar.grammars") / "signatures"
    shutil.copytree(str(shipped), tmp_path / "signatures")
    load_signatures()  # builds the parser
    begin = time.process_time()
    load_signatures(signature_modules(), folder=tmp_path / "signatures")
    assert time.process_time() - begin < 2


def test_names_come_in_one_order():
    """What is written by chance depends on its seed alone, and not on how Python hashes."""
    code = (
        "from asygrammar.signatures import load_signatures as load;"
        "library = load(('geometry', 'graph'));"
        "print(*library.variables, *library.functions)"
    )
    orders = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(orders) == 1
