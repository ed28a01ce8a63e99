"""Random programs at the level ``compiled``: a live compiler judges each statement."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

from asygrammar.decoding.judging import Judge, goes_on
from asygrammar.decoding.writing import DRAWINGS
from asygrammar.eval.open_blocks import Layout
from asygrammar.eval.sampler import Program, RandomProgram, Sampler
from asygrammar.eval.usages import Signature


@dataclass(frozen=True)
class _Mark:
    """A program after a whole statement.

    Attributes:
        length: Of its text, in characters.
        tokens: How many it has.
        names: What it has declared, with block depths and types.
        layout: Its blocks, none of which is open.
    """

    length: int
    tokens: int
    names: tuple[tuple[int, str, str], ...]
    layout: Layout


class JudgedProgram(Program):
    """A program that is being written, each of whose statements has to run."""

    def __init__(self, sampler: Sampler, seed: int) -> None:
        super().__init__(sampler, seed)
        assert sampler.pool is not None
        self._judge = Judge(sampler.pool)
        self._marks: list[_Mark] = []
        self._refused = 0

    def write(self, statements: int, targets: Sequence[Signature]) -> RandomProgram:
        """Write the program; it can always end."""
        self._marks = [self._mark()]
        try:
            sample = super().write(statements, targets)
            if sample.fault:  # the writer found no end, so it is cut where it has one
                self._end()
                sample = replace(sample, program=self.text, taken_back=self.taken_back, fault="")
            return replace(sample, refused=self._refused)
        finally:
            self._judge.close()

    def settle(self) -> bool:
        """Tell whether the line may stay: one that ends a statement, if the statement runs."""
        if self.layout.blocks or self.layout.hanging:
            return True
        statement = self.text[self._marks[-1].length :]
        if self._judge.take(statement):
            self._refused += 1
            self.given_up += 1
            self._back()
            return False
        self._note_statement(statement)
        return True

    def may_end(self) -> bool:
        """Tell whether the program may end; what keeps it from being drawn is taken back."""
        if not super().may_end():
            return False
        if self._judge.why_not_end():
            self._drop()
            return False
        return True

    def _note_statement(self, statement: str) -> None:
        if goes_on(statement):
            self._marks.pop()
        self._marks.append(self._mark())

    def _mark(self) -> _Mark:
        tokens = self.writer.tokens - self.taken_back
        return _Mark(len(self.text), tokens, tuple(self.names.declared), deepcopy(self.layout))

    def _back(self) -> None:
        """Go back to the last whole statement."""
        mark = self._marks[-1]
        taken = self.writer.tokens - self.taken_back - mark.tokens
        self.row.rollback(taken)
        self.taken_back += taken
        self.text = self.text[: mark.length]
        self.names.declared[:] = mark.names
        self.layout = deepcopy(mark.layout)

    def _drop(self) -> None:
        """Take back the last whole statement."""
        self._judge.back()
        self._marks.pop()
        self._back()

    def _end(self) -> None:
        """Go back as far as a statement that draws makes the program end."""
        self._back()
        while self._judge.why_not_end():
            if self._draw():
                return
            if len(self._marks) == 1:
                return
            self._drop()

    def _draw(self) -> bool:
        for drawing in DRAWINGS:
            if self.writer.takes(drawing) and not self._judge.take(drawing):
                self.writer.write((drawing,))
                self.text += drawing
                self._note_statement(drawing)
                if not self._judge.why_not_end():
                    return True
                self._drop()
        return False
