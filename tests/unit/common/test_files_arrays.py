"""NumPy files: numpy.save and numpy.savez are the oracle for everything that is accepted."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engines.common.errors import FileError
from engines.common.files import read_array, read_arrays, sniff

numbers = hnp.arrays(
    dtype=st.one_of(
        hnp.boolean_dtypes(),
        hnp.integer_dtypes(endianness="?"),
        hnp.unsigned_integer_dtypes(endianness="?"),
        hnp.floating_dtypes(endianness="?", sizes=(16, 32, 64)),
    ),
    shape=hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=5),
)


def npy(array: np.ndarray, version: tuple[int, int] | None = None) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version=version, allow_pickle=False)
    return stream.getvalue()


@settings(deadline=None)
@given(numbers, st.sampled_from([(1, 0), (2, 0)]), st.booleans())
def test_every_plain_array_comes_back(array, version, fortran):
    stored = np.asfortranarray(array) if fortran else array
    back = read_array(npy(stored, version))
    np.testing.assert_array_equal(back, stored)
    assert back.dtype == stored.dtype.newbyteorder("=")
    assert back.dtype.isnative
    assert back.flags.writeable


@settings(deadline=None)
@given(
    st.dictionaries(st.from_regex(r"\A[A-Za-z_][\w .-]{0,20}\Z"), numbers, min_size=1, max_size=4),
    st.booleans(),
)
def test_every_archive_comes_back(arrays, compressed):
    stream = io.BytesIO()
    save = np.savez_compressed if compressed else np.savez
    save(stream, **arrays)
    back = read_arrays(stream.getvalue())
    assert list(back) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(back[name], array)


def test_headers_of_other_writers_are_read():
    # Other languages write a one-dimensional shape without the comma, or without padding.
    header = b"{'descr':'<i2','fortran_order':False,'shape':(3)}"
    data = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    np.testing.assert_array_equal(read_array(data + b"\1\0\2\0\3\0"), [1, 2, 3])


def test_bool_bytes_are_made_truth_values():
    data = bytearray(npy(np.zeros(3, dtype=bool)))
    data[-3:] = b"\x00\x01\xff"
    assert read_array(bytes(data)).sum() == 2


def test_limits_hold_before_anything_is_unpacked():
    with pytest.raises(FileError, match="1,000 elements; at most 999"):
        read_array(npy(np.zeros(1000)), max_elements=999)
    with pytest.raises(FileError, match=r"at most 20,000,000 and 0\.0 MB"):
        read_array(npy(np.zeros(1000)), max_bytes=7999)


def test_containers_are_told_apart():
    stream = io.BytesIO()
    np.savez(stream, a=np.zeros(3))
    assert sniff(npy(np.zeros(3))) == "npy"
    assert sniff(stream.getvalue()) == "zip"
    with pytest.raises(FileError, match=r"is a ZIP archive; a NumPy array \(.npy\) is needed"):
        read_array(stream.getvalue())
    with pytest.raises(FileError, match="is a NumPy array; an archive"):
        read_arrays(npy(np.zeros(3)))
