"""The sentences that ask for a template's figure: patterns, and the flags that they turn on."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from asygrammar.phrases import Phrase


@dataclass(frozen=True)
class Saying:
    """A phrase pattern of a template, with the flags that it needs to be on."""

    phrase: Phrase
    needs: frozenset[str]
    mentions: frozenset[str]
    line: int

    def flag_sets(self) -> Iterator[frozenset[str]]:
        """Yield the sets of flags that sentences of the pattern can turn on."""
        free = sorted(self.mentions - self.needs)
        for count in range(len(free) + 1):
            for some in combinations(free, count):
                yield self.needs | frozenset(some)

    def draw_flags(self, flags: Iterable[str], rng: random.Random, share: float) -> dict[str, bool]:
        """Turn on the flags that it needs, and each of those that it mentions by chance.

        Args:
            flags: The template's.
            rng: Decides.
            share: How likely each is turned on, from 0 to 1.
        """
        return {
            flag: flag in self.needs or (flag in self.mentions and rng.random() < share)
            for flag in flags
        }
