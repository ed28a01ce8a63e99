"""The types of Asymptote's values, and what a set of signature files declares.

A type is one of three frozen values: :class:`Named` (``pair``, ``arrowbar``), :class:`Array`
(``path[]``) and :class:`Function` (``real(real)``). What a ``typedef`` names stays :class:`Named`:
``arrowbar`` is one word to a reader, and to the decoder one terminal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Named:
    """A type with a name: built in, a structure, or what a ``typedef`` stands for."""

    name: str

    def __str__(self) -> str:
        """Return the name."""
        return self.name


@dataclass(frozen=True, slots=True)
class Array:
    """An array; ``real[][]`` is an array of arrays."""

    element: Type

    def __str__(self) -> str:
        """Return the type as Asymptote writes it."""
        return f"{self.element}[]"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function.

    Attributes:
        type: Its type. A rest parameter's is the array that collects the arguments.
        name: Its name, or the empty string where it has none.
        has_default: Whether a call may leave it out.
        explicit: Whether nothing is cast to it.
        rest: Whether it stands after ``...`` and takes all arguments that are left.
    """

    type: Type
    name: str = ""
    has_default: bool = False
    explicit: bool = False
    rest: bool = False

    def __str__(self) -> str:
        """Return the parameter as a signature file writes it."""
        words = ["..."] * self.rest + ["explicit"] * self.explicit
        if isinstance(self.type, Function):
            words.append(self.type.declare(self.name))
        else:
            words += [str(self.type), *[self.name] * bool(self.name)]
        return " ".join([*words, *["= default"] * self.has_default])


@dataclass(frozen=True, slots=True)
class Function:
    """The type of a function; with a name it is a signature."""

    result: Type
    parameters: tuple[Parameter, ...] = ()

    def declare(self, name: str) -> str:
        """Return the prototype of a function of this type, without the semicolon."""
        text = ""
        for parameter in self.parameters:
            text += (" " if parameter.rest else ", ") * bool(text) + str(parameter)
        if isinstance(self.result, Function):
            return f"{self.result.declare(name)}({text})"
        return f"{self.result} {name}".rstrip() + f"({text})"

    def __str__(self) -> str:
        """Return the type as Asymptote names it in a message."""
        return self.declare("")


Type = Named | Array | Function

BOOL, INT, REAL, PAIR, TRIPLE, STRING, PEN, PATH, GUIDE, TRANSFORM, PICTURE, FRAME, LABEL, VOID = (
    Named(name)
    for name in (
        *("bool", "int", "real", "pair", "triple", "string", "pen", "path", "guide"),
        *("transform", "picture", "frame", "Label", "void"),
    )
)


@dataclass(frozen=True)
class Library:
    """What a module declares, or several modules together.

    Attributes:
        types: Names of the types that it defines.
        variables: For each name its types, one for each variable of that name.
        functions: For each name its overloads. Operators are under their text, as
            ``operator +``; of what returns a function (``PenMargin(1, 2)``) the result is Named.
        casts: For each type those that it is cast to without being asked, in one step.
        explicit_casts: For each type those that ``(type) value`` makes of it besides.
        fields: For each type the types of its fields (``pair.x``); a method is a Function.
        aliases: What each ``typedef`` names: ``margin`` is ``marginT(path, pen)``.
        withheld: Names that a program may use and that there is no reason to propose: they write
            text, load packages or end the program.
        array_fields: The fields of an array, whose elements are of the type :data:`ELEMENT`.
    """

    types: frozenset[str] = frozenset()
    variables: Mapping[str, tuple[Type, ...]] = field(default_factory=dict)
    functions: Mapping[str, tuple[Function, ...]] = field(default_factory=dict)
    casts: Mapping[Type, frozenset[Type]] = field(default_factory=dict)
    explicit_casts: Mapping[Type, frozenset[Type]] = field(default_factory=dict)
    fields: Mapping[str, Mapping[str, tuple[Type, ...]]] = field(default_factory=dict)
    aliases: Mapping[str, Type] = field(default_factory=dict)
    withheld: frozenset[str] = frozenset()
    array_fields: Mapping[str, tuple[Type, ...]] = field(default_factory=dict)

    def fields_of(self, owner: Type) -> Mapping[str, tuple[Type, ...]]:
        """Return the types of the fields of a type, an array or not, by their names."""
        match owner:
            case Array(element):
                return {
                    name: tuple(with_element(declared, element) for declared in types)
                    for name, types in self.array_fields.items()
                }
            case Named(name) if name in self.aliases:
                return self.fields_of(self.aliases[name])
            case Named(name):
                return self.fields.get(name, {})
        return {}

    def expand(self, declared: Type) -> Type:
        """Return a type with what a ``typedef`` names written out, and no names of parameters.

        Two types are one to Asymptote where their expansions are equal.
        """
        match declared:
            case Array(element):
                return Array(self.expand(element))
            case Function(result, parameters):
                bare = (replace(p, type=self.expand(p.type), name="") for p in parameters)
                return Function(self.expand(result), tuple(bare))
            case Named(name) if name in self.aliases:
                return self.expand(self.aliases[name])
        return declared


#: Stands for the elements' type in the fields of an array.
ELEMENT = Named("element")


def with_element(declared: Type, element: Type) -> Type:
    """Return the type of a field of an array, from one in which :data:`ELEMENT` stands."""
    match declared:
        case Array(inner):
            return Array(with_element(inner, element))
        case Function(result, parameters):
            filled = (replace(p, type=with_element(p.type, element)) for p in parameters)
            return Function(with_element(result, element), tuple(filled))
    return element if declared == ELEMENT else declared
