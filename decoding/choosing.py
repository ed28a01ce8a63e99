"""How a token is chosen, and which would have been the next best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

#: How many tokens are ranked at each place: the one taken, and others to come back to.
RANKED = 5


@dataclass(frozen=True)
class Sampling:
    """How tokens are chosen.

    Attributes:
        temperature: 0 takes the likeliest token; above, tokens are drawn, at 1 as the model
            weighs them.
        seeds: One seed for each row, so that a program does not depend on its neighbours.
        top_p: Only the likeliest tokens that have this share of the probability between them are
            drawn from (nucleus sampling, Holtzman et al. 2020).
    """

    temperature: float
    seeds: Sequence[int]
    top_p: float = 1.0


@dataclass(frozen=True, slots=True)
class Choice:
    """Tokens that may come next.

    Attributes:
        tokens: Ids, the one to take first.
        costs: By how much each is worse than the first, in nats; 0 for the first.
        masked: The share of the model's probability that lay on forbidden tokens.
    """

    tokens: tuple[int, ...]
    costs: tuple[float, ...]
    masked: float


def choose(
    logits: torch.Tensor,
    free: torch.Tensor | None,
    sampling: Sampling,
    draws: Sequence[torch.Generator],
) -> list[Choice]:
    """Choose a token for each row.

    Args:
        logits: Shape ``(rows, vocab)``; those of forbidden tokens are -inf.
        free: The logits' log-sum-exp before any was forbidden, shape ``(rows,)``; ``None`` where
            none is.
        sampling: How.
        draws: Where each row's chance comes from.
    """
    logits = logits.float()
    total = torch.logsumexp(logits, dim=-1)
    logs = logits - total.unsqueeze(-1)
    masked = (1 - (total - (total if free is None else free)).exp()).clamp(0, 1).tolist()
    if sampling.temperature == 0:
        best = torch.topk(logs, min(RANKED, logs.shape[-1]), dim=-1)
        ranked = list(zip(best.indices.tolist(), best.values.tolist(), strict=True))
    else:
        ranked = _drawn(logs.cpu(), sampling, draws)
    return [
        _choice(tokens, logs, share) for (tokens, logs), share in zip(ranked, masked, strict=True)
    ]


def _choice(tokens: list[int], logs: list[float], masked: float) -> Choice:
    able = [(token, log) for token, log in zip(tokens, logs, strict=True) if log > -torch.inf]
    able = able or [(tokens[0], 0.0)]  # nothing is allowed; the constraint tells
    costs = (max(able[0][1] - log, 0.0) for _, log in able)
    return Choice(tuple(token for token, _ in able), tuple(costs), masked)


def _drawn(
    logs: torch.Tensor, sampling: Sampling, draws: Sequence[torch.Generator]
) -> list[tuple[list[int], list[float]]]:
    """Draw tokens without replacement, on the CPU, so that a seed means the same everywhere."""
    weights = torch.softmax(logs / sampling.temperature, dim=-1)
    if sampling.top_p < 1:
        weights = _nucleus(weights, sampling.top_p)
    found = []
    for row, weight, draw in zip(logs, weights, draws, strict=True):
        count = min(RANKED, int((weight > 0).sum()))
        tokens = torch.multinomial(weight, max(count, 1), generator=draw)
        found.append((tokens.tolist(), row[tokens].tolist()))
    return found


def _nucleus(weights: torch.Tensor, share: float) -> torch.Tensor:
    """Keep the likeliest tokens until they have a share of the weight, the last one included."""
    ordered, order = weights.sort(dim=-1, descending=True)
    before = ordered.cumsum(dim=-1) - ordered
    kept = ordered.masked_fill(before >= share, 0.0)
    return torch.zeros_like(weights).scatter(-1, order, kept)
