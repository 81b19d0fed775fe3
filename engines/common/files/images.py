"""Pictures: the size is read from the header, and only then are the pixels decoded."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageOps

from engines.common.errors import FileError
from engines.common.files.containers import require

MAX_FILE_BYTES = 20_000_000
MAX_SIDE = 16_384
_FORMATS = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP", "bmp": "BMP"}


def read_image(data: bytes, max_pixels: int = 25_000_000) -> np.ndarray:
    """Read a PNG, JPEG, WebP or BMP picture; of an animation the first frame.

    The EXIF orientation is applied, transparency is laid on white, 16-bit grey is scaled to 8.

    Returns:
        ``(height, width, 3)`` uint8, red-green-blue, writable.

    Raises:
        FileError: another kind of file, larger than ``max_pixels`` or 16,384 pixels on a side,
            or damaged.
    """
    kind = require(data, tuple(_FORMATS), "a PNG, JPEG, WebP or BMP image", MAX_FILE_BYTES)
    try:
        with Image.open(io.BytesIO(data), formats=[_FORMATS[kind]]) as image:
            _check_size(image.width, image.height, max_pixels)
            return np.array(_upright_rgb(image))
    except FileError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise FileError(f"The image has more than {max_pixels:,} pixels.") from None
    except Exception:
        # A decoder of many formats: on damaged input Pillow raises a dozen unrelated types.
        raise FileError(f"The {_FORMATS[kind]} image is damaged and cannot be decoded.") from None


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels or max(width, height) > MAX_SIDE:
        raise FileError(
            f"The image has {width:,} x {height:,} pixels; at most {max_pixels:,} in all "
            f"and {MAX_SIDE:,} on a side are read."
        )


def _upright_rgb(image: Image.Image) -> Image.Image:
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):  # 16-bit grey: convert() would clip it to white
        grey = np.clip(np.asarray(upright), 0, 65535) // 257
        return Image.fromarray(grey.astype(np.uint8)).convert("RGB")
    if not upright.has_transparency_data:
        return upright.convert("RGB")
    picture = upright.convert("RGBA")
    page = Image.new("RGB", picture.size, "white")
    page.paste(picture, mask=picture)
    return page
