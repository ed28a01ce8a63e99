"""The commands ``asygrammar eval ...``: what became of programs, and what people think of them."""

from __future__ import annotations

import argparse
import json
import shlex
from pathlib import Path

from asygrammar.cli_parts import DONE, add

# What `eval` can do besides judging a file, which it does where none of these is named.
_NAMED = ("score", "sheet", "agreement", "checks", "-h", "--help")


def add_eval(parser: argparse.ArgumentParser) -> None:
    """Add the actions of ``eval`` to its parser."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    _add_score(add(actions, "score", _score, "judge a file of samples; FILE alone means this"))
    _add_sheet(add(actions, "sheet", _sheet, "write a page on which people rate pictures blind"))
    _add_agreement(add(actions, "agreement", _agreement, "count what they saved there"))
    add(actions, "checks", _checks, "list the geometric checks")


def spell_out_eval(arguments: list[str]) -> list[str]:
    """Let ``eval FILE`` mean ``eval score FILE``."""
    if arguments[:1] == ["eval"] and arguments[1:] and arguments[1] not in _NAMED:
        return ["eval", "score", *arguments[1:]]
    return arguments


# ------------------------------------------------------------------------------------ the actions


def _score(options: argparse.Namespace) -> int:
    from asygrammar.eval.eval_run import run_eval
    from asygrammar.eval.reading import read_samples

    rows = read_samples(
        options.file,
        completion_column=options.completion_column,
        reference_column=options.reference_column,
        prompt_column=options.prompt_column,
        system_column=options.system_column,
        checks_column=options.checks_column,
        id_column=options.id_column,
    )
    report = run_eval(
        rows,
        options.out,
        command=shlex.join(["asygrammar", *options.arguments]),
        jobs=options.jobs,
        timeout=options.timeout,
        engine=options.engine,
        address=options.address,
        cache=options.cache,
    )
    print(json.dumps(report.to_dict()) if options.json else report.to_text())
    return DONE


def _add_score(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="JSONL: one object a line")
    columns = parser.add_argument_group("its columns")
    columns.add_argument("--completion-column", default="completion", metavar="C", help="programs")
    for name, what in _COLUMNS.items():
        columns.add_argument(f"--{name}-column", metavar="C", help=what)
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="keep scores, pictures and a report; goes on there"
    )
    parser.add_argument("--jobs", type=int, metavar="N", help="processes; default: one a processor")
    parser.add_argument(
        "--timeout", type=float, default=30, metavar="S", help="of a compilation, in seconds"
    )
    parser.add_argument("--engine", default="local", help="local or ray: where it is done")
    parser.add_argument("--address", metavar="A", help="of a Ray cluster; default: one of its own")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="of what runs may share")
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")


_COLUMNS = {
    "reference": "programs that draw what was asked for",
    "prompt": "what was asked for",
    "system": "what stood before it",
    "checks": "geometric checks to pass, as: right_angle(A, B, C); length(A, B, 3)",
    "id": "what a row is called; default: its line number",
}


def _sheet(options: argparse.Namespace) -> int:
    from asygrammar.eval.score_files import SCORES, read_scores
    from asygrammar.eval.sheet import write_sheet

    sheet = write_sheet(
        read_scores(options.folder / SCORES),
        options.folder,
        options.output,
        problems=options.problems,
        references=options.references,
        seed=options.seed,
    )
    print(f"{options.output}: {sheet.pictures} pictures of {sheet.problems} problems")
    print(f"{sheet.key}: what each of them is; keep it from who rates")
    return DONE


def _add_sheet(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="with scores: --out of eval")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="PAGE.html")
    parser.add_argument("--problems", type=int, default=30, metavar="N", help="how many to show")
    parser.add_argument("--references", action="store_true", help="put the references among them")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of choice and order")


def _agreement(options: argparse.Namespace) -> int:
    from asygrammar.eval.agreement_of_raters import read_agreement

    report = read_agreement(options.files, options.key)
    print(json.dumps(report.to_dict()) if options.json else report.to_text())
    return DONE


def _add_agreement(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE.csv", help="saved by raters")
    parser.add_argument("--key", type=Path, metavar="FILE", help="default: beside them")
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")


def _checks(options: argparse.Namespace) -> int:
    from asygrammar.eval.check_kinds import KINDS

    forms = [(f"{kind}({form.written})", form.means) for kind in KINDS for form in KINDS[kind]]
    width = max(len(written) for written, _ in forms)
    print("\n".join(f"{written:<{width}}  {means}" for written, means in forms))
    return DONE
