"""From a program as somebody published it to one of the subset, or to why it is none.

What this module does not know: what a program does when it runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from asygrammar.checking import check
from asygrammar.compiler.refusal import without_settings
from asygrammar.compiler.scan import Source
from asygrammar.grammar import load_grammar
from asygrammar.imports import add_imports
from asygrammar.layout import format_asy
from asygrammar.parser import AsySyntaxError
from asygrammar.signatures import signature_modules
from asygrammar.syntax import Node, Word

#: The most characters of a program in the canonical layout; figures of textbooks have 350.
LONGEST = 4000

# A page of asymptote-exemples is linked with the modules' documentation by such comments.
_ASYXML = re.compile(r"/\*\s*<asyxml>.*?</asyxml>\s*\*/|//\s*<asyxml>[^\n]*", re.DOTALL)
_FENCED = re.compile(r"^```[^\n`]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
_FENCE = re.compile(r"^```.*$", re.MULTILINE)
_TAGS = re.compile(r"\[/?asy\]")
# What says how large or where, and draws nothing.
_SIZES = frozenset(("size", "unitsize", "defaultpen", "settings", "usepackage", "texpreamble"))


@dataclass(frozen=True)
class Unfit:
    """Why a program is left out.

    Attributes:
        reason: One of few, to count by.
        detail: The reason in full.
    """

    reason: str
    detail: str


def clean(text: str) -> str:
    """Return a program without what was put around it: fences, tags, links, settings."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    fenced = _FENCED.search(text)
    text = _FENCE.sub("", fenced[1] if fenced else text)
    text = _TAGS.sub("", _ASYXML.sub("", text))
    return without_settings(Source(text)).text.strip()


def fit(text: str) -> tuple[str, ...] | Unfit:
    """Bring a program into the canonical layout, if it is one of the subset.

    Args:
        text: The program, as `clean` leaves it.

    Returns:
        The program, with the imports that it lacks, and as it is where that is something else
        and fits as well: whichever compiles first is to be taken. Or why neither fits.
    """
    if not text:
        return Unfit("empty", "there is no program")
    if len(text) > 4 * LONGEST:
        return Unfit("too long", f"{len(text)} characters")
    ways = [_fit_one(way) for way in dict.fromkeys((add_imports(text), text))]
    good = [way for way in ways if isinstance(way, str)]
    return tuple(good) or next(way for way in ways if isinstance(way, Unfit))


def _fit_one(text: str) -> str | Unfit:
    try:
        program = format_asy(text, comments=False)
        tree = load_grammar().parse(program)
    except AsySyntaxError as error:
        return Unfit("syntax", str(error.diagnostic))
    if all(_is_size(node) for node in tree.children if isinstance(node, Node)):
        return Unfit("size only", "nothing is drawn")
    if len(program) > LONGEST:
        return Unfit("too long", f"{len(program)} characters, at most {LONGEST}")
    known = {*signature_modules(), "plain"}
    for module in _imported(tree):
        if module not in known:
            return Unfit("module", f"the subset has no signatures of {module}")
    faults = check(program)
    if faults:
        return Unfit(_kind(type(faults[0]).__name__), str(faults[0]))
    return program


def _kind(name: str) -> str:
    """Return the name of a class of faults in words: ``NoFunction`` is ``no function``."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()


def _is_size(statement: Node) -> bool:
    """Tell whether a statement says only how large the picture is."""
    inner = statement.children[0]
    if isinstance(inner, Node) and inner.kind in ("import", "from", "empty"):
        return True
    first = next(inner.words() if isinstance(inner, Node) else iter((inner,)))
    return first.text in _SIZES


def _imported(tree: Node) -> Iterator[str]:
    for node in tree.walk():
        if node.kind in ("import", "from"):
            names = [child for child in node.children if isinstance(child, Word)]
            yield names[1].text
