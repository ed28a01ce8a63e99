"""Drafts of signatures: they load as they are, and say what was left out."""

import shutil
import textwrap
from importlib import resources
from pathlib import Path

import pytest

from asygrammar.cli import main
from asygrammar.compiler import asy_available
from asygrammar.compiler.module_names import OWN_MODULES
from asygrammar.signature_drafts import draft_signatures
from asygrammar.signature_pages import describe_module
from asygrammar.signatures import PLAIN, load_signatures, signature_modules

needs_asy = pytest.mark.skipif(not asy_available(), reason="asy is not installed")
SIGNATURES = Path(str(resources.files("asygrammar.grammars"))) / "signatures"

TOY = """
private import math;
import markers;
struct dog { int legs=4; path outline(real size=1) {return unitcircle;}
  void name(string s) {} void name(int n) {} private int secret; }
typedef real rule(real x);
real twice(rule f, real x=1) {return 2f(x);}
rule half(int n) {return new real(real x) {return x/n;};}
dog rex;
pen thin=linewidth(0.2), hidden_pen;
private void hidden() {}
path operator cast(dog d) {return d.outline();}
string string(dog d) {return "dog";}
real(real)[] rules;
"""


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(SIGNATURES, tmp_path / "signatures"))


@needs_asy
def test_a_draft_of_a_module_of_ones_own(tmp_path, folder):
    (tmp_path / "toy.asy").write_text(TOY.replace("real(real)[] rules;\n", ""))
    draft = draft_signatures(str(tmp_path / "toy.asy"))
    for line in (
        "import markers;",
        "struct dog {",
        "  int legs;",
        "  path outline(real size = default);",
        "  // overloaded, which only a person can write: name",
        "typedef real rule(real x);",
        "real twice(rule f, real x = default);",
        "rule half(int n);",
        "dog rex;",
        "string _string(dog d);",
        "path operator cast(dog d);",
    ):
        assert line in draft.splitlines(), draft
    assert "hidden()" not in draft
    assert "math" not in draft
    (folder / "toy.asy").write_text(draft)
    library = load_signatures(("toy",), folder=folder)
    assert "rex" in library.variables
    assert "markangle" in library.functions


@needs_asy
@pytest.mark.parametrize("module", ["rational", "flowchart", "interpolate", "olympiad"])
def test_a_draft_loads_as_it_is(module, folder):
    (folder / f"{module}.asy").write_text(draft_signatures(module))
    assert load_signatures((module,), folder=folder)


@needs_asy
@pytest.mark.slow
@pytest.mark.parametrize("module", OWN_MODULES)
def test_each_draft_loads_as_it_is(module, folder):
    test_a_draft_loads_as_it_is(module, folder)


@needs_asy
def test_a_draft_has_what_the_shipped_file_has(folder):
    (folder / "olympiad.asy").write_text(draft_signatures("olympiad"))
    drafted = load_signatures(("olympiad",), folder=folder)
    shipped = load_signatures(("olympiad",))
    assert drafted.functions == shipped.functions
    assert drafted.variables == shipped.variables


@needs_asy
def test_the_example_of_the_documentation(folder):
    guide = (Path(__file__).parents[2] / "docs" / "extending.md").read_text()
    start = guide.index("// Fractions: ")
    example = textwrap.dedent("       " + guide[start : guide.index("   What the draft")])
    draft = draft_signatures("rational")
    assert all(line in draft for line in example.splitlines() if line.endswith(";"))
    (folder / "rational.asy").write_text(example)
    assert "texstring" in load_signatures(("rational",), folder=folder).functions


@needs_asy
def test_draft_on_the_command_line(tmp_path, capsys):
    target = tmp_path / "olympiad.asy"
    assert main(["grammar", "draft", "olympiad", "-o", str(target)]) == 0
    assert "pair foot(pair P, pair A, pair B);" in target.read_text()
    assert main(["grammar", "draft", "olimpiad"]) == 2
    fault = capsys.readouterr().err
    assert fault == "asygrammar: asy has no module 'olimpiad' (did you mean 'olympiad'?)\n"
    (tmp_path / "toy.asy").write_text("pen p=;")
    assert main(["grammar", "draft", str(tmp_path / "toy.asy")]) == 2
    assert "toy.asy: 1.7: syntax error" in capsys.readouterr().err


@pytest.mark.parametrize("module", [PLAIN, *signature_modules()])
def test_each_module_has_a_page(module):
    page = describe_module(module)
    assert page.startswith(f"{module}: ")
    assert not page.splitlines()[0].endswith(f": {module}"), "the file begins with no heading"


def test_show_on_the_command_line(capsys):
    assert main(["grammar", "show", "--module", "graph"]) == 0
    page = capsys.readouterr().out
    assert "import graph;" in page
    assert "\nAxes\n----\n  void xaxis(" in page
    assert main(["grammar", "show", "--module", "grap"]) == 2
    assert "did you mean 'graph'" in capsys.readouterr().err
    assert main(["grammar", "show"]) == 0
    assert capsys.readouterr().out.startswith("// The K-12 Asymptote subset")
