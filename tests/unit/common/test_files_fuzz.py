"""Random and mutated files: a result or a FileError, nothing else ever."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from engines.common.errors import FileError
from engines.common.files import Table, read_array, read_arrays, read_csv, read_image, sniff

READERS: tuple[Callable[[bytes], object], ...] = (read_csv, read_array, read_arrays, read_image)


def made_by(save: Callable[[io.BytesIO], object]) -> bytes:
    stream = io.BytesIO()
    save(stream)
    return stream.getvalue()


pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
SEEDS = [
    b"a,b\n1,2\n3.5,-4e2\n",
    "größe;b\r\n1,5;2\r\n;3\r\n".encode("utf-8-sig"),
    "x\ty\n1\t2\n".encode("utf-16"),
    made_by(lambda stream: np.save(stream, np.arange(12.0).reshape(3, 4))),
    made_by(lambda stream: np.save(stream, np.zeros((2, 0, 3), dtype=bool))),
    made_by(lambda stream: np.savez(stream, a=np.arange(5), b=np.eye(2))),
    made_by(lambda stream: np.savez_compressed(stream, a=np.arange(5), b=np.eye(2))),
    made_by(lambda stream: Image.fromarray(pixels).save(stream, "PNG")),
    made_by(lambda stream: Image.fromarray(pixels).save(stream, "JPEG")),
    made_by(lambda stream: Image.fromarray(pixels).save(stream, "WEBP")),
    made_by(lambda stream: Image.fromarray(pixels).save(stream, "BMP")),
]


def check(data: bytes) -> None:
    assert isinstance(sniff(data), str)
    for reader in READERS:
        try:
            result = reader(data)
        except FileError as error:
            assert str(error).isprintable()
            continue
        assert isinstance(result, Table | np.ndarray | dict)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=400))
def test_random_bytes(data: bytes) -> None:
    check(data)


@settings(deadline=None, max_examples=300)
@given(st.sampled_from([seed[:12] for seed in SEEDS]), st.binary(max_size=300))
def test_random_bytes_behind_a_valid_start(start: bytes, data: bytes) -> None:
    check(start + data)


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet="0123456789.,;\t \n\r\"'+-eEaNx=#\0é", max_size=200))
def test_random_tables(text: str) -> None:
    check(text.encode())


@settings(deadline=None, max_examples=1000, suppress_health_check=[HealthCheck.data_too_large])
@given(st.sampled_from(SEEDS), st.data())
def test_valid_files_with_damage(seed: bytes, data: st.DataObject) -> None:
    mutated = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(mutated)))
        removed = data.draw(st.integers(0, 8))
        mutated[place : place + removed] = data.draw(st.binary(max_size=8))
    check(bytes(mutated))


@pytest.mark.parametrize("seed", SEEDS)
def test_every_single_byte_can_be_broken(seed: bytes) -> None:
    for place in range(len(seed)):
        for value in (0x00, 0xFF, seed[place] ^ 0x01, seed[place] ^ 0x80):
            check(seed[:place] + bytes([value]) + seed[place + 1 :])
        check(seed[:place])
