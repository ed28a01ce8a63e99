"""Whether a device computes in bf16 at full speed."""

from __future__ import annotations

import torch


def bf16_is_fast(device: torch.device) -> bool:
    """Tell whether there are units for bf16; emulated, it is forty times slower than fp32."""
    return device.type == "cuda" or bool(torch.cpu._is_avx512_bf16_supported())
