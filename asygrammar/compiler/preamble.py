"""What a program tells TeX to begin with, and when a live TeX has missed that.

A figure's TeX file begins with all that the program says, wherever it says so. A TeX that is live
already has read its beginning, and has to start anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from asygrammar.compiler.scan import Source

_WORDS = frozenset(("usepackage", "texpreamble", "usetypescript", "texreset"))
# Those of asy's own modules that use the words above while they are loaded.
_MODULES = frozenset(
    word
    for line in (
        "animate animation annotate babel embed external fontsize labelpath size10 size11 slide",
    )
    for word in line.split()
)
_IMPORTS = frozenset(("import", "include", "access", "from"))


class Touch(Enum):
    """How a statement changes what TeX begins with."""

    NONE = "not at all"
    CALL = "by a call that can be made again"
    IMPORT = "by a module"
    HIDDEN = "from inside something else"


def touch_of(source: Source, *, single: bool) -> Touch:
    """Return how a statement changes what TeX begins with.

    Args:
        source: The statement.
        single: Whether it is one statement alone.
    """
    words = [token.text for token in source.tokens if token.kind == "word"]
    if any(word in _WORDS for word in words):
        called = words[0] in _WORDS and source.tokens[0].kind == "word"
        return Touch.CALL if called and single else Touch.HIDDEN
    names = {*words, *(token.value for token in source.tokens if token.kind == "string")}
    return Touch.IMPORT if words and words[0] in _IMPORTS and names & _MODULES else Touch.NONE


def is_sure(touches: Sequence[Touch]) -> bool:
    """Whether a TeX that starts anew knows all that the statements say.

    Args:
        touches: How each of them changes what TeX begins with, in their order.
    """
    changing = [touch for touch in touches if touch is not Touch.NONE]
    return Touch.HIDDEN not in changing and all(touch is Touch.CALL for touch in changing[:-1])
