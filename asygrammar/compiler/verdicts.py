"""What the compiler says of a program's names and types, without running it.

Each program is the body of a function that is never called: ``asy`` translates it, and with that
checks every name and type in it, and runs nothing of it. Many programs go through one process, each
in a file of its own, so that a fault of syntax in one does not reach the next.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from asygrammar.compiler.process import Ending, run
from asygrammar.compiler.result import CompilerMissing
from asygrammar.compiler.sandbox import Limits, sandbox
from asygrammar.grammar import shipped_modules

_ASY = ("asy", "-noV", "-noglobalread", "-noglobalwrite", "-render", "0", "-noprc")
# Each file is passed by descriptor, of which a process may hold so many.
_BATCH = 100
_OUTPUT_LIMIT, _LOG_LIMIT = 1 << 20, 8 << 20
# The wall-clock time of a batch, in seconds: for starting, and for each program in it.
_START, _EACH = 10.0, 1.0


@dataclass(frozen=True)
class Verdict:
    """What the compiler says of a program's names and types.

    Attributes:
        accepted: Whether it translates; ``None`` where it took too long to say.
        message: The first fault, after its place, as ``3.7: no matching variable 'A'``.
    """

    accepted: bool | None
    message: str = ""


def judge_types(
    programs: Sequence[str], progress: Callable[[], None] = lambda: None
) -> list[Verdict]:
    """Ask the compiler about programs.

    What fails only when it runs (paths that do not meet, a division by zero) is accepted.

    Args:
        programs: The programs.
        progress: Called for each, once it is judged.

    Raises:
        CompilerMissing: ``asy`` is not installed.
    """
    verdicts: list[Verdict] = []
    for start in range(0, len(programs), _BATCH):
        verdicts += _judge(programs[start : start + _BATCH], progress)
    return verdicts


def _judge(programs: Sequence[str], progress: Callable[[], None]) -> list[Verdict]:
    """Judge some programs in one process, and one by one those that it did not get to."""
    # A fault may make asy read the mark as code: a name, at least, is harmless.
    mark = f"m{secrets.token_hex(8)}"
    # The last file is nobody's: a program can end asy in an orderly way, too (a number too large).
    files = {
        f"p{number}.asy": _as_a_function(program, f"{mark}:{number}")
        for number, program in enumerate([*programs, ""])
    }
    walls, command = sandbox(), [*_ASY, *files]
    limits = Limits(cpu_seconds=int(_START + _EACH * len(programs)) + 2)
    with walls.launch(command, {**files, **_shipped()}, limits) as launch:
        try:
            finished = run(
                launch,
                timeout=_START + _EACH * len(programs),
                output_limit=_OUTPUT_LIMIT,
                log_limit=_LOG_LIMIT,
            )
        except OSError as error:
            raise CompilerMissing(f"asy cannot be started: {error}") from None
    output, log = (text.decode(errors="replace") for text in (finished.output, finished.log))
    accepted = {int(number) for number in re.findall(rf"{mark}:(\d+)$", output, re.MULTILINE)}
    messages = dict(reversed(list(_messages(log))))
    # Whoever comes after the last that left a trace may not have been read at all.
    reached = max([*accepted, *messages, -1])
    alone = len(programs) == 1 and finished.ending is Ending.EXIT and finished.code >= 0
    whole = alone or len(programs) in accepted
    if not accepted and not messages and "not found" in log:
        raise CompilerMissing("asy is not installed")
    verdicts = []
    for number in range(len(programs)):
        if whole or number <= reached:
            verdicts.append(Verdict(number in accepted, messages.get(number, "")))
            progress()
        elif len(programs) == 1:
            verdicts.append(Verdict(None))
            progress()
        else:
            verdicts += _judge(programs[number : number + 1], progress)
    return verdicts


def _as_a_function(program: str, mark: str) -> bytes:
    """Return a file that writes a mark where a program translates.

    The program begins on the file's first line, so that places in messages are its own but for the
    columns of that line.
    """
    return f'void figure_() {{ {program}\n}}\nwrite("{mark}");\n'.encode(errors="replace")


def _messages(log: str) -> Iterator[tuple[int, str]]:
    for found in re.finditer(r"^p(\d+)\.asy: (\d+\.\d+: .*)$", log, re.MULTILINE):
        if ": warning" not in found[2]:
            yield int(found[1]), found[2]


def _shipped() -> Mapping[str, bytes]:
    folder = resources.files("asygrammar.grammars") / "modules"
    return {f"modules/{m}.asy": (folder / f"{m}.asy").read_bytes() for m in shipped_modules()}
