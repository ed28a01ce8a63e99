"""Tokens that a model writes before it is known what it may write.

Building the matcher of a scope that nobody has met takes as long as a small model takes for some
twenty tokens. It happens outside of Python's lock, so the model goes on meanwhile, and takes what
it thinks best; then each guess is looked at as if nothing had been guessed: the same logits are
masked, and a token is chosen from them. Where that is the guessed one, the pass through the model
is saved; where it is not, this guess and those after it are forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch

from asygrammar.decoding.choosing import Sampling, choose

#: How many tokens are guessed at most before the constraint is waited for.
MOST_GUESSED = 64


@dataclass(eq=False)
class Guesses:
    """The guesses for one program.

    Attributes:
        sampling: How tokens are chosen.
        is_last: Tells of a token that nothing is guessed after it: it ends a line, or the answer.
        base: The program's tokens when the first guess was made.
        tokens: The guesses.
        logits: What the model said before each of them, shape ``(1, vocab)``.
        seconds: What the guesses have taken, in seconds.
    """

    sampling: Sampling
    is_last: Callable[[int], bool]
    base: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    logits: list[torch.Tensor] = field(default_factory=list)
    seconds: float = 0.0
    _draw: torch.Generator = field(default_factory=torch.Generator)

    @property
    def able(self) -> bool:
        """Whether another guess may be made."""
        if not self.tokens:
            return True
        return len(self.tokens) < MOST_GUESSED and not self.is_last(self.tokens[-1])

    def guess(self, logits: torch.Tensor, ids: Sequence[int], draw: torch.Generator) -> None:
        """Guess the token after those of the program and the guesses before.

        Args:
            logits: What the model says comes next, shape ``(1, vocab)``; left as they are.
            ids: The program's tokens.
            draw: Where the program's chance comes from; left as it is. A guess takes the chance
                that the choice will take, so both agree where nothing likelier is forbidden.
        """
        if not self.tokens:
            self.base = list(ids)
            self._draw.set_state(draw.get_state())
        choice = choose(logits, None, self.sampling, [self._draw])[0]
        self.tokens.append(choice.tokens[0])
        self.logits.append(logits)

    def forget(self) -> None:
        """Forget all guesses."""
        self.tokens, self.logits, self.seconds = [], [], 0.0
