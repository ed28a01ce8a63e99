"""Programs made up by type: each expression is built for the type that is wanted of it."""

from __future__ import annotations

import re
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from asygrammar import load_grammar
from asygrammar.checking import apply_fix, check
from asygrammar.compiler.verdicts import judge_types
from asygrammar.eval.mutations import KINDS, mutate
from asygrammar.scope import Scope
from asygrammar.typecheck import check_program, check_statement

# Expressions by type; where a type stands between <>, an expression of that type goes.
_FORMS = {
    "int": ["3", "-2", "(<int>+<int>)", "<int>*<int>", "floor(<real>)", "(<bool> ? <int> : <int>)"],
    "real": ["1", "<int>*1.5", "2.5", "<real>/(<int>)", "abs(<pair>)", "A.x", "sqrt(<real>)"],
    "pair": ["(<real>,<real>)", "<pair>+<pair>", "dir(<real>)", "<real>*(<pair>)", "E", "A"],
    "path": ["<pair>--<pair>", "<pair>..<pair>..cycle", "circle(<pair>,<real>)", "unitsquare"],
    "pen": ["red", "linewidth(<real>)", "<pen>+<pen>", "<real>*blue", "dashed"],
    "bool": ["true", "(<real>) < (<real>)", "(<bool>) && (<bool>)", "!(<bool>)", "<int> == <int>"],
    "string": ['"a"', "<string>+<string>", "string(<real>)", "format(<string>,<real>)"],
    "pair[]": ["new pair[] {<pair>,<pair>}", "P[0:1]", "(<pair>)*(<pair[]>)", "P"],
}
_STATEMENTS = [
    "draw(<path>,<pen>);",
    "dot(<pair>);",
    "label(<string>,<pair>,<pair>,<pen>);",
    "if (<bool>) draw(<path>);",
    "for (pair q : <pair[]>) dot(q+(<pair>));",
    "write(<real>, <real>);",
    "fill(<path>,<pen>);",
    "P.push(<pair>);",
    "A = <pair>;",
]
_HEAD = "pair A = (0,0);\npair[] P = {A, (1,1)};\n"
_HOLE = re.compile(r"<([a-z]+(?:\[\])?)>")
_DEEPEST = 3


def expression(wanted: str, random: Random, declared: dict[str, str], depth: int = 0) -> str:
    own = [name for name, type_name in declared.items() if type_name == wanted]
    if own and random.random() < 0.4:
        return random.choice(own)
    forms = _FORMS[wanted]
    simple = [form for form in forms if not _HOLE.search(form)]
    return fill(random.choice(simple if depth >= _DEEPEST else forms), random, declared, depth + 1)


def fill(form: str, random: Random, declared: dict[str, str], depth: int = 0) -> str:
    return _HOLE.sub(lambda hole: expression(hole[1], random, declared, depth), form)


def made_up(seed: int) -> str:
    random, declared, lines = Random(seed), {}, [_HEAD.strip()]
    for _ in range(random.randrange(1, 9)):
        if random.random() < 0.6:
            wanted, name = random.choice(list(_FORMS)), random.choice("abcdefN")
            value = expression(wanted, random, declared)
            lines.append(f"{wanted} {name} = {value};")
            declared[name] = wanted
        else:
            lines.append(fill(random.choice(_STATEMENTS), random, declared))
    return "\n".join(lines) + "\n"


@settings(deadline=None)
@given(st.integers(0, 10**6))
def test_what_is_made_by_type_has_no_fault(seed):
    assert check(made_up(seed)) == []


def test_the_compiler_accepts_what_is_made_by_type(asy):
    programs = [made_up(seed) for seed in range(150)]
    verdicts = judge_types(programs)
    assert [p for p, v in zip(programs, verdicts, strict=True) if not v.accepted] == []


@settings(deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(list(KINDS)))
def test_a_fault_put_in_brings_no_crash_and_fixes_help(seed, kind):
    program = mutate(made_up(seed), kind, Random(seed))
    if program is None:
        return
    faults = check(program)
    for fault in faults:
        assert fault.to_dict()["kind"] == type(fault).__name__
        assert "{" not in fault.template or fault.message
        if fault.fix:
            assert len(check(apply_fix(program, fault.fix))) < len(faults)


@settings(deadline=None)
@given(st.integers(0, 10**6))
def test_statement_by_statement_is_the_same_as_all_at_once(seed):
    source = made_up(seed)
    program = load_grammar().parse(source)
    scope, scopes = Scope.of_modules(), []
    for statement in program.children:
        checked = check_statement(statement, scope)
        assert checked.faults == ()
        scopes.append(scope)
        scope = checked.scope
    assert scope.meaning() == check_program(program).scope.meaning()
    # An earlier scope takes its statement again, as after a rollback.
    for earlier, statement in zip(scopes, program.children, strict=True):
        assert check_statement(statement, earlier).faults == ()


@settings(deadline=None)
@given(st.integers(0, 10**6))
def test_every_prefix_of_statements_is_as_good(seed):
    lines = made_up(seed).splitlines(keepends=True)
    assert all(check("".join(lines[:count])) == [] for count in range(len(lines)))
