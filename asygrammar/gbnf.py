"""The decoder's grammar in GBNF, the dialect of llama.cpp that xgrammar reads too.

It says a little less than the original, and never refuses what that accepts:

1. A keyword may pass as a name: GBNF cannot take words out of a pattern.
2. There are no lexemes: a text is accepted however it is cut into words, so that ``1..2`` may pass
   where the original insists on the longest word.

And it is put differently, so that three engines read it:

3. llama.cpp refuses left recursion: ``value: call`` and ``call: value "(" ")"`` are rewritten.
4. llguidance's converter makes one lexeme of every rule without recursion, and reads lexemes
   greedily: repetition in such a rule is written as recursion.
5. Names are lower case with hyphens; the first rule is ``root``.
"""

from __future__ import annotations

from collections.abc import Mapping

from asygrammar.derivation import Derivation
from asygrammar.lark_text import read_symbols
from asygrammar.left_recursion import without_left_recursion
from asygrammar.rule_tree import (
    Characters,
    Choice,
    Literal,
    Reference,
    Repetition,
    Sequence,
    Tree,
    children,
    choice,
    read_pattern,
    read_rule,
    references,
    sequence,
)

_ESCAPED = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\"}
_QUANTIFIER = {(0, False): "*", (1, False): "+", (0, True): "?", (1, True): ""}


def write_gbnf(derived: Derivation) -> str:
    """Write a derived grammar in GBNF.

    Args:
        derived: The grammar; its rule ``start`` becomes ``root``.

    Raises:
        GrammarFault: A pattern or a left recursion that cannot be put in GBNF.
    """
    rules = without_left_recursion(rule_trees(derived))
    rules = _with_recursive_lists(rules, frozenset(derived.lexemes))
    lexemes = {name: read_pattern(lexeme.pattern) for name, lexeme in derived.lexemes.items()}
    lines = [f"{_name(name)} ::= {_write(tree)}" for name, tree in {**rules, **lexemes}.items()]
    return "\n".join([*lines, ""])


def rule_trees(derived: Derivation) -> dict[str, Tree]:
    """Return the right-hand sides of a grammar's rules as trees."""
    return {
        name: read_rule(read_symbols(body, "derived", 1, name))
        for name, body in derived.rules.items()
    }


def _with_recursive_lists(rules: Mapping[str, Tree], lexemes: frozenset[str]) -> dict[str, Tree]:
    """Write repetition as recursion in the rules that refer to lexemes alone."""
    flat: frozenset[str] = lexemes
    while True:
        more = lexemes | {name for name, tree in rules.items() if flat.issuperset(references(tree))}
        if more == flat:
            break
        flat = more
    written: dict[str, Tree] = {}
    for name, tree in rules.items():
        if name in flat:
            tree = _lists_as_rules(name, tree, written)
        written[name] = tree
    return {"start": written.pop("start"), **written}


def _lists_as_rules(name: str, tree: Tree, rules: dict[str, Tree]) -> Tree:
    """Replace each repetition in a tree by a rule of its own, which is added to the rules."""
    if isinstance(tree, Sequence):
        return sequence([_lists_as_rules(name, part, rules) for part in tree.parts])
    if isinstance(tree, Choice):
        return choice([_lists_as_rules(name, part, rules) for part in tree.alternatives])
    if not isinstance(tree, Repetition):
        return tree
    part = _lists_as_rules(name, tree.part, rules)
    if tree.once:
        return Repetition(part, 0, once=True)
    more = f"{name}_more"
    rules[more] = Repetition(sequence([part, Reference(more)]), 0, once=True)
    return sequence([part, Reference(more)]) if tree.least else Reference(more)


def _write(tree: Tree) -> str:
    """Write a tree, without brackets around it."""
    if isinstance(tree, Choice):
        return " | ".join(_write(alternative) for alternative in tree.alternatives)
    if isinstance(tree, Sequence):
        return " ".join(_write_part(part) for part in tree.parts) or '""'
    return _write_part(tree)


def _write_part(tree: Tree) -> str:
    if isinstance(tree, Literal):
        return '"' + "".join({**_ESCAPED, '"': '\\"'}.get(c, c) for c in tree.text) + '"'
    if isinstance(tree, Characters):
        return _write_set(tree)
    if isinstance(tree, Reference):
        return _name(tree.name)
    if isinstance(tree, Repetition):
        return _write_part(tree.part) + _QUANTIFIER[tree.least, tree.once]
    return f"({_write(tree)})" if children(tree) else '""'


def _write_set(tree: Characters) -> str:
    # A hyphen first and a caret last need no escape, which not every engine has for them.
    ranges = sorted(tree.ranges, key=lambda found: (found[0] != "-", found[0] == "^"))
    escaped = {**_ESCAPED, "]": "\\]"}
    items = [
        escaped.get(first, first) + (f"-{escaped.get(last, last)}" if last != first else "")
        for first, last in ranges
    ]
    return f"[{'^' if tree.negated else ''}{''.join(items)}]"


def _name(name: str) -> str:
    if name == "start":
        return "root"
    if name.isupper():
        return f"lexeme-{name.lower()}"
    hidden = "inner-" if name.startswith("_") else ""  # `_loop` and `loop` are two rules
    return hidden + name.strip("_").replace("_", "-")
