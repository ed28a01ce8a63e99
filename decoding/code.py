"""A program as decoding returns it: text that checks, compiles, draws and saves itself."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from asygrammar.decoding.report import Report

if TYPE_CHECKING:
    from asygrammar.compiler import CompileResult
    from asygrammar.diagnostics import Diagnostic


class AsyCode(str):
    """An Asymptote program, and how it came about.

    It is a ``str``: the program. In a notebook it shows as its picture.

    Attributes:
        prompt: The sentence it was asked for with.
        level: The level of constraint it was decoded at.
        complete: Whether the model ended it; otherwise it was cut at the last statement that was
            complete (above the level ``free``), or wherever it was (at ``free``).
        stop_reason: ``"end"`` (the model ended it), ``"budget"`` (``max_new_tokens`` ran out),
            ``"refused"`` (the compiler took none of the statements that the model would go on with)
            or ``"matcher"`` (the grammar engine reached a limit of its own).
        token_count: Tokens of the program.
        seconds: Time from the start of its batch until it was finished.
        model: The model's name, and the adapter's.
        report: What it took, in detail.
        mode: ``"program"``, or ``"template"`` where a template was filled in.
        template: The template's name; empty in the mode ``"program"``.
        values: What stands in its blanks, and which decorations are on, by name.
        confidence: How sure the model was of the template, from 0 to 1; 0 without one.
    """

    prompt: str
    level: str
    complete: bool
    stop_reason: str
    token_count: int
    seconds: float
    model: str
    report: Report
    mode: str
    template: str
    values: Mapping[str, Any]
    confidence: float

    def __new__(
        cls,
        text: str,
        *,
        prompt: str = "",
        level: str = "free",
        complete: bool = True,
        stop_reason: str = "end",
        token_count: int = 0,
        seconds: float = 0.0,
        model: str = "",
        report: Report | None = None,
        mode: str = "program",
        template: str = "",
        values: Mapping[str, Any] | None = None,
        confidence: float = 0.0,
    ) -> AsyCode:
        """Attach to a program how it came about."""
        self = super().__new__(cls, text)
        self.prompt = prompt
        self.level = level
        self.complete = complete
        self.stop_reason = stop_reason
        self.token_count = token_count
        self.seconds = seconds
        self.model = model
        self.report = report or Report()
        self.mode = mode
        self.template = template
        self.values = dict(values or {})
        self.confidence = confidence
        return self

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        """Let copies and pickles keep the attributes."""
        return (str(self),), dict(self.__dict__)

    def check(self) -> list[Diagnostic]:
        """Return the faults that can be found without running the program."""
        from asygrammar.checking import check

        return check(str(self))

    def compile(self, format: str = "pdf", timeout: float = 30) -> CompileResult:
        """Compile the program with the real ``asy``; see `asygrammar.compiler.compile`."""
        from asygrammar.compiler import compile

        return compile(str(self), format=format, timeout=timeout)

    def render(self, format: str = "svg", width: int | None = None) -> bytes:
        """Draw the figure.

        Args:
            format: ``"svg"``, ``"png"``, ``"pdf"`` or ``"eps"``.
            width: Of a png or svg, in pixels; by default as large as the program says.

        Raises:
            ValueError: The program has a fault (`asygrammar.compiler.RenderError`), there is no
                such format, or it has no such width.
            asygrammar.compiler.CompilerMissing: ``asy`` is not installed.
        """
        from asygrammar.compiler import render

        return render(str(self), format, width=width)

    def save(self, path: str | os.PathLike[str], *, width: int | None = None) -> None:
        """Save the picture, or with the ending ``.asy`` the program.

        The file appears whole or not at all.

        Args:
            path: Where to; the ending (svg, png, pdf, eps, asy) says in which format.
            width: Of a png or svg, in pixels; by default as large as the program says.

        Raises:
            ValueError: The ending is unknown, the place cannot be written to, or the program has
                a fault.
            asygrammar.compiler.CompilerMissing: ``asy`` is not installed.
        """
        from asygrammar.saving import save_figure

        save_figure(str(self), path, width=width)

    def _repr_svg_(self) -> str | None:
        picture = self._picture("svg")
        return None if picture is None else picture.decode("utf-8")

    def _repr_png_(self) -> bytes | None:
        return self._picture("png")

    def _picture(self, format: str) -> bytes | None:
        """Draw for a notebook, which shows the text where there is no picture to show."""
        from asygrammar.compiler import CompilerMissing

        try:
            return self.render(format)
        except (ValueError, OSError, CompilerMissing):
            return None
