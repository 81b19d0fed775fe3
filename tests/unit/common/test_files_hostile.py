"""Files made to do harm: each is refused with a sentence, at almost no cost."""

from __future__ import annotations

import io
import pickle
import struct
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from engines.common.errors import FileError
from engines.common.files import read_array, read_arrays, read_csv, read_image

Reader = Callable[[bytes], object]


class Exploit:
    def __reduce__(self):
        return (exec, ("raise SystemExit('the pickle ran')",))


def npy(descr: str, shape: str, body: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    width = 2 if version == b"\x01\x00" else 4
    return b"\x93NUMPY" + version + len(header).to_bytes(width, "little") + header + body


def saved(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def archive(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as writer:
        for name, data in members.items():
            writer.writestr(name, data)
    return stream.getvalue()


def patched(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data
    return data.replace(old, new)


def lying_archive() -> bytes:
    """A member that inflates to 200 MB while the directory declares 200 bytes."""
    data = archive({"a.npy": bytes(200_000_000)}, zipfile.ZIP_DEFLATED)
    return patched(data, struct.pack("<I", 200_000_000), struct.pack("<I", 200))


def encrypted_archive() -> bytes:
    data = bytearray(archive({"a.npy": saved(np.zeros(3))}))
    data[6] |= 1  # local header
    data[data.index(b"PK\x01\x02") + 8] |= 1  # directory
    return bytes(data)


def doubled_archive() -> bytes:
    data = archive({"a.npy": saved(np.zeros(3)), "b.npy": saved(np.zeros(3))})
    return patched(data, b"b.npy", b"a.npy")


def many_members() -> bytes:
    return archive({f"{i}.npy": b"" for i in range(20_000)})


def png(width: int, height: int, body: bytes = b"") -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def picture(kind: str) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)).save(
        stream, kind
    )
    return stream.getvalue()


HUGE_HEADER = "{'descr': '<f8', 'fortran_order': False, 'shape': (" + "1, " * 60_000 + "), }"
NPZ = archive({"a.npy": saved(np.arange(100.0))})
GOOD = saved(np.arange(100.0))

ARRAYS: dict[str, bytes | Callable[[], bytes]] = {
    "object array": pickle.dumps(Exploit()),
    "object dtype": npy("'|O'", "(1,)", pickle.dumps(Exploit())),
    "object dtype, other spelling": npy("'O'", "(1,)", pickle.dumps(Exploit())),
    "1e11 doubles": npy("'<f8'", "(100000000000,)"),
    "overflowing shape": npy("'<f8'", "(4294967296, 4294967296, 4294967296)"),
    "zero times 1e17": npy("'<f8'", "(0, 100000000000000000)"),
    "negative side": npy("'<f8'", "(-1,)", bytes(8)),
    "nine dimensions": npy("'<f8'", "(1, 1, 1, 1, 1, 1, 1, 1, 1)", bytes(8)),
    "400 digits in a side": npy("'<f8'", f"({'9' * 390},)"),
    "stride trick: claims more than it has": npy("'<f8'", "(1000000,)", bytes(8)),
    "bytes behind the end": GOOD + b"<script>",
    "zip behind the end": GOOD + NPZ,
    "cut short": GOOD[:-1],
    "cut in the header": GOOD[:40],
    "magic alone": b"\x93NUMPY",
    "magic and version alone": b"\x93NUMPY\x01\x00",
    "version 3": npy("'<f8'", "(1,)", bytes(8), b"\x03\x00"),
    "version 9": npy("'<f8'", "(1,)", bytes(8), b"\x09\x09"),
    "a call in the header": npy("'<f8'", "(__import__('os').system('true'),)", bytes(8)),
    "structured": npy("[('a', '<f8'), ('b', '|O')]", "(1,)", bytes(16)),
    "subarray of 1e10": npy("('<f8', (100000, 100000))", "(1,)"),
    "strings": npy("'<U1000000'", "(1,)"),
    "complex": saved(np.zeros(3, complex)),
    "dates": saved(np.zeros(3, "M8[s]")),
    "long double": npy("'<f16'", "(1,)", bytes(16)),
    "nested parentheses": npy("'<f8'", "(" * 5000 + ")" * 5000),
    "header of 180 kB": b"\x93NUMPY\x02\x00"
    + len(HUGE_HEADER).to_bytes(4, "little")
    + HUGE_HEADER.encode(),
    "header length of 4 GB": b"\x93NUMPY\x02\x00\xff\xff\xff\xff{'descr'",
    "NUL bytes": bytes(1000),
}
ARCHIVES: dict[str, bytes | Callable[[], bytes]] = {
    "empty archive": archive({}),
    "zip bomb, honest directory": lambda: archive(
        {"a.npy": npy("'|u1'", "(90000000,)", bytes(90_000_000))}, zipfile.ZIP_DEFLATED
    ),
    "zip bomb, lying directory": lying_archive,
    "200 MB in all": lambda: archive(
        {f"{i}.npy": saved(np.zeros(5_000_000)) for i in range(5)}, zipfile.ZIP_DEFLATED
    ),
    "20,000 members": many_members,
    "pickle inside": archive({"data.pkl": pickle.dumps(Exploit())}),
    "pickle called npy": archive({"a.npy": pickle.dumps(Exploit())}),
    "object array inside": archive({"a.npy": npy("'|O'", "(1,)", pickle.dumps(Exploit()))}),
    "1e11 doubles inside": archive({"a.npy": npy("'<f8'", "(100000000000,)")}),
    "path climbing": archive({"../../a.npy": GOOD}),
    "absolute path": archive({"/etc/a.npy": GOOD}),
    "folder": archive({"folder/a.npy": GOOD}),
    "drive letter": archive({"C:a.npy": GOOD}),
    "two of one name": doubled_archive,
    "encrypted": encrypted_archive,
    "lzma": archive({"a.npy": GOOD}, zipfile.ZIP_LZMA),
    "cut short": NPZ[:-30],
    "program before the archive": b"PK\x03\x04" + b"#!/bin/sh\n" + NPZ,
    "text behind the archive": NPZ + b"trailing text",
    "directory offset beyond the end": NPZ[:-6] + b"\xff\xff\xff\x7f" + NPZ[-2:],
    "checksum wrong": patched(NPZ, saved(np.arange(100.0))[-8:], b"\1\2\3\4\5\6\7\x08"),
    "member cut short": archive({"a.npy": GOOD[:-8]}),
}
TABLES: dict[str, bytes | Callable[[], bytes]] = {
    "200,000 columns": b"1," * 200_000 + b"1\n",
    "65 columns": b",".join([b"1"] * 65),
    "2 million rows": lambda: b"1\n" * 2_000_000,
    "one cell of 9 MB": lambda: b"1" * 9_000_000,
    "9 million blank lines": lambda: b"\n" * 9_000_000,
    "9 MB of spaces": lambda: b" " * 9_000_000,
    "20 MB": lambda: b"1,2\n" * 5_000_000,
    "100 million digits of an exponent": b"a\n1e" + b"9" * 200,
    "wide cell": b"a,b\n1," + b"0" * 300,
    "NUL byte": b"a,b\n1,\x002\n",
    "NUL byte far away": b"a,b\n" + b"1,2\n" * 3000 + b"\x00,1\n",
    "latin-1": "größe,b\n1,2\n".encode("latin-1"),
    "half of UTF-16": "a,b\n1,2\n".encode("utf-16")[:-1],
    "a quote that swallows all": b'a,b\n"1,2\n' + b"1,2\n" * 1000,
    "spreadsheet formula as a cell": b"a,b\n=1+1,2\n",
    "Python as a cell": b"a,b\n__import__('os').system('true'),2\n",
    "query as a cell": b"a,b\n@pd.io.common.os.system('true'),2\n",
    "an Excel workbook": archive({"xl/workbook.xml": b""}),
    "gzip": b"\x1f\x8b\x08\x00",
    "a program": b"\x7fELF\x02\x01\x01" + bytes(100),
    "PDF": b"%PDF-1.7\n1,2\n",
    "picture": picture("PNG"),
    "table with an HTML page in it": b"<script>alert(1)</script>,b\n",
}
IMAGES: dict[str, bytes | Callable[[], bytes]] = {
    "20,000 x 20,000": png(20_000, 20_000),
    "4 billion on a side": png(2**31 - 1, 2**31 - 1),
    "1 x 20,000,000": png(1, 20_000_000),
    "25 million and one row": png(5_000, 5_001),
    "no pixels": png(0, 0),
    "no data": png(100, 100),
    "data cut short": png(1000, 1000, zlib.compress(bytes(1000))),
    "not a deflate stream": png(10, 10, b"not compressed"),
    "PNG cut short": picture("PNG")[:-2000],
    "JPEG cut short": picture("JPEG")[:300],
    "WebP cut short": picture("WEBP")[:-200],
    "BMP cut short": picture("BMP")[:-100],
    "JPEG called PNG": b"\x89PNG\r\n\x1a\n" + picture("JPEG"),
    "PNG magic alone": b"\x89PNG\r\n\x1a\n",
    "JPEG magic alone": b"\xff\xd8\xff",
    "WebP magic alone": b"RIFF\x00\x00\x00\x00WEBP",
    "BMP of 60,000 x 60,000": patched(
        picture("BMP"), struct.pack("<ii", 64, 64), struct.pack("<ii", 60_000, 60_000)
    ),
    "SVG with a script": b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
    "PostScript": b"%!PS-Adobe-3.0\n(%pipe%true) (w) file\n",
    "playlist": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
    "text bomb": b"\x89PNG\r\n\x1a\n"
    + struct.pack(">I", 100_000)
    + b"zTXt"
    + b"key\0\0"
    + zlib.compress(bytes(50_000_000)),
}
CASES = [
    pytest.param(reader, data, id=f"{reader.__name__}: {name}")
    for reader, files in (
        (read_array, ARRAYS),
        (read_arrays, ARCHIVES),
        (read_csv, TABLES),
        (read_image, IMAGES),
    )
    for name, data in files.items()
]


@pytest.mark.parametrize(("reader", "made"), CASES)
def test_refused_with_a_sentence_at_little_cost(
    reader: Reader, made: bytes | Callable[[], bytes]
) -> None:
    data = made if isinstance(made, bytes) else made()
    tracemalloc.start()
    started = time.process_time()
    try:
        with pytest.raises(FileError) as caught:
            reader(data)
        seconds = time.process_time() - started
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    message = str(caught.value)
    assert message.endswith(".")
    assert 10 < len(message) < 300
    assert message.isprintable()
    # Decoding text costs its size in the widest form; nothing may cost what a header announces.
    assert peak < 20_000_000 + 10 * len(data)
    assert seconds < 8  # with allocations traced, which slows the pure-Python readers threefold


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 90
