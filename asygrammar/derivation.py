r"""From ``asy.lark`` to the text llguidance decodes with, by rule.

The two texts differ in four mechanical ways, each a step of :func:`derive`. What it finds is
written down by :func:`write_llguidance`, and in other dialects by `asygrammar.gbnf` and
`asygrammar.scoped_grammar`.

1. The header ``%llguidance {}`` by which servers know the dialect; priorities and ``?`` go.
2. Words are taken out of names by subtraction, ``NAME: /x/ & ~/(if|for)/``, where Lark looks ahead
   (``/(?!(if|for)\b)x/``), and the ``\b`` that ends a keyword's pattern goes: llguidance reads the
   longest lexeme by itself.
3. White space is written out where the markers stand. llguidance ignores nothing.
4. Indentation: a rule that breaks lines is written once for each depth (``block``, ``block_1``,
   ...), so the indentation is exact. At :data:`MAX_DEPTH` it stops growing, here and in
   ``format_asy``, so that nesting itself stays without bound. One more copy (``block_line``) keeps
   all on one line, for function bodies inside expressions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from asygrammar.lark_text import Definition, GrammarFault, read_definitions

#: Blocks deeper than this are indented no further.
MAX_DEPTH = 4
#: One step of indentation.
INDENT = "  "
#: Markers of grammars/asy.lark, which explains them.
MARKERS = frozenset({"_begin", "_sp", "_glue", "_nl", "_open", "_shut", "_close", "_line"})
#: Markers that begin a new line, and how far they move the indentation.
STEPS = {"_nl": 0, "_open": 1, "_shut": -1, "_close": -1}

HEADER = "%llguidance {}"
_LINE = -1  # the "depth" of what stays on one line
_KEYWORD_LOOKAHEAD = re.compile(r"^/\(\?!\((?P<words>[a-z0-9|_]+)\)\\b\)(?P<rest>.*)/$")


@dataclass(frozen=True)
class Lexeme:
    """A terminal of a decoder's grammar.

    Attributes:
        pattern: Its regular expression, between slashes.
        excluded: Words that match it and are none of it (keywords are no names).
    """

    pattern: str
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True)
class Derivation:
    """The decoder's grammar before it is written down in some dialect.

    Attributes:
        rules: Each rule's right-hand side as text: strings, names and Lark's operators. ``start``
            comes first.
        lexemes: The terminals.
    """

    rules: dict[str, str]
    lexemes: dict[str, Lexeme]


def derive(text: str, *, comments: bool = True, file: str = "asy.lark") -> Derivation:
    """Derive the decoder's grammar from the text of ``asy.lark``, in no dialect yet.

    Args:
        text: The Lark grammar.
        comments: Whether comments may stand where ``format_asy`` puts them. The decoder does
            without: a comment is prose, and prose can eat a whole token budget.
        file: What to call the grammar in an error.

    Returns:
        A grammar that accepts programs in the canonical layout, one or more statements, each
        with its newline.

    Raises:
        GrammarFault: The text is no grammar, or indents without stepping back.
    """
    definitions = read_definitions(text, file)
    breaking = _rules_that_break_lines(definitions)
    rules: dict[str, str] = {}
    wanted, seen = [("start", 0)], {("start", 0)}
    while wanted:
        name, depth = wanted.pop(0)
        writer = _RuleWriter(definitions[name], depth, breaking, comments, file)
        if not definitions[name].is_terminal:
            rules[_copy_name(name, depth)] = writer.write()
        fresh = [key for key in writer.references if key not in seen]
        seen.update(fresh)
        wanted.extend(fresh)
    used = {symbol for symbol, _ in seen} | ({"COMMENT"} if comments else set())
    lexemes = {
        name: _read_lexeme(definition, file)
        for name, definition in definitions.items()
        if definition.is_terminal and name in used
    }
    return Derivation(rules, lexemes)


def derive_llguidance(text: str, *, comments: bool = True, file: str = "asy.lark") -> str:
    """Derive the decoder's grammar, in llguidance's dialect of Lark.

    Args:
        text: The Lark grammar.
        comments: Whether comments may stand where ``format_asy`` puts them.
        file: What to call the grammar in an error.

    Raises:
        GrammarFault: As for `derive`.
    """
    return write_llguidance(derive(text, comments=comments, file=file))


def write_llguidance(derived: Derivation) -> str:
    """Write a derived grammar in llguidance's dialect of Lark."""
    rules = [f"{name}: {body}" for name, body in derived.rules.items()]
    terminals = [f"{name}: {write_lexeme(lexeme)}" for name, lexeme in derived.lexemes.items()]
    return "\n".join([HEADER, "", *rules, "", *terminals, ""])


def allow_space_in_front(derived: Derivation) -> Derivation:
    """Let a program begin with one space: some models' tokenizers spell ``draw`` as ``▁draw``."""
    rules = {**derived.rules, "whole_program": derived.rules["start"]}
    return replace(derived, rules={**rules, "start": '" " ? whole_program'})


def write_lexeme(lexeme: Lexeme) -> str:
    """Write a terminal's right-hand side in llguidance's dialect."""
    excluded = f" & ~/({'|'.join(lexeme.excluded)})/" if lexeme.excluded else ""
    return lexeme.pattern + excluded


def indentation(depth: int) -> str:
    """Return the white space before a line at ``depth`` (0 is the outermost)."""
    return INDENT * min(depth, MAX_DEPTH)


class _RuleWriter:
    """Writes one rule at one depth, and collects which rules it refers to."""

    def __init__(
        self,
        definition: Definition,
        depth: int,
        breaking: frozenset[str],
        comments: bool,
        file: str,
    ) -> None:
        self.definition, self.depth, self.breaking = definition, depth, breaking
        self.comments, self.file = comments, file
        self.references: dict[tuple[str, int], None] = {}

    def write(self) -> str:
        if self.definition.is_terminal:
            return ""
        return " ".join(part for part in self._parts() if part) or '""'

    def _parts(self) -> Iterator[str]:
        depth, outer = self.depth, []  # outer: the depth at the start of each open bracket
        for symbol in self.definition.symbols:
            text = symbol.text
            if text in ("(", "["):
                outer.append(depth)
            elif text == "|":
                depth = self._leave(depth, outer[-1] if outer else self.depth)
            elif text in (")", "]"):
                depth = self._leave(depth, outer.pop())
            if symbol.kind == "name" and text in MARKERS:
                marker, depth = self._marker(text, depth)
                yield marker
            elif symbol.kind == "name":
                yield self._reference(text, depth)
            else:
                yield text
        self._leave(depth, self.depth)

    def _leave(self, depth: int, before: int) -> int:
        """Return the depth at which an alternative began, and make sure it ends there too."""
        if depth not in (before, _LINE):
            name, line = self.definition.name, self.definition.line
            raise GrammarFault(f"{self.file}:{line}: rule {name}: _open without _shut or _close")
        return before

    def _reference(self, name: str, depth: int) -> str:
        key = (name, depth if name in self.breaking else 0)
        if key[1] != _LINE:
            key = (name, min(key[1], MAX_DEPTH))
        self.references[key] = None
        return _copy_name(*key)

    def _marker(self, marker: str, depth: int) -> tuple[str, int]:
        """Return what a marker stands for at ``depth``, and the depth after it."""
        if marker == "_line":
            return "", _LINE
        if marker == "_begin":
            return (r'(COMMENT "\n")*' if self.comments else ""), depth
        if marker == "_sp":
            return '" "', depth
        if marker == "_glue":
            return '" "?', depth
        if depth == _LINE:
            return ("" if marker == "_shut" else '" "'), depth
        after = depth + STEPS[marker]
        if marker == "_shut":
            return "", after
        return self._new_line(max(depth, after), after), after

    def _new_line(self, comment_depth: int, depth: int) -> str:
        newline = json.dumps("\n" + indentation(depth))
        if not self.comments:
            return newline
        comment_line = json.dumps("\n" + indentation(comment_depth))
        return f'(" " COMMENT)? ({comment_line} COMMENT)* {newline}'


def _copy_name(name: str, depth: int) -> str:
    return name if depth == 0 else f"{name}_line" if depth == _LINE else f"{name}_{depth}"


def _rules_that_break_lines(definitions: dict[str, Definition]) -> frozenset[str]:
    """Find the rules whose text depends on how far in they stand."""

    def broken_by(definition: Definition, breaking: frozenset[str]) -> bool:
        for symbol in definition.symbols:
            if symbol.text == "_line":  # what follows stays on the line, whatever it is
                return False
            if symbol.text in STEPS or symbol.text in breaking:
                return True
        return False

    breaking: frozenset[str] = frozenset()
    while True:
        more = frozenset(n for n, d in definitions.items() if broken_by(d, breaking))
        if more == breaking:
            return breaking
        breaking = more


def _read_lexeme(definition: Definition, file: str) -> Lexeme:
    """Read a terminal, its lookahead turned into the words it excludes."""
    pattern = definition.symbols[0].text if len(definition.symbols) == 1 else ""
    if not pattern.startswith("/"):
        place = f"{file}:{definition.line}: rule {definition.name}"
        raise GrammarFault(f"{place}: a terminal is one pattern between slashes")
    keywords = _KEYWORD_LOOKAHEAD.match(pattern)
    if keywords:
        return Lexeme(f"/{keywords['rest']}/", tuple(keywords["words"].split("|")))
    return Lexeme(pattern.replace(r"\b/", "/"))
