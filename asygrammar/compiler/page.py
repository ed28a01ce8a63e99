"""A picture before it is set, as a page that may be set together with the pages of others.

What a program leaves for TeX and PostScript is hostile text. A page of its own file can spoil
nothing but itself; among others it could define, write or draw over what is theirs. So only what is
known to leave nothing behind passes: asy's own lines, labels of known commands, paths, and pens.
Whatever else there is, its picture is drawn alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from asygrammar.compiler.picture import TRACE_END
from asygrammar.compiler.tex_words import COMMANDS, ENVIRONMENTS, PACKAGES

#: Stands for what the layers of one page are told from those of others by. No label has it.
LAYER = "\x1a"

# Coordinates beyond this are not drawn by everything that comes after asy, in bp.
_FARTHEST = 14_000.0
# The most that one page comes to, in bytes.
_LARGEST = 1 << 20
_BP = 72.27 / 72


@dataclass(frozen=True)
class Page:
    """One picture's text and layers.

    Attributes:
        preamble: What the program adds to TeX's preamble.
        text: Its TeX, less what is the same for every page; ``LAYER`` stands before the number of
            each layer. Empty where nothing is typeset.
        layers: Encapsulated PostScript, from the lowest to the uppermost.
        box: Left, bottom, right and top in bp.
    """

    preamble: str
    text: str
    layers: tuple[bytes, ...]
    box: tuple[float, float, float, float]

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in bp."""
        left, bottom, right, top = self.box
        return right - left, top - bottom


def page_of(traced: bytes, preamble: str) -> Page | None:
    """Return the page that a trace makes (see ``asy.trace``); ``None``: draw it alone.

    Args:
        traced: What the trace wrote.
        preamble: What asy always writes into TeX's preamble.
    """
    tex, *layers = traced.split(TRACE_END.encode())
    whole = len(traced) <= _LARGEST and all(map(_is_harmless, layers))
    try:
        text = tex.decode()
    except UnicodeDecodeError:
        return None
    added, found, body = text.partition(preamble + _START)
    box = _box_of(layers[0]) if whole and layers else None
    if not (found and box and _PREAMBLE.fullmatch(added)):
        return None
    written = _body(body, len(layers), box)
    return None if written is None else Page(added, written, tuple(layers), box)


# ------------------------------------------------------------------------------ PostScript

# Possessive, for hostile text to be read in one go as well.
_NUMBER = r"[-+]?(?:\d++\.?\d*+|\.\d++)(?:[eE][-+]?\d++)?"
_EPS = re.compile(
    rb"%!PS-Adobe-3\.0 EPSF-3\.0\n"
    rb"(?:%%(?:BoundingBox|HiResBoundingBox|Creator|CreationDate|Pages|Page):[^\n%()<>]*\n)*"
    rb"(?P<setting>/Setlinewidth \{0 exch dtransform dup abs 1 lt \{pop 0\}\{round\} ifelse\n"
    rb"idtransform setlinewidth pop\} bind def\n)?"
    rb"(?P<body>[^%]*)%%EOF\n"
)
_BOX = re.compile(
    rb"^%%%%HiResBoundingBox: %s\n" % b" ".join([b"(%s)" % _NUMBER.encode()] * 4), re.M
)
_OPERATORS = (
    "newpath|moveto|lineto|curveto|closepath|stroke|fill|eofill|clip|eoclip|gsave|grestore|concat"
    "|setgray|setrgbcolor|setcmykcolor|setlinewidth|Setlinewidth|setlinecap|setlinejoin"
    r"|setmiterlimit|setdash|/Compatible|/Normal|\.setblendmode|\.setfillconstantalpha"
    r"|\.setstrokeconstantalpha|showpage"
)
_DRAWS = re.compile(rf"\s*+(?:(?:{_NUMBER}|{_OPERATORS}|\[[-+.\deE\s]*\])(?:\s++|$))*+".encode())


def _is_harmless(layer: bytes) -> bool:
    """Whether a layer only draws lines and areas."""
    found = _EPS.fullmatch(layer)
    return found is not None and _DRAWS.fullmatch(found["body"]) is not None


def _box_of(layer: bytes) -> tuple[float, float, float, float] | None:
    found = _BOX.search(layer)
    if found is None:
        return None
    left, bottom, right, top = (float(found[i]) for i in range(1, 5))
    inside = max(map(abs, (left, bottom, right, top))) < _FARTHEST
    return (left, bottom, right, top) if inside and left < right and bottom < top else None


# ------------------------------------------------------------------------------------- TeX

_PREAMBLE = re.compile(rf"(?:\\usepackage\{{(?:{'|'.join(PACKAGES)})\}}\n)*")
#: What asy says before a picture's first layer.
FONTS = """\\makeatletter%
\\let\\ASYencoding\\f@encoding%
\\let\\ASYfamily\\f@family%
\\let\\ASYseries\\f@series%
\\let\\ASYshape\\f@shape%
\\makeatother%
"""
_START = "\\setlength{\\unitlength}{1pt}%\n" + FONTS
_N = rf"({_NUMBER})"
_PATH = rf"(?:newpath)?(?: {_NUMBER})*+[ ]?(?:moveto|lineto|curveto|closepath|clip|eoclip)?\n"
# One piece of asy's text after the other. Places are told from the right end of the picture, which
# is where the first layer leaves TeX; asy's own document tells them from the left.
_PIECE = re.compile(
    rf"(?P<layer>(?:\\kern {_NUMBER}pt%\n)?\{{\\catcode`\"=12%\n"
    rf"\\includegraphics\[bb={' '.join([_NUMBER] * 4)}\]\{{figure_(?P<number>\d+)\}}%\n\}}%\n)"
    rf"|(?P<pen>\\special\{{ps:[ ]*(?:{_NUMBER} )+set(?:gray|rgbcolor|cmykcolor)\}}%\n"
    rf"|\\fontsize\{{{_NUMBER}\}}\{{{_NUMBER}\}}\\selectfont%\n"
    r"|\\usefont\{\\ASYencoding\}\{\\ASYfamily\}\{\\ASYseries\}\{\\ASYshape\}%\n"
    r"|\\special\{ps:(?:gsave|grestore)\}%\n"
    rf"|\\begin\{{picture\}}\([ ]?{_NUMBER},[ ]?{_NUMBER}\)%\n|\\end\{{picture\}}%\n"
    rf"|\\kern {_NUMBER}pt%\n)"
    rf"|\\special\{{ps:\\ASYraw\{{\n(?P<path>(?:{_PATH})+)\}}%\n\}}%\n"
    rf"|\\ASYalign(?P<turned>T?)\((?P<x>{_NUMBER}),(?P<rest>{_NUMBER}\)\({_NUMBER},{_NUMBER}\)"
    rf"(?(turned)(?:\{{{' '.join([_NUMBER] * 4)}\}})?))"
    r"\{(?P<label>.*?)\}%\n(?=\\|\{\\catcode|\Z)",
    re.DOTALL,
)
_POINT = re.compile(rf"(?<![\d.]){_N} ({_NUMBER})(?= )")


def _body(body: str, layers: int, box: tuple[float, float, float, float]) -> str | None:
    """Return a page's text as asy's own document has it, or ``None`` if there is more to it."""
    width = box[2] - box[0]
    written, at, shown, typeset = list[str](), 0, 0, False
    while at < len(body):
        piece = _PIECE.match(body, at)
        if piece is None:
            return None
        at = piece.end()
        if piece["layer"]:
            if int(piece["number"]) != shown:
                return None
            inclusion = piece["layer"][piece["layer"].index("{\\catcode") :]
            inclusion = inclusion.replace(f"{{figure_{shown}}}", f"{{{LAYER}{shown}.eps}}")
            written.append(f"{inclusion}\\kern {-width * _BP:.6f}pt%\n")
            shown += 1
        elif piece["path"]:
            path = _POINT.sub(lambda p: f"{float(p[1]) + width:.6f} {p[2]}", piece["path"])
            written.append(f"\\special{{ps:\\ASYraw{{\n{path}}}%\n}}%\n")
        elif piece["x"]:
            if not is_harmless_label(piece["label"]):
                return None
            typeset = True
            x = float(piece["x"]) + width * _BP
            command = f"\\ASYalign{piece['turned']}({x:.6f},{piece['rest']}"
            written.append(f"{command}{{{piece['label']}}}%\n")
        else:
            written.append(piece["pen"])
    if shown != layers or not body.startswith("{\\catcode"):
        return None
    return "".join(written) if typeset else ""


_TOKEN = re.compile(
    r"\\(?P<name>[A-Za-z]+)\*?|\\(?P<sign>[^A-Za-z])|(?P<brace>[{}])|(?P<other>[%#]|\^\^|\\\Z)"
)
_SIGNS = frozenset("\\ ,;:!.'`^~=\"()[]{}$%&#_|/-@>\n")
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\{(\w*\*?)\}")


def is_harmless_label(label: str) -> bool:
    """Whether a label's TeX is known to set something, and to leave nothing behind."""
    depth = 0
    for token in _TOKEN.finditer(label):
        if token["brace"]:
            depth += 1 if token["brace"] == "{" else -1
        elif token["name"] in ("begin", "end"):
            environment = _ENVIRONMENT.match(label, token.start())
            if environment is None or environment[1] not in ENVIRONMENTS:
                return False
        elif token["other"] or not (token["name"] in COMMANDS or token["sign"] in _SIGNS):
            return False
        if depth < 0:
            return False
    return depth == 0 and label.replace("\n", " ").isprintable()
