"""Work spread over processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(
    work: Callable[[_Item], _Result], items: Iterable[_Item], jobs: int
) -> Iterator[_Result]:
    """Yield what a function makes of some items, in their order.

    Args:
        work: The function; for more than one process it, its result and the items must pickle.
        items: What it is given.
        jobs: How many processes work at it; one is this one.
    """
    if jobs == 1:
        yield from map(work, items)
        return
    # Threads of torch and of tokenizers would hang in a forked process.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(work, items, chunksize=4)
