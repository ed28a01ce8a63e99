"""Programs written out with what they use of the shipped modules, judged by the real compiler."""

import re

import pytest

from asygrammar import add_imports, load_grammar
from asygrammar.compiler import asy_available, compile
from asygrammar.grammar import shipped_modules
from asygrammar.standalone import _read_module, write_out

needs_asy = pytest.mark.skipif(not asy_available(), reason="asy is not installed")
TRIANGLE = "pair A=(0,0), B=(4,0), C=(1,3);\n"

FIGURES = {
    "missing import": TRIANGLE + "draw(A--B--C--cycle); dot(foot(C,A,B)); draw(incircle(A,B,C));",
    "several modules": TRIANGLE
    + 'D(A--B--C--cycle); MP("A",A,SW); draw(rightanglemark(C,foot(C,A,B),B,5));',
    "import at the top": "import olympiad;\n"
    + TRIANGLE
    + "draw(circumcircle(A,B,C)); dot(origin);",
    "imports on one line": "import olympiad; import cse5; size(4cm);\n"
    + TRIANGLE
    + "D(midpoint(A,B)); D(CP(A,B),red);",
    "import further down": "size(5cm);\n" + TRIANGLE + "import olympiad;\ndraw(anglemark(B,A,C));",
    "only some names": "from olympiad access foot, midpoint;\n" + TRIANGLE + "dot(foot(C,A,B));",
    "import under another name": "import olympiad as oly;\n"
    + TRIANGLE
    + "dot(oly.foot(C,A,B)); dot(midpoint(A,B));",
    "a qualified name": "import olympiad;\n" + TRIANGLE + "dot(olympiad.incenter(A,B,C));",
    "a setting": "import olympiad;\nmarkscalefactor=0.1;\n"
    + TRIANGLE
    + "draw(A--B^^A--C);draw(rightanglemark(B,A,C)); add(pathticks(A--B,2));",
    "an overload of its own": "import olympiad;\npair foot(pair P) { return (P.x,0); }\n"
    + TRIANGLE
    + "dot(foot(C)); dot(foot(C,A,(4,1)));",
    "a variable of the same name": "import cse5;\npair D=(1,1);\ndot(D); draw(CR(D,2));\n"
    + "pathpen=red; D(CR((0,0),1));",
    "pens": "pathpen=blue; pointpen=red;\nD(CR(D((0,0)),2)); D(IP(CR((0,0),2),(0,0)--(3,3)));",
    "axes": "rr_cartesian_axes(-3,3,-2,2,complexplane=true);\ndot((1,1));",
    "graph comes along": "import TrigMacros;\nsize(8cm); trig_axes(-4,4,-2,2,pi/2,1);"
    + "\nrm_trig_labels(-5,5,2); real f(real x) { return sin(x); }\ndraw(graph(f,-4,4));",
    "in a scope": TRIANGLE + "{\n  import olympiad;\n  dot(centroid(A,B,C));\n}\ndot(A);",
}


def bare(figure):
    return add_imports(figure, standalone=True)


@pytest.mark.parametrize("name", FIGURES)
@needs_asy
def test_it_compiles_anywhere_and_draws_the_same(name):
    figure = FIGURES[name]
    alone = compile(bare(figure), "png", modules=())
    assert alone.ok, (bare(figure), alone.log)
    assert alone.output == compile(add_imports(figure), "png").output


@pytest.mark.parametrize("name", FIGURES)
def test_no_shipped_module_is_left(name):
    text = bare(FIGURES[name])
    assert load_grammar().parse(text)
    assert not re.search(rf"(import|from) ({'|'.join(shipped_modules())})\b", text)
    assert bare(text) == text


def test_only_what_is_used():
    text = bare(FIGURES["missing import"])
    assert "pair foot(" in text
    assert "real inradius(" in text  # of incircle
    assert "orthocenter" not in text
    assert "pathticks" not in text
    assert "import" not in text


def test_imports_of_asymptotes_own_modules_are_those_needed():
    assert "import graph;" in bare(FIGURES["graph comes along"])
    assert "import" not in bare(FIGURES["axes"])


def test_a_program_without_our_modules_stays_the_same():
    for program in ("draw((0,0)--(1,1));\n", "import graph;\nxaxis();\n", "draw(;\n"):
        assert bare(program) == program
    assert bare("xaxis();\n") == add_imports("xaxis();\n")


@pytest.mark.parametrize("module", shipped_modules())
def test_every_name_of_a_module_is_found(module):
    _, definitions = _read_module(module)
    names = {name for definition in definitions for name in definition.names}
    from asygrammar.signatures import read_module

    assert {found.name for found in read_module(module).declarations} <= names
    assert all(len(definition.names) > 0 for definition in definitions)


@pytest.mark.parametrize("module", shipped_modules())
@needs_asy
def test_each_definition_stands_with_what_it_needs(module):
    from asygrammar.signatures import read_module

    for name in sorted({found.name for found in read_module(module).declarations}):
        text = write_out(module, {name}, {})
        result = compile(f"{text}dot((0,0));", "eps", modules=())
        assert result.ok, (name, text, result.log)


@needs_asy
def test_real_figures(corpus):
    using = []
    for figure in corpus.values():
        lines = add_imports(figure)
        if re.search(rf"\b(import|from) ({'|'.join(shipped_modules())})\b", lines):
            using.append(lines)
    for figure in using[::12]:
        with_import = compile(figure, "png")
        if not with_import.ok:
            continue
        alone = compile(bare(figure), "png", modules=())
        assert alone.ok, (bare(figure), alone.log)
        assert alone.output == with_import.output
