"""A fine-tuning run on disk: its settings, its last whole checkpoint, its result."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from asygrammar.eval.stats import wilson_interval
from asygrammar.files import write_whole
from asygrammar.train.scores import TaskScore
from asygrammar.train.settings import Settings, read_settings, write_settings

_SETTINGS = "settings.yaml"
_RESULT = "result.json"
_DATA = "data.json"


@dataclass(frozen=True)
class Checkpoint:
    """Where a run goes on.

    Attributes:
        folder: The checkpoint's.
        step: Steps taken so far.
        seconds: Time taken so far, as the log has it.
    """

    folder: Path
    step: int
    seconds: float


@dataclass(frozen=True)
class Result:
    """What a run came to.

    Attributes:
        base: The model that it began with.
        method: ``qlora``, ``lora`` or ``full``.
        device: The GPU's name, or ``CPU``.
        parameters: Of the model, adapters included.
        trainable: Of those, how many were trained.
        rows: Rows that were trained on.
        tokens: Tokens of them.
        dropped: Rows of each task that were too long.
        steps: Steps that were taken.
        best_step: The step of the model that was kept.
        seconds: Wall-clock time, measurements included.
        peak_memory: Bytes at most, of the GPU or of the process.
        losses: Of training, mean of each epoch, in nats a token.
        eval_loss: Of held-out rows, in nats a token, by the kept model.
        scores: What the kept model answers to held-out rows, by task.
        notes: What was slower or left out.
    """

    base: str
    method: str
    device: str
    parameters: int
    trainable: int
    rows: int
    tokens: int
    dropped: Mapping[str, int]
    steps: int
    best_step: int
    seconds: float
    peak_memory: int
    losses: tuple[float, ...]
    eval_loss: float
    scores: Mapping[str, TaskScore]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the result JSON-ready."""
        return asdict(self)

    def to_text(self) -> str:
        """Return the result as lines for a reader."""
        left = sum(self.dropped.values())
        lines = [
            f"{self.base}, {self.method}: {self.trainable:,} of {self.parameters:,} parameters "
            f"trained on {self.rows} rows ({left} too long), {self.steps} steps in "
            f"{self.seconds:.0f} s, {self.peak_memory / 2**20:.0f} MiB at most",
            f"kept: step {self.best_step}, held-out loss {self.eval_loss:.4f} nats a token",
        ]
        return "\n".join([*lines, *map(score_line, self.scores.values())])


def score_line(score: TaskScore) -> str:
    """Return what a score says, in a line."""

    def part(what: str, number: int) -> str:
        low, high = wilson_interval(number, score.rows)
        share = 100 * number / score.rows
        return f"{what} {share:.1f} % (95 % interval {100 * low:.1f} to {100 * high:.1f})"

    parts = [part("exact", score.exact)]
    if score.compiled is not None:
        parts.insert(0, part("compiled", score.compiled))
    if score.same is not None:
        parts.append(part("drawn the same", score.same))
    parts.append(f"{score.distance:.1f} characters off on average")
    return f"{score.task}, {score.rows} held-out rows: {', '.join(parts)}"


def check_settings(settings: Settings) -> None:
    """Refuse a folder that holds another run.

    Raises:
        ValueError: It holds a run with other settings.
    """
    path = settings.folder / _SETTINGS
    if not path.is_file():
        return
    before = read_settings(path, out=settings.out)
    changed = [name for name, value in asdict(settings).items() if getattr(before, name) != value]
    if changed:
        raise ValueError(
            f"{settings.folder} holds a run with another {', '.join(changed)}: "
            "choose another folder for out, or remove it"
        )


def begin_run(settings: Settings, sha256: str) -> None:
    """Write down what a run is and what it is trained on; or go on with the same.

    Args:
        settings: Its settings.
        sha256: What tells its rows from others.

    Raises:
        ValueError: It began with other settings or rows.
    """
    check_settings(settings)
    path = settings.folder / _DATA
    text = json.dumps({"sha256": sha256}) + "\n"
    if path.is_file() and path.read_text(encoding="utf-8") != text:
        raise ValueError(
            f"{settings.folder} holds a run on other rows: the data has changed; "
            "choose another folder for out, or remove it"
        )
    settings.folder.mkdir(parents=True, exist_ok=True)
    write_settings(settings, settings.folder / _SETTINGS)
    write_whole(path, text.encode("utf-8"))


def last_checkpoint(folder: Path) -> Checkpoint | None:
    """Return the last checkpoint that is whole.

    A trainer writes its state last; a kill before that leaves a folder without.
    """
    found = sorted(folder.glob("checkpoint-*"), key=lambda path: -int(path.name.split("-")[1]))
    for path in found:
        try:
            state = json.loads((path / "trainer_state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        seconds = [line["seconds"] for line in state["log_history"] if "seconds" in line]
        return Checkpoint(path, int(state["global_step"]), max(seconds, default=0.0))
    return None


def write_result(folder: Path, result: Result) -> None:
    """Write a finished run's result."""
    text = json.dumps(result.to_dict(), indent=2) + "\n"
    write_whole(folder / _RESULT, text.encode("utf-8"))


def read_result(folder: Path) -> Result | None:
    """Read a run's result; there is none before it is finished."""
    path = folder / _RESULT
    if not path.is_file():
        return None
    fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    fields["scores"] = {task: TaskScore(**score) for task, score in fields["scores"].items()}
    return Result(**fields | {name: tuple(fields[name]) for name in ("losses", "notes")})
