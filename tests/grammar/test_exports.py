"""The grammar for other engines: each loads it, accepts the subset, refuses what is no syntax."""

from __future__ import annotations

import itertools
import json
import random

import pytest
from conftest import GOLDEN, SHARED
from grammar_readers import Llguidance, Xgrammar

from asygrammar import format_asy, load_grammar
from asygrammar.checking import syntax_faults
from asygrammar.derivation import Derivation, write_llguidance
from asygrammar.export_targets import TARGETS, Request
from asygrammar.gbnf import write_gbnf
from asygrammar.lark_text import GrammarFault
from asygrammar.rule_tree import Characters, Literal, Repetition, Sequence, read_pattern
from asygrammar.templates import load_templates

# Faults that a grammar without lexemes sees too.
FAULTY = [
    "draw((0,0)--(1,0))\n",
    "draw((0,0)--);\n",
    "draw((0,0)--(1,0);\n",
    "pair A = ;\n",
    "i++;\n",
    "x = {1, 2};\n",
    "draw(A);draw(B);\n",
    "draw( A);\n",
    "draw(A);\n\ndraw(B);\n",
    "for (int i = 0; i < 3) {\n  dot(i);\n}\n",
    "if (a) {\n  b;\n",
    'label("a\n',
    "```\ndraw(A);\n",
    "Here is the figure:\n",
    "x = 2 3;\n",
    "x = a ? b;\n",
    "real[ a;\n",
    "",
]


ENGINES = {
    "gbnf through llguidance": lambda: Llguidance("gbnf", load_grammar().export("gbnf")),
    "xgrammar": lambda: Xgrammar(load_grammar().export("xgrammar")),
}


@pytest.fixture(scope="module", params=ENGINES)
def engine(request):
    return ENGINES[request.param]()


@pytest.fixture(scope="module")
def programs() -> list[str]:
    """Golden layouts, and a program of each family of figures."""
    found = [path.read_text() for path in sorted((GOLDEN / "layout").glob("*.out"))]
    found = [text for text in found if format_asy(text, comments=False)]
    chance = random.Random(0)
    for template in load_templates().values():
        found.append(format_asy(template.say(chance)[1].program))
    return found


def test_the_subset_is_accepted(engine, programs):
    assert len(programs) > 20
    assert [text for text in programs if not engine.accepts(text)] == []


def test_real_figures_are_accepted(engine, corpus):
    figures = [code for code in list(corpus.values())[::4] if not syntax_faults(code)]
    texts = [format_asy(code) for code in figures if format_asy(code, comments=False)]
    assert len(texts) > 300
    assert [text for text in texts if not engine.accepts(text)] == []


@pytest.mark.parametrize("text", FAULTY)
def test_faults_are_refused(engine, text):
    assert not engine.accepts(text)


def test_xgrammar_takes_figures_token_by_token(corpus):
    xgrammar = pytest.importorskip("xgrammar")
    folder = SHARED / "tokenizers" / "phi3"
    if not folder.is_dir():
        pytest.skip("no Phi-3 tokenizer beside this checkout")
    from transformers import AutoTokenizer

    from asygrammar.eval.completeness import encode_program

    tokenizer = AutoTokenizer.from_pretrained(folder)
    info = xgrammar.TokenizerInfo.from_huggingface(tokenizer, vocab_size=32064)
    compiler = xgrammar.GrammarCompiler(info, max_threads=1)
    compiled = compiler.compile_grammar(load_grammar().export("xgrammar"))
    for code in list(corpus.values())[::16]:
        if syntax_faults(code) or not (text := format_asy(code)):
            continue
        matcher = xgrammar.GrammarMatcher(compiled)
        assert all(map(matcher.accept_token, encode_program(tokenizer, text))), text
        assert matcher.accept_token(tokenizer.eos_token_id)


def test_a_keyword_may_pass_as_a_name_and_a_space_may_be_let_in_front():
    gbnf = Llguidance("gbnf", load_grammar().export("gbnf", leading_space=True))
    assert gbnf.accepts("real if = 3;\n")
    assert gbnf.accepts(" draw(A);\n")
    assert not Llguidance("gbnf", load_grammar().export("gbnf")).accepts(" draw(A);\n")
    exact = Llguidance("lark", load_grammar().export(leading_space=True))
    assert exact.accepts(" draw(A);\n")
    assert not exact.accepts("real if = 3;\n")


@pytest.mark.parametrize("target", ["vllm", "sglang"])
@pytest.mark.parametrize("scoped", [False, True])
def test_requests_carry_a_grammar_that_llguidance_loads(target, scoped):
    request = Request(model="served", prompt="Draw a circle.", max_tokens=99)
    body = json.loads(load_grammar().export(target, scoped=scoped, request=request))
    assert (body["model"], body["max_tokens"]) == ("served", 99)
    assert body["messages"][-1] == {"role": "user", "content": "Draw a circle."}
    fields = {"vllm": body.get("structured_outputs", {}).get("grammar"), "sglang": body.get("ebnf")}
    grammar = fields[target]
    assert grammar.startswith("%llguidance {}")
    # How both servers load it: they find out by themselves that it is Lark.
    engine = Llguidance("grammar" if target == "vllm" else "ebnf", grammar)
    assert engine.accepts(" pair A = (0,0);\ndot(A);\n")
    assert engine.accepts("dot(A);\n") != scoped


def test_only_llguidance_is_scoped():
    for name, target in TARGETS.items():
        if not target.scoped:
            with pytest.raises(ValueError, match=f"{name} cannot be scoped.*llguidance"):
                load_grammar().export(name, scoped=True)


SIGN = Characters((("-", "-"), ("+", "+")))


@pytest.mark.parametrize(
    ("pattern", "tree"),
    [
        (r"/a\.b/", Literal("a.b")),
        (r"/[^*\/]/", Characters((("*", "*"), ("/", "/")), negated=True)),
        (r"/[a-z_]+/", Repetition(Characters((("a", "z"), ("_", "_"))), 1)),
        (r"/[-+]?x/", Sequence((Repetition(SIGN, 0, True), Literal("x")))),
        (r"/\n/", Literal("\n")),
    ],
)  # fmt: skip
def test_patterns_are_read(pattern, tree):
    assert read_pattern(pattern) == tree


@pytest.mark.parametrize(
    "pattern", [r"/a{2}/", r"/(?=a)/", r"/\w/", r"/(a/", r"/[a/", r"/a$/", r"/a)/"]
)
def test_a_pattern_that_cannot_be_put_in_gbnf_is_told(pattern):
    with pytest.raises(ValueError, match="only llguidance can read") as caught:
        read_pattern(pattern)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "rules",
    [
        {"a": 'b "." | "x"', "b": 'a "!" | "y"'},
        {"a": '( a | "y" ) "." | "x"', "b": '"!"'},
        {"a": 'b | "x"', "b": 'c "." | a "y"', "c": 'a "!" ( a | "." ) *'},
    ],
)
def test_rules_without_left_recursion_accept_the_same(rules):
    derived = Derivation({"start": "a", **rules}, {})
    before = Llguidance("lark", write_llguidance(derived))
    after = Llguidance("gbnf", write_gbnf(derived))
    texts = ["".join(text) for size in range(7) for text in itertools.product("xy.!", repeat=size)]
    accepted = [text for text in texts if before.accepts(text)]
    assert len(accepted) > 5
    assert [text for text in texts if after.accepts(text)] == accepted


def test_left_recursion_after_what_may_be_left_out_is_told():
    with pytest.raises(GrammarFault, match="rule a: begins with itself after what may be left"):
        write_gbnf(Derivation({"start": "a", "a": '"!" ? a "x" | "y"'}, {}))
