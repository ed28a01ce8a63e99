"""A model as a GGUF file: what is in it, and that llama.cpp writes what transformers writes."""

from __future__ import annotations

import pytest
import torch

from asygrammar.checking import check, syntax_faults
from asygrammar.compiler import compile
from asygrammar.decoding.chat import encode_prompt
from asygrammar.decoding.gguf_export import export_gguf
from asygrammar.decoding.line_matchers import LineMatchers
from asygrammar.decoding.models import load_model
from asygrammar.decoding.outlines_engine import generate_with_outlines
from asygrammar.decoding.outlines_models import engine_of
from asygrammar.decoding.steering import Steering
from asygrammar.decoding.typed import TypedConstraint

SENTENCES = [
    "Draw a right triangle with legs 3 and 4 and label its vertices A, B and C.",
    "Draw a circle with center O and radius 2.",
    "Draw a clock that shows 4:30.",
]


@pytest.fixture(scope="module")
def bundled():
    return load_model(None, device="cpu")


@pytest.fixture(scope="module")
def files(bundled, tmp_path_factory):
    pytest.importorskip("gguf")
    folder = tmp_path_factory.mktemp("gguf")
    paths = {precision: folder / f"{precision}.gguf" for precision in ("f16", "f32")}
    for precision, path in paths.items():
        export_gguf(bundled, path, precision)
    assert sorted(folder.iterdir()) == sorted(paths.values())
    return paths


def test_the_file_holds_shape_weights_and_tokenizer(bundled, files):
    from gguf import GGUFReader

    reader, config = GGUFReader(files["f32"]), bundled.network.config
    fields = {name: field.contents() for name, field in reader.fields.items()}
    assert fields["general.architecture"] == "phi3"
    assert fields["phi3.block_count"] == config.num_hidden_layers
    assert fields["phi3.context_length"] == config.max_position_embeddings
    assert fields["phi3.rope.dimension_count"] == config.hidden_size // config.num_attention_heads
    assert fields["tokenizer.chat_template"] == bundled.tokenizer.chat_template
    assert fields["tokenizer.ggml.eos_token_id"] == bundled.tokenizer.eos_token_id
    tokens = fields["tokenizer.ggml.tokens"]
    assert len(tokens) == len(set(tokens)) == config.vocab_size
    assert [tokens[number] for number in bundled.end_ids] == ["<|endoftext|>", "<|end|>"]
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    assert ("output.weight" in tensors) != config.tie_word_embeddings
    fused = bundled.network.model.layers[0].self_attn.qkv_proj.weight
    assert torch.equal(torch.tensor(tensors["blk.0.attn_qkv.weight"].data), fused.detach())


def test_a_precision_halves_the_file(files):
    sizes = {precision: path.stat().st_size for precision, path in files.items()}
    assert 1.8 < sizes["f32"] / sizes["f16"] < 2.1


def test_any_phi3_checkpoint_can_be_written(folders, tmp_path):
    gguf = pytest.importorskip("gguf")
    path = tmp_path / "tiny.gguf"
    export_gguf(load_model(folders["phi3"], device="cpu"), path)
    fields = gguf.GGUFReader(path).fields
    assert fields["phi3.attention.head_count_kv"].contents() == 2
    assert fields["tokenizer.ggml.add_space_prefix"].contents() is True


def test_what_cannot_be_written_is_told_in_a_line(folders, tmp_path):
    pytest.importorskip("gguf")
    path = tmp_path / "other.gguf"
    with pytest.raises(ValueError, match="Gemma2ForCausalLM: only Phi3ForCausalLM") as caught:
        export_gguf(load_model(folders["gemma"], device="cpu"), path)
    assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="precision must be f16 or f32"):
        export_gguf(load_model(folders["phi3"], device="cpu"), path, "q4_0")
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------- llama.cpp


@pytest.fixture
def llama(files):
    llama_cpp = pytest.importorskip("llama_cpp")

    def load(precision: str):
        path = str(files[precision])
        return llama_cpp.Llama(path, n_ctx=1024, n_threads=1, verbose=False)

    return load


def greedy_in_llama(llama, ids: list[int], ends: tuple[int, ...], most: int) -> list[int]:
    written: list[int] = []
    for token in llama.generate(ids, temp=0.0, repeat_penalty=1.0):
        if token in ends or len(written) == most:
            return written
        written.append(token)
    return written


def greedy_in_transformers(model, ids: list[int], most: int) -> list[int]:
    answer = model.network.generate(
        torch.tensor([ids]),
        attention_mask=torch.ones(1, len(ids)),
        max_new_tokens=most,
        do_sample=False,
        eos_token_id=list(model.end_ids),
        pad_token_id=model.tokenizer.pad_token_id,
    )
    return [int(token) for token in answer[0][len(ids) :] if int(token) not in model.end_ids]


@pytest.mark.engines
@pytest.mark.parametrize("precision", ["f32", "f16"])
def test_llama_cpp_writes_the_same_tokens(bundled, llama, precision):
    engine = llama(precision)
    for sentence in SENTENCES:
        ids = encode_prompt(
            bundled.tokenizer, sentence, examples=0, system=bundled.system, merge_system=False
        )
        expected = greedy_in_transformers(bundled, ids, 120)
        assert len(expected) > 40
        assert greedy_in_llama(engine, ids, bundled.end_ids, 120) == expected


@pytest.mark.engines
def test_llama_cpp_reads_turns_and_with_the_models_own_tokenizer_all(bundled, files):
    llama_cpp = pytest.importorskip("llama_cpp")
    from llama_cpp.llama_tokenizer import LlamaHFTokenizer

    path, tokenizer = str(files["f16"]), bundled.tokenizer
    own = llama_cpp.Llama(path, vocab_only=True, verbose=False)
    handed_over = LlamaHFTokenizer(tokenizer)
    exact = llama_cpp.Llama(path, vocab_only=True, verbose=False, tokenizer=handed_over)
    for sentence in SENTENCES:
        chat = [{"role": "user", "content": sentence}]
        text = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        ids = tokenizer(text, add_special_tokens=False).input_ids
        assert exact.tokenize(text.encode(), add_bos=False, special=True) == ids
        # Its own splits words otherwise, now and then; turns and text are the same.
        read = own.tokenize(text.encode(), add_bos=False, special=True)
        assert (read[0], read[-2:]) == (ids[0], ids[-2:])
        assert own.detokenize(read) == own.detokenize(ids)


@pytest.mark.engines
@pytest.mark.parametrize("level", ["syntax", "typed"])
def test_a_constraint_steers_llama_cpp_through_outlines(llama, level):
    import outlines
    from llguidance import LLMatcher
    from outlines.inputs import Chat

    from asygrammar.decoding.syntax import SyntaxConstraint
    from asygrammar.grammar import load_grammar

    model = outlines.from_llamacpp(llama("f16"))
    tokenizer = engine_of(model).tokenizer(model)
    grammar = LLMatcher.grammar_from_lark(load_grammar().export(comments=False))
    constraint = (
        SyntaxConstraint(grammar, tokenizer)
        if level == "syntax"
        else TypedConstraint(LineMatchers(tokenizer))
    )
    generator = outlines.Generator(model, processor=Steering(constraint, "numpy"))
    for sentence in SENTENCES:
        chat = Chat([{"role": "user", "content": sentence}])
        program = generator(chat, max_tokens=300, temperature=0.0)
        assert program.endswith(";\n")
        assert syntax_faults(program) == []
        assert level == "syntax" or check(program) == []


@pytest.mark.engines
def test_programs_of_llama_cpp_compile(llama, asy):
    import outlines

    model = outlines.from_llamacpp(llama("f32"))
    for sentence in SENTENCES:
        code = generate_with_outlines(model, sentence, system=None, max_new_tokens=300)
        assert (code.complete, code.model) == (True, "f32.gguf")
        assert check(code) == []
        assert compile(code).ok


@pytest.mark.engines
def test_llama_cpps_own_grammar_takes_the_gbnf(bundled, llama):
    llama_cpp = pytest.importorskip("llama_cpp")
    from asygrammar.grammar import load_grammar

    engine = llama("f16")
    grammar = llama_cpp.LlamaGrammar.from_string(load_grammar().export("gbnf", comments=False))
    for sentence in SENTENCES:
        chat = [{"role": "user", "content": sentence}]
        answer = engine.create_chat_completion(
            chat, grammar=grammar, max_tokens=300, temperature=0.0
        )
        program = answer["choices"][0]["message"]["content"]
        assert answer["choices"][0]["finish_reason"] == "stop"
        assert syntax_faults(program) == []
