"""A context-free grammar while it is being put together, and its text for llguidance.

An alternative is a tuple of symbols: a literal, several as ``("a"|"b")``, a rule (in lower case)
or a terminal (upper case). A rule may have a parameter, a set of bits: it is then referred to as
``name::_`` (with the bits that are set), ``name::0x0`` or ``name::set_bit(3)``, and an alternative
may end in a condition, ``%if bit_clear(3)``.

Rules that derive nothing are taken out before writing, so that no prefix leads into a dead end; so
are rules that nothing reaches.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable, Iterator, Mapping

from asygrammar.derivation import HEADER

Alternative = tuple[str, ...]


class Rules:
    """Rules by name, and terminals by name, each with its pattern."""

    def __init__(self) -> None:
        self.rules: dict[str, dict[Alternative, None]] = {}
        self.terminals: dict[str, str] = {}
        self.parametric: set[str] = set()
        self._waiting: list[tuple[str, Callable[[], Iterable[Alternative]]]] = []

    def add(self, rule: str, *alternatives: Alternative) -> None:
        """Give a rule more alternatives; each is kept once."""
        self.rules.setdefault(rule, {}).update(dict.fromkeys(alternatives))

    def define(self, rule: str, alternatives: Callable[[], Iterable[Alternative]]) -> str:
        """Return the name of a rule, which is defined when it is first asked for.

        Args:
            rule: Its name.
            alternatives: Makes its alternatives; may ask for the rule itself.
        """
        if rule not in self.rules:
            self.rules[rule] = {}
            self._waiting.append((rule, alternatives))
        return rule

    def finish(self) -> None:
        """Make the alternatives of all rules that were asked for, and of those they ask for."""
        while self._waiting:
            rule, alternatives = self._waiting.pop()
            self.add(rule, *alternatives())

    def write(self, start: str, later: Container[str] = ()) -> tuple[str, frozenset[str]]:
        """Return the text of the grammar in llguidance's dialect of Lark.

        Args:
            start: The rule that the grammar begins with.
            later: Terminals that are left out, to be written later.

        Returns:
            The text, and the names of all rules and terminals that it needs.

        Raises:
            ValueError: The start rule derives nothing.
        """
        self.finish()
        productive = self.productive()
        if start not in productive:
            raise ValueError(f"rule {start} derives no text")
        bodies = {
            name: [alt for alt in alternatives if _derives(alt, productive)]
            for name, alternatives in self.rules.items()
            if name in productive
        }
        stands_for = {
            name: alternatives[0][0]
            for name, alternatives in bodies.items()
            if name in self.parametric and len(alternatives) == 1 and len(alternatives[0]) == 1
        }
        lines, waiting, seen = [f"start: {start}"], [start], {start}
        while waiting:
            name = waiting.pop()
            if name in later:
                continue
            if name in self.terminals:
                lines.append(f"{name}: {self.terminals[name]}")
                continue
            kept = [tuple(_resolved(symbol, stands_for) for symbol in alt) for alt in bodies[name]]
            head = f"{name}::_" if name in self.parametric else name
            lines.append(f"{head}: " + "|".join(" ".join(alt) or '""' for alt in kept))
            for rule in {r for alternative in kept for r in _rules_in(alternative)} - seen:
                seen.add(rule)
                waiting.append(rule)
        return "\n".join([HEADER, *lines, ""]), frozenset(seen)

    def productive(self) -> set[str]:
        """Return the names of the rules and terminals that derive some text."""
        productive = set(self.terminals)
        users: dict[str, set[str]] = {}
        for name, alternatives in self.rules.items():
            for alternative in alternatives:
                for symbol in _rules_in(alternative):
                    users.setdefault(symbol, set()).add(name)
        waiting = list(self.rules)
        while waiting:
            name = waiting.pop()
            if name not in productive and any(
                _derives(alternative, productive) for alternative in self.rules[name]
            ):
                productive.add(name)
                waiting.extend(users.get(name, ()))
        return productive


def _resolved(symbol: str, stands_for: Mapping[str, str]) -> str:
    """Return what a symbol stands for; llguidance fails on parametric rules that only refer."""
    name, _, parameter = symbol.partition("::")
    while name in stands_for:
        inner, _, own = stands_for[name].partition("::")
        if not own:
            return inner
        name, parameter = inner, parameter if own == "_" else own
    return f"{name}::{parameter}" if parameter else name


def quoted(text: str) -> str:
    """Return a literal of the grammar."""
    return json.dumps(text)


def one_of(words: Iterable[str]) -> str:
    """Return the pattern of a terminal that is one of some words."""
    return "/" + "|".join(sorted(words)) + "/"


def _rules_in(alternative: Alternative) -> Iterator[str]:
    """Yield the rules and terminals that an alternative refers to."""
    for symbol in alternative:
        if symbol[0] not in '"%(':
            yield symbol.partition("::")[0]


def _derives(alternative: Alternative, productive: Mapping[str, object] | set[str]) -> bool:
    return all(rule in productive for rule in _rules_in(alternative))
