"""Random walks under a grammar's mask: programs nobody would think of writing."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
from llguidance import LLMatcher, LLTokenizer, TokenizerWrapper, grammar_from

# Pieces that make trouble next to each other, beside every operator and word of the language.
_PIECES = """
x y z E e e1 eps cm N ifx int1 truex cycle1 1 2 10 0 1. .5 2.5 1e3 .5e-2 e5 e-1
"a" "$x$" 'b' "\\\\" "q\\"r" + - * / % # ^ ** -- --- ++ .. :: ... ^^ & | && || < > <= >= == != !
= += -= *=
/* */ // ( ) [ ] { } , ; : ? . if else for while do return break continue import as new operator
explicit and controls tension atleast curl true false null cycle typedef struct static
int real pair path pen string void guide transform picture bool
""".split()  # fmt: skip
_SINGLE = [" ", "\n", "  ", *"abcdefghijklmnopqrstuvwxyz0123456789\"'$\\/_"]
# Past the soft limit, the first of these groups that may stand is chosen from.
_CLOSING = (set(");]}\n\"'"), set("x1"), {" ", *"=.:(,"})


class _Vocabulary:
    """A tokenizer of pieces, each one a token, with the bytes behind them for the rest."""

    def __init__(self, more: Sequence[str]) -> None:
        texts = list(dict.fromkeys([*_PIECES, *_SINGLE, *more]))
        self.tokens = [text.encode() for text in texts] + [b"<|end|>"]
        self.eos_token_id = len(self.tokens) - 1
        self.bos_token_id = None
        self.special_token_ids = [self.eos_token_id]

    def __call__(self, text: str | bytes) -> list[int]:
        data = text.encode() if isinstance(text, str) else text
        return [self.tokens.index(bytes([byte])) for byte in data if bytes([byte]) in self.tokens]


class Walker:
    """Walks at random through the texts a grammar accepts.

    Args:
        grammar: llguidance's Lark text.
        more: Further pieces to write programs with.
    """

    def __init__(self, grammar: str, more: Sequence[str] = ()) -> None:
        self.vocabulary = _Vocabulary(more)
        self._tokenizer = LLTokenizer(TokenizerWrapper(self.vocabulary))
        self._matcher = LLMatcher(self._tokenizer, grammar_from("lark", grammar))
        assert not self._matcher.get_error(), self._matcher.get_error()

    def walk(self, seed: int, soft_limit: int = 40, hard_limit: int = 400) -> str | None:
        """Return a text the grammar accepts, or ``None`` where the walk found no end in time.

        Past ``soft_limit`` tokens it prefers to close what it opened.
        """
        choose, matcher = random.Random(seed), self._matcher.deep_copy()
        text = b""
        for step in range(hard_limit):
            allowed = self._allowed(matcher)
            if self.vocabulary.eos_token_id in allowed:
                if step >= soft_limit or len(allowed) == 1 or choose.random() < 0.1:
                    return text.decode()
                allowed.remove(self.vocabulary.eos_token_id)
            assert allowed, f"dead end after {text.decode()!r}"
            if step >= soft_limit:
                allowed = self._closing(allowed)
            token = choose.choice(self._one_kind(allowed, choose))
            assert matcher.consume_token(token), matcher.get_error()
            text += self.vocabulary.tokens[token]
        return None

    def _closing(self, allowed: list[int]) -> list[int]:
        for group in _CLOSING:
            closing = [t for t in allowed if self.vocabulary.tokens[t].decode() in group]
            if closing:
                return closing
        return allowed

    def _one_kind(self, allowed: list[int], choose: random.Random) -> list[int]:
        """Choose between words and marks first: any word could go on as a longer name."""
        words = [t for t in allowed if self.vocabulary.tokens[t].isalnum()]
        marks = [t for t in allowed if not self.vocabulary.tokens[t].isalnum()]
        return choose.choice([kind for kind in (words, marks, marks) if kind])

    def _allowed(self, matcher: LLMatcher) -> list[int]:
        bits = np.frombuffer(matcher.compute_bitmask(), dtype=np.uint8)
        mask = np.unpackbits(bits, bitorder="little")[: len(self.vocabulary.tokens)]
        return [int(t) for t in np.nonzero(mask)[0]]
