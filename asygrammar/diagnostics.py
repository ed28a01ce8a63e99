"""Faults found in a figure's program, told in words a teacher understands.

One frozen dataclass per fault; its message is a template over its fields. Exceptions are for
misuse of this library; a fault in somebody's program is always a value of this module.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of source text.

    Attributes:
        line: Line of the first character, 1-based.
        column: Column of the first character, 1-based, in characters.
        end_line: Line of the end, 1-based.
        end_column: Column just after the last character, 1-based (so an empty span has
            ``column == end_column``).
    """

    line: int
    column: int
    end_line: int
    end_column: int

    @classmethod
    def at(cls, line: int, column: int, length: int = 1) -> Span:
        """Return a span of ``length`` characters on one line."""
        return cls(line, column, line, column + length)


@dataclass(frozen=True, slots=True)
class Fix:
    """A change of the source that mends a fault, where there is one that is certain.

    Attributes:
        span: The text to replace; an empty span is a place to insert at.
        text: What to put there.
    """

    span: Span
    text: str

    def __str__(self) -> str:
        """Return what the change does, in words."""
        place, text = f"{self.span.line}:{self.span.column}", self.text.strip()
        if (self.span.line, self.span.column) == (self.span.end_line, self.span.end_column):
            return f"insert `{text}` at {place}"
        return f"write `{text}` at {place}" if text else f"remove what stands at {place}"


@dataclass(frozen=True)
class Diagnostic:
    """Base of all faults. A subclass adds fields and the templates that show them.

    Attributes:
        span: Where the fault is, or ``None`` where it has no place in the source.
        fix: The change that mends it, where there is one that is certain.
    """

    span: Span | None
    fix: Fix | None = field(default=None, kw_only=True)

    template: ClassVar[str] = ""
    hint_template: ClassVar[str] = ""

    @property
    def message(self) -> str:
        """What is wrong, in one line."""
        return self.template.format_map(self._values())

    @property
    def hint(self) -> str:
        """What to do about it, in one line; empty where there is nothing certain to say."""
        return self.hint_template.format_map(self._values())

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready mapping: ``kind line column end_line end_column message hint fix``.

        The fix has ``line column end_line end_column text``, or is ``None``.
        """
        places = ("line", "column", "end_line", "end_column")
        return {
            "kind": type(self).__name__,
            **{place: getattr(self.span, place, None) for place in places},
            "message": self.message,
            "hint": self.hint,
            "fix": {**asdict(self.fix.span), "text": self.fix.text} if self.fix else None,
        }

    def _values(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __str__(self) -> str:
        """Return ``line:column: message (hint)``."""
        place = f"{self.span.line}:{self.span.column}: " if self.span else ""
        return f"{place}{self.message}" + (f" ({self.hint})" if self.hint else "")
