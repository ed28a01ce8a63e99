"""What decides a training run: one YAML file, one frozen dataclass.

Knows names, types and ranges of the options; not what is done with them.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from asygrammar.files import write_whole
from asygrammar.prompt import TASKS

METHODS = ("qlora", "lora", "full")
ORDERS = ("curriculum", "shuffled")
BEST_BY = ("compile_rate", "loss")
DEVICES = ("auto", "cpu")


@dataclass(frozen=True)
class Settings:
    """Everything that decides a run. Paths are relative to the working directory.

    Attributes:
        data: Data sets to train on: folders that `datasets` saved, folders of ``SPLIT.jsonl``, or
            JSONL files; each with a ``prompt.json`` (see `asygrammar.train.rows`).
        out: Folder of the run: settings, checkpoints, TensorBoard logs, the best model so far, and
            at the end the model with its card in ``model/``. A run that was cut goes on there.
        model: Base model, a folder or a Hugging Face name; null is the bundled one.
        tasks: What to teach: generate, fill, repair, hint; several are merged.
        train_split: Split to train on.
        eval_split: Split to measure on; none of its rows is trained on.
        rows: Training rows of each task at most, drawn by the seed; 0 is all.
        fault_rows: Rows of repair and of hint to make from the programs of the data, where these
            tasks are asked for and the data has none.
        max_length: Tokens of a row at most, and of a pack; longer rows are left out and counted.
        packing: Put several rows into one of ``max_length`` tokens; they do not see each other.
        order: ``curriculum``: the levels one after the other (foundation, conceptual, application,
            advanced), in every epoch; ``shuffled``: all rows mixed.
        method: ``qlora``: adapters on a base model in 4 bits (nf4, double quantization); ``lora``:
            on the model as it is; ``full``: all weights.
        lora_rank: Width of the adapters.
        lora_alpha: Adapters are scaled by ``lora_alpha / lora_rank``.
        lora_dropout: Share of an adapter's inputs that is dropped at the first step, 0 to 1.
        lora_dropout_end: The same at the last step, linear between; null keeps the first.
        lora_targets: Names of the layers that get an adapter; empty: all linear layers of the
            model's blocks. Every name has to match.
        lora_partial: Accept ``lora_targets`` that leave linear layers without an adapter.
        epochs: How often each row is seen.
        steps: Steps to take instead; 0 leaves it to the epochs.
        batch_size: Rows (packs, with packing) in a pass on each device. Packs of a pass are laid
            end to end, and attention pays for their length squared: prefer ``accumulate``.
        accumulate: Passes in a step.
        learning_rate: The highest.
        schedule: How the rate falls, as transformers names it: cosine, linear, constant...
        warmup: Share of the steps in which the rate rises, 0 to less than 1.
        weight_decay: Of AdamW.
        clip: Gradients are scaled down to this norm; 0 leaves them.
        gradient_checkpointing: Compute activations twice, to keep fewer: less memory, slower.
        evaluate_steps: Steps between two measurements on ``eval_split``.
        evaluate_rows: Rows of each task that the loss is measured on.
        decode_rows: Rows of each task that are answered by greedy decoding, without constraint,
            and compiled; 0 leaves it out.
        max_new_tokens: Tokens of such an answer at most.
        checkpoint_steps: Steps between two checkpoints; what a kill costs at most.
        best_by: What makes a model the best: ``compile_rate`` of decoded programs (the loss decides
            between equals), or ``loss``.
        patience: Measurements without a better one after which training stops; 0: never.
        log_steps: Steps between two lines of the log.
        tensorboard: Write TensorBoard logs, to ``logs/``.
        seed: Of adapters, order, dropout and faults.
        device: ``auto``: a GPU where there is one; ``cpu``.
    """

    data: tuple[str, ...]
    out: str
    model: str | None = None
    tasks: tuple[str, ...] = ("generate",)
    train_split: str = "train"
    eval_split: str = "validation"
    rows: int = 0
    fault_rows: int = 2000
    max_length: int = 2048
    packing: bool = True
    order: str = "curriculum"
    method: str = "qlora"
    lora_rank: int = 16
    lora_alpha: int = 32
    lora_dropout: float = 0.05
    lora_dropout_end: float | None = None
    lora_targets: tuple[str, ...] = ()
    lora_partial: bool = False
    epochs: float = 3.0
    steps: int = 0
    batch_size: int = 1
    accumulate: int = 8
    learning_rate: float = 2e-4
    schedule: str = "cosine"
    warmup: float = 0.03
    weight_decay: float = 0.0
    clip: float = 1.0
    gradient_checkpointing: bool = False
    evaluate_steps: int = 200
    evaluate_rows: int = 200
    decode_rows: int = 64
    max_new_tokens: int = 512
    checkpoint_steps: int = 100
    best_by: str = "compile_rate"
    patience: int = 0
    log_steps: int = 10
    tensorboard: bool = True
    seed: int = 0
    device: str = "auto"

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            ValueError: An option is out of its range; one line says which.
        """
        for names, (holds, wanted) in _RANGES.items():
            for name in names.split():
                value = getattr(self, name)
                if value is not None and not holds(value):
                    raise ValueError(f"{name} must be {wanted}, not {value!r}")

    @property
    def folder(self) -> Path:
        """The folder of the run."""
        return Path(self.out)


def _is_one_of(names: tuple[str, ...]) -> tuple[Callable[[Any], bool], str]:
    return lambda value: value in names, f"one of {', '.join(names)}"


_RANGES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "data out train_split eval_split schedule": (bool, "given"),
    "tasks": (
        lambda tasks: tasks and len(set(tasks)) == len(tasks) and set(tasks) <= TASKS.keys(),
        f"different ones of {', '.join(TASKS)}",
    ),
    "order": _is_one_of(ORDERS),
    "method": _is_one_of(METHODS),
    "best_by": _is_one_of(BEST_BY),
    "device": _is_one_of(DEVICES),
    "lora_dropout lora_dropout_end warmup": (lambda x: 0 <= x < 1, "at least 0 and less than 1"),
    "epochs learning_rate": (lambda x: x > 0, "above 0"),
    "rows steps decode_rows patience seed weight_decay clip": (lambda x: x >= 0, "0 or more"),
    "fault_rows max_length lora_rank lora_alpha batch_size accumulate evaluate_steps evaluate_rows "
    "max_new_tokens checkpoint_steps log_steps": (lambda x: x >= 1, "1 or more"),
}


def read_settings(path: Path, **instead: Any) -> Settings:
    """Read the options of a run.

    Args:
        path: A YAML file.
        **instead: Options that count instead of the file's.

    Raises:
        ValueError: It is no YAML, an option is unknown, missing, named twice, of the wrong type or
            out of range; one line names file, line and what to do.
        OSError: It cannot be read.
    """
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8 text (byte {error.start})") from None
    if not isinstance(root, yaml.MappingNode):
        raise ValueError(f"{path}: write one option a line, as `name: value`")
    values: dict[str, Any] = {}
    places: dict[str, str] = {}
    for key, node in root.value:
        place = f"{path}:{key.start_mark.line + 1}"
        if key.value in values:
            raise ValueError(f"{place}: {key.value} is given twice: remove one")
        values[key.value] = _value(key.value, node, place)
        places[key.value] = place
    values |= instead
    for name, field in _FIELDS.items():
        if field.default is MISSING and name not in values:
            raise ValueError(f"{path}: {name} is missing: write a line `{name}: ...`")
    try:
        return Settings(**values)
    except ValueError as error:
        name = str(error).split()[0]
        raise ValueError(f"{places.get(name, path)}: {error}") from None


def write_settings(settings: Settings, path: Path) -> None:
    """Write the options as YAML that `read_settings` reads."""
    write_whole(path, as_yaml(settings).encode("utf-8"))


def as_yaml(settings: Settings) -> str:
    """Return the options as YAML."""
    values = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(settings).items()}
    return str(yaml.safe_dump(values, sort_keys=False, allow_unicode=True))


def example_settings(name: str) -> str:
    """Return the text of a commented YAML file that is shipped.

    Raises:
        ValueError: There is none of that name.
    """
    folder = resources.files("asygrammar.train") / "configs"
    names = sorted(path.name.removesuffix(".yaml") for path in folder.iterdir())
    if name not in names:
        raise ValueError(f"there is no example {name!r}: choose one of {', '.join(names)}")
    return (folder / f"{name}.yaml").read_text(encoding="utf-8")


_FIELDS = {field.name: field for field in fields(Settings)}


def _number(value: Any) -> float:
    # YAML 1.1 reads 2e-4, without a point, as a text.
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise TypeError
    return float(value)


def _exact(kind: type) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError
        return value

    return read


def _names(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TypeError
    return tuple(value)


# How a value of each type is read, and what to say where it is none.
_TYPES: Mapping[str, tuple[Callable[[Any], Any], str]] = {
    "int": (_exact(int), "a whole number"),
    "float": (_number, "a number"),
    "bool": (_exact(bool), "true or false"),
    "str": (_exact(str), "a text"),
    "tuple[str, ...]": (_names, "a list of texts"),
}


def _value(name: str, node: yaml.Node, place: str) -> Any:
    """Return an option's value, of the type that the option has."""
    if name not in _FIELDS:
        near = difflib.get_close_matches(str(name), _FIELDS, 1)
        meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(_FIELDS)}"
        raise ValueError(f"{place}: there is no option {name!r}: {meant}")
    kind = str(_FIELDS[name].type)
    value = yaml.SafeLoader("").construct_document(node)
    if value is None and kind.endswith("| None"):
        return None
    read, wanted = _TYPES[kind.removesuffix(" | None")]
    try:
        return read(value)
    except (TypeError, ValueError):
        raise ValueError(f"{place}: {name} must be {wanted}, not {value!r}") from None
