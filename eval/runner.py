"""The runner: samples in, a verdict for each of them out, whatever happens on the way.

A run that was cut goes on where it stood. What this module does not know: how a sample is judged
(`asygrammar.eval.scoring`), and on which processes (`local_engine`, `ray_engine`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from asygrammar import __version__
from asygrammar.eval.chunks import Scored
from asygrammar.eval.drawn_programs import PICTURES
from asygrammar.eval.local_engine import score_here
from asygrammar.eval.ray_engine import score_on_ray
from asygrammar.eval.reading import UnreadableRow
from asygrammar.eval.samples import Sample
from asygrammar.eval.score import Score
from asygrammar.eval.score_files import SCORES, ScoreFile
from asygrammar.eval.scoring import Settings
from asygrammar.files import write_whole

#: Where samples can be scored.
ENGINES = ("local", "ray")
#: The folder of what was found about programs, beside the scores.
CACHE = "cache"
_SETTINGS = "scoring.json"


def score_samples(
    samples: Sequence[Sample | UnreadableRow],
    out: Path,
    *,
    jobs: int | None = None,
    timeout: float = 30,
    engine: str = "local",
    address: str | None = None,
    cache: Path | None = None,
    patience: float = Settings.patience,
    progress: Callable[[], None] | None = None,
) -> list[Score]:
    """Score samples, and keep the scores in a folder, row by row.

    The folder gets ``scores.jsonl``, the pictures in ``pictures/``, and in ``cache/`` what was
    found about programs. Scores that it has already are not found again.

    Args:
        samples: The samples, and rows that are none.
        out: The folder; made where it is missing.
        jobs: How many processes work at it; by default one a processor, of this machine or of the
            cluster.
        timeout: Wall-clock limit of one compilation, in seconds.
        engine: One of :data:`ENGINES`.
        address: Of a Ray cluster; ``None`` starts one on this machine.
        cache: A folder for what was found about programs, which runs may share. The nodes of a
            cluster keep nothing, unless they are given a folder that all of them see.
        patience: How long one sample may take besides its compilation, in seconds.
        progress: Called once for each sample that has its score. By default a bar on stderr, where
            that is a terminal, tells how many have, and how long the others will take.

    Returns:
        The scores in the order of the samples.

    Raises:
        ValueError: The folder has the scores of other samples or settings, two samples have one
            id, there is no such engine, or an address is given without Ray.
        ImportError: Ray is not installed.
        ConnectionError: There is no Ray cluster at the address.
        asygrammar.compiler.CompilerMissing: ``asy`` is not installed.
        OSError: The disk is full, or the folder cannot be written; what is written is whole.
        RuntimeError: The processes that score do not start.
    """
    _check(samples, jobs, timeout, engine, address)
    (out / PICTURES).mkdir(parents=True, exist_ok=True)
    _check_settings(out / _SETTINGS, timeout)
    on_ray = engine == "ray"
    settings = Settings(cache or (None if on_ray else out / CACHE), timeout, patience)
    with ScoreFile(out / SCORES) as file:
        missing = _missing(samples, file)
        with _steps(progress, len(samples), len(samples) - len(missing)) as step:
            for scored in _without_work(missing):
                file.add(scored.score)
                step()
            work = [row for row in missing if isinstance(row, Sample)]
            found = (
                score_on_ray(work, settings, jobs, address)
                if on_ray
                else score_here(work, settings, jobs)
            )
            for scored in found:
                _keep_pictures(scored, out)
                file.add(scored.score)
                step()
        return [file.known[_sample(row).id] for row in samples]


def _check(
    samples: Sequence[Sample | UnreadableRow],
    jobs: int | None,
    timeout: float,
    engine: str,
    address: str | None,
) -> None:
    if engine not in ENGINES:
        raise ValueError(f"unknown engine {engine!r}: choose one of {', '.join(ENGINES)}")
    if address is not None and engine != "ray":
        raise ValueError("an address is a Ray cluster's: use the engine ray")
    if jobs is not None and jobs < 1:
        raise ValueError(f"jobs must be 1 or more, not {jobs}")
    if not timeout > 0:
        raise ValueError(f"the timeout must be more than 0 seconds, not {timeout:g}")
    met: set[str] = set()
    for row in samples:
        name = _sample(row).id
        if name in met:
            raise ValueError(f"two samples have the id {name!r}")
        met.add(name)


def _check_settings(path: Path, timeout: float) -> None:
    """Note what scores depend on, or compare it with what is noted there.

    Raises:
        ValueError: It is something else.
    """
    settings = {"asygrammar": __version__, "timeout": timeout}
    if not path.is_file():
        write_whole(path, json.dumps(settings).encode() + b"\n")
        return
    try:
        noted = json.loads(path.read_bytes())
    except ValueError:
        noted = None
    if noted != settings:
        raise ValueError(
            f"{path.parent} holds scores that were found with {noted}, not with {settings}:"
            " choose another folder"
        )


def _missing(
    samples: Sequence[Sample | UnreadableRow], file: ScoreFile
) -> list[Sample | UnreadableRow]:
    """Return the rows that have no score yet.

    Raises:
        ValueError: One has, but it was another row then.
    """
    missing = []
    for row in samples:
        sample = _sample(row)
        known = file.known.get(sample.id)
        if known is None:
            missing.append(row)
        elif _text(known.sample) != _text(sample):
            raise ValueError(
                f"the scores there are of other samples (sample {sample.id!r} was another one):"
                " choose another folder"
            )
    return missing


def _without_work(rows: Sequence[Sample | UnreadableRow]) -> Iterator[Scored]:
    """Yield the scores of rows that are no samples."""
    for row in rows:
        if isinstance(row, UnreadableRow):
            verdict = f"unreadable: {row.reason}"
            yield Scored(Score(row.sample, verdict=verdict, failure="unreadable"))


def _keep_pictures(scored: Scored, out: Path) -> None:
    """Write the pictures of a score, which is written after them.

    Raises:
        OSError: They cannot be written.
    """
    for name, png in scored.pictures.items():
        if not (out / name).is_file():
            try:
                write_whole(out / name, png)
            except ValueError as fault:
                raise OSError(f"{fault}: the scores before are whole; run it again") from None


@contextmanager
def _steps(
    progress: Callable[[], None] | None, total: int, known: int
) -> Iterator[Callable[[], None]]:
    """Give what is called for each new score."""
    if progress is not None:
        for _ in range(known):
            progress()
        yield progress
        return
    with tqdm(total=total, initial=known, desc="samples", leave=False, disable=None) as bar:
        yield lambda: bar.update() and None


def _sample(row: Sample | UnreadableRow) -> Sample:
    return row.sample if isinstance(row, UnreadableRow) else row


def _text(sample: Sample) -> str:
    return json.dumps(sample.to_dict(), sort_keys=True)
