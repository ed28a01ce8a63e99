"""What the grammar can be exported for: one table, `TARGETS`.

| target | what is written | what reads it |
| --- | --- | --- |
| ``lark`` | ``grammars/asy.lark`` itself | Lark |
| ``llguidance`` | Lark, white space written out | llguidance, Outlines' ``CFG`` |
| ``vllm`` | a chat request | ``vllm serve ... --structured-outputs-config.backend guidance`` |
| ``sglang`` | a chat request | ``sglang.launch_server ... --grammar-backend llguidance`` |
| ``xgrammar``, ``gbnf`` | GBNF | xgrammar; llama.cpp, llguidance's converter |
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from asygrammar.derivation import Derivation, allow_space_in_front, derive, write_llguidance
from asygrammar.gbnf import write_gbnf
from asygrammar.prompt import build_messages


@dataclass(frozen=True)
class Request:
    """What the body of a request asks for, beside the grammar.

    Attributes:
        model: The model's name on the server.
        prompt: The sentence that asks for a figure.
        max_tokens: The most tokens of the answer.
    """

    model: str = "microsoft/Phi-3-mini-4k-instruct"
    prompt: str = "Draw a right triangle with legs 3 and 4."
    max_tokens: int = 512


@dataclass(frozen=True)
class Target:
    """How the grammar is written for an engine.

    Attributes:
        write: Turns a derived grammar into the dialect; ``None`` for Lark's source as it is.
        scoped: Whether the engine knows parametric rules, so that the grammar can be scoped.
        field: Turns the text into the fields of a chat request that carry it; ``None`` where
            the text itself is what is asked for.
    """

    write: Callable[[Derivation], str] | None
    scoped: bool = False
    field: Callable[[str], dict[str, object]] | None = None


def _in_vllm(text: str) -> dict[str, object]:
    # Until 0.12 the field was `guided_grammar`.
    return {"structured_outputs": {"grammar": text}}


def _in_sglang(text: str) -> dict[str, object]:
    # The llguidance backend takes Lark in the field that is named after EBNF.
    return {"ebnf": text}


#: What :meth:`asygrammar.grammar.Grammar.export` can write.
TARGETS = {
    "lark": Target(None),
    "llguidance": Target(write_llguidance, scoped=True),
    "vllm": Target(write_llguidance, scoped=True, field=_in_vllm),
    "sglang": Target(write_llguidance, scoped=True, field=_in_sglang),
    "xgrammar": Target(write_gbnf),
    "gbnf": Target(write_gbnf),
}


def export_grammar(
    lark: str,
    file: str,
    target: str,
    *,
    comments: bool,
    scoped: bool,
    leading_space: bool,
    request: Request,
) -> str:
    """Write a grammar for an engine; see :meth:`asygrammar.grammar.Grammar.export`.

    Args:
        lark: The text of ``asy.lark``.
        file: What to call it in an error.
        target: One of `TARGETS`.
        comments: Whether comments are let through.
        scoped: Whether undeclared names are impossible.
        leading_space: Whether one space may stand in front.
        request: What a request asks for.

    Raises:
        ValueError: The target is unknown, or cannot be scoped.
        GrammarFault: The grammar file has a fault.
    """
    if target not in TARGETS:
        raise ValueError(f"unknown target {target!r}: choose one of {', '.join(TARGETS)}")
    engine = TARGETS[target]
    if scoped and not engine.scoped:
        able = ", ".join(name for name, other in TARGETS.items() if other.scoped)
        raise ValueError(f"{target} cannot be scoped: it knows no parametric rules; take {able}")
    if engine.write is None:
        return lark
    write, derivation = engine.write, derive
    if scoped:
        # It reads the signature files, and those are read with this grammar.
        from asygrammar.scoped_grammar import derive_scoped, write_scoped

        write, derivation = write_scoped, derive_scoped
    derived = derivation(lark, comments=comments, file=file)
    if leading_space or engine.field:
        derived = allow_space_in_front(derived)
    text = write(derived)
    return text if engine.field is None else _body(engine.field(text), request)


def _body(fields: dict[str, object], request: Request) -> str:
    body = {
        "model": request.model,
        "messages": build_messages(request.prompt),
        "max_tokens": request.max_tokens,
        "temperature": 0,
        **fields,
    }
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"
