"""Command line of training: ``python -m asygrammar.train nano|publish``.

``nano --data DATA --out RUN`` trains the bundled model from scratch (a cut run goes on where it
was); ``publish --run RUN --data DATA --model DIR`` copies it to its place, measures it and writes
its card.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any


def main(argv: list[str] | None = None) -> int:
    """Run a training command.

    Args:
        argv: Arguments; those of the process by default.

    Returns:
        The exit status: 0 done, 2 wrong usage.
    """
    parser = argparse.ArgumentParser(
        prog="python -m asygrammar.train",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    _add_nano(commands.add_parser("nano", help="train the bundled model from scratch"))
    _add_publish(commands.add_parser("publish", help="measure a trained model, write its card"))
    options = vars(parser.parse_args(argv))
    run = options.pop("run_command")
    del options["command"]
    try:
        run(**options)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _add_nano(parser: argparse.ArgumentParser) -> None:
    from asygrammar.train.pretrain import train_nano
    from asygrammar.train.run import NanoSettings

    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--data", type=Path, required=True, help="what `data build` wrote")
    kinds = {"float": float, "int": int}
    for setting in fields(NanoSettings):
        if setting.default is not MISSING:
            flag = "--" + setting.name.replace("_", "-")
            kind = kinds[str(setting.type)]
            parser.add_argument(flag, type=kind, default=setting.default, help="%(default)s")

    def run(**options: Any) -> None:
        print(train_nano(NanoSettings(**options)))

    parser.set_defaults(run_command=run)


def _add_publish(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", type=Path, required=True, help="folder of a finished run")
    parser.add_argument("--data", type=Path, required=True, help="the data set it was trained on")
    parser.add_argument("--model", type=Path, required=True, help="folder to write")
    parser.add_argument("--rows", type=int, default=400, help="sentences per split: %(default)s")

    def run(run: Path, data: Path, model: Path, rows: int) -> None:
        from asygrammar.train.card import publish

        print(publish(run, data, model, rows).to_text())

    parser.set_defaults(run_command=run)


if __name__ == "__main__":
    sys.exit(main())
