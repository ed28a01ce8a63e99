"""The imports that are put in: tables of cases, and laws over real figures."""

import random
import subprocess
from importlib import resources

import pytest

import asygrammar
from asygrammar import add_imports, load_grammar
from asygrammar.compiler import asy_available, compile
from asygrammar.compiler.module_names import OWN_MODULES, read_formals, read_module_names, to_json
from asygrammar.grammar import shipped_modules
from asygrammar.imports import choose_modules, module_names
from asygrammar.parser import AsySyntaxError

needs_asy = pytest.mark.skipif(not asy_available(), reason="asy is not installed")


def added(program):
    """Return the lines in front of a program, which follows unchanged."""
    result = add_imports(program)
    assert result.endswith(program)
    return result[: len(result) - len(program)].splitlines()


def modules(program):
    lines = added(program)
    assert all(line.startswith("import ") for line in lines)
    return [line.removeprefix("import ").removesuffix(";") for line in lines]


MISSING = [
    ("draw(Circle((0,0),1));", "graph"),
    ("real f(real x) {return x^2;} draw(graph(f,0,1));", "graph"),
    ("xaxis(0,5,Arrow); yaxis(Ticks(NoZero));", "graph"),
    ("limits((-4,-4),(4,4),Crop);", "graph"),
    ("draw(rightanglemark((1,0),(0,0),(0,1)));", "olympiad"),
    ("pair F=foot((1,2),(0,0),(3,0)); dot(F);", "olympiad"),
    ("dot(origin);", "olympiad"),
    ("markscalefactor=0.1; draw((0,0)--(1,1));", "olympiad"),
    ("draw(incircle((0,0),(4,0),(0,3)));", "olympiad"),
    ("pair A, B; dot(midpoint(A,B));", "olympiad"),
    ("bool b = cyclic((0,0),(1,0),(1,1),(0,1));", "olympiad"),
    ('MP("A",(0,0));', "cse5"),
    ("pathpen=red; D((0,0)--(1,1));", "cse5"),
    ("pair D=(1,1); D((0,0)--D);", "cse5"),
    ("rr_cartesian_axes(-1,1,-1,1);", "TrigMacros"),
    ("rm_trig_labels(-5,5,2);", "TrigMacros"),
    ("write(csc(1)); dot((0,0));", "math"),
    ("add(grid(3,3)); ", "math"),
    ("draw((0,0)--(1,1),StickIntervalMarker(2,1));", "markers"),
    ("currentprojection=perspective(1,2,3);", "three"),
    ("currentprojection = orthographic(1,1,1); draw(surface(unitcircle3));", "three"),
    ("revolution r = sphere(1); draw(r);", "solids"),
    ("triangle t=triangle((0,0),(1,0),(0,1));", "geometry"),
    ('add("hatch",hatch()); fill(unitcircle,pattern("hatch"));', "patterns"),
    # One module that has both names is enough, and what is imported already counts.
    ("Circle((0,0),1); rr_cartesian_axes(-1,1,-1,1); trig_axes(0,1,0,1);", "TrigMacros"),
    ("import TrigMacros; draw(Circle((0,0),1));", ""),
    ("import graph; draw(Circle((0,0),1));", ""),
    ("import three; dot(O); draw(surface(unitcircle3));", ""),
    ("import solids; currentprojection=perspective(1,2,3);", ""),
    ("import geometry; pair A; dot(incircle((0,0),(1,0),(0,1)).C);", ""),
    # Several, in the order of the table.
    ("D(Circle(foot((0,0),(1,1),(2,0)),1));", "graph olympiad cse5"),
    ("import olympiad; draw(Circle(foot((0,0),(1,1),(2,0)),1));", "graph"),
    # Nothing else has it: nothing certain to say.
    ("draw(A--B);", ""),
    ("frobnicate(1,2);", ""),
]


@pytest.mark.parametrize(("program", "expected"), MISSING)
def test_missing_modules(program, expected):
    assert modules(program) == expected.split()


UNCHANGED = [
    "",
    "\n// nothing but words\n",
    "draw((0,0)--(1,1));",
    "pair foot=(1,1), origin=(0,0); dot(foot); dot(origin);",
    "pair foot(pair P, pair A, pair B) { return P; } dot(foot((0,0),(1,1),(2,2)));",
    "path Circle(pair c, real r) { return circle(c,r); } draw(Circle((0,0),1));",
    "real f(real foot) { return foot; } write(f(1)); dot((0,0));",
    "for (int grid=0; grid<3; ++grid) dot((grid,0));",
    "for (pair O : new pair[] {(0,0)}) dot(O);",
    "typedef real curve(real); curve graph; write(graph(2));",
    "struct surface { real a; } surface s; write(s.a);",
    "pair f(pair Circle(real)) { return Circle(1); }",
    "var Ticks = new void() { dot((0,0)); }; Ticks();",
    # What comes after a point, and an argument's name, are no uses.
    "pair A; write(A.x); struct p { real Ticks; } p q; write(q.Ticks);",
    "real g(real D=1) { return D; } write(g(D=2));",
    "void axes() { import graph; xaxis(0,1); } axes();",
    "import graph as g; draw(g.Circle((0,0),1));",
    'label("$\\frac{1}{2}$",(0,0));',
    'usepackage("amsmath"); label("$\\dfrac12$",(0,0));',
    'texpreamble("\\usepackage{amsmath,amssymb}"); label("$\\dfrac12$",(0,0));',
    # It does not parse.
    "draw(Circle((0,0),1)",
    "Circle(",
]


@pytest.mark.parametrize("program", UNCHANGED)
def test_what_needs_nothing_stays_as_it_is(program):
    assert add_imports(program) == program


@pytest.mark.parametrize(
    ("label", "package"),
    [
        ("$\\text{cm}$", "amsmath"),
        ("$\\dfrac{1}{2}$", "amsmath"),
        ("$\\mathbb{R}$", "amssymb"),
        ("$\\measuredangle A$", "amssymb"),
    ],
)
@needs_asy
def test_a_label_brings_its_package(label, package):
    program = f'label("{label}",(0,0));\n'
    assert added(program) == [f'usepackage("{package}");']
    assert not compile(program, "eps").ok
    assert compile(add_imports(program), "eps").ok


def test_an_environment_brings_its_package():
    # LaTeX has a command of this name, with which the label typesets as something else.
    program = 'label("$\\begin{pmatrix} 1 & 2 \\end{pmatrix}$",(0,0));'
    assert added(program) == ['usepackage("amsmath");']


def test_a_name_counts_only_in_its_scope():
    program = "{ pair foot=(0,0); dot(foot); } dot(foot((0,0),(1,1),(2,0)));"
    assert modules(program) == ["olympiad"]


def test_an_import_in_a_block_counts_only_there():
    program = "void both() { import graph; xaxis(0,1); } both(); yaxis(0,1);"
    assert modules(program) == ["graph"]


def test_a_program_that_fails_on_its_names_draws_with_the_imports():
    programs = [program for program, expected in MISSING if expected in ("olympiad", "graph")]
    for program in programs:
        assert f"import {modules(program)[0]};" in add_imports(program)


OWN_FUNCTIONS = [
    # The module's Circle takes the same and a third argument by default.
    ("path Circle(pair c, real r) { return circle(c,r); } draw(Circle((0,0),1)); xaxis(0,1);", 1),
    (
        "guide graph(real f(real), real a, real b) { return (a,b)--(b,a); }"
        " real g(real x) { return x; } draw(graph(g,0,1)); xaxis(0,1);",
        1,
    ),
    (
        "path rightanglemark(pair A, pair B, pair C) { return A--B--C; }"
        " draw(rightanglemark((0,0),(1,1),(2,2))); dot(incenter((0,0),(1,1),(2,0)));",
        1,
    ),
    ("void axes(real a, real b) { dot((a,b)); } axes(1,2); xaxis(0,1);", 1),
    ("void axes(real a, real b, real c, real d) { dot((a,d)); } axes(1,2,3,4); xaxis(0,1);", 0),
    # What takes the same hides the module's, and what takes something else is told apart.
    (
        "pair foot(pair P, pair A, pair B) { return P; } dot(foot((0,0),(1,1),(2,2)));"
        " dot(origin);",
        0,
    ),
    ("path[] Circle() { return unitcircle^^unitcircle; } draw(Circle()); xaxis(0,1);", 0),
]


@pytest.mark.parametrize(("program", "partly"), OWN_FUNCTIONS)
@needs_asy
def test_a_program_s_own_functions_keep_working(program, partly):
    (line,) = added(program)
    assert line.startswith("from ") == bool(partly)
    assert compile(add_imports(program), "eps").ok
    assert add_imports(add_imports(program)) == add_imports(program)


@pytest.mark.parametrize(
    ("needs", "expected"),
    [
        ([], []),
        ([{"graph"}, {"graph", "TrigMacros"}], ["graph"]),
        ([{"TrigMacros"}, {"graph", "TrigMacros"}], ["TrigMacros"]),
        ([{"olympiad", "geometry"}], ["olympiad"]),
        ([{"geometry"}, {"olympiad", "geometry"}], ["olympiad", "geometry"]),
        ([{"graph", "solids"}, {"solids"}], ["graph", "solids"]),
        ([set()], []),
    ],
)
def test_the_choice_of_modules(needs, expected):
    assert choose_modules(needs) == expected


def test_the_table_has_all_shipped_modules():
    assert set(shipped_modules()) < set(module_names())
    assert set(module_names()) == {"plain", *OWN_MODULES, *shipped_modules()}


@needs_asy
def test_the_table_is_what_the_compiler_says():
    skip_other_versions()
    for module, names in read_module_names((*shipped_modules(), "graph")).items():
        assert set(names) == module_names()[module], module


@pytest.mark.slow
@needs_asy
def test_the_whole_table_is_what_the_compiler_says():
    skip_other_versions()
    file = resources.files("asygrammar.grammars") / "signatures" / "names.json"
    assert file.read_text("utf-8") == to_json(read_module_names(), read_formals())


def skip_other_versions():
    said = subprocess.run(["asy", "--version"], capture_output=True, text=True)
    if "version 2.85 " not in said.stdout + said.stderr:
        pytest.skip("the table is that of asy 2.85")


def parses(program):
    try:
        load_grammar().parser.parse_concrete(program)
    except AsySyntaxError:
        return False
    return True


def top_imports(figure):
    return [
        list(node.words())[1].text
        for statement in load_grammar().parse(figure).children
        for node in statement.children
        if getattr(node, "kind", "") == "import"
    ]


@pytest.fixture(scope="module")
def sample(corpus):
    figures = sorted(corpus.values())
    return random.Random(7).sample(figures, 400)


def test_laws_over_real_figures(sample):
    for figure in sample:
        once = add_imports(figure)
        assert once.endswith(figure)
        assert add_imports(once) == once
        assert parses(once) == parses(figure)
        new = once[: len(once) - len(figure)].splitlines()
        assert len(new) == len(set(new))
        if new:
            assert not set(new) & {f"import {module};" for module in top_imports(figure)}


def test_the_name_is_public():
    assert asygrammar.add_imports is add_imports
