"""The nodes of the call graph: points within a list of arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from asygrammar.types import Type


@dataclass(frozen=True, slots=True)
class Option:
    """A parameter that may be given by name: its name, the types it takes, and its bit."""

    name: str
    types: frozenset[Type]
    bit: int


@dataclass(frozen=True, slots=True)
class Edge:
    """A positional argument.

    Attributes:
        types: The types it may have.
        uses: Bits of the names that it uses up.
        target: Number of the node after it.
    """

    types: frozenset[Type]
    uses: int
    target: int


@dataclass(frozen=True, slots=True)
class Node:
    """A point within a list of arguments.

    Attributes:
        result: The type of the call, where the list may end here.
        options: What may follow by name, where the list may end here.
        edges: The positional arguments that may come next.
        mixed: Whether positional arguments may come after named ones, because only one overload
            is left.
    """

    result: Type | None
    options: tuple[Option, ...]
    edges: tuple[Edge, ...]
    mixed: bool = False


def joined(edges: Sequence[Edge]) -> tuple[Edge, ...]:
    """Make one edge of those that differ in their types alone."""
    types: dict[tuple[int, int], frozenset[Type]] = {}
    for edge in edges:
        key = (edge.uses, edge.target)
        types[key] = types.get(key, frozenset()) | edge.types
    return tuple(Edge(found, *key) for key, found in types.items())
