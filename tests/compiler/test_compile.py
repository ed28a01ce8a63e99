import shutil
import struct
import warnings
import zlib

import pytest

from asygrammar import compiler
from asygrammar.compiler import (
    FORMATS,
    CompilerMissing,
    RenderError,
    asy,
    compile,
    faults,
    render,
    sandbox,
)
from asygrammar.diagnostics import Span

needs_asy = pytest.mark.skipif(not asy.asy_available(), reason="asy is not installed")
needs_poppler = pytest.mark.skipif(
    shutil.which("pdftocairo") is None, reason="pdftocairo is not installed"
)

TRIANGLE = """size(4cm);
draw((0,0)--(4,0)--(0,3)--cycle);
label("$A_1$", (0,0), SW);
"""
MAGIC = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF", "eps": b"%!PS"}


@pytest.fixture(params=["sandbox", "bare"])
def walls(request, monkeypatch):
    """Run in the sandbox, and without it."""
    if request.param == "bare":
        monkeypatch.setattr(asy, "sandbox", lambda: sandbox.Sandbox(contained=False))
    elif not sandbox.sandbox_available():
        pytest.skip("bubblewrap cannot be used here")


def png_size(picture):
    return struct.unpack(">II", picture[16:24])


def png_bytes(picture):
    """The unpacked scan lines of a png, filter bytes and all."""
    data, place = b"", 8
    while place < len(picture):
        (length,) = struct.unpack(">I", picture[place : place + 4])
        if picture[place + 4 : place + 8] == b"IDAT":
            data += picture[place + 8 : place + 8 + length]
        place += 12 + length
    return zlib.decompress(data)


@needs_asy
@needs_poppler
class TestPictures:
    @pytest.mark.parametrize("format", FORMATS)
    def test_every_format(self, format, walls):
        result = compile(TRIANGLE, format)
        assert result.ok
        assert result.status == "ok"
        assert result.diagnostics == ()
        assert result.format == format
        assert result.output.startswith(MAGIC[format])
        assert 0 < result.seconds < 30
        assert "GC Warning" not in result.log

    def test_png_is_crisp_and_not_blank(self):
        picture = render(TRIANGLE, "png")
        width, _ = png_size(picture)
        assert abs(width - 4 / 2.54 * 200) < 5
        assert len(set(png_bytes(picture))) > 20

    def test_png_width(self):
        width, height = png_size(render(TRIANGLE, "png", width=500))
        assert width == 500
        assert 300 < height < 500

    def test_a_figure_without_size_stays_drawable(self):
        assert max(png_size(render("draw((0,0)--(5000,3000));", "png"))) == 4000

    def test_svg_width(self):
        assert b'width="500" height="' in render(TRIANGLE, width=500)

    def test_svg_has_outlines_for_letters(self):
        picture = render(TRIANGLE)
        assert b"<use " in picture
        assert b"<text" not in picture

    def test_two_svgs_share_no_name(self):
        names = [
            {part.split(b'"')[0] for part in render(program).split(b' id="')[1:]}
            for program in (TRIANGLE, TRIANGLE.replace("A_1", "B"))
        ]
        assert names[0]
        assert not names[0] & names[1]

    @pytest.mark.parametrize(
        "program",
        [
            "import graph; size(5cm); draw(graph(sin,0,6)); xaxis(Ticks); yaxis();",
            "import three; size(3cm); currentprojection=orthographic(1,2,3); draw(unitcube,red);",
            "import contour; real f(real x,real y) {return x^2+y^2;} size(3cm);"
            " draw(contour(f,(-1,-1),(1,1),new real[] {.5}));",
            "import graph3; size(3cm); draw((0,0,0)--(1,1,1)); label('$x$',(1,1,1));",
            "size(3cm); fill(unitcircle,red+opacity(.5));",
            "size(3cm); label('\xe9\xe0\xfc',(0,0));",
            "// nothing but ∠ in a comment\ndot((0,0));",
            "settings.render=8; settings.prc=true; settings.outformat='png'; dot((0,0));",
            "settings.tex='pdflatex'; label('a',(0,0));",
            "size(3cm); draw((0,0)--(1,1)); shipout(format='pdf', bbox(1cm));",
            "size(3cm); draw((0,0)--(1,1)); shipout('named');",
            "draw((0,0)--(1,1));\r\nlabel('a',(0,0));\r\n",
            "\ufeffdot((0,0));",
            "usepackage('amsmath'); label('$\\text{a}$',(0,0));",
            "pair input=(0,0), output=(1,1); draw(input--output);",
        ],
    )
    def test_draws(self, program):
        for format in ("pdf", "eps"):
            assert compile(program, format).diagnostics == ()

    def test_same_program_same_svg(self):
        assert render(TRIANGLE) == render(TRIANGLE)

    def test_shipped_modules(self, monkeypatch, walls):
        shipped = {"school": b"void house() {draw((0,0)--(1,1));}", "other": b""}
        monkeypatch.setattr(asy, "_shipped", lambda: shipped)
        program = "import school; house();"
        assert compile(program).ok
        assert compile(program, modules=["school"]).ok
        assert not compile(program, modules=["other"]).ok
        with pytest.raises(ValueError, match="no module 'fourth'; shipped are: other, school"):
            compile(program, modules=["fourth"])

    @pytest.mark.parametrize("name", sorted(asy._shipped()))
    def test_every_shipped_module_loads(self, name):
        assert compile(f"import {name}; dot((0,0));", "eps", modules=[name]).ok


# The program: what the first diagnostic is, and where (line, column).
FAULTS = {
    "size(3cm);\ndraw((0,0)--(1,1));\ndraw(A--(1,1));": (faults.AsyError, (3, 6)),
    "\tdraw(Z);": (faults.AsyError, (1, 7)),
    'string s="é∠"; draw(Z);': (faults.AsyError, (1, 21)),
    "dot((0,0));\r\ndraw(Z);\r\n": (faults.AsyError, (2, 6)),
    "dot((0,0));\rdraw(Z);": (faults.AsyError, (2, 6)),
    "draw((0,0)--(1,1)\ndraw((1,1));": (faults.AsyError, (2, 1)),
    "dot((0,0));\ncircle(3);": (faults.AsyError, (2, 7)),
    "int a=0;\nint b=1#a;": (faults.AsyError, (2, 1)),
    "real a=0; write(1/a);": (faults.AsyError, (1, 16)),
    'dot((0,0)); string s="abc;\n\n': (faults.AsyError, (1, 22)),
    "dot((0,0));\n /* abc": (faults.AsyError, (2, 2)),
    "real é=2;": (faults.AsyError, (1, 6)),
    "dot((0,0));\0": (faults.AsyError, (1, 12)),
    "int f(int n) {return f(n+1)+1;}\nwrite(f(0));": (faults.AsyError, (1, 15)),
    "import graph;\nimport nonesuch;": (faults.ModuleMissing, (2, 8)),
    "\n\nfrom nonesuch access x;": (faults.ModuleMissing, (3, 6)),
    'dot((0,0)); label("a \ud800",(0,0));': (faults.Refused, (1, 22)),
    # Reported from within a module: the place is that of the statement.
    "path p=(0,0)--(1,0);\npair q=\n  intersectionpoint(p,(0,1)--(1,1));\ndot(q);": (
        faults.AsyError,
        (2, 1),
    ),
    'if(true) dot((0,0)); else dot((1,1));\nabort("no");': (faults.AsyError, (2, 6)),
    'label("a",(0,0));\nlabel("$x_$",(1,1));': (faults.LabelError, (2, 7)),
    'label("a & b",(0,0));': (faults.LabelError, (1, 7)),
    'label("$\\foo$",(0,0));': (faults.LabelError, (1, 7)),
    'dot((0,0));\nlabel("\\textbf{x",(0,0));': (faults.LabelError, (2, 7)),
    'string s="$x";\nlabel(s+"_$",(0,0));': (faults.LabelError, (1, 10)),
    'label("∠A",(0,0));': (faults.LabelError, (1, 7)),
    "": (faults.DrewNothing, None),
    "write(1);": (faults.DrewNothing, None),
    "// only a comment": (faults.DrewNothing, None),
    "while(true) {}": (faults.TimedOut, None),
    "dot((0,0));\nsettings.gs='x';": (faults.Refused, (2, 1)),
    'dot((0,0));\nlabel("\\input{x}",(0,0));': (faults.Refused, (2, 7)),
}


@needs_asy
class TestFaults:
    @pytest.mark.parametrize(("program", "expected"), FAULTS.items())
    def test_kind_and_place(self, program, expected):
        kind, place = expected
        result = compile(program, "eps", 2)
        fault = result.diagnostics[0]
        assert not result.ok
        assert result.output == b""
        assert isinstance(fault, kind)
        assert (fault.span and (fault.span.line, fault.span.column)) == place
        assert fault.message
        assert "\n" not in str(fault)
        assert fault.to_dict()["kind"] == kind.__name__

    def test_all_faults_are_told(self):
        result = compile("draw(A--B--C);", "eps")
        assert [fault.text for fault in result.diagnostics] == [
            f"no matching variable '{name}'" for name in "ABC"
        ]
        assert result.diagnostics[0].span == Span(1, 6, 1, 7)

    def test_a_signature_stays_on_one_line(self):
        (fault,) = compile("circle(3);", "eps").diagnostics
        assert fault.text == "cannot call 'path circle(pair c, real r)' with parameter '(int)'"

    def test_label_fault(self):
        (fault,) = compile('label("$x^2^3$",(0,0));', "eps").diagnostics
        assert fault.label == "$x^2^3$"
        assert fault.reason == "Double superscript"
        assert "braces" in fault.hint

    def test_unknown_command_is_named(self):
        (fault,) = compile('label("$A \\triangl B$",(0,0));', "eps").diagnostics
        assert fault.reason == "there is no command \\triangl"

    def test_program_without_picture(self):
        result = compile("write(1);")
        assert result.status == "drew nothing"
        assert result.log == "1\n"
        assert result.diagnostics[0].hint

    def test_time_is_kept(self):
        result = compile("while(true) {}", "eps", 0.5)
        assert result.status == "timed out"
        assert 0.5 <= result.seconds < 2

    @needs_poppler
    def test_render_raises_the_first_diagnostic(self):
        with pytest.raises(RenderError, match=r"^1:6: no matching variable 'A'$") as error:
            render("draw(A--B);")
        assert isinstance(error.value, ValueError)
        assert len(error.value.result.diagnostics) == 2


class TestMisuse:
    def test_unknown_format(self):
        with pytest.raises(ValueError, match="no format 'gif'; there are svg, png, pdf, eps"):
            compile("dot((0,0));", "gif")

    @pytest.mark.parametrize("timeout", [0, -1, float("nan")])
    def test_no_time(self, timeout):
        with pytest.raises(ValueError, match="timeout must be more than 0"):
            compile("dot((0,0));", timeout=timeout)

    @pytest.mark.parametrize(("format", "width"), [("svg", 0), ("png", 10**9), ("pdf", 100)])
    def test_bad_width(self, format, width):
        with pytest.raises(ValueError, match="a width is"):
            render("dot((0,0));", format, width=width)

    def test_asy_missing(self, monkeypatch, tmp_path):
        monkeypatch.setenv("PATH", str(tmp_path))
        assert not compiler.asy_available()
        with pytest.raises(CompilerMissing, match=r"asy is not installed.*apt-get install asym"):
            compile("dot((0,0));")

    @needs_asy
    def test_converter_missing(self, monkeypatch, tmp_path):
        (tmp_path / "asy").symlink_to(shutil.which("asy"))
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(CompilerMissing, match="apt-get install poppler-utils"):
            render("dot((0,0));")


@needs_asy
class TestChoiceOfSandbox:
    @pytest.fixture(autouse=True)
    def _fresh(self):
        # Both before and after: the choice is made once in a process.
        for cached in (sandbox._strongest, sandbox._warn_once):
            cached.cache_clear()
        yield
        for cached in (sandbox._strongest, sandbox._warn_once):
            cached.cache_clear()

    def broken(self, monkeypatch, tmp_path):
        program = tmp_path / "bwrap"
        program.write_text("#!/bin/sh\necho no namespaces >&2\nexit 1\n")
        program.chmod(0o755)
        works = sandbox._works
        monkeypatch.setattr(sandbox, "_works", lambda way: not way.contained and works(way))

    def test_warns_once_without_bubblewrap(self, monkeypatch, tmp_path):
        self.broken(monkeypatch, tmp_path)
        with pytest.warns(RuntimeWarning, match="apt-get install bubblewrap"):
            assert compile("dot((0,0));", "eps").ok
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert compile("dot((0,0));", "eps").ok
        assert not compiler.sandbox_available()

    def test_a_bubblewrap_that_cannot_be_used_is_not(self, monkeypatch):
        monkeypatch.setattr(sandbox, "_root_folders", lambda: ["--no-such-option"])
        assert not compiler.sandbox_available()
