"""A session against the real compiler: what it accepts, how it goes on, what it leaves behind."""

import sys

import pytest

from asygrammar.compiler import (
    Status,
    asy_available,
    compile,
)
from asygrammar.compiler.faults import (
    AsyError,
    DrewNothing,
    LabelError,
    ModuleMissing,
    OutOfMemory,
    Refused,
)

pytestmark = [
    pytest.mark.skipif(not asy_available(), reason="asy is not installed"),
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's"),
]


ACCEPTED = {
    "declaration": "real r=2*abs(B-A);",
    "function": "real half(real x) {\n  return x/2;\n}",
    "block": "for(int i=0; i < 3; ++i) {\n  pair P=(i,0);\n  dot(P);\n}",
    "if-else": "if(A.x > 0) {\n  dot(A);\n} else {\n  dot(B);\n}",
    "structure": "struct point {\n  real x;\n}",
    "several": "real u=1; real v=u/2; dot((u,v));",
    "comment": "// nothing\n",
    "comment-inside": "dot(/* the first */ A); // π\n",
    "label": 'label("$\\frac{1}{2}$",A,N);',
    "string-with-a-newline": "label(\"a\nb\",A); label('a\nb',B);",
    "umlaut": 'write("αβγ"); dot(A);',
    "import": "import graph;",
    "shipped-module": "import olympiad;",
    "command-of-the-prompt": "real quit=1;",
    "harmless-setting": 'settings.outformat="png";',
    "reads-nothing": 'string s=stdin; assert(s == "");',
}
REFUSED = {
    "unknown-name": ("draw(A--C);", AsyError),
    "wrong-type": ('real r="x";', AsyError),
    "syntax": "draw(A--B) dot(A);",
    "no-semicolon": ("draw(A--B)", AsyError),
    "no-body": ("if(true)", AsyError),
    "open-string": ('label("a,A);', AsyError),
    "open-comment": ("dot(A); /* and", AsyError),
    "divides-by-zero": ("real r=1/A.x;", AsyError),
    "square-root": ("real r=sqrt(-1);", AsyError),
    "do-not-meet": ("pair P=intersectionpoint(A--B,(5,5)--(6,7));", AsyError),
    "later-part": ("int n=1; dot((n,Z));", AsyError),
    "recursion": ("int f(int n) {return f(n+1)+1;} write(f(0));", AsyError),
    "module": ("import nosuch;", ModuleMissing),
    "label": ('label("$x_$",A);', LabelError),
    "label-brace": ('label("{x",A);', LabelError),
    "label-percent": ('label("50%",A);', LabelError),
    "label-command": ('label("$\\foo$",A);', LabelError),
    "label-in-a-loop": ('for(int i=0; i < 2; ++i) label("$"+string(i)+"^$",(i,0));', LabelError),
    "label-on-an-axis": ('import graph; xaxis("$x_$",-1,1);', LabelError),
    "label-of-a-path": ('draw("$x_$",A--B);', LabelError),
    "exit": ("exit();", DrewNothing),
    "settings": ('settings.gs="sh";', Refused),
    "settings-by-name": ("access settings as s;", Refused),
    "system": ('system("ls");', Refused),
    "input": ('string s=input("/etc/passwd");', Refused),
    "tex-input": ('label("\\input{/etc/passwd}",A);', Refused),
    "import-path": ('import "/etc/passwd" as x;', Refused),
    "surrogate": ('write("\ud800");', Refused),
    "memory": ("real[] a=array(1000000000,1.0);", OutOfMemory),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepts(session, name):
    verdict = session.run(ACCEPTED[name])
    assert (verdict.ok, verdict.diagnostics) == (True, ())
    assert session.statements[-1].rstrip("\n") == ACCEPTED[name].rstrip("\n")
    assert session.finish().ok


def case(name):
    found = REFUSED[name]
    return found if isinstance(found, tuple) else (found, AsyError)


@pytest.mark.parametrize("name", REFUSED)
def test_refuses_as_a_compilation_does(session, name):
    statement, kind = case(name)
    before = session.program
    verdict = session.run(statement)
    assert not verdict.ok
    assert isinstance(verdict.diagnostics[0], kind)
    assert session.program == before
    if name != "exit":
        compiled = compile(before + statement, "eps")
        assert verdict.status is compiled.status
        assert verdict.diagnostics[0] == compiled.diagnostics[0]
    # It has left no trace: what it began to declare is not there.
    for name in ("r", "n", "a", "s", "f", "P"):
        assert not session.run(f"write({name});").ok
    assert session.run("dot(A);").ok
    assert session.finish().ok


def test_what_is_written_in_one_statement_is_there_in_the_next(session):
    assert session.run("int n=0;").ok
    assert session.run("while(n < 5) {\n  ++n;\n}").ok
    assert session.run("assert(n == 5);").ok
    assert not session.run("assert(n == 4);").ok


def test_a_place_is_that_in_the_whole_program(session):
    session.run("// α\nreal half(real x) {\n  return 1/x;\n}\n")
    (fault,) = session.run('write("β"); write(half(0));').diagnostics
    assert (fault.span.line, fault.span.column) == (6, 3)
    (fault,) = session.run('write("β"); write(Z);').diagnostics
    assert (fault.span.line, fault.span.column) == (8, 19)


def test_rollback_restores_what_was(session):
    session.run("int n=1;")
    session.run("void up() {\n  ++n;\n}")
    states = []
    probes = (
        "assert(n == 1);",
        "assert(n == 2);",
        "write(late);",
        "dot((n,n));",
        "write(1#(n-1));",
    )

    def state():
        verdicts = [session.run(probe) for probe in probes]
        session.rollback(sum(verdict.ok for verdict in verdicts))
        return [(verdict.status, verdict.diagnostics) for verdict in verdicts]

    states.append(state())
    session.run("up();")
    session.run("int late=7;")
    states.append(state())
    assert states[0] != states[1]
    session.rollback(2)
    assert state() == states[0]
    session.run("up();")
    session.run("int late=7;")
    assert state() == states[1]


def test_rollback_to_the_beginning(session):
    session.rollback(3)
    assert session.statements == ()
    assert session.finish().status is Status.DREW_NOTHING
    assert not session.run("draw(A--B);").ok
    with pytest.raises(ValueError, match="cannot take back 1 of 0"):
        session.rollback()


def test_a_failing_statement_undoes_what_it_did(session):
    session.run("int n=0;")
    assert not session.run("for(int i=0; i < 9; ++i) {\n  ++n;\n  write(1#(5-i));\n}").ok
    assert session.run("assert(n == 0);").ok


def test_a_refused_label_is_forgotten(session):
    assert not session.run('label("{x",A);').ok
    assert session.run('label("$y$",A);').ok
    assert session.finish().ok


def test_a_label_that_is_not_drawn_is_not_judged(session):
    assert session.run('picture other; label(other,"$x_$",A);').ok
    assert session.finish().ok
    assert not session.run("add(other);").ok


def test_what_a_later_statement_may_mend_is_pending(session):
    verdict = session.run("currentpicture.add(new void(frame f, transform t) {write(1/A.x);});")
    assert verdict.ok
    assert verdict.pending
    assert session.finish().status is Status.FAILED
    assert session.run("A=(1,0);").ok
    assert session.finish().ok


def test_usepackage_after_a_label(session):
    assert session.run('label("$x$",A);').ok
    assert not session.run('label("$\\mathbb{R}$",A);').ok
    assert session.run('usepackage("amssymb");').ok
    assert session.run('label("$\\mathbb{R}$",A);').ok
    assert session.run('texpreamble("\\def\\half{\\frac12}");').ok
    assert session.run('label("$\\mathbb{R}\\half$",A);').ok
    session.rollback(1)
    assert session.run('label("$\\half\\mathbb{R}$",A);').ok
    assert session.finish().ok


def test_a_package_that_is_not_there(session):
    (fault,) = session.run('usepackage("nosuch");').diagnostics
    assert isinstance(fault, LabelError)
    assert session.run('label("$x$",A);').ok
    assert session.finish().ok


def test_usepackage_from_within_a_function(session):
    session.run('void begin() {\n  usepackage("amssymb");\n}')
    session.run("begin();")
    assert session.run('label("$\\mathbb{R}$",A);').ok
    assert not session.run('label("$\\foo$",A);').ok
    assert session.finish().ok


def test_three_dimensions(session):
    assert session.run("import three;").ok
    assert session.run("draw(O--X);").ok
    assert not session.run('label("$x_$",X);').ok
    assert session.run('label("$x$",X);').ok
    assert session.finish().ok


def test_shipout_is_left_to_a_compilation(session):
    assert session.run('shipout("other");').ok
    verdict = session.finish()
    assert (verdict.ok, verdict.compiled) == (True, True)


def test_a_program_cannot_forge_an_answer(session):
    # A mark as the first process had it, and one for each number; the loop never ends.
    word = session._replay._live.protocol.word
    session._replay.renew()
    done, ended = (f"'\\n@{word} {step} '+string(i)+'@\\n'" for step in ("done", "ended"))
    forged = f"write({done}+{ended},flush);"
    session._timeout = 1
    verdict = session.run(f"for(int i=0; true; i=(i+1)%99) {{\n  {forged}\n}}")
    assert verdict.status in (Status.TIMED_OUT, Status.TOO_MUCH_OUTPUT)
    assert session.run("dot(A);").ok
