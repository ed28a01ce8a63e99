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
from dataclasses import dataclass
from functools import lru_cache

from asygrammar.derivation import HEADER

Alternative = tuple[str, ...]


class Rules:
    """Rules by name, and terminals by name, each with its pattern.

    Args:
        below: Rules and terminals that these may refer to, and that know nothing of these. What
            they come to is kept, however often something is written on top of them.
    """

    def __init__(self, below: Rules | None = None) -> None:
        self.rules: dict[str, dict[Alternative, None]] = {}
        self.terminals: dict[str, str] = {}
        self.parametric: set[str] = set()
        self._below = below
        self._waiting: list[tuple[str, Callable[[], Iterable[Alternative]]]] = []
        self._written: dict[str, _Written] = {}
        self._stale = True

    def add(self, rule: str, *alternatives: Alternative) -> None:
        """Give a rule more alternatives; each is kept once."""
        known = self.rules.setdefault(rule, {})
        if any(alternative not in known for alternative in alternatives):
            known.update(dict.fromkeys(alternatives))
            self._stale = True

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
        if self._below:
            self._below.finish()
        if self._stale:
            self._write_rules()

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
        lines, waiting, seen = [f"start: {start}"], [start], {start}
        while waiting:
            name = waiting.pop()
            if name in later:
                continue
            written = self._find(name)
            if written is None:
                raise ValueError(f"rule {name} derives no text")
            lines.append(written.line)
            for rule in written.needs:
                if rule not in seen:
                    seen.add(rule)
                    waiting.append(rule)
        return "\n".join([HEADER, *lines, ""]), frozenset(seen)

    def productive(self) -> set[str]:
        """Return the names of these rules and terminals that derive some text."""
        found = set(self.terminals)
        users: dict[str, list[tuple[str, list[str]]]] = {}
        waiting = list(self.terminals)
        for name, alternatives in self.rules.items():
            for alternative in alternatives:
                needs = [rule for rule in _rules_in(alternative) if not self._is_below(rule)]
                if not needs:
                    waiting.append(name)
                use = (name, needs)  # shrinks to nothing as what it needs is found to derive text
                for rule in set(needs):
                    users.setdefault(rule, []).append(use)
        found.update(waiting)
        while waiting:
            ready = waiting.pop()
            for name, needs in users.pop(ready, ()):
                needs[:] = [rule for rule in needs if rule != ready]
                if not needs and name not in found:
                    found.add(name)
                    waiting.append(name)
        return found

    def _is_below(self, name: str) -> bool:
        return self._below is not None and self._below._find(name) is not None

    def _find(self, name: str) -> _Written | None:
        return self._written.get(name) or (self._below._find(name) if self._below else None)

    def _write_rules(self) -> None:
        """Write every rule that derives some text, as a line, without what derives none."""
        productive = self.productive()
        bodies = {
            name: [
                alternative
                for alternative in alternatives
                if all(r in productive or self._is_below(r) for r in _rules_in(alternative))
            ]
            for name, alternatives in self.rules.items()
            if name in productive
        }
        stands_for = {
            name: alternatives[0][0]
            for name, alternatives in bodies.items()
            if name in self.parametric and len(alternatives) == 1 and len(alternatives[0]) == 1
        }
        self._written = {
            name: _Written(f"{name}: {pattern}", ()) for name, pattern in self.terminals.items()
        }
        for name, alternatives in bodies.items():
            kept = [tuple(_resolved(symbol, stands_for) for symbol in alt) for alt in alternatives]
            head = f"{name}::_" if name in self.parametric else name
            self._written[name] = _Written(
                f"{head}: " + "|".join(" ".join(alt) or '""' for alt in kept),
                tuple(dict.fromkeys(rule for alt in kept for rule in _rules_in(alt))),
            )
        self._stale = False


@dataclass(frozen=True, slots=True)
class _Written:
    """A rule or terminal as a line of a grammar, and the names that it refers to."""

    line: str
    needs: tuple[str, ...]


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
        if rule := _rule_in(symbol):
            yield rule


@lru_cache(maxsize=1 << 15)
def _rule_in(symbol: str) -> str:
    return "" if symbol[0] in '"%(' else symbol.partition("::")[0]
