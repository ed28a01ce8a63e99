"""The matchers of next lines, and the masks that they gave: built once for each scope.

What a line may be is cached on what its scope *means*: programs with the same names share matchers,
and masks, which outlive their matchers.
"""

from __future__ import annotations

from collections.abc import Hashable
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from llguidance import LLMatcher, LLTokenizer
from numpy.typing import NDArray

from asygrammar.decoding.constraint import ConstraintError, summary
from asygrammar.recent import Recent
from asygrammar.typed.next_line import LineGrammars
from asygrammar.typed.places import Place

#: How many matchers are kept for scopes that come again. One that has been used takes several
#: megabytes.
MATCHERS_KEPT = 96
#: How many masks are kept for texts that come again, an eighth of a byte for each token; and of how
#: many scopes it is known that they are the same. Masks outlive their matchers.
MASKS_KEPT, SCOPES_KEPT = 16_384, 4096
#: How many matchers may be waiting that no program has reached.
EXPECTED_KEPT = 16
# Of some 7,000 grammars that llguidance 1.9.1 builds it fails one, with a panic, and takes the same
# text the next time.
_BUILD_TRIES = 3


class LineMatchers:
    """The matchers of next lines, for one tokenizer.

    Args:
        llg_tokenizer: The tokenizer, as llguidance reads it.
        modules: The modules that programs may import; ``None``: all that have signatures.
        leading_space: Whether a program may begin with a space.
        ahead: Whether to build what a program may soon need in a thread of its own. That saves
            waiting while a model computes; where nothing else is to be done, it wastes time.

    Attributes:
        masks: Masks by the scope's number and the text of the line so far.
        forced: Tokens that follow in any case, likewise.
        hits: How often a matcher was there already.
        misses: How often it had to be built.
    """

    def __init__(
        self,
        llg_tokenizer: LLTokenizer,
        modules: tuple[str, ...] | None = None,
        leading_space: bool = False,
        ahead: bool = True,
    ) -> None:
        self.llg_tokenizer = llg_tokenizer
        self.grammars = LineGrammars(modules)
        self.masks: Recent[NDArray[np.int32]] = Recent(MASKS_KEPT)
        self.forced: Recent[tuple[int, ...]] = Recent(MASKS_KEPT)
        self.hits = self.misses = 0
        self._leading_space, self._ahead = leading_space, ahead
        self._kept: Recent[LLMatcher] = Recent(MATCHERS_KEPT)
        self._numbers: Recent[int] = Recent(SCOPES_KEPT)
        self._count = 0
        self._expected: dict[Hashable, Future[LLMatcher]] = {}
        self._builder = ThreadPoolExecutor(1, thread_name_prefix="next-line")

    def number(self, place: Place) -> int:
        """Return a number that places share where the same lines may come next."""
        return self._number(self.grammars.key(place))

    def _number(self, key: Hashable) -> int:
        found = self._numbers.find(key)
        if found is None:
            self._count += 1
            found = self._count
            self._numbers.keep(key, found)
        return found

    def expect(self, place: Place) -> None:
        """Begin to build the matcher for a place that a program is about to reach.

        llguidance builds outside of Python's lock, while the model goes on with the line.
        """
        key = self.grammars.key(place)
        if (self._number(key), b"") not in self.masks:
            self._expect(key, place)

    def ready(self, place: Place) -> bool:
        """Tell whether `at` would return at once; if not, begin to build the matcher."""
        key = self.grammars.key(place)
        if not self._ahead or key in self._kept:
            return True
        self._expect(key, place)
        return self._expected[key].done()

    def _expect(self, key: Hashable, place: Place) -> None:
        if self._ahead and key not in self._kept and key not in self._expected:
            if len(self._expected) >= EXPECTED_KEPT:  # of programs that went another way
                for waiting in self._expected.values():
                    waiting.cancel()
                self._expected.clear()
            self._expected[key] = self._builder.submit(self._build, place)

    def at(self, place: Place) -> LLMatcher:
        """Return the matcher for the line at a place; copy it before use.

        Raises:
            ConstraintError: llguidance does not accept the grammar.
        """
        key = self.grammars.key(place)
        found = self._kept.find(key)
        if found is not None:
            self.hits += 1
            return found
        self.misses += 1
        building = self._expected.pop(key, None)
        # It can be cancelled while others are before it, and those are not waited for.
        begun = building is not None and not building.cancel()
        found = building.result() if building and begun else self._build(place)
        self._kept.keep(key, found)
        return found

    def _build(self, place: Place) -> LLMatcher:
        text = self.grammars.write(place)
        if place.lines == 0 and place.declaring is None and self._leading_space:
            # Some tokenizers spell an answer's first word as ``▁draw``.
            text = text.replace("\nstart: ", '\nstart: " "? first_line\nfirst_line: ', 1)
        grammar = LLMatcher.grammar_from_lark(text)
        for _ in range(_BUILD_TRIES):
            matcher = LLMatcher(self.llg_tokenizer, grammar, log_level=0)
            error = matcher.get_error()
            if not error:
                return matcher
        raise ConstraintError(f"llguidance does not accept the grammar: {summary(error)}")
