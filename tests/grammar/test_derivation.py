"""The decoder's grammar accepts what Lark accepts in canonical layout, and nothing else."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llguidance import LLMatcher, LLTokenizer, grammar_from
from real_asy import parse_faults
from walks import Walker

from asygrammar import format_asy, load_grammar
from asygrammar.checking import syntax_faults
from asygrammar.parser import AsySyntaxError

ACCEPTED = [
    "draw((0,0)--(1,0));\n",
    "pair A = (0,0), B;\n",
    "import graph as g;\nfrom graph access xaxis, yaxis;\n",
    "pair[] P = {A, B};\nreal a[] = {1, 2, 3};\n",
    "real x = 2 eps;\n",
    "real y = a- -b;\nreal z = A-- -B;\n",
    'label("$A$", A, 2N);\n',
    "size(5cm);\ndraw(unitcircle, .8blue+dashed);\n",
    "draw(A{up} .. tension 1.5 and 2 .. {dir(30)}B .. controls C and D .. cycle);\n",
    'draw(a ^^ b, p=red, L=Label("x", MidPoint));\n',
    "real f(real x) {\n  return x^2;\n}\ndraw(graph(f, -1, 2, operator ..));\n",
    "draw(graph(new real(real x) { if (x < 0) return 1; return x^2; }, 0, 1));\n",
    "if (a)\n  b;\nelse if (c) {\n  d;\n} else\n  e;\n",
    "for (int i = 0, j = 1; i < 3; ++i, j += 2) {\n  for (pair p : P)\n    dot(p);\n}\n",
    "{\n  {\n    {\n      {\n        {\n        a;\n        }\n      }\n    }\n  }\n}\n",
    "path[] g = (path[]) h;\nmark((line) l.A, (point) (0,1));\n",
    "x = c ? 1 : d ? 2 : 3;\n",
    "f(... a);\nf(b ... a);\n",
    "a[1:2][3].b(4).c = 5;\n",
    "integer i = interval+ifx;\n",
    "triple v = (1,2,3);\ntransform t = shift(1, 2)*rotate(30);\n",
    "string s = \"a\\\"b\" 'c\\'d';\n",
]
REJECTED = [
    ("draw(A--B);draw(C);\n", "two statements on a line"),
    ("draw(A --B);\n", "white space that is not canonical"),
    ("draw( A);\n", "white space that is not canonical"),
    ("real if = 3;\n", "a keyword as a name"),
    ("real x = a--b--;\n", "an operator without its operand"),
    ("real y = a--b- -- c;\n", "two operators"),
    ("x = (a)(b);\n", "a cast without its space"),
    ("f(a)(b) c;\n", "no declaration"),
    ("i++;\n", "postfix increment"),
    ("x = {1, 2};\n", "an array that is assigned"),
    ("if (a)\n  pair b;\n", "a declaration as a body"),
    ("x = (1,2).x;\n", "a member of a tuple"),
    ("x = a--{up}b;\n", "a direction after --"),
    ("draw(A);\n\ndraw(B);\n", "a blank line"),
    (" draw(A);\n", "white space in front"),
    ("```\ndraw(A);\n", "a code fence"),
    ("Here is the figure:\n", "prose"),
    ("x = 2 3;\n", "a number after a number"),
    ('label("a\n', "a text without its end"),
]
INCOMPLETE = ["draw(", "draw(A--B)", "draw(A--B);", "for (int i = 0;", "if (a) {\n  b;\n", "pair"]


class _Bytes:
    """A tokenizer with one token for each byte."""

    def __init__(self) -> None:
        self.tokens = [bytes([byte]) for byte in range(256)] + [b"<eos>"]
        self.eos_token_id, self.bos_token_id, self.special_token_ids = 256, None, [256]

    def __call__(self, text: str | bytes) -> list[int]:
        return list(text.encode() if isinstance(text, str) else text)


@pytest.fixture(scope="module")
def matcher() -> LLMatcher:
    from llguidance import TokenizerWrapper

    grammar = grammar_from("lark", load_grammar().export())
    return LLMatcher(LLTokenizer(TokenizerWrapper(_Bytes())), grammar)


@pytest.fixture(scope="module", params=[False, True], ids=["bare", "comments"])
def walker(request) -> Walker:
    return Walker(load_grammar().export(comments=request.param))


def verdict(matcher: LLMatcher, text: str) -> str:
    """Walk a text byte by byte: accepted, incomplete, or rejected (with the place)."""
    matcher, data = matcher.deep_copy(), text.encode()
    taken = matcher.try_consume_tokens(list(data))
    if taken < len(data):
        return f"rejected at {data[:taken].decode(errors='replace')!r}"
    return "accepted" if matcher.is_accepting() else "incomplete"


@pytest.mark.parametrize("text", ACCEPTED)
def test_accepted(matcher, text):
    assert format_asy(text) == text
    assert verdict(matcher, text) == "accepted"


@pytest.mark.parametrize(("text", "why"), REJECTED)
def test_rejected(matcher, text, why):
    assert verdict(matcher, text).startswith(("rejected", "incomplete")), why


@pytest.mark.parametrize("text", INCOMPLETE)
def test_incomplete(matcher, text):
    assert verdict(matcher, text) == "incomplete"


@pytest.mark.parametrize("text", ACCEPTED)
def test_every_prefix_of_an_accepted_program_is_no_dead_end(matcher, text):
    walked = matcher.deep_copy()
    for byte in text.encode():
        assert walked.consume_token(byte)
        assert any(walked.compute_bitmask()), f"nothing may follow in {text!r}"


def test_rollback_restores_the_mask(matcher):
    text = b"draw(A{up} .. B, red);\npair C = (1,2);\n"
    walked, masks = matcher.deep_copy(), []
    for byte in text:
        masks.append(bytes(walked.compute_bitmask()))
        walked.consume_token(byte)
    for back in range(1, len(text) + 1):
        assert walked.rollback(1)
        assert bytes(walked.compute_bitmask()) == masks[-back]


def test_comments_are_let_through_only_where_asked(matcher):
    text = (
        "// one\ndraw(A); // two\n// three\n/* four\n */\nfor (;;) { // five\n  // six\n  a;\n}\n"
    )
    assert format_asy(text) == text
    assert verdict(matcher, text) == "accepted"
    bare = LLMatcher(
        LLTokenizer(__import__("llguidance").TokenizerWrapper(_Bytes())),
        grammar_from("lark", load_grammar().export(comments=False)),
    )
    assert verdict(bare, text).startswith("rejected")
    assert verdict(bare, format_asy(text, comments=False)) == "accepted"


def judge_all(texts: list[str], asy: str, folder) -> None:
    """Assert that Lark and the real parser accept all texts, and the layout keeps them."""
    for text in texts:
        assert syntax_faults(text) == [], text
        again = format_asy(text)
        assert format_asy(again) == again, text
    assert {texts[i]: m for i, m in parse_faults(asy, texts, folder).items()} == {}


def test_random_walks_parse_everywhere(walker, asy, tmp_path):
    texts = [text for seed in range(300) if (text := walker.walk(seed)) is not None]
    assert len(texts) > 250
    judge_all(texts, asy, tmp_path)


@pytest.mark.slow
def test_many_random_walks_parse_everywhere(walker, asy, tmp_path):
    for first in range(1000, 21000, 500):
        walks = (walker.walk(seed) for seed in range(first, first + 500))
        judge_all([text for text in walks if text is not None], asy, tmp_path)


def mutate(source: str, choose: random.Random) -> str:
    """Change a few tokens of a program: drop, double, swap, replace or insert one."""
    words = [word.text for word in load_grammar().parse(source).words()]
    for _ in range(choose.choice([1, 1, 2])):
        at, kind = choose.randrange(len(words)), choose.randrange(5)
        if kind == 0 and len(words) > 1:
            del words[at]
        elif kind == 1:
            words.insert(at, words[at])
        elif kind == 2:
            other = choose.randrange(len(words))
            words[at], words[other] = words[other], words[at]
        elif kind == 3:
            words[at] = choose.choice(words)
        else:
            marks = "( ) { } [ ] .. -- - 2 x , ; = ? : ! cycle new if else for ^^ int".split()
            words.insert(at, choose.choice(marks))
    return " ".join(words)


def check_mutants(sources: list[str], seed: int, count: int, matcher, asy, folder) -> None:
    choose = random.Random(seed)
    mutants = [mutate(choose.choice(sources), choose) for _ in range(count)]
    parsed = [mutant for mutant in mutants if not syntax_faults(mutant)]
    assert parsed
    judge_all(parsed, asy, folder)
    for mutant in parsed:
        assert verdict(matcher, format_asy(mutant)) == "accepted", mutant


def test_mutated_programs_parse_everywhere_or_nowhere(matcher, asy, tmp_path):
    check_mutants(ACCEPTED, 0, 600, matcher, asy, tmp_path)


def test_mutated_figures_parse_everywhere_or_nowhere(matcher, asy, tmp_path, corpus):
    sources = [code for code in corpus.values() if 40 < len(code) < 800 and not syntax_faults(code)]
    check_mutants(sources, 1, 250, matcher, asy, tmp_path)


pieces = st.lists(
    st.sampled_from("a 2 .5 1. e1 f(x) (1,2) -- .. ^^ - + * ! { } ( ) [ ] , ; = ? : cycle".split()),
    min_size=1,
    max_size=12,
)


@given(pieces)
@settings(max_examples=300, deadline=None)
def test_lark_and_the_matcher_agree_on_canonical_text(matcher, words):
    source = " ".join(["x =", *words, ";"])
    try:
        text = format_asy(source)
    except AsySyntaxError:
        assert verdict(matcher, source + "\n") != "accepted"
    else:
        assert verdict(matcher, text) == "accepted"
        assert format_asy(text) == text
