"""The template mode: whatever the model, the figure is a template's, and compiles."""

from __future__ import annotations

import pytest

from asygrammar.decoding import AsyGenerator, filling
from asygrammar.templates import load_templates

SENTENCES = [
    "Draw a right triangle with legs 3 and 4 and label it PQR.",
    "Show 4:30 on a clock.",
    "Draw something nice.",
]


@pytest.mark.parametrize("family", ["phi3", "gemma", "mistral"])
@pytest.mark.parametrize("options", [{}, {"temperature": 1.5, "seed": 5}])
def test_models_with_random_weights_fill_templates(generators, family, options):
    codes = generators[family].generate(SENTENCES, "typed", mode="template", **options)
    assert all(code.mode == "template" for code in codes)
    assert all(code.template in load_templates() for code in codes)
    assert all(not code.check() for code in codes)
    assert all(0 <= code.confidence < 0.5 for code in codes)
    assert all(code.report.steps <= code.token_count + 1 for code in codes)
    alone = [
        generators[family].generate(
            sentence, "typed", mode="template", **options | {"seed": 5 + number}
        )
        for number, sentence in enumerate(SENTENCES)
    ]
    assert codes == alone


def test_at_compiled_the_figure_has_been_drawn(generators, asy):
    for code in generators["phi3"].sample("A figure with 3, 4, 5 and A, B, C.", 8, mode="template"):
        assert code.level == "compiled"
        assert code.compile("eps").ok


def test_a_model_that_was_not_trained_to_fill_writes_programs(generators):
    code = generators["phi3"].generate(SENTENCES[0], "typed", max_new_tokens=40)
    assert (code.mode, code.template, code.confidence) == ("program", "", 0.0)


def test_auto_takes_a_template_where_the_model_is_sure(generators, monkeypatch):
    generator = generators["phi3"]
    filler = AsyGenerator.__new__(AsyGenerator)
    filler.__dict__ |= generator.__dict__
    object.__setattr__(filler, "_model", _trained_to_fill(generator._model))
    unsure = filler.generate(SENTENCES, "typed", max_new_tokens=40)
    assert {code.mode for code in unsure} == {"program"}
    monkeypatch.setattr(filling, "CONFIDENT", 0.0)
    monkeypatch.setattr("asygrammar.decoding.generator.CONFIDENT", 0.0)
    assert {code.mode for code in filler.generate(SENTENCES, "typed")} == {"template"}
    pieces = list(filler.stream(SENTENCES[1], "typed"))
    assert pieces == [str(filler.generate(SENTENCES[1], "typed"))]


def _trained_to_fill(model):
    from dataclasses import replace

    return replace(model, tasks=("generate", "fill"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"constrained": False}, "filled under its grammar"),
        ({"prefix": "size(3cm);\n"}, "takes no prefix"),
        ({"examples": 1}, "takes no examples"),
    ],
)
def test_what_a_template_cannot_have(generators, options, message):
    with pytest.raises(ValueError, match=message):
        generators["phi3"].generate(SENTENCES[0], mode="template", **options)
