"""From what ``asy`` and TeX say to diagnostics that name places in the user's program."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from asygrammar.compiler.faults import AsyError, LabelError, ModuleMissing
from asygrammar.compiler.picture import PROGRAM
from asygrammar.compiler.scan import Source, Token
from asygrammar.diagnostics import Diagnostic, Span

_PLACED = re.compile(r"(?P<file>\S*?[^\s:]+): (?P<line>\d+)\.(?P<byte>\d+): (?P<text>.*)")
_MISSING = re.compile(r"error: could not load module '(.*)'")
# A message goes on where it lists signatures.
_GOES_ON = re.compile(r"'.*|with parameters?\b.*|or\b.*|candidates.*")
_UNCLOSED = {
    "string not terminated": "open_string",
    "comment not terminated": "open_comment",
}
# asy says this of itself when TeX has failed.
_SHIPOUT = "shipout failed"

# The reason may go on in a second, indented line. An unknown command is the last word read.
_TEX_FAULT = re.compile(
    r"! (?:(?:LaTeX|Package \S+) Error: )?(?P<reason>.*(?:\n {9,}\S.*(?=\n\n))?)"
    r"(?:\n<.*> .*?(?P<command>\\\S+) *\n)?"
)
# How asy writes a label into its TeX file: \ASYalign(place)(align){text}, possibly cut in front.
_TEX_LABEL = re.compile(r"^l\.\d+ .*\([-\d.,e]+\)\s*\{(?P<label>.*)\}%?$", re.MULTILINE)

_UNKNOWN = "Undefined control sequence"
_BRACES = "every { needs its }"
# The beginning of TeX's reason: what to do.
_ADVICE = {
    _UNKNOWN: 'check its spelling; some commands need usepackage("amsmath"); or another package',
    "Missing $": "put the formula between two $",
    "Missing { inserted": "^, _ and commands such as \\frac want something after them",
    "Missing }": _BRACES,
    "Extra }": f"a formula stands between two $, and {_BRACES}",
    "Too many }": _BRACES,
    "File ended": _BRACES,
    "Paragraph ended": _BRACES,
    "Misplaced alignment": "write \\& for the sign &",
    "You can't use `macro parameter": "write \\# for the sign #",
    "Double": "put braces around what is raised or lowered first",
    "Unicode character": "write it as a TeX command, such as $\\angle$, $\\pi$ or $^\\circ$",
}

# Said by the collector of asy's garbage where it has no /proc, and no fault.
_NOISE = re.compile(r"^GC Warning: (pthread_getattr|Could not open /proc).*\n", re.MULTILINE)

_MEMORY = re.compile(
    r"out of memory|memory exhausted|Failed to expand heap|bad_alloc|Cannot allocate memory"
    r"|Too many heap sections|TeX capacity exceeded, sorry \[main memory",
    re.IGNORECASE,
)


_SIZE = re.compile(r"limitcheck|! Dimension too large")


def without_noise(log: str) -> str:
    """Return a log less what says nothing about the program."""
    return _NOISE.sub("", log)


def tells_of_memory(log: str) -> bool:
    """Whether a log ends in a want of memory."""
    return _MEMORY.search(log) is not None


def tells_of_size(log: str) -> bool:
    """Whether a log tells of a picture too large for its format."""
    return _SIZE.search(log) is not None


def faults(log: str, source: Source) -> tuple[Diagnostic, ...]:
    """Return the faults that a log tells of, each once, in its order."""
    found = [*_label_faults(log, source), *_asy_faults(log, source)]
    return tuple(dict.fromkeys(found))


def _asy_faults(log: str, source: Source) -> Iterator[Diagnostic]:
    lines = log.splitlines()
    for number, line in enumerate(lines):
        if missing := _MISSING.fullmatch(line):
            module = missing[1]
            if module != PROGRAM:
                yield ModuleMissing(_import_of(module, source), module)
            continue
        placed = _PLACED.fullmatch(line)
        if placed is None or _SHIPOUT in placed["text"] or placed["text"].startswith("warning"):
            continue
        text = " ".join([placed["text"], *_continuation(lines[number + 1 :])])
        text = text.removeprefix("runtime: ")
        if placed["file"] in (PROGRAM, f"./{PROGRAM}"):
            yield AsyError(_place(text, int(placed["line"]), int(placed["byte"]), source), text)
        else:
            yield AsyError(None, text)


def _continuation(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        if not _GOES_ON.fullmatch(line):
            return
        yield line


def _place(text: str, line: int, byte: int, source: Source) -> Span | None:
    last = source.tokens[-1] if source.tokens else None
    if last and last.kind == _UNCLOSED.get(text):
        # asy names the place where the file ends.
        return source.span_of(last)
    return source.span_at(line, byte)


def _import_of(module: str, source: Source) -> Span | None:
    importing = False
    for token in source.tokens:
        if token.text in ("import", "include", "access", "from"):
            importing = True
        elif token.text == ";":
            importing = False
        elif importing and module in (token.text, token.value):
            return source.span_of(token)
    return None


def _label_faults(log: str, source: Source) -> Iterator[LabelError]:
    faulty = list(_TEX_FAULT.finditer(log))
    seen: set[str] = set()
    for fault, following in zip_longest(faulty, faulty[1:]):
        context = _TEX_LABEL.search(log, fault.end(), following.start() if following else len(log))
        label = context["label"] if context else ""
        # One fault of TeX's brings on others, in the same label and after the last.
        if label in seen or (seen and not label):
            continue
        seen.add(label)
        reason = " ".join(fault["reason"].split()).rstrip(".")
        advice = next((words for start, words in _ADVICE.items() if reason.startswith(start)), "")
        if reason == _UNKNOWN and fault["command"]:
            reason = f"there is no command {fault['command']}"
        token = _label_token(label, source)
        span = source.span_of(token) if token else None
        yield LabelError(span, label or (token.value if token else ""), reason, advice)


def _label_token(label: str, source: Source) -> Token | None:
    """Return the string that a label comes from, or its longest part where it is put together.

    TeX cannot tell the label where a brace is missing: then it is the first string that lacks one.
    """
    strings = [token for token in source.tokens if token.kind == "string" and token.value]
    if not label:
        return next((token for token in strings if not _balanced(token.value)), None)
    parts = [token for token in strings if token.value in label]
    return max(parts, key=lambda token: len(token.value), default=None)


def _balanced(text: str) -> bool:
    bare = re.sub(r"\\.", "", text)
    return bare.count("{") == bare.count("}")
