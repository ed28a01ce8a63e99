"""The processes behind sessions: killed, hung, interrupted, shared, left behind."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from asygrammar.compiler import (
    CompilerMissing,
    CompilerSession,
    SessionPool,
    asy_available,
    sandbox_available,
)
from asygrammar.compiler.faults import (
    ModuleMissing,
    TimedOut,
    TooMuchOutput,
)

pytestmark = [
    pytest.mark.skipif(not asy_available(), reason="asy is not installed"),
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's"),
]


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("while(true);", TimedOut),
        ("sleep(1000);", TimedOut),
        ('label("\\loop\\iftrue\\repeat",(0,0));', TimedOut),
        ('while(true) write("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");', TooMuchOutput),
    ],
)
def test_goes_on_after_a_statement_that_does_not_end(pool, statement, kind):
    with CompilerSession(pool, timeout=1) as session:
        assert session.run("int n=3;").ok
        began = time.monotonic()
        verdict = session.run(statement)
        assert isinstance(verdict.diagnostics[0], kind)
        assert time.monotonic() - began < 10
        session._timeout = 10
        assert session.run("dot((n,n));").ok
        assert session.finish().ok


def test_goes_on_after_a_kill_from_outside(session):
    for number in range(3):
        os.kill(session._replay.pid, signal.SIGKILL)
        assert session.run(f"int n{number}=0;").ok
    assert session.run("assert(n0+n1+n2 == 0);").ok
    assert not session.run("write(n3);").ok


@pytest.mark.parametrize("victim", ["asy", "latex"])
def test_goes_on_after_a_kill_inside_the_sandbox(session, victim):
    assert session.run('label("a",A);').ok
    (found,) = (pid for pid in descendants(session._replay.pid) if name_of(pid) == victim)
    os.kill(found, signal.SIGKILL)
    assert session.run('label("b",B);').ok
    assert session.finish().ok


def test_goes_on_after_a_kill_in_the_middle_of_a_statement(session):
    def kill():
        time.sleep(0.3)
        os.kill(session._replay.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    assert session.run("sleep(1); int n=1;").ok
    killer.join()
    assert session.run("assert(n == 1);").ok


def test_goes_on_after_an_interruption(session):
    def interrupt():
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        session.run("while(true);")
    thread.join()
    assert session.run("dot(A);").ok
    assert session.finish().ok


def test_sessions_share_a_pool_between_threads(pool):
    found = []

    def work(number):
        with CompilerSession(pool, timeout=30) as session:
            session.run(f"int n={number};")
            found.append(session.run(f"assert(n == {number}); dot((n,n));").ok)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 4


def test_misuse():
    with pytest.raises(ValueError, match="more than 0"):
        CompilerSession(timeout=0)
    with pytest.raises(ValueError, match="at least 1"):
        SessionPool(0)
    with pytest.raises(ValueError, match="no module 'nosuch'"):
        SessionPool(modules=["nosuch"])
    pool = SessionPool(1, tex=False)
    pool.close()
    pool.close()
    with CompilerSession(pool) as session, pytest.raises(CompilerMissing, match="closed"):
        session.run("dot((0,0));")


def test_modules_that_may_be_imported():
    with CompilerSession(modules=["cse5"]) as session:
        assert session.run("import cse5;").ok
        assert isinstance(session.run("import olympiad;").diagnostics[0], ModuleMissing)


USE = """
import sys, time
from asygrammar.compiler import CompilerSession, SessionPool
pool = SessionPool(2)
session = CompilerSession(pool)
session.run('label("$x$",(0,0));')
print("ready", flush=True)
{end}
"""
ENDINGS = {
    "close": ("pool.close(); time.sleep(600)", None),
    "end of the program": ("", None),
    "interrupt": ("session.run('while(true);')", signal.SIGINT),
    "kill": ("time.sleep(600)", signal.SIGKILL),
}


@pytest.mark.skipif(not sandbox_available(), reason="bubblewrap cannot be used here")
@pytest.mark.parametrize("ending", ENDINGS)
def test_leaves_no_process_behind(ending):
    code, sent = ENDINGS[ending]
    user = subprocess.Popen(
        [sys.executable, "-c", USE.format(end=code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        started = set()
        while user.stdout.readline() != "ready\n":
            assert user.poll() is None
        started = descendants(user.pid)
        assert sent is None or {"asy", "bwrap"} <= {name_of(pid) for pid in started}
        if sent is not None:
            time.sleep(0.2)
            user.send_signal(sent)
        deadline = time.monotonic() + 15
        while left := {pid for pid in started if name_of(pid)}:
            assert time.monotonic() < deadline, {pid: name_of(pid) for pid in left}
            time.sleep(0.05)
    finally:
        user.kill()
        user.wait()
        user.stdout.close()


def descendants(pid):
    """The processes below one."""
    found = set()
    listing = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True).stdout
    pairs = [tuple(map(int, line.split())) for line in listing.splitlines()]
    level = {pid}
    while level := {child for child, parent in pairs if parent in level}:
        found |= level
    return found


def name_of(pid):
    """What a process that lives is called, or nothing."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            text = file.read()
    except OSError:
        return ""
    return (
        ""
        if text.rpartition(")")[2].split()[0] == "Z"
        else text.partition("(")[2].rpartition(")")[0]
    )


def test_a_process_killed_while_it_waits_is_not_handed_out():
    with SessionPool(2) as pool:
        pool.end(pool.take())
        deadline = time.monotonic() + 30
        while len(pool._ready) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        for live in list(pool._ready):
            os.kill(live.pid, signal.SIGKILL)
        time.sleep(0.1)
        with CompilerSession(pool) as session:
            assert session.run('label("$x$", (0,0));\n').ok
