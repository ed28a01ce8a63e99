"""An svg that is safe to show in a page, beside others.

The drawing comes out of a sandbox that a hostile program may have taken over, and goes into
notebooks, where a script would run with the reader's rights. So it is rebuilt from a list of
elements and attributes that only draw. Identifiers become unique: in a page of two figures, one's
letters would else be drawn with the other's outlines.
"""

from __future__ import annotations

import hashlib
import re
from xml.etree import ElementTree

_SVG = "http://www.w3.org/2000/svg"
_HREF = "{http://www.w3.org/1999/xlink}href"

_ELEMENTS = frozenset(
    word
    for line in (
        "svg g defs symbol use path rect circle ellipse line polyline polygon clipPath mask",
        "pattern linearGradient radialGradient stop image filter feColorMatrix feImage feBlend",
        "feComposite feFlood feOffset",
    )
    for word in line.split()
)
_ATTRIBUTES = frozenset(
    word
    for line in (
        "id width height viewBox version d x y x1 y1 x2 y2 r rx ry cx cy fx fy points transform",
        "gradientUnits gradientTransform spreadMethod offset patternUnits patternContentUnits",
        "patternTransform clipPathUnits maskUnits maskContentUnits overflow preserveAspectRatio",
        "style class fill fill-rule fill-opacity stroke stroke-width stroke-linecap stroke-",
        "linejoin stroke-miterlimit stroke-opacity stroke-dasharray stroke-dashoffset clip-path",
        "clip-rule mask opacity filter stop-color stop-opacity color-interpolation-filters",
        "filterUnits primitiveUnits values type in in2 mode operator result flood-color flood-",
        "opacity",
    )
    for word in line.split()
)
_EMBEDDED = re.compile(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=\s]*")
_URL = re.compile(r"url\(\s*[\"']?#?([^)\"']*)[\"']?\s*\)?", re.IGNORECASE)


class SvgError(ValueError):
    """The text is no svg of the kind that a converter writes."""


def safe_svg(drawing: bytes, width: int | None = None) -> bytes:
    """Return an svg that only draws.

    Args:
        drawing: An svg, as a converter wrote it.
        width: The width to show it at, in pixels; ``None`` keeps its own.

    Raises:
        SvgError: If it is not well-formed, or brings its own entities.
    """
    if b"<!DOCTYPE" in drawing or b"<!ENTITY" in drawing:
        raise SvgError("the svg declares entities")
    try:
        root = ElementTree.fromstring(drawing)
    except ElementTree.ParseError as error:
        raise SvgError(f"the svg is not well-formed: {error}") from None
    if root.tag != f"{{{_SVG}}}svg":
        raise SvgError("the root is not an svg")
    unique = f"a{hashlib.sha256(drawing).hexdigest()[:10]}-"
    _clean(root, unique)
    if width is not None:
        _set_width(root, width)
    # Black lines stay visible on a dark page; where the svg is printed or edited it is no object.
    root.set("style", "background-color:white")
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    safe: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return safe


def _clean(element: ElementTree.Element, unique: str) -> None:
    for name, value in list(element.attrib.items()):
        kept = _clean_attribute(name, value, unique)
        if kept is None:
            del element.attrib[name]
        else:
            element.set(name, kept)
    element.text = element.tail = None
    for child in list(element):
        if isinstance(child.tag, str) and child.tag.removeprefix(f"{{{_SVG}}}") in _ELEMENTS:
            _clean(child, unique)
        else:
            element.remove(child)


def _clean_attribute(name: str, value: str, unique: str) -> str | None:
    if name in (_HREF, "href"):
        if value.startswith("#"):
            return f"#{unique}{value[1:]}"
        return value if _EMBEDDED.fullmatch(value) else None
    if name not in _ATTRIBUTES:
        return None
    if name == "id":
        return unique + value
    if "\\" in value or "@" in value:
        return None
    # A target outside the drawing turns into a name inside it that is not there.
    return _URL.sub(lambda found: f"url(#{unique}{found[1]})", value)


def _set_width(root: ElementTree.Element, width: int) -> None:
    box = [float(number) for number in (root.get("viewBox") or "").split()]
    if len(box) != 4 or box[2] <= 0:
        raise SvgError("the svg has no size")
    root.set("width", str(width))
    root.set("height", f"{width * box[3] / box[2]:g}")
