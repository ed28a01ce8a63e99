"""How a slot's value is written: as it is, or through a form (``<a:word>``)."""

from __future__ import annotations

from collections.abc import Callable

from asygrammar.formulas import Value


def show(value: Value, form: str = "") -> str:
    """Write a value as text.

    Args:
        value: What a slot, flag or derived value holds.
        form: Empty, or a key of ``FORMS``.
    """
    if form:
        return FORMS[form](value)
    if isinstance(value, tuple):
        return ", ".join(show(part) for part in value)
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".") or "0"
    return str(value)


def _listed(value: Value) -> str:
    parts = [show(part) for part in value] if isinstance(value, tuple) else [show(value)]
    return " and ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part)


def _joined(value: Value, between: str) -> str:
    return between.join(value) if isinstance(value, tuple) else str(value)


# How a value may be shown, beside the forms that a template declares as tables.
FORMS: dict[str, Callable[[Value], str]] = {
    "and": _listed,
    "run": lambda value: _joined(value, ""),
    "quoted": lambda value: ", ".join(
        f'"{part}"' for part in (value if isinstance(value, tuple) else (value,))
    ),
    "02": lambda value: show(value).zfill(2),
}
