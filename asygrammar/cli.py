"""The command line, ``asygrammar``: one function a command, each a thin layer over the library.

Exit status: 0 done, 1 the input has faults, 2 wrong usage or a missing part. Faults of the input go
to stdout where they are the answer (``check``); one line on stderr says why a command stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import NoReturn

from asygrammar import __version__
from asygrammar.cli_bench import add_bench
from asygrammar.cli_data import add_data
from asygrammar.cli_eval import add_eval, spell_out_eval
from asygrammar.cli_grammar import add_grammar
from asygrammar.cli_model import add_model_actions
from asygrammar.cli_parts import (
    DONE,
    FAULTY,
    USAGE,
    add,
    add_model,
    add_sampling,
    read_program,
    write_text,
)
from asygrammar.cli_templates import add_templates
from asygrammar.cli_train import add_sweep, add_train


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status.

    Args:
        argv: The arguments; ``None`` takes the process's own.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = _build_parser()
    options = parser.parse_args(_spell_out(arguments), argparse.Namespace(arguments=arguments))
    try:
        return int(options.command(options))
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:  # the reader of our output has gone: not worth a word
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except (ValueError, ImportError, OSError, RuntimeError) as error:
        return _stop(error)


def _stop(error: BaseException) -> int:
    """Say in one line why the command stopped."""
    message = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        message = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    print(f"asygrammar: {message}", file=sys.stderr)
    return USAGE


# ------------------------------------------------------------------------------------- commands


def _generate(options: argparse.Namespace) -> int:
    from asygrammar.compiler import RenderError
    from asygrammar.decoding import AsyGenerator
    from asygrammar.decoding.levels import resolve_level
    from asygrammar.saving import check_target

    resolve_level(options.constrained)
    if options.output:
        check_target(options.output)
    generator = AsyGenerator(
        options.model,
        options.adapter,
        device=options.device,
        quantization=options.quantization,
        modules=options.modules.split(",") if options.modules else None,
    )
    code = generator.generate(
        options.sentence,
        options.constrained,
        mode=options.mode,
        max_new_tokens=options.max_new_tokens,
        temperature=options.temperature,
        top_p=options.top_p,
        seed=options.seed,
        examples=options.examples,
        prefix=read_program(options.prefix) if options.prefix else "",
        objects=options.objects,
        style=options.style,
    )
    report = {
        "program": str(code),
        **{name: getattr(code, name) for name in _REPORTED},
        "report": asdict(code.report),
        "picture": options.output,
    }
    if options.json:
        print(json.dumps(report))
    else:
        print(code, end="" if code.endswith("\n") else "\n", flush=True)
    summary = f"level {code.level}, {code.token_count} tokens in {code.seconds:.2f} s, {code.model}"
    filled = f", template {code.template}" if code.template else ""
    print(summary + filled + _STOPS[code.stop_reason], file=sys.stderr)
    if options.output:
        try:
            code.save(options.output)
        except RenderError as fault:
            print(f"asygrammar: this program draws no picture: {fault}", file=sys.stderr)
            return FAULTY
        print(f"picture {options.output}", file=sys.stderr)
    return DONE


_STOPS = {
    "end": "",
    "budget": ", cut at the token budget",
    "refused": ", ended where the compiler took nothing more",
    "matcher": ", ended at a limit of the grammar engine",
}
_REPORTED = (
    *("prompt", "level", "mode", "template", "confidence", "complete", "stop_reason"),
    *("token_count", "seconds", "model"),
)


def _check(options: argparse.Namespace) -> int:
    from asygrammar.checking import check

    faults = [(name, fault) for name in options.files for fault in check(read_program(name))]
    if options.json:
        print(json.dumps([{"file": name, **fault.to_dict()} for name, fault in faults]))
    else:
        for name, fault in faults:
            print(f"{name}:{fault}")
            if fault.fix:
                print(f"    fix: {fault.fix}")
    return FAULTY if faults else DONE


def _format(options: argparse.Namespace) -> int:
    from asygrammar.layout import format_asy
    from asygrammar.parser import AsySyntaxError

    status = DONE
    for name in options.files:
        source = read_program(name)
        try:
            text = format_asy(source, comments=not options.no_comments)
        except AsySyntaxError as fault:
            print(f"{name}:{fault}", file=sys.stderr)
            status = FAULTY
            continue
        if options.check:
            if text != source:
                print(f"{name} would change")
                status = FAULTY
        elif options.write and name != "-":
            write_text(name, text)
        else:
            sys.stdout.write(text)
    return status


def _render(options: argparse.Namespace) -> int:
    from asygrammar.compiler import RenderError
    from asygrammar.saving import save_figure

    try:
        save_figure(read_program(options.file), options.output, width=options.width)
    except RenderError as fault:
        print(f"{options.file}:{fault}", file=sys.stderr)
        return FAULTY
    print(options.output, file=sys.stderr)
    return DONE


# ---------------------------------------------------------------------------------- the parser


def _build_parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="asygrammar", description="K-12 diagrams from a sentence.")
    parser.add_argument("--version", action="version", version=f"asygrammar {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_generate(add(commands, "generate", _generate, "write a program from a sentence"))
    _add_check(add(commands, "check", _check, "say what is wrong with a program"))
    _add_format(add(commands, "format", _format, "lay a program out in its canonical form"))
    _add_render(add(commands, "render", _render, "draw a program's picture"))
    add_grammar(commands.add_parser("grammar", help="show or export the grammar, draft signatures"))
    add_templates(commands.add_parser("templates", help="the families of figures: list, fill ..."))
    add_data(commands.add_parser("data", help="data sets to train on"))
    add_train(commands.add_parser("train", help="fine-tune a model: one YAML file a run"))
    add_sweep(commands.add_parser("sweep", help="compare fine-tuning runs"))
    add_model_actions(commands.add_parser("model", help="write a model for another engine"))
    add_eval(commands.add_parser("eval", help="judge what a model wrote (FILE.jsonl ...)"))
    add_bench(commands.add_parser("bench", help="measure (by itself: the ladder)"))
    return parser


def _add_generate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sentence", help="what to draw")
    parser.add_argument("-o", "--output", help="save the picture (svg, png, pdf, eps or asy)")
    add_model(parser)
    parser.add_argument("--device", help="where to run, as torch names it")
    parser.add_argument("--quantization", choices=("4bit", "8bit"), help="load the model smaller")
    parser.add_argument(
        "--constrained",
        default=True,
        metavar="LEVEL",
        help="level of constraint; by default the strongest there is",
    )
    free = {"action": "store_const", "const": "free", "dest": "constrained"}
    parser.add_argument("--free", **free, help="no constraint: same as --constrained free")  # type: ignore[arg-type]
    parser.add_argument("--mode", default="auto", help="auto, program or template")
    parser.add_argument("--modules", help="modules it may import, comma-separated; default: all")
    add_sampling(parser)
    parser.add_argument("--top-p", type=float, default=1.0, metavar="P", help="share to draw from")
    parser.add_argument("--examples", type=int, default=0, metavar="K", help="show K examples")
    parser.add_argument("--prefix", metavar="FILE", help="a program's beginning to go on from")
    parser.add_argument("--objects", type=int, metavar="N", help="hint: how many things to draw")
    parser.add_argument("--style", nargs="+", default=(), metavar="WORD", help="hint: how to draw")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="programs; - reads stdin")
    parser.add_argument("--json", action="store_true", help="print the faults as JSON")


def _add_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="programs; - reads stdin")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("-w", "--write", action="store_true", help="rewrite the files in place")
    action.add_argument("--check", action="store_true", help="only tell which would change")
    parser.add_argument("--no-comments", action="store_true", help="drop the comments")


def _add_render(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a program; - reads stdin")
    parser.add_argument("-o", "--output", required=True, help="picture: svg, png, pdf or eps")
    parser.add_argument("--width", type=int, help="width of a png or svg in pixels")


class _Parser(argparse.ArgumentParser):
    """Tells a usage error in one line."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message} (see {self.prog} --help)", file=sys.stderr)
        raise SystemExit(USAGE)


def _spell_out(arguments: list[str]) -> list[str]:
    """Let a bare ``bench`` mean ``bench ladder``, and ``eval FILE`` mean ``eval score FILE``."""
    if arguments[:1] == ["bench"] and not _names_bench(arguments[1:2]):
        return ["bench", "ladder", *arguments[1:]]
    return spell_out_eval(arguments)


def _names_bench(following: list[str]) -> bool:
    return bool(following) and (following[0] in ("-h", "--help") or following[0][0] != "-")
