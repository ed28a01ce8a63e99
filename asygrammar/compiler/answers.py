"""What an answer of a live ``asy`` says of a statement, in the words of a compilation."""

from __future__ import annotations

import dataclasses
import signal

from asygrammar.compiler import faults, log, statements
from asygrammar.compiler.live import Answer
from asygrammar.compiler.process import Ending
from asygrammar.compiler.protocol import BEGUN, placed
from asygrammar.compiler.result import Status
from asygrammar.compiler.scan import Source
from asygrammar.diagnostics import Diagnostic, Span

_SIGFPE, _SIGXCPU = 8, 24
# What asy says when a signal ends it, after the place.
_RUNNING = "runtime: "
# What asy says where somebody has killed its TeX.
_TEX_GONE = "abort: write to pipe failed"
_UNCLOSED = {
    "open_string": "string not terminated",
    "open_comment": "comment not terminated",
}


def is_unexplained(answer: Answer) -> bool:
    """Whether a process ended, or TeX did, and nothing tells that the program is to blame."""
    said = text_of(answer)
    if answer.ending is None:
        # asy has no word for it if TeX goes while it reads.
        return _TEX_GONE in said or said.endswith(f"{_RUNNING}\n")
    if answer.ending is not Ending.EXIT:
        return False
    if answer.code in (0, 128 + _SIGXCPU, 128 + _SIGFPE) or log.tells_of_memory(said):
        return False
    # Where a signal ended it, asy may still have named the place.
    return answer.code > 128 or not log.faults(placed(said, ""), Source(""))


def text_of(answer: Answer) -> str:
    """Return all that was said, less what says nothing about the program."""
    said = b"\n".join((answer.said, answer.log)).decode(errors="replace")
    if answer.code > 128 and said.endswith(_RUNNING):
        # A shell says the rest.
        said += signal.strsignal(answer.code - 128) or ""
    return log.without_noise(said)


def found_in(answer: Answer, program: str, span: Span | None) -> tuple[Diagnostic, ...]:
    """Return the faults that an answer names, at their places in a program.

    Args:
        answer: The answer to the program's last statement.
        program: The program.
        span: The statement's own place, for a fault that a module reports.
    """
    found = log.faults(placed(text_of(answer), program), Source(program))
    return tuple(statements.at(fault, span) for fault in found)


def failure(
    answer: Answer, program: str, span: Span | None, timeout: float
) -> tuple[Status, tuple[Diagnostic, ...]]:
    """Return what became of a statement that did not run to its end.

    Args:
        answer: The answer to it.
        program: The program up to its end.
        span: Its own place, for a fault that a module reports.
        timeout: The limit that it had, in seconds.
    """
    found = found_in(answer, program, span)
    if answer.ending is Ending.TIMEOUT or answer.code == 128 + _SIGXCPU:
        return Status.TIMED_OUT, (faults.TimedOut(None, timeout), *found)
    if answer.ending in (Ending.LONG_OUTPUT, Ending.LONG_LOG):
        return Status.TOO_MUCH_OUTPUT, (faults.TooMuchOutput(None, "text"), *found)
    if log.tells_of_memory(text_of(answer)):
        return Status.OUT_OF_MEMORY, (faults.OutOfMemory(None),)
    if found:
        return Status.FAILED, found
    if BEGUN in answer.marks and answer.code == 0:
        # The program ended itself, and then no picture is made.
        return Status.DREW_NOTHING, (faults.DrewNothing(None),)
    code = answer.code
    ended = f"asy ended with status {code}" if code < 128 else f"signal {code - 128} ended asy"
    return Status.FAILED, (faults.Crashed(None, ended),)


def cut_off(source: Source) -> Diagnostic:
    """Return the fault of a statement that does not come to its end."""
    last = source.tokens[-1]
    if last.kind in _UNCLOSED:
        return faults.AsyError(source.span_of(last), _UNCLOSED[last.kind])
    return faults.AsyError(source.span(last.end - 1, last.end), "unexpected end of input")


def span_of(source: Source, lines: int) -> Span:
    """Return the span of a statement that stands after so many lines."""
    span = source.span(source.tokens[0].start, source.tokens[-1].end)
    return Span(span.line + lines, span.column, span.end_line + lines, span.end_column)


def shifted(fault: Diagnostic, lines: int) -> Diagnostic:
    """Return a fault of a statement as one of the program that has it after so many lines."""
    if fault.span is None:
        return fault
    span = fault.span
    moved = Span(span.line + lines, span.column, span.end_line + lines, span.end_column)
    return dataclasses.replace(fault, span=moved)
