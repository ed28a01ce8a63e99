"""Lines of every kind of statement, with gaps for what may be any: what begins a random line.

A template says what stands where: ``{any}`` an expression that may be any, ``{real}`` a plain value
of a type, ``{name:real}`` a variable of a type that the program has, ``{new:real}`` a name that it
is about to declare, ``{digit}`` a small number, ``{counter}`` the name that a loop counts with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from asygrammar.eval.plain_values import VALUES
from asygrammar.eval.usages import Line, Piece

_PART = re.compile(r"\{(\w+)(?::([\w\[\]]+))?\}")
_COUNTERS = ("i", "j", "k", "n")
#: The names that a program declares of each type, in turn; now and then one is made up.
_NAMES: Mapping[str, str] = {
    "int": "n m count",
    "real": "r s h",
    "pair": "A B C",
    "path": "p q g",
    "pen": "ink thin",
    "string": "text word",
    "triple": "U V",
    "real[]": "values data",
    "pair[]": "points z",
    "path[]": "paths",
}
_MADE_UP, _AGAIN, _LETTERS = 0.05, 0.5, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"


@dataclass(frozen=True, slots=True)
class Template:
    """A kind of line.

    Attributes:
        text: The line, without indentation and line break.
        weight: How often it is tried, compared with the others.
        block: What it opens: ``if``, ``else``, ``for``, ``while`` or ``function``; or nothing.
    """

    text: str
    weight: float = 1.0
    block: str = ""


#: The kinds of lines that stand anywhere.
TEMPLATES = (
    Template("pair {new:pair} = {any};", 3),
    Template("real {new:real} = {any};", 2),
    Template("int {new:int} = {any};", 2),
    Template("path {new:path} = {any};", 2),
    Template("pen {new:pen} = {any};"),
    Template("string {new:string} = {any};"),
    Template("pair {new:pair} = {any}, {new:pair} = {any};", 2),
    Template("real {new:real} = {any}, {new:real} = {any}, {new:real};"),
    Template("real[] {new:real[]} = {lb}{any}, {any}{rb};"),
    Template("pair[] {new:pair[]} = {lb}{any}, {any}, {any}{rb};"),
    Template("path[] {new:path[]};"),
    Template("draw({any});", 2),
    Template("draw({any}, {pen});", 2),
    Template("draw({any}--{any}--cycle);", 2),
    Template("fill({any}--{any}--{any}--cycle, {pen});"),
    Template("filldraw({any}--{any}--cycle, {any}, {any});"),
    Template('label("${any_tex}$", {any}, {any});', 2),
    Template("label({any}, {any});"),
    Template("dot({any});", 2),
    Template('dot("{any_tex}", {any}, {any});'),
    Template("size({digit}cm);"),
    Template("{name:pair} = {any};"),
    Template("{name:real} = {any};"),
    Template("{name:path} = {any};"),
    Template("{name:real} += {any};"),
    Template("{name:pair} *= {any};"),
    Template("{name:string} += {any};"),
    Template("++{name:int};"),
    Template("--{name:real};"),
    Template("{name:real[]}.push({any});"),
    Template("{name:pair[]}[{digit}] = {any};"),
    Template("{name:path[]}.push({any});"),
    Template("{name:pair[]}.cyclic = true;"),
    Template("if ({any}) {lb}", 1.5, "if"),
    Template("if ({any})"),
    Template("for (int {counter} = 0; {counter} < {digit}; ++{counter}) {lb}", 1.5, "for"),
    Template("for (int {counter} = {digit}; {counter} > 0; --{counter}) {lb}", 0.5, "for"),
    Template("for (real x = {real}; x < {digit}; x += {real}) {lb}", 0.3, "for"),
    Template("for (pair {new:pair} : {any}) {lb}", 0.5, "for"),
    Template("for (real {new:real} : {name:real[]}) {lb}", 0.5, "for"),
    Template("while ({any}) {lb}", 0.5, "while"),
    Template("real {function}(real x) {lb}", 1, "function"),
    Template("pair {function}(real x, pair a = {pair}) {lb}", 1, "function"),
    Template("void {function}(path g, pen ink = {pen}) {lb}", 1, "function"),
    Template("path {function}() {lb}", 0.5, "function"),
    Template("{free}", 2),
)
#: What may come at the top level alone.
AT_THE_TOP = (
    Template('usepackage("amsmath");', 0.3),
    Template("import {module};", 0.3),
)
#: What may come in a loop alone. What goes on with a ``while`` may never end it.
IN_A_LOOP = (Template("break;", 1.5), Template("continue;"))
IN_A_WHILE = (Template("break;", 1.5),)
#: A statement that draws, whatever came before it.
DRAWING = (
    Template("draw({pair}--{pair}--(4,4), {pen});"),
    Template("dot({pair});"),
    Template('label("$x$", {pair});'),
    Template("fill((0,0)--(1,0)--(1,1)--cycle, {pen});"),
)
_FUNCTIONS = ("f", "g", "curve", "mark")


@dataclass
class Names:
    """The names that a program has declared, by type, the innermost block's last."""

    declared: list[tuple[int, str, str]]

    def of(self, declared: str) -> list[str]:
        """Return the names of a type."""
        return [name for _, found, name in self.declared if found == declared]

    def leave(self, depth: int) -> None:
        """Forget what was declared in blocks deeper than some depth."""
        self.declared = [one for one in self.declared if one[0] <= depth]


@dataclass(frozen=True, slots=True)
class Filled:
    """A template as a line.

    Attributes:
        line: The line, its line break included.
        declares: The names that it declares, with their types.
        block: What it opens.
        target: Name of the function that it is to use, if there is one.
    """

    line: Line
    declares: tuple[tuple[str, str], ...] = ()
    block: str = ""
    target: str = ""


def choose(
    templates: Sequence[Template], names: Names, modules: Sequence[str], random: Random
) -> Filled:
    """Return one of some templates as a line."""
    weights = [template.weight for template in templates]
    while True:
        (template,) = random.choices(templates, weights)
        found = _fill(template, names, modules, random)
        if found is not None:
            return found


def _fill(
    template: Template, names: Names, modules: Sequence[str], random: Random
) -> Filled | None:
    """Return a template as a line; ``None`` where it needs a variable that there is not."""
    pieces: list[Piece] = [""]
    counter = random.choice(_COUNTERS)
    declares: list[tuple[str, str]] = []
    at = 0
    for part in _PART.finditer(template.text):
        pieces[-1] = f"{pieces[-1]}{template.text[at : part.start()]}"
        at = part.end()
        what, kind = part[1], part[2]
        if what in ("any", "any_tex", "free"):
            pieces += [None, ""]
            continue
        if what == "new":
            text = _new_name(kind, names, len(declares), random)
            declares.append((kind, text))
        elif what == "name":
            known = names.of(kind)
            if not known:
                return None
            text = random.choice(known)
        else:
            text = _word(what, counter, modules, random)
        pieces[-1] = f"{pieces[-1]}{text}"
    pieces[-1] = f"{pieces[-1]}{template.text[at:]}" + ("\n" if template.text != "{free}" else "")
    line = tuple(piece for piece in pieces if piece != "")
    return Filled(line, tuple(declares), template.block)


def _word(what: str, counter: str, modules: Sequence[str], random: Random) -> str:
    words = {"lb": "{", "rb": "}", "counter": counter}
    if what in words:
        return words[what]
    if what == "digit":
        return random.choice("1234")
    if what == "module":
        return random.choice(modules)
    return random.choice(_FUNCTIONS if what == "function" else VALUES[what])


def _new_name(kind: str, names: Names, skip: int, random: Random) -> str:
    """Return a name for a type: one that it has, or the first not taken, so that scopes recur."""
    if random.random() < _MADE_UP:
        return "".join(random.choices(_LETTERS, k=random.randint(1, 4)))
    taken = names.of(kind)
    if taken and not skip and random.random() < _AGAIN:
        return random.choice(taken)
    free = [name for name in _NAMES[kind].split() if name not in taken]
    return free[min(skip, len(free) - 1)] if free else random.choice(_NAMES[kind].split())


# The kinds of lines in canonical layout, each with its pattern; the first that fits counts.
_KINDS: Mapping[str, str] = {
    "import": r"(import|from|access) ",
    "usepackage": r"usepackage\(",
    "else": r"(} )?else\b",
    "closing": r"}$",
    "if": r"if \(",
    "for each": r"for \(\w+(\[\])* \w+ : ",
    "for": r"for \(",
    "while": r"while \(",
    "return": r"return\b",
    "break": r"break;",
    "continue": r"continue;",
    "function": r"\w+(\[\])* \w+\(.*\) {$",
    "increment": r"(\+\+|--)",
    "declaration": r"\w+(\[\])* \w+(\[\])?( =|,|;)",
    "update": r"\S+ [-+*/^]= ",
    "assignment": r"\S+ = ",
    "method": r"\w+(\[\w+\])?\.\w+\(",
    "call": r"\w+\(",
}


def kind_of(line: str) -> str | None:
    """Return what kind of statement stands on a line; ``None`` where it closes a block."""
    for kind, pattern in _KINDS.items():
        if re.match(rf" *{pattern}", line):
            return kind if kind != "closing" else None
    return "other"


# What makes a line fail when it runs, more often than not: powers and divisions of random numbers,
# subscripts, functions that are not defined everywhere, and areas whose outline is not closed.
_RISKS = (
    r"[\^/%#]|\*\*|[\d.]e[-+\d]",
    r"\b(nan|inf|infinity|undefined|int(Max|Min)|real(Max|Min|Epsilon)|randMax)\b",
    r"[\w)]\[[^]]",
    r"\b(newton|findroot|simpson|quotient|remainder|fmod|factorial|choose|gamma|log\w*|sqrt)\(",
    r"\b(a\w*(sin|cos|tan|sec|csc)h?|aSin|aCos|Jn?|Yn?|zeta\w*|\w*roots|pairs|sequence)\(",
    r"\b(\w*circle|\w*center|\w*mark\w*|inter\w+|extension|\w*arc|polygon|dir|unit|cross)\(",
    r"\b(random\w*|buildcycle|time|\w*points|cevian|surface|periodic|Spline|math)\(",
    r"\badd\(currentpicture|\bremainder|\bpattern\(|\b(begin)?clip\(|\bimage\(",
    r"\b(\w*fill\w*|\w*shade|inside|interior|windingnumber|size)\((?!.*cycle)",
    r"\bnew \w+\[[^]]|^ *while \(.*\)$|^ *(--|\+\+)?[ijkn]( [-+*]?= .*)?;$",
)
_STRING = re.compile(r'"[^"]*"')


def is_risky(line: str, target: str = "") -> bool:
    """Tell whether a line is of a kind that often fails when it runs.

    Args:
        line: The line.
        target: Name of a function that is called whatever the risk.
    """
    text = _STRING.sub('""', line)
    if target.startswith("operator "):
        return False
    if target:
        text = re.sub(rf"\b{target}\(", "(", text, count=1)
    return any(re.search(risk, text) for risk in _RISKS)
