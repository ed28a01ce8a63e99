"""Compiling a program into a picture: the only place that runs a program of the user's."""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from asygrammar.compiler import faults, log, picture, statements
from asygrammar.compiler.process import Ending, Finished, run
from asygrammar.compiler.refusal import refusals, without_settings
from asygrammar.compiler.result import CompileResult, RenderError, Status
from asygrammar.compiler.sandbox import Limits, Sandbox, sandbox
from asygrammar.compiler.scan import Source
from asygrammar.compiler.svg import SvgError, safe_svg
from asygrammar.diagnostics import Diagnostic

# The most a picture, and what is said on the way, may come to, in bytes.
_PICTURE_LIMIT = 16 << 20
_LOG_LIMIT = 256 << 10
# The most of it that a result keeps, in characters.
_LOG_KEPT = 32_000
_WIDEST = 10_000

_SIGXCPU, _SIGXFSZ = 24, 25


def asy_available() -> bool:
    """Tell whether ``asy`` is installed."""
    return shutil.which("asy") is not None


def compile(
    source: str,
    format: str = "pdf",
    timeout: float = 30,
    *,
    modules: Collection[str] | None = None,
) -> CompileResult:
    """Run a program and return its picture, or what is wrong with it.

    The program runs in a sandbox (see ``asygrammar.compiler.sandbox``). What a figure has no
    need of - running programs, files, changing asy's settings - is refused before that.

    Args:
        source: The program.
        format: The picture's format: ``svg``, ``png``, ``pdf`` or ``eps``.
        timeout: Wall-clock limit, in seconds.
        modules: Names of the shipped modules that the program may import; ``None``: all.

    Raises:
        ValueError: If there is no such format or module, or the time is not positive.
        CompilerMissing: If ``asy`` (or, for svg and png, ``pdftocairo``) is not installed.
    """
    return _compile(source, format, timeout, modules, None)


def render(
    source: str, format: str = "svg", *, width: int | None = None, timeout: float = 30
) -> bytes:
    """Run a program and return the file of its picture.

    Args:
        source: The program.
        format: The picture's format: ``svg``, ``png``, ``pdf`` or ``eps``.
        width: Of a png or svg, in pixels. Else a png has 200 dots an inch.
        timeout: Wall-clock limit, in seconds.

    Raises:
        RenderError: If the program has faults; the message is that of the first.
        ValueError: If there is no such format, or it has no such width.
        CompilerMissing: If ``asy`` (or, for svg and png, ``pdftocairo``) is not installed.
    """
    result = _compile(source, format, timeout, None, width)
    if not result.ok:
        raise RenderError(result)
    return result.output


@dataclass(frozen=True)
class Epilogue:
    """What runs after a program, and is trusted: nothing of it is refused.

    Attributes:
        text: Lines of Asymptote, the first one empty.
        files: What lies beside the program for them, by name.
    """

    text: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)


def trace(source: str, timeout: float = 30, epilogue: Epilogue | None = None) -> CompileResult:
    """Run a program and return the PostScript and TeX of its picture (see ``compiler.drawing``).

    Args:
        source: The program.
        timeout: Wall-clock limit, in seconds.
        epilogue: What is to run after it, if anything. The files ``*.told`` that it writes are
            returned behind the picture, each after ``picture.TOLD``.

    Raises:
        ValueError: If the time is not positive.
        CompilerMissing: If ``asy`` is not installed.
    """
    return _compile(source, picture.TRACE, timeout, None, None, epilogue=epilogue)


def pieces(source: str, timeout: float, mounted: Mapping[str, Path]) -> CompileResult:
    """Run a program and return what a pdf of it would be made of (see ``compiler.page``).

    Args:
        source: The program.
        timeout: Wall-clock limit, in seconds.
        mounted: Files of this machine that asy and TeX find beside the program, by name.

    Raises:
        ValueError: If the time is not positive.
        CompilerMissing: If ``asy`` is not installed.
    """
    return _compile(source, picture.PIECES, timeout, None, None, mounted=mounted)


def _compile(
    source: str,
    format: str,
    timeout: float,
    modules: Collection[str] | None,
    width: int | None,
    dpi: int = picture.RESOLUTION,
    epilogue: Epilogue | None = None,
    mounted: Mapping[str, Path] = MappingProxyType({}),
) -> CompileResult:
    _check(format, timeout, width)
    shipped = _modules(modules)
    picture.require(format)
    began = time.monotonic()

    def result(
        status: Status, found: tuple[Diagnostic, ...] = (), said: str = "", output: bytes = b""
    ) -> CompileResult:
        seconds = time.monotonic() - began
        return CompileResult(status, found, said[:_LOG_KEPT], output, format, seconds)

    walls = sandbox()
    program = without_settings(Source(_normalized(source)))
    refused = (*_unreadable(program), *refusals(program, contained=walls.contained))
    if refused:
        return result(Status.REFUSED, refused)
    script = picture.script(format, width, dpi)
    text, beside = (epilogue.text, epilogue.files) if epilogue else ("", {})
    finished = _run(walls, script, program.text + text, {**shipped, **beside}, timeout, mounted)
    said = log.without_noise(finished.log.decode(errors="replace"))
    status, found = _verdict(finished, said, program, timeout)
    if any(isinstance(fault, faults.AsyError) and fault.span is None for fault in found):
        left = timeout - (time.monotonic() - began)
        found = _placed(found, program, walls, shipped, left)
    if status is not Status.OK:
        return result(status, found, said)
    return result(*_checked(format, finished.output, width, said))


def _check(format: str, timeout: float, width: int | None) -> None:
    if format not in (*picture.FORMATS, picture.TRACE, picture.PIECES):
        raise ValueError(f"there is no format '{format}'; there are {', '.join(picture.FORMATS)}")
    if not timeout > 0:
        raise ValueError(f"the timeout must be more than 0 seconds, not {timeout:g}")
    if width is not None and format not in ("svg", "png"):
        raise ValueError(f"a width is for svg and png; a {format} has the size the program gives")
    if width is not None and not 1 <= width <= _WIDEST:
        raise ValueError(f"a width is 1 to {_WIDEST} pixels, not {width}")


@lru_cache(maxsize=1)
def _shipped() -> Mapping[str, bytes]:
    folder = files("asygrammar.grammars") / "modules"
    if not folder.is_dir():
        return {}
    endings = [entry for entry in folder.iterdir() if entry.name.endswith(".asy")]
    return {entry.name.removesuffix(".asy"): entry.read_bytes() for entry in endings}


def _modules(names: Collection[str] | None) -> Mapping[str, bytes]:
    shipped = _shipped()
    chosen = shipped if names is None else names
    for name in chosen:
        if name not in shipped:
            known = ", ".join(sorted(shipped)) or "none yet"
            raise ValueError(f"there is no module '{name}'; shipped are: {known}")
    return {f"modules/{name}.asy": shipped[name] for name in chosen}


def _normalized(source: str) -> str:
    # A byte order mark is no part of the text that an editor shows.
    return source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _unreadable(source: Source) -> tuple[Diagnostic, ...]:
    try:
        source.text.encode()
    except UnicodeEncodeError as error:
        span = source.span(error.start, error.start + 1)
        name = f"U+{ord(source.text[error.start]):04X}"
        return (faults.Refused(span, name, "it is half a character"),)
    return ()


def _run(
    walls: Sandbox,
    script: str,
    program: str,
    shipped: Mapping[str, bytes],
    timeout: float,
    mounted: Mapping[str, Path] = MappingProxyType({}),
) -> Finished:
    given = {picture.PROGRAM: program.encode(), **shipped}
    limits = Limits(cpu_seconds=int(timeout) + 2)
    with walls.launch(["sh", "-c", script], given, limits, mounted) as launch:
        return run(launch, timeout=timeout, output_limit=_PICTURE_LIMIT, log_limit=_LOG_LIMIT)


def _verdict(
    finished: Finished, said: str, program: Source, timeout: float
) -> tuple[Status, tuple[Diagnostic, ...]]:
    code = finished.code if finished.code >= 0 else 128 - finished.code
    found = log.faults(said, program)
    if finished.ending is Ending.TIMEOUT or code == 128 + _SIGXCPU:
        # A label that makes TeX wait for an answer is named beside.
        return Status.TIMED_OUT, (faults.TimedOut(None, timeout), *found)
    if finished.ending is Ending.LONG_LOG:
        return Status.TOO_MUCH_OUTPUT, (faults.TooMuchOutput(None, "text"), *found)
    if finished.ending is Ending.LONG_OUTPUT or code == 128 + _SIGXFSZ:
        return Status.TOO_MUCH_OUTPUT, (faults.TooMuchOutput(None, "picture"),)
    if code == 0:
        return Status.OK, ()
    if log.tells_of_memory(said):
        return Status.OUT_OF_MEMORY, (faults.OutOfMemory(None),)
    # asy ends with status 0, too, where it does not even run a program for a stray character.
    if code == picture.DREW_NOTHING and not found:
        return Status.DREW_NOTHING, (faults.DrewNothing(None),)
    if code == picture.NOT_CONVERTED or (not found and log.tells_of_size(said)):
        return Status.TOO_MUCH_OUTPUT, (faults.TooMuchOutput(None, "picture"),)
    ended = f"asy ended with status {code}" if code < 128 else f"signal {code - 128} ended asy"
    return Status.FAILED, found or (faults.Crashed(None, ended),)


def _placed(
    found: tuple[Diagnostic, ...],
    program: Source,
    walls: Sandbox,
    shipped: Mapping[str, bytes],
    timeout: float,
) -> tuple[Diagnostic, ...]:
    """Give a fault that a module reports the place of the statement that called it."""
    marked, mark = statements.marked(program)
    if not mark or timeout <= 0:
        return found
    finished = _run(walls, picture.script("eps"), marked, shipped, timeout)
    span = statements.last_begun(finished.log.decode(errors="replace"), mark, program)
    return tuple(statements.at(fault, span) for fault in found)


def _checked(
    format: str, output: bytes, width: int | None, said: str
) -> tuple[Status, tuple[Diagnostic, ...], str, bytes]:
    """Let a picture pass that only shows."""
    try:
        if format == "svg":
            output = safe_svg(output, width)
        elif format == "pdf" and picture.is_active_pdf(output):
            reason = "a picture only shows"
            return Status.REFUSED, (faults.Refused(None, "active content", reason),), said, b""
    except SvgError as error:
        return Status.FAILED, (faults.Crashed(None, str(error)),), said, b""
    return Status.OK, (), said, output
