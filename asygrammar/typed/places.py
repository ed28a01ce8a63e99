"""Where a program stands after each of its lines: what is visible, and which blocks are open.

A :class:`Place` never changes; the place after a line is another one. So a decoder keeps one for
each line and goes back by taking up an older one. It trusts its lines: they are what the grammar of
the place before let through, and are not checked again.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from functools import lru_cache

from asygrammar.grammar import load_grammar
from asygrammar.scope import Block, Scope
from asygrammar.syntax import Node
from asygrammar.typecheck import check_statement
from asygrammar.typed.statements import Position
from asygrammar.types import VOID, Array, Function, Named, Type

_PACKAGE = re.compile(r'^usepackage\("(\w+)"\);$')
_HEAD = re.compile(r"^(if|for|while|else)\b")


@dataclass(frozen=True, slots=True)
class OpenBlock:
    """A block, or a body without braces, that is not closed yet.

    Attributes:
        kind: ``if``, ``else``, ``loop``, ``function`` or ``block``.
        outside: What was visible before it.
        braces: Whether it has braces; without, it is closed after one statement.
        result: What the function returns, if it is one.
        statements: How many statements it has so far.
        returns: Whether it surely returns from its function.
        others_return: Of an ``else``, whether all branches before it return.
    """

    kind: str
    outside: Scope
    braces: bool
    result: Type | None = None
    statements: int = 0
    returns: bool = False
    others_return: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """A point between two lines of a program.

    Attributes:
        scope: What is visible.
        blocks: The blocks that are open, the outermost first.
        lines: How many lines the program has so far.
        packages: The LaTeX packages that it loads.
        hanging: Where the program would go on with an ``else``, if what ended just now is an
            ``if`` without braces, and that ``if``.
        declaring: The type of the declaration that is going on, where the place is between two
            of its names: ``pair A = (0,0),`` and here another name.
    """

    scope: Scope = field(default_factory=Scope.of_modules)
    blocks: tuple[OpenBlock, ...] = ()
    lines: int = 0
    packages: frozenset[str] = frozenset()
    hanging: tuple[Place, OpenBlock] | None = None
    declaring: Type | None = None

    def after(self, line: str) -> Place:
        """Return the place after a line.

        Args:
            line: A line in canonical layout that may stand here, without its line break.
        """
        text = line.strip()
        place = replace(self, lines=self.lines + 1, hanging=None, declaring=None)
        if self.declaring is not None:
            text = f"{self.declaring} {text}"
        if text.startswith("}"):
            return place._close(text[1:].strip())
        if self.hanging and re.match(r"else\b", text):
            before, branch = self.hanging
            before = replace(before, lines=place.lines)
            return before._otherwise(text, branch)
        if text.endswith("{") or _HEAD.match(text):
            return place._open(text)
        found = check_statement(_only_statement(text), self.scope)
        package = _PACKAGE.match(text)
        packages = self.packages | {package[1]} if package else self.packages
        place = replace(place, scope=found.scope, packages=packages)
        return place._finish(returns=text.startswith("return") and _is_return(text))

    def after_name(self, text: str) -> Place:
        """Return the place after a part of a declaration, up to a comma and without it."""
        head = f"{self.declaring} " if self.declaring is not None else ""
        declaration = _only_statement(f"{head}{text.strip()};")
        scope = check_statement(declaration, self.scope).scope
        typed = next(node for node in declaration.walk() if node.kind == "type")
        declared = _read_type("".join(word.text for word in typed.words()))
        return replace(self, scope=scope, declaring=declared)

    def position(self, modules: tuple[str, ...]) -> Position:
        """Return what the next line depends on besides the names.

        Args:
            modules: The modules that the program may import.
        """
        top = self.blocks[-1] if self.blocks else None
        imports = modules if top is None or top.braces else ()
        inner = self.blocks[self._function_at() + 1 :] if self._function_at() >= 0 else self.blocks
        return Position(
            depth=len(self.blocks),
            may_end=top is None and self.lines > 0,
            alone=top is not None and not top.braces,
            closes=top is not None and top.braces and top.statements > 0 and self._may_close(top),
            otherwise=top is not None and top.kind == "if",
            hanging=len(self.hanging[0].blocks) if self.hanging else None,
            in_loop=any(block.kind == "loop" for block in inner),
            result=self.blocks[self._function_at()].result if self._function_at() >= 0 else None,
            imports=imports,
            declaring=self.declaring,
        )

    def meaning(self) -> Hashable:
        """Return a key that places share where the same names mean the same."""
        return (self.scope.meaning(), self.packages)

    def own_names(self) -> dict[str, tuple[Type, ...]]:
        """Return the names that the program itself declares, with all types they stand for."""
        names = {name for scope in self.scope.outward() for name in scope.values}
        return {name: types for name in sorted(names) if (types := self.scope.lookup(name))}

    @property
    def complete(self) -> bool:
        """Whether the program may end here."""
        return not self.blocks and self.lines > 0 and self.declaring is None

    def _function_at(self) -> int:
        numbers = [n for n, block in enumerate(self.blocks) if block.kind == "function"]
        return numbers[-1] if numbers else -1

    @staticmethod
    def _may_close(block: OpenBlock) -> bool:
        return block.kind != "function" or block.result == VOID or block.returns

    # ------------------------------------------------------------------- opening

    def _open(self, head: str) -> Place:
        braces = head.endswith("{")
        node = _only_statement(head + ("}" if braces else ";"))
        if head.startswith("if"):
            return self._with_block(OpenBlock("if", self.scope, braces), self.scope.enter())
        if not _HEAD.match(head):
            return self._define(node)
        inside = self.scope.enter(Block("loop"))
        for part in node.walk():
            if part.kind in ("declaration", "for_each"):
                inside = check_statement(part, inside).scope
                break
        return self._with_block(OpenBlock("loop", self.scope, braces), inside)

    def _define(self, node: Node) -> Place:
        """Open the body of a function; its name is visible inside, too."""
        node = next(part for part in node.walk() if part.kind == "function")
        name = next(w.text for w in node.children if not isinstance(w, Node) and w.kind == "NAME")
        scope = check_statement(node, self.scope).scope
        function = next(t for t in scope.lookup(name) if isinstance(t, Function))
        inside = scope.enter(Block("function", function.result))
        for parameter in function.parameters:
            inside = inside.declare(parameter.name, parameter.type)
        return self._with_block(OpenBlock("function", scope, True, function.result), inside)

    def _with_block(self, block: OpenBlock, inside: Scope) -> Place:
        return replace(self, scope=inside, blocks=(*self.blocks, block))

    # ------------------------------------------------------------------- closing

    def _close(self, rest: str) -> Place:
        block = self.blocks[-1]
        place = replace(self, scope=block.outside, blocks=self.blocks[:-1])
        if rest:
            return place._otherwise(rest, block)
        if block.kind == "function":
            return place._finish(returns=False)
        returns = block.returns and block.others_return and block.kind in ("else", "block")
        return place._finish(returns=returns)

    def _otherwise(self, text: str, before: OpenBlock) -> Place:
        """Begin the branch after ``else``; ``else if`` is a branch of its own kind."""
        others = before.returns and before.others_return
        braces = text.endswith("{")
        kind = "if" if re.match(r"else if\b", text) else "else"
        block = OpenBlock(kind, self.scope, braces, others_return=others)
        return self._with_block(block, self.scope.enter())

    def _finish(self, returns: bool) -> Place:
        """End a statement, and with it the bodies without braces that it was."""
        place, hanging = self, None
        while place.blocks:
            top = place.blocks[-1]
            top = replace(top, statements=top.statements + 1, returns=top.returns or returns)
            if top.braces:
                place = replace(place, blocks=(*place.blocks[:-1], top))
                break
            place = replace(place, blocks=place.blocks[:-1], scope=top.outside)
            if top.kind == "if" and hanging is None:
                hanging = (place, top)
            returns = top.returns and top.others_return and top.kind == "else"
        return replace(place, hanging=hanging)


def _read_type(text: str) -> Type:
    if text.endswith("[]"):
        return Array(_read_type(text[:-2]))
    return Named(text)


@lru_cache(maxsize=2048)
def _only_statement(text: str) -> Node:
    """Parse a line, as it comes in many programs."""
    program = load_grammar().parse(text)
    return next(child for child in program.children if isinstance(child, Node))


def _is_return(text: str) -> bool:
    return text == "return;" or text.startswith("return ")
