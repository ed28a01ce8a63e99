"""Many pages into as many pictures: one run each of TeX, dvips, Ghostscript and poppler for all.

Each page comes out as asy's own run for one picture has it: the same document around it, the same
offset of dvips, the same options. What this module does not know: programs, and what may stand on a
page (see ``compiler.page``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from asygrammar.compiler.page import FONTS, LAYER, Page
from asygrammar.compiler.picture import LONGEST
from asygrammar.compiler.process import Ending, run
from asygrammar.compiler.sandbox import Limits, sandbox
from asygrammar.compiler.tex_format import NAME, TexFormat

# The most that all pictures of a set, and what is said of them, come to, in bytes.
_OUTPUT_LIMIT, _LOG_LIMIT = 48 << 20, 1 << 20
_FILE_LIMIT = 64 << 20
_SCRATCH = 256 << 20

# As asy runs them for one picture, but for the offset of dvips, of which each page adds its own.
_GS = (
    "gs -q -dNOPAUSE -dBATCH -P- -dSAFER -dALLOWPSTRANSPARENCY -sDEVICE=pdfwrite -dSubsetFonts=true"
    " -dEmbedAllFonts=true -dMaxSubsetPct=100 -dEncodeColorImages=true -dEncodeGrayImages=true"
    " -dCompatibilityLevel=1.4 -dAutoRotatePages=/None -sOutputFile=all.pdf"
)
_TEX = """
latex -interaction=nonstopmode -file-line-error set.tex >said </dev/null || {
  grep -E '^(\\./)?set\\.tex:[0-9]+: ' said 1>&2; exit 1; }
dvips -R2 -Pdownload35 -D600 -O-128.4bp,0bp -T612bp,792bp -q -oset.ps set.dvi </dev/null 1>&2 ||
  exit 1
"""
# Every picture is told with its length before it: a picture's bytes may be any.
_DRAW = f"""
{_GS} sizes.ps $sets </dev/null 1>&2 || exit 1
pdftocairo -png -r $dpi all.pdf page </dev/null || exit 1
for page in page-*.png; do stat -c %s "$page" && cat "$page" || exit 1; done
"""
_WRONG = re.compile(r"^(?:\./)?set\.tex:(\d+): ", re.MULTILINE)

_SETTING = """\\makeatletter
\\def\\ASYpage#1#2#3{%
\\global\\textwidth=#1bp\\global\\textheight=#2bp\\global\\voffset=#3sp%
\\global\\hsize\\textwidth\\global\\columnwidth\\textwidth\\global\\linewidth\\textwidth%
\\global\\vsize\\textheight\\global\\@colht\\textheight\\global\\@colroom\\textheight}
\\makeatother
\\setlength{\\unitlength}{1pt}%
\\pagestyle{empty}
\\begin{document}
"""
# dvips runs `bop-hook` before each page.
_SIZES = """%!PS
userdict begin
/asysizes [{sizes}] def
/asypage 0 def
/asynext {{<< /PageSize asysizes asypage get >> setpagedevice
  userdict /asypage asypage 1 add put}} def
/bop-hook {{asynext}} def
end
"""


@dataclass(frozen=True)
class Outcome:
    """What became of a set of pages.

    Attributes:
        pictures: One png for each page, in their order; none where anything went wrong.
        wrong: The pages that TeX found errors on, by their places in the set.
    """

    pictures: tuple[bytes, ...] = ()
    wrong: frozenset[int] = frozenset()


def fits(page: Page, dpi: int) -> bool:
    """Whether a page's picture has as many dots an inch as are asked for."""
    return int(max(page.size)) * dpi // 72 <= LONGEST


def draw_pages(pages: Sequence[Page], made: TexFormat, *, dpi: int, timeout: float) -> Outcome:
    """Draw pages that have one preamble.

    Args:
        pages: The pages, each of which ``fits``.
        made: What TeX begins with.
        dpi: Dots an inch.
        timeout: Wall-clock limit for all of them, in seconds.
    """
    set_ones = [number for number, page in enumerate(pages) if page.text]
    plain = [number for number, page in enumerate(pages) if not page.text]
    order = [*set_ones, *plain]
    tex, lines = _document([pages[number] for number in set_ones], made)
    files = {
        "set.tex": tex.encode(),
        "plain.ps": b"".join(_plain(pages[number]) for number in plain),
        "sizes.ps": _SIZES.format(sizes=" ".join(_size(pages[n]) for n in order)).encode(),
        **_layers([pages[number] for number in set_ones]),
    }
    sets = " ".join([*(["set.ps"] if set_ones else []), *(["plain.ps"] if plain else [])])
    script = f"dpi={dpi} sets='{sets}'\n{_TEX if set_ones else ''}{_DRAW}"
    limits = Limits(cpu_seconds=int(timeout) + 2, file=_FILE_LIMIT, scratch=_SCRATCH)
    mounted = {NAME: made.file}
    with sandbox().launch(["sh", "-c", script], files, limits, mounted) as launch:
        finished = run(launch, timeout=timeout, output_limit=_OUTPUT_LIMIT, log_limit=_LOG_LIMIT)
    if finished.ending is not Ending.EXIT or finished.code != 0:
        faulty = [int(line) for line in _WRONG.findall(finished.log.decode(errors="replace"))]
        return Outcome(wrong=frozenset(set_ones[_page_at(line, lines)] for line in faulty))
    pictures = _pictures(finished.output)
    if len(pictures) != len(pages):
        return Outcome()
    placed = dict(zip(order, pictures, strict=True))
    return Outcome(tuple(placed[number] for number in range(len(pages))))


def _document(pages: Sequence[Page], made: TexFormat) -> tuple[str, list[int]]:
    """Return the TeX of pages, and the number of the line each begins on."""
    preamble = pages[0].preamble if pages else ""
    text = [f"{made.head}{preamble}{made.macros}{_SETTING}"]
    lines, line = [], text[0].count("\n") + 1
    for number, page in enumerate(pages):
        lines.append(line)
        width, height = page.size
        body = page.text.replace(LAYER, f"{number}-")
        text.append(
            f"\\ASYpage{{{width + 18:f}}}{{{height + 18:f}}}{{{_offset(height)}}}%\n"
            f"\\begingroup%\n{FONTS}{body}\\endgroup\n\\clearpage\n"
        )
        line += text[-1].count("\n")
    return "".join([*text, "\\end{document}\n"]), lines


def _offset(height: float) -> int:
    """Return how far dvips moves a page up, in sp: a figure's lower edge comes to the paper's.

    The numbers are asy's, as is their rounding; dvips takes a bp as 65,782 sp.
    """
    height += 1.0
    moved = 792.0 - height - (137.8 - height if height < 13.0 else 124.8)
    return round(float(f"{moved:.6g}") * 65_782)


def _page_at(line: int, lines: Sequence[int]) -> int:
    return max(sum(first <= line for first in lines) - 1, 0)


def _layers(pages: Sequence[Page]) -> Mapping[str, bytes]:
    return {
        f"{number}-{layer}.eps": content
        for number, page in enumerate(pages)
        for layer, content in enumerate(page.layers)
    }


def _plain(page: Page) -> bytes:
    """Return a page that nothing is typeset on, as PostScript."""
    left, bottom, _, _ = page.box
    shift = f"asynext /asysave save def {-left:.9g} {-bottom:.9g} translate\n".encode()
    return b"%s%s\nclear asysave restore\n" % (shift, b"".join(page.layers))


def _size(page: Page) -> str:
    # With the digits that asy tells Ghostscript.
    width, height = page.size
    return f"[{width:.6g} {height:.6g}]"


def _pictures(output: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(output):
        end = output.find(b"\n", at)
        length = output[at:end]
        if end < 0 or not length.isdigit():
            return []
        found.append(output[end + 1 : end + 1 + int(length)])
        at = end + 1 + int(length)
    return found if at == len(output) else []
