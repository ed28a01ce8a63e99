"""Faults of names and types: one class each, its message a template (see ``diagnostics``).

Types are told as Asymptote writes them: ``pair[]``, ``real(real)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from asygrammar.diagnostics import Diagnostic


@dataclass(frozen=True)
class Advised(Diagnostic):
    """A fault about one name or text, and what to do about it where that is known.

    Attributes:
        name: The name or text.
        advice: What to do, or nothing.
    """

    name: str
    advice: str = ""

    hint_template: ClassVar[str] = "{advice}"


class UndeclaredName(Advised):
    """A name that stands for no value here."""

    template: ClassVar[str] = "`{name}` is not declared"


class UndeclaredFunction(Advised):
    """A call of a name that stands for nothing here."""

    template: ClassVar[str] = "there is no function `{name}`"


class UndeclaredType(Advised):
    """A name that stands for no type here."""

    template: ClassVar[str] = "there is no type `{name}`"


class NoSuchModule(Advised):
    """An import of a module that is not there."""

    template: ClassVar[str] = "there is no module `{name}`"


class AmbiguousName(Advised):
    """A name of several things, where nothing tells which is meant."""

    template: ClassVar[str] = "`{name}` stands for several things, and which is meant is not clear"


class NotCallable(Advised):
    """A call of what is no function."""

    template: ClassVar[str] = "`{name}` is no function and cannot be called"


class NotAStructure(Advised):
    """``new`` with a type that is no structure, or a field of a value that has none."""

    template: ClassVar[str] = "`{name}` is no structure"


class NotAList(Advised):
    """An index, or a walk over something, where there is no array."""

    template: ClassVar[str] = "`{name}` is no array"


class ReadOnly(Advised):
    """An assignment to what cannot be assigned to."""

    template: ClassVar[str] = "`{name}` cannot be assigned to"


class OutsideLoop(Advised):
    """A ``break`` or ``continue`` with no loop around it."""

    template: ClassVar[str] = "`{name}` stands outside of any loop"


class NoDefaultValue(Advised):
    """A variable of a type that has no value to begin with."""

    template: ClassVar[str] = "a variable of type `{name}` cannot be declared so"


@dataclass(frozen=True)
class NotATuple(Diagnostic):
    """So many values in parentheses as no type has.

    Attributes:
        count: How many.
    """

    count: int

    template: ClassVar[str] = "{count} values in parentheses are nothing"
    hint_template: ClassVar[str] = "a pair has two values, a triple three, a transform six"


@dataclass(frozen=True)
class NoSuchField(Diagnostic):
    """A part that a value does not have.

    Attributes:
        field: The name of the part.
        owner: The type of the value, or the module.
        advice: What to do about it, where that is known.
    """

    field: str
    owner: str
    advice: str = ""

    template: ClassVar[str] = "`{owner}` has no `{field}`"
    hint_template: ClassVar[str] = "{advice}"


@dataclass(frozen=True)
class NoMatchingFunction(Diagnostic):
    """A call that none of the functions of that name takes.

    Attributes:
        name: The function or operator.
        given: The types of the arguments, in parentheses.
        advice: What would be taken, where one argument alone is at fault.
    """

    name: str
    given: str
    advice: str = ""

    template: ClassVar[str] = "`{name}` does not take {given}"
    hint_template: ClassVar[str] = "{advice}"


@dataclass(frozen=True)
class AmbiguousCall(Diagnostic):
    """A call that several functions take equally well.

    Attributes:
        name: The function or operator.
        given: The types of the arguments, in parentheses.
        meant: The functions, separated by ``or``.
    """

    name: str
    given: str
    meant: str

    template: ClassVar[str] = "several functions `{name}` take {given} equally well"
    hint_template: ClassVar[str] = "say which is meant: {meant}"


@dataclass(frozen=True)
class CannotCast(Diagnostic):
    """A value of one type where another is wanted, and no cast leads there.

    Attributes:
        found: The type of the value.
        wanted: The type that is wanted.
        advice: What to do about it, where that is known.
    """

    found: str
    wanted: str
    advice: str = ""

    template: ClassVar[str] = "this is of type `{found}`, where `{wanted}` is wanted"
    hint_template: ClassVar[str] = "{advice}"


@dataclass(frozen=True)
class BranchesDiffer(Diagnostic):
    """A ``?:`` whose two values have no type in common."""

    one: str
    other: str

    template: ClassVar[str] = "one branch is of type `{one}` and the other of type `{other}`"
    hint_template: ClassVar[str] = "give both the same type"


@dataclass(frozen=True)
class ListForOther(Diagnostic):
    """Values in braces where no array is declared."""

    wanted: str

    template: ClassVar[str] = "values in braces are an array, where `{wanted}` is wanted"
    hint_template: ClassVar[str] = "declare an array: `{wanted}[]`"


@dataclass(frozen=True)
class MissingReturn(Diagnostic):
    """A function that may end without returning what it promises."""

    name: str
    result: str

    template: ClassVar[str] = "function `{name}` can end without returning its `{result}`"
    hint_template: ClassVar[str] = "end it with `return` and a value, after every `if` too"


@dataclass(frozen=True)
class ReturnsValue(Diagnostic):
    """A ``return`` with a value where nothing is to be returned."""

    template: ClassVar[str] = "nothing can be returned here"
    hint_template: ClassVar[str] = "write `return;`, or give the function a result type"


@dataclass(frozen=True)
class ReturnsNothing(Diagnostic):
    """A ``return`` without a value in a function that promises one."""

    result: str

    template: ClassVar[str] = "a value of type `{result}` has to be returned here"
    hint_template: ClassVar[str] = "write `return` and the value"


@dataclass(frozen=True)
class ValueNotAllowed(Diagnostic):
    """A value given where none may be: to a rest parameter, or in a ``typedef``."""

    what: str

    template: ClassVar[str] = "{what} cannot be given a value"
    hint_template: ClassVar[str] = "remove the value"


#: All classes of faults of this module.
TYPE_FAULTS = (
    UndeclaredName,
    UndeclaredFunction,
    UndeclaredType,
    NoSuchModule,
    AmbiguousName,
    NotCallable,
    NotAStructure,
    NotAList,
    NotATuple,
    ReadOnly,
    OutsideLoop,
    NoDefaultValue,
    NoSuchField,
    NoMatchingFunction,
    AmbiguousCall,
    CannotCast,
    BranchesDiffer,
    ListForOther,
    MissingReturn,
    ReturnsValue,
    ReturnsNothing,
    ValueNotAllowed,
)
