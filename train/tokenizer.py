"""The bundled model's tokenizer: Llama-style BPE over sentences and programs.

What a small model needs to copy well is spelled in single tokens: every digit, every lone capital
letter (``ABC`` is three tokens), a newline. Words and runs of punctuation may merge. Unknown
characters fall back to bytes. Special tokens are Phi-3's, and so is the chat template, so that
the model is used exactly as Phi-3-mini is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from tokenizers.trainers import BpeTrainer
from transformers import PreTrainedTokenizerFast

END = "<|end|>"
END_OF_TEXT = "<|endoftext|>"
ASSISTANT = "<|assistant|>"
# Phi-3's, with its `rstrip`: the newline that the chat template writes after them is no token.
_ROLES = (ASSISTANT, "<|system|>", END, "<|user|>")
_PLAIN = ("<unk>", "<s>", END_OF_TEXT)

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{% if message['role'] == 'system' %}"
    "{{'<|system|>\n' + message['content'] + '<|end|>\n'}}"
    "{% elif message['role'] == 'user' %}"
    "{{'<|user|>\n' + message['content'] + '<|end|>\n'}}"
    "{% elif message['role'] == 'assistant' %}"
    "{{'<|assistant|>\n' + message['content'] + '<|end|>\n'}}"
    "{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}"
)

# Pieces that merges never cross. A space joins the word after it; before anything else it joins
# the punctuation in front of it. So `red` is one token in a sentence and in a program.
_PIECES = r"\n|[0-9]|▁?[A-Z]?[a-z]+|[A-Z]|▁?[^\nA-Za-z0-9▁]+(?:▁(?![A-Z]?[a-z]))?|▁+"


def train_tokenizer(
    texts: Iterable[str], vocab_size: int = 1536, context: int = 1024
) -> PreTrainedTokenizerFast:
    """Train the tokenizer.

    Args:
        texts: Sentences and programs.
        vocab_size: Entries at most, special tokens and the 256 bytes included.
        context: Tokens that the model can attend to.
    """
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    # No Prepend: an answer begins with `size`, as it does after a newline, never with `▁size`.
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(_PIECES), behavior="isolated")
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    # `<unk>` and the bytes must be in the vocabulary that BPE itself knows; the other special
    # tokens are added afterwards, so that no merge ever sees them.
    trainer = BpeTrainer(
        vocab_size=vocab_size - len(_ROLES) - len(_PLAIN) + 1,
        special_tokens=["<unk>", *(f"<0x{byte:02X}>" for byte in range(256))],
        initial_alphabet=[chr(code) for code in range(33, 127)] + ["▁", "\n"],
        min_frequency=20,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer = _forget_special_bytes(tokenizer)
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in _PLAIN])
    tokenizer.add_special_tokens(
        [AddedToken(token, normalized=False, rstrip=True) for token in _ROLES]
    )
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        unk_token="<unk>",
        bos_token="<s>",
        eos_token=END_OF_TEXT,
        pad_token=END_OF_TEXT,
        padding_side="left",
        clean_up_tokenization_spaces=False,
        model_max_length=context,
        chat_template=CHAT_TEMPLATE,
    )


def _forget_special_bytes(tokenizer: Tokenizer) -> Tokenizer:
    """Return the tokenizer without added tokens: a sentence that says `<0x41>` is just text."""
    state = json.loads(tokenizer.to_str())
    state["added_tokens"] = []
    return Tokenizer.from_str(json.dumps(state))


def save_tokenizer(tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write the tokenizer's files, the chat template inside ``tokenizer_config.json``."""
    tokenizer.save_pretrained(str(folder), save_jinja_files=False)


def encode_chats(
    tokenizer: Any, chats: Sequence[list[dict[str, str]]], programs: Sequence[str]
) -> list[tuple[list[int], int]]:
    """Encode chats and their answers as the model sees them when it decodes.

    The prompt is encoded as decoding encodes it, up to ``<|assistant|>``; the answer follows as
    text of its own, and ``<|end|>`` closes it. Many at a time take a fraction of the time.

    Returns:
        For each chat its token ids, and how many of them are the prompt.
    """
    prompts = tokenizer.apply_chat_template(
        list(chats), add_generation_prompt=True, return_dict=False
    )
    answers = tokenizer(list(programs), add_special_tokens=False).input_ids
    end = tokenizer.convert_tokens_to_ids(END)
    return [
        ([*prompt, *answer, end], len(prompt))
        for prompt, answer in zip(prompts, answers, strict=True)
    ]
