"""The syntax tree has the shape Asymptote's own tree has."""

from __future__ import annotations

import random

import pytest
from real_asy import tree as asy_tree

from asygrammar import load_grammar
from asygrammar.syntax import Node, Word

OPERATORS = """+ - * / % # ^ ** < >= == != && || & | ^^ -- .. --- ::""".split()
JOINS = ["{up}..", "..{up}", "{up}--", "..tension 2 ..", "..controls c+1 and d.."]
OPERANDS = ["a", "b", "2", "f(x)", "(a)", "(1,2)", "A[1]", "cycle"]
OPERANDS += ["2 a", "3 f(x)", "2 (a+b)", "(int) a"]


def random_expression(choose: random.Random) -> str:
    text = ""
    for index in range(choose.randint(1, 7)):
        operator = choose.choice(OPERATORS + JOINS) if index else ""
        sign = choose.choice(["", "", "", "-", "+", "!"])
        text += f" {operator} {sign}{choose.choice(OPERANDS)}"
    return text


def parenthesised(node: Node | Word) -> str:
    """Print an expression with every operation in parentheses."""
    if isinstance(node, Word):
        return node.text
    parts = " ".join(parenthesised(child) for child in node.children)
    nested = node.kind in ("binary", "join", "prefix", "scaled", "directed")
    return f"({parts})" if nested else parts


def test_precedences_are_asymptotes(asy, tmp_path):
    choose = random.Random(0)
    for _ in range(60):
        source = f"x ={random_expression(choose)};"
        value = load_grammar().parse(source).children[0].children[0].children[2]
        explicit = f"x = {parenthesised(value)};"
        assert asy_tree(asy, source, tmp_path) == asy_tree(asy, explicit, tmp_path), explicit


@pytest.mark.parametrize(
    ("source", "explicit"),
    [
        ("-a^2", "(- (a ^ 2))"),
        ("2a^2*b", "((2 (a ^ 2)) * b)"),
        ("!a+b < c", "((! (a + b)) < c)"),
        ("a--b{up} .. c", "((a -- (b { up })) .. c)"),
        ("a^b^c", "(a ^ (b ^ c))"),
        ("a-b-c", "((a - b) - c)"),
    ],
)
def test_known_shapes(source, explicit):
    value = load_grammar().parse(f"x = {source};").children[0].children[0].children[2]
    assert parenthesised(value) == explicit


def test_trees_compare_by_content_not_by_place():
    parse = load_grammar().parse
    assert parse("draw( A -- B ) ;") == parse("draw(A--B);")
    assert parse("draw(A--B);") != parse("draw(A..B);")
