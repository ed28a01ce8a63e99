"""Engines that read a grammar, each asked the same: does it accept a text, byte by byte."""

from __future__ import annotations

import pytest
from llguidance import LLMatcher, LLTokenizer, TokenizerWrapper, grammar_from


class _Bytes:
    """A tokenizer with one token for each byte."""

    tokens = [bytes([byte]) for byte in range(256)] + [b"<eos>"]
    eos_token_id, bos_token_id, special_token_ids = 256, None, [256]

    def __call__(self, text: str | bytes) -> list[int]:
        return list(text.encode() if isinstance(text, str) else text)


class Llguidance:
    """llguidance, from any dialect it reads."""

    def __init__(self, dialect: str, grammar: str) -> None:
        wrapped = LLTokenizer(TokenizerWrapper(_Bytes()))
        self.matcher = LLMatcher(wrapped, grammar_from(dialect, grammar))
        assert not self.matcher.get_error()

    def accepts(self, text: str) -> bool:
        matcher, data = self.matcher.deep_copy(), list(text.encode())
        return matcher.try_consume_tokens(data) == len(data) and matcher.is_accepting()


class Xgrammar:
    """xgrammar, for a vocabulary of bytes."""

    def __init__(self, grammar: str) -> None:
        xgrammar = pytest.importorskip("xgrammar")
        vocabulary = [f"<0x{byte:02X}>" for byte in range(256)] + ["</s>"]
        kind = xgrammar.VocabType.BYTE_FALLBACK
        info = xgrammar.TokenizerInfo(vocabulary, vocab_type=kind, stop_token_ids=[256])
        compiler = xgrammar.GrammarCompiler(info, max_threads=1)
        self.compiled = compiler.compile_grammar(grammar)
        self.matcher = xgrammar.GrammarMatcher

    def accepts(self, text: str) -> bool:
        matcher = self.matcher(self.compiled)
        return matcher.accept_string(text) and matcher.accept_token(256)
