"""The gallery: a page with a picture of every family of figures, and a sentence that asks for it.

The same families give the same page and the same pictures, to the byte.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from asygrammar.compiler import render
from asygrammar.files import check_writable, write_whole
from asygrammar.templates import GRADES, Fill, Template

# Of so many sentences of a family, the one that asks for most is shown.
_SENTENCES = 30
_PICTURES = Path("images", "gallery")

_HEAD = """\
# Gallery

The {count} families of figures, each with one of the sentences that ask for it. Written by
`asygrammar templates gallery`; a family is one file in `grammars/templates/`
([how to add one](extending.md)).
"""
_TABLE = """
## Grades {grade}

| picture | family |
| --- | --- |
"""
_ROW = "| ![{about}]({picture}) | **{family}** ({level})<br>{about}<br>*{sentence}* |\n"


def write_gallery(
    page: Path,
    templates: Sequence[Template],
    *,
    progress: Callable[[Sequence[Template]], Iterable[Template]] = iter,
) -> None:
    """Draw every family, and write the page that shows them.

    Args:
        page: The page's file; the pictures go into ``images/gallery`` beside it.
        templates: The families.
        progress: Goes through the families while they are drawn.

    Raises:
        ValueError: A file cannot be written, or a program has a fault.
        CompilerMissing: ``asy`` or ``pdftocairo`` is not installed.
    """
    check_writable(page)
    (page.parent / _PICTURES).mkdir(parents=True, exist_ok=True)
    rows: dict[str, str] = dict.fromkeys(GRADES, "")
    for template in progress(templates):
        sentence, fill = show_piece(template)
        picture = _PICTURES / f"{template.family}.svg"
        write_whole(page.parent / picture, render(fill.program, "svg"))
        rows[template.grade] += _ROW.format(
            family=template.family,
            level=template.level,
            about=markdown_cell(template.about),
            picture=picture.as_posix(),
            sentence=markdown_cell(sentence[:1].upper() + sentence[1:]),
        )
    tables = (_TABLE.format(grade=grade) + text for grade, text in rows.items() if text)
    head = _HEAD.format(count=len(templates))
    write_whole(page, "".join([head, *tables]).encode("utf-8"))


def show_piece(template: Template) -> tuple[str, Fill]:
    """Return the sentence and the figure that stand for a family: many decorations, few words."""
    rng = random.Random(f"gallery/{template.family}")
    drawn = [template.say(rng) for _ in range(_SENTENCES)]
    return max(drawn, key=lambda pair: (_decorations(template, pair[1]), -len(pair[0])))


def _decorations(template: Template, fill: Fill) -> int:
    return sum(bool(fill.values[flag]) for flag in template.flags)


def markdown_cell(text: str) -> str:
    """Return a text as a cell of a table shows it."""
    for sign in "\\*_<>|":
        text = text.replace(sign, f"\\{sign}")
    return text
