"""Programs that the level `typed` accepts, refuses, or cannot take as whole yet."""

from __future__ import annotations

import pytest

from asygrammar.decoding.levels import LEVELS
from asygrammar.decoding.models import load_model
from asygrammar.decoding.typed import TypedRow
from asygrammar.grammar import load_grammar

ACCEPTED = [
    "draw((0,0)--(1,1));\n",
    "pair A = (0,0), B = A+(1,2);\ndraw(A--B, red+linewidth(2), Arrow(6));\n",
    'pair N = (0,1);\nlabel("$\\frac{1}{2}x^2$", N, align=S, p=fontsize(8));\n',
    "real f(real x) {\n  return x^2-1;\n}\nimport graph;\ndraw(graph(f, -1, 1));\n",
    "for (int i = 0; i < 3; ++i) {\n  dot((i,i));\n}\n",
    "int n = 3;\nfor (int i = 0; i <= n; ++i)\n"
    "  if (i > 1)\n    dot((i,0));\n  else\n    dot((0,i));\n",
    "void mark(pair P, real r = 0.1) {\n  draw(circle(P, r));\n}\n"
    "mark((1,1));\nmark((2,2), 0.5);\n",
    "pair[] P = {(0,0), (1,0), (1,1)};\ndraw(P[0]--P[1]--P[2]--cycle);\nP.push((2,2));\n",
    "path p = (0,0){up} .. {right}(1,1);\ndraw(rotate(90)*p, dashed);\n",
    "import olympiad;\npair A = (0,0), B = (4,0), C = (0,3);\ndraw(rightanglemark(B, A, C));\n",
    "real r = 3;\nr *= 2;\n++r;\nsize(2cm);\n",
    "import three;\ntriple A = (0,0,1);\ndraw(A--(1,0,0));\n",
    'real x = 2;\nlabel("$x="+string(x)+"$", (0,x));\n',
    'real x = 2;\nlabel(format("$%.1f$", x), (0,0));\n',
    'label("$("+string(2)+", "+format("%d", 3)+")$", (0,0));\n',
    'import graph;\nxaxis("$x$", -1, 1, Ticks("%", Step=1, Size=2), p=red, Arrow);\n',
    "for (int i = 0; i < 3; ++i) {\n  fill(unitsquare, i < 2 ? red+white : white);\n}\n",
    "pair A = (1,2);\nreal x = A.x > 0 ? A.x : 0;\n",
    'string s = upcase("abc")+replace("a-b", "-", "+");\npath p = reverse((0,0)--(1,1));\n',
    "import graph3;\nreal f(pair z) {\n  return 1;\n}\nguide3 g = graph(f, unitcircle);\n",
    "bool b = BeginPoint == MidPoint;\nframe f;\nadd(f, f, true, UnFill);\n",
    "pair A = true ? (1,2) : MidPoint;\nA = true ? BeginPoint : MidPoint;\n",
    "path p = true ? (0,0)--(1,1) : unitcircle;\np = true ? unitsquare : unitcircle;\n"
    "p = true ? (0,0)--(1,1) : (0,0)--(2,1);\n",
]
# Up to the bar a program may begin so; what follows the bar cannot go on with it.
REFUSED = [
    "draw(A|--B);\n",
    "pair A = (0,0);\ndraw(A--B|);\n",
    "pen p = 2|;\n",
    "fill(unitsquare, true ? red : 2|);\n",
    "int i = 2.5|;\n",
    "label(3|, (0,0));\n",
    "draw((0,0)--(1,1), 2|);\n",
    "for (int i = 0; i < 3; ++i) {\n  dot((i,i));\n}\ndot((i|,0));\n",
    "real f(real x) {\n  real y = x;\n|}\n",
    "import |nosuch;\n",
    'label("$\\in|put{x}$");\n',
    'label("$x^2|^3$");\n',
    "draw(circle((0,0)|));\n",
    "b|reak;\n",
    "pair A = (0,0);\nA|.x = 3;\n",
    "draw((0,0)--(1,1), p=red, p|=blue);\n",
    "s|hipout();\n",
    'string s = format("%f", 1|);\n',
    'string s = upcase("|\\tt");\n',
    'string s = reverse("|$x$");\n',
    'string s = "$x$";\ndot(upcase(|s), (0,0));\n',
    "string s = de|faultformat(2);\n",
    # Random programs found what asy calls ambiguous:
    "bool b = BeginPoint == |exp((1,2));\n",
    "frame f;\nadd(f, f, true, fill|type=UnFill);\n",
    "import three;\nsurface s = surface(|);\n",
    "import graph3;\nreal f(pair z) {\n  return 1;\n}\ntriple f(path p, real t) {\n"
    "  return (0,0,1);\n}\nguide3 g = graph(f|, unitcircle);\n",
    'label("$90\\deg|ree$", (0,0));\n',
    "pair A;\nA = true ? (1,2) : MidPoint|;\n",
    "path p;\np = true ? (0,0)--(1,1) : unitcircle|;\n",
]
INCOMPLETE = [
    "draw((0,0)",
    "for (int i = 0; i < 3; ++i) {\n  dot((i,i));\n",
    "pair A = (0,0)",
    'label("$x',
]


@pytest.fixture(scope="module")
def matchers():
    constraint = LEVELS["typed"].build(load_model(), load_grammar())
    return constraint._matchers


def walk(matchers, text):
    """Return a row that has read as much of a text as it accepts, and how many characters."""
    row, count = TypedRow(matchers), 0
    for character in text:
        tokens = matchers.llg_tokenizer.tokenize_str(character)
        if row.accepts(tokens) < len(tokens):
            break
        for token in tokens:
            row.advance(token)
        count += 1
    return row, count


@pytest.mark.parametrize("program", ACCEPTED)
def test_accepted(matchers, program):
    row, count = walk(matchers, program)
    assert program[:count] == program
    assert row.accepting


@pytest.mark.parametrize("program", REFUSED)
def test_refused(matchers, program):
    start, _, rest = program.partition("|")
    _, count = walk(matchers, start + rest)
    assert (start + rest)[:count] == start


@pytest.mark.parametrize("program", INCOMPLETE)
def test_incomplete(matchers, program):
    row, count = walk(matchers, program)
    assert count == len(program)
    assert not row.accepting


def test_what_is_accepted_type_checks(matchers):
    from asygrammar import check

    for program in ACCEPTED:
        assert check(program) == [], program


def test_rows_are_independent(matchers):
    one, _ = walk(matchers, "pair A = (0,0);\n")
    other, _ = walk(matchers, "real A = 1;\n")
    tokens = matchers.llg_tokenizer.tokenize_str("draw(A--A);\n")
    assert one.accepts(tokens) == len(tokens)
    assert other.accepts(tokens) < len(tokens)


def test_what_comes_again_is_not_built_again(matchers):
    walk(matchers, ACCEPTED[1])
    misses = matchers.misses
    walk(matchers, ACCEPTED[1])
    assert matchers.misses == misses
