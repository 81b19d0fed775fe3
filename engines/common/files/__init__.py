"""The one set of readers for bytes that came from somebody else.

Every reader looks at the header first, refuses what is too large before it allocates anything,
and either returns plain numbers or raises :class:`~engines.common.errors.FileError` with a
sentence for the person who chose the file. None of them can run code from the file: no pickle,
no object arrays, no evaluation of cell text.

========================  =====================================================================
:func:`sniff`             which container the first bytes announce, never the file name
:func:`read_csv`          delimited numbers -> :class:`Table` (names, ``(rows, columns)`` float64)
:func:`read_array`        ``.npy`` -> one array of bool, int or float
:func:`read_arrays`       ``.npz`` -> arrays by name
:func:`read_image`        PNG, JPEG, WebP or BMP -> ``(height, width, 3)`` uint8
========================  =====================================================================
"""

from engines.common.files.arrays import read_array, read_arrays
from engines.common.files.containers import sniff
from engines.common.files.images import read_image
from engines.common.files.tabular import Table, read_csv

__all__ = ["Table", "read_array", "read_arrays", "read_csv", "read_image", "sniff"]
