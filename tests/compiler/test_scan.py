import pytest

from asygrammar.compiler.refusal import refusals, without_settings
from asygrammar.compiler.scan import Source, tokens
from asygrammar.compiler.statements import last_begun, marked


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("a=1.5e3; // b\n", "word mark number mark"),
        ("/* a */ b /* /* */ c", "word word"),
        (r'"a\"b" c', "string word"),
        (r'"a\\" c', "string word"),
        (r"'a\'b' c", "string word"),
        ('"// a" b', "string word"),
        ('"a\nb" c', "string word"),
        ('a "b', "word open_string"),
        ("a /* b", "word open_comment"),
        ("é", "mark"),
    ],
)
def test_tokens(text, kinds):
    assert " ".join(token.kind for token in tokens(text)) == kinds


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"a\"b"', 'a"b'),
        (r'"\\frac"', r"\\frac"),
        (r'"\frac"', r"\frac"),
        (r"'\134input'", r"\input"),
        (r"'\x5cinput'", r"\input"),
        (r"'a\nb\'c\\'", "a\nb'c\\"),
    ],
)
def test_string_values(text, value):
    assert tokens(text)[0].value == value


def test_places_are_in_characters():
    source = Source("dot((0,0));\nstring s='é∠'; draw(Z);")
    span = source.span_at(2, 24)
    assert (span.line, span.column, span.end_column) == (2, 21, 22)
    assert source.span_at(3, 1) is None


@pytest.mark.parametrize(
    ("program", "contained", "bare"),
    [
        ("draw((0,0)--(1,1));", [], []),
        ('label("$\\frac12$",(0,0)); // settings', [], []),
        ('label("settings",(0,0));', [], []),
        ("settings.gs='x';", ["settings"], ["settings"]),
        ("import settings;", ["settings"], ["settings"]),
        ("system('a');", ["system"], ["system"]),
        ("plain.system('a');", ["system"], ["system"]),
        ("real system=1;", [], ["system"]),
        ("int f(string)=system;", [], ["system"]),
        ("pair input=(0,0);", [], ["input"]),
        ("input('x');", ["input"], ["input"]),
        ("delete('x');", [], ["delete"]),
        ('import "graph" as g;', [], []),
        ('import "/etc/passwd" as g;', ['"/etc/passwd"'], ['"/etc/passwd"']),
        ('access a, "../b" as b;', ['"../b"'], ['"../b"']),
        ('label("\\inputs",(0,0));', [], []),
        ("label('\\134write18{x}',(0,0));", ["\\write"], ["\\write"]),
        ('label("^^5cinput x",(0,0));', [], ["^^"]),
        ('label("\\csname x\\endcsname",(0,0));', [], ["\\csname"]),
    ],
)
def test_refusals(program, contained, bare):
    source = Source(program)
    assert [fault.what for fault in refusals(source, contained=True)] == contained
    assert [fault.what for fault in refusals(source, contained=False)] == bare


@pytest.mark.parametrize(
    ("program", "left"),
    [
        ("settings.render=-4; dot(A);", "; dot(A);"),
        ("if(true) settings.outformat = 'pdf';", "if(true) ;"),
        ("settings.tex\n=\n'x';", ";"),
        ("settings.gs='x';", "settings.gs='x';"),
        ("settings.render=f();", "settings.render=f();"),
        ("settings.render", "settings.render"),
        ('label("settings.render=1;");', 'label("settings.render=1;");'),
    ],
)
def test_harmless_settings_are_dropped(program, left):
    text = without_settings(Source(program)).text
    assert text.split() == left.split()
    assert len(text) == len(program)


@pytest.mark.parametrize(
    ("program", "statements"),
    [
        ("a; b;", ["a;", "b;"]),
        ("for(int i=0;i<3;++i) {a; b;} c; d;", ["for(int i=0;i<3;++i) {a; b;} c;", "d;"]),
        ("if(x) a; else b; c;", ["if(x) a; else b;", "c;"]),
        ("real[] a={1;2}; f\n(3)", ["real[] a={1;2};", "f\n(3)"]),
    ],
)
def test_marks(program, statements):
    source = Source(program)
    text, mark = marked(source)
    assert text.count(mark) == len(statements)
    lines = program.splitlines(keepends=True)
    for number, statement in enumerate(statements):
        span = last_begun(f"x\n{mark}0@\n{mark}{number}@\n", mark, source)
        start = len("".join(lines[: span.line - 1])) + span.column - 1
        end = len("".join(lines[: span.end_line - 1])) + span.end_column - 1
        found = program[start:end]
        assert found == statement or statement.startswith(found)
