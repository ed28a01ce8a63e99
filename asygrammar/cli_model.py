"""The command ``asygrammar model export``: a model as a file that another engine loads."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from asygrammar.cli_parts import DONE, add, add_model


def add_model_actions(parser: argparse.ArgumentParser) -> None:
    """Add the actions of ``model`` to its parser."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    export = add(actions, "export", _export, "write a model for another engine")
    add_model(export)
    export.add_argument("--to", choices=("gguf",), default="gguf", help="the format: gguf")
    export.add_argument("--precision", default="f16", help="f16 (default) or f32")
    export.add_argument("-o", "--output", required=True, help="write to this file")


def _export(options: argparse.Namespace) -> int:
    from asygrammar.decoding.gguf_export import export_gguf
    from asygrammar.decoding.models import load_model
    from asygrammar.files import check_writable

    check_writable(Path(options.output))
    model = load_model(options.model, options.adapter, device="cpu")
    export_gguf(model, options.output, options.precision)
    print(options.output, file=sys.stderr)
    return DONE
