"""The grammar file itself: unambiguous, its words kept out of names, its faults told."""

from __future__ import annotations

import re

import pytest

from asygrammar import load_grammar
from asygrammar.grammar import Grammar, GrammarFault
from asygrammar.lark_text import read_definitions
from asygrammar.syntax import Node, Word

PROGRAM = """import graph;
pair A=(0,0), B=(3cm,2N);
for(int i=0;i<3;++i){
  draw(A--B{up}..cycle,red);
}
"""


def test_builds_strictly_without_a_conflict():
    assert load_grammar().parser.parse("draw(A--B);").kind == "start"


def test_words_of_the_grammar_are_no_names():
    definitions = read_definitions(load_grammar().lark)
    quoted = {
        symbol.text.strip('"')
        for definition in definitions.values()
        for symbol in definition.symbols
        if symbol.kind == "string" and re.fullmatch(r'"[a-z]+"', symbol.text)
    }
    types = re.findall(r"[a-z]+", definitions["TYPE"].symbols[0].text.removesuffix(r"\b/"))
    modifiers = re.findall(r"[a-z]+", definitions["MODIFIER"].symbols[0].text.removesuffix(r"\b/"))
    listed = re.search(r"\(\?!\(([a-z|]+)\)", definitions["NAME"].symbols[0].text)[1].split("|")
    assert quoted | set(types) | set(modifiers) <= set(listed)
    assert len(listed) == len(set(listed))


def test_no_unused_word_begins_with_a_word_of_the_grammar():
    """It would be read as that word and a rest: `newframe` as `new frame`."""
    text = load_grammar().lark
    quoted = set(re.findall(r'"([a-z]+)"', text))
    listed = re.search(r"\(\?!\(([a-z|]+)\)", text)[1].split("|")
    regexps = set(re.findall(r"[a-z]+", " ".join(re.findall(r"^(?:TYPE|MODIFIER).*", text, re.M))))
    for word in set(listed) - quoted - regexps:
        assert not [short for short in quoted if word.startswith(short)], word


def test_every_node_and_word_knows_its_place():
    lines = PROGRAM.splitlines()
    tree = load_grammar().parse(PROGRAM)
    for node in tree.walk():
        span = node.span
        assert 1 <= span.line <= span.end_line <= len(lines), node.kind
        assert (span.line, span.column) < (span.end_line, span.end_column), node.kind
    for word in tree.words():
        row = lines[word.span.line - 1]
        assert row[word.span.column - 1 : word.span.end_column - 1] == word.text


def test_spans_of_known_nodes():
    tree = load_grammar().parse(PROGRAM)
    kinds = {node.kind: node.span for node in tree.walk()}
    assert (kinds["import"].line, kinds["import"].column, kinds["import"].end_column) == (1, 1, 13)
    assert (kinds["loop"].line, kinds["loop"].end_line, kinds["loop"].end_column) == (3, 5, 2)
    assert (kinds["directed"].line, kinds["directed"].column) == (4, 11)


@pytest.mark.parametrize("blank", ["", "  \n", "// nothing\n/* here */"])
def test_blank_programs_parse_to_no_statement(blank):
    assert load_grammar().parse(blank).children == ()


def test_statements_are_the_children_of_start():
    tree = load_grammar().parse("a = 1; { b; } real f(real x) { return x; }")
    assert [child.kind for child in tree.children] == ["statement"] * 3
    first = tree.children[0]
    assert isinstance(first, Node)
    assert isinstance(first.children[-1], Word)
    assert first.children[-1].text == ";"


FAULTS = {
    "a symbol that is none": ('empty: ";"', 'empty: ";" @', "rule empty", "'@'"),
    "a rule used, never defined": ('empty: ";"', "empty: nothing", "rule empty", "nothing"),
    "a rule defined twice": ('empty: ";"', 'empty: ";"\nempty: "x"', "rule empty", "twice"),
    "an ambiguity": ('empty: ";"', 'empty: ";" |', "rule empty", "onflict"),
    "a bracket left open": ('empty: ";"', 'empty: (";"', "rule empty", "Unexpected"),
    "no start": ("start: ", "beginning: ", "rule start", "missing"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_the_file_names_file_line_and_rule(name):
    old, new, rule, what = FAULTS[name]
    text = load_grammar().lark
    assert old in text
    with pytest.raises(GrammarFault) as caught:
        _ = Grammar(text.replace(old, new, 1), "mine.lark").parser
    message = str(caught.value)
    assert re.match(r"mine\.lark:\d+: ", message)
    assert rule in message
    assert what in message
    assert "\n" not in message


def test_an_unclosed_step_is_a_fault_of_the_export():
    text = load_grammar().lark.replace('_close "}"', '"}"')
    with pytest.raises(GrammarFault, match=r"asy\.lark:\d+: rule \w+: _open without"):
        Grammar(text).export()


def test_unknown_module_and_target_say_what_there_is():
    with pytest.raises(ValueError, match="unknown module 'nosuch': there are"):
        load_grammar(["nosuch"])
    with pytest.raises(ValueError, match="unknown target 'bnf': choose one of lark, llguidance"):
        load_grammar().export("bnf")
