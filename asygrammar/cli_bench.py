"""The commands ``asygrammar bench ...``: each prints what it measured, as text or as JSON."""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from asygrammar.cli_ladder import add_ladder_options, measure_ladder
from asygrammar.cli_parts import DONE, Command, add, add_model, add_sampling

_Progress = Callable[[], None]


class _Result(Protocol):
    def to_dict(self) -> dict[str, Any]: ...

    def to_text(self) -> str: ...


def add_bench(parser: argparse.ArgumentParser) -> None:
    """Add the benchmarks to the parser of ``bench``."""
    benches = parser.add_subparsers(metavar="BENCH", required=True)
    for name, (measure, summary, add_options) in _BENCHES.items():
        bench = add(benches, name, _printing(measure), summary)
        add_options(bench)
        bench.add_argument("--json", action="store_true", help="print the result as JSON")


def _printing(measure: Callable[[argparse.Namespace], _Result]) -> Command:
    def command(options: argparse.Namespace) -> int:
        result = measure(options)
        print(json.dumps(result.to_dict()) if options.json else result.to_text())
        return DONE

    return command


@contextmanager
def _bar(what: str, total: int | None = None) -> Iterator[_Progress]:
    from tqdm import tqdm

    with tqdm(total=total, desc=what, leave=False, disable=None) as bar:
        yield lambda: bar.update() and None


def _figures(options: argparse.Namespace) -> list[tuple[str, str]]:
    from asygrammar.eval.completeness import read_figures

    figures = list(read_figures(options.figures))
    if options.sample and options.sample < len(figures):
        figures = random.Random(options.seed).sample(figures, options.sample)
    return figures


def _jobs(options: argparse.Namespace) -> int:
    from asygrammar.eval.parallel import processors

    return options.jobs or processors()


# ------------------------------------------------------------------------------- the benchmarks


def _speed(options: argparse.Namespace) -> _Result:
    from asygrammar.decoding import AsyGenerator
    from asygrammar.eval.problems import held_out_figures
    from asygrammar.eval.speed import measure_speed

    warm_up = options.warm_up
    figures = held_out_figures(options.figures + warm_up, seed=options.seed)
    with _bar("sentences", len(figures)) as progress:
        return measure_speed(
            lambda: AsyGenerator(options.model, options.adapter),
            [figure.sentence for figure in figures],
            options.levels.split(","),
            max_new_tokens=options.max_new_tokens,
            warm_up=warm_up,
            progress=progress,
        )


def _speed_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--levels", default="free,syntax,typed,compiled", help="comma-separated")
    parser.add_argument("--figures", type=int, default=40, help="how many sentences are counted")
    parser.add_argument("--warm-up", type=int, default=20, metavar="N", help="sentences before")
    add_model(parser)
    add_sampling(parser, seed=0)


def _memory(options: argparse.Namespace) -> _Result:
    from asygrammar.decoding import AsyGenerator
    from asygrammar.eval.memory import BATCH_SIZE, measure_memory

    with _bar("batches", -(-options.programs // BATCH_SIZE)) as progress:
        return measure_memory(
            AsyGenerator(options.model, options.adapter),
            options.programs,
            level=options.level,
            seed=options.seed,
            progress=progress,
        )


def _memory_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--level", default="compiled", help="of constraint")
    parser.add_argument("--programs", type=int, default=500, metavar="N", help="how many")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    add_model(parser)


def _completeness(options: argparse.Namespace) -> _Result:
    from asygrammar.decoding.models import load_tokenizer
    from asygrammar.eval.completeness import measure_completeness
    from asygrammar.eval.typed_completeness import measure_typed_completeness

    figures = _figures(options)
    if options.level == "typed":
        with _bar("figures") as progress:
            return measure_typed_completeness(
                figures,
                options.tokenizer,
                seed=options.seed,
                jobs=_jobs(options),
                progress=progress,
            )
    with _bar("figures", len(figures)) as progress:
        tokenizer = load_tokenizer(options.tokenizer)
        return measure_completeness(figures, tokenizer, level=options.level, progress=progress)


def _completeness_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--level", default="syntax", help="the level to ask: syntax or typed")
    _add_figures(parser)
    _add_tokenizer(parser)
    _add_jobs(parser)


def _soundness(options: argparse.Namespace) -> _Result:
    from asygrammar.eval.model_soundness import measure_model_soundness
    from asygrammar.eval.soundness import measure_soundness

    with _bar("programs", options.programs) as progress:
        if options.writer != "logits":
            return measure_model_soundness(
                options.programs,
                model=None if options.writer == "bundled" else options.writer,
                level=options.level,
                temperature=options.temperature,
                seed=options.seed,
                out=options.out,
                progress=progress,
            )
        return measure_soundness(
            options.programs,
            level=options.level,
            seed=options.seed,
            tokenizer=options.tokenizer,
            out=options.out,
            jobs=_jobs(options),
            progress=progress,
        )


def _soundness_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--level", default="typed", help="syntax, typed or compiled")
    parser.add_argument(
        "--writer",
        default="logits",
        metavar="WHO",
        help="logits: by chance, steered to all signatures; random: a model with random weights;"
        " bundled; or a model's folder or name",
    )
    parser.add_argument(
        "--temperature", type=float, default=1.5, metavar="T", help="of a model that writes"
    )
    parser.add_argument("--programs", type=int, default=100, metavar="N", help="how many")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write each program to this folder")
    _add_tokenizer(parser)
    _add_jobs(parser)


def _cost(options: argparse.Namespace) -> _Result:
    from asygrammar.decoding.models import load_tokenizer
    from asygrammar.eval.cost import measure_cost

    figures = _figures(options)
    with _bar("figures", len(figures)) as progress:
        tokenizer = load_tokenizer(options.tokenizer)
        milestones = (options.statements // 10, options.statements)
        return measure_cost(figures, tokenizer, milestones=milestones, progress=progress)


def _cost_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--statements", type=int, default=10_000, metavar="N", help="for how many to watch memory"
    )
    _add_figures(parser)
    _add_tokenizer(parser)


def _exports(options: argparse.Namespace) -> _Result:
    from asygrammar.decoding.models import load_tokenizer
    from asygrammar.eval.exported import measure_exports

    figures = _figures(options)
    with _bar("grammars", 4) as progress:
        return measure_exports(figures, load_tokenizer(options.tokenizer), progress=progress)


def _exports_options(parser: argparse.ArgumentParser) -> None:
    _add_figures(parser)
    _add_tokenizer(parser)


def _compiling(options: argparse.Namespace) -> _Result:
    from asygrammar.eval.compiling import measure_compiling

    figures = _figures(options)
    with _bar("figures", len(figures)) as progress:
        return measure_compiling(figures, add=not options.no_imports, progress=progress)


def _compiling_options(parser: argparse.ArgumentParser) -> None:
    _add_figures(parser)
    parser.add_argument("--no-imports", action="store_true", help="add no missing imports")


def _throughput(options: argparse.Namespace) -> _Result:
    from asygrammar.eval.throughput import labelled_figures, measure_throughput

    sample = options.sample or 200
    figures = _figures(options) if options.figures else labelled_figures(sample, seed=options.seed)
    with _bar("figures", len(figures)) as progress:
        return measure_throughput(figures, jobs=options.jobs, progress=progress)


def _throughput_options(parser: argparse.ArgumentParser) -> None:
    _add_figures(parser, required=False)
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processes; default: 2")


def _agreement(options: argparse.Namespace) -> _Result:
    from asygrammar.eval.agreement import measure_agreement

    figures = _figures(options)
    with _bar("programs", 2 * len(figures) + options.mutations) as progress:
        return measure_agreement(
            figures, mutations=options.mutations, seed=options.seed, progress=progress
        )


def _agreement_options(parser: argparse.ArgumentParser) -> None:
    _add_figures(parser)
    parser.add_argument(
        "--mutations", type=int, default=300, metavar="N", help="figures with a fault put in"
    )


def _sessions(options: argparse.Namespace) -> _Result:
    from asygrammar.eval.session_agreement import measure_session_agreement

    figures = _figures(options)
    with _bar("programs", len(figures) + options.mutations) as progress:
        return measure_session_agreement(
            figures, mutations=options.mutations, seed=options.seed, progress=progress
        )


def _add_figures(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    what = "JSONL: id, code" if required else "JSONL: id, code; default: labelled ones of templates"
    parser.add_argument("--figures", required=required, metavar="FILE", help=what)
    parser.add_argument("--sample", type=int, metavar="N", help="take N of the figures")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of what is random")


def _add_tokenizer(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tokenizer", help="folder or name; default: the bundled model's")


def _add_jobs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--jobs", type=int, metavar="N", help="processes; default: one a processor")


_BENCHES = {
    "ladder": (measure_ladder, "every level on the same sentences, compared", add_ladder_options),
    "completeness": (
        _completeness,
        "share of real figures a level accepts",
        _completeness_options,
    ),
    "soundness": (_soundness, "share of random programs that compile", _soundness_options),
    "memory": (_memory, "memory over many programs, processes left behind", _memory_options),
    "speed": (_speed, "seconds per character at every level, beside free decoding", _speed_options),
    "cost": (_cost, "time of a typed mask beside a static one, and memory", _cost_options),
    "exports": (_exports, "what other engines take of real figures", _exports_options),
    "throughput": (
        _throughput,
        "pictures of many programs at once beside one after the other",
        _throughput_options,
    ),
    "figures": (_compiling, "share of real figures that compile", _compiling_options),
    "agreement": (
        _agreement,
        "how often check and the compiler say the same",
        _agreement_options,
    ),
    "sessions": (
        _sessions,
        "how often a live compiler and a fresh one say the same",
        _agreement_options,
    ),
}
