"""The scoped grammar: a name is used after its declaration, and not outside its block."""

from __future__ import annotations

import random
import re
import string

import pytest
from grammar_readers import Llguidance
from walks import Walker

from asygrammar import add_imports, check, format_asy, load_grammar
from asygrammar.checking import syntax_faults
from asygrammar.scoped_grammar import MODULES, SLOTS, derive_scoped
from asygrammar.templates import load_templates

ACCEPTED = [
    "draw((0,0)--(1,1));\n",
    "pair A;\ndot(A);\n",
    "pair A = (0,0), B = A+E;\ndraw(A--B);\n",
    "pair[] P = {(0,0), (1,1)};\nfor (pair p : P)\n  dot(p);\n",
    "for (int i = 0, j = 1; i < 3; ++i) {\n  pair P = (i,j);\n  dot(P);\n}\n",
    "real f(real x, real h = 2) {\n  return h*x^2;\n}\ndot((1,f(1)));\n",
    "import graph;\ndraw(graph(new real(real x) { return x^2; }, 0, 1));\n",
    "import graph;\nreal f(real x) {\n  return f(x-1);\n}\ndraw(graph(f, 0, 1));\n",
    "if (true) {\n  pair A = (0,0);\n  dot(A);\n} else\n  dot((1,1));\n",
    'path p = (0,0)--(1,1);\np = p--cycle;\ndraw(p, p=red, L=Label("x"));\n',
    "pair E = (1,1);\ndot(E);\n",
    "import geometry;\npoint A = (0,0);\nline l = line(A, (1,1));\ndraw(l);\n",
    "int n = 3;\nwhile (n > 0) {\n  real x = n;\n  n = n-1;\n}\n",
]
REJECTED = [
    ("dot(A);\n", "never declared"),
    ("pair A = A;\n", "not declared yet"),
    ("pair A = B, B;\n", "declared later"),
    ("for (int i = 0; i < 3; ++i) {\n  pair P;\n}\ndot(P);\n", "declared in a block that is over"),
    ("for (int i = 0; i < 3; ++i)\n  dot((i,i));\ndot((i,0));\n", "a loop's own name after it"),
    ("real f(real x) {\n  return x;\n}\ndot((x,0));\n", "a parameter outside its function"),
    ("real f(real x = x) {\n  return x;\n}\n", "a parameter in its own default"),
    ("draw(graph(new real(real x) { return y; }, 0, 1));\n", "not the parameter"),
    ("draw(graph(f, 0, 1));\n", "a module that is not imported"),
    ("xaxis();\n", "a module that is not imported"),
    ("point A = (0,0);\n", "a type of a module that is not imported"),
    ("pen A = red;\n", "a type that the slot does not take"),
    ("real if = 3;\n", "a keyword"),
    ("real width = 3;\n", "no slot"),
    ("dot(pair(1,2));\n", "a type that is no function"),
]
# Pieces that declare and use, so that walks do so often.
PIECES = [
    *string.ascii_uppercase,
    *["draw", "dot", "label(", "pair ", "real ", "path ", "for (int i", "import graph", "xaxis"],
    *["pair A = (0,0)", "real x = 1", "pair A, B", ";\n", "A", "B", ", i", "i", "x", " {\n", "}\n"],
    *["import geometry;\n", "point P = ", "line l", "import three;\n", "import olympiad;\n"],
    *["new real(real x)", "real f(real x) {\n", "return x", "(pair P : "],
]


@pytest.fixture(scope="module")
def scoped() -> Llguidance:
    return Llguidance("lark", load_grammar().export(scoped=True))


@pytest.mark.parametrize("text", ACCEPTED)
def test_accepted(scoped, text):
    assert format_asy(text) == text
    assert scoped.accepts(text)


@pytest.mark.parametrize(("text", "why"), REJECTED)
def test_rejected(scoped, text, why):
    assert not scoped.accepts(text), why


def test_families_of_figures_are_accepted_unless_they_declare_other_names(scoped):
    chance, slots = random.Random(1), {name for row in SLOTS for name in row.names}
    accepted = []
    for name, template in load_templates().items():
        for _ in range(3):
            program = format_asy(template.say(chance)[1].program)
            declared = set(re.findall(r"\b[a-z]\w*(?:\[\])* (\w+)(?= =|\()", program))
            accepted.append(scoped.accepts(program))
            assert accepted[-1] or declared - slots, (name, program)
    assert sum(accepted) > 0.4 * len(accepted)


def test_most_real_figures_are_accepted(scoped, corpus):
    """The rest declare names that are no slots."""
    figures = [code for code in list(corpus.values())[::8] if not syntax_faults(code)]
    accepted = [scoped.accepts(add_imports(format_asy(code))) for code in figures]
    assert sum(accepted) >= 0.6 * len(accepted)


def walk_all(seeds: range) -> None:
    walker = Walker(load_grammar().export(scoped=True, comments=False), PIECES)
    walks = [text for seed in seeds if (text := walker.walk(seed, soft_limit=60))]
    assert len(walks) > 0.9 * len(seeds)
    declaring = 0
    for text in walks:
        assert syntax_faults(text) == [], text
        undeclared = [fault for fault in check(text) if type(fault).__name__.startswith("Undecl")]
        assert undeclared == [], text
        declaring += any(f"{row} " in text for row in ("pair", "real", "for (int"))
    assert declaring > 0.2 * len(walks)


def test_random_walks_use_no_undeclared_name():
    walk_all(range(600))


@pytest.mark.slow
def test_many_random_walks_use_no_undeclared_name():
    walk_all(range(1000, 21000))


def test_no_rule_takes_a_name_that_is_not_looked_up():
    """A new rule of asy.lark that does must be said otherwise in scoped.lark, too."""
    rules = derive_scoped(load_grammar().lark).rules
    names = {name for name, body in rules.items() if "NAME" in body.split()}
    assert names == {"name", "member", "named"}  # behind a dot, or before the = of an argument
    assert rules["name"].split()[0] == "use"


def test_slots_and_modules_fit_in_the_number():
    names = [name for row in SLOTS for name in row.names]
    assert len(names) == len(set(names))
    assert len(set(names) | set(MODULES)) - len("EINSW") <= 64
