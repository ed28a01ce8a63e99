"""What has been read of a template file, and the faults that only the whole file shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from asygrammar.formulas import Formula, Value
from asygrammar.phrases import REF, Phrase
from asygrammar.sayings import Saying
from asygrammar.slots import Slot
from asygrammar.templates import ProgramLine, TemplateError

_T = TypeVar("_T")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Entry:
    """One description line: ``// key names: value``."""

    key: str
    names: list[str]
    value: str
    line: int


@dataclass
class Draft:
    """What has been read of a file so far.

    Attributes:
        path: The file.
        faults: What did not read.
        unread: The names, and as ``// key`` the keys, whose own lines are among the faults.
    """

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
    faults: list[TemplateError] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)

    def attempt(self, read: Callable[[], _T], entry: Entry | None = None) -> _T | None:
        """Run a reading step; note its fault, so that reading can go on.

        Args:
            read: The step.
            entry: What it reads. Its fault is not noted where it uses a name that did not read:
                that has been told.
        """
        try:
            return read()
        except TemplateError as fault:
            if entry is None or not self.unread & set(_NAME.findall(entry.value)):
                self.faults.append(fault)
            if entry is not None:
                self.unread |= {*entry.names, f"// {entry.key}"}
            return None

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
            if not _NAME.fullmatch(name):
                raise TemplateError(self.path, line, f"{name!r} is no name: use letters, digits, _")
            if name in taken or names.count(name) > 1:
                raise TemplateError(self.path, line, f"the name {name!r} is taken: choose another")


def whole_faults(
    draft: Draft, program: list[tuple[int, str]], lines: tuple[ProgramLine, ...]
) -> Iterator[TemplateError]:
    """Yield the faults that only the whole file shows.

    Args:
        draft: Its description.
        program: The lines of its program, numbered.
        lines: The same, as far as they read.
    """
    parts: dict[str, object] = {
        "family": draft.family,
        "about": draft.about,
        "grade": draft.grade,
        "level": draft.level,
        "say": draft.says,
        "program": program,
    }
    for key, part in parts.items():
        if not part and f"// {key}" not in draft.unread:
            yield TemplateError(draft.path, 1, f"the file has no {key}")
    used = _used(draft, program)
    for name, slot in draft.slots.items():
        if name not in used:
            yield TemplateError(
                draft.path, slot.line, f"the program does not use slot {name!r}: use or remove it"
            )
    if not draft.faults:
        sure: dict[tuple[bool, ...], dict[str, frozenset[str]]] = {}
        telling = [line for line in lines if _has_to_be_told(draft, line)]
        for saying in (*draft.says, *draft.held_out) if telling else ():
            yield from _ungrounded(draft, saying, telling, sure)


def _used(draft: Draft, program: list[tuple[int, str]]) -> frozenset[str]:
    """Return the names that the program depends on, by themselves or by what follows from them."""
    used: set[str] = set()
    for _, text in program:
        code, _, condition = text.partition("//?")
        used |= {name for name, _ in REF.findall(code)} | set(_NAME.findall(condition))
    for name, formula in reversed(draft.lets.items()):
        if name in used:
            used |= formula.names
    return frozenset(used)


def _has_to_be_told(draft: Draft, line: ProgramLine) -> bool:
    """Tell whether a line shows what has no default."""
    return any(not _follows(draft, name, frozenset()) for name in line.names)


def _ungrounded(
    draft: Draft,
    saying: Saying,
    lines: list[ProgramLine],
    sure: dict[tuple[bool, ...], dict[str, frozenset[str]]],
) -> Iterator[TemplateError]:
    """Yield a fault for a sentence that leaves out a value which the program shows.

    Nobody, and no model, could know such a value. What is sure of the shared words is kept in
    ``sure``, by the setting of the flags.
    """
    for on in saying.flag_sets():
        flags = {flag: flag in on for flag in draft.flags}
        key = tuple(flags.values())
        if key not in sure:
            sure[key] = _sure_words(draft, flags)
        told = saying.phrase.sure(flags, sure[key])
        for line in lines:
            if _stands(line, flags):
                for name, _ in REF.findall(line.text):
                    if not _follows(draft, name, told):
                        message = (
                            f"the sentence may leave out <{name}>, which line {line.line} shows"
                        )
                        yield TemplateError(draft.path, saying.line, message)
                        return


def _sure_words(draft: Draft, flags: dict[str, bool]) -> dict[str, frozenset[str]]:
    known: dict[str, frozenset[str]] = {}
    for name, phrase in draft.words.items():
        known[name] = phrase.sure(flags, known)
    return known


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
