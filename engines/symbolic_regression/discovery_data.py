"""What a person hands in, checked: rows of numbers with a target, or a sentence on why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engines.common.errors import InputError
from engines.symbolic_regression.programs import MAX_VARIABLES, Floats

MIN_ROWS = 5
MAX_ROWS = 1000
"""Rows that the search works with; larger tables are sampled."""


@dataclass(frozen=True, eq=False)
class Data:
    """Checked data in the search's own units.

    Attributes:
        x: ``(variables, points)``; column ``columns[j]`` of the table divided by ``x_units[j]``.
        y: ``(points,)``; the target divided by ``y_unit``.
        columns: the columns of the table that are used.
        names: names of all columns of the table.
        notices: what was changed or left out, one sentence each.
    """

    x: Floats
    y: Floats
    columns: tuple[int, ...]
    x_units: tuple[float, ...]
    y_unit: float
    names: tuple[str, ...]
    notices: tuple[str, ...]


def prepare(x: object, y: object, names: Sequence[str] | None, seed: int) -> Data:
    """Check, sample and scale.

    Raises:
        InputError: not numbers, wrong shapes, too few rows, missing values, or nothing to explain.
    """
    table, target = _numbers(x, "X"), _numbers(y, "y")
    if table.ndim == 1:
        table = table[:, None]
    _check_shapes(table, target)
    labels = _labels(names, table.shape[1])
    _check_finite(table, target, labels)
    notices: list[str] = []
    columns = _columns(table, target, labels, notices)
    rows = _rows(table.shape[0], seed, notices)
    chosen, wanted = table[rows][:, columns], target[rows]
    x_units = tuple(_unit(column) for column in chosen.T)
    y_unit = _unit(wanted)
    return Data(
        np.ascontiguousarray(chosen.T / np.array(x_units)[:, None]), wanted / y_unit,
        tuple(columns), x_units, y_unit, labels, tuple(notices),
    )  # fmt: skip


def _numbers(values: object, what: str) -> Floats:
    try:
        array = np.asarray(values)
        if array.dtype.kind == "c":
            raise InputError(f"Complex data not supported: {what} must hold real numbers.")
        if array.dtype.kind not in "biufO":
            raise InputError(f"{what} holds text; give numbers only, one column a variable.")
        return np.array(array, dtype=np.float64)
    except (TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{what} is no table of numbers ({error}); give rows of equal length with numbers only."
        ) from None


def _check_shapes(table: Floats, target: Floats) -> None:
    if table.ndim != 2 or table.shape[1] == 0:
        raise InputError(f"X must be a table (rows, columns); it has the shape {table.shape}.")
    if target.ndim != 1 or target.size != table.shape[0]:
        raise InputError(
            f"y must be one number a row: X has {table.shape[0]} rows, y the shape {target.shape}."
        )
    if target.size < MIN_ROWS:
        raise InputError(
            f"There are {target.size} rows (n_samples = {target.size}); an equation needs at "
            f"least {MIN_ROWS}, better 50."
        )


def _labels(names: Sequence[str] | None, count: int) -> tuple[str, ...]:
    if names is None:
        return tuple(f"x{j + 1}" for j in range(count))
    if len(names) != count:
        raise InputError(f"There are {count} columns but {len(names)} names; give one for each.")
    return tuple(str(name) for name in names)


def _check_finite(table: Floats, target: Floats, labels: tuple[str, ...]) -> None:
    for label, column in [*zip(labels, table.T, strict=True), ("the target y", target)]:
        bad = np.flatnonzero(~np.isfinite(column))
        if bad.size:
            kind = "NaN (missing)" if np.isnan(column[bad[0]]) else "infinity (inf)"
            raise InputError(
                f"Column {label} has {bad.size} values that are NaN or infinite, the first in row "
                f"{bad[0] + 1}: {kind}. Remove those rows or fill them in."
            )
        if np.abs(column).max() > 1e150:
            raise InputError(f"Column {label} holds numbers beyond 1e150; choose other units.")
    if _is_constant(target):
        raise InputError(
            f"The target is the same number ({target[0]:g}) in every row: there is nothing to "
            "explain. Choose another target column."
        )


def _is_constant(column: Floats) -> bool:
    return bool(np.ptp(column) <= 1e-12 * np.abs(column).max())


def _columns(
    table: Floats, target: Floats, labels: tuple[str, ...], notices: list[str]
) -> list[int]:
    """Columns that say something: no constants, no copies, at most ten, the most relevant."""
    kept: list[int] = []
    for j, column in enumerate(table.T):
        if _is_constant(column):
            notices.append(f"Column {labels[j]} is constant and was left out.")
            continue
        copy = next((k for k in kept if np.array_equal(table[:, k], column)), None)
        if copy is not None:
            notices.append(f"Column {labels[j]} repeats {labels[copy]} and was left out.")
            continue
        kept.append(j)
    if not kept:
        raise InputError(
            "Every column of X is the same number in all rows: there is nothing to explain the "
            "target with. Choose columns that vary."
        )
    if len(kept) > MAX_VARIABLES:
        scores = [_relevance(table[:, j], target) for j in kept]
        best = sorted(np.argsort(scores)[::-1][:MAX_VARIABLES])
        kept = [kept[i] for i in best]
        notices.append(
            f"The {MAX_VARIABLES} most relevant columns are used: "
            f"{', '.join(labels[j] for j in kept)}."
        )
    return kept


def _relevance(column: Floats, target: Floats) -> float:
    """Share of the target's variance between ten bins of the column (correlation ratio)."""
    order = np.array_split(target[np.argsort(column, kind="stable")], 10)
    means = np.array([part.mean() for part in order if part.size])
    sizes = np.array([part.size for part in order if part.size])
    return float(
        np.sum(sizes * (means - target.mean()) ** 2) / np.sum((target - target.mean()) ** 2)
    )


def _rows(count: int, seed: int, notices: list[str]) -> np.ndarray:
    if count <= MAX_ROWS:
        return np.arange(count)
    notices.append(f"Of {count:,} rows a random sample of {MAX_ROWS:,} is used.")
    return np.sort(np.random.default_rng(seed).choice(count, MAX_ROWS, replace=False))


def _unit(column: Floats) -> float:
    """A power of ten that brings extreme numbers near 1; 1 for ordinary ones."""
    size = float(np.abs(column).max())
    return 1.0 if 0.01 <= size <= 1000 else float(10.0 ** np.floor(np.log10(size)))
