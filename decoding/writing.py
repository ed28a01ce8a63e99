"""One program while it is being written: its tokens, its statements, and the ways back.

A statement that the compiler refuses is taken back as far as the place where another token was
nearly as good, and goes on from there: a best-first search through statements, in which none comes
twice. Knows token ids and the constraint; knows no model.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field

from asygrammar.decoding.choosing import Choice
from asygrammar.decoding.closing import end_statement, tokens_to_close
from asygrammar.decoding.constraint import Constraint
from asygrammar.decoding.judging import Judge, goes_on
from asygrammar.decoding.report import Refusal

#: How many ways are tried to write one statement, and how many a program may have refused.
MOST_TRIED, MOST_REFUSED = 8, 40
#: How many tokens may be taken back, for each that the program may have.
MOST_TAKEN_BACK = 3
#: Statements that draw, whatever the program is; the last resort of one that draws nothing.
DRAWINGS = ("draw((0,0)--(1,0));\n", "dot((0,0));\n", "draw(unitcircle);\n")
# Further from the end of the budget than this, in tokens, nobody thinks of ending.
_NEAR = 96


@dataclass(frozen=True, slots=True)
class _Fork:
    """A place in a statement where other tokens could be taken: how many tokens are before it."""

    at: int
    choice: Choice
    cost: float


@dataclass(eq=False)
class Writing:
    """A program that is being written.

    Attributes:
        row: Its number among the constraint's rows and in the batch.
        constraint: What it may say.
        judge: What its statements have to pass, or ``None``.
        end_ids: The tokens that end an answer.
        budget: The most tokens that it may take, a given beginning not counted.
        settles: Whether it is asked after each statement if the program could end there, so that
            what is shown of it is never taken back.
        ids: Its tokens, without the end-of-turn token.
        given: How many of them somebody else began the program with.
        marks: Lengths in tokens, one for each whole statement: where it ends.
        cut: How many tokens make up the part that is sure to stay.
        stop_reason: ``"end"``, ``"budget"``, ``"refused"`` or ``"matcher"``; empty while it is
            being written.
        fault: What the matcher said, where ``stop_reason`` is ``"matcher"``.
        fed: How many tokens the model has seen.
        forced: How many tokens could be no others.
        steps: How often the model was asked.
        taken_back: How many tokens were taken back.
        masked: The sum, over the steps, of the probability that lay on forbidden tokens.
        refused: Statements that the judge did not take.
    """

    row: int
    constraint: Constraint
    judge: Judge | None
    end_ids: Sequence[int]
    budget: int
    settles: bool = False
    ids: list[int] = field(default_factory=list)
    given: int = 0
    marks: list[int] = field(default_factory=list)
    cut: int = 0
    stop_reason: str = ""
    fault: str = ""
    fed: int = 0
    forced: int = 0
    steps: int = 0
    taken_back: int = 0
    masked: float = 0.0
    refused: list[Refusal] = field(default_factory=list)
    _forks: list[_Fork] = field(default_factory=list)
    _ways: list[tuple[float, int, list[int]]] = field(default_factory=list)
    _cost: float = 0.0
    _tried: set[str] = field(default_factory=set)
    _tries: int = 0
    _closed: bool = False

    @property
    def count(self) -> int:
        """How many tokens it takes, a given beginning not counted."""
        return len(self.ids) - self.given

    def begin(self, tokens: Sequence[int]) -> str:
        """Begin with tokens of somebody else.

        Returns:
            What is wrong with them, in one line; empty where nothing is.
        """
        read = self.constraint.read
        for number, token in enumerate(tokens):
            if not self.constraint.accepts(self.row, [token]):
                before, rest = read(tokens[:number]), read(tokens[number:])
                return f"{rest[:40]!r} cannot stand after {before[-40:]!r}"
            self._advance(token)
            if self.constraint.accepting(self.row):
                statement = self._statement()
                if reason := self._fault_of(statement):
                    return reason
                self._mark(statement)
        self.given = len(self.ids)
        return ""

    def take(self, choice: Choice) -> None:
        """Take in the token that was chosen, and whatever follows from it."""
        if fault := self.constraint.fault(self.row):  # no mask could be made: it means nothing
            self._fail(fault)
            return
        self.steps += 1
        self.masked += choice.masked
        if self.judge:
            self._forks.append(_Fork(len(self.ids), choice, self._cost))
        self._write(choice.tokens[0])

    def is_last(self, token: int) -> bool:
        """Tell whether a token ends a line, or the answer."""
        return token in self.end_ids or "\n" in self.constraint.read([token])

    def abandon(self) -> None:
        """Let go of what it holds, however far it is."""
        if self.judge:
            self.judge.close()

    # ------------------------------------------------------------------- forward

    def _write(self, token: int) -> None:
        if token in self.end_ids:
            self._end()
            return
        self._advance(token)
        forced = self.constraint.forced(self.row)
        self.ids += forced
        self.forced += len(forced)
        if fault := self.constraint.fault(self.row):
            self._fail(fault)
        elif self.count > self.budget:  # by forced tokens
            self._stop("budget")
        elif self.constraint.accepting(self.row):
            self._settle()
        if not self.stop_reason and self.count >= self.budget:
            self._stop("budget")
        if not self.stop_reason:
            self._close_in_time()

    def _fail(self, fault: str) -> None:
        """Go another way where a matcher reached a limit of its own, or stop."""
        if self._forks:
            self._refuse(self._statement(), fault)
        else:
            self._stop("matcher", fault)

    def _end(self) -> None:
        reason = self.judge.why_not_end() if self.judge else ""
        if reason:
            self._refuse("", reason)
        else:
            self.cut, self.stop_reason = len(self.ids), "end"

    def _advance(self, token: int) -> None:
        self.constraint.advance(self.row, token)
        self.ids.append(token)

    def _settle(self) -> None:
        """Keep the statement that has become whole, unless it fails."""
        statement = self._statement()
        if reason := self._fault_of(statement):
            self._refuse(statement, reason)
        else:
            self._mark(statement)

    def _fault_of(self, statement: str) -> str:
        """Return why the program cannot have a statement; empty where it now has it."""
        if statement in self._tried:
            return "it was refused before"
        return self.judge.take(statement) if self.judge else ""

    def _mark(self, statement: str) -> None:
        if self.judge and goes_on(statement):
            self.marks.pop()
        self.marks.append(len(self.ids))
        if not (self.judge and self.settles and self.judge.why_not_end()):
            self.cut = len(self.ids)
        self._forks, self._ways, self._cost = [], [], 0.0
        self._tried, self._tries = set(), 0

    def _start(self) -> int:
        return self.marks[-1] if self.marks else 0

    def _statement(self) -> str:
        """Return the text of the statement that is being written."""
        return self.constraint.read(self.ids[self._start() :]).lstrip(" ")

    # ------------------------------------------------------------------- back

    def _refuse(self, statement: str, reason: str) -> None:
        """Go back to the best other way of writing the statement, or give it up."""
        self.refused.append(Refusal(statement.strip(), reason))
        self._tried.add(statement)
        self._tries += 1
        start = self._start()
        for fork in self._forks:
            before = self.ids[start : fork.at]
            for token, cost in zip(fork.choice.tokens[1:], fork.choice.costs[1:], strict=True):
                # Between equals, what was seen last comes first.
                order = -len(self._ways)
                heapq.heappush(self._ways, (fork.cost + cost, order, [*before, token]))
        self._forks = []
        spent = len(self.refused) >= MOST_REFUSED or self.taken_back > MOST_TAKEN_BACK * self.budget
        if not self._ways or self._tries >= MOST_TRIED or spent:
            self._stop("refused")
            return
        self._cost, _, way = heapq.heappop(self._ways)
        common = shared(self.ids[start:], way[:-1])
        self._back_to(start + common)
        for token in way[common:-1]:
            self._advance(token)
        self._write(way[-1])

    def _back_to(self, length: int) -> None:
        taken = len(self.ids) - length
        self.constraint.rollback(self.row, taken)
        self.taken_back += taken
        del self.ids[length:]
        self.fed = min(self.fed, length)

    # ------------------------------------------------------------------- the end

    def _close_in_time(self) -> None:
        """Where the budget runs out within a block, or before anything is whole, end it."""
        left = self.budget - self.count
        early = left > min(_NEAR, self.budget / 2)
        if self._closed or early or not self.constraint.cuts:
            return
        text = self._statement()
        if (self.marks and "\n" not in text) or left > tokens_to_close(text):
            return
        self._closed = True
        start = self._start()
        ended = end_statement(self.constraint, self.row, self.ids[start:], left)
        self.taken_back += len(self.ids) - start - shared(self.ids[start:], ended or [])
        self.ids[start:] = ended or []
        statement = self._statement()
        if ended and (reason := self._fault_of(statement)):
            self.refused.append(Refusal(statement.strip(), reason))
        elif ended:
            self._mark(statement)
        self._stop("budget")

    def _stop(self, reason: str, fault: str = "") -> None:
        """Stop, and go back to where the program can end."""
        self.stop_reason, self.fault = reason, fault
        if self.constraint.cuts:
            self._back_to(self._start())
            while not self._can_end() and not self._draw() and self.marks:
                self._give_back()
        self.cut = len(self.ids)

    def _can_end(self) -> bool:
        return bool(self.marks) and not (self.judge and self.judge.why_not_end())

    def _give_back(self) -> None:
        """Take back the last whole statement."""
        self.marks.pop()
        if self.judge:
            self.judge.back()
        self._back_to(self._start())

    def _draw(self) -> bool:
        """Add a statement that draws, if the program can then end."""
        for text in DRAWINGS:
            tokens = self.constraint.spell(text)
            fits = self.count + len(tokens) <= self.budget
            if not fits or self.constraint.accepts(self.row, tokens) < len(tokens):
                continue
            if self.judge and self.judge.take(text):
                continue
            for token in tokens:
                self._advance(token)
            self.marks.append(len(self.ids))
            if self._can_end():
                return True
            self._give_back()
        return False


def shared(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many tokens two sequences begin with in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))
