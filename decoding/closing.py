"""Closing the statement a program is in, when the tokens run out before its first one is whole.

A program that ran out of tokens is cut back to its last complete statement. Where there is none
yet, that would leave nothing: so the last tokens of the budget go to ending the statement.
"""

from __future__ import annotations

import re

import torch
from llguidance import LLTokenizer

# What to write, if the grammar allows it: the first text whose pattern fits what stands there. Each
# leads towards the end of the statement. Only where an operand has to stand is one written; after
# one, a space makes way for the rest of an unfinished ternary.
_ENDS = ("}", ";", "\n", ")", "]", ":")
_CLOSERS = (
    (re.compile(":$"), (" ", ":")),
    (re.compile("[\\w.)\\]\"']$"), (*_ENDS, " ")),
    (re.compile("$"), (*_ENDS, "0", "x", "(", " ")),
)

_CLOSED_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'', re.DOTALL)


def tokens_to_close(text: str) -> int:
    """Estimate, on the safe side, how many tokens end the statement that a text stops in."""
    plain = _CLOSED_STRINGS.sub("", text)
    brackets = sum(map(plain.count, "([{")) - sum(map(plain.count, ")]}"))
    return 16 + max(brackets, 0) + 4 * plain.count("?")


class Closer:
    """Narrows masked logits down to the token that ends a statement soonest."""

    def __init__(self, tokenizer: LLTokenizer) -> None:
        self._ids = {
            text: ids[0]
            for text in {"'", '"', *(text for _, texts in _CLOSERS for text in texts)}
            if len(ids := tokenizer.greedy_tokenize(text)) == 1
        }

    def narrow(self, logits: torch.Tensor, text: str) -> None:
        """Leave only one token, if one of the closing ones is allowed.

        Args:
            logits: One row, shape ``(vocab,)``, with forbidden tokens at -inf; changed in place.
            text: What the row has written so far.
        """
        quote = re.search("[\"']", _CLOSED_STRINGS.sub("", text))
        closers = next(texts for place, texts in _CLOSERS if place.search(text))
        for closer in (quote.group(),) if quote else closers:
            token = self._ids.get(closer)
            if token is not None and logits[token] > float("-inf"):
                kept = logits[token].item()
                logits.fill_(float("-inf"))
                logits[token] = kept
                return
