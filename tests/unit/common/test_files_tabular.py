"""Delimited text: what is read, what is refused, and how labels are made harmless."""

from __future__ import annotations

import csv
import io
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.common.errors import FileError
from engines.common.files import read_csv

finite = st.floats(allow_nan=False, allow_infinity=False)


def table_of(text: str):
    return read_csv(text.encode())


@settings(deadline=None)
@given(
    st.integers(1, 6).flatmap(
        lambda width: st.lists(
            st.lists(finite, min_size=width, max_size=width), min_size=1, max_size=20
        )
    ),
    st.sampled_from([",", ";", "\t", " "]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_written_numbers_come_back_bit_by_bit(rows, delimiter, newline):
    text = newline.join(delimiter.join(map(repr, row)) for row in rows)
    table = read_csv(text.encode())
    np.testing.assert_array_equal(table.values, np.array(rows))


@pytest.mark.parametrize("delimiter", [";", "\t", " "])
def test_decimal_comma(delimiter):
    text = f"a{delimiter}b\n1{delimiter}2,5\n-3,25e1{delimiter},5\n"
    np.testing.assert_array_equal(table_of(text).values, [[1, 2.5], [-32.5, 0.5]])


def test_a_quoted_decimal_comma_is_one_number():
    table = table_of('a;b\n"1,5";2\n')
    np.testing.assert_array_equal(table.values, [[1.5, 2]])


def test_two_decimal_marks_are_refused_rather_than_guessed():
    with pytest.raises(FileError, match=r"Line 3, column 'b': '1\.234' has the decimal mark"):
        table_of("a;b\n1;2,5\n3;1.234\n")


def test_a_thousands_separator_is_refused():
    with pytest.raises(FileError, match=r"'1\.234,5' is not a finite number"):
        table_of("a;b\n1;1.234,5\n")


def test_missing_cells_become_nan():
    table = table_of("a,b\n1,\nNA,2\nnan,-\n NULL ,?\n")
    assert np.isnan(table.values).tolist() == [
        [False, True],
        [True, False],
        [True, True],
        [True, True],
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_with_their_marks(encoding):
    table = read_csv("größe,π\r\n1,2\r\n".encode(encoding))
    assert table.columns == ("größe", "π")
    np.testing.assert_array_equal(table.values, [[1, 2]])


def test_what_numpy_savetxt_writes_is_read():
    numbers = np.random.default_rng(0).normal(size=(7, 3))
    stream = io.StringIO()
    np.savetxt(stream, numbers, header="x y z")
    table = table_of(stream.getvalue())
    assert table.columns == ("x", "y", "z")
    np.testing.assert_array_equal(table.values, numbers)


def test_what_the_csv_module_writes_is_read():
    stream = io.StringIO()
    csv.writer(stream).writerows([["speed, m/s", 'the "best"'], [1.5, -2]])
    table = table_of(stream.getvalue())
    assert table.columns == ("speed, m/s", 'the "best"')
    np.testing.assert_array_equal(table.values, [[1.5, -2]])


def test_one_column_without_any_delimiter():
    assert table_of("x\n1\n2\n").columns == ("x",)
    assert table_of("1\n\n2\n").values.tolist() == [[1], [2]]


def test_columns_without_a_header_are_named_by_position():
    assert table_of("1,2\n3,4\n").columns == ("column 1", "column 2")


def test_values_cannot_be_changed_behind_the_reader():
    with pytest.raises(ValueError, match="read-only"):
        table_of("1,2\n").values[0, 0] = 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n3,x\n", "Line 3, column 'b': 'x' is not a finite number"),
        ("a,b\n1,2\n\n3,1e999\n", "Line 4, column 'b': '1e999' is not a finite number"),
        ("1,inf\n", "Line 1, column 'column 2': 'inf' is not a finite number"),
        ("a,b\n1_000,2\n", "'1_000' is not a finite number"),
        ("a,b\n٣,2\n", "is not a finite number"),
        ("a,b\n0x10,2\n", "is not a finite number"),
        ("a,b\n1,2,3\n", r"Line 2 has another number of cells \(3\)"),
        ("a,b\n1\n", r"Line 2 has another number of cells \(1\)"),
        ('a,b\n1,"2\n', "Line 2 has a quotation mark that is not closed"),
        ("a,b\n", "a header but no rows"),
        ("\n \n", "no rows"),
    ],
)
def test_the_message_names_the_place(text, message):
    with pytest.raises(FileError, match=message):
        table_of(text)


def test_labels_are_inert():
    raw = [
        "=cmd|' /C calc'!A0",
        "@SUM(1)",
        "+-=x",
        "<b>bold</b>",
        "a\u202eb\u200bc",
        "\x07bell",
        "",
    ]
    line = ",".join(f'"{name}"' for name in raw)
    columns = table_of(line + "\n" + ",".join("1234567") + "\n").columns
    assert columns == (
        "cmd|' /C calc'!A0",
        "SUM(1)",
        "x",
        "‹b›bold‹/b›",
        "abc",
        "bell",
        "column 7",
    )


def test_labels_are_short_and_unique():
    columns = table_of(",".join(["x" * 200] * 3 + ["x (2)", "x"]) + "\n1,2,3,4,5\n").columns
    assert len(set(columns)) == 5
    assert max(map(len, columns)) == 64
    assert columns[1].endswith("xx (2)")


@settings(deadline=None)
@given(st.lists(st.text(max_size=80), min_size=2, max_size=8))
def test_any_labels_at_all_come_out_inert(names):
    stream = io.StringIO()
    csv.writer(stream).writerow([name.replace("\n", "").replace("\r", "") for name in names])
    header = stream.getvalue().encode("utf-8", "replace")
    try:
        columns = read_csv(header + b",".join([b"1"] * len(names))).columns
    except FileError:
        return
    assert len(set(columns)) == len(columns)
    for name in columns:
        assert name.isprintable()
        assert name == name.strip()
        assert 0 < len(name) <= 64
        assert name[0] not in "=+-@"


def test_limits_can_be_lowered():
    with pytest.raises(FileError, match="more than 2 rows"):
        read_csv(b"1\n2\n3\n", max_rows=2)
    with pytest.raises(FileError, match="3 columns; at most 2"):
        read_csv(b"1,2,3\n", max_columns=2)
    with pytest.raises(FileError, match=r"0\.0 MB; at most"):
        read_csv(b"1\n2\n3\n", max_bytes=3)


def test_the_largest_table_is_read_in_bounded_time():
    data = ("1.5," * 31 + "1.5\n").encode() * 80_000  # 10 MB, 2.5 million cells
    started = time.process_time()
    table = read_csv(data[:10_000_000].rpartition(b"\n")[0])
    assert table.values.shape[1] == 32
    assert time.process_time() - started < 10
