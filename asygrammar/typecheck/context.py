"""Where an expression stands, and what is wanted of it: the frame that the rules hang in.

Each kind of node has a rule that tells the types of its value. One type is the normal case; there
are several where a name alone stands for several things; and there is none where a fault has been
told already, or nothing is known. What is unknown brings no fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from asygrammar.casts import UNKNOWN
from asygrammar.diagnostics import Diagnostic
from asygrammar.scope import Scope
from asygrammar.syntax import Node, Word
from asygrammar.typecheck.advice import advise_on_cast, tell_type
from asygrammar.typecheck.faults import AmbiguousName, CannotCast, ListForOther
from asygrammar.types import BOOL, Array, Function, Type

Types = tuple[Type, ...]
Rule = Callable[[Node, "Context"], Types]
Delivery = Callable[[Node, Type, "Context"], None]
Statement = Callable[[Node, "Context"], None]

_RULES: dict[str, Rule] = {}
_DELIVERIES: dict[str, Delivery] = {}
_STATEMENTS: dict[str, Statement] = {}


def rule(*kinds: str) -> Callable[[Rule], Rule]:
    """Make a function the rule for the values of some kinds of nodes."""

    def enter(function: Rule) -> Rule:
        _RULES.update(dict.fromkeys(kinds, function))
        return function

    return enter


def delivery(*kinds: str) -> Callable[[Delivery], Delivery]:
    """Make a function the rule for kinds of nodes that go by the type that is wanted of them."""

    def enter(function: Delivery) -> Delivery:
        _DELIVERIES.update(dict.fromkeys(kinds, function))
        return function

    return enter


def statement(*kinds: str) -> Callable[[Statement], Statement]:
    """Make a function the rule for some kinds of statements."""

    def enter(function: Statement) -> Statement:
        _STATEMENTS.update(dict.fromkeys(kinds, function))
        return function

    return enter


@dataclass
class Context:
    """The place of a program that is being checked.

    Attributes:
        scope: What is visible. A declaration replaces it.
        faults: What has been found, in the order it was found.
        program: The whole that is being checked, for advice.
        calls: The functions that calls and operators mean, each with the name it is called by.
    """

    scope: Scope
    faults: list[Diagnostic] = field(default_factory=list)
    program: Node | None = None
    calls: list[tuple[str, Function]] = field(default_factory=list)

    def report(self, fault: Diagnostic) -> Types:
        """Note a fault; return that no type is known."""
        self.faults.append(fault)
        return ()

    def run(self, node: Node) -> None:
        """Check a statement, and let it change the scope."""
        _STATEMENTS[node.kind](node, self)

    def types_of(self, node: Node) -> Types:
        """Return the types that a value may have; none where nothing is known of it."""
        found = _RULES[node.kind](node, self)
        return () if found == (UNKNOWN,) else found

    def type_of(self, node: Node) -> Type | None:
        """Return the one type of a value, or ``None`` where nothing is known."""
        found = self.types_of(node)
        if len(found) > 1:
            if UNKNOWN not in found:
                self.report(AmbiguousName(node.span, text_of(node)))
            return None
        return found[0] if found else None

    def deliver(self, node: Node, wanted: Type) -> None:
        """Check that a value, or an array in braces, will do where a type is wanted."""
        if node.kind in _DELIVERIES:
            _DELIVERIES[node.kind](node, wanted, self)
        else:
            self.take(node, self.types_of(node), wanted)

    def take(self, node: Node, found: Types, wanted: Type) -> None:
        """Check that a value whose types are known will do where a type is wanted."""
        casts = self.scope.casts
        if not found or UNKNOWN in (*found, wanted):
            return
        if any(casts.is_same(one, wanted) for one in found):
            return
        able = [one for one in found if casts.is_cast(one, wanted)]
        if len(able) > 1:
            self.report(AmbiguousName(node.span, text_of(node)))
        elif not able:
            advice = advise_on_cast(found, wanted)
            self.report(CannotCast(node.span, tell(found), tell([wanted]), advice))

    def takes(self, found: Types, wanted: Type) -> bool:
        """Tell whether a value with some types will do where a type is wanted."""
        return not found or any(self.scope.casts.is_taken(one, wanted) for one in found)

    def functions(self, found: Iterable[Type]) -> list[Function]:
        """Return those of some types that are functions."""
        able = (self.scope.casts.function(one) for one in found)
        return [one for one in able if one is not None]

    def value(self, found: Iterable[Type]) -> Type | None:
        """Return the first of some types that is no function."""
        return next((one for one in found if self.scope.casts.function(one) is None), None)


@delivery("array")
def _deliver_list(node: Node, wanted: Type, context: Context) -> None:
    wanted = context.scope.casts.canonical(wanted)
    if not isinstance(wanted, Array):
        if wanted != UNKNOWN:
            context.report(ListForOther(node.span, tell([wanted])))
        return
    for child in nodes(node):
        if child.kind == "rest_element":
            context.deliver(nodes(child)[0], wanted)
        else:
            context.deliver(child, wanted.element)


@delivery("conditional")
def _deliver_conditional(node: Node, wanted: Type, context: Context) -> None:
    test, *branches = nodes(node)
    found = context.types_of(test)
    lists = Array(BOOL)
    each = any(isinstance(one, Array) for one in found)
    context.take(test, found, lists if each else BOOL)
    for branch in branches:
        context.deliver(branch, wanted)


@delivery("group")
def _deliver_group(node: Node, wanted: Type, context: Context) -> None:
    context.deliver(nodes(node)[0], wanted)


# ----------------------------------------------------------------------------- parts of the tree


def nodes(node: Node) -> list[Node]:
    """Return the inner nodes right below a node."""
    return [child for child in node.children if isinstance(child, Node)]


def has(node: Node, text: str) -> bool:
    """Tell whether a word stands right below a node."""
    return any(isinstance(child, Word) and child.text == text for child in node.children)


def names(node: Node) -> list[Word]:
    """Return the names right below a node."""
    return [w for w in node.children if isinstance(w, Word) and w.kind == "NAME"]


def text_of(node: Node) -> str:
    """Return a node's text, shortened, for a message."""
    text = ""
    for word in node.words():
        text += " " * bool(text[-1:].isalnum() and word.text[:1].isalnum()) + word.text
    return text if len(text) <= 30 else text[:27] + "..."


def tell(found: Iterable[Type]) -> str:
    """Return types as a message tells them."""
    told = dict.fromkeys(map(tell_type, found))
    return " or ".join(told) if len(told) <= 2 else "function"
