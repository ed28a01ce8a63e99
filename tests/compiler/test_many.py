"""Many programs at once come to what each comes to alone, whatever is among them."""

import io
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from asygrammar.compiler import asy, compile, faults, many, sandbox
from asygrammar.compiler.many import compile_many
from asygrammar.compiler.page import FONTS, is_harmless_label, page_of
from asygrammar.compiler.picture import require
from asygrammar.compiler.process import run
from asygrammar.compiler.result import CompilerMissing
from asygrammar.compiler.tex_format import NAME, tex_format


def _has_all():
    try:
        require("png")
    except CompilerMissing:
        return False
    return True


needs_asy = pytest.mark.skipif(not _has_all(), reason="asy or pdftocairo is not installed")

GOOD = {
    "triangle": """size(4cm); pair A=(0,0), B=(4,0), C=(0,3);
        draw(A--B--C--cycle); label("$A$",A,SW); label("$\\frac{1}{2}$",B,SE,red);""",
    "without labels": "draw((0,0)--(100,50)); fill(circle((30,30),9), blue+opacity(.3));",
    "turned": 'draw((0,0)--(80,20)); label(rotate(30)*"side 5",(40,10),fontsize(9pt));',
    "clipped": """draw((0,0)--(80,20),dashed); label("$x^2$",(40,10),UnFill);
        clip(box((0,0),(60,30)));""",
    "layers": 'draw((0,0)--(50,50)); label("$a$",(25,25)); layer(); draw((0,50)--(50,0),Arrow);',
    "tiny": 'dot((0,0)); label("$x$",(4,0));',
    "package": 'usepackage("amsmath"); draw((0,0)--(60,9)); label("$5\\text{ cm}$",(30,4),N);',
    "graph": """import graph; size(5cm); draw(graph(sin,0,6)); xaxis("$x$",RightTicks);
        label("40$^\\circ$ \\& é",(3,0.5));""",
}
# Each would change, or end, what comes after it in one document.
HOSTILE = {
    "redefines": 'draw((0,0)--(50,0)); label("\\gdef\\ASYalign#1#2#3#4#5{}x",(0,0));',
    "redefines in parts": 'label("\\gd"+"ef\\frac#1#2{no}x",(0,0)); draw((0,0)--(50,0));',
    "ends the document": 'label("\\end{document}",(0,0)); draw((0,0)--(50,0));',
    "carets": 'label("^^5cgdef^^5cfrac{}x",(0,0)); draw((0,0)--(50,0));',
    "draws over": 'draw((0,0)--(50,0)); label("\\spe"+"cial{ps: /bop-hook {} def}x",(0,0));',
    "turns with PostScript": 'label("\\rotatebox{30 /x 1 def}{a}",(0,0)); draw((0,0)--(50,0));',
    "leaves a backslash": "label('a\\\\',(0,0)); label('b',(9,9)); draw((0,0)--(50,0));",
    "PostScript": 'void f(string)=postscript; f("showpage showpage"); draw((0,0)--(50,0));',
}
FAULTY = {
    "syntax": "draw((0,0)--(1,1)",
    "no meeting": "pair P=intersectionpoint((0,0)--(1,0),(0,5)--(1,5)); dot(P);",
    "label": 'draw((0,0)--(50,0)); label("$x_$",(0,0));',
    "label without a brace": 'draw((0,0)--(50,0)); label("$\\frac{1$",(0,0));',
    "nothing": "pair A;",
    "refused": 'system("true"); dot((0,0));',
    "text": 'while(true) write("' + "x" * 60 + '");',
    "too large": "draw((0,0)--(1000000,1000000));",
}


def pixels(result):
    with Image.open(io.BytesIO(result.output)) as picture:
        return np.asarray(picture.convert("RGBA"))


def assert_as_alone(programs, results, **options):
    for name, program, result in zip(programs, programs.values(), results, strict=True):
        alone = compile(program, "png", **options)
        assert (name, result.status) == (name, alone.status)
        assert result.diagnostics == alone.diagnostics
        assert result.format == "png"
        if alone.ok:
            assert np.array_equal(pixels(result), pixels(alone)), name


@pytest.fixture
def drawn_alone(monkeypatch):
    """The programs that are given up to be drawn alone."""
    found = []
    compile_one = asy._compile

    def noted(source, format, *others, **options):
        if format == "png":
            found.append(source)
        return compile_one(source, format, *others, **options)

    monkeypatch.setattr(asy, "_compile", noted)
    return found


@needs_asy
class TestTogether:
    def test_pictures_are_those_of_each_alone(self, drawn_alone):
        results = compile_many([*GOOD.values()], jobs=1)
        assert drawn_alone == []
        assert_as_alone(GOOD, results)

    def test_hostile_labels_and_faults_stay_their_own(self, drawn_alone):
        neighbours = dict(list(GOOD.items())[:3])
        programs = HOSTILE | neighbours | FAULTY
        results = compile_many([*programs.values()], jobs=2)
        assert not set(drawn_alone) & set(neighbours.values())
        hostile = dict(zip(HOSTILE, results, strict=False))
        assert [
            name for name, it in hostile.items() if it.ok and HOSTILE[name] not in drawn_alone
        ] == []
        assert sum(it.ok for it in hostile.values()) > 3
        together = {name: it for name, it in programs.items() if it not in drawn_alone}
        assert len(together) > len(neighbours)
        by_name = dict(zip(programs, results, strict=True))
        assert_as_alone(together, [by_name[name] for name in together])

    def test_a_program_that_never_ends_has_its_own_verdict(self):
        programs = ["while(true) {}", *GOOD.values()]
        first, *others = compile_many(programs[:5], timeout=6)
        assert first.status == "timed out"
        assert isinstance(first.diagnostics[0], faults.TimedOut)
        assert all(result.ok for result in others)

    def test_a_set_that_fails_is_divided(self, monkeypatch, drawn_alone):
        # What the table of words wrongly lets through must not take the others down.
        monkeypatch.setattr("asygrammar.compiler.page.is_harmless_label", lambda label: True)
        programs = [*[*GOOD.values()][:3], HOSTILE["carets"], FAULTY["label"]]
        results = compile_many(programs, jobs=1)
        assert [result.ok for result in results[:3]] == [True] * 3
        assert FAULTY["label"] in drawn_alone
        assert results[4].status == "failed"

    def test_other_resolutions(self):
        programs = [GOOD["triangle"]] * 4
        small = compile_many(programs, dpi=72, jobs=1)[0]
        alone = asy._compile(GOOD["triangle"], "png", 30, None, None, 72)
        assert np.array_equal(pixels(small), pixels(alone))
        assert pixels(small).shape[0] < pixels(compile(GOOD["triangle"], "png")).shape[0] / 2

    def test_without_bubblewrap(self, monkeypatch):
        bare = sandbox.Sandbox(contained=False)
        for room in ("asy", "page_set"):
            monkeypatch.setattr(f"asygrammar.compiler.{room}.sandbox", lambda: bare)
        programs = {name: GOOD[name] for name in ("triangle", "without labels", "turned", "tiny")}
        assert_as_alone(programs, compile_many([*programs.values()], jobs=1))

    def test_without_a_format_all_are_drawn_alone(self, monkeypatch, drawn_alone):
        monkeypatch.setattr(many, "tex_format", lambda: None)
        programs = [*GOOD.values()][:2] + [*FAULTY.values()][:2]
        results = compile_many(programs, jobs=1)
        assert drawn_alone == programs
        assert [str(result.status) for result in results] == ["ok", "ok", "failed", "failed"]

    def test_the_format_is_read_and_cannot_be_written(self):
        made = tex_format()
        script = f"echo x >{NAME}; rm -f {NAME}; wc -c <{NAME}"
        command, mounted = ["sh", "-c", script], {NAME: made.file}
        with sandbox.sandbox().launch(command, {}, sandbox.Limits(), mounted) as launch:
            finished = run(launch, timeout=10, output_limit=1000, log_limit=1000)
        assert int(finished.output) == made.file.stat().st_size


def test_none_and_misuse():
    assert compile_many([]) == []
    with pytest.raises(ValueError, match="at least"):
        compile_many(["dot((0,0));"], jobs=0)
    with pytest.raises(ValueError, match="at least"):
        compile_many(["dot((0,0));"], dpi=0)


@pytest.mark.parametrize(
    "label",
    ["$A$", "", "5 cm", "$\\frac{1}{2}$", "50\\%", "$\\begin{pmatrix}1\\\\2\\end{pmatrix}$", "é"],
)
def test_harmless_labels(label):
    assert is_harmless_label(label)


@pytest.mark.parametrize(
    "label",
    [
        *(
            "\\def\\x{}",
            "\\gdef\\x{}",
            "\\input{x}",
            "\\special{x}",
            "\\csname x\\endcsname",
            "^^5c",
        ),
        *("{", "}", "}{", "a\\", "50%", "#1", "\\begin{document}", "\\begin", "\\catcode`a=0"),
        *("\\global\\let\\a\\b", "\\write18{x}", "\\makeatletter", "\\end", "a\x1ab", "\\count1=1"),
    ],
)
def test_labels_that_may_do_more(label):
    assert not is_harmless_label(label)


PREAMBLE = "\\def\\ASYprefix{}\n"
EPS = """%!PS-Adobe-3.0 EPSF-3.0
%%BoundingBox: 0 0 10 10
%%HiResBoundingBox: 0 0 10 10
newpath 0 0 moveto
 10 10 lineto
stroke
showpage
%%EOF
"""
LAYER = """{\\catcode`"=12%
\\includegraphics[bb=0 0 10 10]{figure_0}%
}%
"""


def traced(added="", body=LAYER, eps=EPS):
    start = "\\setlength{\\unitlength}{1pt}%\n" + FONTS
    return f"{added}{PREAMBLE}{start}{body}\f%%layer\n{eps}".encode()


def test_a_page_is_read():
    label = "\\ASYalign(-4.0,3.0)(-0.5,-0.5){$x$}%\n"
    page = page_of(traced(body=LAYER + label), PREAMBLE)
    assert page.size == (10, 10)
    # From the left end, in pt: 10 bp are 10.0375 pt.
    assert "\\ASYalign(6.037500,3.0)(-0.5,-0.5){$x$}" in page.text
    assert "\\kern -10.037500pt" in page.text
    assert page_of(traced(), PREAMBLE).text == ""


@pytest.mark.parametrize(
    "trace",
    {
        "operator": traced(eps=EPS.replace("stroke", "(x) run")),
        "definition": traced(eps=EPS.replace("stroke", "/showpage {} def")),
        "comment": traced(eps=EPS.replace("stroke", "stroke\n%%BeginData: 1")),
        "no box": traced(eps=EPS.replace("%%HiResBoundingBox: 0 0 10 10\n", "")),
        "huge": traced(eps=EPS.replace("0 0 10 10", "0 0 10 99999")),
        "flat": traced(eps=EPS.replace("0 0 10 10", "0 0 10 0")),
        "endless number": traced(eps=EPS.replace("stroke", "1" * 300_000 + "x")),
        "large": traced(eps=EPS.replace("stroke", "stroke\n" * 200_000)),
        "preamble": traced(added="\\def\\x{}\n"),
        "package": traced(added="\\usepackage{graphicx}\n"),
        "text": traced(body=LAYER + "\\input{x}%\n"),
        "PostScript": traced(body=LAYER + "\\special{ps:(x) run}%\n"),
        "raw": traced(body=LAYER + "\\special{ps:\\ASYraw{\n(x) run\n}%\n}%\n"),
        "endless path": traced(
            body=LAYER + "\\special{ps:\\ASYraw{\n" + " 1" * 50_000 + " x\n}%\n}%\n"
        ),
        "another layer": traced(body=LAYER.replace("figure_0", "figure_1")),
        "no layer": traced(body=""),
        "not text": b"\xff" + traced(),
        "nothing": b"",
    }.values(),
)
def test_what_is_no_page(trace):
    assert page_of(trace, PREAMBLE) is None


@needs_asy
class TestFormat:
    @pytest.fixture(autouse=True)
    def folder(self, monkeypatch):
        # Open to nobody, which pytest's own folder is not.
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)
            monkeypatch.setattr(tempfile, "tempdir", folder)
            yield Path(folder)

    def test_it_is_made_once_for_all_processes(self, folder, monkeypatch):
        made = tex_format.__wrapped__()
        assert made.file.parent.parent == folder
        monkeypatch.setattr("asygrammar.compiler.tex_format._ran", lambda script, files: b"")
        assert tex_format.__wrapped__() == made
        # What was never tried is not taken.
        made.file.with_suffix(".tex").unlink()
        assert tex_format.__wrapped__() is None

    def test_a_folder_of_somebody_elses_is_not_used(self, folder):
        elsewhere = folder / "elsewhere"
        elsewhere.mkdir()
        (folder / f"asygrammar-tex-{os.geteuid()}").symlink_to(elsewhere)
        assert tex_format.__wrapped__() is None
        assert list(elsewhere.iterdir()) == []
