"""Reading template files: from the text of a file to a checked ``Template``.

The format is described in ``asygrammar.templates``. Every fault is a ``TemplateError`` with the
file, the line and what to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from asygrammar.formulas import Formula
from asygrammar.phrases import REF, Phrase, Ref, parse_phrase
from asygrammar.sayings import Saying
from asygrammar.slot_forms import FORMS, show
from asygrammar.slots import parse_slots
from asygrammar.template_drafts import Draft, Entry, whole_faults
from asygrammar.templates import GRADES, LEVELS, ProgramLine, Template, TemplateError

_KEY = re.compile(r"//\s?(?P<key>[a-z-]+)(?:\s+(?P<names>[^:]*?))?\s*(?::\s*(?P<value>.*))?")
_CONTINUED = re.compile(r"//\s{3,}(?P<more>\S.*)")
_SHARED_KEYS = ("form", "words")


def read_shared(paths: list[Path]) -> Draft:
    """Read the files that hold forms and words for all templates.

    Raises:
        TemplateError: Where something is wrong, the first of it.
    """
    shared = try_shared(paths)
    if shared.faults:
        raise shared.faults[0]
    return shared


def try_shared(paths: list[Path]) -> Draft:
    """Read the files that hold forms and words, as far as they read; ``faults`` has the rest."""
    shared = Draft(Path())
    for path in paths:
        shared.path = path
        shared.attempt(lambda: _read_shared_file(shared))
    return shared


def _read_shared_file(shared: Draft) -> None:
    entries, program = _split(shared.path)
    for entry in entries:
        shared.attempt(partial(_read_entry, shared, entry, _SHARED_KEYS), entry)
    if program:
        raise TemplateError(shared.path, program[0][0], "a shared file holds no program")


def read_template(path: Path, shared: Draft) -> Template:
    """Read one template and check it.

    Raises:
        TemplateError: Where something is wrong, the first of it.
    """
    template, faults = try_template(path, shared)
    if template is None:
        raise faults[0]
    return template


def try_template(path: Path, shared: Draft) -> tuple[Template | None, list[TemplateError]]:
    """Read one template, and find all its faults; those of the file as a whole come last.

    A line that uses a name whose own line does not read is not judged.

    Returns:
        The template, or ``None`` where it has faults, and these.
    """
    forms, words, unread = dict(shared.forms), dict(shared.words), set(shared.unread)
    draft = Draft(path, forms=forms, words=words, unread=unread)
    lines = draft.attempt(lambda: _read_lines(draft))
    if draft.faults or lines is None:
        return None, draft.faults
    return _template(draft, lines), []


def _read_lines(draft: Draft) -> tuple[ProgramLine, ...]:
    """Read description and program, and check what only the whole file shows."""
    entries, program = _split(draft.path)
    for entry in entries:
        draft.attempt(partial(_read_entry, draft, entry, tuple(_READERS)), entry)
    lines = []
    for number, text in program:
        read = partial(_program_line, draft, number, text)
        line = draft.attempt(read, Entry("program", [], text, number))
        lines += [line] if line else []
    draft.faults += whole_faults(draft, program, tuple(lines))
    return tuple(lines)


def _read_entry(draft: Draft, entry: Entry, keys: tuple[str, ...]) -> None:
    if not entry.key:
        raise TemplateError(draft.path, entry.line, "a description line reads '// key: value'")
    if entry.key not in keys:
        known = ", ".join(keys)
        message = f"no key {entry.key!r} (keys: {known})"
        if keys == _SHARED_KEYS:
            message = "a shared file holds only form and words"
        raise TemplateError(draft.path, entry.line, message)
    _READERS[entry.key](draft, entry)


def _template(draft: Draft, lines: tuple[ProgramLine, ...]) -> Template:
    return Template(
        family=draft.family,
        about=draft.about,
        grade=draft.grade,
        level=draft.level,
        slots=draft.slots,
        defaults=draft.defaults,
        flags=tuple(draft.flags),
        lets=draft.lets,
        conditions=tuple(draft.conditions),
        forms=draft.forms,
        words=draft.words,
        says=tuple(draft.says),
        held_out=tuple(draft.held_out),
        lines=lines,
        path=draft.path,
    )


def _split(path: Path) -> tuple[list[Entry], list[tuple[int, str]]]:
    """Part a file into its description and its numbered program lines."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise TemplateError(path, 1, "the file is not UTF-8: save it as UTF-8") from None
    entries: list[Entry] = []
    lines = text.split("\n")
    number = 0
    for number, line in enumerate(lines, start=1):
        if not line.startswith("//"):
            break
        if (more := _CONTINUED.fullmatch(line)) and entries:
            last = entries.pop()
            entries.append(Entry(last.key, last.names, f"{last.value} {more['more']}", last.line))
        elif (found := _KEY.fullmatch(line)) and (found["value"] is not None or _is_flag(found)):
            names = (found["names"] or "").replace(",", " ").split()
            entries.append(Entry(found["key"], names, (found["value"] or "").strip(), number))
        elif line.strip() != "//":
            entries.append(Entry("", [], line, number))
    program = [(n, line) for n, line in enumerate(lines[number - 1 :], start=number) if line]
    return entries, program


def _is_flag(found: re.Match[str]) -> bool:
    """Tell whether a description line is of the one kind that has no value."""
    return found["key"] == "flag"


def _read_family(draft: Draft, entry: Entry) -> None:
    if entry.value != draft.path.stem:
        raise TemplateError(
            draft.path, entry.line, f"the family {entry.value!r} must be named as its file is"
        )
    draft.family = entry.value


def _read_about(draft: Draft, entry: Entry) -> None:
    draft.about = entry.value


def _read_grade(draft: Draft, entry: Entry) -> None:
    draft.grade = _one_of(draft, entry, GRADES)


def _read_level(draft: Draft, entry: Entry) -> None:
    draft.level = _one_of(draft, entry, LEVELS)


def _one_of(draft: Draft, entry: Entry, known: tuple[str, ...]) -> str:
    if entry.value not in known:
        raise TemplateError(
            draft.path, entry.line, f"{entry.key} is one of {', '.join(known)}, not {entry.value!r}"
        )
    return entry.value


def _read_default(draft: Draft, entry: Entry) -> None:
    for pair in entry.value.split(";"):
        name, equals, text = (part.strip() for part in pair.partition("="))
        if not equals or name not in draft.slots:
            raise TemplateError(
                draft.path, entry.line, "a default reads 'a = 3; b = 4', of slots declared above it"
            )
        draft.defaults[name] = draft.at(entry.line, partial(draft.slots[name].read, text))


def _read_slot(draft: Draft, entry: Entry) -> None:
    draft.claim(entry.names, entry.line)
    slots = draft.at(entry.line, lambda: parse_slots(entry.names, entry.value, entry.line))
    draft.slots.update({slot.name: slot for slot in slots})


def _read_flag(draft: Draft, entry: Entry) -> None:
    draft.claim(entry.names, entry.line)
    draft.flags.extend(entry.names)


def _read_let(draft: Draft, entry: Entry) -> None:
    formula = _formula(draft, entry)
    draft.claim(entry.names, entry.line)
    draft.lets[entry.names[0]] = formula


def _read_when(draft: Draft, entry: Entry) -> None:
    draft.conditions.append(_formula(draft, entry))


def _formula(draft: Draft, entry: Entry) -> Formula:
    formula = draft.at(entry.line, lambda: Formula(entry.value))
    unknown = formula.names - {*draft.slots, *draft.flags, *draft.lets}
    if unknown:
        names = ", ".join(sorted(unknown))
        raise TemplateError(
            draft.path, entry.line, f"the formula uses {names}, not declared above it"
        )
    return formula


def _read_form(draft: Draft, entry: Entry) -> None:
    table = {}
    for pair in entry.value.split("|"):
        value, equals, text = pair.partition("=")
        if not equals:
            raise TemplateError(draft.path, entry.line, "a form reads '3 = triangle | 4 = square'")
        table[value.strip()] = text.strip()
    for name in entry.names:
        if name in FORMS or not re.fullmatch("[a-z][a-z0-9]*", name):
            raise TemplateError(draft.path, entry.line, f"a form cannot be named {name!r}")
        draft.forms[name] = table


def _read_words(draft: Draft, entry: Entry) -> None:
    draft.claim(entry.names, entry.line)
    draft.words[entry.names[0]] = _phrase(draft, entry)


def _read_say(draft: Draft, entry: Entry) -> None:
    draft.says.append(_saying(draft, entry))


def _read_held_out(draft: Draft, entry: Entry) -> None:
    draft.held_out.append(_saying(draft, entry))


_READERS: dict[str, Callable[[Draft, Entry], None]] = {
    "family": _read_family,
    "about": _read_about,
    "grade": _read_grade,
    "level": _read_level,
    "slot": _read_slot,
    "default": _read_default,
    "flag": _read_flag,
    "let": _read_let,
    "when": _read_when,
    "form": _read_form,
    "words": _read_words,
    "say": _read_say,
    "held-out": _read_held_out,
}


def _phrase(draft: Draft, entry: Entry) -> Phrase:
    phrase = draft.at(entry.line, lambda: parse_phrase(entry.value, frozenset(draft.flags)))
    for ref in phrase.walk():
        if isinstance(ref, Ref):
            _check_ref(draft, ref.name, ref.form, entry.line)
    return phrase


def _check_ref(draft: Draft, name: str, form: str, line: int) -> None:
    """Refuse a reference to nothing, and a form that lacks one of the slot's values."""
    known = {*draft.slots, *draft.lets, *draft.words}
    if name not in known:
        raise TemplateError(
            draft.path, line, f"no slot, let or words named {name!r}: declare it above"
        )
    if not form or form in FORMS:
        return
    if form not in draft.forms:
        names = ", ".join(sorted({*FORMS, *draft.forms}))
        raise TemplateError(draft.path, line, f"no form named {form!r} (forms: {names})")
    slot = draft.slots.get(name)
    values = slot.every_part() if slot and slot.kind in ("int", "angle", "color", "choice") else ()
    missing = [show(v) for v in values if show(v) not in draft.forms[form]]
    if missing:
        raise TemplateError(draft.path, line, f"the form {form!r} has no word for {missing[0]}")


def _saying(draft: Draft, entry: Entry) -> Saying:
    phrase = _phrase(draft, entry)
    for name in entry.names:
        if name not in draft.flags:
            raise TemplateError(draft.path, entry.line, f"there is no flag {name!r}")
    needs = frozenset(entry.names)
    mentions = _mentions(draft, phrase)
    return Saying(phrase, needs, mentions, entry.line)


def _mentions(draft: Draft, phrase: Phrase) -> frozenset[str]:
    """Return the flags a pattern has a ``[flag: ...]`` for, itself or in its words."""
    inner = (_mentions(draft, draft.words[name]) for name in phrase.names & draft.words.keys())
    return phrase.flags.union(*inner)


def _program_line(draft: Draft, number: int, text: str) -> ProgramLine:
    code, marker, condition = text.partition("//?")
    formula = None
    if marker:
        entry = Entry("when", [], condition.strip(), number)
        formula = _formula(draft, entry)
    for name, form in REF.findall(code):
        if name in draft.words:
            raise TemplateError(draft.path, number, f"{name!r} is words, not a slot")
        _check_ref(draft, name, form, number)
    return ProgramLine(code.rstrip(), formula, number)
