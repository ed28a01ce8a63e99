"""What has been read of a template file, and the faults that only the whole file shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import TypeVar

from asygrammar.formulas import Formula, Value
from asygrammar.phrases import REF, Phrase
from asygrammar.slots import Slot
from asygrammar.templates import ProgramLine, Saying, TemplateError

_T = TypeVar("_T")


@dataclass
class Draft:
    """What has been read of a file so far."""

    path: Path
    family: str = ""
    about: str = ""
    grade: str = ""
    level: str = ""
    slots: dict[str, Slot] = field(default_factory=dict)
    defaults: dict[str, Value] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    lets: dict[str, Formula] = field(default_factory=dict)
    conditions: list[Formula] = field(default_factory=list)
    forms: dict[str, dict[str, str]] = field(default_factory=dict)
    words: dict[str, Phrase] = field(default_factory=dict)
    says: list[Saying] = field(default_factory=list)
    held_out: list[Saying] = field(default_factory=list)

    def at(self, line: int, read: Callable[[], _T]) -> _T:
        """Run a reading step; a ``ValueError`` becomes a fault of this line."""
        try:
            return read()
        except TemplateError:
            raise
        except ValueError as error:
            raise TemplateError(self.path, line, str(error)) from None

    def claim(self, names: list[str], line: int) -> None:
        """Refuse names that are missing, malformed or taken."""
        if not names:
            raise TemplateError(self.path, line, "a name is missing before the ':'")
        taken = {*self.slots, *self.flags, *self.lets, *self.words}
        for name in names:
            if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
                raise TemplateError(self.path, line, f"{name!r} is no name: use letters, digits, _")
            if name in taken or names.count(name) > 1:
                raise TemplateError(self.path, line, f"the name {name!r} is taken: choose another")


def check_whole(draft: Draft, lines: tuple[ProgramLine, ...]) -> None:
    """Check what only the whole file shows."""
    parts: dict[str, object] = {
        "family": draft.family,
        "about": draft.about,
        "grade": draft.grade,
        "level": draft.level,
        "say": draft.says,
        "program": lines,
    }
    for key, part in parts.items():
        if not part:
            raise TemplateError(draft.path, 1, f"the file has no {key}")
    used = {name for name, _ in REF.findall("\n".join(line.text for line in lines))}
    used |= {name for formula in draft.lets.values() for name in formula.names}
    for name, slot in draft.slots.items():
        if name not in used:
            raise TemplateError(
                draft.path, slot.line, f"the program does not use slot {name!r}: use or remove it"
            )
    for saying in (*draft.says, *draft.held_out):
        _check_grounded(draft, saying, lines)


def _check_grounded(draft: Draft, saying: Saying, lines: tuple[ProgramLine, ...]) -> None:
    """Refuse a sentence that leaves out a value which the program shows.

    Nobody, and no model, could know such a value.
    """
    for flags in _flag_settings(draft, saying):
        told = saying.phrase.sure(flags, draft.words)
        for line in lines:
            if _stands(line, flags):
                for name, _ in REF.findall(line.text):
                    if not _follows(draft, name, told):
                        raise TemplateError(
                            draft.path,
                            saying.line,
                            f"the sentence may leave out <{name}>, which line {line.line} shows",
                        )


def _flag_settings(draft: Draft, saying: Saying) -> Iterator[dict[str, bool]]:
    free = [flag for flag in draft.flags if flag in saying.mentions - saying.needs]
    for setting in product((False, True), repeat=len(free)):
        yield {flag: flag in saying.needs for flag in draft.flags} | dict(
            zip(free, setting, strict=True)
        )


def _stands(line: ProgramLine, flags: dict[str, bool]) -> bool:
    """Tell whether a line can stand; a condition on slots may hold."""
    if line.condition is None or not line.condition.names <= flags.keys():
        return True
    return bool(line.condition.value(flags))


def _follows(draft: Draft, name: str, told: frozenset[str]) -> bool:
    """Tell whether a name is told, has a default, or is computed from names that are."""
    if name in told or name in draft.flags or name in draft.defaults:
        return True
    formula = draft.lets.get(name)
    return formula is not None and all(_follows(draft, part, told) for part in formula.names)
