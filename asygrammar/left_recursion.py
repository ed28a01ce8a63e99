"""Rules without left recursion, for engines that cannot do with it.

Rules that begin with each other, ``a: b "." | "x"`` and ``b: a "!" | "y"``, form a group. What a
rule of the group accepts begins with something outside of it (``"x"`` of ``a``, ``"y"`` of ``b``)
and goes on as if climbing from rule to rule: after an ``a`` may come ``"!"``, which makes it a
``b``, and so on until the wanted rule is reached. ``climb_b_to_a`` is what may follow a ``b`` to
make it an ``a``. (So is a right-linear grammar made from a left-linear one.)
"""

from __future__ import annotations

from collections.abc import Mapping

from asygrammar.lark_text import GrammarFault
from asygrammar.rule_tree import (
    Choice,
    Reference,
    Repetition,
    Sequence,
    Tree,
    choice,
    sequence,
)

# One alternative: the rule of the group it begins with, if any, and what follows.
_Alternative = tuple[str | None, list[Tree]]


def without_left_recursion(rules: Mapping[str, Tree]) -> dict[str, Tree]:
    """Rewrite the rules that begin with themselves, directly or through others.

    Args:
        rules: Name to right-hand side; names that are not among them are terminals.

    Raises:
        GrammarFault: A rule begins with itself only after something that may be left out.
    """
    begins = {name: _first_names(tree) & rules.keys() for name, tree in rules.items()}
    reached = {name: _reach(name, begins) for name in rules}
    recursive = [name for name in rules if name in reached[name]]
    result = dict(rules)
    for name in recursive:
        group = {other for other in reached[name] if name in reached[other]}
        _rewrite(name, group, rules, result)
    return result


def _rewrite(
    wanted: str, group: set[str], rules: Mapping[str, Tree], result: dict[str, Tree]
) -> None:
    """Put into ``result`` a rule without left recursion, and the climbing rules it needs."""
    starts: list[Tree] = []
    climbs: dict[str, list[Tree]] = {name: [] for name in group}  # rule -> ways on from it
    for name in sorted(group):
        for first, rest in _alternatives(name, rules[name], group):
            climb = Reference(_climb(name, wanted))
            if first is None:
                starts.append(sequence([*rest, climb]))
            else:
                climbs[first].append(sequence([*rest, climb]))
    result[wanted] = choice(starts)
    for name, ways in climbs.items():
        tree = choice(ways) if ways else Sequence(())
        result[_climb(name, wanted)] = (
            Repetition(tree, 0, once=True) if name == wanted and ways else tree
        )
    for name, ways in climbs.items():
        if not ways and name != wanted:
            raise GrammarFault(f"rule {name}: begins the rule {wanted} and cannot reach it")


def _climb(name: str, wanted: str) -> str:
    return f"climb_{name.strip('_')}_to_{wanted.strip('_')}"


def _alternatives(name: str, tree: Tree, group: set[str]) -> list[_Alternative]:
    """Split a right-hand side by what it begins with."""
    if isinstance(tree, Choice):
        return [found for part in tree.alternatives for found in _alternatives(name, part, group)]
    if isinstance(tree, Reference) and tree.name in group:
        return [(tree.name, [])]
    if isinstance(tree, Sequence) and tree.parts and _first_names(tree.parts[0]) & group:
        rest = list(tree.parts[1:])
        return [
            (first, [*more, *rest]) for first, more in _alternatives(name, tree.parts[0], group)
        ]
    if _first_names(tree) & group:
        raise GrammarFault(f"rule {name}: begins with itself after what may be left out")
    return [(None, [tree])]


def _first_names(tree: Tree) -> set[str]:
    """Return the names a tree may begin with, also after parts that may be left out."""
    if isinstance(tree, Reference):
        return {tree.name}
    if isinstance(tree, Choice):
        return set().union(*map(_first_names, tree.alternatives))
    if isinstance(tree, Repetition):
        return _first_names(tree.part)
    found: set[str] = set()
    for part in tree.parts if isinstance(tree, Sequence) else ():
        found |= _first_names(part)
        if not (isinstance(part, Repetition) and part.least == 0):
            break
    return found


def _reach(name: str, begins: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = set(begins[name])
    while waiting:
        found |= waiting
        waiting = set().union(*(begins[other] for other in waiting)) - found
    return found
