"""The blocks that are open in a program that is being written line by line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_KINDS = ("if", "else", "for", "while")


@dataclass
class Block:
    """An open block.

    Attributes:
        kind: ``if``, ``else``, ``for``, ``while`` or ``function``.
        depth: How far its lines are indented.
        result: The first word of its head: of a function, the type that it returns.
        lines: How many lines it has.
        broken: Whether one of them breaks off a loop.
    """

    kind: str
    depth: int
    result: str = ""
    lines: int = 0
    broken: bool = False


@dataclass
class Layout:
    """The open blocks, and where the next line begins.

    Attributes:
        blocks: Those with braces, the outermost first.
        depth: How far the last line is indented.
        hanging: How many heads have no braces, one after the other, and no body yet.
    """

    blocks: list[Block] = field(default_factory=list)
    depth: int = 0
    hanging: int = 0

    def indentation(self, outward: bool) -> str:
        """Return the spaces before the next line.

        Args:
            outward: Whether it closes a block.
        """
        inner = self.blocks[-1].depth if self.blocks else 0
        return "  " * ((self.depth + 1 if self.hanging else inner) - outward)

    def note(self, line: str) -> None:
        """Take a line into account."""
        text = line.strip()
        self.depth = (len(line) - len(line.lstrip(" "))) // 2
        if text.startswith("}"):
            self.blocks.pop()
        elif self.blocks:
            self.blocks[-1].lines += 1
            self.blocks[-1].broken |= text == "break;" and not self.hanging
        if text.endswith("{"):
            word = re.match(r"(?:} )?(\w+(?:\[\])*)", text)
            assert word is not None
            kind = word[1] if word[1] in _KINDS else "function"
            self.blocks.append(Block(kind, self.depth + 1, word[1]))
        headless = re.match(r"(} )?(if|for|while|else)\b", text) and text[-1] not in "{;"
        self.hanging = self.hanging + 1 if headless else 0
