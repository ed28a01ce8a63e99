"""Tiny checkpoints with random weights: real files, loaded as any model is.

Each has the architecture, the kind of tokenizer, the special tokens and the chat template of the
family it stands for; only sizes and weights are not the real ones.
"""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import (
    AddedToken,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    trainers,
)
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    GenerationConfig,
    MistralConfig,
    MistralForCausalLM,
    Phi3Config,
    Phi3ForCausalLM,
    PreTrainedTokenizerFast,
)

from asygrammar.prompt import EXAMPLES, SYSTEM

PHI3_TEMPLATE = (
    "{% for message in messages %}{% if message['role'] == 'system' %}"
    "{{'<|system|>\n' + message['content'] + '<|end|>\n'}}"
    "{% elif message['role'] == 'user' %}{{'<|user|>\n' + message['content'] + '<|end|>\n'}}"
    "{% elif message['role'] == 'assistant' %}"
    "{{'<|assistant|>\n' + message['content'] + '<|end|>\n'}}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}"
)
GEMMA_TEMPLATE = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for message in messages %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate') }}{% endif %}"
    "{% if message['role'] == 'assistant' %}{% set role = 'model' %}"
    "{% else %}{% set role = message['role'] %}{% endif %}"
    "{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
MISTRAL_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/...') }}{% endif %}"
    "{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}"
    "{% else %}{{ message['content'] + eos_token }}{% endif %}{% endfor %}"
)

TEXTS = [text for example in EXAMPLES for text in (example.sentence, example.program)] + [SYSTEM]
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
SIZES = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 2048,
}


def sentencepiece_tokenizer(first: list[str], last: list[str], *, prefix: bool) -> Tokenizer:
    """Train a BPE tokenizer with byte fallback, as SentencePiece makes them.

    ``first`` and ``last`` are special tokens at the start and the end of the vocabulary; with
    ``prefix`` a text starts with ``▁`` (Llama, Phi-3 and Mistral; not Gemma).
    """
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=first, show_progress=False)
    learned = Tokenizer(models.BPE())
    learned.normalizer = normalizers.Replace(" ", "▁")
    # Without this, pieces would grow across lines and swallow whole programs.
    learned.pre_tokenizer = pre_tokenizers.Split("\n", "isolated")
    learned.train_from_iterator(TEXTS * 3, trainer)
    learned_vocabulary = sorted(learned.get_vocab().items(), key=lambda item: item[1])
    words = [token for token, _ in learned_vocabulary if "\n" not in token]
    letters = [chr(code) for code in range(32, 127) if chr(code) != " "]
    names = list(dict.fromkeys([*first, *BYTES, "▁", *letters, *words]))
    vocabulary = {token: number for number, token in enumerate(names)}
    merges = [
        (left, right)
        for token in words
        for left, right in [(token[:i], token[i:]) for i in range(1, len(token))]
        if token not in first and left in vocabulary and right in vocabulary
    ]
    unknown = "<unk>"
    tokenizer = Tokenizer(
        models.BPE(
            vocab=vocabulary, merges=merges, unk_token=unknown, byte_fallback=True, fuse_unk=True
        )
    )
    steps = [normalizers.Prepend("▁")] if prefix else []
    tokenizer.normalizer = normalizers.Sequence([*steps, normalizers.Replace(" ", "▁")])
    ends = [decoders.Strip(content=" ", left=1, right=0)] if prefix else []
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), *ends]
    )
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in first])
    tokenizer.add_special_tokens(
        [AddedToken(token, special=True, rstrip=token != "<|endoftext|>") for token in last]
    )
    return tokenizer


def save(folder: Path, network: torch.nn.Module, tokenizer: PreTrainedTokenizerFast) -> Path:
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def make_phi3(folder: Path, backend: Tokenizer | None = None, seed: int = 0) -> Path:
    """Phi-3: ends with `<|end|>` or `<|endoftext|>`, and its tokenizer owns to the second only."""
    last = ["<|endoftext|>", "<|assistant|>", "<|system|>", "<|end|>", "<|user|>"]
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend
        or sentencepiece_tokenizer(["<unk>", "<s>", "</s>"], last, prefix=True),
        eos_token="<|endoftext|>",
        bos_token="<s>",
        unk_token="<unk>",
        chat_template=PHI3_TEMPLATE,
    )
    torch.manual_seed(seed)
    size = (len(tokenizer) + 63) // 64 * 64
    config = Phi3Config(
        **SIZES,
        vocab_size=size,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.eos_token_id,
    )
    return save(folder, Phi3ForCausalLM(config), tokenizer)


def make_gemma(folder: Path) -> Path:
    """Gemma 2: no system role, alternating sliding windows, `<end_of_turn>`."""
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=sentencepiece_tokenizer(
            ["<pad>", "<eos>", "<bos>", "<unk>"], ["<start_of_turn>", "<end_of_turn>"], prefix=False
        ),
        eos_token="<eos>",
        bos_token="<bos>",
        pad_token="<pad>",
        unk_token="<unk>",
        chat_template=GEMMA_TEMPLATE,
    )
    torch.manual_seed(0)
    config = Gemma2Config(
        **SIZES,
        head_dim=16,
        sliding_window=32,
        vocab_size=len(tokenizer),
        bos_token_id=2,
        eos_token_id=1,
        pad_token_id=0,
    )
    network = Gemma2ForCausalLM(config)
    end = tokenizer.convert_tokens_to_ids("<end_of_turn>")
    network.generation_config = GenerationConfig(eos_token_id=[1, end], pad_token_id=0)
    return save(folder, network, tokenizer)


def make_mistral(folder: Path) -> Path:
    """Mistral 7B v0.1: roles must alternate, no pad token, a sliding window."""
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=sentencepiece_tokenizer(["<unk>", "<s>", "</s>"], [], prefix=True),
        eos_token="</s>",
        bos_token="<s>",
        unk_token="<unk>",
        chat_template=MISTRAL_TEMPLATE,
    )
    torch.manual_seed(0)
    config = MistralConfig(
        **SIZES, sliding_window=64, vocab_size=len(tokenizer), bos_token_id=1, eos_token_id=2
    )
    return save(folder, MistralForCausalLM(config), tokenizer)


MAKERS = {"phi3": make_phi3, "gemma": make_gemma, "mistral": make_mistral}
