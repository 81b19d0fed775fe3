"""What a file is, judged by its first bytes: a name or a MIME type is only a claim."""

from __future__ import annotations

import codecs

from engines.common.errors import FileError

# (offset, magic bytes, container); the first match wins.
_SIGNATURES = (
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"\xff\xd8\xff", "jpeg"),
    (8, b"WEBP", "webp"),
    (8, b"WAVE", "wav"),
    (8, b"AVI ", "avi"),
    (0, b"GIF8", "gif"),
    (0, b"\x93NUMPY", "npy"),
    (0, b"PK\x03\x04", "zip"),
    (0, b"PK\x05\x06", "zip"),
    (0, b"\x1f\x8b", "gzip"),
    (0, b"%PDF-", "pdf"),
    (0, b"\x89HDF\r\n\x1a\n", "hdf5"),
    (0, b"fLaC", "flac"),
    (0, b"OggS", "ogg"),
    (0, b"ID3", "mp3"),
    (4, b"ftyp", "mp4"),
    (0, b"\x1a\x45\xdf\xa3", "matroska"),
    (0, b"\xff\xfe", "text"),
    (0, b"\xfe\xff", "text"),
)
_RIFF = {"webp", "wav", "avi"}
_BMP_HEADER_SIZES = {12, 40, 52, 56, 64, 108, 124}
_NAMES = {
    "empty": "empty",
    "text": "text",
    "zip": "a ZIP archive",
    "npy": "a NumPy array",
    "hdf5": "an HDF5 file",
    "pickle": "a Python pickle",
    "unknown": "of an unknown kind",
    "gzip": "a gzip archive",
}


def sniff(data: bytes) -> str:
    """Name the container of ``data`` from its first bytes.

    Returns:
        One of png, jpeg, webp, bmp, gif, npy, zip (also what ``.npz`` is), gzip, pdf, hdf5, wav,
        avi, flac, ogg, mp3, mp4, matroska, pickle, text, empty, unknown.
    """
    if not data:
        return "empty"
    for offset, magic, container in _SIGNATURES:
        announced = data.startswith(magic, offset)
        if announced and (container not in _RIFF or data.startswith(b"RIFF")):
            return container
    if _is_bmp(data):
        return "bmp"
    if data[:1] == b"\x80" and data[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return "pickle"
    return "text" if _is_text(data[:4096]) else "unknown"


def _is_bmp(data: bytes) -> bool:
    # "BM" alone would also claim a table whose first column is called BMI.
    return data.startswith(b"BM") and int.from_bytes(data[14:18], "little") in _BMP_HEADER_SIZES


def _is_text(start: bytes) -> bool:
    # Incremental, because the cut at 4096 bytes may fall inside a character.
    try:
        return "\0" not in codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False


def require(data: bytes, containers: tuple[str, ...], accepted: str, max_bytes: int) -> str:
    """Return the container of ``data`` if it is one of ``containers``.

    Args:
        accepted: how the message names what would be accepted, e.g. ``"a PNG or JPEG image"``.
        max_bytes: size of the largest file that is looked at.

    Raises:
        FileError: the file is too large or something else.
    """
    if len(data) > max_bytes:
        raise FileError(f"The file has {megabytes(len(data))}; at most {megabytes(max_bytes)}.")
    found = sniff(data)
    if found not in containers:
        name = _NAMES.get(found, f"a {found.upper()} file")
        raise FileError(f"The file is {name}; {accepted} is needed here.")
    return found


def megabytes(count: int) -> str:
    """``1234567 -> "1.2 MB"``, for messages."""
    return f"{count / 1e6:,.1f} MB"
