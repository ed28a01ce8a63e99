"""A model as a GGUF file, for llama.cpp: weights, shape and tokenizer of a Phi-3 architecture.

llama.cpp's ``llama`` tokenizer stands in for the model's own. It merges pairs in the same order and
falls back to bytes in the same way, but cannot split a text into words beforehand as the bundled
model's does. So it reads half of the sentences of our figure families in other tokens than the
model was trained with. That is no matter for what is written, which is the same token by token. To
have prompts read exactly, hand over the model's own tokenizer:
``Llama(path, tokenizer=LlamaHFTokenizer(tokenizer))``, from ``llama_cpp.llama_tokenizer``.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from asygrammar.decoding.models import LoadedModel

PRECISIONS = ("f16", "f32")
_ARCHITECTURE = "Phi3ForCausalLM"
_BYTE = re.compile("<0x[0-9A-F]{2}>")


def export_gguf(model: LoadedModel, path: str | os.PathLike[str], precision: str = "f16") -> None:
    """Write a model as a GGUF file, the whole of it or nothing.

    Args:
        model: A model of the Phi-3 architecture with a tokenizer of SentencePiece's kind (BPE with
            byte fallback).
        path: The file; one that is there is replaced.
        precision: How matrices are stored, ``"f16"`` or ``"f32"``. Vectors are always ``f32``.

    Raises:
        ValueError: The model has another architecture or kind of tokenizer, or there is no such
            precision.
        ImportError: The package ``gguf`` is not installed.
        OSError: The file cannot be written.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision must be {' or '.join(PRECISIONS)}, not {precision!r}")
    if find_spec("gguf") is None:
        raise ImportError("a GGUF file needs gguf: pip install 'asygrammar[engines]'")
    _check(model)
    tokenizer = json.loads(model.tokenizer.backend_tokenizer.to_str())
    _check_tokenizer(model, tokenizer)
    target = Path(path)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
        part = Path(folder) / "part"
        _write(model, tokenizer, part, precision)
        os.replace(part, target)


def _check(model: LoadedModel) -> None:
    config = model.network.config
    kind = type(model.network).__name__
    if kind != _ARCHITECTURE:
        raise ValueError(f"{model.name} is a {kind}: only {_ARCHITECTURE} can be written as GGUF")
    if getattr(model.network, "hf_quantizer", None) is not None:
        raise ValueError(f"{model.name} is quantized: load it without, the file is {PRECISIONS}")
    rope = _rope(config)
    if rope.get("rope_type", "default") != "default":
        raise ValueError(
            f"{model.name} scales its positions ({rope['rope_type']}), which is not written yet: "
            "take a model with a short context, such as Phi-3-mini-4k"
        )


def _check_tokenizer(model: LoadedModel, tokenizer: dict[str, Any]) -> None:
    core = tokenizer["model"]
    if core["type"] != "BPE" or not core.get("byte_fallback"):
        raise ValueError(
            f"{model.name} has a tokenizer that llama.cpp's `llama` cannot stand in for: "
            "it must be BPE with byte fallback"
        )


def _write(model: LoadedModel, tokenizer: dict[str, Any], path: Path, precision: str) -> None:
    from gguf import GGUFWriter, LlamaFileType

    writer = GGUFWriter(str(path), "phi3")
    writer.add_name(_name(model.name, _strips_after(tokenizer)))
    kinds = {"f16": LlamaFileType.MOSTLY_F16, "f32": LlamaFileType.ALL_F32}
    writer.add_file_type(kinds[precision])
    _add_shape(writer, model.network.config)
    _add_tokenizer(writer, model, tokenizer)
    for name, array in _tensors(model, np.float16 if precision == "f16" else np.float32):
        writer.add_tensor(name, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _strips_after(tokenizer: dict[str, Any]) -> bool:
    """Tell whether white space after the tokens that begin a turn is dropped."""
    return any(entry["rstrip"] for entry in tokenizer["added_tokens"])


def _name(name: str, strips: bool) -> str:
    """Return the model's name, with ``phi3`` in it exactly where white space after a turn goes.

    llama.cpp has no other sign for that. It then also looks for a token ``</s>``.
    """
    if not strips:
        return re.sub(r"phi-?3", "phi", name, flags=re.IGNORECASE)
    return name if re.search(r"phi-?3", name, re.IGNORECASE) else f"{name} (phi3)"


def _rope(config: Any) -> dict[str, Any]:
    return dict(getattr(config, "rope_parameters", None) or {})


def _add_shape(writer: Any, config: Any) -> None:
    rope, heads = _rope(config), config.num_attention_heads
    per_head = config.hidden_size // heads
    longest = config.max_position_embeddings
    writer.add_context_length(longest)
    writer.add_rope_scaling_orig_ctx_len(
        getattr(config, "original_max_position_embeddings", None) or longest
    )
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_head_count(heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_dimension_count(int(per_head * rope.get("partial_rotary_factor", 1.0)))
    writer.add_rope_freq_base(rope.get("rope_theta", 10000.0))
    writer.add_sliding_window(config.sliding_window or 0)
    writer.add_vocab_size(config.vocab_size)


def _add_tokenizer(writer: Any, model: LoadedModel, tokenizer: dict[str, Any]) -> None:
    from gguf import TokenType

    tokens, scores, types = [], [], []
    rank = _merge_ranks(tokenizer["model"]["merges"])
    size = model.network.config.vocab_size
    names = {number: name for name, number in model.tokenizer.get_vocab().items()}
    added = {entry["id"]: entry["special"] for entry in tokenizer["added_tokens"]}
    missing = [] if "</s>" in names.values() or not _strips_after(tokenizer) else ["</s>"]
    for number in range(size):
        name = names.get(number)
        if name is None:  # the embedding is padded
            kind, name = TokenType.UNUSED, missing.pop() if missing else f"[PAD{number}]"
        elif name == model.tokenizer.unk_token:
            kind = TokenType.UNKNOWN
        elif number in added:
            kind = TokenType.CONTROL if added[number] else TokenType.USER_DEFINED
        elif _BYTE.fullmatch(name):
            kind = TokenType.BYTE
        else:
            kind = TokenType.NORMAL
        tokens.append(name.encode())
        scores.append(float(-rank.get(name, 0)))
        types.append(kind)
    if missing:
        raise ValueError(f"{model.name}: its vocabulary has no room for </s>: pad the embedding")
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_scores(scores)
    writer.add_token_types(types)
    _add_special_tokens(writer, model)


def _merge_ranks(merges: list[list[str] | str]) -> dict[str, int]:
    """Number the tokens by the merge that makes them: the lower, the earlier it is tried."""
    ranks: dict[str, int] = {}
    for number, merge in enumerate(merges, 1):
        parts = merge.split(" ") if isinstance(merge, str) else merge
        ranks.setdefault("".join(parts), number)
    return ranks


def _add_special_tokens(writer: Any, model: LoadedModel) -> None:
    tokenizer = model.tokenizer
    plain = tokenizer("a").input_ids
    writer.add_add_bos_token(bool(plain) and plain[0] == tokenizer.bos_token_id)
    writer.add_add_eos_token(False)
    first = tokenizer.convert_ids_to_tokens(tokenizer("a", add_special_tokens=False).input_ids)
    writer.add_add_space_prefix(first[0].startswith("▁"))
    ends = {
        tokenizer.convert_tokens_to_ids(token): token
        for token in ("<|end|>",)
        if token in tokenizer.get_vocab()
    }
    for number in ends:
        writer.add_eot_token_id(number)
    ids = {
        writer.add_bos_token_id: tokenizer.bos_token_id,
        writer.add_eos_token_id: tokenizer.eos_token_id,
        writer.add_unk_token_id: tokenizer.unk_token_id,
        writer.add_pad_token_id: tokenizer.pad_token_id,
    }
    for add, number in ids.items():
        if number is not None:
            add(number)
    if tokenizer.chat_template:
        writer.add_chat_template(tokenizer.chat_template)


def _tensors(model: LoadedModel, dtype: type[np.floating[Any]]) -> Iterator[tuple[str, Any]]:
    """Yield each tensor under llama.cpp's name: matrices in ``dtype``, vectors in float32."""
    from gguf import MODEL_ARCH, get_tensor_name_map

    config = model.network.config
    places = get_tensor_name_map(MODEL_ARCH.PHI3, config.num_hidden_layers)
    for name, tensor in model.network.state_dict().items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue  # llama.cpp takes the embedding where there is none
        place = places.get_name(name, try_suffixes=(".weight", ".bias"))
        if place is None:
            raise ValueError(f"{model.name}: the tensor {name} has no place in a GGUF file")
        array = tensor.detach().float().cpu().numpy()
        yield place, array.astype(dtype if array.ndim > 1 else np.float32)
