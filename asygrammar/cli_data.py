"""The commands ``asygrammar data ...``: data sets of sentences and programs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from asygrammar.cli_parts import DONE, add

_T = TypeVar("_T")


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add the actions of ``data`` to its parser."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    _add_build(add(actions, "build", _build, "make a data set from the figure templates"))
    _add_import(add(actions, "import", _import, "make a data set of other people's programs"))


def _add_build(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--size", type=int, required=True, metavar="N", help="figures to train on")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="decides everything")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder of the data set")
    parser.add_argument(
        "--tasks", default="generate,fill", metavar="T", help="rows of each figure: %(default)s"
    )
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processes: %(default)s")
    parser.add_argument("--json", action="store_true", help="print the counts as JSON")


def _build(options: argparse.Namespace) -> int:
    from asygrammar.train.building import build_data

    if options.jobs < 1:
        raise ValueError(f"--jobs must be 1 or more, not {options.jobs}")
    report = build_data(
        options.size,
        options.seed,
        Path(options.out),
        jobs=options.jobs,
        tasks=options.tasks.split(","),
        progress=_with_bar,
    )
    print(json.dumps(report.to_dict()) if options.json else report.to_text())
    return DONE


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "sources",
        nargs="+",
        metavar="SOURCE",
        help="a folder of .asy files or of problems, JSONL, or a text with [asy] blocks",
    )
    parser.add_argument("--out", required=True, metavar="DIR", help="folder of the data set")
    columns = parser.add_argument_group("columns of JSONL")
    columns.add_argument(
        "--program-column", default="program", metavar="C", help="of programs: %(default)s"
    )
    columns.add_argument(
        "--prompt-column", metavar="C", help="of descriptions: prompt, where there is one"
    )
    parser.add_argument("--vary", type=int, default=0, metavar="N", help="variants of each figure")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="decides about them")
    parser.add_argument("--licence", default="", metavar="TEXT", help="of the programs")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="at a time: %(default)s")
    parser.add_argument("--json", action="store_true", help="print the counts as JSON")
    server = parser.add_argument_group("descriptions from a server (else: the syntax tree)")
    server.add_argument(
        "--describe-with", metavar="URL", help="an OpenAI-compatible server, up to /v1"
    )
    server.add_argument("--describe-model", default="default", metavar="M", help="its model")
    server.add_argument(
        "--describe-key", metavar="NAME", help="the environment variable that holds its key"
    )


def _import(options: argparse.Namespace) -> int:
    from asygrammar.eval.remote_model import key_from
    from asygrammar.train.asked_descriptions import DescriptionServer
    from asygrammar.train.importing import ImportSettings, import_data
    from asygrammar.train.sources import Columns

    for name, least in (("vary", 0), ("jobs", 1)):
        if getattr(options, name) < least:
            raise ValueError(f"--{name} must be {least} or more, not {getattr(options, name)}")
    server = None
    if options.describe_with:
        key = key_from(options.describe_key)
        server = DescriptionServer(options.describe_with, options.describe_model, key)
    report = import_data(
        [Path(source) for source in options.sources],
        Path(options.out),
        ImportSettings(
            columns=Columns(options.program_column, options.prompt_column),
            vary=options.vary,
            seed=options.seed,
            server=server,
            licence=options.licence,
            jobs=options.jobs,
        ),
        progress=_with_bar,
    )
    print(json.dumps(report.to_dict()) if options.json else report.to_text())
    return DONE


def _with_bar(items: Iterable[_T], what: str, total: int) -> Iterable[_T]:
    """Go through items with a bar on stderr, where that is a terminal."""
    from tqdm import tqdm

    bar: Iterable[_T] = tqdm(items, desc=what, total=total, leave=False, disable=None)
    return bar
