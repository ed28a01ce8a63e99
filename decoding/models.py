"""Loading: the bundled model, any Hugging Face model, quantization, adapters.

Every model is held as an Outlines model (`outlines.from_transformers`). Knows nothing of grammars.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import outlines
import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

from asygrammar.decoding.chat import end_ids, prepare_tokenizer, starts_with_space, takes_system
from asygrammar.prompt import SYSTEM

BUNDLED = Path(__file__).resolve().parent / "models" / "phi3-asy-nano"

QUANTIZATIONS = ("4bit", "8bit")

#: On a CPU, models with fewer parameters than this run on one thread. Two gain nothing from so
#: little work (2.6 ms a token instead of 2.8), and where other programs run too, they wait for each
#: other (45 ms instead of 4).
LIGHT = 20_000_000

# The file that tells that a folder holds such a thing.
_MARKERS = {
    "model": "config.json",
    "adapter": "adapter_config.json",
    "tokenizer": "tokenizer_config.json",
}


@dataclass(frozen=True)
class LoadedModel:
    """A model that is ready to decode.

    Attributes:
        name: How results name it.
        steerable: The Outlines model (`outlines.models.Transformers`).
        system: The system message it expects, ``None`` for none.
        end_ids: Ids of the tokens that end its answer.
        context: Tokens of prompt and answer together that it can attend to; ``None``: no limit.
        tasks: What it was trained to do, of `asygrammar.prompt.TASKS`.
    """

    name: str
    steerable: Any
    system: str | None
    end_ids: tuple[int, ...]
    context: int | None
    tasks: tuple[str, ...] = ("generate",)

    @property
    def network(self) -> Any:
        """The transformers model, with an adapter if there is one."""
        return self.steerable.model

    @property
    def tokenizer(self) -> Any:
        """The Hugging Face tokenizer."""
        return self.steerable.hf_tokenizer

    @property
    def device(self) -> torch.device:
        """Where the input ids go."""
        return torch.device(self.network.device)

    @cached_property
    def vocabulary_size(self) -> int:
        """The width of the logits: the embedding may be padded past the tokenizer's entries."""
        return int(self.network.config.get_text_config().vocab_size)

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Compute on one thread where several would only wait for each other."""
        before = torch.get_num_threads()
        if before == 1 or not self._is_light:
            yield
            return
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(before)

    @cached_property
    def _is_light(self) -> bool:
        size = sum(parameter.numel() for parameter in self.network.parameters())
        return self.device.type == "cpu" and size < LIGHT

    @cached_property
    def merges_system(self) -> bool:
        """Whether the system text goes into the first user message."""
        return not takes_system(self.tokenizer)

    @cached_property
    def leading_space(self) -> bool:
        """Whether an answer may begin with a space that is no part of the program."""
        return starts_with_space(self.tokenizer)


def load_model(
    model: str | os.PathLike[str] | None = None,
    adapter: str | os.PathLike[str] | None = None,
    device: str | None = None,
    quantization: str | None = None,
) -> LoadedModel:
    """Load a model for decoding.

    Args:
        model: A folder or a Hugging Face name; ``None`` is the bundled model.
        adapter: A PEFT adapter, a folder or a Hugging Face name.
        device: Where to run, as torch names it; by default a GPU where there is one.
        quantization: ``"4bit"`` (nf4, double quantization), ``"8bit"`` or ``None``.

    Raises:
        ValueError: There is no such model, adapter, device or quantization.
        ImportError: The adapter or quantization needs a package that is not installed.
    """
    if quantization is not None and quantization not in QUANTIZATIONS:
        names = ", ".join(repr(name) for name in QUANTIZATIONS)
        raise ValueError(f"quantization must be {names} or None, not {quantization!r}")
    place = _choose_device(device)
    source = _locate("model", model) if model is not None else _bundled()
    adapter_source = _locate("adapter", adapter) if adapter is not None else None
    with _reported("model", source), quiet_bars():
        tokenizer = AutoTokenizer.from_pretrained(source)
        network = _load_network(source, place, quantization)
    if adapter_source is not None:
        with _reported("adapter", adapter_source):
            network = _apply_adapter(network, adapter_source, merge=quantization is None)
    network.eval()
    note = _note(source) | (_note(adapter_source) if adapter_source else {})
    return ready_to_decode(
        network,
        tokenizer,
        name=_name(source, adapter_source),
        system=note.get("system", SYSTEM),
        tasks=tuple(note.get("tasks", ("generate",))),
    )


def ready_to_decode(
    network: Any, tokenizer: Any, *, name: str, system: str | None, tasks: tuple[str, ...]
) -> LoadedModel:
    """Return a network that is in memory as decoding takes it.

    Args:
        network: A causal model of transformers.
        tokenizer: Its tokenizer, changed in place: see `prepare_tokenizer`.
        name: How results name it.
        system: The system message it expects, ``None`` for none.
        tasks: What it was trained to do, of `asygrammar.prompt.TASKS`.
    """
    prepare_tokenizer(tokenizer)
    return LoadedModel(
        name=name,
        steerable=outlines.from_transformers(network, tokenizer),
        system=system,
        end_ids=end_ids(tokenizer, network),
        context=_context(network.config),
        tasks=tasks,
    )


def load_tokenizer(model: str | os.PathLike[str] | None = None) -> Any:
    """Load a model's tokenizer alone.

    Args:
        model: A folder or a Hugging Face name; ``None`` is the bundled model.

    Raises:
        ValueError: There is no such tokenizer.
    """
    source = _locate("tokenizer", model) if model is not None else _bundled()
    with _reported("tokenizer", source):
        return AutoTokenizer.from_pretrained(source)


def _load_network(source: str, place: torch.device, quantization: str | None) -> Any:
    if quantization is not None:
        return AutoModelForCausalLM.from_pretrained(
            source,
            device_map={"": place},
            dtype="auto",
            quantization_config=_quantization_config(quantization, place),
        )
    stored = getattr(AutoConfig.from_pretrained(source), "dtype", None)
    # Half precision is a storage format to a CPU: slow and inexact to compute with.
    dtype = torch.float32 if place.type == "cpu" and stored in (torch.float16, None) else "auto"
    network: Any = AutoModelForCausalLM.from_pretrained(source, dtype=dtype)
    return network.to(place)


def _quantization_config(quantization: str, place: torch.device) -> Any:
    _require("bitsandbytes", f"quantization={quantization!r}")
    _require("accelerate", f"quantization={quantization!r}")
    from transformers import BitsAndBytesConfig

    if quantization == "8bit":
        return BitsAndBytesConfig(load_in_8bit=True)  # type: ignore[no-untyped-call]
    return BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.float32 if place.type == "cpu" else torch.bfloat16,
    )


def _apply_adapter(network: Any, source: str, *, merge: bool) -> Any:
    _require("peft", "an adapter")
    from peft import PeftModel, get_peft_model_state_dict, load_peft_weights

    # peft leaves out in silence what has no place in the model.
    places = {f"base_model.model.{name}" for name in network.state_dict()}
    adapted = PeftModel.from_pretrained(network, source)
    places |= get_peft_model_state_dict(adapted, save_embedding_layers=False).keys()
    saved = load_peft_weights(source, device="cpu").keys()
    if unused := saved - places:
        raise ValueError(
            f"it was made for another model ({len(unused)} of its {len(saved)} weights have no "
            "place here)"
        )
    # Merged weights decode at the speed of the base model; quantized ones cannot be merged
    # without loss.
    return adapted.merge_and_unload() if merge else adapted


def _choose_device(device: str | None) -> torch.device:
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.empty(0, device=device).device
    except (RuntimeError, AssertionError, NotImplementedError) as fault:
        line = str(fault).splitlines()[0]
        raise ValueError(f"cannot run on device {device!r}: {line}") from None


def _bundled() -> str:
    if not (BUNDLED / "config.json").is_file():
        raise ValueError(
            f"the bundled model is not in this installation ({BUNDLED}): "
            "reinstall asygrammar, or name a model"
        )
    return str(BUNDLED)


def _locate(kind: str, name: str | os.PathLike[str]) -> str:
    """Check that a folder, a cached download or a name on the hub is there.

    Asked directly, transformers tries an unreachable hub for 20 s and prints each attempt.
    """
    source = os.path.expanduser(os.fspath(name))
    marker = _MARKERS[kind]
    if Path(source).is_dir():
        if not (Path(source) / marker).is_file():
            raise ValueError(f"the folder {source} holds no {kind}: there is no {marker} in it")
        return source
    if Path(source).is_absolute() or source.count("/") > 1 or source.startswith("."):
        raise ValueError(f"there is no {kind} at {source}: no such folder")
    from huggingface_hub import HfApi, try_to_load_from_cache
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        RepositoryNotFoundError,
    )

    try:
        if isinstance(try_to_load_from_cache(source, marker), str):
            return source
        HfApi().model_info(source, timeout=10)
    except GatedRepoError:
        raise ValueError(
            f"the {kind} {source!r} is gated: accept its licence on huggingface.co and log in"
        ) from None
    except (RepositoryNotFoundError, HFValidationError):
        raise ValueError(
            f"there is no {kind} {source!r}: neither a folder here nor a name on huggingface.co"
        ) from None
    except HfHubHTTPError as fault:
        raise ValueError(f"cannot fetch the {kind} {source!r}: {_first_line(fault)}") from None
    except Exception as fault:  # the http client's own classes differ from version to version
        raise ValueError(
            f"there is no {kind} {source!r}: it is no folder here, it was not downloaded before, "
            f"and huggingface.co cannot be reached ({_first_line(fault)})"
        ) from None
    return source


def _name(source: str, adapter: str | None) -> str:
    names = [
        Path(part).resolve().name if Path(part).is_dir() else part
        for part in (source, adapter)
        if part
    ]
    return " + ".join(names)


def _note(source: str) -> dict[str, Any]:
    """Return what ``prompt.json`` says of a model or an adapter.

    ``system`` is the system message it was trained with, ``tasks`` what it was trained to do.
    """
    note = Path(source) / "prompt.json"
    if not note.is_file():
        return {}
    with _reported("model", source):
        return dict(json.loads(note.read_text(encoding="utf-8")))


def _context(config: Any) -> int | None:
    config = config.get_text_config()
    limits = [getattr(config, "max_position_embeddings", None)]
    # Past this length a long-context Phi-3 changes its position encoding, and what the cache
    # holds is wrong. Figures are short: stay below.
    limits.append(getattr(config, "original_max_position_embeddings", None))
    return min((int(limit) for limit in limits if limit), default=None)


def _require(package: str, purpose: str) -> None:
    if find_spec(package) is None:
        raise ImportError(f"{purpose} needs {package}: pip install 'asygrammar[train]'")


@contextmanager
def _reported(kind: str, source: str) -> Iterator[None]:
    """Turn what a library raises about unusable files into one line."""
    try:
        yield
    except ImportError:
        raise
    except Exception as fault:  # safetensors, tokenizers and peft raise bare Exceptions, too
        raise ValueError(f"cannot load the {kind} {source}: {_first_line(fault)}") from fault


@contextmanager
def quiet_bars() -> Iterator[None]:
    """Hide the loading bars where nobody sees them move."""
    if sys.stderr.isatty() or not logging.is_progress_bar_enabled():
        yield
        return
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def _first_line(fault: BaseException) -> str:
    return (str(fault).splitlines() or [type(fault).__name__])[0]
