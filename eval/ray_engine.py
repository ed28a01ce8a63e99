"""Samples scored on a Ray cluster: chunks of them are tasks, tried again where a node is lost.

The cluster's nodes need this package and ``asy``, and nothing of this machine's disk: pictures
come back with the scores.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from asygrammar.eval.chunks import Chunk, Chunks, Scored
from asygrammar.eval.parallel import processors
from asygrammar.eval.samples import Sample
from asygrammar.eval.scoring import Scorer, Settings

# How often Ray gives a task to another process when one is lost; then it is this module's turn.
_RETRIES = 2
# Tasks on their way for each that is done: the next is there when one is.
_AHEAD = 2
# How long to wait for a cluster to answer, in seconds.
_PATIENCE = 10.0
# What a cluster of our own takes of the memory for what tasks send, in bytes.
_STORE = 100 << 20
# What is raised where not the task failed, but who did it was lost.
_LOST = (
    *("WorkerCrashedError", "NodeDiedError", "OutOfMemoryError"),
    *("ObjectLostError", "ObjectReconstructionFailedError"),
)


def score_on_ray(
    samples: Sequence[Sample], settings: Settings, jobs: int | None, address: str | None
) -> Iterator[Scored]:
    """Yield the scores of samples as they are found.

    Args:
        samples: The samples.
        settings: How they are scored. A cache is a folder that all nodes see.
        jobs: How many tasks are done at a time; ``None``: as many as there are processors.
        address: Of the cluster, as ``ray.init`` takes it; ``None`` starts one on this machine.

    Raises:
        ImportError: Ray is not installed.
        ConnectionError: There is no cluster at the address.
        CompilerMissing: A node has no ``asy``.
        OSError: A node's disk is full.
        RuntimeError: The cluster takes no tasks.
    """
    if not samples:
        return
    with _cluster(jobs, address) as ray:
        width = jobs or max(1, int(ray.cluster_resources().get("CPU", 1)))
        task = ray.remote(num_cpus=1, max_retries=_RETRIES)(score_chunk)
        chunks, running = Chunks(samples, width), dict[Any, Chunk]()
        while chunks or running:
            while chunks and len(running) < _AHEAD * width:
                chunk = chunks.take()
                running[task.remote(chunk.samples, settings)] = chunk
            done, _ = ray.wait(list(running), num_returns=1)
            for answer in done:
                yield from _answer(ray, answer, running.pop(answer), chunks)


def score_chunk(samples: Sequence[Sample], settings: Settings) -> list[Scored]:
    """Score some samples: what a task does.

    A process that takes too long at it ends itself, whatever it hangs in.
    """
    with open(os.devnull, "w") as nowhere, Scorer(settings) as scorer:
        limit = settings.patience_for(len(samples)) + settings.patience * len(samples)
        faulthandler.dump_traceback_later(limit, exit=True, file=nowhere)
        try:
            return list(scorer.score_all(samples))
        finally:
            faulthandler.cancel_dump_traceback_later()


def _answer(ray: Any, answer: Any, chunk: Chunk, chunks: Chunks) -> Iterator[Scored]:
    """Yield what a task found, or put back what it should have done."""
    try:
        yield from ray.get(answer)
    except ray.exceptions.RayTaskError as fault:
        raise (fault.cause or RuntimeError(_one_line(fault))) from None
    except tuple(getattr(ray.exceptions, name) for name in _LOST) as fault:
        why = f"crashed: the process that scored it was lost: {_one_line(fault)}"
        yield from chunks.lost(chunk, 0, why)
    except ray.exceptions.RayError as fault:
        raise RuntimeError(f"the cluster takes no tasks: {_one_line(fault)}") from None


@contextmanager
def _cluster(jobs: int | None, address: str | None) -> Iterator[Any]:
    """Connect to a cluster, or to one of our own for as long as it is needed."""
    # Ray tells its makers how it is used, unless it is told not to.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
        import ray.exceptions
    except ImportError:
        raise ImportError(
            "the engine ray needs Ray: pip install 'asygrammar[distributed]'"
        ) from None
    if ray.is_initialized():
        yield ray
        return
    quiet = {"logging_level": logging.ERROR, "log_to_driver": False}
    if address is not None:
        _reach(address)
        ray.init(address, **quiet)
    else:
        ray.init(
            num_cpus=jobs or processors(),
            num_gpus=0,
            object_store_memory=_STORE,
            include_dashboard=False,
            **quiet,
        )
    try:
        yield ray
    finally:
        ray.shutdown()


def _reach(address: str) -> None:
    """Check that somebody listens at ``host:port``, for which Ray would wait for minutes.

    Raises:
        ConnectionError: Nobody does.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit():
        return
    try:
        socket.create_connection((host, int(port)), timeout=_PATIENCE).close()
    except (OSError, OverflowError) as fault:
        raise ConnectionError(f"there is no Ray cluster at {address}: {fault}") from None


def _one_line(fault: BaseException) -> str:
    lines = str(fault).strip().splitlines() or [type(fault).__name__]
    return lines[0][:300]
