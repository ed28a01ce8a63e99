"""What a call asks for, checked before anything is decoded."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TypedDict

from asygrammar.decoding.chat import encode_prompt
from asygrammar.decoding.choosing import Sampling
from asygrammar.decoding.levels import resolve_level
from asygrammar.decoding.models import LoadedModel
from asygrammar.prompt import add_hints

MODES = ("auto", "program", "template")


class Options(TypedDict, total=False):
    """How to decode, as keyword arguments; each may be left out.

    Attributes:
        mode: ``"program"`` writes freely; ``"template"`` chooses a figure template and fills in its
            blanks; ``"auto"``, the default, takes the template where the model was trained to fill
            and is sure of it, else writes a program.
        max_new_tokens: The most tokens a program may take, 512 by default.
        temperature: 0, the default, takes the likeliest token; above, tokens are drawn.
        top_p: Tokens are drawn from the likeliest with this share of the probability; 1 by default.
        seed: The same seed gives the same program; sentence ``i`` (0-based) of several is drawn
            with ``seed + i``. ``None`` draws anew each time.
        examples: How many worked examples to show the model first.
        prefix: What the program begins with; it goes on from there.
        objects: How many things to draw, as a hint.
        style: Words for how to draw, as a hint: ``("dashed", "shaded")``.
    """

    mode: str
    max_new_tokens: int
    temperature: float
    top_p: float
    seed: int | None
    examples: int
    prefix: str
    objects: int | None
    style: Sequence[str]


@dataclass(frozen=True)
class _Settings:
    """The options with their defaults."""

    mode: str = "auto"
    max_new_tokens: int = 512
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None
    examples: int = 0
    prefix: str = ""
    objects: int | None = None
    style: Sequence[str] = ()

    def check(self) -> None:
        """Raise a `ValueError` where something is out of range."""
        if self.mode not in MODES:
            names = " or ".join(repr(name) for name in MODES)
            raise ValueError(f"mode must be {names}, not {self.mode!r}")
        if self.max_new_tokens < 1:
            raise ValueError(f"max_new_tokens must be 1 or more, not {self.max_new_tokens}")
        if not 0 <= self.temperature < float("inf"):
            raise ValueError(f"temperature must be 0 or more, not {self.temperature}")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p must be more than 0 and at most 1, not {self.top_p}")
        if self.seed is not None and self.seed < 0:
            raise ValueError(f"seed must be 0 or more, not {self.seed}")


@dataclass(frozen=True)
class Request:
    """A checked call: what to decode and how.

    Attributes:
        sentences: What the user asks for.
        prompts: Token ids of each sentence's prompt.
        level: The name of the level.
        budget: The most tokens a program may take.
        temperature: 0 takes the likeliest token.
        top_p: Tokens are drawn from the likeliest with this share of the probability.
        seeds: One for each sentence.
        prefix: What each program begins with.
        mode: ``"program"``, ``"template"``, or ``"auto"`` where both come into question.
        fill_prompts: Token ids of the prompts that ask to fill a template; none in the mode
            ``"program"``.
    """

    sentences: tuple[str, ...]
    prompts: tuple[list[int], ...]
    level: str
    budget: int
    temperature: float
    top_p: float
    seeds: tuple[int, ...]
    prefix: str
    mode: str = "program"
    fill_prompts: tuple[list[int], ...] = ()

    def part(self, numbers: Sequence[int]) -> Request:
        """Return the request for some of the sentences, by their numbers (0-based)."""
        return replace(
            self,
            sentences=tuple(self.sentences[number] for number in numbers),
            prompts=tuple(self.prompts[number] for number in numbers),
            seeds=tuple(self.seeds[number] for number in numbers),
            fill_prompts=tuple(self.fill_prompts[n] for n in numbers if self.fill_prompts),
        )

    def sampling(self) -> Sampling:
        """Return how tokens are chosen, with a seed for each sentence."""
        return Sampling(self.temperature, self.seeds, self.top_p)


def make_request(
    model: LoadedModel, sentences: Sequence[str], constrained: bool | str, options: Options
) -> Request:
    """Check a call and encode its prompts.

    Raises:
        ValueError: An argument is out of range, a sentence is empty or too long; one line says
            what to do.
        TypeError: There is no such option.
    """
    level = resolve_level(constrained)
    if unknown := options.keys() - {field.name for field in fields(_Settings)}:
        raise TypeError(f"there is no option {min(unknown)!r}")
    settings = _Settings(**options)
    settings.check()
    mode = _mode(model, level, settings)
    first = random.randrange(2**32) if settings.seed is None else settings.seed
    return Request(
        sentences=tuple(sentences),
        prompts=tuple(_encode(model, text, settings) for text in sentences),
        level=level,
        budget=settings.max_new_tokens,
        temperature=settings.temperature,
        top_p=settings.top_p,
        seeds=tuple(range(first, first + len(sentences))),
        prefix=settings.prefix,
        mode=mode,
        fill_prompts=tuple(
            _encode(model, text, replace(settings, examples=0), "fill")
            for text in sentences
            if mode != "program"
        ),
    )


def _mode(model: LoadedModel, level: str, settings: _Settings) -> str:
    """Return what comes into question.

    Raises:
        ValueError: A template is asked for, with what only programs can have.
    """
    begun = "a prefix" if settings.prefix else "examples" if settings.examples else ""
    if settings.mode == "template":
        if level == "free":
            raise ValueError("a template is filled under its grammar: leave constrained on")
        if begun:
            raise ValueError(f"a template takes no {begun.split()[-1]}: use mode='program'")
    able = level != "free" and not begun and "fill" in model.tasks
    return "program" if settings.mode == "auto" and not able else settings.mode


def _encode(
    model: LoadedModel, sentence: str, settings: _Settings, task: str = "generate"
) -> list[int]:
    """Encode a sentence's prompt and check that the model can attend to it and the answer."""
    ids = encode_prompt(
        model.tokenizer,
        add_hints(sentence, settings.objects, settings.style),
        task=task,
        examples=settings.examples,
        system=model.system,
        merge_system=model.merges_system,
    )
    # A token of the beginning holds a character at least.
    longest = settings.max_new_tokens + len(settings.prefix.encode())
    if model.context is not None and len(ids) + longest > model.context:
        raise ValueError(
            f"the sentence is too long: the prompt takes {len(ids)} tokens and "
            f"max_new_tokens={settings.max_new_tokens} more, but {model.name} can attend to "
            f"{model.context}: shorten the sentence, or lower max_new_tokens or examples"
        )
    return ids
