"""Pictures made small enough to stand in a page. Knows nothing of what they show."""

from __future__ import annotations

import base64
import io
from pathlib import Path

from PIL import Image

from asygrammar.eval.pictures import MOST_PIXELS

# Lines, areas and letters on white: more colors than these are shades at their edges.
_COLORS = 48


def data_uri(png: bytes) -> str:
    """Return a PNG as the address of an image that is in the page itself."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def thumbnail(path: Path, width: int, height: int) -> bytes | None:
    """Return a picture as a small PNG.

    Args:
        path: The picture's file.
        width: The most pixels across.
        height: The most pixels down.

    Returns:
        The PNG, or ``None`` where the file is missing, no picture, or too large to be opened.
    """
    try:
        with Image.open(path, formats=("PNG",)) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return None
            return small_png(picture, width, height)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def small_png(picture: Image.Image, width: int, height: int) -> bytes:
    """Return a picture as a PNG of few colors that fits into a box; it is never made larger.

    Args:
        picture: On white where it is transparent.
        width: The box's width in pixels.
        height: The box's height in pixels.
    """
    solid = Image.new("RGB", picture.size, "white")
    solid.paste(picture, mask=picture.getchannel("A") if "A" in picture.getbands() else None)
    solid.thumbnail((width, height), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    few = solid.quantize(_COLORS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(file, "PNG", optimize=True)
    return file.getvalue()
