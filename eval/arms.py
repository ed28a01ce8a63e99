"""What writes samples: a model here at some level and mode, or one behind a server.

What this module does not know: which samples are wanted, and where they are kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from asygrammar.decoding import AsyCode, AsyGenerator
from asygrammar.decoding.levels import resolve_level
from asygrammar.decoding.request import MODES
from asygrammar.eval.problems import Problem
from asygrammar.eval.remote_model import Answer, ChatServer, RefusedError
from asygrammar.eval.samples import COSTS, Sample
from asygrammar.prompt import SYSTEM, build_messages

# How many questions a server gets at a time.
_AT_A_TIME = 4


@dataclass(frozen=True)
class Decoding:
    """How arms decode; all of them alike.

    Attributes:
        max_new_tokens: The most tokens a program may take.
        temperature: 0 takes the likeliest token.
        seed: Of what is drawn, above temperature 0.
        examples: How many worked examples to show first.
    """

    max_new_tokens: int = 512
    temperature: float = 0.0
    seed: int = 0
    examples: int = 0


class Arm(Protocol):
    """What writes samples: a row of the tables."""

    @property
    def name(self) -> str:
        """What its row is called."""

    @property
    def decoding(self) -> Decoding:
        """How it decodes."""

    @property
    def about(self) -> dict[str, Any]:
        """What its samples depend on, JSON-ready: a run that is gone on with must have the same."""

    def warm_up(self) -> None:
        """Do what would otherwise be a cost of the first program."""

    def write(self, problems: Sequence[Problem], number: int, seed: int) -> list[Sample]:
        """Write one sample for each of some problems.

        Args:
            problems: The problems, decoded side by side.
            number: Which of its samples this is.
            seed: The first problem's; those after it have the next ones.

        Raises:
            ValueError: None can be written, whatever the problem.
        """


@dataclass(frozen=True)
class LevelArm:
    """A model at a level and a mode.

    Attributes:
        generator: The model.
        level: The level's name.
        mode: ``"program"``, ``"template"`` or ``"auto"``.
        decoding: How it decodes.
    """

    generator: AsyGenerator
    level: str
    mode: str
    decoding: Decoding

    @property
    def name(self) -> str:
        """The level, and the mode where that is not to write a program."""
        return self.level if self.mode == "program" else f"{self.level}, {self.mode}"

    @property
    def about(self) -> dict[str, Any]:
        """The model and how it decodes."""
        return {"model": self.generator.model, **asdict(self.decoding)}

    def warm_up(self) -> None:
        """Build what the level is made of."""
        options = asdict(self.decoding) | {"max_new_tokens": 1}
        self.generator.generate("Draw a dot.", self.level, mode=self.mode, **options)

    def write(self, problems: Sequence[Problem], number: int, seed: int) -> list[Sample]:
        """Write one sample for each of some problems; see `Arm.write`."""
        began = time.perf_counter()
        try:
            codes = self._generate([problem.prompt for problem in problems], seed)
        except ValueError as fault:
            if len(problems) == 1:
                return [self._sample(problems[0], number, error=_one_line(fault))]
            # One of them is too long, say: each for itself.
            return [
                sample
                for place, problem in enumerate(problems)
                for sample in self.write([problem], number, seed + place)
            ]
        seconds = (time.perf_counter() - began) / len(problems)
        return [
            self._sample(problem, number, code, _costs(code, seconds))
            for problem, code in zip(problems, codes, strict=True)
        ]

    def _generate(self, sentences: list[str], seed: int) -> list[AsyCode]:
        return self.generator.generate(
            sentences,
            self.level,
            batch_size=len(sentences),
            mode=self.mode,
            max_new_tokens=self.decoding.max_new_tokens,
            temperature=self.decoding.temperature,
            seed=seed,
            examples=self.decoding.examples,
        )

    def _sample(
        self,
        problem: Problem,
        number: int,
        code: AsyCode | None = None,
        cost: dict[str, float] | None = None,
        error: str = "",
    ) -> Sample:
        return _sample(
            self.name,
            problem,
            number,
            system=self.generator._model.system or "",
            completion="" if code is None else str(code),
            complete=None if code is None else code.complete,
            level=self.level,
            mode=self.mode,
            model=self.generator.model,
            cost=cost or {},
            error=error,
        )


@dataclass(frozen=True)
class ServerArm:
    """A model behind a server, which decodes as it likes.

    Attributes:
        server: The server, and which of its models.
        decoding: How it is asked to decode.
    """

    server: ChatServer
    decoding: Decoding

    @property
    def name(self) -> str:
        """The model's name."""
        return self.server.model

    @property
    def about(self) -> dict[str, Any]:
        """The model, its server and how it is asked to decode."""
        return {
            "model": self.server.model,
            "server": self.server.url,
            **asdict(self.decoding),
        }

    def warm_up(self) -> None:
        """Leave the server alone: what it does first is its own affair."""

    def write(self, problems: Sequence[Problem], number: int, seed: int) -> list[Sample]:
        """Write one sample for each of some problems; see `Arm.write`."""
        numbered = list(enumerate(problems))
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            return list(pool.map(lambda it: self._write(it[1], number, seed + it[0]), numbered))

    def _write(self, problem: Problem, number: int, seed: int) -> Sample:
        try:
            answer, error = self._ask(problem.prompt, seed), ""
        except RefusedError as fault:
            answer, error = Answer("", None, None, 0.0), _one_line(fault)
        cost = {"seconds": answer.seconds}
        if answer.tokens is not None:
            cost["tokens"] = answer.tokens
        return _sample(
            self.name,
            problem,
            number,
            system=SYSTEM,
            completion=answer.text,
            complete=None if answer.ending is None else answer.ending == "stop",
            model=self.server.model,
            cost={} if error else cost,
            error=error,
        )

    def _ask(self, prompt: str, seed: int) -> Answer:
        return self.server.ask(
            build_messages(prompt, examples=self.decoding.examples),
            max_tokens=self.decoding.max_new_tokens,
            temperature=self.decoding.temperature,
            seed=seed if self.decoding.temperature else None,
        )


def level_arms(
    generate: Callable[[], AsyGenerator],
    levels: Iterable[str],
    modes: Iterable[str],
    decoding: Decoding,
) -> list[LevelArm]:
    """Return an arm for each level and mode, the modes one after the other.

    Templates are filled under their grammar, so there is none for ``free`` with ``"template"``.

    Args:
        generate: Loads the model; called once all names are known to be right.
        levels: Names of levels.
        modes: Names of modes.
        decoding: How they decode.

    Raises:
        ValueError: There is no such level or mode, or none is left.
    """
    names = list(dict.fromkeys(resolve_level(level) for level in levels))
    modes = list(dict.fromkeys(modes))
    if unknown := [mode for mode in modes if mode not in MODES]:
        raise ValueError(f"a mode is one of {', '.join(MODES)}, not {unknown[0]!r}")
    pairs = [(m, n) for m in modes for n in names if (m, n) != ("template", "free")]
    if not pairs:
        raise ValueError("there is nothing to measure: name a level and a mode that go together")
    generator = generate()
    return [LevelArm(generator, level, mode, decoding) for mode, level in pairs]


def sample_id(problem: Problem, arm: str, number: int) -> str:
    """Return what a sample is called, by its problem, its arm's name and its number."""
    return f"{problem.id}/{arm}/{number}"


def _sample(arm: str, problem: Problem, number: int, **how: Any) -> Sample:
    return Sample(
        id=sample_id(problem, arm, number),
        problem=problem.id,
        prompt=problem.prompt,
        reference=problem.reference,
        arm=arm,
        number=number,
        checks=problem.checks,
        split=problem.split,
        **how,
    )


def _costs(code: AsyCode, seconds: float) -> dict[str, float]:
    """Return what a program took; of the batch's time, its part."""
    report = asdict(code.report)
    report |= {"refused": len(code.report.refused), "seconds": seconds}
    return {name: float(report[name]) for name in COSTS}


def _one_line(fault: BaseException) -> str:
    return " ".join(str(fault).split())
