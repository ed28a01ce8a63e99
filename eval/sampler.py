"""Programs written at random under a level's mask, no model asked.

The logits are random; what is not, only weighs them. A line is begun with the text of a template,
or of a signature that is to be used, as far as the mask lets it through; what it leaves open is
filled with any tokens. A line that gets too long is given up, and another begun.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from asygrammar.compiler import SessionPool
from asygrammar.decoding.constraint import ConstraintError, ProgramRow
from asygrammar.eval.line_writer import DeadEnd, LineWriter
from asygrammar.eval.open_blocks import Block, Layout
from asygrammar.eval.plain_values import VALUES
from asygrammar.eval.rows import Masks
from asygrammar.eval.statement_lines import (
    AT_THE_TOP,
    DRAWING,
    IN_A_LOOP,
    IN_A_WHILE,
    TEMPLATES,
    Filled,
    Names,
    Template,
    choose,
    is_risky,
)
from asygrammar.eval.usages import GAPS, Line, Signature, Usages
from asygrammar.eval.used import used_signatures
from asygrammar.eval.vocabulary import Vocabulary
from asygrammar.signatures import PLAIN

#: Lines that a program has at most, and how often in a row one may be given up.
_MOST_LINES, _MOST_GIVEN_UP = 80, 12
#: How often a signature is tried to be used, and how often a line is to use one.
_TRIES, _LED = 3, 0.6
_CLOSE, _ELSE, _LONGEST_BLOCK, _DEEPEST = 0.35, 0.4, 4, 3
_MISFIT, _DARING = 0.1, 0.01
_TO_GEOMETRY = re.compile(r"^(draw|fill|filldraw|dot|label)\((?!pic|P\b)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class RandomProgram:
    """A program, and what it cost.

    Attributes:
        seed: Where its choices began.
        program: Its text.
        lines: How many lines were begun.
        given_up: How many of them did not end in time and were taken back.
        tokens: How many tokens were written.
        taken_back: How many of them were taken back.
        refused: How many whole statements the compiler refused.
        fault: What broke off the program, or nothing: then it is no program.
    """

    seed: int
    program: str
    lines: int
    given_up: int
    tokens: int
    taken_back: int
    refused: int = 0
    fault: str = ""


class Sampler:
    """Writes programs at a level.

    Args:
        rows: Begins a program at the level.
        vocabulary: The tokens that are written.
        modules: What a program may import.
        pool: Live compilers that judge each statement; ``None`` for no judge.
    """

    def __init__(
        self,
        rows: Callable[[], ProgramRow],
        vocabulary: Vocabulary,
        modules: Sequence[str],
        pool: SessionPool | None = None,
    ) -> None:
        self.rows, self.vocabulary, self.modules, self.pool = rows, vocabulary, modules, pool
        self.masks = Masks(vocabulary.llg_tokenizer)
        self._usages: dict[str, Usages] = {}

    def sample(
        self, seed: int, statements: int, targets: Sequence[Signature] = ()
    ) -> RandomProgram:
        """Write a program.

        Args:
            seed: Where the choices begin.
            statements: About how many statements to write.
            targets: Signatures to use, all of one module or of ``plain``.
        """
        if self.pool is None:
            return Program(self, seed).write(statements, targets)
        from asygrammar.eval.judged_program import JudgedProgram

        return JudgedProgram(self, seed).write(statements, targets)

    def usages(self, module: str) -> Usages:
        """Return what writes lines that use a module's signatures."""
        if module not in self._usages:
            self._usages[module] = Usages(module)
        return self._usages[module]


@dataclass
class _Goal:
    """A signature that is to be used, and how often that was tried."""

    signature: Signature
    tries: int = 0


@dataclass
class Program:
    """A program that is being written.

    Attributes:
        layout: The blocks that are open.
        names: The names that it has declared.
        waiting: The lines that a usage goes on with, each in the ways that it can be written.
        goal: What they are to use.
    """

    sampler: Sampler
    seed: int
    text: str = ""
    lines: int = 0
    given_up: int = 0
    taken_back: int = 0
    names: Names = field(default_factory=lambda: Names([]))
    layout: Layout = field(default_factory=Layout)
    waiting: list[list[Filled]] = field(default_factory=list)
    goal: _Goal | None = None

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.row = self.sampler.rows()
        sampler = self.sampler
        self.writer = LineWriter(self.row, sampler.masks, sampler.vocabulary, self.random)

    # ------------------------------------------------------------------- programs

    def write(self, statements: int, targets: Sequence[Signature]) -> RandomProgram:
        """Write the program; see `Sampler.sample`."""
        fault = ""
        try:
            for module in dict.fromkeys(t.module for t in targets if t.module != PLAIN):
                self._write_line([Filled((f"import {module};\n",))])
            self._write_lines(statements, [_Goal(target) for target in targets])
        except (DeadEnd, ConstraintError) as error:
            fault = f"{error} after {self.text[-200:]!r}"
        return RandomProgram(
            self.seed,
            self.text,
            self.lines,
            self.given_up,
            self.writer.tokens,
            self.taken_back,
            fault=fault,
        )

    def _write_lines(self, statements: int, goals: list[_Goal]) -> None:
        begun, in_a_row = 0, 0
        while begun < statements or self.layout.blocks or self.layout.hanging or not self.may_end():
            if self.lines > _MOST_LINES:
                raise DeadEnd(f"no end after {self.lines} lines")
            over = begun >= statements or self.lines > _MOST_LINES // 2
            led = bool(self.waiting)
            ways = self.waiting.pop(0) if led else self._next_line(over, goals)
            kept, followed = self._write_line(ways, must=led)
            kept = kept and self.settle()
            self._note_goal(goals, kept and followed)
            begun, in_a_row = begun + kept, 0 if kept else in_a_row + 1
            if in_a_row > _MOST_GIVEN_UP:
                raise DeadEnd(f"no line ends: {self.writer.line.text!r}")
        if not self.row.accepting:
            raise DeadEnd("the program may not end")

    def _note_goal(self, goals: list[_Goal], reached: bool) -> None:
        """Keep a goal for another time if a line on the way to it was not written as it should."""
        if self.goal is None or (reached and self.waiting):
            return
        if reached:
            # An argument that was left open may have led to another overload.
            closed = self.text + "}\n" * len(self.layout.blocks)
            reached = self.goal.signature in used_signatures(closed)
        if not reached:
            self.waiting.clear()
            if self.goal.tries < _TRIES:
                goals.append(self.goal)
        self.goal = None

    def settle(self) -> bool:
        """Tell whether the line that was written may stay; where it may not, take it back."""
        return True

    def may_end(self) -> bool:
        """Tell whether the program may end, outside of all blocks: whether it draws something."""
        kept = self.text.rpartition("erase(")[2]
        return _TO_GEOMETRY.search(kept) is not None

    def _next_line(self, over: bool, goals: list[_Goal]) -> list[Filled]:
        """Return what to try as the next line, the first that the mask lets begin."""
        top = self.layout.blocks[-1] if self.layout.blocks else None
        if top and not self.layout.hanging and (over or self._closes(top)):
            return self._closing(top, over)
        if over:
            return [self._fill(DRAWING)]
        if goals and self.random.random() < _LED:
            goal = goals.pop(self.random.randrange(len(goals)))
            goal.tries += 1
            for steps in self._ways(goal):
                if not self.layout.hanging or len(steps) == 1:
                    self.goal, self.waiting = goal, steps[1:]
                    return steps[0]
            if goal.tries < _TRIES:
                goals.append(goal)
        return [self._fill(self._templates())]

    def _templates(self) -> Sequence[Template]:
        extra: Sequence[Template] = () if self.layout.blocks else AT_THE_TOP
        loops = {block.kind for block in self.layout.blocks} & {"for", "while"}
        if loops:
            extra = IN_A_WHILE if "while" in loops else IN_A_LOOP
        found = (*TEMPLATES, *extra)
        if len(self.layout.blocks) >= _DEEPEST:
            found = tuple(template for template in found if not template.block)
        return found

    def _fill(self, templates: Sequence[Template]) -> Filled:
        return choose(templates, self.names, self.sampler.modules, self.random)

    def _ways(self, goal: _Goal) -> Iterator[list[list[Filled]]]:
        """Yield the lines that reach a goal, each in several ways, first those with no other."""
        signature = goal.signature
        usages = self.sampler.usages(signature.module)
        found: dict[tuple[Line, ...], list[Filled]] = {}
        for lines in usages.of(signature, self.random, 0 if goal.tries > 1 else GAPS):
            if lines:
                plain = tuple(_outdented(line) for line in lines)
                way = Filled(plain[-1], target=signature.name)
                found.setdefault(plain[:-1], []).append(way)
        start = self.layout.indentation(False)
        for before, last_ways in sorted(found.items(), key=lambda one: len(one[0])):
            first = before[:1] or tuple(way.line for way in last_ways)
            if any(self.writer.takes(start + "".join(_head(line))) for line in first):
                yield [*([Filled(line, target=signature.name)] for line in before), last_ways]

    def _closes(self, block: Block) -> bool:
        if not block.lines:
            return False
        return block.lines >= _LONGEST_BLOCK or self.random.random() < _CLOSE

    def _closing(self, block: Block, over: bool) -> list[Filled]:
        closing = [Filled(("}\n",))]
        if not over and block.kind == "if" and self.random.random() < _ELSE:
            closing.insert(0, Filled(("} else {\n",), block="else"))
        if block.kind == "while" and not block.broken:
            closing.insert(0, Filled(("break;\n",)))
        if block.kind == "function":
            plain = VALUES.get(block.result, ())
            value = self.random.choice(plain) if over and plain else None
            closing.append(Filled(("return ", value, ";\n")))
        return closing

    # ------------------------------------------------------------------- lines

    def _write_line(self, ways: Sequence[Filled], must: bool = False) -> tuple[bool, bool]:
        """Write a line in the first way that can begin here.

        Args:
            ways: They.
            must: Whether to write nothing where none can; otherwise any line is written.

        Returns:
            Whether it came to its end, and whether it is as that way says.
        """
        self.lines += 1
        begun = self.writer.tokens
        found = self._choose_way(ways)
        if must and found is None:
            self.given_up += 1
            return False, False
        ended, followed = self.writer.write(found.line if found else ())
        if not ended or self._avoids(found):
            self.given_up += 1
            self.taken_back += self.writer.tokens - begun
            self.row.rollback(self.writer.tokens - begun)
            return False, False
        line = self.writer.line.text
        self.text += line
        self._note(line, found)
        return True, followed

    def _avoids(self, way: Filled | None) -> bool:
        """Tell whether to take a line back that may well fail when it runs.

        Not if it is to use a signature and has plain values alone.
        """
        target = way.target if way else ""
        if way and target and None not in way.line:
            return False
        return is_risky(self.writer.line.text, target) and self.random.random() > _DARING

    def _choose_way(self, ways: Sequence[Filled]) -> Filled | None:
        for way in ways:
            outward = way.line[0] is not None and way.line[0].startswith("}")
            line = (self.layout.indentation(outward), *way.line)
            if self.writer.takes("".join(_head(line))):
                return replace(way, line=_joined(line))
        # Begun all the same, to see what comes of it where the mask leads elsewhere.
        if ways and self.random.random() < _MISFIT:
            return replace(ways[0], line=_joined((self.layout.indentation(False), *ways[0].line)))
        return None

    def _note(self, line: str, way: Filled | None) -> None:
        """Keep track of blocks and names."""
        self.layout.note(line)
        depth = len(self.layout.blocks)
        if line.strip().startswith("}"):
            # Also those of the block that an else closes.
            self.names.leave(depth - line.rstrip().endswith("{"))
        if way:
            self.names.declared += [(depth, *one) for one in way.declares if one[1] in line]


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


def _outdented(line: Line) -> Line:
    """Return a line without its own indentation; the program gives it another."""
    first, *rest = line
    return (first.lstrip(" ") if first else first, *rest)
