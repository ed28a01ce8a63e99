"""Muon: momentum, made orthogonal, as the step for the matrices of a network.

K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks" (2024), with the step
scaled to the size of AdamW's (J. Liu et al., "Muon is scalable for LLM training", 2025). torch has
one, too, but computes in bf16 also where there are no units for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from asygrammar.train.precision import bf16_is_fast

# Of the quintic iteration; they need not converge to 1 exactly, only near it and fast.
_A, _B, _C = 3.4445, -4.7750, 2.0315
_ITERATIONS = 5


class Muon(torch.optim.Optimizer):
    """Muon with Nesterov momentum and decoupled weight decay."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float,
        momentum: float = 0.95,
        weight_decay: float = 0.1,
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Take a step; matrices of one shape go through the iteration together."""
        for group in self.param_groups:
            shapes: dict[torch.Size, list[Tensor]] = defaultdict(list)
            for param in group["params"]:
                if param.grad is not None:
                    shapes[param.shape].append(param)
            for shape, params in shapes.items():
                updates = torch.stack([self._momentum(p, group["momentum"]) for p in params])
                scale = 0.2 * max(shape) ** 0.5
                for param, update in zip(params, orthogonal(updates), strict=True):
                    param.mul_(1 - group["lr"] * group["weight_decay"])
                    param.add_(update, alpha=-group["lr"] * scale)

    def _momentum(self, param: Tensor, momentum: float) -> Tensor:
        assert param.grad is not None
        buffer = self.state[param].setdefault("momentum", torch.zeros_like(param))
        buffer.lerp_(param.grad, 1 - momentum)
        return param.grad.lerp(buffer, momentum)


def orthogonal(matrices: Tensor) -> Tensor:
    """Bring the singular values of matrices near 1, by Newton-Schulz iteration.

    Args:
        matrices: Shape ``(matrices, rows, columns)``.
    """
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.mT if tall else matrices
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    if bf16_is_fast(x.device):
        x = x.bfloat16()
    for _ in range(_ITERATIONS):
        gram = x @ x.mT
        x = _A * x + (_B * gram + _C * gram @ gram) @ x
    found: Tensor = (x.mT if tall else x).to(matrices.dtype)
    return found
