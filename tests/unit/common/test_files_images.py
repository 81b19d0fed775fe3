"""Pictures: Pillow encodes them, and each comes back as plain upright red-green-blue bytes."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from engines.common.errors import FileError
from engines.common.files import read_image, sniff


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("BMP", {}), ("WEBP", {"lossless": 1})])
def test_lossless_formats_come_back(kind, options):
    pixels = noise(31, 17, 3)
    data = encode(Image.fromarray(pixels), kind, **options)
    assert sniff(data) == kind.lower()
    np.testing.assert_array_equal(read_image(data), pixels)


def test_jpeg_comes_back_within_its_loss():
    pixels = np.full((40, 30, 3), (200, 100, 50), dtype=np.uint8)
    back = read_image(encode(Image.fromarray(pixels), "JPEG", quality=95))
    assert back.shape == pixels.shape
    assert back.dtype == np.uint8
    # A flat colour loses only the rounding of the colour transform and of one coefficient.
    assert np.abs(back.astype(int) - pixels).max() <= 4


def test_exif_orientation_is_applied():
    pixels = noise(4, 8, 3)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held sideways: turn clockwise to see it upright
    back = read_image(encode(Image.fromarray(pixels), "PNG", exif=exif))
    np.testing.assert_array_equal(back, np.rot90(pixels, k=-1))


def test_transparency_is_laid_on_white():
    pixels = np.zeros((2, 2, 4), dtype=np.uint8)
    pixels[0, 0, 3] = 255  # one opaque black pixel
    pixels[1, 1] = (255, 0, 0, 128)  # one half transparent red pixel
    back = read_image(encode(Image.fromarray(pixels), "PNG"))
    assert back[0, 0].tolist() == [0, 0, 0]
    assert back[0, 1].tolist() == [255, 255, 255]
    assert back[1, 1].tolist() == [255, 127, 127]


def test_a_transparent_palette_colour_is_laid_on_white():
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((1, 0), 1)
    back = read_image(encode(image, "PNG", transparency=0))
    assert back.tolist() == [[[255, 255, 255], [40, 50, 60]]]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_mode_becomes_three_channels(mode):
    back = read_image(encode(Image.new(mode, (5, 3)), "PNG"))
    assert back.shape == (3, 5, 3)
    assert back.flags.writeable


def test_sixteen_bit_grey_keeps_its_contrast():
    grey = np.array([[0, 257, 32896, 65535]], dtype=np.uint16)
    back = read_image(encode(Image.fromarray(grey), "PNG"))
    assert back[0, :, 0].tolist() == [0, 1, 128, 255]


def test_cmyk_jpeg_becomes_red_green_blue():
    assert read_image(encode(Image.new("CMYK", (8, 8)), "JPEG")).shape == (8, 8, 3)


def test_limit_on_pixels():
    data = encode(Image.new("RGB", (11, 10)), "PNG")
    assert read_image(data, max_pixels=110).shape == (10, 11, 3)
    with pytest.raises(FileError, match="11 x 10 pixels; at most 109"):
        read_image(data, max_pixels=109)


def test_another_kind_of_file_is_named():
    with pytest.raises(FileError, match="is a GIF file; a PNG, JPEG, WebP or BMP image is needed"):
        read_image(encode(Image.new("P", (2, 2)), "GIF"))
    with pytest.raises(FileError, match="is empty"):
        read_image(b"")
