"""What to do about a fault: near names, missing imports, habits from other languages.

Advice comes with a change of the source where one is likely to be meant. Whether the change mends
the program is for the caller to try.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence

from asygrammar.casts import UNKNOWN, Casts
from asygrammar.diagnostics import Fix, Span
from asygrammar.imports import choose_modules, module_names
from asygrammar.modules import known_modules, load_module
from asygrammar.resolution import Argument, resolve
from asygrammar.scope import Scope
from asygrammar.signatures import PLAIN
from asygrammar.syntax import Node, Word
from asygrammar.typecheck.habits import CASTS, NAMES, PARAMETERS, TYPES, Habit
from asygrammar.types import Array, Function, Named, Parameter, Type

Advice = tuple[str, Fix | None]

# Where imports go.
_TOP = Span.at(1, 1, 0)
# How alike two names must be, from 0 to 1, for one to be suggested for the other.
_ALIKE = 0.75
# Modules that a name is rather from than misspelt.
_USUAL = frozenset({"graph", "olympiad", "cse5", "TrigMacros", "math", "markers", "stats"})
# The types that are told first where several would do.
_FAMILIAR = ("pen", "pair", "path", "string", "real", "int", "Label", "align", "arrowbar", "bool")
# So many fields are told one by one.
_FEW = 6
# Names shorter than this are like too many others: only the case of their letters can be wrong.
_SHORT = 3


def advise_on_name(name: str, span: Span, scope: Scope) -> Advice:
    """Advise on a name that is not declared and is used as a value."""

    def fits(found: Iterable[Type]) -> bool:
        return any(scope.casts.function(one) is None for one in found)

    return _advise(name, span, scope, scope.names(), NAMES, fits)


def advise_on_function(name: str, span: Span, given: Sequence[Argument], scope: Scope) -> Advice:
    """Advise on a name that is not declared and is called."""
    arguments = [Argument(a.types or (UNKNOWN,), a.name, a.rest) for a in given]

    def fits(found: Iterable[Type]) -> bool:
        functions = [f for one in found if (f := scope.casts.function(one)) is not None]
        return UNKNOWN in found or bool(resolve(functions, arguments, scope.casts).functions)

    return _advise(name, span, scope, scope.names(), NAMES, fits)


def advise_on_type(name: str, span: Span, scope: Scope) -> Advice:
    """Advise on a name that stands for no type."""
    return _advise(name, span, scope, scope.type_names(), TYPES, lambda found: not found)


def advise_on_module(name: str, span: Span) -> Advice:
    """Advise on a module that is not there."""
    near = _near(name, known_modules())
    return (f"did you mean {_either(near)}?" if near else "remove the import"), _swap(span, near)


def advise_on_cast(found: Iterable[Type], wanted: Type) -> str:
    """Advise on a value of the wrong type."""
    for one in found:
        if (advice := CASTS.get((tell_type(one), tell_type(wanted)))) is not None:
            return advice
        if isinstance(one, Function) and one.result == wanted:
            given = ", ".join(_tell_parameter(p) for p in one.parameters)
            return f"it is a function: call it with ({given})"
    return ""


def advise_on_arguments(
    name: str, functions: Sequence[Function], given: Sequence[Argument], casts: Casts
) -> str:
    """Say what is wrong with the arguments of a call that no function takes."""
    names = {p.name for function in functions for p in function.parameters}
    for argument in given:
        if argument.name and argument.name not in names:
            own = PARAMETERS.get((name, argument.name))
            return own or f"it has no argument named `{argument.name}`"
    for at, argument in enumerate(given):
        wanted = sorted(_wanted(functions, given, at, casts), key=_rank)
        if wanted:
            advice = [advise_on_cast(argument.types, one) for one in wanted]
            place = f"`{argument.name}`" if argument.name else f"argument {at + 1}"
            told = _either(map(tell_type, wanted[:3]))
            return next(filter(None, advice), f"{place} would have to be {told}")
    nearest = min(functions, key=lambda function: _distance(function, given, casts))
    return f"write `{tell_prototype(nearest, name)}`"


def advise_on_field(name: str, span: Span, known: Iterable[str]) -> Advice:
    """Advise on a part that something does not have."""
    fields = list(known)
    near = _near(name, fields)
    if near:
        return f"did you mean {_either(near)}?", _swap(span, near)
    return (f"it has {', '.join(fields)}" if 0 < len(fields) <= _FEW else ""), None


def advise_on_place(name: str, use: Span, program: Node | None) -> str:
    """Say where a name is declared that is not visible where it is used."""
    for node in program.walk() if program else ():
        first = node.children[0]
        if node.kind == "declarator" and isinstance(first, Word) and first.text == name:
            if first.span > use:
                return f"it is declared only on line {first.span.line}: move that up"
            return f"that of line {first.span.line} ends with its block: declare it before"
    return ""


def tell_type(declared: Type) -> str:
    """Return a type as a message tells it."""
    match declared:
        case Function(result, parameters):
            return f"{tell_type(result)}({', '.join(tell_type(p.type) for p in parameters)})"
        case Array(element):
            return f"{tell_type(element)}[]"
        case Named(name):
            return name.split("'")[0].removeprefix("module ")


def tell_prototype(function: Function, name: str) -> str:
    """Return a function as a message tells it; parameters with a default are in brackets."""
    told = ", ".join(map(_tell_parameter, function.parameters))
    return f"{name}({told})"


def _tell_parameter(parameter: Parameter) -> str:
    told = f"{tell_type(parameter.type)} {parameter.name}".rstrip()
    return f"[{told}]" if parameter.has_default else "... " * parameter.rest + told


def _wanted(
    functions: Iterable[Function], given: Sequence[Argument], at: int, casts: Casts
) -> list[Type]:
    """Return the types that would mend a call if one argument had them."""
    wanted: dict[Type, None] = {}
    for function in functions:
        for parameter in function.parameters:
            other = Argument((parameter.type,), given[at].name, given[at].rest)
            trial = [*given[:at], other, *given[at + 1 :]]
            if resolve([function], trial, casts).function is not None:
                wanted.setdefault(parameter.type)
    return list(wanted)


def _distance(function: Function, given: Sequence[Argument], casts: Casts) -> tuple[int, int]:
    """Return how far a function is from taking some arguments: first, those it does not take."""
    taken = len(given)
    trial = list(given)
    while taken and resolve([_optional(function)], trial, casts).function is None:
        taken -= 1
        trial = trial[:taken]
    return len(given) - taken, abs(len(function.parameters) - len(given))


def _optional(function: Function) -> Function:
    """Return a function with a default for every parameter."""
    parameters = (
        Parameter(p.type, p.name, not p.rest, p.explicit, p.rest) for p in function.parameters
    )
    return Function(function.result, tuple(parameters))


def _rank(wanted: Type) -> int:
    told = tell_type(wanted)
    return _FAMILIAR.index(told) if told in _FAMILIAR else len(_FAMILIAR)


def _advise(
    name: str,
    span: Span,
    scope: Scope,
    visible: Iterable[str],
    habits: Mapping[str, Habit],
    fits: Callable[[Sequence[Type]], bool],
) -> Advice:
    if (habit := habits.get(name)) is not None and habit.applies(scope.modules):
        return habit.advice, Fix(span, habit.instead) if habit.instead else None
    near = [other for other in _near(name, visible) if fits(scope.lookup(other))]
    module = _module_of(name, scope)
    if module and (module in _USUAL or not near):
        line, found = f"import {module};", load_module(module).types_of(name)
        return f"`{name}` needs `{line}`", Fix(_TOP, f"{line}\n") if fits(found) else None
    return (f"did you mean {_either(near)}?" if near else ""), _swap(span, near)


def _module_of(name: str, scope: Scope) -> str:
    """Return the module to import for a name, or nothing."""
    having = {m for m, names in module_names().items() if name in names} - {PLAIN}
    modules = choose_modules([having])
    return modules[0] if modules and modules[0] not in scope.modules else ""


def _near(name: str, known: Iterable[str]) -> list[str]:
    plain = list(dict.fromkeys(other for other in known if " " not in other))
    if len(name) < _SHORT:
        return [other for other in plain if other.lower() == name.lower()]
    return difflib.get_close_matches(name, plain, 3, _ALIKE)


def _swap(span: Span, near: Sequence[str]) -> Fix | None:
    """Return the change to the one name that is near, if it is one."""
    return Fix(span, near[0]) if len(near) == 1 else None


def _either(texts: Iterable[str]) -> str:
    return " or ".join(f"`{text}`" for text in texts)
