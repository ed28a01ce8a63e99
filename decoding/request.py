"""What a call asks for, checked before anything is decoded."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from asygrammar.decoding.chat import encode_prompt
from asygrammar.decoding.levels import resolve_level
from asygrammar.decoding.loop import Sampling
from asygrammar.decoding.models import LoadedModel

MODES = ("auto", "program")


@dataclass(frozen=True)
class Request:
    """A checked call: what to decode and how.

    Attributes:
        sentences: What the user asks for.
        prompts: Token ids of each sentence's prompt.
        level: The name of the level.
        budget: The most tokens a program may take.
        temperature: 0 takes the likeliest token.
        seed: The first sentence's; each further one has the next number.
    """

    sentences: tuple[str, ...]
    prompts: tuple[list[int], ...]
    level: str
    budget: int
    temperature: float
    seed: int

    def part(self, start: int, stop: int) -> Request:
        """Return the request for some of the sentences; each keeps the seed it has in the whole."""
        return replace(
            self,
            sentences=self.sentences[start:stop],
            prompts=self.prompts[start:stop],
            seed=self.seed + start,
        )

    def sampling(self) -> Sampling:
        """Return how tokens are chosen, with a seed for each sentence."""
        seeds = range(self.seed, self.seed + len(self.sentences))
        return Sampling(self.temperature, tuple(seeds))


def make_request(
    model: LoadedModel,
    sentences: Sequence[str],
    constrained: bool | str,
    mode: str,
    max_new_tokens: int,
    temperature: float,
    seed: int | None,
    examples: int,
) -> Request:
    """Check a call and encode its prompts.

    Raises:
        ValueError: An argument is out of range, a sentence is empty or too long; one line says
            what to do.
    """
    level = resolve_level(constrained)
    if mode not in MODES:
        names = " or ".join(repr(name) for name in MODES)
        raise ValueError(f"mode must be {names}, not {mode!r}")
    if max_new_tokens < 1:
        raise ValueError(f"max_new_tokens must be 1 or more, not {max_new_tokens}")
    if not 0 <= temperature < float("inf"):
        raise ValueError(f"temperature must be 0 or more, not {temperature}")
    if seed is not None and seed < 0:
        raise ValueError(f"seed must be 0 or more, not {seed}")
    return Request(
        sentences=tuple(sentences),
        prompts=tuple(encode(model, text, examples, max_new_tokens) for text in sentences),
        level=level,
        budget=max_new_tokens,
        temperature=temperature,
        seed=random.randrange(2**32) if seed is None else seed,
    )


def encode(model: LoadedModel, sentence: str, examples: int, max_new_tokens: int) -> list[int]:
    """Encode a sentence's prompt and check that the model can attend to it and the answer.

    Raises:
        ValueError: The sentence is empty or too long.
    """
    ids = encode_prompt(
        model.tokenizer,
        sentence,
        examples=examples,
        system=model.system,
        merge_system=model.merges_system,
    )
    if model.context is not None and len(ids) + max_new_tokens > model.context:
        raise ValueError(
            f"the sentence is too long: the prompt takes {len(ids)} tokens and "
            f"max_new_tokens={max_new_tokens} more, but {model.name} can attend to "
            f"{model.context}: shorten the sentence, or lower max_new_tokens or examples"
        )
    return ids
