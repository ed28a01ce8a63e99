"""What a live TeX says of labels, told as TeX tells it of a figure's file.

``asy`` measures a label by setting it in a box, and repeats, if it is asked to, all that it and TeX
say to each other. TeX's errors are in there. A brace that is missing is none of them: TeX goes on
waiting for it, inside of one more group.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from asygrammar.compiler import log
from asygrammar.compiler.faults import LabelError
from asygrammar.compiler.scan import Source

# At the beginning of a line: TeX repeats it further on, where it has found an error. What TeX
# begins with has such a line, too, in a definition.
_MEASURED = re.compile(r"^\\setbox\\ASYbox=\\hbox\{(?!#)", re.MULTILINE)
_MEASURES = ">dim("
# TeX's prompt, which all that is said next comes after.
_PROMPT = re.compile(r"^\*+", re.MULTILINE)
# One error brings on others: what counts is the first.
_ERROR = re.compile(r"^! (?:(?!^! |^\(Please type).*\n)*", re.MULTILINE)
# The place where TeX found an error, with what it had read of the line until then.
_PLACE = re.compile(r"^<\*> (?P<read>.*)\n.*$", re.MULTILINE)
_LAST_COMMAND = re.compile(r"\\(?:[A-Za-z]+|.) *$")
# How TeX words it at the end of the file.
_ENDED = "File ended while scanning use of \\ASYalign"

# What is right where a label is measured, and wrong where it is set in the figure, or the other way
# around: there only the figure itself will tell.
_OTHERWISE = re.compile(r"\\(?:verb|par|begin|end|def|edef|gdef|newcommand|renewcommand|let)\b")


def label_faults(said: str, word: str, program: str) -> tuple[LabelError, ...]:
    """Return the faults of labels that a live TeX tells of.

    Args:
        said: What ``asy`` and TeX said to each other.
        word: The word after which TeX wrote how many groups were open.
        program: The program that the labels are in.
    """
    told = "".join(_told(said))
    if any(int(level) > 1 for level in re.findall(rf"^{word}=(\d+)$", said, re.MULTILINE)):
        told += f"! {_ENDED}.\n"
    if not told:
        return ()
    found = log.faults(told, Source(program))
    return tuple(fault for fault in found if isinstance(fault, LabelError))


def is_unclosed(fault: LabelError) -> bool:
    """Whether a brace is open, perhaps that of another label, which is not drawn."""
    return fault.reason == _ENDED


def is_uncertain(text: str) -> bool:
    """Whether a label may be measured well and set badly."""
    return _OTHERWISE.search(text) is not None


def _told(said: str) -> Iterator[str]:
    """Yield each label's errors, as TeX's log of a figure has them."""
    left, *parts = _MEASURED.split(_PROMPT.sub("", said))
    for part in parts:
        label, _, answer = part.partition("}\n\n")
        errors, _, measures = answer.partition(_MEASURES)
        # A font is set before the label that needs it.
        errors = f"{left}\n{errors}"
        left = measures
        if first := _ERROR.search(errors):
            wrong = _PLACE.sub(_place, first[0])
            yield f"{wrong.rstrip()}\nl.1 (0)(0){{{' '.join(label.split())}}}%\n"


def _place(found: re.Match[str]) -> str:
    command = _LAST_COMMAND.search(found["read"])
    return f"<*> {command[0].strip()} " if command else ""
