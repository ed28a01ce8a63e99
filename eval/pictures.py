"""How alike two pictures are, and whether one shows anything. Knows png files; not what drew them.

Pictures are compared at the scale they come in: draw both with the same dots an inch, as
`asygrammar.compiler` does. What is white, or transparent, is paper; everything else is ink.
"""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache, reduce

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, UnidentifiedImageError

Gray = NDArray[np.uint8]

#: The most pixels that a picture may have. A png of a few bytes can name any size; those of
#: `asygrammar.compiler` have 4,000 x 4,000 at most.
MOST_PIXELS = 20_000_000

# How much less light than white is ink, in any channel, of 255.
_INK = 8
# White around both pictures, in pixels: more than half a window of the SSIM (11 x 11), so that
# there is a whole one around each of their pixels.
_MARGIN = 8
# The longest side of what is compared, in pixels. Larger pictures are made smaller, both alike.
_LONGEST = 1000
# A perceptual hash is made of the first 8 x 8 waves of a picture of 32 x 32 pixels.
_HASHED, _WAVES = 32, 8
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# The signature, a length and a name, and then width and height.
_HEADER = struct.Struct(">16xII")


@dataclass(frozen=True)
class PictureLikeness:
    """How alike two pictures are.

    Attributes:
        value: From -1 to 1; 1 where they are the same.
        map: The same around each pixel of the canvas they are compared on, ``(height, width)``.
    """

    value: float
    map: NDArray[np.float64]


def align(a: bytes, b: bytes) -> tuple[Gray, Gray]:
    """Place two pictures on one white canvas, so that what is the same lies on the same pixels.

    Each is cut to its ink. Then the second is shifted to where most of its ink lies on ink of the
    first: placed by its centre or a corner, a figure in which just one label is missing at the
    side would lie beside the other with every line of it. No scale is changed, but that what is
    longer than 1,000 pixels is made smaller, both by the same factor.

    Args:
        a: A png.
        b: A png with as many pixels an inch.

    Returns:
        Two pictures of one size, ``(height, width)``: 0 black, 255 white.

    Raises:
        ValueError: One is no png that can be read, or it has too many pixels.
    """
    first, second = _same_scale(*(_trimmed(_read(png)) for png in (a, b)))
    down, right = _shift(first, second)
    top, left = min(down, 0), min(right, 0)
    height = max(first.shape[0], down + second.shape[0]) - top
    width = max(first.shape[1], right + second.shape[1]) - left
    canvas = height + 2 * _MARGIN, width + 2 * _MARGIN
    return (
        _placed(first, canvas, _MARGIN - top, _MARGIN - left),
        _placed(second, canvas, _MARGIN - top + down, _MARGIN - left + right),
    )


def ssim(a: bytes, b: bytes) -> PictureLikeness:
    """Return the structural similarity of two pictures, which are aligned before (`align`).

    Of luminance, in Gaussian windows with a deviation of 1.5 pixels, averaged over the canvas, as
    in the paper. White paper is alike in all pictures: unlike drawings of thin lines may have 0.8.

    Source: Z. Wang, A. C. Bovik, H. R. Sheikh and E. P. Simoncelli, "Image Quality Assessment: From
    Error Visibility to Structural Similarity", IEEE Trans. Image Processing 13 (2004), 600-612; by
    `skimage.metrics.structural_similarity`.

    Args:
        a: A png.
        b: A png with as many pixels an inch.

    Raises:
        ValueError: One is no png that can be read, or it has too many pixels.
        ImportError: scikit-image is not installed.
    """
    try:
        from skimage.metrics import structural_similarity
    except ImportError:
        raise ImportError("SSIM needs scikit-image: pip install 'asygrammar[eval]'") from None
    first, second = align(a, b)
    value, likeness = structural_similarity(
        first,
        second,
        data_range=255,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        full=True,
    )
    return PictureLikeness(float(value), likeness)


def perceptual_hash(png: bytes) -> int:
    """Return 64 bits that are the same of pictures that look the same, at whatever size.

    The picture, cut to its ink and filled up to a square, is made 32 x 32 pixels; of its discrete
    cosine transform, bit i tells whether the i-th of the 8 x 8 slowest waves, row by row and the
    first the highest, is above their median. A blank picture has 0.

    Source: C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions",
    thesis, Hagenberg (2010), section 3.2 (``pHash``).

    Args:
        png: A png.

    Raises:
        ValueError: It is no png that can be read, or it has too many pixels.
    """
    gray = _trimmed(_read(png))
    height, width = gray.shape
    if not gray.size:
        return 0
    side = max(height, width)
    square = _placed(gray, (side, side), (side - height) // 2, (side - width) // 2)
    ink = 255.0 - _resized(square, _HASHED, _HASHED)
    cosines = _cosines()
    # What ought to be nothing, in a symmetric figure, is not quite: rounded, it is.
    waves = np.round(cosines @ ink @ cosines.T, 6)[:_WAVES, :_WAVES]
    bits = (waves > np.median(waves)).ravel()
    return int("".join("1" if bit else "0" for bit in bits), 2)


def hash_distance(one: int, other: int) -> int:
    """Return in how many bits two hashes differ, from 0 to 64 (R. W. Hamming, 1950)."""
    return (one ^ other).bit_count()


def is_blank(png: bytes) -> bool:
    """Tell whether a picture shows nothing: all of it is white or transparent.

    Args:
        png: A png.

    Raises:
        ValueError: It is no png that can be read, or it has too many pixels.
    """
    return not _trimmed(_read(png)).size


def _read(png: bytes) -> Image.Image:
    """Return a picture on white paper."""
    wrong = "this is no png that can be read"
    if not png.startswith(_SIGNATURE) or len(png) < _HEADER.size:
        raise ValueError(f"{wrong}: it does not begin as one")
    # Pillow itself complains of large pictures only when it has begun with them.
    _check_size(*_HEADER.unpack_from(png))
    try:
        with Image.open(io.BytesIO(png), formats=("PNG",)) as picture:
            _check_size(*picture.size)
            layers = _with_bytes(picture)
    except UnidentifiedImageError:
        raise ValueError(f"{wrong}: it ends before its pixels, or its parts are damaged") from None
    except (OSError, SyntaxError, EOFError, struct.error, zlib.error) as fault:
        raise ValueError(f"{wrong}: {fault}") from None
    except Image.DecompressionBombError:
        raise ValueError(f"a picture may have {MOST_PIXELS:,} pixels, not more") from None
    if not layers.has_transparency_data:
        return layers.convert("RGB")
    layers, paper = layers.convert("RGBA"), Image.new("RGBA", layers.size, "white")
    paper.alpha_composite(layers)
    return paper.convert("RGB")


def _with_bytes(picture: Image.Image) -> Image.Image:
    """Return a picture, read; one of 16 bits a pixel with 8, which Pillow would cut off."""
    if picture.mode.startswith("I"):
        return Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    picture.load()
    return picture


def _check_size(width: int, height: int) -> None:
    if not width or not height:
        raise ValueError(f"a picture of {width} x {height} pixels shows nothing")
    if width * height > MOST_PIXELS:
        raise ValueError(
            f"a picture may have {MOST_PIXELS:,} pixels, not {width} x {height}: draw it smaller"
        )


def _trimmed(picture: Image.Image) -> Gray:
    """Return the part of a picture that has ink; of a blank one, nothing: ``(0, 0)``."""
    darkest = reduce(ImageChops.darker, picture.split())
    box = darkest.point([255] * (255 - _INK) + [0] * (_INK + 1)).getbbox()
    if box is None:
        return np.zeros((0, 0), dtype=np.uint8)
    return np.asarray(picture.crop(box).convert("L"))


def _same_scale(*pictures: Gray) -> list[Gray]:
    """Return pictures none of which is too long, their scales as they were to each other."""
    longest = max(max(picture.shape) for picture in pictures)
    if longest <= _LONGEST:
        return list(pictures)
    return [
        _resized(picture, *(max(round(side * _LONGEST / longest), 1) for side in picture.shape))
        if picture.size
        else picture
        for picture in pictures
    ]


def _resized(gray: Gray, height: int, width: int) -> Gray:
    size, smooth = (width, height), Image.Resampling.LANCZOS
    resized = Image.fromarray(gray).resize(size, smooth, reducing_gap=2)
    return np.asarray(resized)


def _shift(first: Gray, second: Gray) -> tuple[int, int]:
    """Return how far down and right the second picture goes for most ink to lie on ink.

    Of several places that are as good, the one nearest to the middle.
    """
    middle = np.array([(a - b) // 2 for a, b in zip(first.shape, second.shape, strict=True)])
    if not first.size or not second.size:
        return int(middle[0]), int(middle[1])
    shape = [a + b - 1 for a, b in zip(first.shape, second.shape, strict=True)]
    waves = [np.fft.rfft2(255.0 - gray, shape) for gray in (first, second)]
    # What lies on each other at each shift: a correlation, so the second one is conjugated.
    overlap = np.fft.irfft2(waves[0] * waves[1].conj(), shape)
    best = np.argwhere(overlap > overlap.max() * (1 - 1e-9) - 1e-3)
    # Shifts up and left stand at the far end.
    shifts = np.where(best < first.shape, best, best - shape)
    down, right = shifts[np.abs(shifts - middle).sum(axis=1).argmin()]
    return int(down), int(right)


def _placed(gray: Gray, canvas: tuple[int, int], top: int, left: int) -> Gray:
    paper = np.full(canvas, 255, dtype=np.uint8)
    paper[top : top + gray.shape[0], left : left + gray.shape[1]] = gray
    return paper


@lru_cache(maxsize=1)
def _cosines() -> NDArray[np.float64]:
    """Return the matrix of the discrete cosine transform (type II), a wave a row."""
    waves, places = np.ogrid[:_HASHED, :_HASHED]
    cosines: NDArray[np.float64] = np.cos(np.pi * waves * (2 * places + 1) / (2 * _HASHED))
    return cosines
