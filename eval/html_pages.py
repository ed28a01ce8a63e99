"""Pages that are one file: style, script and pictures are in them, and nothing is fetched.

All that is filled in is escaped, and a page lets no script run but its own: text that a model wrote
stays text.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

_FOLDER = Path(__file__).parent / "pages"


def fill_page(name: str, /, **values: object) -> str:
    """Return a page.

    Args:
        name: Of its template and its script, ``pages/NAME.html`` and ``pages/NAME.js``.
        values: What the template names.

    Raises:
        jinja2.UndefinedError: The template names something else.
    """
    script = (_FOLDER / f"{name}.js").read_text(encoding="utf-8")
    style = (_FOLDER / "page_style.css").read_text(encoding="utf-8")
    digest = hashlib.sha256(script.encode()).digest()
    return (
        _templates()
        .get_template(f"{name}.html")
        .render(
            script=Markup(script),
            script_hash=f"sha256-{base64.b64encode(digest).decode()}",
            style=Markup(style),
            **values,
        )
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
