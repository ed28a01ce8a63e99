"""Faults of syntax: one class each, its message a template (see ``diagnostics``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from asygrammar.diagnostics import Diagnostic


@dataclass(frozen=True)
class UnexpectedText(Diagnostic):
    """Something stands where it cannot.

    Attributes:
        found: The text that was found.
        expected: In words, what could have stood there.
        advice: What to write instead, where the text found gives it away.
    """

    found: str
    expected: str
    advice: str = ""

    template: ClassVar[str] = "found `{found}`, where {expected} could stand"
    hint_template: ClassVar[str] = "{advice}"


@dataclass(frozen=True)
class UnexpectedEnd(Diagnostic):
    """The program stops in the middle of a statement."""

    expected: str

    template: ClassVar[str] = "the program ends here, in the middle of a statement"
    hint_template: ClassVar[str] = "next could stand {expected}"


@dataclass(frozen=True)
class MissingSemicolon(Diagnostic):
    """A statement is not ended."""

    template: ClassVar[str] = "the statement that ends here has no `;`"
    hint_template: ClassVar[str] = "put `;` at its end"


@dataclass(frozen=True)
class Unclosed(Diagnostic):
    """A bracket that is opened and never closed."""

    opener: str
    closer: str

    template: ClassVar[str] = "this `{opener}` is never closed"
    hint_template: ClassVar[str] = "put `{closer}` where it ends"


@dataclass(frozen=True)
class Unopened(Diagnostic):
    """A closing bracket without its opening one."""

    closer: str
    opener: str

    template: ClassVar[str] = "this `{closer}` closes nothing"
    hint_template: ClassVar[str] = "remove it, or put `{opener}` where it begins"


@dataclass(frozen=True)
class UnclosedText(Diagnostic):
    """A text in quotes, or a comment, that runs to the end of the program."""

    what: str
    closer: str

    template: ClassVar[str] = "{what} begins here and never ends"
    hint_template: ClassVar[str] = "put {closer} where it ends"


@dataclass(frozen=True)
class ReservedWord(Diagnostic):
    """A word of the language where a name is wanted."""

    found: str

    template: ClassVar[str] = "`{found}` is a word of the Asymptote language and cannot be a name"
    hint_template: ClassVar[str] = "choose another name, such as `{found}1`"


@dataclass(frozen=True)
class UnsupportedWord(Diagnostic):
    """A word of Asymptote that the K-12 subset does without."""

    found: str

    template: ClassVar[str] = "`{found}` is a word of Asymptote that the K-12 subset does not use"
    hint_template: ClassVar[str] = "write the figure without it"


@dataclass(frozen=True)
class UnknownCharacter(Diagnostic):
    """A character that Asymptote does not use."""

    found: str
    advice: str

    template: ClassVar[str] = "`{found}` is no character of the Asymptote language"
    hint_template: ClassVar[str] = "{advice}"


@dataclass(frozen=True)
class NestedTooDeeply(Diagnostic):
    """Brackets in brackets in brackets, past what a figure could need."""

    template: ClassVar[str] = "the program is nested too deeply to be read"
    hint_template: ClassVar[str] = "give the inner parts names of their own"


SYNTAX_FAULTS = (
    UnexpectedText,
    UnexpectedEnd,
    MissingSemicolon,
    Unclosed,
    Unopened,
    UnclosedText,
    ReservedWord,
    UnsupportedWord,
    UnknownCharacter,
    NestedTooDeeply,
)
