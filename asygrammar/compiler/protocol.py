"""What is said to a live ``asy``, and how its answers are told from what a program writes.

A statement goes in on one line, with calls around it that write marks. The marks hold a random word
that the program does not know, and the calls are in a module whose name holds it, so that nothing
that a program writes can pass for an answer. The line begins with as many spaces as the program
before it has bytes: where ``asy`` names a column, that is a place in the whole program.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from asygrammar.compiler.picture import PROGRAM
from asygrammar.compiler.scan import Source, Token

# The column at which a program's first byte stands, 0-based; room for the first mark.
_MARGIN = 64
_FAULT = re.compile(r"^\**-: 1\.(\d+): ", re.MULTILINE)
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")

# The steps of a statement, in their order; each leaves a mark.
BEGUN, DONE, LOOKED, EMPTY, ENDED = "begun", "done", "looked", "empty", "ended"

# Typesets what the picture gained since the last look. What an axis writes depends on the picture's
# scale a little, so that of the first look will do; `whole` draws everything as it will come out.
_MODULE = r"""
access settings;
private void mark(string text) {write('\n@%(word)s '+text+'@\n',flush);}
private picture seen;
private int count,count3,last;
private bool scaled;
private transform scale;
private pair least,most;
private void forget() {seen=new picture; count=count3=0; scaled=false;}
private void typeset(frame f) {
  if(!labels(f)) return;
  settings.verbose=3;
  max(f);
  texsize("\immediate\write16{%(tex)s=\the\currentgrouplevel}");
  settings.verbose=0;
}
private frame gained(picture pic) {
  frame f;
  if(!alias(pic,seen) || pic.nodes.length < count) forget();
  if(pic.nodes.length == count) return f;
  if(!scaled) {
    scaled=true;
    scale=pic.calculateTransform();
    least=pic.min(scale);
    most=pic.max(scale);
  }
  for(int i=count; i < pic.nodes.length; ++i)
    pic.nodes[i].d(f,scale,pic.T,least,most);
  return f;
}
private frame all(picture pic) {
  return pic.fitter == null ? pic.fit(pic.calculateTransform()) : pic.fit();
}
void skip() {seen=currentpicture; count=seen.nodes.length; count3=seen.nodes3.length;}
void begun(int i) {mark("begun "+string(i));}
void done(int i) {last=i; mark("done "+string(i));}
void look(int i, bool solid, bool anew) {
  if(last != i) return;
  if(anew) {settings.verbose=3; texsize(""); settings.verbose=0;}
  typeset(gained(currentpicture));
  if(solid && currentpicture.nodes3.length != count3) typeset(all(currentpicture));
  skip();
  mark("looked "+string(i));
}
void whole(int i) {
  if(currentpicture.empty()) {mark("empty "+string(i)); return;}
  frame f=all(currentpicture);
  typeset(f);
  pair m=min(f), M=max(f);
  mark("looked "+string(i)+" "+format("%%.6g ",m.x)+format("%%.6g ",m.y)
       +format("%%.6g ",M.x)+format("%%.6g",M.y));
}
void ended(int i) {settings.verbose=0; mark("ended "+string(i));}
void warm() {texsize("x");}
forget();
"""


@dataclass(frozen=True)
class Line:
    """A statement as it is sent.

    Attributes:
        text: The statement on one line, at its column.
        before: What has to run first, on a line of its own, or nothing.
    """

    text: bytes
    before: bytes = b""

    @property
    def bare(self) -> bytes:
        """The statement without the spaces around it."""
        return self.text.strip()


@dataclass(frozen=True)
class Protocol:
    """The words that one live ``asy`` and this side have agreed on.

    Attributes:
        word: The random word, of the marks.
        tex: Another one, for what TeX is made to write: a label may get to see that.
    """

    word: str = field(default_factory=lambda: f"s{secrets.token_hex(12)}")
    tex: str = field(default_factory=lambda: secrets.token_hex(12))

    @property
    def files(self) -> Mapping[str, bytes]:
        """The module that the process needs, by name."""
        return {f"{self.word}.asy": (_MODULE % {"word": self.word, "tex": self.tex}).encode()}

    def opening(self, *, tex: bool) -> bytes:
        """Return what is said first. The answer to it has the number 0.

        Args:
            tex: Whether to start TeX.
        """
        warm = f"{self.word}.warm();" if tex else ""
        return f"access {self.word}; atupdate(null);{warm}\n{self._call(ENDED, 0)}\n".encode()

    def asking(self, number: int, line: Line, *, solid: bool, anew: bool) -> bytes:
        """Return what runs a statement and typesets what it draws.

        Args:
            number: What the marks of the answer bear.
            line: The statement, as :func:`one_line` returns it.
            solid: Whether labels in space are to be looked at.
            anew: Whether TeX is to start anew, and to be listened to while it does.
        """
        flags = ",".join(str(flag).lower() for flag in (solid, anew))
        look = f"{self.word}.look({number},{flags});"
        return b"%s\n%s\n%s\n" % (
            self._around(number, line),
            look.encode(),
            self._call(ENDED, number).encode(),
        )

    def replaying(self, number: int, lines: Sequence[Line]) -> bytes:
        """Return what runs statements that were accepted before; their marks bear the number 0."""
        runs = b"".join(self._around(0, line) + b"\n" for line in lines)
        end = f"{self.word}.skip(); {self._call(ENDED, number)}\n"
        return runs + end.encode()

    def translating(self, number: int, line: Line) -> bytes:
        """Return what translates a statement without running it; ``done`` where that works."""
        wrapped = b"void %s_() {%s}" % (self.word.encode(), line.bare)
        done = f"{self._call(DONE, number)}\n{self._call(ENDED, number)}\n"
        return wrapped + done.encode()

    def finishing(self, number: int) -> bytes:
        """Return what draws the whole picture as it will come out."""
        return f"{self.word}.whole({number});\n{self._call(ENDED, number)}\n".encode()

    def marks(self, said: bytes) -> list[list[str]]:
        """Return the marks in what was said, each in its words."""
        found = re.findall(rb"\n@%s ([^@\n]*)@\n" % self.word.encode(), said)
        return [mark.decode(errors="replace").split() for mark in found]

    def ends(self, said: bytes, number: int) -> bool:
        """Whether an answer is complete."""
        return b"\n@%s ended %d@\n" % (self.word.encode(), number) in said

    def without_marks(self, said: bytes) -> bytes:
        """Return what the program itself wrote."""
        return re.sub(rb"\n@%s [^@\n]*@\n" % self.word.encode(), b"", said)

    def _around(self, number: int, line: Line) -> bytes:
        begun = self._call(BEGUN, number).encode()
        assert len(begun) <= _MARGIN
        done = self._call(DONE, number).encode()
        text = begun + line.text[len(begun) :] + b" " + done
        return line.before + b"\n" + text if line.before else text

    def _call(self, name: str, number: int) -> str:
        return f"{self.word}.{name}({number});"


def one_line(source: Source, offset: int, before: bytes = b"") -> Line:
    """Return a statement as it is sent, comments left out.

    Args:
        source: The statement.
        offset: How many bytes of the program are in front of it.
        before: What has to run first.
    """
    text, done = [], 0
    for token in source.tokens:
        text += [_blank(source.text[done : token.start]), _on_one_line(token)]
        done = token.end
    text.append(_blank(source.text[done:]))
    return Line(b" " * (_MARGIN + offset) + "".join(text).encode(), before)


def placed(log: str, program: str) -> str:
    """Return a log with the places that it names as places of a program's file."""
    data = program.encode()

    def place(found: re.Match[str]) -> str:
        offset = min(max(int(found[1]) - 1 - _MARGIN, 0), len(data))
        before = data[:offset]
        line, start = before.count(b"\n") + 1, before.rfind(b"\n") + 1
        return f"{PROGRAM}: {line}.{offset - start + 1}: "

    return _FAULT.sub(place, log)


def is_whole(source: Source) -> bool:
    """Whether a text ends where a statement may end."""
    last = source.tokens[-1]
    return last.kind == "mark" and last.text in (";", "}")


def is_single(source: Source) -> bool:
    """Whether a text is surely one statement alone."""
    depth, ends = 0, 0
    for token in source.tokens:
        depth += (token.text in _OPENING) - (token.text in _CLOSING)
        ends += depth == 0 and token.kind == "mark" and token.text in (";", "}")
    return ends == 1


def _blank(text: str) -> str:
    # Spaces for comments, as many as they have bytes, so that columns stay.
    return _COMMENT.sub(lambda found: " " * len(found[0].encode()), text).replace("\n", " ")


def _on_one_line(token: Token) -> str:
    if token.kind != "string" or "\n" not in token.text:
        return token.text
    # Strings side by side are one.
    return token.text.replace("\n", r"\n" if token.text[0] == "'" else "\" '\\n' \"")
