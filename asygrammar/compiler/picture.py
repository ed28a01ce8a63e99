"""From a program to a picture's file: the commands, as one shell script inside the sandbox.

``asy`` makes pdf and eps by itself. For svg it needs ``dvisvgm``, and its png has 72 dots an inch,
so these two are converted from the pdf by poppler's ``pdftocairo``, which sets text as outlines: a
label looks the same on every machine.
"""

from __future__ import annotations

import re
import shutil

from asygrammar.compiler.result import CompilerMissing

#: The program's name in the sandbox; asy's messages begin with it.
PROGRAM = "figure.asy"

#: Exit statuses of the script beside those of ``asy``.
DREW_NOTHING = 100
NOT_CONVERTED = 101

FORMATS = ("svg", "png", "pdf", "eps")
#: No picture, but what one would be made of: TeX (its preamble first), and a PostScript file for
#: each layer between its labels, each after this mark. Pieces are those that asy makes a pdf of: an
#: eps has no opacity, and other widths of lines.
TRACE = "trace"
PIECES = "pieces"
TRACE_END = "\f%%layer\n"
#: Comes before each file of what was told beside the picture (see ``compiler.values``).
TOLD = "\f%%told\n"

#: Dots an inch of a png of no given width, twice a screen's, and the most that its longer side has:
#: a figure that forgets its size() is often some metres wide.
RESOLUTION = 200
LONGEST = 4000

# {0} is the picture that there is, {1} the one to make.
_EPS_TO_PDF = (
    "gs -q -P- -dSAFER -dBATCH -dNOPAUSE -dALLOWPSTRANSPARENCY -dEPSCrop -dAutoRotatePages=/None"
    " -dCompatibilityLevel=1.4 -sDEVICE=pdfwrite -sOutputFile={1} {0}"
)
_PDF_TO_EPS = "gs -q -P- -dSAFER -dBATCH -dNOPAUSE -sDEVICE=eps2write -sOutputFile={1} {0}"

#: dvips reads any file for TeX's \\special, unless -R2. 3D is drawn as vectors: there is no window.
ASY = "asy -noV -noglobalread -noglobalwrite -dvipsOptions=-R2 -render 0 -noprc"

# Layers are numbered from 0; a picture without labels has no TeX, and one layer without a number.
_TRACE = f"""
$asy {PROGRAM} </dev/null 1>&2
status=$?
[ $status -eq 0 ] || exit $status
[ -f figure.tex ] || [ -f figure.eps ] || exit {DREW_NOTHING}
[ -f figure.tex ] && cat figure.pre figure.tex
for layer in figure.eps figure_?.eps figure_??.eps figure_???.eps; do
  [ -f "$layer" ] && printf '\f%%%%layer\n' && cat "$layer"
done
for told in *.told; do
  [ -f "$told" ] && printf '\f%%%%told\n' && cat "$told"
done
exit 0
"""

# asy has Ghostscript make a pdf of each layer. That is spared, and what it would convert is kept;
# the outlines of a label's letters come from Ghostscript as well, and are not spared.
_SPARING = """
printf '#!/bin/sh\ncase "$*" in *=pdfwrite*) ;; *) exec gs "$@";; esac\n' >gs.sh && chmod +x gs.sh
"""
_TAKEN_APART = {
    TRACE: f"asy='{ASY} -f eps -inlinetex'\n{_TRACE}",
    PIECES: f"{_SPARING}asy='{ASY} -f pdf -inlinetex -keep -gs ./gs.sh'\n{_TRACE}",
}

_MADE_BY_ASY = {"svg": "pdf", "png": "pdf", "pdf": "pdf", "eps": "eps"}

_PACKAGES = {"asy": "asymptote", "pdftocairo": "poppler-utils"}

# Active contents of a pdf, which only PostScript smuggled into a label can put there.
_ACTIVE_PDF = re.compile(
    rb"/(JavaScript|JS|Launch|OpenAction|AA|EmbeddedFile|URI|SubmitForm|GoToR|RichMedia)\b"
)


def require(picture: str) -> None:
    """Raise where a program that drawing needs is not installed.

    Args:
        picture: A format.

    Raises:
        CompilerMissing: With the command that installs it.
    """
    for program in ("asy", "pdftocairo") if picture in ("svg", "png") else ("asy",):
        if shutil.which(program) is None:
            raise CompilerMissing(
                f"{program} is not installed, so no {picture} can be drawn; "
                f"to install it: apt-get install {_PACKAGES[program]}"
            )


def script(picture: str, width: int | None = None, dpi: int = RESOLUTION) -> str:
    """Return the shell script that draws ``PROGRAM`` and writes the picture on its output.

    All messages go to the standard error. Exit status: 0, that of ``asy``, or one of the above.

    Args:
        picture: A format, ``TRACE`` or ``PIECES``.
        width: Of a png, in pixels.
        dpi: Of a png of no given width, in dots an inch.
    """
    if picture in _TAKEN_APART:
        return _TAKEN_APART[picture]
    made = _MADE_BY_ASY[picture]
    # A program that ships its picture out by itself may choose another name and format.
    other = "eps" if made == "pdf" else "pdf"
    size = "$(scale)" if width is None else f"-scale-to-x {width} -scale-to-y -1"
    convert = {
        "svg": 'pdftocairo -svg "$picture" -',
        "png": f'pdftocairo -png -singlefile {size} "$picture" -',
    }.get(picture, 'cat "$picture"')
    exchange = (_EPS_TO_PDF if made == "pdf" else _PDF_TO_EPS).format('"$picture"', f"as.{made}")
    return f"""
{ASY} -f {made} {PROGRAM} </dev/null 1>&2
status=$?
[ $status -eq 0 ] || exit $status
find_picture() {{
  for picture in "figure.$1" ./*."$1"; do
    [ -f "$picture" ] && [ ! -L "$picture" ] && return 0
  done
  return 1
}}
scale() {{
  pdfinfo "$picture" | while read -r word other width by height unit; do
    [ "$word $other" = "Page size:" ] || continue
    side=${{width%.*}}
    [ "$side" -ge "${{height%.*}}" ] || side=${{height%.*}}
    if [ $((side * {dpi} / 72)) -gt {LONGEST} ]; then echo -scale-to {LONGEST}
    else echo -r {dpi}; fi
  done
}}
if find_picture {made}; then :
elif find_picture {other}; then
  {exchange} </dev/null 1>&2 && picture=as.{made} || exit {NOT_CONVERTED}
else exit {DREW_NOTHING}
fi
{convert} </dev/null || exit {NOT_CONVERTED}
"""


def is_active_pdf(output: bytes) -> bool:
    """Whether a pdf does more than show: scripts, links, attachments."""
    return _ACTIVE_PDF.search(output) is not None
