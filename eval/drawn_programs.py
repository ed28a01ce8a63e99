"""Programs drawn many at a time, each of them once: what becomes of it is kept by its content."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from asygrammar.compiler import CompileResult, Status
from asygrammar.compiler.many import compile_many
from asygrammar.eval.asy_messages import fault_kind
from asygrammar.eval.content_cache import ContentCache
from asygrammar.eval.pictures import is_blank
from asygrammar.eval.score import OK

#: The folder of the pictures, beside the file of scores.
PICTURES = "pictures"
# The longest that a verdict says of a fault, in characters.
_LONGEST = 300


@dataclass(frozen=True)
class DrawnProgram:
    """What became of one program.

    Attributes:
        key: What it is kept under.
        verdict: As in `asygrammar.eval.score.Score`.
        failure: The same.
        compiled: Whether there is a picture.
        seconds: What drawing it took.
    """

    key: str
    verdict: str
    failure: str
    compiled: bool
    seconds: float

    @property
    def file(self) -> str:
        """The picture's file beside the scores; empty where there is none."""
        return f"{PICTURES}/{self.key}.png" if self.compiled else ""


class DrawnPrograms:
    """Draws programs that are not in the cache.

    Args:
        cache: Where they are kept.
        timeout: Wall-clock limit of a compilation, in seconds.
    """

    def __init__(self, cache: ContentCache, timeout: float) -> None:
        self._cache, self._timeout = cache, timeout

    def draw(self, programs: Iterable[str]) -> None:
        """Draw those programs that nobody has drawn.

        Raises:
            CompilerMissing: ``asy`` is not installed.
            OSError: The cache cannot be written.
        """
        keys = {self._key(program): program for program in programs}
        missing = {key: it for key, it in keys.items() if self._cache.find(key) is None}
        if not missing:
            return
        results = compile_many(list(missing.values()), timeout=self._timeout, jobs=1)
        for key, result in zip(missing, results, strict=True):
            drawn = DrawnProgram(key, *_verdict(result), result.ok, result.seconds)
            if result.ok:
                self._cache.keep_picture(key, result.output)
            self._cache.keep(key, asdict(drawn))

    def of(self, program: str) -> DrawnProgram:
        """Return what becomes of a program.

        Raises:
            CompilerMissing: ``asy`` is not installed.
            OSError: The cache cannot be written.
        """
        key = self._key(program)
        found = self._cache.find(key)
        if found is None:
            self.draw([program])
            found = self._cache.find(key)
        assert found is not None
        return DrawnProgram(**found)

    def picture(self, drawn: DrawnProgram) -> bytes:
        """Return the picture of a program that compiles, a PNG file.

        Raises:
            OSError: Somebody has removed it from the cache.
        """
        return self._cache.picture(drawn.key)

    def _key(self, program: str) -> str:
        return self._cache.key("drawn", program)


def one_line(text: str) -> str:
    """Return a text as a verdict says it."""
    return " ".join(text.split())[:_LONGEST]


def _verdict(result: CompileResult) -> tuple[str, str]:
    """Return the verdict on a program, and as what it counts among the failures."""
    if result.ok:
        return _sight(result.output)
    first = next(iter(result.diagnostics), None)
    what = one_line(str(first)) if first else "nothing is known about it"
    failure = fault_kind(result) if result.status is Status.FAILED else str(result.status)
    return f"{result.status}: {what}", failure


def _sight(png: bytes) -> tuple[str, str]:
    """Return the verdict on a picture."""
    try:
        blank = is_blank(png)
    except ValueError as fault:
        return f"unseen: {one_line(str(fault))}", "unseen"
    return ("blank: nothing can be seen in its picture", "blank") if blank else (OK, "")
