"""Loading: adapters, quantization, the bundled model, and what is not there."""

from __future__ import annotations

import importlib.util

import pytest

from asygrammar.decoding import AsyGenerator, generate_asy, models
from asygrammar.decoding import generator as generator_module
from asygrammar.decoding.models import BUNDLED, load_model

needs_peft = pytest.mark.skipif(not importlib.util.find_spec("peft"), reason="peft is missing")
needs_bitsandbytes = pytest.mark.skipif(
    not (importlib.util.find_spec("bitsandbytes") and importlib.util.find_spec("accelerate")),
    reason="bitsandbytes or accelerate is missing",
)


@pytest.fixture(scope="module")
def adapter(folders, tmp_path_factory):
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(1)
    network = AutoModelForCausalLM.from_pretrained(folders["phi3"])
    config = LoraConfig(
        r=4, target_modules=["qkv_proj", "o_proj"], init_lora_weights=False, task_type="CAUSAL_LM"
    )
    folder = tmp_path_factory.mktemp("adapters") / "tuned"
    get_peft_model(network, config).save_pretrained(folder)
    return folder


@needs_peft
def test_an_adapter_changes_the_program(phi3, folders, adapter):
    tuned = AsyGenerator(folders["phi3"], adapter, device="cpu")
    assert tuned.model == "phi3 + tuned"
    options = {"max_new_tokens": 40}
    code = tuned.generate("Draw a circle.", "free", **options)
    assert code != phi3.generate("Draw a circle.", "free", **options)
    assert code.model == "phi3 + tuned"
    assert tuned.generate("Draw a circle.", "syntax", **options).endswith("\n")


@needs_bitsandbytes
@pytest.mark.parametrize("quantization", ["4bit", "8bit"])
def test_quantized(folders, quantization):
    generator = AsyGenerator(folders["phi3"], device="cpu", quantization=quantization)
    assert generator._model.network.is_quantized
    assert generator.generate("Draw a circle.", "syntax", max_new_tokens=30).endswith("\n")


@needs_peft
@needs_bitsandbytes
def test_an_adapter_on_a_quantized_model(folders, adapter):
    options = {"device": "cpu", "quantization": "4bit"}
    plain = AsyGenerator(folders["phi3"], **options)
    tuned = AsyGenerator(folders["phi3"], adapter, **options)
    decode = {"constrained": "free", "max_new_tokens": 40}
    assert tuned.generate("Draw a circle.", **decode) != plain.generate("Draw a circle.", **decode)


def test_half_precision_is_computed_in_single_on_a_cpu(folders, tmp_path):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    network = AutoModelForCausalLM.from_pretrained(folders["phi3"]).half()
    network.save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(folders["phi3"]).save_pretrained(tmp_path)
    assert load_model(tmp_path, device="cpu").network.dtype is torch.float32


def test_generate_asy_keeps_its_model(folders):
    options = {"model": folders["phi3"], "max_new_tokens": 20}
    first = generate_asy("Draw a circle.", **options)
    loaded = generator_module._loaded.cache_info().misses
    assert generate_asy("Draw a circle.", **options) == first
    assert generator_module._loaded.cache_info().misses == loaded
    assert first.model == "phi3"


@pytest.mark.skipif(not (BUNDLED / "config.json").is_file(), reason="no bundled model yet")
def test_the_bundled_model():
    code = generate_asy("Draw a circle with center O and radius 2.")
    assert code.model == "phi3-asy-nano"
    assert code.check() == []
    assert "draw(" in code


def test_no_bundled_model(monkeypatch, tmp_path):
    monkeypatch.setattr(models, "BUNDLED", tmp_path / "phi3-asy-nano")
    with pytest.raises(ValueError, match=r"^the bundled model is not in this installation"):
        load_model()


def one_line(error):
    assert str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"model": "./no/such/folder"}, "there is no model at"),
        ({"model": "no-such-org-asygrammar/no-such-model"}, "there is no model"),
        ({"model": "not a name!"}, "there is no model"),
        ({"model": ""}, "there is no model|holds no model"),
        ({"quantization": "2bit"}, "quantization must be '4bit', '8bit' or None"),
        ({"device": "abacus"}, "cannot run on device 'abacus'"),
        ({"modules": ["no-such-module"]}, "unknown module"),
    ],
)
def test_what_is_not_there(folders, monkeypatch, arguments, match):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ValueError, match=match) as error:
        AsyGenerator(**({"model": folders["phi3"], "device": "cpu"} | arguments))
    one_line(error)


def test_an_adapter_that_is_not_there(folders, tmp_path):
    with pytest.raises(ValueError, match="there is no adapter at") as error:
        AsyGenerator(folders["phi3"], tmp_path / "none")
    one_line(error)
    with pytest.raises(ValueError, match=r"holds no adapter: there is no adapter_config\.json"):
        AsyGenerator(folders["phi3"], tmp_path)


@needs_peft
def test_an_adapter_of_another_model(folders, adapter):
    with pytest.raises(ValueError, match="cannot load the adapter") as error:
        AsyGenerator(folders["gemma"], adapter)
    one_line(error)


def test_a_folder_that_holds_no_model(tmp_path):
    with pytest.raises(ValueError, match=r"holds no model: there is no config\.json"):
        AsyGenerator(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ValueError, match="cannot load the model") as error:
        AsyGenerator(tmp_path)
    one_line(error)


def test_a_missing_extra(folders, monkeypatch, tmp_path):
    (tmp_path / "adapter_config.json").write_text("{}")
    monkeypatch.setattr(models, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"^an adapter needs peft: pip install"):
        AsyGenerator(folders["phi3"], tmp_path)
    with pytest.raises(ImportError, match=r"needs bitsandbytes: pip install"):
        AsyGenerator(folders["phi3"], quantization="4bit")


def test_a_tokenizer_that_llguidance_cannot_read(folders, tmp_path):
    """A vocabulary larger than the model's: free decoding goes, constraints cannot."""
    import shutil

    from transformers import AutoTokenizer

    folder = tmp_path / "larger"
    shutil.copytree(folders["phi3"], folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens([f"word{number}" for number in range(100)])
    tokenizer.save_pretrained(folder)
    generator = AsyGenerator(folder, device="cpu")
    assert generator.generate("Draw a circle.", False, max_new_tokens=5).level == "free"
    with pytest.raises(ValueError, match="llguidance cannot read the tokenizer of larger") as error:
        generator.generate("Draw a circle.")
    one_line(error)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"prompts": ""}, "the sentence is empty"),
        ({"prompts": "  \n"}, "the sentence is empty"),
        ({"prompts": ["Draw a circle.", ""]}, "the sentence is empty"),
        ({"prompts": [3]}, "must be a text"),
        ({"prompts": "long " * 3000}, "the sentence is too long.*shorten the sentence"),
        ({"max_new_tokens": 2048}, "too long.*lower max_new_tokens"),
        ({"max_new_tokens": 0}, "max_new_tokens must be 1 or more"),
        ({"temperature": -1}, "temperature must be 0 or more"),
        ({"temperature": float("nan")}, "temperature must be 0 or more"),
        ({"seed": -1}, "seed must be 0 or more"),
        ({"examples": 9}, "examples must be from 0 to 3"),
        ({"batch_size": 0}, "batch_size must be 1 or more"),
        ({"constrained": "compiled?"}, "must be True, False or one of 'free', 'syntax'"),
        ({"mode": "picture"}, "mode must be 'auto' or 'program' or 'template', not 'picture'"),
    ],
)
def test_bad_arguments(phi3, arguments, match):
    with pytest.raises(ValueError, match=match) as error:
        phi3.generate(**({"prompts": "Draw a circle."} | arguments))
    one_line(error)


def test_generate_asy_takes_one_sentence():
    with pytest.raises(ValueError, match="takes one sentence"):
        generate_asy(["Draw a circle."])
