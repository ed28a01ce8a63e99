"""One static grammar that makes undeclared names impossible, for servers that take llguidance's.

It is the decoder's grammar with the rules of ``grammars/scoped.lark`` in it. The names that a
program may declare are fixed, `SLOTS`; what is declared so far is a number with a bit for each,
which llguidance's parametric rules hand on (its docs/parametric.md). Beside them stand the names of
``plain``, and those of the modules in `MODULES` once imported.

It knows no types, except that a slot takes those of its row. What it cannot say at all: ``struct``,
``typedef``, ``from``, variables that hold functions, functions declared in blocks, other names.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from asygrammar.derivation import HEADER, Derivation, derive, write_lexeme
from asygrammar.gbnf import rule_trees
from asygrammar.lark_text import GrammarFault, override
from asygrammar.modules import Module, load_module
from asygrammar.rule_tree import (
    Choice,
    Literal,
    Reference,
    Repetition,
    Sequence,
    Tree,
    children,
    references,
)
from asygrammar.signatures import PLAIN


@dataclass(frozen=True)
class Slots:
    """Names that may be declared, and with which types.

    Attributes:
        rule: The rule of ``scoped.lark`` that lists them.
        types: The types, with brackets where they are arrays.
        names: The names.
    """

    rule: str
    types: tuple[str, ...]
    names: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


#: What figures declare, most of the time: points in capitals, all else in lower case. `lsf`,
#: `dps` and `ds` are what GeoGebra's export begins with, `names` and `func` are common.
SLOTS = (
    Slots(
        "points",
        _words("pair triple real int path guide transform pair[] real[] path[] triple[]"),
        tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ),
    Slots(
        "numbers",
        _words(
            "real int pair path pen string triple bool guide transform picture frame Label "
            "real[] int[] pair[] path[] pen[] string[]"
        ),
        _words("a b c d e f g h i j k l m n o p q r s t u v w x y z")
        + _words("xmin xmax ymin ymax names func lsf dps ds"),
    ),
)
#: Modules that may be imported; each takes a bit, as a slot does.
MODULES = _words("graph olympiad geometry three math TrigMacros cse5 markers")
#: Which slots may be functions, and which the variable of a loop.
FUNCTIONS = _words("f g h F G func")
LOOPED = _words("i j k n m a b p q t x y P")
_FORMAL_TYPES = _words("real int pair path pen string triple bool real[] pair[] path[]")
_LOOP_TYPES = _words("int real pair path string")
_BITS = 64


def derive_scoped(text: str, *, comments: bool = True, file: str = "asy.lark") -> Derivation:
    """Derive the scoped grammar; `write_scoped` writes it.

    Args:
        text: The text of ``asy.lark``.
        comments: Whether comments may stand where ``format_asy`` puts them.
        file: What to call the grammar in an error.

    Returns:
        A grammar whose rules ``_bit_X`` and ``_when_X`` stand for what sets and asks for a bit.

    Raises:
        GrammarFault: The text is no grammar, or lacks what ``scoped.lark`` builds on.
    """
    overlay = resources.files("asygrammar.grammars") / "scoped.lark"
    keywords = frozenset(derive(text, file=file).lexemes["NAME"].excluded)
    changes = overlay.read_text(encoding="utf-8") + _rules_of_the_table(keywords)
    merged = override(text, changes, file)
    return derive(merged, comments=comments, file=file)


@lru_cache(maxsize=1)
def _bits() -> dict[str, int]:
    """Give each slot and module a bit; names that are always there need none."""
    always = _names(load_module(PLAIN))
    declared = dict.fromkeys(name for row in SLOTS for name in row.names if name not in always)
    bits = {name: bit for bit, name in enumerate((*declared, *MODULES))}
    if len(bits) > _BITS:
        raise GrammarFault(f"{len(bits)} slots and modules: there are {_BITS} bits")
    return bits


def _rules_of_the_table(keywords: frozenset[str]) -> str:
    """Write the rules that list names, and the terminals, as ``scoped.lark`` expects them."""
    bits = _bits()

    def alternatives(names: Iterable[str], write: Callable[[str, str], str]) -> str:
        """Write one alternative a name; it is told what stands before the rule that knows it."""
        ways = (write(json.dumps(n), f"_bit_{n} " if n in bits else "") for n in names)
        return " | ".join(ways)

    every = tuple(name for row in SLOTS for name in row.names)
    lists = [
        *(
            (prefix + row.rule, row.names, f"{{}} _value_given {{}}{prefix}{row.rule}_more")
            for row in SLOTS
            for prefix in ("", "inner_")
        ),
        ("functions", FUNCTIONS, "{0} {1}function_after"),
        ("formal_names", every, "{} _default {}formals_more"),
        ("line_formal_names", every, "{} _default {}line_formals_more"),
        ("loop_names", LOOPED, '{} _sp "=" _sp _initializer {}loop_more'),
        ("each_names", LOOPED, '{} _sp ":" _sp expr {}_body'),
    ]
    rules = [f"{rule}: {alternatives(names, form.format)}" for rule, names, form in lists]
    rules.append("function_after: function_rest _nl listing_more")
    rules.append(f"imports: {' | '.join(f'{json.dumps(m)} _bit_{m} import_end' for m in MODULES)}")
    rules.append('import_end: ";" _nl listing_more')
    known = [f"_when_{name} {json.dumps(name)}" for name in bits if name not in MODULES]
    known += [f"_when_{module} {_terminal(module)}" for module in MODULES]
    rules.append(f"use: PLAIN | {' | '.join(known)}")
    named = {f"{m.upper()}_TYPE": m for m in MODULES if load_module(m).library.types}
    types = (f"_when_{module} {terminal}" for terminal, module in named.items())
    rules.append(f"module_type: {' | '.join(types)}")
    rules += [f"_bit_{name}:\n_when_{name}:" for name in bits]
    plain = _names(load_module(PLAIN))
    words = {
        "PLAIN": plain - keywords,
        "TYPE_CALLED": plain & keywords,
        **{_terminal(module): _names(load_module(module)) - plain - keywords for module in MODULES},
        **{terminal: load_module(module).library.types for terminal, module in named.items()},
        "POINT_TYPE": SLOTS[0].types,
        "NUMBER_TYPE": SLOTS[1].types,
        "FORMAL_TYPE": _FORMAL_TYPES,
        "LOOP_TYPE": _LOOP_TYPES,
    }
    rules += [f"{name}: {_any_of(found)}" for name, found in words.items()]
    return "\n".join(["", *rules, ""])


def _terminal(module: str) -> str:
    return f"{module.upper()}_NAME"


def _names(module: Module) -> frozenset[str]:
    """Return the names of a module that have signatures; operators are no names."""
    return frozenset(name for name in module.names if name.isidentifier())


def _any_of(words: Iterable[str]) -> str:
    """Write a pattern for one of some words; ``[]`` may stand in them."""
    escaped = (word.replace("[", r"\[").replace("]", r"\]") for word in sorted(words))
    return f"/({'|'.join(escaped)})/"


# ------------------------------------------------------------------------------------- writing


def write_scoped(derived: Derivation) -> str:
    """Write a scoped grammar in llguidance's dialect of Lark."""
    bits = _bits()
    rules = {
        name: tree
        for name, tree in rule_trees(derived).items()
        if not name.startswith(("_bit_", "_when_"))
    }
    writer = _Writer(bits, _parametric(rules))
    lines = [HEADER, ""]
    for name, tree in rules.items():
        given = "::_" if name in writer.parametric and name != "start" else ""
        lines.append(f"{name}{given}: {writer.alternatives(tree, name == 'start')}")
    lines.append("")
    lines += [f"{name}: {write_lexeme(lexeme)}" for name, lexeme in derived.lexemes.items()]
    return "\n".join([*lines, ""])


def _parametric(rules: dict[str, Tree]) -> frozenset[str]:
    """Find the rules that need the number: those that lead to one with a condition."""
    used = {name: frozenset(references(tree)) for name, tree in rules.items()}
    found = frozenset(n for n, names in used.items() if any("_when_" in name for name in names))
    while True:
        more = found | {name for name, names in used.items() if found & names}
        if more == found:
            return found
        found = more


class _Writer:
    def __init__(self, bits: dict[str, int], parametric: frozenset[str]) -> None:
        self.bits, self.parametric = bits, parametric

    def alternatives(self, tree: Tree, first: bool) -> str:
        """Write a right-hand side; in the first rule nothing is declared yet."""
        ways = tree.alternatives if isinstance(tree, Choice) else (tree,)
        own = "0" if first else "_"
        return " | ".join(self._alternative(way, own) for way in ways)

    def _alternative(self, tree: Tree, own: str) -> str:
        parts = list(tree.parts) if isinstance(tree, Sequence) else [tree]
        condition, given, words = "", own, []
        for part in parts:
            name = part.name if isinstance(part, Reference) else ""
            if name.startswith("_when_"):
                condition = f" %if bit_set({self.bits[name.removeprefix('_when_')]})"
            elif name.startswith("_bit_"):
                given = f"set_bit({self.bits[name.removeprefix('_bit_')]})"
            else:
                words.append(self._part(part, given))
                given = own
        return (" ".join(words) or '""') + condition

    def _part(self, tree: Tree, given: str) -> str:
        if isinstance(tree, Literal):
            return json.dumps(tree.text)
        if isinstance(tree, Reference):
            return f"{tree.name}::{given}" if tree.name in self.parametric else tree.name
        if isinstance(tree, Repetition):
            return self._part(tree.part, given) + ("?" if tree.once else "+" if tree.least else "*")
        if isinstance(tree, Choice):
            return f"( {' | '.join(self._part(way, given) for way in tree.alternatives)} )"
        return f"( {' '.join(self._part(part, given) for part in children(tree))} )"
