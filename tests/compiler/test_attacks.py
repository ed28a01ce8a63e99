"""Programs that try to read, write, run or exhaust more than a figure may.

Each runs against the walls alone, with nothing refused beforehand, and without bubblewrap,
where what cannot be contained is refused. Nothing may leak, and nothing may be left running.
"""

import os
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from asygrammar.compiler import asy, compile, picture, sandbox
from asygrammar.compiler.faults import Refused
from asygrammar.compiler.process import run

pytestmark = [
    pytest.mark.skipif(not asy.asy_available(), reason="asy is not installed"),
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's"),
]

BARE = sandbox.Sandbox(contained=False)

# asy starts TeX as `texcommand \scrollmode`, so that a file of this name becomes a shell script:
# with this, a program runs whatever it likes.
SHELL = r"""
file script=output("\scrollmode");
write(script,"%s
");
close(script);
settings.texcommand="/bin/sh";
label("a",(0,0));
"""

READS = {
    "input": 'string s=input("SECRET"); label(s,(0,0));',
    "input-line": 'file f=input("SECRET").line(); string s=f; write(s); dot((0,0));',
    "import": 'import "SECRET" as x; dot((0,0));',
    "include": 'include "SECRET"; dot((0,0));',
    "from": 'from "SECRET" access x; dot((0,0));',
    "tex-input": r'label("\input{SECRET}",(0,0));',
    "tex-input-hostname": r'label("\input{/etc/hostname}",(0,0));',
    "tex-input-passwd": r'label("\input{/etc/passwd}",(0,0));',
    "tex-input-in-parts": r'label("\in"+"put SECRET ",(0,0));',
    "tex-input-escaped": r"label('\134input{SECRET}',(0,0));",
    "tex-input-csname": r'label("\csname input\endcsname{SECRET}",(0,0));',
    "tex-input-carets": r'label("^^5cinput{SECRET}",(0,0));',
    "tex-read": r'label("\newread\f\openin\f=SECRET \read\f to\x\x",(0,0));',
    "tex-read-in-parts": r'label("\newread\f\open"+"in\f=SECRET \re"+"ad\f to\x\x",(0,0));',
    "tex-preamble": r'texpreamble("\input{SECRET}"); label("a",(0,0));',
    "tex-function": r'tex("\input{SECRET}"); dot((0,0));',
    "dvips-file": r'label("\special{psfile=SECRET}",(0,0));',
    "dvips-file-in-parts": r'label("\spe"+"cial{psfile=SECRET}",(0,0));',
    "ghostscript": r'label("\special{ps: (SECRET) (r) file 200 string readstring pop ==}",(0,0));',
    "ghostscript-in-parts": (
        r'label("\spe"+"cial{ps: (SECRET) (r) file 200 string readstring pop ==}",(0,0));'
    ),
    "ghostscript-run": 'postscript("(SECRET) run"); dot((0,0));',
    "graphic": 'label(graphic("SECRET"),(0,0));',
    "shell": SHELL % "cat SECRET; cat /etc/passwd /etc/hostname; ls /home /root SECRETDIR; env",
    "proc": SHELL % "cat /proc/*/environ /proc/*/cmdline /proc/self/mountinfo",
}

RUNS = {
    "system": 'system("touch MARK"); dot((0,0));',
    "system-array": 'system(new string[] {"touch","MARK"}); dot((0,0));',
    "eval": 'eval("sys"+"tem(\'touch MARK\');"); dot((0,0));',
    "type": 'type("int x; sys"+"tem(\'touch MARK\'); typedef int","y"); dot((0,0));',
    "texcommand": SHELL % "touch MARK; echo in > MARK",
    "texcommand-import": 'import settings; texcommand="touch MARK"; label("a",(0,0));',
    "texcommand-alias": 'access settings as s; s.texcommand="touch MARK"; label("a",(0,0));',
    "gs": 'settings.gs="MARKER"; label("a",(0,0));',
    "dvips": 'settings.dvips="MARKER"; label("a",(0,0));',
    "dvisvgm": 'settings.dvisvgm="MARKER"; settings.outformat="svg"; label("a",(0,0));',
    "convert": 'convert("-version","MARK","png"); dot((0,0));',
    "write18": r'label("\immediate\write18{touch MARK}a",(0,0));',
    "write18-in-parts": r'label("\immediate\wri"+"te18{touch MARK}a",(0,0));',
    "openout": r'label("\newwrite\f\immediate\openout\f=MARK \immediate\write\f{x}a",(0,0));',
    "openout-in-parts": (
        r'label("\newwrite\f\immedi"+"ate\open"+"out\f=MARK \immedi"+"ate\wri"+"te\f{x}a",(0,0));'
    ),
    "dvips-backtick": r'label("\special{psfile=""`touch MARK""}a",(0,0));',
    "dvips-backtick-in-parts": r"""label("\spe"+'cial{psfile="`touch MARK"}a',(0,0));""",
    "ghostscript-pipe": 'postscript("(%pipe%touch MARK) (w) file closefile"); dot((0,0));',
    "ghostscript-write": 'postscript("(MARK) (w) file closefile"); dot((0,0));',
    "output": 'file f=output("MARK"); write(f,"x"); close(f); dot((0,0));',
    "rename": 'file f=output("a"); close(f); rename("a","MARK"); dot((0,0));',
    "delete": 'delete("SECRET"); dot((0,0));',
    "shipout": 'draw((0,0)--(1,1)); shipout("MARK"); ',
}

EXHAUSTS = {
    "loop": "while(true) {}",
    "loop-drawing": "for(int i=0; true; ++i) draw((i,0)--(i,1));",
    "array": "real[] a=new real[1000000000]; for(int i=0; i < a.length; ++i) a[i]=i;",
    "array-filled": "real[] a=array(1000000000,1.0); dot((a[0],a[1]));",
    "string": 'string s="x"; while(true) s=s+s;',
    "megabyte": 'for(int i=0; i < 20000; ++i) write("' + "x" * 60 + '"); dot((0,0));',
    "endless-output": 'while(true) write("' + "x" * 60 + '");',
    "recursion": "int f(int n) {return f(n+1)+1;} write(f(0)); dot((0,0));",
    "disk": 'file f=output("big"); while(true) write(f,"' + "x" * 900 + '");',
    "tex-loop": r'label("\loop\iftrue\repeat",(0,0));',
    "tex-macro": r'label("\def\x{\x\x}\x",(0,0));',
    "ghostscript-loop": 'postscript("{} loop"); dot((0,0));',
    "sleep": "sleep(100000); dot((0,0));",
    "fork": SHELL % "f() { f & f & f; }; f",
    "stays": SHELL % "trap '' TERM HUP INT; (setsid sleep 987 &) ; (sleep 986 &) ; sleep 985",
    "stays-silent": SHELL % "(setsid sleep 984 >/dev/null 2>&1 </dev/null &); exit 1",
    "disk-by-shell": SHELL % "while :; do dd if=/dev/zero of=z\\$\\$ bs=1M count=500; done",
    "disk-in-shm": SHELL % "dd if=/dev/zero of=/dev/shm/z bs=1M count=500; echo",
}


@pytest.fixture(params=["walls alone", "without bubblewrap"])
def mode(request, monkeypatch):
    """How the program runs."""
    if request.param == "without bubblewrap":
        monkeypatch.setattr(asy, "sandbox", lambda: BARE)
    else:
        if not sandbox.sandbox_available():
            pytest.skip("bubblewrap cannot be used here")
        monkeypatch.setattr(asy, "refusals", lambda source, contained: ())
        monkeypatch.setattr(asy, "without_settings", lambda source: source)
    return request.param


@pytest.fixture
def ground(tmp_path_factory, monkeypatch):
    """A secret and a place for marks; afterwards, nothing may have gone in or out."""
    # Not below pytest's own folder, which is closed to others: the file system must not help.
    folder = Path("/tmp", f"asy-attack-{uuid.uuid4().hex}")
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    found = Ground(folder, uuid.uuid4().hex)
    found.secret.write_text("LEAKED SECRET\n")
    found.marker.write_text(f"#!/bin/sh\ntouch {found.mark}\n")
    found.marker.chmod(0o755)
    environment = sandbox._environment
    monkeypatch.setattr(
        sandbox, "_environment", lambda *args: {**environment(*args), "TAG": found.tag}
    )
    yield found
    assert found.secret.exists()
    assert not found.mark.exists()
    assert {path.name for path in folder.iterdir()} == {"secret.tex", "marker"}
    shutil.rmtree(folder)
    assert running(found.tag) == []


class Ground:
    def __init__(self, folder, tag):
        self.folder, self.tag = folder, tag
        self.secret, self.mark = folder / "secret.tex", folder / "mark"
        self.marker = folder / "marker"

    def program(self, text):
        places = {
            "SECRETDIR": self.folder,
            "SECRET": self.secret,
            "MARKER": self.marker,
            "MARK": self.mark,
        }
        for word, place in places.items():
            text = text.replace(word, str(place))
        return text


def running(tag):
    """The command lines of all processes with a tag in their environment."""
    deadline = time.monotonic() + 1
    while True:
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if tag.encode() in (entry / "environ").read_bytes():
                    found.append((entry / "cmdline").read_bytes())
            except OSError:
                continue
        # A killed process shows until the kernel has taken it down.
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.02)


def words_in(result, tmp_path):
    """All text in a pdf, and its bytes."""
    if not result.output or not shutil.which("pdftotext"):
        return result.output.decode(errors="replace")
    path = tmp_path / "picture.pdf"
    path.write_bytes(result.output)
    text = subprocess.run(["pdftotext", path, "-"], capture_output=True, check=False).stdout
    return (text + result.output).decode(errors="replace")


@pytest.mark.parametrize("name", READS)
def test_reads_nothing(name, mode, ground, tmp_path):
    result = compile(ground.program(READS[name]), "pdf", 1.5)
    told = result.log + words_in(result, tmp_path) + "".join(map(str, result.diagnostics))
    # The path is the program's own text, and may be told.
    told = told.replace(str(ground.secret), "")
    assert "LEAKED" not in told.replace(" ", "").replace("\n", "")
    assert "root:x:" not in told
    assert os.uname().nodename not in told
    if name == "shell" and mode == "walls alone":
        assert "PATH=" in told, "the attack itself is void: no shell was started"


@pytest.mark.parametrize("name", RUNS)
def test_runs_nothing(name, mode, ground):
    # In the fixture: the mark is not there afterwards.
    compile(ground.program(RUNS[name]), "pdf", 1.5)


@pytest.mark.parametrize("name", EXHAUSTS)
def test_ends_in_time(name, mode, ground):
    began = time.monotonic()
    # Nobody runs the PostScript of an eps here.
    result = compile(EXHAUSTS[name], "pdf" if name == "ghostscript-loop" else "eps", 0.8)
    assert time.monotonic() - began < 6
    assert not result.ok
    assert result.diagnostics
    assert len(result.log) <= 32_000


# What is told before the program runs, sandbox or not. The others get round the refusals, or need
# none.
REFUSED = {
    *("input", "input-line", "import", "include", "from", "tex-input", "tex-input-hostname"),
    *("tex-input-passwd", "tex-input-escaped", "tex-read", "tex-preamble", "tex-function"),
    *("dvips-file", "ghostscript", "ghostscript-run", "shell", "proc", "system", "system-array"),
    *("eval", "texcommand", "texcommand-import", "texcommand-alias", "gs", "dvips", "dvisvgm"),
    *("convert", "write18", "openout", "dvips-backtick", "ghostscript-pipe", "ghostscript-write"),
    *("output", "rename", "disk", "ghostscript-loop", "fork", "stays", "stays-silent"),
    *("disk-by-shell", "disk-in-shm"),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_is_refused(name, ground):
    result = compile(ground.program((READS | RUNS | EXHAUSTS)[name]))
    assert result.status == "refused"
    assert isinstance(result.diagnostics[0], Refused)
    assert result.diagnostics[0].span


@pytest.mark.parametrize(
    ("name", "status"),
    {
        "loop": "timed out",
        "array": "out of memory",
        "array-filled": "out of memory",
        "megabyte": "too much output",
        "endless-output": "too much output",
        "recursion": "failed",
    }.items(),
)
def test_exhaustion_is_named(name, status):
    assert compile(EXHAUSTS[name], "eps", 3).status == status


@pytest.mark.parametrize("walls", ["sandbox", "bare"])
def test_a_link_is_no_picture(walls, ground):
    way = BARE if walls == "bare" else sandbox._strongest()
    script = f"asy() {{ ln -s {ground.secret} figure.pdf; }}\n" + picture.script("pdf")
    with way.launch(["sh", "-c", script], {"figure.asy": b""}, sandbox.Limits()) as launch:
        finished = run(launch, timeout=5, output_limit=1000, log_limit=1000)
    assert finished.code == picture.DREW_NOTHING
    assert finished.output == b""


@pytest.mark.parametrize("format", ["svg", "png"])
def test_a_picture_too_large_to_draw(format):
    # A million points are some 350 m.
    result = compile("draw((0,0)--(1000000,1000000));", format, 10)
    assert result.status == "too much output"
    assert len(result.output) < 1 << 24


def test_a_pdf_with_a_script_is_no_picture(monkeypatch):
    monkeypatch.setattr(asy, "refusals", lambda source, contained: ())
    program = (
        'postscript("[ /Rect [0 0 9 9] /Action << /Subtype /JavaScript /JS (app.alert\\(1\\)) >>'
        ' /Subtype /Link /ANN pdfmark"); draw((0,0)--(9,9));'
    )
    result = compile(program, "pdf")
    assert result.status == "refused"
    assert result.output == b""
    drawing = compile(program, "svg")
    assert b"app.alert" not in drawing.output
