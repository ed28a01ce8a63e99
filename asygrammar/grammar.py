"""The grammar of the subset, loaded: parse with it, or export it for a decoder."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path

from asygrammar.export_targets import TARGETS as TARGETS
from asygrammar.export_targets import Request, export_grammar
from asygrammar.lark_text import GrammarFault as GrammarFault
from asygrammar.parser import Parser
from asygrammar.syntax import Node


class Grammar:
    """The K-12 Asymptote subset.

    Attributes:
        lark: The text of ``grammars/asy.lark``, the single source of everything else.
        file: Where it came from.
        modules: The Asymptote modules that programs may import; ``None``: all that are known.
    """

    def __init__(
        self, lark: str, file: str = "asy.lark", modules: tuple[str, ...] | None = None
    ) -> None:
        self.lark, self.file, self.modules = lark, file, modules

    @cached_property
    def parser(self) -> Parser:
        """The LALR parser, built when first used (about half a second).

        Raises:
            GrammarFault: The grammar file has a fault; file, line and rule are named.
        """
        return Parser(self.lark, self.file)

    def parse(self, source: str) -> Node:
        """Parse a program into a syntax tree whose nodes know their spans (1-based).

        Raises:
            AsySyntaxError: The program has a fault; its ``diagnostic`` says where and why.
        """
        return self.parser.parse(source)

    def export(
        self,
        target: str = "llguidance",
        *,
        comments: bool = True,
        scoped: bool = False,
        leading_space: bool = False,
        request: Request | None = None,
    ) -> str:
        """Write the grammar for another engine.

        Args:
            target: One of `TARGETS`: ``"lark"`` (the source itself), ``"llguidance"`` (also for
                Outlines' ``CFG`` on its llguidance backend), ``"vllm"`` and ``"sglang"`` (the body
                of a request), ``"xgrammar"`` and ``"gbnf"`` (which may let a keyword pass as a
                name, and refuse nothing that llguidance's accepts).
            comments: Whether the exported grammar lets comments through. The decoder's does not.
            scoped: Make undeclared names impossible, at the price of a fixed set of names that a
                program may declare (`asygrammar.scoped_grammar`); llguidance alone can do that.
            leading_space: Let a program begin with one space, as models with a tokenizer of
                Llama's kind (Phi-3) begin their answers. Requests always allow it.
            request: What the body of a request asks for.

        Raises:
            ValueError: The target is unknown, or cannot be scoped.
            GrammarFault: The grammar file has a fault.
        """
        return export_grammar(
            self.lark,
            self.file,
            target,
            comments=comments,
            scoped=scoped,
            leading_space=leading_space,
            request=request or Request(),
        )


def load_grammar(
    modules: Sequence[str] | None = None, *, path: str | Path | None = None
) -> Grammar:
    """Load the grammar of the subset.

    Args:
        modules: Names of the Asymptote modules whose functions may be used; ``None`` means all
            that are shipped.
        path: Another grammar file instead of the shipped one.

    Raises:
        ValueError: A module is not shipped.
        OSError: The file cannot be read.
    """
    known = _known_modules()
    unknown = sorted(set(modules or ()) - set(known))
    if unknown:
        raise ValueError(f"unknown module {unknown[0]!r}: there are {', '.join(known)}")
    chosen = None if modules is None else tuple(modules)
    if path is not None:
        return Grammar(Path(path).read_text(encoding="utf-8"), str(path), chosen)
    return _shipped_grammar() if chosen is None else _with_modules(_shipped_grammar(), chosen)


def _known_modules() -> tuple[str, ...]:
    from asygrammar.signatures import signature_modules  # the files are read with this grammar

    return tuple(sorted({*shipped_modules(), *signature_modules()}))


def _with_modules(grammar: Grammar, modules: tuple[str, ...]) -> Grammar:
    other = Grammar(grammar.lark, grammar.file, modules)
    other.parser = grammar.parser
    return other


@lru_cache(maxsize=1)
def shipped_modules() -> tuple[str, ...]:
    """Return the names of the Asymptote modules shipped in ``grammars/modules``."""
    folder = resources.files("asygrammar.grammars") / "modules"
    if not folder.is_dir():
        return ()
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(".asy") for name in names if name.endswith(".asy")))


@lru_cache(maxsize=1)
def _shipped_grammar() -> Grammar:
    file = resources.files("asygrammar.grammars") / "asy.lark"
    return Grammar(file.read_text(encoding="utf-8"), "grammars/asy.lark")
