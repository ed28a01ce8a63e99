"""Faults that a template's programs show: they are written for some draws, run and looked at.

What this module does not know: how draws are chosen, and how a drawing is measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, zip_longest

from asygrammar.compiler import CompileResult
from asygrammar.diagnostics import Diagnostic
from asygrammar.layout import format_asy
from asygrammar.parser import AsySyntaxError
from asygrammar.template_draws import choose_draws, spell
from asygrammar.templates import Template, TemplateError
from asygrammar.text_places import TextLayout, look_at

# A page of A4 or letter paper less its margins, and the smallest picture, in bp (28.35 to a cm).
_PAGE = (482.0, 680.0)
_SMALLEST = 28.35
# Corners of two texts' boxes may meet while their ink does not; this far, in bp, it does.
_REACH = 1.5


@dataclass(frozen=True)
class _Finding:
    """What one draw shows.

    Attributes:
        line: Of the program, 1-based.
        kind: Of which one is told in a line.
        message: What is wrong and what to do; ``{}`` stands for the line ``other``.
        other: Another line that has to do with it.
    """

    line: int
    kind: str
    message: str
    other: int = 1


def program_faults(template: Template, draws: int) -> list[TemplateError]:
    """Return the faults that some draws of a template show, each once, with the draw's values.

    Args:
        template: The family.
        draws: How many draws to look at.

    Raises:
        CompilerMissing: ``asy`` is not installed.
    """
    fills, impossible = choose_draws(template, draws)
    laid_out = [_lay_out(fill.program) for fill in fills]
    readable = [text for text in laid_out if isinstance(text, str)]
    drawings = dict(zip(readable, look_at(readable), strict=True))
    faults: dict[tuple[int, str], TemplateError] = {}
    for fill, text in zip(fills, laid_out, strict=True):
        places = [line.line for line in template.standing(fill.values)]
        found = list(_in_layout(fill.program, text))
        if isinstance(text, str):
            found += _in_drawing(drawings[text])
        for finding in found:
            # A program that needs another layout may have more lines, or fewer.
            line, other = (places[min(n, len(places)) - 1] for n in (finding.line, finding.other))
            message = f"{finding.message.format(other)}, for {spell(template, fill)}"
            key = (line, finding.kind)
            faults.setdefault(key, TemplateError(template.path, line, message))
    return [*impossible, *faults.values()]


def _lay_out(program: str) -> str | AsySyntaxError:
    try:
        return format_asy(program)
    except AsySyntaxError as error:
        return error


def _in_layout(program: str, laid_out: str | AsySyntaxError) -> Iterator[_Finding]:
    if isinstance(laid_out, AsySyntaxError):
        yield _told("syntax", laid_out.diagnostic)
    elif laid_out != program:
        pairs = zip_longest(program.splitlines(), laid_out.splitlines(), fillvalue="")
        line, wanted = next((n, to) for n, (one, to) in enumerate(pairs, 1) if one != to)
        yield _Finding(line, "layout", _plain(f"not the canonical layout, which is `{wanted}`"))


def _in_drawing(drawing: TextLayout | CompileResult) -> Iterator[_Finding]:
    if isinstance(drawing, CompileResult):
        yield from (_told("compilation", fault) for fault in drawing.diagnostics[:1])
    elif not drawing.width and not drawing.height:
        yield _Finding(1, "nothing", "the program runs, but draws nothing")
    else:
        yield from _in_size(drawing)
        for text in drawing.texts:
            if text.cut:
                yield _Finding(text.line, "cut", "a clip further down cuts this text off: move it")
        for one, other in combinations(drawing.texts, 2):
            if one.overlap(other) > _REACH:
                message = "this text lies on one of line {}: move it"
                yield _Finding(other.line, "overlap", message, one.line)


def _in_size(drawing: TextLayout) -> Iterator[_Finding]:
    size = f"the picture is {drawing.width:.0f} by {drawing.height:.0f} bp"
    if drawing.width > _PAGE[0] or drawing.height > _PAGE[1]:
        page = f"a page has {_PAGE[0]:.0f} by {_PAGE[1]:.0f}"
        yield _Finding(1, "large", f"{size}, {page}: make it smaller, as size(10cm); does")
    if max(drawing.width, drawing.height) < _SMALLEST:
        yield _Finding(1, "small", f"{size}, too small to see: make it larger, as size(5cm); does")


def _told(kind: str, fault: Diagnostic) -> _Finding:
    hint = f" ({fault.hint})" if fault.hint else ""
    return _Finding(fault.span.line if fault.span else 1, kind, _plain(f"{fault.message}{hint}"))


def _plain(text: str) -> str:
    """Return a text in which a brace stands for itself."""
    return text.replace("{", "{{").replace("}", "}}")
