"""Programs into pictures: the one place that starts ``asy``."""

from asygrammar.compiler.asy import asy_available, compile, render
from asygrammar.compiler.picture import FORMATS
from asygrammar.compiler.result import CompileResult, CompilerMissing, RenderError, Status
from asygrammar.compiler.sandbox import sandbox_available

__all__ = [
    "FORMATS",
    "CompileResult",
    "CompilerMissing",
    "RenderError",
    "Status",
    "asy_available",
    "compile",
    "render",
    "sandbox_available",
]
