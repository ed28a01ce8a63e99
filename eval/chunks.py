"""Samples parted into what one worker does at a time, until each of them has a score.

Programs are drawn many at a time, and samples of the same reference are kept together, so that
one process knows what it draws. Of a chunk whose worker was lost, each sample that has no score is
tried again by itself: only a sample that loses its own worker twice is at fault.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from asygrammar.eval.samples import Sample
from asygrammar.eval.score import Score

#: How many samples a chunk has at most.
CHUNK = 32
# How often a sample is tried by itself.
_TRIES = 2


@dataclass(frozen=True)
class Scored:
    """A sample that has its score.

    Attributes:
        score: The score.
        pictures: Its pictures: PNG files by the names that the score has of them.
    """

    score: Score
    pictures: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Chunk:
    """What a worker does at a time.

    Attributes:
        samples: The samples.
        tries: How often they were given to a worker, each by itself, and the worker was lost.
    """

    samples: tuple[Sample, ...]
    tries: int = 0


class Chunks:
    """The chunks that are still to be done.

    Args:
        samples: All samples.
        workers: How many workers there are to share them.
    """

    def __init__(self, samples: Sequence[Sample], workers: int) -> None:
        size = max(1, min(CHUNK, -(-len(samples) // max(workers, 1))))
        first: dict[str | None, int] = {}
        for number, sample in enumerate(samples):
            first.setdefault(sample.reference, number)
        ordered = sorted(samples, key=lambda sample: first[sample.reference])
        self._waiting = deque(
            Chunk(tuple(ordered[start : start + size])) for start in range(0, len(ordered), size)
        )

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._waiting)

    def take(self) -> Chunk:
        """Return one that is to be done next."""
        return self._waiting.popleft()

    def lost(self, chunk: Chunk, done: int, why: str) -> Iterator[Scored]:
        """Put back what a lost worker did not do, or say what is wrong with it.

        Args:
            chunk: What it was doing.
            done: How many samples of that, the first ones, have their scores.
            why: What became of it, as a verdict: ``"timed out: ..."``.

        Yields:
            The score of the sample that is at fault.
        """
        rest = chunk.samples[done:]
        if len(chunk.samples) == 1 and rest and chunk.tries + 1 >= _TRIES:
            yield Scored(Score(rest[0], verdict=why, failure=why.partition(":")[0]))
            return
        tries = chunk.tries + 1 if len(chunk.samples) == 1 else 0
        self._waiting.extendleft(Chunk((sample,), tries) for sample in reversed(rest))
