"""Where a function is evaluated: names and values, checked."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engines.autodiff.operators import Overloaded, Value
from engines.common.errors import InputError
from engines.common.tape import Tape

Point = Mapping[str, Value]
"""A value for each variable: a number, or an array that holds the value at many points."""


def input_values(tape: Tape, point: Point) -> list[Value]:
    """The values of a tape's inputs, in order, as floats, complex numbers or arrays.

    Raises:
        InputError: for a variable without a value, something that is no number, or arrays whose
            shapes do not fit together.
    """
    missing = [name for name in tape.variables if name not in point]
    if missing:
        raise InputError(f"The point has no value for {', '.join(missing)}.")
    values = [_as_value(name, point[name]) for name in tape.variables]
    shape_of(values)
    return values


def _as_value(name: str, raw: Value) -> Value:
    if type(raw) is float or isinstance(raw, Overloaded):
        return raw
    try:
        array = np.asarray(raw)
    except ValueError:
        array = np.asarray(None)
    if array.dtype.kind not in "biufc":
        raise InputError(f"{name} must be a number or an array of numbers.")
    array = array.astype(complex if array.dtype.kind == "c" else float)
    return array if array.ndim else array.item()


def shape_of(values: list[Value]) -> tuple[int, ...]:
    """The common shape of the arrays among ``values``; ``()`` if there are none."""
    shapes = [value.shape for value in values if isinstance(value, np.ndarray)]
    try:
        return np.broadcast_shapes(*shapes) if shapes else ()
    except ValueError as error:
        listed = " and ".join(map(str, shapes))
        raise InputError(f"The arrays of a point must fit together, not {listed}.") from error


def filled(value: Value, shape: tuple[int, ...]) -> Value:
    """``value`` with one entry for each point of ``shape``: a constant need not have any."""
    return np.broadcast_to(value, shape).copy() if shape else value


def names_of(tape: Tape, point: Point) -> tuple[str, ...]:
    """The variables of a tape, then the names in ``point`` that it does not use."""
    return (*tape.variables, *(name for name in point if name not in tape.variables))
