"""The faults that only running a program can find, one frozen dataclass each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from asygrammar.diagnostics import Diagnostic


@dataclass(frozen=True)
class AsyError(Diagnostic):
    """A fault that ``asy`` reports.

    Attributes:
        text: The message, as ``asy`` words it, on one line.
    """

    text: str

    template: ClassVar[str] = "{text}"


@dataclass(frozen=True)
class ModuleMissing(Diagnostic):
    """An import of a module that is not there.

    Attributes:
        module: Its name.
    """

    module: str

    template: ClassVar[str] = "there is no module '{module}' that asy can load"
    hint_template: ClassVar[str] = "check the spelling, or remove the import"


@dataclass(frozen=True)
class LabelError(Diagnostic):
    """A label that TeX cannot set.

    Attributes:
        label: The label's text, as the program gives it to TeX.
        reason: TeX's own words.
        advice: What to do about it, or nothing.
    """

    label: str
    reason: str
    advice: str = ""

    template: ClassVar[str] = 'TeX cannot set the label "{label}": {reason}'
    hint_template: ClassVar[str] = "{advice}"


@dataclass(frozen=True)
class DrewNothing(Diagnostic):
    """The program ran to its end without drawing."""

    template: ClassVar[str] = "the program runs, but draws nothing"
    hint_template: ClassVar[str] = "add a draw, fill, dot or label statement"


@dataclass(frozen=True)
class TimedOut(Diagnostic):
    """The program did not end in time.

    Attributes:
        seconds: The limit, in seconds of wall-clock time.
    """

    seconds: float

    template: ClassVar[str] = "the program did not end within {seconds:g} seconds"
    hint_template: ClassVar[str] = "look for a loop or a function that never ends"


@dataclass(frozen=True)
class TooMuchOutput(Diagnostic):
    """The program wrote more than a figure may.

    Attributes:
        what: What grew too large: ``"text"`` or ``"picture"``.
    """

    what: str

    template: ClassVar[str] = "the program makes too large a {what}"
    hint_template: ClassVar[str] = (
        "draw less or smaller, such as with size(8cm); and write no long text"
    )


@dataclass(frozen=True)
class OutOfMemory(Diagnostic):
    """The program asked for more memory than a figure may have."""

    template: ClassVar[str] = "the program needs too much memory"
    hint_template: ClassVar[str] = "use smaller arrays and shorter loops"


@dataclass(frozen=True)
class Refused(Diagnostic):
    """Something that a figure's program may not do; the program was not run.

    Attributes:
        what: The name or command that is refused.
        reason: Why, continuing the sentence.
    """

    what: str
    reason: str

    template: ClassVar[str] = "'{what}' is refused: {reason}"
    hint_template: ClassVar[str] = "remove it: a figure does not need it"


@dataclass(frozen=True)
class Crashed(Diagnostic):
    """``asy``, TeX or a converter stopped without saying why.

    Attributes:
        what: Which step, and how it ended.
    """

    what: str

    template: ClassVar[str] = "no picture came out: {what}"
