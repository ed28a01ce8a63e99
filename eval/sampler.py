"""Programs written at random under a level's mask, no model asked.

The logits are random; what is not, only weighs them. A line is begun with the text of a template,
or of a signature that is to be used, as far as the mask lets it through; its gaps, and all that
the mask lets through no further, are filled with any tokens. The longer a line gets, the more
weight have tokens that close something; one that gets too long is given up, and another begun.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from asygrammar.decoding.constraint import ConstraintError
from asygrammar.eval.rows import Masks, Row
from asygrammar.eval.statement_lines import (
    AT_THE_TOP,
    DRAWING,
    IN_A_LOOP,
    TEMPLATES,
    Filled,
    Names,
    choose,
    is_risky,
)
from asygrammar.eval.usages import Line, Piece, Signature, Usages
from asygrammar.eval.vocabulary import Vocabulary, begins_value
from asygrammar.signatures import PLAIN

#: Tokens that a gap takes before what closes it gains weight, and those that a line has at most.
_GAP, _LONGEST = 5, 60
#: Lines that a program has at most, and how often in a row one may be given up.
_MOST_LINES, _MOST_GIVEN_UP = 60, 12
_CLOSE, _ELSE, _LONGEST_BLOCK, _DEEPEST = 0.35, 0.4, 4, 3
_MISFIT, _DARING = 0.1, 0.01
#: What is written where a value begins in a line that gets long, the likelier the longer it is.
_LEAF, _TO_LEAF = 0.75, 0.1
_LEAVES = (
    *(
        "1",
        "2",
        ".5",
        "(1,2)",
        "(1,0,0)",
        "true",
        '"a"',
        "red",
        "dashed",
        "unitcircle",
        "unitsquare",
    ),
    *(
        "identity",
        "currentpicture",
        "Arrow",
        "SimpleHead",
        "N",
        "sin",
        "dir",
        "up",
        "new real[] {}",
    ),
    *("new pair[] {(0,0)}", "new int[] {1}", "shift(1,2)", "unitcircle3", "i", "x"),
)
# What may stand behind a whole value. A comma may end a name's declaration, and is tried last.
_ENDS = (";", ")", "]", "}", " :", ",", ", ")
_BLOCKS = ("if", "else", "for", "while")
_TO_GEOMETRY = re.compile(r"^(draw|fill|filldraw|dot|label)\((?!pic|P\b)", re.MULTILINE)


class DeadEnd(RuntimeError):  # noqa: N818 - it is what walkers call it
    """No token can come next, and the program cannot end."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A program, and what it cost.

    Attributes:
        seed: Where its choices began.
        program: Its text.
        lines: How many lines were begun.
        given_up: How many of them did not end in time and were taken back.
        tokens: How many tokens were written.
        taken_back: How many of them were taken back.
        fault: What broke off the program, or nothing: then it is no program.
    """

    seed: int
    program: str
    lines: int
    given_up: int
    tokens: int
    taken_back: int
    fault: str = ""


class Sampler:
    """Writes programs at a level.

    Args:
        rows: Begins a program at the level.
        vocabulary: The tokens that are written.
        modules: What a program may import.
    """

    def __init__(
        self, rows: Callable[[], Row], vocabulary: Vocabulary, modules: Sequence[str]
    ) -> None:
        self.rows, self.vocabulary, self.modules = rows, vocabulary, modules
        self.masks = Masks(vocabulary.llg_tokenizer)
        self._usages: dict[str, Usages] = {}

    def sample(self, seed: int, statements: int, targets: Sequence[Signature] = ()) -> Sample:
        """Write a program.

        Args:
            seed: Where the choices begin.
            statements: About how many statements to write.
            targets: Signatures to use, all of one module or of ``plain``.
        """
        return _Program(self, seed).write(statements, targets)

    def usages(self, module: str) -> Usages:
        """Return what writes lines that use a module's signatures."""
        if module not in self._usages:
            self._usages[module] = Usages(module)
        return self._usages[module]


@dataclass
class _Block:
    kind: str
    lines: int = 0


@dataclass
class _Program:
    """A program that is being written."""

    sampler: Sampler
    seed: int
    text: str = ""
    lines: int = 0
    given_up: int = 0
    tokens: int = 0
    taken_back: int = 0
    blocks: list[_Block] = field(default_factory=list)
    names: Names = field(default_factory=lambda: Names([]))
    hanging: int = 0

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.row = self.sampler.rows()
        self.line = _LineText()

    # ------------------------------------------------------------------- programs

    def write(self, statements: int, targets: Sequence[Signature]) -> Sample:
        fault = ""
        try:
            for module in dict.fromkeys(t.module for t in targets if t.module != PLAIN):
                self._write_line([Filled((f"import {module};\n",))])
            self._write_lines(statements, list(targets))
        except DeadEnd as error:
            fault = str(error)
        except ConstraintError as error:
            fault = f"{error} after {self.text[-200:] + self.line.text!r}"
        return Sample(
            self.seed,
            self.text,
            self.lines,
            self.given_up,
            self.tokens,
            self.taken_back,
            fault,
        )

    def _write_lines(self, statements: int, targets: list[Signature]) -> None:
        begun, in_a_row = 0, 0
        while begun < statements or self.blocks or self.hanging or not self._draws():
            if self.lines > _MOST_LINES:
                raise DeadEnd(f"no end after {self.lines} lines")
            over = begun >= statements
            kept = self._write_line(self._next_line(over, targets))
            begun, in_a_row = begun + kept, 0 if kept else in_a_row + 1
            if in_a_row > _MOST_GIVEN_UP:
                raise DeadEnd(f"no line ends after {self.text[-60:]!r}: {self.line.text!r}")
        if not self.row.accepting:
            raise DeadEnd(f"the program may not end after {self.text[-60:]!r}")

    def _draws(self) -> bool:
        kept = self.text.rpartition("erase(")[2]
        return _TO_GEOMETRY.search(kept) is not None

    def _next_line(self, over: bool, targets: list[Signature]) -> list[Filled]:
        """Return what to try as the next line, the first that the mask lets begin."""
        top = self.blocks[-1] if self.blocks else None
        if top and not self.hanging and (over or self._closes(top)):
            return self._closing(top)
        if over:
            return [self._fill(DRAWING)]
        if targets and self.random.random() < 0.5:
            ways = list(self._ways(targets))
            if ways or not self.hanging:
                return [*ways, self._fill(TEMPLATES)]
        return [self._fill(self._templates())]

    def _templates(self) -> tuple:  # type: ignore[type-arg]
        extra = () if self.blocks else AT_THE_TOP
        if any(block.kind in ("for", "while") for block in self.blocks):
            extra = IN_A_LOOP
        found = (*TEMPLATES, *extra)
        if len(self.blocks) >= _DEEPEST:
            found = tuple(template for template in found if not template.block)
        return found

    def _fill(self, templates: Sequence) -> Filled:  # type: ignore[type-arg]
        return choose(templates, self.names, self.sampler.modules, self.random)

    def _ways(self, targets: list[Signature]) -> Iterator[Filled]:
        signature = targets.pop(self.random.randrange(len(targets)))
        module = next((t.module for t in targets if t.module != PLAIN), signature.module)
        for lines in self.sampler.usages(module).of(signature, self.random):
            yield from (Filled(line, target=signature.name) for line in lines)

    def _closes(self, block: _Block) -> bool:
        if not block.lines:
            return False
        return block.lines >= _LONGEST_BLOCK or self.random.random() < _CLOSE

    def _closing(self, block: _Block) -> list[Filled]:
        closing = [Filled(("}\n",))]
        if block.kind == "if" and self.random.random() < _ELSE:
            closing.insert(0, Filled(("} else {\n",), block="else"))
        if block.kind == "while" and not re.search(r"^ *break;$", self.text, re.MULTILINE):
            closing.insert(0, Filled(("break;\n",)))
        if block.kind == "function":
            closing.append(Filled(("return ", None, ";\n")))
        return closing

    # ------------------------------------------------------------------- lines

    def _write_line(self, ways: Sequence[Filled]) -> bool:
        """Write a line in the first way that can begin here; tell whether it came to its end."""
        self.lines += 1
        begun = self.tokens
        self.line = _LineText()
        found = self._choose_way(ways)
        follow = found.line if found else ()
        ended = self._write_pieces(follow)
        if not ended or self._avoids(found):
            self.given_up += 1
            self.taken_back += self.tokens - begun
            self.row.rollback(self.tokens - begun)
            return False
        line = self.line.text
        self.text += line
        self._note(line, found)
        return True

    def _avoids(self, way: Filled | None) -> bool:
        """Tell whether to take a line back that may well fail when it runs."""
        target = way.target if way else ""
        return is_risky(self.line.text, target) and self.random.random() > _DARING

    def _choose_way(self, ways: Sequence[Filled]) -> Filled | None:
        for way in ways:
            outward = way.line[0] is not None and way.line[0].startswith("}")
            line = (self._indentation(outward), *way.line)
            if self._takes(self._spell("".join(_head(line)))):
                return replace(way, line=_joined(line))
        # Begun all the same, to see what comes of it where the mask leads elsewhere.
        if ways and self.random.random() < _MISFIT:
            return replace(ways[0], line=_joined((self._indentation(False), *ways[0].line)))
        return None

    def _indentation(self, outward: bool) -> str:
        return "  " * (len(self.blocks) + self.hanging - outward)

    def _note(self, line: str, way: Filled | None) -> None:
        """Keep track of blocks and names."""
        text = line.strip()
        if text.startswith("}"):
            self.blocks.pop()
            self.names.leave(len(self.blocks))
        elif self.blocks:
            self.blocks[-1].lines += 1
        if text.endswith("{"):
            word = re.match(r"(?:} )?(\w+)", text)
            kind = word[1] if word and word[1] in _BLOCKS else "function"
            self.blocks.append(_Block(kind))
        headless = re.match(r"(} )?(if|for|while|else)\b", text) and text[-1] not in "{;"
        self.hanging = self.hanging + 1 if headless else 0
        if way:
            depth = len(self.blocks)
            self.names.declared += [(depth, *one) for one in way.declares if one[1] in text]

    def _write_pieces(self, line: Line) -> bool:
        """Write a line's pieces, and go on at random where the mask does not let one through."""
        for number, piece in enumerate(line):
            if piece is None:
                following = line[number + 1] if number + 1 < len(line) else None
                done = self._write_gap(following)
            else:
                done = self._write_text(piece)
            if self.line.ended:
                return True
            if not done:
                break
        return self._write_gap(None)

    def _write_text(self, text: str) -> bool:
        """Write a text, token by token; tell whether the mask let all of it through."""
        while text:
            allowed = self.sampler.masks.of(self.row)
            token = self.sampler.vocabulary.beginning(text, allowed, self.random)
            if token is None:
                return False
            text = text[len(self._advance(token)) :]
        return True

    def _write_gap(self, following: Piece) -> bool:
        """Write any tokens up to a text that may follow, or to the end of the line.

        Returns:
            Whether the text can follow, or the line has ended.
        """
        vocabulary = self.sampler.vocabulary
        start, length, soft = self.line.depth, 0, self.random.randint(1, _GAP)
        while len(self.line.text) < _LONGEST * 4 and length < _LONGEST:
            allowed = self.sampler.masks.of(self.row)
            allowed[vocabulary.special] = False
            if not allowed.any():
                reason = self.row.error or "nothing is allowed"
                raise DeadEnd(f"{reason} after {self.text[-60:] + self.line.text!r}")
            level = self.line.depth <= start and not self.line.quoted
            if following and length and level and self._ends_gap(length, following, allowed):
                return True
            if following and following[0] == "$" and self._ends_gap(length, following, allowed):
                return True
            if following and level and length:
                inner = allowed & ~vocabulary.ending
                allowed = inner if inner.any() else allowed
            pressure = max(0, length - soft)
            leaf = self._leaf(pressure) if begins_value(self.line) else ()
            for token in leaf or [vocabulary.pick(allowed, self.line, pressure, self.random)]:
                self._advance(token)
                length += 1
            if self.line.ended:
                return True
            if following and self.line.depth < start:
                return False
        return False

    def _leaf(self, pressure: int) -> Sequence[int]:
        """Return, the likelier the longer the line is, tokens of a value that needs no more."""
        if self.random.random() > _LEAF + _TO_LEAF * pressure:
            return ()
        for leaf in self.random.sample(_LEAVES, len(_LEAVES)):
            tokens = self._spell(leaf)
            if self._takes(tokens) and any(self._takes(tokens + self._spell(end)) for end in _ENDS):
                return tokens
        return ()

    def _spell(self, text: str) -> list[int]:
        return self.sampler.vocabulary.spell(text, self.random)

    def _takes(self, tokens: Sequence[int]) -> bool:
        return self.row.accepts(tokens) == len(tokens)

    def _ends_gap(self, length: int, following: str, allowed: object) -> bool:
        if self.random.random() > 0.6 + 0.05 * length:
            return False
        token = self.sampler.vocabulary.beginning(following, allowed, self.random)  # type: ignore[arg-type]
        return token is not None

    def _advance(self, token: int) -> str:
        self.row.advance(token)
        if error := self.row.error:
            raise DeadEnd(f"{error} after {self.text[-60:] + self.line.text!r}")
        self.tokens += 1
        text = self.sampler.vocabulary.texts[token]
        self.line.add(text)
        return text


@dataclass
class _LineText:
    """The line that is being written.

    Attributes:
        text: What there is of it.
        depth: How many brackets are open.
        quoted: Whether a string is.
    """

    text: str = ""
    depth: int = 0
    quoted: bool = False

    @property
    def ended(self) -> bool:
        """Whether the line has come to its end."""
        return self.text.endswith("\n")

    def add(self, text: str) -> None:
        self.text += text
        for character in text:
            if character == '"':
                self.quoted = not self.quoted
            elif not self.quoted:
                self.depth += (character in "([{") - (character in ")]}")


def _head(line: Line) -> Iterator[str]:
    """Yield the texts before the first gap."""
    for piece in line:
        if piece is None:
            return
        yield piece


def _joined(line: Line) -> Line:
    """Return a line whose indentation is part of its first text."""
    first, second, *rest = line
    if isinstance(second, str):
        return (f"{first}{second}", *rest)
    return line if first else line[1:]
