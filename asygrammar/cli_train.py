"""The commands ``asygrammar train`` and ``asygrammar sweep``."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import warnings
from pathlib import Path

from asygrammar.cli_parts import DONE, FAULTY


def add_train(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``train`` to its parser."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("config", nargs="?", metavar="CONFIG.yaml", help="the run's settings")
    what.add_argument(
        "--example", metavar="NAME", help="print a commented CONFIG.yaml: tiny or phi3-qlora"
    )
    parser.add_argument("--out", metavar="DIR", help="folder of the run, instead of the file's")
    parser.set_defaults(command=_train)


def add_sweep(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``sweep`` to its parser."""
    parser.add_argument("config", metavar="CONFIG.yaml", help="settings that the runs share")
    parser.add_argument("--lora", metavar="R:A,...", help="ranks and alphas, as 4:8,16:32,64:128")
    parser.add_argument(
        "--tasks", action="store_true", help="compare one model for all tasks with one for each"
    )
    parser.add_argument("--out", required=True, metavar="DIR", help="folder of runs and tables")
    parser.set_defaults(command=_sweep)


def _train(options: argparse.Namespace) -> int:
    from asygrammar.train.settings import example_settings, read_settings

    if options.example:
        sys.stdout.write(example_settings(options.example))
        return DONE
    settings = read_settings(Path(options.config), **({"out": options.out} if options.out else {}))
    _quiet_libraries()
    from asygrammar.train.sft import train

    result = train(settings)
    if os.environ.get("RANK", "0") == "0":  # of the processes of `accelerate launch`, the first
        print(result.to_text())
        print(f"model: {settings.folder / 'model'}")
    return DONE


def _sweep(options: argparse.Namespace) -> int:
    from asygrammar.train.settings import read_settings
    from asygrammar.train.sweep import lora_runs, read_loras, run_all, task_runs
    from asygrammar.train.sweep_report import write_report

    out = Path(options.out)
    settings = read_settings(Path(options.config), out=str(out))
    if not options.lora and not options.tasks:
        raise ValueError("there is nothing to compare: give --lora, --tasks or both")
    runs = lora_runs(settings, read_loras(options.lora), out) if options.lora else {}
    runs |= task_runs(settings, out) if options.tasks else {}
    results = run_all(runs, out, lambda name: print(f"{name} ...", file=sys.stderr, flush=True))
    print(write_report(out, runs, results))
    failed = [name for name, result in results.items() if result is None]
    if failed:
        print(f"asygrammar: failed: {', '.join(failed)}; run it again to go on", file=sys.stderr)
    return FAULTY if failed else DONE


def _quiet_libraries() -> None:
    """Leave out what the libraries say to their own developers."""
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers|trl|peft")
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
