"""What each visible name can do in a statement, and the names that can do the same.

To the grammar a name is what it means: the type of its value, and the arguments it can be called
with. All names that mean the same share one terminal, whatever they are called.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from asygrammar.types import VOID, Array, Function, Library, Named, Parameter, Type


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name can do.

    Attributes:
        value: The type of the variable that it names, or of the function where it stands for
            itself as an argument; ``None`` where it is no value.
        call: Root of its arguments in the call graph, or ``None`` where it cannot be called.
        acts: Whether a call of it is a statement of its own.
        own: Whether the program declares it, with a type that is given by name alone.
    """

    value: Type | None = None
    call: int | None = None
    acts: bool = False
    own: bool = False


# What a text is, where it is no text to read. To Asymptote all are strings, and so they are to the
# resolution of overloads; but a parameter of one kind takes a literal of its own.
FORMAT, COLOR, MATH, PLAIN_TEXT = (
    Named(f"string: {kind}") for kind in ("format", "color", "math", "plain")
)
# What these make of TeX need not be TeX: half a command, or one in capitals.
_TAKING_APART = "upcase downcase reverse replace insert erase substr split array"
_KINDS = {
    ("*", "format"): "format",
    ("*", "F"): "format",
    ("rgb", "s"): "color",
    **{(name, "s"): "math" for name in ("MP", "D", "MC", "ML", "MA")},
    **{(name, "s"): "plain" for name in _TAKING_APART.split()},
    ("replace", "before"): "plain",
    ("replace", "after"): "plain",
    ("insert", "t"): "plain",
    ("split", "delimiter"): "plain",
    ("*", "size"): "none",
    ("*", "separator"): "none",
}
#: The literals of a kind of text, between their quotes: a pattern.
_FORMAT = r"%#?[0-9]?(\.[0-9]{1,2})?"
PATTERNS = {
    FORMAT: rf"/%|{_FORMAT}f|\${_FORMAT}[fg]\$/",
    COLOR: "/#?[0-9a-f]{6}/",
    PLAIN_TEXT: "/[A-Za-z0-9 .,:;!?=+-]*/",
}
#: The patterns of what ``format`` takes: for a real number, for an integer, and both for a number
#: within a formula. What %g writes may be a formula itself.
FORMATS = {
    "FORMATREAL": rf"/{_FORMAT}f|\${_FORMAT}[fg]\$/",
    "FORMATINT": r"/%[0-9]?d|\$%[0-9]?d\$/",
    "FORMATREALIN": rf"/{_FORMAT}[fg]/",
    "FORMATINTIN": "/%[0-9]?d/",
}
_TEXTS = (Named("string"), Named("Label"))


def _of(result: str, parameter: str) -> Function:
    return Function(Named(result), (Parameter(Named(parameter)),))


#: The functions that are given as arguments, as in ``graph(f, 0, 1)``.
DECODED_FUNCTIONS = frozenset({_of("real", "real"), _of("pair", "real"), _of("real", "pair")})

# Types that figures hardly need. An argument of them is a variable that the program has declared:
# so the grammars of programs without one are none the larger.
_BY_NAME = frozenset(["frame", "object", "hsv", "slice", "embed", "markroutine", "scaleT"])
_TABLES_BY_NAME = frozenset(["pen", "guide", "triple", "bool"])


def is_by_name(found: Type) -> bool:
    """Tell whether an argument of a type must be a name that the program declares."""
    match found:
        case Array(Array(Named(name))):
            return name in _TABLES_BY_NAME
        case Named(name):
            return name in _BY_NAME
        case Function():
            return found not in DECODED_FUNCTIONS
    return False


def with_kinds_of_text(name: str, function: Function) -> Function:
    """Return a signature whose strings say what kind of text they take: ``string: format``."""
    parameters = []
    for parameter in function.parameters:
        kind = _KINDS.get((name, parameter.name)) or _KINDS.get(("*", parameter.name))
        if kind and parameter.type in _TEXTS:
            parameter = replace(parameter, type=Named(f"{parameter.type}: {kind}"))
        elif isinstance(parameter.type, Function):
            parameter = replace(parameter, type=plain_type(parameter.type))
        parameters.append(parameter)
    return Function(function.result, tuple(parameters))


def argument_types(library: Library) -> frozenset[Type]:
    """Return the types that an expression of a program can have, as far as it is decoded.

    A type counts if a variable has it, or the result of a function whose arguments count, or a
    literal; so no argument is asked for that nothing can be.
    """
    found: set[Type] = {
        Named(name) for name in ("int", "real", "pair", "triple", "string", "bool", "guide", "path")
    }
    found |= {*PATTERNS, MATH, *DECODED_FUNCTIONS}
    found |= {t for types in library.variables.values() for t in types}
    found |= {Array(Array(Named(name))) for name in _TABLES_BY_NAME}
    overloads = [f for functions in library.functions.values() for f in functions]
    found |= {
        plain_type(p.type)
        for f in overloads
        for p in f.parameters
        if isinstance(p.type, Function) and _can_be_declared(p.type)
    }
    while True:
        more = {f.result for f in overloads if _can_be_called(f, found, library)}
        more |= {t.element for t in found if isinstance(t, Array)}
        more |= {Array(Named(name)) for name in ("int", "real", "pair", "path", "string", "pen")}
        if more <= found | {VOID}:
            return frozenset(t for t in found if _is_decoded(t))
        found |= more - {VOID}


def _can_be_called(function: Function, types: set[Type], library: Library) -> bool:
    needed = [p.type for p in function.parameters if not p.has_default and not p.rest]
    return all(
        needed_type in types or any(needed_type in library.casts.get(t, ()) for t in types)
        for needed_type in needed
    )


# Types that only the inside of a module needs.
_NOT_DECODED = "file exitfcn Legend pairOrTriple cycleToken bool3 drawer envelope suffix"
# What the functions that a program declares take and result in.
_IN_FUNCTIONS = "int real pair string bool pen path guide transform picture triple path3 guide3"


def _is_decoded(found: Type) -> bool:
    match found:
        case Array(Named(name)) if name in _BY_NAME:
            return False
        case Array(element):
            return _is_decoded(element)
        case Named(name):
            return name not in _NOT_DECODED.split()
    return found in DECODED_FUNCTIONS or _can_be_declared(found)


def _can_be_declared(found: Type) -> bool:
    """Tell whether a type is of functions that a program can declare."""
    if not isinstance(found, Function):
        return False
    types = [found.result, *(p.type for p in found.parameters)]
    known = {VOID, *(Named(name) for name in _IN_FUNCTIONS.split())}
    return all(t in known for t in types) and not any(p.rest for p in found.parameters)


def plain_type(found: Type) -> Type:
    """Return a type without the names of its parameters, which make no difference."""
    if isinstance(found, Array):
        return Array(plain_type(found.element))
    if isinstance(found, Function):
        parameters = tuple(Parameter(plain_type(p.type), rest=p.rest) for p in found.parameters)
        return Function(plain_type(found.result), parameters)
    return found
