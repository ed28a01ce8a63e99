"""What the commands share: exit statuses, and how a program is read and written."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from asygrammar.files import write_whole

DONE, FAULTY, USAGE = 0, 1, 2

Command = Callable[[argparse.Namespace], int]


def add(commands: Any, name: str, command: Command, summary: str) -> argparse.ArgumentParser:
    """Add a command to a set of subparsers, and return its parser."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=summary)
    parser.set_defaults(command=command)
    return parser


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose a model."""
    parser.add_argument("--model", help="folder or Hugging Face name; default: the bundled model")
    parser.add_argument("--adapter", help="a PEFT adapter, folder or name")


def add_sampling(parser: argparse.ArgumentParser, seed: int | None = None) -> None:
    """Add the options of decoding."""
    parser.add_argument("--max-new-tokens", type=int, default=512, metavar="N")
    parser.add_argument("--temperature", type=float, default=0.0, metavar="T")
    parser.add_argument("--seed", type=int, default=seed, metavar="S")


def read_program(name: str) -> str:
    """Read a program from a file, or from stdin where the name is ``-``.

    Raises:
        ValueError: It is not UTF-8 text.
        OSError: It cannot be read.
    """
    data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{name}: not UTF-8 text (byte {error.start})") from None


def write_text(name: str, text: str) -> None:
    """Write a file, the whole of it or nothing."""
    write_whole(Path(name), text.encode("utf-8"))


def write_answer(output: str | None, text: str) -> None:
    """Write a text to a file, or to stdout where none is named."""
    if output:
        write_text(output, text)
    else:
        sys.stdout.write(text)
