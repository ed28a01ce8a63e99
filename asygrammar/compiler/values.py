"""What the names of a program stand for at its end, told beside what it draws.

A few calls come after the program's last line. They write the values of its top-level variables
and the scale of its picture into a file; that they cannot be meant by the program, and what they
write cannot be written by it, is up to a random word. What this module does not know: geometry.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from asygrammar.compiler import asy
from asygrammar.compiler.drawing import Drawing, Point, read_drawing
from asygrammar.compiler.picture import TOLD
from asygrammar.compiler.result import RenderError
from asygrammar.compiler.scan import Source, Token

Curve = tuple[Point, ...]
Value = float | Point | Curve
#: xx, yx, xy, yy, x, y: a point (u, v) goes to (xx*u + xy*v + x, yx*u + yy*v + y).
Transform = tuple[float, float, float, float, float, float]
IDENTITY: Transform = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)

# The types of variables that are told, each with the call that tells it. An array of points counts
# as points of their own. A `point` is geometry's.
_TELLING: Mapping[str, str] = {
    "int": "number",
    "real": "number",
    "pair": "place",
    "point": "place",
    "path": "curve",
    "guide": "curve",
    "pair[]": "places",
}
_MOST_NAMES = 400

_MODULE = r"""
private file told=output("%(word)s.told");
private string said(real x) {return string(x,15)+" ";}
private string said(pair z) {return said(z.x)+said(z.y);}
void number(string name, real x) {write(told,"number "+name+" "+said(x),endl);}
void place(string name, pair z) {write(told,"place "+name+" "+said(z),endl);}
void places(string name, pair[] z) {
  for(int i=0; i < z.length && i < 200; ++i)
    if(z.initialized(i)) place(name+"["+string(i)+"]",z[i]);
}
void curve(string name, path g) {
  if(size(g) == 0 || length(g) > 2000) return;
  write(told,"curve "+name+" "+said(point(g,0)));
  for(int i=0; i < length(g); ++i)
    write(told,said(postcontrol(g,i))+said(precontrol(g,i+1))+said(point(g,i+1)));
  write(told,"",endl);
}
void page(picture pic) {
  transform t=pic.empty() ? identity() : pic.calculateTransform();
  write(told,"page - "+said(t.xx)+said(t.yx)+said(t.xy)+said(t.yy)+said(t.x)+said(t.y),endl);
}
void ended() {write(told,"%(word)s",endl); close(told);}
"""


@dataclass(frozen=True)
class Told:
    """What a program draws, and what its names stand for.

    Attributes:
        drawing: What it draws, on the page.
        names: The values at its end of its top-level variables that are numbers, points or paths,
            in its own coordinates. An element of an array of points is called ``P[0]``; a path is
            its points: the first, then three for each cubic Bezier segment.
        page: From the program's coordinates to the page, in bp.
    """

    drawing: Drawing
    names: Mapping[str, Value] = field(default_factory=dict)
    page: Transform = IDENTITY


def draw_and_tell(source: str, timeout: float = 30) -> Told:
    """Run a program, and return what it draws and what its names stand for.

    A program whose names cannot be told is run again without that, and has none.

    Args:
        source: The program.
        timeout: Wall-clock limit of each run, in seconds.

    Raises:
        RenderError: The program has faults; the message is that of the first.
        CompilerMissing: ``asy`` is not installed.
    """
    word = f"s{secrets.token_hex(12)}"
    epilogue = asy.Epilogue(
        _calls(word, source), {f"{word}.asy": (_MODULE % {"word": word}).encode()}
    )
    result = asy.trace(source, timeout, epilogue)
    if not result.ok:
        # Only what the program itself is at fault for counts.
        result = asy.trace(source, timeout)
    if not result.ok:
        raise RenderError(result)
    drawn, *told = result.output.decode("latin-1").split(TOLD)
    names, page = _read(told, word)
    return Told(read_drawing(drawn), names, page)


def declared(source: str) -> dict[str, str]:
    """Return the names that a program declares at its top level, each with its type as written.

    A name that is declared again has its last type; functions are left out.
    """
    return {name: kind for kind, name in _declarations(Source(source).tokens)}


def _calls(word: str, source: str) -> str:
    """Return the lines that tell a program's names."""
    names = [(name, kind) for name, kind in declared(source).items() if kind in _TELLING]
    tells = [f'{word}.{_TELLING[kind]}("{name}",{name});' for name, kind in names[:_MOST_NAMES]]
    lines = [f"access {word};", f"{word}.page(currentpicture);", *tells, f"{word}.ended();"]
    return "\n".join(["", *lines, ""])


_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_PREFIXES = frozenset(("private", "public", "restricted", "static"))


def _declarations(tokens: Sequence[Token]) -> Iterator[tuple[str, str]]:
    """Yield type and name of each variable that is declared outside of all brackets."""
    depth, kind, begins, expected = 0, "", True, False
    for at, token in enumerate(tokens):
        text = token.text
        if depth == 0 and begins and token.kind == "word" and text not in _PREFIXES:
            kind = _type_at(tokens, at)
            expected = False
        elif depth == 0 and kind and token.kind == "word" and (expected or _follows(tokens, at)):
            after = "".join(one.text for one in tokens[at + 1 : at + 3])
            if after[:1] in ("=", ",", ";", "["):
                yield (f"{kind}[]" if after == "[]" else kind), token.text
            expected = False
        depth += (text in _OPENING) - (text in _CLOSING)
        begins = text in _PREFIXES or (depth == 0 and token.kind == "mark" and text in (";", "}"))
        if begins:
            kind = ""
        expected = depth == 0 and bool(kind) and text == ","


def _type_at(tokens: Sequence[Token], at: int) -> str:
    """Return the type that a declaration begins with, or nothing where none does."""
    after = [one.text for one in tokens[at + 1 : at + 5]]
    brackets = "[]" if after[:2] == ["[", "]"] else ""
    following = tokens[at + 1 + len(brackets) : at + 2 + len(brackets)]
    return tokens[at].text + brackets if following and following[0].kind == "word" else ""


def _follows(tokens: Sequence[Token], at: int) -> bool:
    """Whether a word stands right after the type of its declaration."""
    before = tokens[at - 1] if at else None
    return before is not None and (before.kind == "word" or before.text == "]")


_LINE = re.compile(r"(number|place|curve|page) (\S+) ([-+.\deE ]+)")


def _read(told: Sequence[str], word: str) -> tuple[Mapping[str, Value], Transform]:
    """Read the file that the calls have written; another one lacks the word."""
    names: dict[str, Value] = {}
    page = IDENTITY
    for line in next((text for text in told if word in text), "").splitlines():
        found = _LINE.fullmatch(line)
        if found is None:
            continue
        kind, name, said = found.groups()
        numbers = [float(number) for number in said.split()]
        points = tuple(zip(numbers[::2], numbers[1::2], strict=False))
        if kind == "page":
            xx, yx, xy, yy, x, y = numbers
            page = (xx, yx, xy, yy, x, y)
        elif kind == "curve":
            names[name] = points
        else:
            names[name] = points[0] if kind == "place" else numbers[0]
    return names, page
