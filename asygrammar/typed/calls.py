"""Which lists of argument types a function takes, as one automaton for all its overloads.

Asymptote gives positional arguments to parameters from left to right and skips one with a default
where the argument cannot be cast to it. So, seen from one signature, the types of the arguments
read so far decide where the next one goes; and seen from all overloads together they decide which
of them fit and which fits best. :class:`CallGraph` follows all overloads at once, one argument at
a time, and ends only where exactly one is best. What the compiler would call ambiguous is no path.

Named arguments follow the positional ones, in any order, each once. Which are left is no part of a
node (there would be one for each subset): an edge says which names it uses up, and the grammar
keeps count in the parameter of a parametric rule.

Nodes with the same continuations are one node, across all functions: ``sin`` and ``cos`` share
everything.
"""

from __future__ import annotations

from collections.abc import Sequence

from asygrammar.typed.call_nodes import Edge, Node, joined
from asygrammar.typed.fitting import Fitting
from asygrammar.typed.overloads import Overloads
from asygrammar.types import Function, Library, Named, Type

# What a restricted node says of its result: that it is one of those asked for.
_ANY = Named("any")


class CallGraph:
    """The lists of arguments of many functions, in shared nodes.

    Attributes:
        nodes: The nodes; a list of arguments is a path from a function's root to a node with a
            result. There are no cycles.
        types: The types that an argument can have.
        known: The same as a set.
        fitting: Which of them each parameter takes.
    """

    def __init__(self, library: Library, types: Sequence[Type]) -> None:
        """Begin an empty graph.

        Args:
            library: Where the casts are.
            types: The types that an argument can have.
        """
        self.nodes: list[Node] = []
        self.types = tuple(types)
        self.known = frozenset(types)
        self._numbers: dict[Node, int] = {}
        self._results: dict[int, frozenset[Type]] = {}
        self._restricted: dict[tuple[int, frozenset[Type]], int] = {}
        self._taken: dict[Type, frozenset[Type]] = {}
        self.fitting = Fitting(library, types)

    def add(self, overloads: Sequence[Function], *, lean: bool = False, mixed: bool = False) -> int:
        """Add a function and return its root node.

        Args:
            overloads: Its overloads.
            lean: Whether to leave out arguments that need an unusual cast (see `fitting`).
            mixed: Whether positional arguments may follow named ones.
        """
        return Overloads(self, overloads, lean=lean, mixed=mixed).root()

    def intern(self, node: Node) -> int:
        """Return the number of a node, which is made if it is new."""
        if node not in self._numbers:
            self._numbers[node] = len(self.nodes)
            self.nodes.append(node)
        return self._numbers[node]

    def results(self, root: int) -> frozenset[Type]:
        """Return the types that calls from a root can have."""
        if root not in self._results:
            node = self.nodes[root]
            own = frozenset({node.result} if node.result is not None else ())
            found = own.union(*(self.results(edge.target) for edge in node.edges))
            self._results[root] = found
        return self._results[root]

    def restricted(self, root: int, results: frozenset[Type]) -> int:
        """Return the node like ``root`` whose calls are those that have one of some types.

        Its nodes do not tell one of these types from another. At least one call from ``root``
        must have one of them.
        """
        key = (root, results)
        if key not in self._restricted:
            node = self.nodes[root]
            ends = node.result in results
            edges = [
                Edge(edge.types, edge.uses, self.restricted(edge.target, results))
                for edge in node.edges
                if not results.isdisjoint(self.results(edge.target))
            ]
            options = node.options if ends or (node.mixed and edges) else ()
            self._restricted[key] = self.intern(
                Node(_ANY if ends else None, options, joined(edges), node.mixed and bool(options))
            )
        return self._restricted[key]

    def taken(self, wanted: Type) -> frozenset[Type]:
        """Return the types that can stand where one is wanted, but for unusual casts."""
        if wanted not in self._taken:
            fitting = self.fitting.of(wanted, False).items()
            self._taken[wanted] = frozenset(t for t, fit in fitting if not fit.unusual)
        return self._taken[wanted]
