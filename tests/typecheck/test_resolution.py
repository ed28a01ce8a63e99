"""Overload resolution by a table, each row of which the compiler is asked, too."""

from __future__ import annotations

import itertools

import pytest

from asygrammar.casts import NULL, UNKNOWN
from asygrammar.compiler.verdicts import judge_types
from asygrammar.resolution import Argument, Outcome, resolve
from asygrammar.signature_files import read_signatures
from asygrammar.signatures import load_signatures
from asygrammar.types import Function

NONE, AMBIGUOUS = "none", "ambiguous"

# The parameters of the functions, the arguments of the call, and which function is meant.
TABLE = [
    # Casts: exact is better, and one step is all there is.
    (["int x"], "int", 0),
    (["real x"], "int", 0),
    (["int x"], "real", NONE),
    (["pair x", "real x"], "real", 1),
    (["pair x", "real x"], "int", AMBIGUOUS),
    (["path x"], "pair", 0),
    (["path x"], "int", NONE),
    (["guide x", "path x"], "pair", AMBIGUOUS),
    (["explicit real x"], "int", NONE),
    (["explicit real x", "pair x"], "int", 1),
    (["explicit pair x", "real x"], "pair", 0),
    (["real[] x"], "int[]", 0),
    (["int x"], "int[]", NONE),
    # Several arguments: better everywhere, or ambiguous.
    (["int x, real y", "real x, int y"], "int, int", AMBIGUOUS),
    (["int x, real y", "real x, real y"], "int, int", 0),
    (["real x, real y", "pair x, pair y"], "int, real", 0),
    (["real x, real y", "pair x, pair y"], "pair, real", 1),
    (["int x"], "int, int", NONE),
    (["int x, int y"], "int", NONE),
    ([""], "", 0),
    (["int x"], "", NONE),
    # Defaults: what an argument cannot be cast to is skipped, and never come back to.
    (["int x = d, pair y = d"], "pair", 0),
    (["int x = d, pair y = d"], "", 0),
    (["pair x = d, int y = d"], "pair, int", 0),
    (["int x = d, pair y"], "pair", 0),
    (["int x = d, pair y"], "int", NONE),
    (["real x = d, int y"], "int", NONE),
    (["int x", "int x, int y = d"], "int", AMBIGUOUS),
    (["int x = d", "pair x = d"], "", AMBIGUOUS),
    (["pen p = d, int x = d, string s = d"], "int, string", 0),
    (["pen p = d, int x = d, string s = d"], "string, int", NONE),
    # Names: they are matched first.
    (["int x, int y"], "y=int, x=int", 0),
    (["int x, pair y"], "y=pair, int", 0),
    (["int x, pair y"], "x=int, pair", 0),
    (["int x"], "z=int", NONE),
    (["int x"], "x=int, int", NONE),
    (["int x = d, int y = d"], "y=int", 0),
    (["int x", "pair y"], "y=int", 1),
    (["int x", "real x"], "x=int", 0),
    (["pair x, real y", "real x, pair y"], "y=real, x=real", AMBIGUOUS),
    # What is left goes into the rest, which is worse than a place of its own.
    (["... int[] a"], "int, int", 0),
    (["... real[] a"], "int, real", 0),
    (["... int[] a"], "", 0),
    (["... int[] a"], "int, pair", NONE),
    (["int x ... int[] a"], "int", 0),
    (["int x ... int[] a"], "", NONE),
    (["int x ... int[] a"], "int ... int[]", 0),
    (["int x ... int[] a"], "... int[]", NONE),
    (["int x = d ... int[] a"], "... int[]", 0),
    (["... int[] a"], "int[]", NONE),
    (["... int[] a"], "... real[]", NONE),
    (["... real[] a"], "... int[]", 0),
    (["int x, int y", "int x ... int[] a"], "int, int", 0),
    (["real x, real y", "... int[] a"], "int, int", 0),
    (["real x", "... int[] a"], "int", 0),
    (["... int[] a", "... real[] a"], "int, int", 0),
    (["... int[] a", "... real[] a"], "int, real", 1),
    (["... explicit real[] a"], "int", NONE),
    # Functions as values
    (["real f(real)"], "real(real)", 0),
    (["real f(real)"], "int(real)", NONE),
    (["real f(int)"], "real(real)", NONE),
    (["real f(real)", "pair f(real)"], "pair(real)", 1),
    # null stands for arrays, functions and structures
    (["int[] x"], "null", 0),
    (["pen x"], "null", NONE),
    (["real f(real)"], "null", 0),
    (["picture x"], "null", 0),
    (["int[] x", "pen[] x"], "null", AMBIGUOUS),
]


def declared(parameters: str) -> Function:
    text = f"void f({parameters.replace('= d', '= default')});"
    (found,) = read_signatures(text, "table").declarations
    return found.type


def arguments(text: str) -> list[Argument]:
    """Read ``int, x=pair ... real[]``."""
    before, _, rest = text.partition("...")
    words = [word.strip() for word in before.split(",") if word.strip()]
    given = [argument(word) for word in words]
    return [*given, argument(rest.strip(), rest=True)] if rest else given


def argument(word: str, rest: bool = False) -> Argument:
    name, _, type_name = word.rpartition("=")
    return Argument((type_of(type_name),), name.strip(), rest)


def type_of(text: str):
    if text == "null":
        return NULL
    result, _, parameters = text.partition("(")
    if parameters:
        return declared(f"{result} g({parameters}").parameters[0].type
    return declared(text).parameters[0].type


@pytest.fixture(scope="module")
def library():
    return load_signatures()


@pytest.mark.parametrize(("functions", "call", "expected"), TABLE)
def test_table(functions, call, expected, library):
    candidates = [declared(parameters) for parameters in functions]
    found = resolve(candidates, arguments(call), library)
    if isinstance(expected, int):
        assert found.outcome is Outcome.MATCH
        assert found.function is candidates[expected]
    else:
        assert found.outcome.value == expected
        assert found.function is None


def program(functions: list[str], call: str, result: int) -> str:
    """A program that is accepted where the call means the function of that number.

    Each function returns a structure of its own.
    """
    lines = [f"struct R{n} {{}}" for n in range(len(functions))]
    for number, parameters in enumerate(functions):
        filled = parameters.replace("int x = d", "int x = 0").replace("int y = d", "int y = 0")
        filled = filled.replace("pair x = d", "pair x = 0").replace("pair y = d", "pair y = 0")
        filled = filled.replace("real x = d", "real x = 0").replace("pen p = d", "pen p = red")
        filled = filled.replace("string s = d", 'string s = ""')
        lines.append(f"R{number} f({filled}) {{ return null; }}")
    given = []
    for number, one in enumerate(arguments(call)):
        shown = str(one.types[0])
        if shown == "null":
            value = "null"
        else:
            value = f"v{number}"
            lines.append(f"{declaration(one.types[0], value)};")
        name = f"{one.name}=" if one.name else ""
        given.append(("... " if one.rest else "") + name + value)
    text = ", ".join(given).replace(", ...", " ...")
    lines.append(f"R{result} r = f({text});")
    return "\n".join(lines)


def declaration(declared, name: str) -> str:
    return declared.declare(name) if isinstance(declared, Function) else f"{declared} {name}"


def test_the_compiler_says_the_same(asy):
    cases = [(row, number) for row in TABLE for number in range(len(row[0]))]
    verdicts = judge_types([program(row[0], row[1], number) for row, number in cases])
    wrong = []
    for (row, number), verdict in zip(cases, verdicts, strict=True):
        functions, call, expected = row
        if expected == AMBIGUOUS:
            right = not verdict.accepted and "ambiguous" in verdict.message
        elif expected == NONE:
            right = not verdict.accepted and (
                "no matching function" in verdict.message or "cannot call" in verdict.message
            )
        else:
            right = verdict.accepted == (number == expected)
        if not right:
            wrong.append((functions, call, expected, number, verdict))
    assert wrong == []


def test_the_order_of_the_functions_does_not_count(library):
    for functions, call, expected in TABLE:
        if len(functions) == 2:
            swapped = [declared(parameters) for parameters in reversed(functions)]
            found = resolve(swapped, arguments(call), library)
            if isinstance(expected, int):
                assert found.function is swapped[1 - expected]
            else:
                assert found.outcome.value == expected


def test_a_name_of_several_things_takes_the_one_that_fits(library):
    both = Argument((type_of("real"), type_of("real(real)")))
    value, function = declared("real x"), declared("real f(real)")
    assert resolve([value], [both], library).function is value
    assert resolve([function], [both], library).function is function
    assert resolve([value, function], [both], library).outcome is Outcome.AMBIGUOUS


def test_what_is_unknown_fits_anywhere(library):
    candidates = [declared("int x"), declared("pair x, pair y")]
    unknown = Argument((UNKNOWN,))
    assert resolve(candidates, [unknown], library).function is candidates[0]
    assert resolve(candidates, [unknown, unknown], library).function is candidates[1]
    assert resolve(candidates, [unknown] * 3, library).outcome is Outcome.NONE


def test_more_functions_never_turn_ambiguity_into_none(library):
    """Whatever the set of functions: if one of them alone takes a call, some of the set do."""
    functions = [declared(p) for p in ("int x", "real x", "pair x", "... int[] a", "int x = d")]
    for size in (2, 3):
        for chosen in itertools.combinations(functions, size):
            for call in ("", "int", "real", "pair", "int, int"):
                alone = [f for f in chosen if resolve([f], arguments(call), library).function]
                found = resolve(chosen, arguments(call), library)
                assert bool(alone) == (found.outcome is not Outcome.NONE)
                assert set(map(id, found.functions)) <= set(map(id, alone))
