"""The text of a Lark grammar as data: rules and terminals, each a list of symbols.

It reads only what ``grammars/asy.lark`` is written in (no templates, imports or rule priorities),
and knows nothing of Asymptote.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SYMBOL = re.compile(
    r"""
    (?P<comment>//[^\n]*)
  | (?P<string>"(?:\\.|[^"\\\n])*")
  | (?P<regexp>/(?:\\.|[^/\\\n])+/)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<operator>->|[()\[\]|*+?])
  | (?P<space>\s+)
  """,
    re.VERBOSE,
)
_DEFINITION = re.compile(r"^[?!]*(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:\.\d+)?[ \t]*:", re.MULTILINE)


class GrammarFault(ValueError):  # noqa: N818 - the design calls what is wrong a fault
    """A grammar file has a fault; the message names file, line and rule."""


@dataclass(frozen=True)
class Symbol:
    """One symbol of a rule's right-hand side.

    Attributes:
        kind: ``"string"``, ``"regexp"``, ``"name"`` or ``"operator"``.
        text: The symbol as written, with its quotes or slashes.
    """

    kind: str
    text: str


@dataclass(frozen=True)
class Definition:
    """A rule (lower case) or a terminal (upper case) of a grammar.

    Attributes:
        name: Its name, without modifiers or priority.
        symbols: Its right-hand side, comments dropped.
        line: 1-based line of the file on which it begins.
    """

    name: str
    symbols: tuple[Symbol, ...]
    line: int

    @property
    def is_terminal(self) -> bool:
        """Whether the name is in upper case, as terminals are."""
        return self.name.isupper()


def read_definitions(text: str, file: str = "grammar") -> dict[str, Definition]:
    """Split the text of a Lark grammar into its definitions, in order.

    Args:
        text: The grammar; ``%`` directives are left out of the result.
        file: What to call the grammar in an error.

    Raises:
        GrammarFault: A symbol that is no symbol of Lark's, a rule that is defined twice, used and
            not defined, or a grammar without a rule ``start``.
    """
    definitions = _split(text, file)
    _check_references(definitions, file)
    return definitions


def override(text: str, changes: str, file: str = "grammar") -> str:
    """Put the definitions of another grammar in the place of a grammar's own.

    Args:
        text: The grammar.
        changes: Definitions that replace those of the same name, or are added.
        file: What to call the grammar in an error.

    Returns:
        The text of the changed grammar, without ``%`` directives, modifiers and priorities.

    Raises:
        GrammarFault: As for `read_definitions`, of the two texts together.
    """
    merged = {**_split(text, file), **_split(changes, f"the changes to {file}")}
    _check_references(merged, file)
    return "".join(
        f"{name}: {' '.join(symbol.text for symbol in definition.symbols)}\n"
        for name, definition in merged.items()
    )


def _split(text: str, file: str) -> dict[str, Definition]:
    body = re.sub(r"^%[^\n]*", lambda match: " " * len(match[0]), text, flags=re.MULTILINE)
    heads = list(_DEFINITION.finditer(body))
    ends = [head.start() for head in heads[1:]] + [len(body)]
    definitions: dict[str, Definition] = {}
    for head, end in zip(heads, ends, strict=True):
        name, line = head["name"], body.count("\n", 0, head.start()) + 1
        if name in definitions:
            raise GrammarFault(f"{file}:{line}: rule {name}: defined twice")
        symbols = read_symbols(body[head.end() : end], file, line, name)
        definitions[name] = Definition(name, tuple(symbols), line)
    return definitions


def _check_references(definitions: dict[str, Definition], file: str) -> None:
    if "start" not in definitions:
        raise GrammarFault(f"{file}:1: rule start: missing; it is where every program begins")
    for name, definition in definitions.items():
        for symbol in definition.symbols:
            if symbol.kind == "name" and symbol.text not in definitions:
                place = f"{file}:{definition.line}: rule {name}"
                raise GrammarFault(f"{place}: {symbol.text} is used and defined nowhere")


def read_symbols(body: str, file: str, line: int, name: str) -> list[Symbol]:
    """Read a right-hand side, comments dropped.

    Args:
        body: The text.
        file: What to call the grammar in an error.
        line: 1-based line on which the text begins.
        name: The rule it belongs to.

    Raises:
        GrammarFault: A symbol that is no symbol of Lark's.
    """
    symbols, position = [], 0
    while position < len(body):
        match = _SYMBOL.match(body, position)
        if match is None:
            at = line + body.count("\n", 0, position)
            raise GrammarFault(f"{file}:{at}: rule {name}: unexpected {body[position]!r}")
        kind = match.lastgroup or ""
        if kind not in ("comment", "space"):
            symbols.append(Symbol(kind, match[0]))
        position = match.end()
    return symbols
