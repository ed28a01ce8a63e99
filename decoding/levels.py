"""The ladder of constraints: what each level is made of."""

from __future__ import annotations

from collections.abc import Callable

from outlines.types import CFG

from asygrammar.decoding.constraint import (
    Constraint,
    FreeConstraint,
    SyntaxBackend,
    allow_leading_space,
)
from asygrammar.decoding.models import LoadedModel
from asygrammar.decoding.typed import LineMatchers, TypedConstraint
from asygrammar.grammar import Grammar


def _free(model: LoadedModel, grammar: Grammar) -> Constraint:
    return FreeConstraint()


def _syntax(model: LoadedModel, grammar: Grammar) -> Constraint:
    text = grammar.export("llguidance", comments=False)
    if model.leading_space:
        text = allow_leading_space(text)
    return SyntaxBackend(model).get_cfg_logits_processor(CFG(text).definition)


def _typed(model: LoadedModel, grammar: Grammar) -> Constraint:
    tokenizer = SyntaxBackend(model).llg_tokenizer
    return TypedConstraint(LineMatchers(tokenizer, grammar.modules, model.leading_space))


# Level -> what builds its constraint from a model and the grammar; weakest first.
LEVELS: dict[str, Callable[[LoadedModel, Grammar], Constraint]] = {
    "free": _free,
    "syntax": _syntax,
    "typed": _typed,
}


def resolve_level(constrained: bool | str) -> str:
    """Name the level that ``constrained`` asks for.

    Args:
        constrained: ``False`` is free decoding, ``True`` the strongest level there is; otherwise
            the name of a level.

    Raises:
        ValueError: There is no such level.
    """
    if isinstance(constrained, bool):
        return list(LEVELS)[-1] if constrained else "free"
    if constrained not in LEVELS:
        names = ", ".join(repr(name) for name in LEVELS)
        raise ValueError(f"constrained must be True, False or one of {names}, not {constrained!r}")
    return constrained
