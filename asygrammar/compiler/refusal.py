"""What a figure's program may not do, found before it runs.

The sandbox holds without this; refusing early adds a place and a reason, and spares the user a
time-out. Where there is no sandbox the second column is what stands between a program and the
machine: it is strict, and refuses names that a harmless program could use, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest

from asygrammar.compiler.faults import Refused
from asygrammar.compiler.scan import Source

_RUNS = "it can run other programs"
_READS = "it reads or writes files"
_EVALUATES = "it runs text as a program"

# name: (why, whether a mere mention is refused). Else only a call is, in the sandbox.
_NAMES: dict[str, tuple[str, bool]] = {
    "settings": ("it changes how asy itself works, and which programs it runs", True),
    "system": (_RUNS, False),
    "eval": (_EVALUATES, False),
    "_eval": (_EVALUATES, True),
    "mapArray": (_EVALUATES, False),
    "asy": (_RUNS, False),
    "convert": (_RUNS, False),
    "animate": (_RUNS, False),
    "postscript": ("it writes into the picture's file directly", False),
    "input": (_READS, False),
    "output": (_READS, False),
}

# Names that the sandbox contains, and that nothing else does. All are refused at a mention, as the
# ones above are then: a function can be passed on under another name.
_UNCONTAINED: dict[str, str] = {
    **dict.fromkeys(
        ("delete", "rename", "cd", "mktemp", "locatefile", "file", "stdin", "readline"), _READS
    ),
    **dict.fromkeys(("saveline", "history", "getstring", "graphic", "shipout3"), _READS),
    **dict.fromkeys(("type", "usersetting", "autoimport", "cmd", "quote"), _EVALUATES),
    **dict.fromkeys(("tex", "_shipout", "embed3", "javascript"), _RUNS),
}

# Settings that a figure may set: how a picture is written, which is decided by whoever asks for
# the picture. Such an assignment is blanked out, and every other mention of settings is refused.
_HARMLESS_SETTINGS = frozenset(
    word
    for line in (
        "outformat render prc tex embed toolbar antialias multisample maxtile maxviewport thick",
        "thin autobillboard inlineimage inlinetex offline auto3D axes3 twosided",
    )
    for word in line.split()
)

# TeX that reads, writes or reaches past TeX. \input of a missing file also waits for ever.
_TEX = re.compile(
    r"\\(input|include|InputIfFileExists|IfFileExists|@@input|openin|openout|read|readline"
    r"|immediate|write|special|directlua|latelua|pdfobj|lstinputlisting|verbatiminput|includegraphics"
    r")(?![A-Za-z])"
)
# TeX that can spell the words above in a way that the table does not see.
_TEX_UNCONTAINED = re.compile(r"\\(csname|catcode|scantokens|lowercase|uppercase)(?![A-Za-z])|\^\^")

_IMPORTS = frozenset(("import", "include", "access", "from"))
_MODULE = re.compile(r"\w+(\.asy)?", re.ASCII)


def refusals(source: Source, *, contained: bool) -> tuple[Refused, ...]:
    """Return what a program may not do, in the order of the text.

    Args:
        source: The program, as ``without_settings`` leaves it.
        contained: Whether it is going to run in the sandbox.
    """
    return tuple(_refusals(source, contained))


def _refusals(source: Source, contained: bool) -> Iterator[Refused]:
    importing = False
    for token, following in zip_longest(source.tokens, source.tokens[1:]):
        if token.kind == "word":
            importing = importing or token.text in _IMPORTS
            called = following is not None and following.text == "("
            reason = _refused_name(token.text, called, contained)
            if reason:
                yield Refused(source.span_of(token), token.text, reason)
        elif token.text == ";":
            importing = False
        elif token.kind == "string" and importing and not _MODULE.fullmatch(token.value):
            reason = "a module is named, not given by a path"
            yield Refused(source.span_of(token), token.text, reason)
        elif token.kind == "string" and (command := _refused_tex(token.value, contained)):
            yield Refused(source.span_of(token), command, "a label only sets text and formulas")


def _refused_name(name: str, called: bool, contained: bool) -> str:
    if name in _NAMES:
        reason, at_a_mention = _NAMES[name]
        return reason if at_a_mention or called or not contained else ""
    return "" if contained else _UNCONTAINED.get(name, "")


def _refused_tex(text: str, contained: bool) -> str:
    found = _TEX.search(text) or (None if contained else _TEX_UNCONTAINED.search(text))
    return found.group() if found else ""


def without_settings(source: Source) -> Source:
    """Return a program with its harmless settings overwritten by spaces, every place kept.

    ``settings.outformat="png"`` would draw another format than the one asked for, and
    ``settings.render=8`` would open a window.
    """
    text = list(source.text)
    for index, first in enumerate(source.tokens):
        parts = source.tokens[index : index + 7]
        words = [part.text for part in parts]
        if words[:2] != ["settings", "."] or words[3:4] != ["="]:
            continue
        # One token is the value, or a sign and a number.
        if words[2] in _HARMLESS_SETTINGS and ";" in words[5:]:
            end = parts[words.index(";") - 1].end
            text[first.start : end] = [c if c == "\n" else " " for c in text[first.start : end]]
    return Source("".join(text)) if text != list(source.text) else source
