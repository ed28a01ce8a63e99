"""Splits by figure: programs that draw the same figure never stand in two splits.

Two programs are of one figure where their source says so, or where they differ in literals and
colors only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from asygrammar.grammar import load_grammar
from asygrammar.slots import COLORS

#: The splits, and the shares of all figures that they get, in percent.
SHARES = {"train": 80, "validation": 5, "test": 15}


def split_by_figure(programs: Sequence[tuple[str, str]]) -> list[str]:
    """Return the split of each program.

    It follows from a hash of the figure, so that another program does not move it, unless that
    joins two figures.

    Args:
        programs: What the source calls the figure, and the program.
    """
    groups = _Groups()
    for figure, program in programs:
        groups.join(f"figure {figure}", f"program {skeleton(program)}")
    return [_split(groups.root(f"figure {figure}")) for figure, _ in programs]


def skeleton(program: str) -> str:
    """Return a program without its literals and colors.

    Args:
        program: A program in the canonical layout.
    """
    kinds = {"NUMBER": "0", "STRING": '""'}
    words = load_grammar().parse(program).words()
    return " ".join("red" if w.text in COLORS else kinds.get(w.kind, w.text) for w in words)


def _split(figure: str) -> str:
    left = int.from_bytes(hashlib.sha256(figure.encode()).digest()[:4]) % 100
    for split, share in SHARES.items():
        if left < share:
            return split
        left -= share
    raise AssertionError("unreachable")


class _Groups:
    """Names that belong together; the smallest of them stands for all."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def root(self, name: str) -> str:
        above = self._above.setdefault(name, name)
        while above != name:
            name, above = above, self._above[above]
        return name

    def join(self, *names: str) -> None:
        roots = sorted({self.root(name) for name in names})
        self._above |= dict.fromkeys(roots[1:], roots[0])
