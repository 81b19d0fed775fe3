"""NumPy's own files, read without NumPy's loader: the header is matched, never evaluated."""

from __future__ import annotations

import io
import math
import re
import struct
import zipfile
import zlib
from typing import NamedTuple

import numpy as np

from engines.common.errors import FileError
from engines.common.files.containers import megabytes, require

MAX_FILE_BYTES = 50_000_000
MAX_ELEMENTS = 20_000_000
MAX_BYTES = 100_000_000
MAX_MEMBERS = 64
MAX_DIMENSIONS = 8
# A member that unpacks to more than this must not be packed more tightly than MAX_RATIO: deflate
# can do 1000:1, real measurements rarely reach 50:1.
_RATIO_MATTERS_ABOVE = 1_000_000
MAX_RATIO = 200

_WIDE = ("i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8")
_CODES = ("|b1", "|i1", "|u1", *(order + kind for order in "<>" for kind in _WIDE))
_DTYPES = {code: np.dtype(code) for code in _CODES}
_HEADER = re.compile(
    r"""\{\s*'descr'\s*:\s*'(?P<dtype>[^']{1,16})'\s*,
        \s*'fortran_order'\s*:\s*(?P<fortran>True|False)\s*,
        \s*'shape'\s*:\s*\((?P<shape>[0-9,\x20]{0,400})\)\s*,?\s*\}\s*""",
    re.VERBOSE,
)
# Everything that the standard zip reader was seen to raise on broken archives.
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)


class _Header(NamedTuple):
    """What an ``.npy`` header announces, and where its data begin."""

    dtype: np.dtype
    shape: tuple[int, ...]
    fortran: bool
    offset: int

    @property
    def data_bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


def read_array(
    data: bytes, *, max_elements: int = MAX_ELEMENTS, max_bytes: int = MAX_BYTES
) -> np.ndarray:
    """Read a ``.npy`` file of plain numbers.

    Returns:
        A writable array in this machine's byte order. Floats may be NaN or infinite.

    Raises:
        FileError: not such a file, cut short or with something appended, too large, of more than
            8 dimensions, or of a type other than bool, integers to 64 bits and floats to 64 bits.
    """
    require(data, ("npy",), "a NumPy array (.npy)", MAX_FILE_BYTES)
    header = _read_header(data, "The array", max_elements, max_bytes)
    return _read_body(data, header, "The array")


def read_arrays(
    data: bytes, *, max_elements: int = MAX_ELEMENTS, max_bytes: int = MAX_BYTES
) -> dict[str, np.ndarray]:
    """Read a ``.npz`` file: arrays by name, each as :func:`read_array` would return it.

    Args:
        max_elements: numbers in any one array.
        max_bytes: unpacked bytes of all arrays together.

    Raises:
        FileError: as for :func:`read_array`; also an archive with other members, folders,
            repeated names, more than 64 members, encryption, or implausible compression.
    """
    require(data, ("zip",), "an archive of NumPy arrays (.npz)", MAX_FILE_BYTES)
    # The directory is counted before it is parsed: 400,000 empty members would cost seconds.
    if data.count(b"PK\x01\x02") > 2 * MAX_MEMBERS:
        raise FileError(f"The archive has too many members; at most {MAX_MEMBERS} are read.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            _check_directory(data, members, max_bytes)
            return {
                member.filename.removesuffix(".npy"): _read_member(
                    archive, member, max_elements, max_bytes
                )
                for member in members
            }
    except FileError:
        raise
    except _ZIP_ERRORS:
        raise FileError("The archive is damaged or was not written by NumPy.") from None


def _check_directory(data: bytes, members: list[zipfile.ZipInfo], max_bytes: int) -> None:
    if not members:
        raise FileError("The archive is empty.")
    if len(members) > MAX_MEMBERS:
        raise FileError(f"The archive has {len(members)} members; at most {MAX_MEMBERS} are read.")
    if data[-22:-18] != b"PK\x05\x06":  # the end record, when no comment follows it
        raise FileError("The archive has bytes behind its end, which NumPy does not write.")
    if min(member.header_offset for member in members) > 0:
        raise FileError("The archive has bytes before its start, which NumPy does not write.")
    if len({member.filename for member in members}) < len(members):
        raise FileError("The archive has two members of one name.")
    for member in members:
        _check_member(member)
    total = sum(member.file_size for member in members)
    if total > max_bytes:
        raise FileError(
            f"The archive unpacks to {megabytes(total)}; at most {megabytes(max_bytes)}."
        )


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.filename
    if not re.fullmatch(r"[^/\\:\x00-\x1f]{1,100}\.npy", name):
        raise FileError(f"The archive holds {name[:60]!r}, which is not an array at its top level.")
    if member.flag_bits & 0x1:
        raise FileError("The archive is encrypted.")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FileError(f"{name[:60]!r} is compressed in a way that NumPy does not use.")
    ratio = member.file_size / max(1, member.compress_size)
    if member.file_size > _RATIO_MATTERS_ABOVE and ratio > MAX_RATIO:
        raise FileError(
            f"{name[:60]!r} unpacks to {ratio:,.0f} times its size; at most {MAX_RATIO} times. "
            "Save it with numpy.savez, uncompressed."
        )


def _read_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, max_elements: int, max_bytes: int
) -> np.ndarray:
    what = f"Array {member.filename.removesuffix('.npy')[:60]!r}"
    with archive.open(member) as stream:
        # Bounded reads: read() without a size would inflate all input before it looks at the size
        # that the directory declares.
        start = stream.read(12)
        if not start.startswith(b"\x93NUMPY"):
            raise FileError(f"{what} is not in NumPy's format.")
        start += stream.read(_header_length(start, what))
        header = _read_header(start, what, max_elements, max_bytes)
        rest = stream.read(member.file_size - len(start) + 1)
    return _read_body(start + rest, header, what)


def _header_length(start: bytes, what: str) -> int:
    """Bytes that may follow the 12 that are there, up to the end of the header."""
    if start[6:8] == b"\x01\x00" and len(start) >= 10:
        return int.from_bytes(start[8:10], "little")
    if start[6:8] == b"\x02\x00" and len(start) >= 12:
        return min(int.from_bytes(start[8:12], "little"), 65536)
    raise FileError(f"{what} has a header of an unknown version; save it again with numpy.save.")


def _read_header(data: bytes, what: str, max_elements: int, max_bytes: int) -> _Header:
    length = _header_length(data[:12], what)
    begin = 10 if data[6] == 1 else 12
    text = data[begin : begin + length].decode("latin-1")
    match = _HEADER.fullmatch(text)
    if match is None or len(text) < length:
        raise FileError(f"{what} is not a plain array of numbers, or its header is damaged.")
    dtype = _DTYPES.get(match["dtype"])
    if dtype is None:
        raise FileError(
            f"{what} has elements of type {match['dtype']!r}; "
            "only bool, integers and floats up to 64 bits are read."
        )
    header = _Header(
        dtype, _shape(match["shape"], what), match["fortran"] == "True", begin + length
    )
    elements = math.prod(header.shape)
    # Every single size too: numpy counts bytes of an array with a zero in its shape as well.
    if max(elements, *header.shape, 0) > max_elements or header.data_bytes > max_bytes:
        raise FileError(
            f"{what} announces {elements:,} elements; "
            f"at most {max_elements:,} and {megabytes(max_bytes)} are read."
        )
    return header


def _shape(text: str, what: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if parts[-1] == "":
        parts.pop()
    if len(parts) > MAX_DIMENSIONS or not all(re.fullmatch("[0-9]{1,18}", part) for part in parts):
        raise FileError(f"{what} has a shape that cannot be read (at most 8 dimensions).")
    return tuple(int(part) for part in parts)


def _read_body(data: bytes, header: _Header, what: str) -> np.ndarray:
    found = len(data) - header.offset
    if found != header.data_bytes:
        raise FileError(
            f"{what} holds {found:,} bytes of data where its header announces "
            f"{header.data_bytes:,}: the file is cut short or has something appended."
        )
    flat = np.frombuffer(data, dtype=header.dtype, offset=header.offset)
    if header.dtype.kind == "b":  # bytes other than 0 and 1 would be a third truth value
        flat = flat.view(np.uint8) != 0
    shaped = flat.reshape(header.shape, order="F" if header.fortran else "C")
    return shaped.astype(header.dtype.newbyteorder("="))
