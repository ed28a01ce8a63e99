"""What differs between the Outlines models that can be steered: one table, ``ENGINES``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from outlines.models import LlamaCpp, Transformers

from asygrammar.decoding.chat import end_ids, prepare_tokenizer, starts_with_space, takes_system
from asygrammar.decoding.models import LoadedModel
from asygrammar.decoding.syntax import SyntaxBackend


@dataclass(frozen=True)
class Engine:
    """How a kind of Outlines model is asked.

    Attributes:
        tokenizer: Returns llguidance's view of the tokenizer.
        leading_space: Whether an answer may begin with a space that is no part of it.
        takes_system: Whether the chat template shows the system message to the model.
        arguments: From a budget, a temperature and a seed to the arguments of a generation.
        name: How results name the model.
    """

    tokenizer: Callable[[Any], Any]
    leading_space: Callable[[Any], bool]
    takes_system: Callable[[Any], bool]
    arguments: Callable[[Any, int, float, int], dict[str, Any]]
    name: Callable[[Any], str]


def engine_of(model: Any) -> Engine:
    """Return how a model is asked.

    Raises:
        ValueError: It is no Outlines model that can be steered here.
    """
    for of, engine in ENGINES.items():
        if isinstance(model, of):
            return engine
    names = " or ".join(of.__name__ for of in ENGINES)
    raise ValueError(f"the model must be Outlines' {names}, not {type(model).__name__}")


def _hf_tokenizer(model: Any) -> Any:
    prepare_tokenizer(model.hf_tokenizer)
    ends = end_ids(model.hf_tokenizer, model.model)
    loaded = LoadedModel(_hf_name(model), model, None, ends, None)
    return SyntaxBackend(loaded).llg_tokenizer


def _hf_arguments(model: Any, budget: int, temperature: float, seed: int) -> dict[str, Any]:
    torch.manual_seed(seed)
    draws = {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0}
    return {
        "max_new_tokens": budget,
        "eos_token_id": list(end_ids(model.hf_tokenizer, model.model)),
        "pad_token_id": model.hf_tokenizer.pad_token_id,
        **(draws if temperature else {"do_sample": False}),
    }


def _hf_name(model: Any) -> str:
    return Path(str(model.model.name_or_path)).name


def _llama_tokenizer(model: Any) -> Any:
    import llama_cpp
    from llguidance.llamacpp import lltokenizer_from_vocab

    vocab = llama_cpp.llama_model_get_vocab(model.model.model)
    size = model.model.n_vocab()
    ends = [token for token in range(size) if llama_cpp.llama_vocab_is_eog(vocab, token)]
    return lltokenizer_from_vocab(vocab, n_vocab=size, eos_token=ends)


def _llama_leading_space(model: Any) -> bool:
    metadata: Mapping[str, str] = model.model.metadata
    if metadata.get("tokenizer.ggml.model") != "llama":
        return False
    return metadata.get("tokenizer.ggml.add_space_prefix", "true") == "true"


def _llama_arguments(model: Any, budget: int, temperature: float, seed: int) -> dict[str, Any]:
    plain = {"top_k": 0, "top_p": 1.0, "min_p": 0.0, "repeat_penalty": 1.0}
    return {"max_tokens": budget, "temperature": temperature, "seed": seed, **plain}


ENGINES: dict[type, Engine] = {
    Transformers: Engine(
        tokenizer=_hf_tokenizer,
        leading_space=lambda model: starts_with_space(model.hf_tokenizer),
        takes_system=lambda model: takes_system(model.hf_tokenizer),
        arguments=_hf_arguments,
        name=_hf_name,
    ),
    LlamaCpp: Engine(
        tokenizer=_llama_tokenizer,
        leading_space=_llama_leading_space,
        takes_system=lambda model: True,  # what its template does with it is llama.cpp's business
        arguments=_llama_arguments,
        name=lambda model: Path(str(model.model.model_path)).name,
    ),
}
