"""Real figures: parsed, laid out, and accepted token by token with Phi-3's real tokenizer."""

from __future__ import annotations

import pytest
from conftest import SHARED
from llguidance import LLMatcher, grammar_from
from real_asy import tree

from asygrammar import format_asy, load_grammar
from asygrammar.checking import syntax_faults
from asygrammar.compiler import compile


@pytest.fixture(scope="module")
def sample(corpus) -> list[str]:
    return [code for index, code in enumerate(corpus.values()) if index % 8 == 0]


def test_nearly_all_figures_parse(corpus):
    faulty = [name for name, code in corpus.items() if syntax_faults(code)]
    assert len(faulty) <= 0.004 * len(corpus), faulty


def test_layout_is_idempotent_and_keeps_the_tree(sample):
    parse = load_grammar().parse
    for code in sample:
        if syntax_faults(code):
            continue
        text = format_asy(code)
        assert format_asy(text) == text
        assert parse(text) == parse(code)


def test_phi3_tokens_of_formatted_figures_are_accepted(sample):
    folder = SHARED / "tokenizers" / "phi3"
    if not folder.is_dir():
        pytest.skip("no Phi-3 tokenizer beside this checkout")
    import llguidance.hf
    from transformers import AutoTokenizer

    from asygrammar.eval.completeness import encode_program

    tokenizer = AutoTokenizer.from_pretrained(folder)
    pristine = LLMatcher(
        llguidance.hf.from_tokenizer(tokenizer), grammar_from("lark", load_grammar().export())
    )
    for code in sample:
        if syntax_faults(code) or not format_asy(code, comments=False):
            continue
        tokens, matcher = encode_program(tokenizer, format_asy(code)), pristine.deep_copy()
        assert matcher.try_consume_tokens(tokens) == len(tokens), code
        assert matcher.is_accepting()


def same_tree(asy: str, code: str, folder) -> bool:
    """Whether Asymptote's own tree of a figure survives the layout; so does the picture then."""
    return tree(asy, code, folder) == tree(asy, format_asy(code), folder)


def test_asymptotes_own_tree_stays_the_same(sample, asy, tmp_path):
    for code in sample[::4]:
        assert syntax_faults(code) or same_tree(asy, code, tmp_path), code


@pytest.mark.slow
def test_asymptotes_own_tree_of_every_figure_stays_the_same(corpus, asy, tmp_path):
    changed = [
        name
        for name, code in corpus.items()
        if not (syntax_faults(code) or same_tree(asy, code, tmp_path))
    ]
    assert changed == []


@pytest.mark.slow
def test_pictures_stay_the_same(sample, asy):
    drawn = 0
    for code in sample[::6]:
        if syntax_faults(code) or not (before := compile(code, format="eps")).ok:
            continue
        after = compile(format_asy(code), format="eps")
        assert undated(after.output) == undated(before.output), code
        drawn += 1
    assert drawn > 10


def undated(eps: bytes) -> bytes:
    """Leave out when and by whom a picture was made."""
    return b"\n".join(line for line in eps.splitlines() if not line.startswith(b"%%"))
