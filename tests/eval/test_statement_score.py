"""The share of a program's statements that run, by a live compiler."""

from __future__ import annotations

import random
import time

import pytest

from asygrammar.compiler import CompilerSession, asy_available
from asygrammar.eval.statement_score import statements_run, top_level_statements
from asygrammar.layout import format_asy, statements_of
from asygrammar.parser import AsySyntaxError


@pytest.fixture(scope="module")
def session():
    if not asy_available():
        pytest.skip("asy is not installed")
    with CompilerSession(timeout=2.0) as one:
        yield one


@pytest.mark.parametrize(
    ("program", "statements"),
    [
        ("", []),
        ("// nothing\n", []),
        ("size(5cm); dot((0,0));", ["size(5cm);\n", "dot((0,0));\n"]),
        (
            "for(int i=0;i<3;++i) {dot((i,0));}",
            ["for (int i = 0; i < 3; ++i) {\n  dot((i,0));\n}\n"],
        ),
        # From here on, texts that do not parse.
        ("dot(A); dra w B; dot(C);", ["dot(A);", "dra w B;", "dot(C);"]),
        ("dot(A);\ndraw(A--", ["dot(A);", "draw(A--"]),
        ("dot((0,0);\ndot(B);", ["dot((0,0);", "dot(B);"]),
        ("dot((0,0));)\ndot(B);", ["dot((0,0));", ")\ndot(B);"]),
        ("do {x=1;} while (x<1); dot(A); )", ["do {x=1;} while (x<1);", "dot(A);", ")"]),
        ("if (a) {b();} else {c();} d(); )", ["if (a) {b();} else {c();}", "d();", ")"]),
        ("if (a) b(); else c(); d(); )", ["if (a) b(); else c();", "d();", ")"]),
        ("for (;;) {f();} while (a) {f();} )", ["for (;;) {f();}", "while (a) {f();}", ")"]),
        ("int f(int x) {return x;} f(1); )", ["int f(int x) {return x;}", "f(1);", ")"]),
        ("int[] a = {1, 2}; f(a); )", ["int[] a = {1, 2};", "f(a);", ")"]),
        ("for (;;) {\nf((1;\n}\ndot(A);", ["for (;;) {\nf((1;\n}", "dot(A);"]),
        ("It's so:\ndot(A);\ndot(B); )", ["It's so:\ndot(A);", "dot(B);", ")"]),
    ],
)
def test_statements(program, statements):
    assert top_level_statements(program) == statements


@pytest.mark.parametrize(
    ("program", "share"),
    [
        ("", 0.0),
        ("// nothing\n", 0.0),
        ("size(5cm);\ndot((0,0));\n", 1.0),
        ("pair A = (0,0);\ndot(B);\ndot(A);\nlabel(A);\n", 2 / 4),
        ("pair A = B;\ndot(A);\n", 0.0),  # what stands on a refused one is refused
        ("pair A = (0,0);\nfor (int i = 0; i < 2; ++i) {\n  dot(B);\n}\n", 1 / 2),
        ("int i = 1;\nint j = i # 0;\nint k = i;\n", 2 / 3),  # a fault at run time
        ('dot((0,0));\nlabel("$x_$", (0,0));\n', 1 / 2),  # and one in TeX
        ("Here is the code:\nsize(5cm);\ndot((0,0));\ndraw((0,0)--(1,", 1 / 3),
        ("import graph;\nimport nothing_of_this_name;\n", 1 / 2),
        ('size(5cm);\nsystem("ls");\n', 1 / 2),
    ],
)
def test_share(program, share, session):
    assert statements_run(program, session) == pytest.approx(share)
    assert session.statements == ()


def test_a_session_with_a_program_is_left_as_it_was(session):
    session.run("pair A = (1,2);\n")
    try:
        assert statements_run("dot(A);\npair B = A;\ndot(C);\n", session) == pytest.approx(2 / 3)
        assert session.statements == ("pair A = (1,2);\n",)
        assert not session.run("dot(B);\n").ok
    finally:
        session.rollback()


def test_endless_statements_take_no_longer_than_allowed(session):
    began = time.monotonic()
    assert statements_run("int i;\n" + "while (true) ++i;\n" * 20, session, timeout=1.0) == 1 / 21
    assert time.monotonic() - began < 20


def test_real_programs_fall_into_the_same_statements_if_their_end_is_broken(corpus):
    """Where a text is cut into statements does not depend on a fault behind them."""
    rng = random.Random(2)
    for program in rng.sample(list(corpus.values()), 150):
        try:
            whole = statements_of(format_asy(program))
        except AsySyntaxError:
            continue
        broken = top_level_statements(program + "\n) broken (")
        assert len(broken) == len(whole) + 1, program
