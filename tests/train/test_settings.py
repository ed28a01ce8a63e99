"""One YAML is one run: what may stand in it, and what is said of a mistake."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from asygrammar.train.settings import Settings, as_yaml, example_settings, read_settings

LEAST = "data: figures\nout: runs/a\n"


def read(folder: Path, text: str) -> Settings:
    path = folder / "run.yaml"
    path.write_text(text, encoding="utf-8")
    return read_settings(path)


def test_values_are_read_as_their_types(tmp_path: Path) -> None:
    text = LEAST + "learning_rate: 2e-4\ntasks: [repair, hint]\nlora_dropout_end: null\nclip: 1\n"
    found = read(tmp_path, text)
    assert found.data == ("figures",)
    assert found.learning_rate == 2e-4  # which YAML 1.1 reads as a text
    assert found.tasks == ("repair", "hint")
    assert found.lora_dropout_end is None
    assert isinstance(found.clip, float)
    assert found.max_length == 2048


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    settings = Settings(("a", "b"), "c", learning_rate=1e-5, lora_targets=("o_proj",), model="é")
    assert read(tmp_path, as_yaml(settings)) == settings


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("data: a\n", "run.yaml: out is missing: write a line `out: ...`"),
        (
            LEAST + "lora_rnak: 4\n",
            "run.yaml:3: there is no option 'lora_rnak': did you mean lora_rank",
        ),
        (LEAST + "steps: 1.5\n", "run.yaml:3: steps must be a whole number, not 1.5"),
        (LEAST + "steps: -1\n", "run.yaml:3: steps must be 0 or more, not -1"),
        (LEAST + "packing: 1\n", "run.yaml:3: packing must be true or false, not 1"),
        (LEAST + "out: b\n", "run.yaml:3: out is given twice"),
        (LEAST + "tasks: [draw]\n", "run.yaml:3: tasks must be different ones of generate, fill"),
        (LEAST + "tasks: [hint, hint]\n", "run.yaml:3: tasks must be different ones"),
        (LEAST + "method: LoRA\n", "run.yaml:3: method must be one of qlora, lora, full"),
        (LEAST + "lora_dropout: 1\n", "run.yaml:3: lora_dropout must be at least 0"),
        ("- data\n", "run.yaml: write one option a line"),
        ("data: [a\n", "run.yaml: not YAML: "),
    ],
)
def test_a_mistake_is_told_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is looked at
        read(tmp_path, text)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_option_is_documented() -> None:
    """In the dataclass's docstring, and in the commented YAML that shows all of them."""
    example = yaml.safe_load(example_settings("phi3-qlora"))
    for field in fields(Settings):
        assert f"        {field.name}: " in (Settings.__doc__ or "")
        assert field.name in example


@pytest.mark.parametrize("name", ["tiny", "phi3-qlora"])
def test_the_examples_are_settings(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, example_settings(name)).data
    with pytest.raises(ValueError, match="choose one of phi3-qlora, tiny"):
        example_settings("large")
