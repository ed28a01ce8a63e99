"""Likeness of pictures: made by hand where it can be counted, drawn by asy where it matters."""

from __future__ import annotations

import io
import time
import zlib

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import structural_similarity

from asygrammar.compiler import asy_available, render
from asygrammar.eval.pictures import (
    MOST_PIXELS,
    align,
    hash_distance,
    is_blank,
    perceptual_hash,
    ssim,
)

TRIANGLE = 'unitsize(1cm);\ndraw((0,0)--(4,0)--(0,3)--cycle);\nlabel("$A$", (0,0), SW);\n'
CIRCLE = "unitsize(1cm);\ndraw(circle((0,0), 2));\n"


def png(pixels, mode=None):
    file = io.BytesIO()
    Image.fromarray(np.asarray(pixels, dtype=np.uint8), mode).save(file, "PNG")
    return file.getvalue()


def paper(height, width, *marks):
    """A white picture with black rectangles: top, left, height, width."""
    pixels = np.full((height, width), 255, dtype=np.uint8)
    for top, left, down, right in marks:
        pixels[top : top + down, left : left + right] = 0
    return png(pixels)


def chunk(name, data):
    body = name + data
    return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")


def header(width, height):
    """The beginning of a png that says how large it is, and has no pixels."""
    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + b"\x08\x00\x00\x00\x00")


@pytest.fixture(scope="module")
def pictures():
    if not asy_available():
        pytest.skip("asy is not installed")
    return {
        name: render(code, "png") for name, code in (("triangle", TRIANGLE), ("circle", CIRCLE))
    }


# ------------------------------------------------------------------------------ one canvas


def test_what_is_drawn_lies_on_the_same_pixels_wherever_it_stood():
    first, second = align(paper(30, 40, (3, 5, 4, 6)), paper(90, 20, (70, 11, 4, 6)))
    assert first.shape == second.shape == (4 + 2 * 8, 6 + 2 * 8)
    assert (first == second).all()
    assert (first[8:12, 8:14] == 0).all()
    assert (first == 255).sum() == 20 * 22 - 24


def test_a_mark_that_is_missing_at_the_side_shifts_nothing():
    frame = ((10, 10, 2, 60), (10, 10, 40, 2))
    for mark in ((5, 80, 6, 6), (60, 2, 6, 6), (2, 2, 3, 3)):
        for one, other in (((*frame, mark), frame), (frame, (*frame, mark))):
            first, second = align(paper(80, 100, *one), paper(80, 100, *other))
            assert (first != second).sum() == mark[2] * mark[3]


def test_scales_are_kept():
    first, second = align(paper(30, 30, (5, 5, 10, 10)), paper(60, 60, (10, 10, 20, 20)))
    assert (first == 0).sum() == 100
    assert (second == 0).sum() == 400
    assert first.shape == second.shape == (36, 36)


def test_large_pictures_get_smaller_together():
    small, large = paper(600, 600, (5, 5, 500, 500)), paper(2100, 2100, (5, 5, 2000, 2000))
    first, second = align(small, large)
    assert second.shape == first.shape == (1016, 1016)
    assert (first < 128).sum() == 250 * 250
    assert (second < 128).sum() == 1000 * 1000


def test_a_blank_picture_takes_no_room():
    first, second = align(paper(50, 50), paper(50, 50, (20, 20, 3, 5)))
    assert first.shape == second.shape == (19, 21)
    assert (first == 255).all()


def test_transparent_is_white_and_light_colors_are_ink():
    clear = np.zeros((20, 20, 4), dtype=np.uint8)
    assert is_blank(png(clear))
    clear[5, 5:8] = (255, 255, 224, 255)
    assert not is_blank(png(clear))
    assert (align(png(clear), png(clear))[0] < 255).sum() == 3


def test_sixteen_bits_a_pixel():
    file = io.BytesIO()
    Image.fromarray(np.array([[65535, 32768, 65535]], dtype=np.uint16)).save(file, "PNG")
    first, _ = align(file.getvalue(), paper(1, 3))
    assert first.shape == (17, 17)
    assert first[8, 8] == 128


# ------------------------------------------------------------------------------------ SSIM


def test_ssim_of_the_same_is_1():
    found = ssim(paper(60, 60, (5, 5, 20, 2)), paper(90, 80, (50, 30, 20, 2)))
    assert found.value == 1.0
    assert found.map.shape == (36, 18)
    assert (found.map == 1).all()


def test_ssim_is_the_formula():
    """Where both pictures are flat, SSIM is (2 m n + c) / (m^2 + n^2 + c), c = (0.01 * 255)^2."""
    black, gray = png(np.zeros((40, 40))), png(np.full((40, 40), 100))
    found = ssim(gray, black)
    c = 2.55**2
    assert found.map[28, 28] == pytest.approx(c / (100**2 + c))
    assert found.map[0, 0] == 1.0
    assert -1 <= found.map.min() <= found.value < found.map.max() == 1.0


def test_ssim_is_what_scikit_image_says(pictures):
    first, second = align(pictures["triangle"], pictures["circle"])
    value = structural_similarity(
        first, second, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    assert ssim(pictures["triangle"], pictures["circle"]).value == pytest.approx(value)


def test_ssim_falls_with_what_is_wrong(pictures):
    wanted = pictures["triangle"]
    moved = render(TRIANGLE.replace("(0,0)--", "(7,7)--"), "png")
    unlabelled = render(TRIANGLE.replace('label("$A$", (0,0), SW);\n', ""), "png")
    values = [ssim(wanted, other).value for other in (wanted, unlabelled, moved)]
    assert values[0] == 1.0
    assert values[0] > values[1] > values[2]
    assert ssim(wanted, paper(9, 9)).value < 1.0


def test_two_blank_pictures_are_the_same():
    assert ssim(paper(5, 5), paper(90, 40)).value == 1.0


# ----------------------------------------------------------------------- perceptual hashes


def test_hash_of_waves():
    """Of all ink, nothing but the first wave is above the median; of two waves, they are, too."""
    assert perceptual_hash(png(np.zeros((32, 32)))) == 1 << 63
    x = np.arange(32)
    waves = np.cos(np.pi * 3 * (2 * x + 1) / 64)[:, None] + np.cos(np.pi * 5 * (2 * x + 1) / 64)
    bits = f"{perceptual_hash(png(np.round(180 - 30 * waves))):064b}"
    assert bits[0] == bits[5] == bits[3 * 8] == "1"


def test_hash_is_the_same_at_any_size_and_place(pictures):
    wanted = perceptual_hash(pictures["triangle"])
    assert 0 < wanted < 2**64
    twice = render(TRIANGLE.replace("1cm", "2cm").replace("label", "//"), "png")
    once = render(TRIANGLE.replace("label", "//"), "png")
    assert hash_distance(perceptual_hash(once), perceptual_hash(twice)) <= 4
    assert hash_distance(wanted, perceptual_hash(pictures["circle"])) >= 12


def test_hash_of_nothing_is_0():
    assert perceptual_hash(paper(5, 9)) == 0


def test_hash_distance():
    assert hash_distance(0b1011, 0b0010) == 2
    assert hash_distance(0, 2**64 - 1) == 64
    assert hash_distance(77, 77) == 0


# ------------------------------------------------------------------------------- bad input


def test_blank():
    assert is_blank(paper(3, 3))
    assert not is_blank(paper(3, 3, (1, 1, 1, 1)))
    assert not is_blank(png(np.zeros((4, 4))))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no png"),
        (b"\x89PNG\r\n\x1a\n", "no png"),
        (b"GIF89a" + b"\0" * 40, "no png"),
        (paper(40, 40, (3, 3, 9, 9))[:60], "no png"),
        (paper(40, 40, (3, 3, 9, 9)).replace(b"IDAT", b"IDXT"), "no png"),
        (header(0, 5), "0 x 5 pixels"),
        (header(5, 0), "5 x 0 pixels"),
        (header(5, 5), "no png"),
        (header(10_000, 10_000), "10000 x 10000"),
        (header(2**31 - 1, 2**31 - 1), f"may have {MOST_PIXELS:,} pixels"),
        (header(5, 5) + header(60_000, 60_000)[8:] + chunk(b"IDAT", b""), "may have"),
        (header(5, 5) + header(9_000, 9_000)[8:] + chunk(b"IDAT", b""), "9000 x 9000"),
    ],
)
@pytest.mark.parametrize("judge", [is_blank, perceptual_hash, lambda data: ssim(data, data)])
def test_what_is_no_picture(judge, data, words):
    with pytest.raises(ValueError, match=words) as error:
        judge(data)
    assert "\n" not in str(error.value)


def test_the_largest_picture_is_compared_in_bounded_time():
    large = paper(4000, 4000, (10, 10, 3900, 5), (50, 20, 5, 3900))
    wide = paper(1, 19_000_000, (0, 5, 1, 18_000_000))
    began = time.process_time()
    assert ssim(large, large).value == 1.0
    assert ssim(wide, large).value < 1.0
    assert time.process_time() - began < 20
