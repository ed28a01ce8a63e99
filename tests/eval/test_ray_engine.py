"""The same work on a Ray cluster of this machine, one of whose processes is killed."""

from __future__ import annotations

import threading
import time

import psutil
import pytest

from asygrammar.eval.runner import score_samples
from asygrammar.eval.samples import Sample
from asygrammar.eval.score_files import read_scores

pytest.importorskip("ray", reason="Ray is not installed: pip install 'asygrammar[distributed]'")
pytestmark = [
    pytest.mark.usefixtures("asy"),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::FutureWarning"),
]

COUNT = 8


def lines(count):
    programs = [f"draw((0,0)--(1,{number}));\n" for number in range(count - 1)] + ["draw(Z);\n"]
    return [
        Sample(id=str(number), problem="p", prompt="", completion=it, reference=it)
        for number, it in enumerate(programs)
    ]


def kill_one(killed, over):
    """Kill a process of the cluster that has begun with a task."""
    while not killed and not over.wait(0.01):
        for process in psutil.Process().children(recursive=True):
            try:
                if process.name().startswith("ray::score_chunk") and process.children():
                    process.kill()
                    killed.append(process.pid)
                    return
            except psutil.Error:
                continue


def test_a_process_is_killed_and_nothing_is_lost(tmp_path):
    samples = lines(COUNT)
    killed, over = [], threading.Event()
    thread = threading.Thread(target=kill_one, args=(killed, over), daemon=True)
    thread.start()
    try:
        found = score_samples(samples, tmp_path, jobs=2, engine="ray")
    finally:
        over.set()
        thread.join()
    assert len(killed) == 1
    assert [it.sample for it in found] == samples
    assert [it.verdict for it in found[:-1]] == ["ok"] * (COUNT - 1)
    assert found[-1].verdict == "failed: 1:6: no matching variable 'Z'"
    written = [it.sample.id for it in read_scores(tmp_path / "scores.jsonl")]
    assert sorted(written) == [it.id for it in samples]
    for score in found[:-1]:
        assert (tmp_path / score.picture).read_bytes().startswith(b"\x89PNG")
    assert not (tmp_path / "cache").exists()
    began = time.monotonic()
    assert score_samples(samples, tmp_path, engine="ray") == found
    assert time.monotonic() - began < 5  # nothing to do, so no cluster


@pytest.mark.parametrize("address", ["127.0.0.1:9", "ray://127.0.0.1:9", "127.0.0.1:99999"])
def test_a_cluster_that_is_not_there_gets_one_line(address, tmp_path):
    with pytest.raises(ConnectionError, match=f"no Ray cluster at {address}"):
        score_samples(lines(1), tmp_path, engine="ray", address=address)
