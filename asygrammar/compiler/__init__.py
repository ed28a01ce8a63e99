"""Programs into pictures: the one place that starts ``asy``."""

from asygrammar.compiler.asy import asy_available, compile, render
from asygrammar.compiler.picture import FORMATS
from asygrammar.compiler.result import CompileResult, CompilerMissing, RenderError, Status
from asygrammar.compiler.sandbox import sandbox_available
from asygrammar.compiler.session import CompilerSession
from asygrammar.compiler.session_pool import SessionPool
from asygrammar.compiler.session_result import ProgramVerdict, StatementVerdict

__all__ = [
    "FORMATS",
    "CompileResult",
    "CompilerMissing",
    "CompilerSession",
    "ProgramVerdict",
    "RenderError",
    "SessionPool",
    "StatementVerdict",
    "Status",
    "asy_available",
    "compile",
    "render",
    "sandbox_available",
]
