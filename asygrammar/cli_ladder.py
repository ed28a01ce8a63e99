"""The command ``asygrammar bench ladder``, which ``asygrammar bench`` alone means, too."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asygrammar.cli_parts import add_model, add_sampling

if TYPE_CHECKING:
    from asygrammar.eval.arms import Arm
    from asygrammar.eval.bench_run import BenchReport
    from asygrammar.eval.problems import Problem

# How many sentences are drawn from the templates where no number is given.
_FIGURES = 100


def measure_ladder(options: argparse.Namespace) -> BenchReport:
    """Run the bench that the options describe."""
    from asygrammar.eval.bench_run import run_bench

    with ExitStack() as stack:
        return run_bench(
            _problems(options),
            _arms(options),
            out=options.out,
            samples=options.samples,
            batch_size=options.batch_size,
            command=shlex.join(["asygrammar", *options.arguments]),
            jobs=options.jobs,
            timeout=options.timeout,
            progress=_bars(stack),
        )


def add_ladder_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``bench ladder``."""
    parser.add_argument(
        "--levels", default="free,syntax,typed,compiled", help="comma-separated; '' for none"
    )
    parser.add_argument(
        "--mode", default="program", metavar="MODES", help="program, template, auto; likewise"
    )
    _add_problems(parser.add_argument_group("sentences (else: from the templates)"))
    _add_server(parser.add_argument_group("a model behind a server, as a baseline"))
    add_model(parser)
    add_sampling(parser, seed=0)
    parser.add_argument("--examples", type=int, default=0, metavar="N", help="to show first")
    parser.add_argument(
        "--samples", type=int, default=1, metavar="K", help="programs for each sentence"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="keep samples, scores and a report; goes on there"
    )
    parser.add_argument("--batch-size", type=int, default=16, metavar="N", help="side by side")
    parser.add_argument("--jobs", type=int, metavar="N", help="processes that judge")
    parser.add_argument(
        "--timeout", type=float, default=30, metavar="S", help="of a compilation, in seconds"
    )


def _add_problems(group: Any) -> None:
    group.add_argument(
        "--prompts",
        metavar="FILE",
        help=".jsonl, .csv, a folder, or the name of a data set of Hugging Face",
    )
    group.add_argument("--prompt-column", metavar="C", help="default: the first that is known")
    group.add_argument("--reference-column", metavar="C", help="of programs; likewise")
    group.add_argument(
        "--figures", type=int, metavar="N", help=f"how many; default: {_FIGURES}, or the whole file"
    )
    group.add_argument(
        "--splits", metavar="SPLITS", help="of templates: values,phrasings,combinations"
    )


def _add_server(group: Any) -> None:
    group.add_argument("--base-url", metavar="URL", help="OpenAI-compatible, up to /v1")
    group.add_argument("--remote-model", default="default", metavar="M", help="its model")
    group.add_argument(
        "--api-key-env", metavar="NAME", help="the environment variable that holds its key"
    )


def _problems(options: argparse.Namespace) -> list[Problem]:
    from asygrammar.eval.problems import held_out_problems, read_problems
    from asygrammar.figures import SPLITS

    if options.figures is not None and options.figures < 1:
        raise ValueError(f"--figures must be 1 or more, not {options.figures}")
    if options.prompts is None:
        if options.prompt_column or options.reference_column:
            raise ValueError("columns are those of a file: name it with --prompts")
        splits = _words(options.splits) if options.splits else SPLITS[1:]
        count = _FIGURES if options.figures is None else options.figures
        return held_out_problems(count, seed=options.seed, splits=splits)
    if options.splits:
        raise ValueError("--splits are those of the templates: leave it or --prompts out")
    found = read_problems(
        options.prompts,
        prompt_column=options.prompt_column,
        reference_column=options.reference_column,
        count=options.figures,
        seed=options.seed,
    )
    if found.rejected:
        place, why = found.rejected[0]
        left = f"{len(found.rejected)} rows of {options.prompts} are left out"
        print(f"asygrammar: {left}; {place}: {why}", file=sys.stderr)
    return list(found.problems)


def _arms(options: argparse.Namespace) -> list[Arm]:
    from asygrammar.eval.arms import Decoding, ServerArm, level_arms
    from asygrammar.eval.remote_model import ChatServer, key_from

    decoding = Decoding(options.max_new_tokens, options.temperature, options.seed, options.examples)
    server: list[Arm] = []
    if options.base_url:
        key = key_from(options.api_key_env)
        server = [ServerArm(ChatServer(options.base_url, options.remote_model, key), decoding)]
    levels = _words(options.levels)
    if not levels:
        return server
    return [*level_arms(_loading(options), levels, _words(options.mode), decoding), *server]


def _loading(options: argparse.Namespace) -> Callable[[], Any]:
    from asygrammar.decoding import AsyGenerator

    return lambda: AsyGenerator(options.model, options.adapter)


def _words(text: str) -> list[str]:
    return [word for word in (part.strip() for part in text.split(",")) if word]


def _bars(stack: ExitStack) -> Callable[[str, int], Callable[[], None]]:
    """Return what shows a bar on stderr for each part of the work, where that is a terminal."""
    from tqdm import tqdm

    def begin(what: str, total: int) -> Callable[[], None]:
        bar = stack.enter_context(tqdm(total=total, desc=what, leave=False, disable=None))
        return lambda: bar.update() and None

    return begin
