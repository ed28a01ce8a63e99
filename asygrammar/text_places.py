"""What programs draw: where their texts stand and how large the picture is.

Many programs run in one compilation, each in a block of its own with a picture of its own, with
calls between their lines that note what has been drawn so far. ``asy`` and TeX themselves measure
the texts. What this module does not know: what a picture should look like.

A text is seen where it stands by itself: ``label``, and the texts of ``draw`` and ``dot``. Those
that an axis writes, that come with a picture as a whole, and those in space are not seen.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from asygrammar.compiler import CompileResult, compile

# A text's box has this much around the ink, in bp.
_AROUND = 1.4
# Seconds for the programs of one run.
_TIMEOUT = 120

# Names end in a random word, so that no program can mean them. A node that has texts is drawn a
# second time into a larger picture: what keeps its size there is one text by itself. A clip is
# known by what it does to a large square, and cuts a text off where it makes its box smaller.
_MEASURING = """
picture[] drawn_W;
int[] nodes_W;
void begin_W() {
  currentpicture = new picture;
  resetdefaultpen();
  currentpen = defaultpen;
  nodes_W = new int[];
}
void note_W() {
  nodes_W.push(currentpicture.nodes.length);
}
string box_W(frame f) {
  pair low = min(f);
  pair high = max(f);
  real[] edges = {low.x, low.y, high.x, high.y};
  string told;
  for (real edge : edges) {
    told += format(",%.1f", edge);
  }
  return substr(told, 1);
}
void end_W(int number) {
  picture p = currentpicture;
  string told;
  if (!p.empty()) {
    transform t = p.calculateTransform();
    pair low = p.min(t);
    pair high = p.max(t);
    frame[] frames;
    int[] clips;
    for (int i = 0; i < p.nodes.length; ++i) {
      frame f;
      p.nodes[i].d(f, t, p.T, low, high);
      frames.push(f);
      frame square;
      fill(square, box((-99999,-99999), (99999,99999)));
      p.nodes[i].d(square, t, p.T, low, high);
      if (max(square).x-min(square).x < 190000) {
        clips.push(i);
      }
    }
    int statement = 0;
    for (int i = 0; i < frames.length; ++i) {
      while (statement+1 < nodes_W.length && nodes_W[statement+1] <= i) {
        ++statement;
      }
      if (labels(frames[i])) {
        frame larger;
        p.nodes[i].d(larger, scale(1.5)*t, p.T, 1.5*low, 1.5*high);
        pair size = max(frames[i])-min(frames[i]);
        if (abs(max(larger)-min(larger)-size) < 0.01) {
          frame kept;
          add(kept, frames[i]);
          for (int j : clips) {
            if (j > i) {
              p.nodes[j].d(kept, t, p.T, low, high);
            }
          }
          pair left = max(kept)-min(kept);
          bool cut = left.x < size.x-0.5 || left.y < size.y-0.5;
          told += " "+string(statement)+(cut ? "!" : ":")+box_W(frames[i]);
        }
      }
    }
    told = box_W(p.fit())+told;
    drawn_W.push(p);
  }
  write('\n@W '+string(number)+" "+told+"@");
}
"""
_ALL_OF_THEM = """currentpicture = new picture;
for (picture p : drawn_W) {
  add(p.fit(), (0,0));
}
"""


@dataclass(frozen=True)
class TextBox:
    """A text in a picture.

    Attributes:
        line: The program's line that draws it, 1-based; the first one of a block.
        left: The left edge of its ink, in bp, as the others.
        bottom: The lower edge.
        right: The right edge.
        top: The upper edge.
        cut: Whether a ``clip`` that comes after it cuts some of it off.
    """

    line: int
    left: float
    bottom: float
    right: float
    top: float
    cut: bool

    def overlap(self, other: TextBox) -> float:
        """Return how far this text reaches into another, in bp; not positive if it does not."""
        return min(
            min(self.right, other.right) - max(self.left, other.left),
            min(self.top, other.top) - max(self.bottom, other.bottom),
        )


@dataclass(frozen=True)
class TextLayout:
    """What one program draws.

    Attributes:
        width: Of the picture, in bp (1/72 inch); 0 where nothing is drawn.
        height: Of the picture, in bp.
        texts: The texts that stand by themselves, in the order of drawing.
    """

    width: float
    height: float
    texts: tuple[TextBox, ...]


def look_at(programs: Sequence[str]) -> list[TextLayout | CompileResult]:
    """Run programs and tell what each of them draws.

    Args:
        programs: Programs in the canonical layout.

    Returns:
        For each program its drawing, or the compilation that failed. One that is ``ok`` is of a
        program that compiles and does not run inside of a block, or has some thousand texts.

    Raises:
        CompilerMissing: ``asy`` is not installed.
    """
    found: dict[int, TextLayout | CompileResult] = {}
    waiting = list(range(len(programs)))
    while waiting:
        drawings, result = _together(programs, waiting)
        found |= drawings if result.ok and drawings else _alone(programs, waiting, len(drawings))
        waiting = [number for number in waiting if number not in found]
    return [found[number] for number in range(len(programs))]


def _alone(
    programs: Sequence[str], chosen: Sequence[int], ran: int
) -> Mapping[int, TextLayout | CompileResult]:
    """Find programs with a fault by compiling each alone; without one, look at each alone.

    Args:
        programs: All of them.
        chosen: Those that were run together, and did not end well.
        ran: How many of these ran to their end: the next one is the first to suspect.
    """
    alone: dict[int, CompileResult] = {}
    for suspects in (chosen[ran : ran + 1], chosen):
        alone |= {n: compile(programs[n], "eps") for n in suspects if n not in alone}
        failed = {number: result for number, result in alone.items() if not result.ok}
        if failed:
            return failed
    return {n: _together(programs, [n])[0].get(n, result) for n, result in alone.items()}


def _together(
    programs: Sequence[str], chosen: Sequence[int]
) -> tuple[Mapping[int, TextLayout], CompileResult]:
    """Run some programs together; those whose answer is not in the log are left out."""
    word = secrets.token_hex(8)
    parts = [_MEASURING, *(_measured(programs[number], number) for number in chosen), _ALL_OF_THEM]
    source = "".join(parts).replace("_W", f"_{word}").replace("@W", f"@{word}")
    result = compile(source, "eps", _TIMEOUT)
    told = re.findall(rf"^@{word} (\d+) (.*)@$", result.log, re.MULTILINE)
    return {int(n): _drawing(text, programs[int(n)]) for n, text in told}, result


def _measured(program: str, number: int) -> str:
    """Return a program as a block, with a call that notes before each of its statements."""
    lines = program.splitlines(keepends=True)
    noted = "".join(line if _goes_on(line) else f"note_W();{line}" for line in lines)
    return f"begin_W();\n{{\n{noted}}}\nend_W({number});\n"


def _goes_on(line: str) -> bool:
    """Tell whether a line belongs to the statement above it."""
    return line.startswith((" ", "}", "else"))


def _drawing(told: str, program: str) -> TextLayout:
    if not told:
        return TextLayout(0, 0, ())
    page, *texts = told.split(" ")
    left, bottom, right, top = map(float, page.split(","))
    lines = enumerate(program.splitlines(), 1)
    starts = [number for number, line in lines if not _goes_on(line)]
    boxes = tuple(_text_box(text, starts) for text in texts)
    return TextLayout(right - left, top - bottom, boxes)


def _text_box(told: str, starts: Sequence[int]) -> TextBox:
    statement, cut, edges = re.split("([:!])", told)
    left, bottom, right, top = map(float, edges.split(","))
    return TextBox(
        line=starts[int(statement)],
        left=left + _AROUND,
        bottom=bottom + _AROUND,
        right=right - _AROUND,
        top=top - _AROUND,
        cut=cut == "!",
    )
