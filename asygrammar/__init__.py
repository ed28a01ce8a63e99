"""K-12 mathematics diagrams from a sentence, as Asymptote programs that compile.

The public names live here and are loaded when they are first used, so that
``import asygrammar`` costs nothing and never loads torch:

    >>> from asygrammar import generate_asy
    >>> code = generate_asy("Draw a right triangle with legs 3 and 4.")
    >>> code.save("triangle.svg")
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# The rooms (decoding/, eval/, ...) lie beside this folder in a checkout and are imported as
# asygrammar.<room>. An install maps them; in a bare checkout, or where the checkout shadows an
# installed wheel because it is the working directory, this line finds them.
_CHECKOUT = Path(__file__).resolve().parent.parent
if (_CHECKOUT / "grammars" / "asy.lark").is_file() and (_CHECKOUT / "pyproject.toml").is_file():
    __path__.append(str(_CHECKOUT))

if TYPE_CHECKING:
    from asygrammar.checking import check as check
    from asygrammar.compiler import render as render
    from asygrammar.decoding import AsyCode as AsyCode
    from asygrammar.decoding import AsyGenerator as AsyGenerator
    from asygrammar.decoding import generate_asy as generate_asy
    from asygrammar.grammar import Grammar as Grammar
    from asygrammar.grammar import load_grammar as load_grammar
    from asygrammar.imports import add_imports as add_imports
    from asygrammar.layout import format_asy as format_asy

# Public name -> the module that defines it.
_EXPORTS = {
    "AsyCode": "asygrammar.decoding",
    "AsyGenerator": "asygrammar.decoding",
    "Grammar": "asygrammar.grammar",
    "add_imports": "asygrammar.imports",
    "check": "asygrammar.checking",
    "format_asy": "asygrammar.layout",
    "generate_asy": "asygrammar.decoding",
    "load_grammar": "asygrammar.grammar",
    "render": "asygrammar.compiler",
}

__all__ = ["__version__", *sorted(_EXPORTS)]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used (PEP 562)."""
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_EXPORTS[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted({*globals(), *_EXPORTS})
