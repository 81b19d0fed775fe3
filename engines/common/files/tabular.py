"""Tables of numbers in text files: commas, semicolons, tabs or spaces between the cells."""

from __future__ import annotations

import csv
import io
import itertools
import math
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from engines.common.errors import FileError
from engines.common.files.containers import require

MAX_NAME = 64
_DELIMITERS = ("\t", ";", ",", " ")  # in the order in which a tie is decided
_SAMPLE_LINES = 50
_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "?"})
_NUMBER_CHARACTERS = frozenset("0123456789+-.eE")
_SPREADSHEET_TRIGGERS = "=+-@＝＋－＠"  # spreadsheets obey the wide forms too
_INERT = str.maketrans({"<": "‹", ">": "›"})  # a chart title would read tags


@dataclass(frozen=True, eq=False)
class Table:
    """Numbers by named column.

    Attributes:
        columns: unique names of at most 64 printable characters. They are labels: text that
            cannot start a spreadsheet formula or an HTML tag, and is never to be evaluated.
        values: ``(rows, columns)`` float64, read-only; NaN where a cell was missing.
    """

    columns: tuple[str, ...]
    values: np.ndarray


def read_csv(
    data: bytes,
    *,
    max_bytes: int = 10_000_000,
    max_rows: int = 100_000,
    max_columns: int = 64,
    max_cell: int = 256,
) -> Table:
    """Read delimited text whose cells are numbers.

    The delimiter is the one of tab, ``;``, ``,`` and space that splits the first lines most
    evenly. With any delimiter but the comma, numbers may have a decimal comma (then all of them
    do). A first row with a cell that is no number is a header. Empty cells, NA, NaN, null, none,
    ``-`` and ``?`` are missing values.

    Args:
        data: the file, UTF-8 or UTF-16 with a byte order mark.
        max_rows: rows below the header.
        max_cell: characters in one cell.

    Raises:
        FileError: not text, larger than a limit, rows of unequal length, or a cell that is not
            a finite number; the message names the line and the column.
    """
    require(data, ("text",), "a text file with numbers (CSV)", max_bytes)
    text = _decode(data)
    lines = _lines(text, max_line=max_columns * (max_cell + 1), max_lines=4 * max_rows)
    sample = list(itertools.islice(lines, _SAMPLE_LINES))
    if not sample:
        raise FileError("The file has no rows.")
    delimiter = _delimiter([line for _, line in sample])
    reader = _Reader(delimiter, max_columns, max_cell)
    return reader.read(itertools.chain(sample, lines), max_rows)


def _decode(data: bytes) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise FileError(
            f"Byte {error.start} of the file is not {encoding[:6].upper()} text; "
            "save it as CSV UTF-8."
        ) from None
    if "\0" in text:
        raise FileError("The file holds NUL characters; save it as CSV UTF-8.")
    return text


def _lines(text: str, max_line: int, max_lines: int) -> Iterator[tuple[int, str]]:
    """Yield (line number from 1, line) for every line that is not blank."""
    # Lazily and with limits, so that neither millions of blank lines nor one endless line costs.
    stream = io.StringIO(text, newline=None)
    is_first = True
    for number in itertools.count(1):
        line = stream.readline(max_line + 1)
        if not line:
            return
        if len(line) > max_line:
            raise FileError(f"Line {number} is longer than {max_line:,} characters.")
        line = line.strip(" \n")
        if is_first:
            line = line.lstrip("#").lstrip(" ")  # numpy.savetxt marks its header with "# "
        if line.strip():
            is_first = False
            yield number, line
        if number == max_lines:
            raise FileError(f"The file has more than {max_lines:,} lines.")


def _delimiter(lines: Sequence[str]) -> str:
    """The delimiter that gives most of the lines the same number (two or more) of cells."""

    def evenness(delimiter: str) -> float:
        # None splits at runs of spaces, as the reader does.
        separator = None if delimiter == " " else delimiter
        widths = Counter(len(line.split(separator)) for line in lines)
        width, count = widths.most_common(1)[0]
        return count / len(lines) if width > 1 else 0.0

    best = max(_DELIMITERS, key=evenness)
    return best if evenness(best) > 0 else ","


class _Reader:
    """Turns lines into one flat array of doubles, remembering where it is for the messages."""

    def __init__(self, delimiter: str, max_columns: int, max_cell: int) -> None:
        self.delimiter = delimiter
        self.max_columns = max_columns
        self.max_cell = max_cell
        self.columns: tuple[str, ...] = ()
        self.decimal = ""  # "." or "," once a number has shown which

    def read(self, lines: Iterable[tuple[int, str]], max_rows: int) -> Table:
        numbers = array("d")
        rows = 0
        for line_number, cells in self._rows(lines):
            if not self.columns:
                is_header = self._is_header(cells)
                self.columns = clean_names(cells if is_header else [""] * len(cells))
                if is_header:
                    continue
            if rows == max_rows:
                raise FileError(f"The file has more than {max_rows:,} rows.")
            numbers.extend(self._numbers(line_number, cells))
            rows += 1
        if not rows:
            raise FileError("The file has a header but no rows of numbers below it.")
        values = np.frombuffer(numbers, dtype=np.float64).reshape(rows, len(self.columns))
        values.flags.writeable = False
        return Table(self.columns, values)

    def _rows(self, lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
        width = 0
        for line_number, line in lines:
            cells = self._split(line_number, line)
            if not width and len(cells) > self.max_columns:
                raise FileError(
                    f"The file has {len(cells):,} columns; at most {self.max_columns} are read."
                )
            width = width or len(cells)
            if len(cells) != width:
                raise FileError(
                    f"Line {line_number} has another number of cells ({len(cells):,}) "
                    f"than the first line ({width})."
                )
            yield line_number, cells

    def _split(self, line_number: int, line: str) -> list[str]:
        # One line at a time: a quoted cell of a table of numbers has no reason to span lines,
        # and an unclosed quote must not swallow the rest of the file.
        parser = csv.reader([line], delimiter=self.delimiter, skipinitialspace=True, strict=True)
        try:
            cells = [cell.strip() for cell in next(parser)]
        except csv.Error:
            raise FileError(
                f"Line {line_number} has a quotation mark that is not closed."
            ) from None
        longest = max(map(len, cells))
        if longest > self.max_cell:
            raise FileError(
                f"Line {line_number} has a cell of {longest:,} characters; "
                f"at most {self.max_cell} are read."
            )
        return cells

    def _is_header(self, cells: Sequence[str]) -> bool:
        # A row of missing values alone names nothing, so it is data.
        return any(_number(cell, self._mark_in(cell)) is None for cell in cells)

    def _numbers(self, line_number: int, cells: Sequence[str]) -> Iterator[float]:
        for name, cell in zip(self.columns, cells, strict=True):
            mark = self._mark_in(cell)
            number = _number(cell, mark)
            fault = ""
            if number is None or math.isinf(number):
                fault = "is not a finite number"
            elif mark and self.decimal not in ("", mark):
                fault = (
                    f"has the decimal mark '{mark}' where numbers above have '{self.decimal}'; "
                    "use one of them, and no thousands separator"
                )
            if number is None or fault:
                where = f"Line {line_number}, column {name!r}"
                raise FileError(f"{where}: {cell[:40]!r} {fault}.")
            self.decimal = mark or self.decimal
            yield number

    def _mark_in(self, cell: str) -> str:
        """The decimal mark of a cell: "," only where the comma does not separate the cells."""
        if self.delimiter != "," and "," in cell:
            return ","
        return "." if "." in cell else ""


def _number(cell: str, mark: str) -> float | None:
    """The value of a cell, NaN if it is missing, None if it is something else."""
    text = cell.replace(",", ".") if mark == "," else cell
    # float() alone would also accept 1_000 and the digits of other scripts.
    if _NUMBER_CHARACTERS.issuperset(text):
        try:
            return float(text)
        except ValueError:
            pass
    word = cell.lower()
    if word in _MISSING:
        return math.nan
    return math.inf if word.lstrip("+-") in ("inf", "infinity") else None


def clean_names(raw: Sequence[str]) -> tuple[str, ...]:
    """Make labels of what a file calls its columns: see :attr:`Table.columns`.

    Names that are empty after cleaning become ``column 1`` and so on, by position; a repeated
    name gets `` (2)``, `` (3)``.
    """
    names: list[str] = []
    taken: set[str] = set()
    for position, text in enumerate(raw, start=1):
        name = _clean(text) or f"column {position}"
        unique, count = name, 1
        while unique in taken:
            count += 1
            suffix = f" ({count})"
            unique = name[: MAX_NAME - len(suffix)] + suffix
        taken.add(unique)
        names.append(unique)
    return tuple(names)


def _clean(text: str) -> str:
    # Category C: control, format (right-to-left marks, zero-width), surrogate, private, unassigned.
    printable = "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character)[0] != "C"
    )
    words = " ".join(printable.translate(_INERT).split())
    return words.lstrip(_SPREADSHEET_TRIGGERS + " ")[:MAX_NAME].rstrip()
