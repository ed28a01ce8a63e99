"""One sample into its score: the list of what is asked about it.

What depends on a program alone, or on a pair of programs, is kept by content and asked once. What
this module does not know: files of samples and scores, and who else is scoring.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Self, TypeVar

from asygrammar.checking import syntax_faults
from asygrammar.compiler import CompilerMissing, CompilerSession, RenderError, SessionPool
from asygrammar.eval.chunks import Scored
from asygrammar.eval.content_cache import ContentCache
from asygrammar.eval.drawn_programs import DrawnProgram, DrawnPrograms, one_line
from asygrammar.eval.executed import Executed, execute
from asygrammar.eval.geometric_checks import parse_check, run_checks
from asygrammar.eval.metrics import (
    contamination,
    exact_match,
    is_truncated,
    similarity,
    token_edit_distance,
)
from asygrammar.eval.pictures import hash_distance, perceptual_hash, ssim
from asygrammar.eval.relations import relations, share_held
from asygrammar.eval.same_drawing import compare_drawings
from asygrammar.eval.samples import Sample
from asygrammar.eval.score import Score
from asygrammar.eval.statement_score import statements_run
from asygrammar.imports import add_imports

# Of two long texts the tokens to edit are not counted, in characters: it takes minutes.
_LONGEST_EDITED = 50_000
# Wall-clock limit of one statement where a program is run statement by statement, in seconds.
_STATEMENT = 5.0
# How many programs are remembered as they were executed: references that many samples share.
_REMEMBERED = 64
# What says nothing of a sample, but that no other can be scored either.
_STOPPING = (CompilerMissing, ImportError, OSError)

_Found = TypeVar("_Found")


@dataclass(frozen=True)
class Settings:
    """How samples are scored.

    Attributes:
        cache: Folder of what was found, by content; ``None``: it is forgotten with the scorer.
        timeout: Wall-clock limit of a compilation, in seconds.
        patience: How long a sample may take besides, in seconds.
    """

    cache: Path | None
    timeout: float = 30.0
    patience: float = 300.0

    def patience_for(self, samples: int) -> float:
        """Return how long to wait for the first of some samples, in seconds: all are drawn."""
        return self.patience + 2 * self.timeout * samples


class Scorer:
    """Scores samples, one after the other.

    Args:
        settings: How.

    Raises:
        OSError: The cache cannot be made.
    """

    def __init__(self, settings: Settings) -> None:
        self._stack = ExitStack()
        folder = settings.cache or Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        self._timeout = settings.timeout
        self._cache = ContentCache(folder, f"{settings.timeout:g} s")
        self._programs = DrawnPrograms(self._cache, settings.timeout)
        self._executed = lru_cache(maxsize=_REMEMBERED)(self._execute)

    def score_all(self, samples: Sequence[Sample]) -> Iterator[Scored]:
        """Draw the programs of samples together, then yield the samples' scores in order.

        Raises:
            CompilerMissing: ``asy`` is not installed.
            ImportError: A library is not installed.
            OSError: The cache cannot be written.
        """
        programs = [sample.completion for sample in samples]
        programs += [_drawable(it.reference) for it in samples if it.reference is not None]
        try:
            self._programs.draw(programs)
        except _STOPPING:
            raise
        except Exception:
            pass  # whose fault it is shows where each is drawn by itself
        for sample in samples:
            yield self.score(sample)

    def score(self, sample: Sample) -> Scored:
        """Return the score of a sample; what goes wrong while it is judged is its verdict.

        Raises:
            CompilerMissing: ``asy`` is not installed.
            ImportError: A library is not installed.
            OSError: The cache cannot be written.
        """
        if sample.error and not sample.completion:
            return _unscored(sample, "not written", sample.error)
        try:
            return self._score(sample)
        except _STOPPING:
            raise
        except Exception as fault:
            return _unscored(sample, "unscored", f"{type(fault).__name__}: {fault}")

    def _score(self, sample: Sample) -> Scored:
        began = time.monotonic()
        completion, reference = sample.completion, sample.reference
        asked = sample.prompt, sample.system
        drawn = self._programs.of(completion)
        wanted = None if reference is None else self._programs.of(_drawable(reference))
        score = Score(
            sample,
            verdict=drawn.verdict,
            failure=drawn.failure,
            compiled=drawn.compiled,
            parsed=drawn.compiled or _parses(completion),
            statements_run=self._statements_run(completion, drawn),
            truncated=is_truncated(completion, sample.complete, *asked),
            contamination=contamination(completion, *asked),
            **({} if reference is None else _compare_texts(completion, reference)),
            **({} if reference is None else self._compare_figures(completion, reference)),
            checks=self._check(sample, drawn),
            picture=drawn.file,
            reference_picture=wanted.file if wanted else "",
            seconds=time.monotonic() - began + drawn.seconds,
        )
        shown = [it for it in (drawn, wanted) if it and it.compiled]
        return Scored(score, {it.file: self._programs.picture(it) for it in shown})

    # ------------------------------------------------------------------------------ one program

    def _statements_run(self, program: str, drawn: DrawnProgram) -> float:
        if drawn.compiled:
            return 1.0
        return self._kept(("statements", program), lambda: self._run_statements(program))

    @cached_property
    def _pool(self) -> SessionPool:
        return self._stack.enter_context(SessionPool(1))

    def _run_statements(self, program: str) -> float:
        with CompilerSession(self._pool, timeout=min(_STATEMENT, self._timeout)) as session:
            return statements_run(program, session, timeout=self._timeout)

    def _execute(self, program: str) -> Executed | None:
        """Run a program that compiles; ``None`` where it cannot be told what it draws."""
        try:
            return execute(program, self._timeout)
        except RenderError:
            return None

    def _check(self, sample: Sample, drawn: DrawnProgram) -> Mapping[str, bool]:
        executed = self._executed(sample.completion) if sample.checks and drawn.compiled else None
        if executed is None:
            return dict.fromkeys(sample.checks, False)
        return run_checks([parse_check(check) for check in sample.checks], executed)

    # ----------------------------------------------------------------------------- two programs

    def _compare_figures(self, completion: str, reference: str) -> Mapping[str, Any]:
        """Return what a score says of the figures beside each other."""
        written, program = self._programs.of(completion), _drawable(reference)
        wanted = self._programs.of(program)
        if not wanted.compiled:
            return {}
        if not written.compiled:
            return self._kept(("no figure", program), lambda: self._compare_with_none(program))
        return self._kept(
            ("figures", program, completion),
            lambda: {
                **self._compare_drawings(completion, program),
                **self._compare_pictures(written, wanted),
            },
        )

    def _compare_with_none(self, reference: str) -> dict[str, Any]:
        """Return the same of what draws nothing, so nothing of what is wanted."""
        wanted = self._executed(reference)
        related = wanted is not None and bool(relations(wanted))
        return {"same": False, "relations": 0.0 if related else None}

    def _compare_drawings(self, completion: str, reference: str) -> dict[str, Any]:
        wanted, found = self._executed(reference), self._executed(completion)
        if wanted is None or found is None:
            return {}
        return {
            "same": compare_drawings(wanted.drawing, found.drawing).same,
            "relations": share_held(wanted, found),
        }

    def _compare_pictures(self, drawn: DrawnProgram, wanted: DrawnProgram) -> dict[str, Any]:
        one, other = self._programs.picture(drawn), self._programs.picture(wanted)
        try:
            distance = hash_distance(perceptual_hash(one), perceptual_hash(other))
            return {"ssim": ssim(one, other).value, "hash_distance": distance}
        except ValueError:  # too large to be looked at
            return {}

    # --------------------------------------------------------------------------------- its means

    def _kept(self, about: tuple[str, ...], find: Callable[[], _Found]) -> _Found:
        """Return what is kept about texts, or find it and keep it."""
        key = self._cache.key(*about)
        kept = self._cache.find(key)
        if kept is None:
            kept = {"found": find()}
            self._cache.keep(key, kept)
        found: _Found = kept["found"]
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


@lru_cache(maxsize=256)
def _drawable(reference: str) -> str:
    """Return a reference as it is drawn: where it comes from may import some modules by itself."""
    return add_imports(reference)


def _parses(program: str) -> bool:
    return bool(program.strip()) and not syntax_faults(program)


def _compare_texts(completion: str, reference: str) -> Mapping[str, Any]:
    """Return what a score says of the texts beside each other."""
    short = max(len(completion), len(reference)) <= _LONGEST_EDITED
    return {
        "exact": exact_match(completion, reference),
        "similarity": similarity(completion, reference),
        "edit_distance": token_edit_distance(completion, reference) if short else None,
    }


def _unscored(sample: Sample, failure: str, why: str) -> Scored:
    return Scored(Score(sample, verdict=f"{failure}: {one_line(why)}", failure=failure))
