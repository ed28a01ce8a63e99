"""The constraint of a filled template: its lines, one after the other, each with a grammar.

What may come next depends on the sentence and on the lines before (`asygrammar.template_answers`),
so that each line has a small matcher of its own. A program that is filled in this way costs the
model its blanks alone: the fixed text of the template is never sampled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from llguidance import LLMatcher, LLTokenizer
from llguidance.torch import fill_next_token_bitmask
from numpy.typing import NDArray

from asygrammar.decoding.constraint import (
    ConstraintError,
    ProgramRow,
    RowConstraint,
    summary,
    taken_one_by_one,
)
from asygrammar.grounding import Grounding
from asygrammar.recent import Recent
from asygrammar.template_answers import Answer

#: How many matchers of lines are kept; the first line of all answers is the same mostly.
MATCHERS_KEPT = 256


@dataclass(slots=True)
class _Line:
    """A line that is being written.

    Attributes:
        answer: The lines before it.
        matcher: Of the line; it has read the tokens.
        text: What there is of it.
        tokens: Its tokens.
    """

    answer: Answer
    matcher: LLMatcher
    text: bytes = b""
    tokens: list[int] = field(default_factory=list)


class AnswerMatchers:
    """The matchers of lines, for one tokenizer.

    Args:
        llg_tokenizer: The tokenizer, as llguidance reads it.
        leading_space: Whether an answer may begin with a space.
    """

    def __init__(self, llg_tokenizer: LLTokenizer, leading_space: bool = False) -> None:
        self.llg_tokenizer = llg_tokenizer
        self._leading_space = leading_space
        self._kept: Recent[LLMatcher] = Recent(MATCHERS_KEPT)

    def at(self, answer: Answer) -> LLMatcher:
        """Return a fresh matcher for the line after some others.

        Raises:
            ConstraintError: llguidance does not accept the pattern.
        """
        text = self._lark(answer)
        found = self._kept.find(text)
        if found is None:
            grammar = LLMatcher.grammar_from_lark(text)
            found = LLMatcher(self.llg_tokenizer, grammar, log_level=0)
            if error := found.get_error():
                raise ConstraintError(f"llguidance does not accept a line: {summary(error)}")
            self._kept.keep(text, found)
        return found.deep_copy()

    def _lark(self, answer: Answer) -> str:
        if not answer.pattern:
            return '%llguidance {}\nstart: ""\n'
        space = " ?" if self._leading_space and answer.template is None else ""
        refused = f" & ~{_regex(answer.refused)}" if answer.refused else ""
        line = f"LINE: {_regex(space + answer.pattern)}{refused}\n"
        return f"%llguidance {{}}\nstart: LINE{'?' if answer.may_end else ''}\n{line}"


def _regex(pattern: str) -> str:
    return "/" + pattern.replace("/", r"\/") + "/"


class AnswerRow:
    """One answer that is being written.

    Args:
        matchers: Makes the matchers of its lines.
        sentence: What the user asks for.
    """

    def __init__(self, matchers: AnswerMatchers, sentence: str) -> None:
        self._matchers = matchers
        answer = Answer.begin(Grounding(sentence))
        self._lines = [_Line(answer, matchers.at(answer))]

    @property
    def answer(self) -> Answer:
        """The whole lines so far."""
        return self._lines[-1].answer

    def matcher_to_ask(self) -> LLMatcher | None:
        """Return the matcher of the line."""
        return self._lines[-1].matcher

    def remember(self, mask: NDArray[np.int32]) -> None:
        """Forget it: no other sentence has the same lines."""

    def fill(self, bitmask: torch.Tensor, row: int) -> None:
        """Write the mask of the next token, a bit for each, into a row of a mask."""
        fill_next_token_bitmask(self._lines[-1].matcher, bitmask, row)

    def advance(self, token: int) -> None:
        """Take in a token that the mask allows."""
        line = self._lines[-1]
        line.matcher.consume_token(token)
        line.tokens.append(token)
        line.text += self._matchers.llg_tokenizer.decode_bytes([token])
        if line.text.endswith(b"\n"):
            answer = line.answer.after(line.text.decode().strip(" \n"))
            self._lines.append(_Line(answer, self._matchers.at(answer)))

    def rollback(self, count: int) -> None:
        """Take back the last tokens."""
        while count:
            line = self._lines[-1]
            taken = min(count, len(line.tokens))
            if taken:
                line.matcher.rollback(taken)
                del line.tokens[-taken:]
                line.text = self._matchers.llg_tokenizer.decode_bytes(line.tokens)
                count -= taken
            if count:
                self._lines.pop()

    def forced(self) -> list[int]:
        """Take in the tokens that follow in any case, and return them."""
        taken: list[int] = []
        while found := self._lines[-1].matcher.compute_ff_tokens():
            for token in found:
                self.advance(token)
            taken += found
        return taken

    def accepts(self, tokens: Sequence[int]) -> int:
        """Return how many of some tokens can be taken in one after the other; take none in."""
        return taken_one_by_one(self, lambda: self._lines[-1].matcher, tokens)

    def names(self) -> Sequence[str]:
        """Return none: an answer declares nothing."""
        return ()

    @property
    def ready(self) -> bool:
        """Nothing is waited for."""
        return True

    @property
    def accepting(self) -> bool:
        """Whether the answer may end here."""
        return not self._lines[-1].tokens and self.answer.may_end

    @property
    def error(self) -> str:
        """Why the row cannot go on, or the empty string."""
        return summary(self._lines[-1].matcher.get_error())


class AnswerConstraint(RowConstraint):
    """Filled templates, one for each of some sentences.

    Args:
        matchers: Makes the matchers of lines; constraints may share it.
        sentences: What the users ask for, in the order of the rows.
    """

    def __init__(self, matchers: AnswerMatchers, sentences: Sequence[str]) -> None:
        super().__init__(matchers.llg_tokenizer, "torch")
        self._matchers = matchers
        self._sentences = iter(sentences)

    def begin(self) -> ProgramRow:
        """Begin the answer to the next sentence."""
        return AnswerRow(self._matchers, next(self._sentences))
