"""Laws of the bundled model's tokenizer."""

from __future__ import annotations

from typing import Any

import llguidance.hf
import pytest
from transformers import AutoTokenizer

from asygrammar.figures import sample_figures
from asygrammar.prompt import build_messages
from asygrammar.train.tokenizer import encode_chats, save_tokenizer, train_tokenizer


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("tokenizer")
    texts = [text for f in sample_figures(2000, seed=0) for text in (f.sentence, f.program)]
    save_tokenizer(train_tokenizer(texts), folder)
    return AutoTokenizer.from_pretrained(str(folder))


def pieces(tokenizer: Any, text: str) -> list[str]:
    return tokenizer.convert_ids_to_tokens(tokenizer(text, add_special_tokens=False).input_ids)


def test_every_program_comes_back_byte_for_byte(tokenizer: Any) -> None:
    strange = ["é ∠ 漢\n", "  two  spaces ", "tab\tand\r\n", "<0x41> <|nothing|>", "▁"[:0] + "~`@^"]
    for split in ("train", "values", "phrasings"):
        for figure in sample_figures(200, seed=1, split=split):
            strange += [figure.program, figure.sentence]
    for text in strange:
        assert tokenizer.decode(tokenizer(text, add_special_tokens=False).input_ids) == text


def test_digits_and_lone_capitals_are_single(tokenizer: Any) -> None:
    assert pieces(tokenizer, "triangle ABC 12.5")[-8:] == ["▁", *"ABC", "▁", *"12", ".", "5"][-8:]
    for token in tokenizer.get_vocab():
        if not token.startswith("<"):
            digits = sum(c.isdigit() for c in token)
            assert digits == 0 or (token.isdigit() and len(token) == 1), token


def test_a_newline_is_a_token_of_its_own(tokenizer: Any) -> None:
    assert [token for token in tokenizer.get_vocab() if "\n" in token] == ["\n"]


def test_words_are_whole(tokenizer: Any) -> None:
    text = "Draw a right triangle with legs"
    assert pieces(tokenizer, text) == ["Draw", "▁a", "▁right", "▁triangle", "▁with", "▁legs"]
    assert pieces(tokenizer, "draw(")[0] == "draw"


def test_special_tokens_are_phi3s(tokenizer: Any) -> None:
    assert pieces(tokenizer, "<|user|>\nHi<|end|>\n<|assistant|>\n")[0] == "<|user|>"
    assert pieces(tokenizer, "<|end|>\n<|assistant|>\n") == ["<|end|>", "<|assistant|>"]
    assert tokenizer.eos_token == tokenizer.pad_token == "<|endoftext|>"
    assert tokenizer.padding_side == "left"
    ids = [tokenizer.convert_tokens_to_ids(t) for t in ("<s>", "<|system|>", "<|user|>", "<|end|>")]
    assert None not in ids
    assert tokenizer.unk_token_id not in ids


def test_training_and_decoding_give_the_same_tokens(tokenizer: Any) -> None:
    """The row is the prompt that decoding builds, and then what the whole chat would be."""
    for figure in sample_figures(100, seed=2):
        messages = build_messages(figure.sentence, system=None)
        ((row, prompt),) = encode_chats(tokenizer, [messages], [figure.program])
        decoding = tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, return_dict=False
        )
        assert row[:prompt] == decoding
        chat = [*messages, {"role": "assistant", "content": figure.program}]
        whole = tokenizer.apply_chat_template(chat, return_dict=False)
        assert whole[: len(row)] == row
        first = tokenizer.convert_ids_to_tokens(row[prompt])
        assert figure.program.startswith(first)


def test_llguidance_reads_it(tokenizer: Any) -> None:
    width = (len(tokenizer) + 63) // 64 * 64
    guide = llguidance.hf.from_tokenizer(tokenizer, n_vocab=width)
    text = 'label("$A$", (0,0), SW);\n'
    assert guide.tokenize_str(text) == tokenizer(text, add_special_tokens=False).input_ids
