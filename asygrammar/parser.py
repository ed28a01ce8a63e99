"""Lark at work: from a program's text to a tree, or to the fault that stops it."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from lark import Lark, Token, Tree
from lark.exceptions import GrammarError, LarkError, UnexpectedInput
from lark.utils import logger as lark_logger

from asygrammar.derivation import MARKERS
from asygrammar.diagnostics import Diagnostic
from asygrammar.faults import NestedTooDeeply
from asygrammar.lark_text import Definition, GrammarFault, read_definitions
from asygrammar.parse_faults import explain
from asygrammar.syntax import Node, build_syntax_tree

#: Names that the markers have in the parser's trees.
MARKER_NODES = frozenset(marker.removeprefix("_") for marker in MARKERS)
_MARKER = re.compile(rf"(?<![A-Za-z0-9_])_({'|'.join(sorted(MARKER_NODES))})(?![A-Za-z0-9_])")


class AsySyntaxError(ValueError):
    """A program does not parse; ``diagnostic`` says where and why."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(str(diagnostic))
        self.diagnostic = diagnostic


@contextmanager
def too_deep_is_a_fault() -> Iterator[None]:
    """Tell of a tree that is too deep to walk as of any other fault of the program."""
    try:
        yield
    except RecursionError:
        raise AsySyntaxError(NestedTooDeeply(None)) from None


class Parser:
    """A parser for the language of one grammar text.

    Args:
        text: A Lark grammar with layout markers, as ``grammars/asy.lark``.
        file: What to call it in an error.

    Raises:
        GrammarFault: The grammar has a fault or is ambiguous; file, line and rule are named.
    """

    def __init__(self, text: str, file: str = "asy.lark") -> None:
        self._text, self._file = text, file
        self._lark = self._build()

    def parse_concrete(self, source: str) -> Tree[Token]:
        """Parse into Lark's own tree, in which the layout markers are (empty) nodes.

        Raises:
            AsySyntaxError: The program has a fault.
        """
        if self._is_blank(source):
            return Tree("start", [])
        try:
            tree: Tree[Token] = self._lark.parse(source)
        except UnexpectedInput as error:
            raise AsySyntaxError(explain(self._lark, source, error)) from None
        return tree

    def parse(self, source: str) -> Node:
        """Parse into a syntax tree; its kind is ``start``, its children the statements.

        Raises:
            AsySyntaxError: The program has a fault.
        """
        tree = self.parse_concrete(source)
        with too_deep_is_a_fault():
            return build_syntax_tree(tree, MARKER_NODES)

    @cached_property
    def comment_pattern(self) -> re.Pattern[str]:
        """Matches one comment."""
        terminal = next(t for t in self._lark.terminals if t.name == "COMMENT")
        return re.compile(terminal.pattern.to_regexp())

    def _is_blank(self, source: str) -> bool:
        return not self.comment_pattern.sub("", source).strip()

    def _build(self) -> Lark:
        definitions = read_definitions(self._text, self._file)
        visible = _MARKER.sub(lambda match: match[1], self._text)
        try:
            return _lalr(visible, strict=True)
        except (LarkError, GrammarError, AttributeError, re.error) as error:
            message = _worst_conflict(visible) or str(error)
            rule = _rule_at_fault(message, definitions)
            place = f"{self._file}:{rule.line}: rule {rule.name}" if rule else self._file
            summary = " ".join(line.strip() for line in message.splitlines()[:3])
            raise GrammarFault(f"{place}: {summary}") from error


def _lalr(text: str, *, strict: bool) -> Lark:
    return Lark(
        text,
        parser="lalr",
        lexer="basic",
        strict=strict,
        keep_all_tokens=True,
        maybe_placeholders=False,
    )


def _worst_conflict(text: str) -> str | None:
    """Describe the shift/reduce conflicts of the rule that has the most, or nothing if none has.

    Lark stops at the first that it meets, which is another in every process: its sets of symbols
    are ordered by hash. When it is not strict, it logs them all.
    """
    conflicts: dict[str, set[str]] = defaultdict(set)
    terminal = ""

    def note(record: logging.LogRecord) -> bool:
        nonlocal terminal
        words = record.getMessage()
        if found := re.search(r"conflict for terminal (\w+)", words):
            terminal = found[1]
        elif found := re.match(r" \* (<.*>)", words):
            conflicts[found[1]].add(terminal)
        return False

    level = lark_logger.level
    lark_logger.addFilter(note)
    lark_logger.setLevel(logging.DEBUG)
    try:
        _lalr(text, strict=False)
    except (LarkError, GrammarError, AttributeError, re.error):
        pass  # the strict parser has said so
    finally:
        lark_logger.removeFilter(note)
        lark_logger.setLevel(level)
    if not conflicts:
        return None
    rule, terminals = max(conflicts.items(), key=lambda found: (len(found[1]), found[0]))
    return f"{rule} may end or go on (shift/reduce conflict) at {', '.join(sorted(terminals))}"


def _rule_at_fault(message: str, definitions: dict[str, Definition]) -> Definition | None:
    """Find the rule that an error of Lark's speaks of, by its line or by its name."""
    line = re.search(r"at line (\d+)", message)
    if line:
        before = [d for d in definitions.values() if d.line <= int(line[1])]
        return before[-1] if before else None
    conflict = re.search(r"<(\w+) : ", message)
    named = conflict[1] if conflict else message
    return next((d for d in definitions.values() if _mentions(named, d.name)), None)


def _mentions(message: str, rule: str) -> bool:
    """Tell whether an error of Lark's speaks of a rule, with or without its underscore."""
    return bool(re.search(rf"(?<!\w)_?{re.escape(rule.lstrip('_'))}(?!\w)", message))
