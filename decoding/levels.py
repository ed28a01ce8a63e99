"""The ladder of constraints: what each level is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from outlines.types import CFG

from asygrammar.compiler import asy_available
from asygrammar.decoding.constraint import Constraint, FreeConstraint
from asygrammar.decoding.line_matchers import LineMatchers
from asygrammar.decoding.models import LoadedModel
from asygrammar.decoding.syntax import SyntaxBackend
from asygrammar.decoding.typed import TypedConstraint
from asygrammar.grammar import Grammar


@dataclass(frozen=True)
class Level:
    """A rung of the ladder.

    Attributes:
        build: Makes its constraint from a model and the grammar.
        judged: Whether a compiler judges each statement.
    """

    build: Callable[[LoadedModel, Grammar], Constraint]
    judged: bool = False


def _free(model: LoadedModel, grammar: Grammar) -> Constraint:
    return FreeConstraint()


def _syntax(model: LoadedModel, grammar: Grammar) -> Constraint:
    text = grammar.export("llguidance", comments=False, leading_space=model.leading_space)
    return SyntaxBackend(model).get_cfg_logits_processor(CFG(text).definition)


def _typed(model: LoadedModel, grammar: Grammar) -> Constraint:
    tokenizer = SyntaxBackend(model).llg_tokenizer
    return TypedConstraint(LineMatchers(tokenizer, grammar.modules, model.leading_space))


#: The levels by name, weakest first.
LEVELS: dict[str, Level] = {
    "free": Level(_free),
    "syntax": Level(_syntax),
    "typed": Level(_typed),
    "compiled": Level(_typed, judged=True),
}


def resolve_level(constrained: bool | str) -> str:
    """Name the level that ``constrained`` asks for.

    Args:
        constrained: ``False`` is free decoding, ``True`` the strongest level that this machine
            supports; otherwise the name of a level.

    Raises:
        ValueError: There is no such level, or it needs a compiler that is not installed.
    """
    if constrained is False:
        return "free"
    able = [name for name, level in LEVELS.items() if not level.judged or asy_available()]
    if constrained is True:
        return able[-1]
    if constrained not in LEVELS:
        names = ", ".join(repr(name) for name in LEVELS)
        raise ValueError(f"constrained must be True, False or one of {names}, not {constrained!r}")
    if constrained not in able:
        raise ValueError(
            f"the level {constrained!r} needs asy, which is not installed: "
            f"apt-get install asymptote, or use {able[-1]!r}"
        )
    return constrained
