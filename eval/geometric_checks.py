"""Geometric checks: a line of text that says what must hold in a figure, and whether it does.

``right_angle(A, B, C)`` asks for a right angle at B. What is asked of is the figure as it was
executed, so that one that is drawn another way still counts. ``check_kinds.KINDS`` is the table of
what can be asked, and ``measures`` says what is near enough. What this module does not know:
programs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from asygrammar.eval.check_kinds import KINDS, Form
from asygrammar.eval.executed import Executed
from asygrammar.eval.label_points import plain_text
from asygrammar.formulas import Formula

# The longest check that is read, in characters.
_MOST = 500


@dataclass(frozen=True)
class Check:
    """What must hold in a figure.

    Attributes:
        text: The check as it was written.
        kind: One of ``KINDS``.
        form: Which of its forms.
        points: Names of points, as ``Executed.point`` takes them.
        number: Of a form that has one.
        label: Text of a form that has one, as a reader sees it.
    """

    text: str
    kind: str
    form: Form
    points: tuple[str, ...]
    number: float = 0.0
    label: str = ""

    def holds(self, figure: Executed) -> bool:
        """Tell whether it holds; it does not where the figure lacks one of the points."""
        points = [figure.point(name) for name in self.points]
        found = [point for point in points if point is not None]
        return len(found) == len(points) and self.form.holds(figure, found, self.number, self.label)


def run_checks(checks: Iterable[Check], executed: Executed) -> dict[str, bool]:
    """Tell for each check, by its text, whether it holds in a figure."""
    return {check.text: check.holds(executed) for check in checks}


def parse_check(text: str) -> Check:
    """Read a check such as ``right_angle(A, B, C)``.

    A point is the text of its label, with or without dollar signs, or the name of a variable, or
    ``(1,2)``; a label counts before a variable. A number may be a formula: ``sqrt(2)``, ``3/4``.

    Raises:
        ValueError: It cannot be read; the message is one line and says what can.
    """
    found = re.fullmatch(r"\s*(\w+)\s*\((.*)\)\s*", text)
    if found is None or len(text) > _MOST:
        raise ValueError(f"no check is {text[:80]!r}: write it as right_angle(A, B, C)")
    kind, inner = found.groups()
    if kind not in KINDS:
        raise ValueError(f"there is no check '{kind}'; there are {', '.join(KINDS)}")
    given = list(_arguments(inner))
    for form in KINDS[kind]:
        check = _fitted(text.strip(), kind, form, given)
        if check is not None:
            return check
    forms = " or ".join(f"{kind}({form.written})" for form in KINDS[kind])
    raise ValueError(f"the check {text.strip()!r} does not fit: write {forms}")


def _fitted(text: str, kind: str, form: Form, given: Sequence[str]) -> Check | None:
    """Return the check that arguments make in a form, or nothing where they do not fit."""
    wanted = form.parameters
    more = len(given) - len(wanted)
    if more < 0 or (more and not form.is_open) or (kind == "congruent" and more % 2):
        return None
    wanted += ["P"] * more
    points, number, label = [], 0.0, ""
    for parameter, argument in zip(wanted, given, strict=True):
        if parameter == "x":
            value = _number(argument)
            if value is None:
                return None
            number = value
        elif parameter == '"text"':
            label = plain_text(_unquoted(argument))
        elif _is_name(argument):
            points.append(_unquoted(argument))
        else:
            return None
    return Check(text, kind, form, tuple(points), number, label)


def _arguments(inner: str) -> Iterator[str]:
    """Yield arguments, which commas part outside of quotes and parentheses."""
    argument, depth, quote = "", 0, ""
    for char in inner:
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'" and not argument.strip():
            quote = char
        elif char == "," and depth == 0:
            yield argument.strip()
            argument = ""
            continue
        else:
            depth += (char == "(") - (char == ")")
        argument += char
    yield argument.strip()


def _unquoted(argument: str) -> str:
    quoted = len(argument) > 1 and argument[0] in "\"'" and argument[-1] == argument[0]
    return argument[1:-1] if quoted else argument


_NUMBER = re.compile(r"(?:sqrt\(|[-+*/.\d() ])*\d(?:[-+*/.\d() ]|sqrt\()*", re.ASCII)
_POINT = re.compile(r"\(\s*[-+.\deE]+\s*,\s*[-+.\deE]+\s*\)")


def _number(argument: str) -> float | None:
    """Return the value of a formula without names, or nothing where it is none."""
    if _NUMBER.fullmatch(argument) is None:
        return None
    try:
        return float(Formula(argument).value({}))
    except (ValueError, TypeError, RecursionError, MemoryError):
        return None


def _is_name(argument: str) -> bool:
    """Tell whether an argument can name a point."""
    if _POINT.fullmatch(argument):
        return True
    return bool(argument) and _number(argument) is None and argument not in ('""', "''")
