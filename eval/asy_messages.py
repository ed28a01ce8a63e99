"""What kind of fault a compilation ends with: in the program's text, or in what it computes.

Only the first can be a constraint's doing. A message that is in no table is left ``unknown``; of a
program with such a message the compiler can be asked whether it translates (``judge_types``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from asygrammar.compiler import CompileResult, Status
from asygrammar.compiler.faults import LabelError, ModuleMissing, Refused

NAME, TYPE, SYNTAX, LABEL, RUN_TIME, UNKNOWN = (
    "name",
    "type",
    "syntax",
    "label",
    "run-time",
    "unknown",
)
#: The kinds of faults that stand in a program's text.
IN_THE_TEXT = frozenset({NAME, TYPE, SYNTAX, UNKNOWN})

# By asy's messages, without the place; the first pattern that fits counts.
_MESSAGES: Mapping[str, str] = {
    r"no matching variable|no type of name|no matching field|could not load module": NAME,
    r"no matching function '\w+\(.*\)'": TYPE,
    r"no matching function|cannot cast|is ambiguous|is not a function|read-only": TYPE,
    r"cannot call|with signature|not a structure|array expression|invalid cast": TYPE,
    r"no (matching )?(default|initializer|operator)|not an? (array|type|list)": TYPE,
    r"(break|continue) outside|function must return|cannot return|cannot assign": TYPE,
    r"syntax error|unexpected end|not terminated|invalid token|stray": SYNTAX,
    r"out-of-bounds|divide by zero|stack overflow|singular|do not intersect": RUN_TIME,
    r"^runtime: |empty array|empty path|negative|overflow|dereference of null": RUN_TIME,
    r"lengths|not cyclic|non-cyclic|without matching|invalid (path|pen|argument)": RUN_TIME,
    r"outside valid|must be|should be|cannot take|cannot (clip|fill|shade)": RUN_TIME,
}
_BY_STATUS: Mapping[Status, str] = {
    Status.TIMED_OUT: RUN_TIME,
    Status.TOO_MUCH_OUTPUT: RUN_TIME,
    Status.OUT_OF_MEMORY: RUN_TIME,
    Status.DREW_NOTHING: RUN_TIME,
}
# What TeX says where a label would stand too far off the page.
_OFF_THE_PAGE = re.compile("Number too big|Dimension too large|Arithmetic overflow")
_BY_FAULT: Mapping[type, str] = {LabelError: LABEL, ModuleMissing: NAME, Refused: NAME}


def fault_kind(result: CompileResult) -> str:
    """Return what kind of fault a compilation ended with, one of the above."""
    if result.status in _BY_STATUS:
        return _BY_STATUS[result.status]
    first = next(iter(result.diagnostics), None)
    if first is None:
        return UNKNOWN
    if isinstance(first, LabelError) and _OFF_THE_PAGE.search(str(first)):
        return RUN_TIME
    if type(first) in _BY_FAULT:
        return _BY_FAULT[type(first)]
    return message_kind(getattr(first, "text", ""))


def message_kind(message: str) -> str:
    """Return the kind of a message of ``asy``, without the place before it."""
    for pattern, kind in _MESSAGES.items():
        if re.search(pattern, message, re.IGNORECASE):
            return kind
    return UNKNOWN
