"""From a sentence to token ids: chat templates, end-of-turn tokens, padding.

Knows tokenizers; knows neither models nor grammars.
"""

from __future__ import annotations

import re
import sys
from typing import Any

from jinja2.exceptions import TemplateError

from asygrammar.prompt import build_messages

# Used for a model that brings no chat template of its own (a base model): the system text, then
# "### Figure" above each sentence and "### Asymptote" above each program.
PLAIN_TEMPLATE = (
    "{{ bos_token or '' }}"
    "{% for message in messages %}"
    "{% if message['role'] == 'system' %}{{ message['content'] + '\\n\\n' }}"
    "{% elif message['role'] == 'user' %}{{ '### Figure\\n' + message['content'] + '\\n\\n' }}"
    "{% else %}{{ '### Asymptote\\n' + message['content'] + (eos_token or '') + '\\n\\n' }}"
    "{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '### Asymptote\\n' }}{% endif %}"
)

# Tokens that end a turn in the chat formats in use. A tokenizer's `eos_token` names only one of
# the several that its model may answer with (Phi-3: `<|endoftext|>` but not `<|end|>`).
END_OF_TURN = (
    "<|end|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|im_end|>",
    "<|end_of_text|>",
    "<end_of_turn>",
    "<turn|>",
    "<eos>",
    "</s>",
)


_BYTE_TOKEN = re.compile("<0x[0-9A-F]{2}>")


def prepare_tokenizer(tokenizer: Any) -> None:
    """Give a tokenizer what decoding needs: a chat template and a pad token that ends a text.

    Args:
        tokenizer: A Hugging Face tokenizer, changed in place.
    """
    if not tokenizer.chat_template:
        tokenizer.chat_template = PLAIN_TEMPLATE
    # Padding stands left of a prompt and is never attended to, yet it must be a token that
    # cannot be mistaken for text: id 0 is `<unk>` in most vocabularies, a word in some.
    if tokenizer.pad_token_id is None or tokenizer.pad_token_id == tokenizer.unk_token_id:
        vocabulary = tokenizer.get_vocab()
        known = [token for token in ("<|endoftext|>", "<pad>") if token in vocabulary]
        tokenizer.pad_token = known[0] if known else tokenizer.eos_token
    tokenizer.padding_side = "left"
    # Whether a prompt fits the model is checked, and told, before decoding: once is enough.
    tokenizer.model_max_length = sys.maxsize


def end_ids(tokenizer: Any, network: Any) -> tuple[int, ...]:
    """Collect the ids of all tokens with which the model may end its answer.

    Args:
        tokenizer: A Hugging Face tokenizer.
        network: The model, whose configuration may name further ones.

    Returns:
        The ids in ascending order; the tokenizer's, the configurations', and every token of
        ``END_OF_TURN`` that is in the vocabulary.

    Raises:
        ValueError: There is none, so that no answer would ever end.
    """
    found: set[int] = set()
    named = [
        tokenizer.eos_token_id,
        getattr(network.config, "eos_token_id", None),
        getattr(getattr(network, "generation_config", None), "eos_token_id", None),
    ]
    for ids in named:
        found.update(ids if isinstance(ids, (list, tuple)) else [] if ids is None else [ids])
    vocabulary = tokenizer.get_vocab()
    found.update(vocabulary[token] for token in END_OF_TURN if token in vocabulary)
    if not found:
        raise ValueError("the model has no end-of-text token: set eos_token_id in its config")
    return tuple(sorted(found))


def takes_system(tokenizer: Any) -> bool:
    """Tell whether the chat template accepts a system message and shows it to the model.

    Gemma's and the older Mistral templates raise an error; some drop the message in silence.
    """
    probe = [
        {"role": "system", "content": "asygrammar-probe"},
        {"role": "user", "content": "x"},
    ]
    try:
        return "asygrammar-probe" in tokenizer.apply_chat_template(probe, tokenize=False)
    except TemplateError:
        return False


def starts_with_space(tokenizer: Any) -> bool:
    """Tell whether the tokenizer may spell the start of an answer with a leading space.

    SentencePiece tokenizers spell a text ``▁draw``; whether a text that follows a special token
    counts as a new one depends on the version that encoded the training data. A model may have
    learned either, so decoding accepts both (the space is no part of the answer).
    """
    first = tokenizer.convert_ids_to_tokens(tokenizer("draw", add_special_tokens=False).input_ids)
    return bool(first) and first[0].startswith("▁")


def encode_prompt(
    tokenizer: Any,
    sentence: str,
    *,
    examples: int,
    system: str | None,
    merge_system: bool,
    task: str = "generate",
) -> list[int]:
    """Encode the chat that asks for a figure, up to where the answer begins.

    Args:
        tokenizer: A tokenizer that went through `prepare_tokenizer`.
        sentence: What the user asks for.
        examples: How many worked examples to show first.
        system: The system message, or ``None`` for none.
        merge_system: Put the system message in front of the first user message instead.
        task: What is asked for, one of `asygrammar.prompt.TASKS`.

    Returns:
        Token ids, shape ``(prompt tokens,)``.

    Raises:
        ValueError: The sentence is empty, or there is no such task or not so many examples.
    """
    if not isinstance(sentence, str):
        raise ValueError(f"the sentence must be a text, not {type(sentence).__name__}")
    messages = build_messages(
        _defuse(tokenizer, sentence), task=task, examples=examples, system=system
    )
    if merge_system and system is not None:
        messages = merge_system_message(messages)
    ids: list[int] = tokenizer.apply_chat_template(
        messages, add_generation_prompt=True, return_dict=False
    )
    return ids


def merge_system_message(messages: list[dict[str, str]]) -> list[dict[str, str]]:
    """Put the system message, the first, in front of the first user message."""
    first, second, *rest = messages
    merged = {"role": "user", "content": f"{first['content']}\n\n{second['content']}"}
    return [merged, *rest]


def _defuse(tokenizer: Any, sentence: str) -> str:
    """Break up special tokens in a sentence: nothing a user types may end or begin a turn."""
    for token in map(str, tokenizer.added_tokens_decoder.values()):
        if token.strip():
            sentence = sentence.replace(token, f"{token[:1]} {token[1:]}")
    return sentence


def decode_answer(tokenizer: Any, ids: list[int]) -> str:
    """Decode an answer, without special tokens and without the tokenizer's leading space."""
    text: str = tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return text


def whole_characters(tokenizer: Any, ids: list[int]) -> list[int]:
    """Return an answer's tokens without the byte tokens at its end.

    A run of byte tokens (``<0xC3>``) is decoded as a whole: what it says may change with the
    next one, so a stream must not show it yet. Tokens that are no text do not end a run.
    """
    whole = len(ids)
    while whole:
        token = tokenizer.convert_ids_to_tokens(ids[whole - 1])
        silent = token is None or ids[whole - 1] in tokenizer.all_special_ids
        if not (silent or _BYTE_TOKEN.fullmatch(token)):
            break
        whole -= 1
    return ids[:whole]
