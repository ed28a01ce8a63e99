"""What a machine has for training, and what is slower or left out without it."""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec

import torch

from asygrammar.compiler import asy_available
from asygrammar.train.settings import Settings


@dataclass(frozen=True)
class Hardware:
    """What there is.

    Attributes:
        gpu: A GPU that torch can use.
        bitsandbytes: The package that loads models in 4 bits.
        asy: The compiler.
        tensorboard: The package that writes TensorBoard logs.
    """

    gpu: bool
    bitsandbytes: bool
    asy: bool
    tensorboard: bool


def find_hardware(settings: Settings) -> Hardware:
    """Look at what there is, and may be used."""
    return Hardware(
        gpu=settings.device != "cpu" and torch.cuda.is_available(),
        bitsandbytes=find_spec("bitsandbytes") is not None,
        asy=asy_available(),
        tensorboard=find_spec("tensorboard") is not None,
    )


_INSTALL = "pip install 'asygrammar[train]'"
_Holds = Callable[[Settings, Hardware], bool]
_NOTES: Mapping[str, _Holds] = {
    "no GPU: training runs on the CPU, where it is slow; fit for models of some million "
    "parameters": lambda settings, there: not there.gpu,
    "no bitsandbytes: adapters are trained on the model as it is, not on one in 4 bits, which "
    f"takes about four times the memory ({_INSTALL})": lambda settings, there: (
        settings.method == "qlora" and not there.bitsandbytes
    ),
    "no asy: programs are not compiled, so the share of exact answers stands in for the compile "
    "rate": lambda settings, there: not there.asy and settings.decode_rows > 0,
    f"no tensorboard: its logs are left out ({_INSTALL})": lambda settings, there: (
        settings.tensorboard and not there.tensorboard
    ),
}


def notes(settings: Settings, there: Hardware) -> list[str]:
    """Say what will be slower or left out, a line each."""
    return [line for line, holds in _NOTES.items() if holds(settings, there)]


def has_bf16(there: Hardware) -> bool:
    """Tell whether there are units for bf16; emulated, it is slower than fp32."""
    if there.gpu:
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_avx512_bf16_supported())


def peak_memory(there: Hardware) -> int:
    """Return the most memory taken so far, in bytes: of the GPU by torch, else by this process."""
    if there.gpu:
        return torch.cuda.max_memory_allocated()
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes if sys.platform == "darwin" else 1024 * kilobytes
