"""The commands ``asygrammar templates ...``: list, show, fill and check families; the gallery."""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from asygrammar.cli_parts import DONE, FAULTY, add

if TYPE_CHECKING:
    from asygrammar.formulas import Value
    from asygrammar.templates import Template

_SAMPLES = 5
_FACTS = ("family", "grade", "level", "about")


def add_templates(parser: argparse.ArgumentParser) -> None:
    """Add the actions of ``templates`` to its parser."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = add(actions, "list", _list, "list the families of figures")
    listing.add_argument("--grade", metavar="G", help="only of this band: K-2, 3-5, 6-8 or 9-12")
    listing.add_argument(
        "--level", metavar="L", help="foundation, conceptual, application or advanced"
    )
    show = add(actions, "show", _show, "tell what a family takes, and show sentences and program")
    fill = add(actions, "fill", _fill, "write a family's program for given values")
    for action in (show, fill):
        action.add_argument("family", metavar="FAMILY", help="its name, as `list` tells it")
    for action in (listing, show):
        action.add_argument("--json", action="store_true", help="print the answer as JSON")
    fill.add_argument(
        "values", nargs="*", metavar="NAME=VALUE", help="a slot's value, or a decoration's name"
    )
    fill.add_argument("-o", "--output", help="save the picture (svg, png, pdf, eps or asy)")
    gallery = add(actions, "gallery", _gallery, "draw all families on one page")
    gallery.add_argument(
        "-o", "--output", default="docs/gallery.md", metavar="FILE", help="default: %(default)s"
    )
    check = add(actions, "check", _check, "say what is wrong with template files")
    check.add_argument(
        "files", nargs="*", metavar="FILE", help="files or folders; default: those that are shipped"
    )
    check.add_argument(
        "--draws", type=int, default=20, metavar="N", help="programs a family: %(default)s"
    )
    check.add_argument("--json", action="store_true", help="print the faults as JSON")


def _list(options: argparse.Namespace) -> int:
    from asygrammar.templates import GRADES, LEVELS, load_templates

    for name, chosen, known in (
        ("grade", options.grade, GRADES),
        ("level", options.level, LEVELS),
    ):
        if chosen not in (None, *known):
            raise ValueError(f"a {name} is one of {', '.join(known)}, not {chosen!r}")
    rows = [
        {name: getattr(template, name) for name in _FACTS}
        for template in load_templates().values()
        if options.grade in (None, template.grade) and options.level in (None, template.level)
    ]
    if options.json:
        print(json.dumps(rows))
        return DONE
    widths = {name: max(len(row[name]) for row in rows) for name in (rows[0] if rows else ())}
    for row in rows:
        print("  ".join(row[name].ljust(width) for name, width in widths.items()).rstrip())
    return DONE


def _show(options: argparse.Namespace) -> int:
    template = _family(options.family)
    rng = random.Random(0)
    sentences = [template.say(rng)[0] for _ in range(_SAMPLES)]
    if not options.json:
        sys.stdout.write(_page(template, sentences))
        return DONE
    facts = {name: getattr(template, name) for name in (*_FACTS, "flags")}
    slots = {
        name: {"takes": slot.describe(), "default": template.defaults.get(name)}
        for name, slot in template.slots.items()
    }
    lines = _program(template)
    print(json.dumps(facts | {"slots": slots, "sentences": sentences, "program": lines}))
    return DONE


def _page(template: Template, sentences: Sequence[str]) -> str:
    """Return what people want to know of a family."""
    from asygrammar.slot_forms import show

    slots = []
    for name, slot in template.slots.items():
        default = template.defaults.get(name)
        usual = "" if default is None else f" (default {show(default)})"
        slots.append(f"{name}: {slot.describe()}{usual}")
    parts = {
        "slots": slots,
        "decorations": template.flags,
        "sentences": sentences,
        "program": _program(template),
    }
    page = f"{template.family}: {template.about}\ngrade {template.grade}, {template.level}\n"
    for title, lines in parts.items():
        if lines:
            page += "".join([f"\n{title}\n", *(f"  {line}\n" for line in lines)])
    return page


def _program(template: Template) -> list[str]:
    """Return the lines of a template's program as its file has them."""
    return [
        f"{line.text} //? {line.condition.text}" if line.condition else line.text
        for line in template.lines
    ]


def _fill(options: argparse.Namespace) -> int:
    from asygrammar.compiler import RenderError
    from asygrammar.saving import check_target, save_figure

    template = _family(options.family)
    fill = template.fill(_values(template, options.values))
    if options.output:
        check_target(options.output)
    print(fill.program, end="", flush=True)
    if options.output:
        try:
            save_figure(fill.program, options.output)
        except RenderError as fault:
            print(f"asygrammar: this program draws no picture: {fault}", file=sys.stderr)
            return FAULTY
        print(f"picture {options.output}", file=sys.stderr)
    return DONE


def _values(template: Template, given: Sequence[str]) -> dict[str, Value]:
    """Read ``NAME=VALUE`` for slots, and decorations by their names."""
    values: dict[str, Value] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if name in values:
            raise ValueError(f"{name} is given twice")
        if equals and name in template.flags:
            raise ValueError(f"{name} is a decoration: write {name} alone, or leave it out")
        if not equals and name in template.slots:
            takes = template.slots[name].describe()
            raise ValueError(f"{name} is a slot: write {name}=..., {takes}")
        values[name] = template.slots[name].read(value) if name in template.slots else True
    return values


def _gallery(options: argparse.Namespace) -> int:
    from asygrammar.gallery import write_gallery
    from asygrammar.templates import load_templates

    templates = list(load_templates().values())
    write_gallery(Path(options.output), templates, progress=_with_bar)
    print(options.output, file=sys.stderr)
    return DONE


def _check(options: argparse.Namespace) -> int:
    from asygrammar.template_checks import check_templates

    if options.draws < 1:
        raise ValueError(f"--draws must be 1 or more, not {options.draws}")
    paths = [Path(name) for name in options.files]
    faults = check_templates(paths, draws=options.draws, progress=_with_bar)
    if options.json:
        rows = [{"file": str(f.path), "line": f.line, "message": f.message} for f in faults]
        print(json.dumps(rows))
    else:
        for fault in faults:
            print(fault)
    return FAULTY if faults else DONE


def _family(name: str) -> Template:
    from asygrammar.templates import load_templates

    templates = load_templates()
    if name not in templates:
        close = ", ".join(get_close_matches(name, templates))
        meant = f"; did you mean {close}?" if close else ""
        raise ValueError(f"there is no family {name!r}: see asygrammar templates list{meant}")
    return templates[name]


def _with_bar(templates: Sequence[Template]) -> Iterable[Template]:
    """Go through families with a bar on stderr, where that is a terminal."""
    from tqdm import tqdm

    bar: Iterable[Template] = tqdm(templates, unit="family", disable=None)
    return bar
