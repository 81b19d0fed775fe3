"""Forward mode, reverse mode, and what is made of them.

A forward sweep gives a Jacobian-vector product, a reverse sweep a vector-Jacobian product; a
Hessian-vector product is a reverse sweep on dual numbers (forward over reverse), and derivatives
of any order are values of nested dual numbers.

A function may be given as text, as a Python function or as a tape (see
:func:`engines.autodiff.tracing.trace`). Names in the point that the function does not use are
allowed; derivatives by them are 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engines.autodiff.dual import Dual, new_level, tangent_of
from engines.autodiff.operators import Value
from engines.autodiff.points import Point, filled, input_values, names_of, shape_of
from engines.autodiff.sweeps import adjoints, primal, tangents
from engines.autodiff.tracing import Source, trace
from engines.common.errors import InputError
from engines.common.tape import Tape

Mode = Literal["reverse", "forward"]
MAX_ORDER = 10


def evaluate(source: Source, point: Point) -> Value:
    """The function's value, or a tuple of values if it has several outputs.

    Raises:
        ParseError: for text that is no formula.
        InputError: for a variable without a value.

    >>> evaluate("log(x1) + x1*x2", {"x1": 1.0, "x2": 5.0})
    5.0
    """
    tape = trace(source)
    values = primal(tape, point)
    return _outputs(tape, values, shape_of(values))


def gradient(source: Source, point: Point, mode: Mode = "reverse") -> dict[str, Value]:
    """The partial derivative by every variable.

    Reverse mode needs one sweep, forward mode one for each variable.

    Returns:
        A number for each name in the point (the function's variables first), or an array if the
        point holds arrays.

    Raises:
        InputError: for a function of several outputs, or a variable without a value.

    >>> gradient("x*y + y", {"x": 2.0, "y": 5.0, "unused": 1.0})
    {'x': 5.0, 'y': 3.0, 'unused': 0.0}
    """
    tape = _single(trace(source), "gradient")
    (row,) = _jacobian_rows(tape, primal(tape, point), mode)
    return _by_name(tape, point, row)


def jvp(source: Source, point: Point, direction: Mapping[str, Value]) -> tuple[Value, Value]:
    """``(f(x), J(x) d)``: the value and how it changes along a direction (one forward sweep).

    Args:
        source: the function.
        point: a value for each variable.
        direction: how fast each variable moves; names left out stand still.

    >>> jvp("x*y, x + y", {"x": 2.0, "y": 5.0}, {"x": 1.0})
    ((10.0, 7.0), (5.0, 1.0))
    """
    tape = trace(source)
    values = primal(tape, point)
    moved = tangents(tape, values, _checked(direction, tape, point))
    shape = shape_of(values)
    return _outputs(tape, values, shape), _outputs(tape, moved, shape)


def vjp(
    source: Source, point: Point, weights: Value | Sequence[Value]
) -> tuple[Value, dict[str, Value]]:
    """``(f(x), w J(x))``: the value and the gradient of the weighted outputs (one reverse sweep).

    Args:
        source: the function.
        point: a value for each variable.
        weights: one for each output; a plain number will do if there is one output.

    >>> vjp("x*y, x + y", {"x": 2.0, "y": 5.0}, (1.0, 10.0))
    ((10.0, 7.0), {'x': 15.0, 'y': 12.0})
    """
    tape = trace(source)
    values = primal(tape, point)
    listed = list(weights) if isinstance(weights, Sequence) else [weights]
    sent = adjoints(tape, values, weights=listed)
    return _outputs(tape, values, shape_of(values)), _by_name(tape, point, sent)


def jacobian(source: Source, point: Point, mode: Mode = "reverse") -> NDArray[np.float64]:
    """All partial derivatives of all outputs.

    Reverse mode needs one sweep for each output, forward mode one for each variable.

    Returns:
        ``(outputs, inputs)``, inputs in the order of :func:`gradient`'s names; with arrays in
        the point their shape follows.
    """
    tape = trace(source)
    rows = _jacobian_rows(tape, primal(tape, point), mode)
    return np.array([list(_by_name(tape, point, row).values()) for row in rows])


def hvp(source: Source, point: Point, direction: Mapping[str, Value]) -> dict[str, Value]:
    """The Hessian times a direction, without the Hessian: one reverse sweep on dual numbers.

    >>> hvp("x^2*y", {"x": 3.0, "y": 5.0}, {"x": 1.0})
    {'x': 10.0, 'y': 6.0}
    """
    tape = _single(trace(source), "hvp")
    return _by_name(tape, point, _hvp(tape, point, _checked(direction, tape, point)))


def hessian(source: Source, point: Point) -> NDArray[np.float64]:
    """All second derivatives: one Hessian-vector product for each variable.

    Returns:
        ``(inputs, inputs)``, in the order of :func:`gradient`'s names; with arrays in the point
        their shape follows.

    >>> hessian("x^2*y", {"x": 3.0, "y": 5.0}).tolist()
    [[10.0, 6.0], [6.0, 0.0]]
    """
    tape = _single(trace(source), "hessian")
    columns = [
        _by_name(tape, point, _hvp(tape, point, {name: 1.0} if name in tape.variables else {}))
        for name in names_of(tape, point)
    ]
    return np.array([list(column.values()) for column in columns])


def derivative(source: Source, variable: str, order: int, point: Point) -> Value:
    """The derivative of any order by one variable, by nested dual numbers.

    The cost doubles with each order.

    Raises:
        InputError: for an order that is not 0 to ``MAX_ORDER``, several outputs, or a variable
            without a value.

    >>> derivative("x^5", "x", 4, {"x": 2.0})
    240.0
    """
    if order not in range(MAX_ORDER + 1):
        raise InputError(f"The order of a derivative must be 0 to {MAX_ORDER}, not {order}.")
    tape = _single(trace(source), "derivative")
    if variable not in names_of(tape, point):
        raise InputError(f"There is no variable {variable!r} and no value for it.")
    inputs = dict(zip(tape.variables, input_values(tape, point), strict=True))
    shape = shape_of(list(inputs.values()))
    nested = inputs.get(variable)
    levels = [new_level() for _ in range(order)]
    for level in levels:
        nested = Dual(level, nested, 1.0)
    result = primal(tape, {**inputs, variable: nested})[tape.outputs[0]]
    for level in reversed(levels):
        result = tangent_of(result, level)
    return filled(result, shape)


def _single(tape: Tape, what: str) -> Tape:
    if len(tape.outputs) != 1:
        count = len(tape.outputs)
        raise InputError(f"{what} takes a function of one output, not {count}; see jacobian.")
    return tape


def _outputs(tape: Tape, lines: Sequence[Value], shape: tuple[int, ...]) -> Value:
    outputs = tuple(filled(lines[index], shape) for index in tape.outputs)
    return outputs[0] if len(outputs) == 1 else outputs


def _by_name(tape: Tape, point: Point, row: Sequence[Value]) -> dict[str, Value]:
    """The entries of ``row`` that belong to inputs, and 0 for the names the tape does not use."""
    shape = shape_of(input_values(tape, point))
    names = names_of(tape, point)
    used = [*row[: len(tape.variables)], *[0.0] * (len(names) - len(tape.variables))]
    return {name: filled(value, shape) for name, value in zip(names, used, strict=True)}


def _jacobian_rows(tape: Tape, values: Sequence[Value], mode: Mode) -> list[list[Value]]:
    if mode == "reverse":
        return [adjoints(tape, values, output) for output in range(len(tape.outputs))]
    if mode == "forward":
        columns = [tangents(tape, values, {name: 1.0}) for name in tape.variables]
        return [[column[output] for column in columns] for output in tape.outputs]
    raise InputError(f"The mode must be 'reverse' or 'forward', not {mode!r}.")


def _checked(direction: Mapping[str, Value], tape: Tape, point: Point) -> Mapping[str, Value]:
    unknown = [name for name in direction if name not in names_of(tape, point)]
    if unknown:
        raise InputError(f"The direction names {', '.join(unknown)}, which the point does not.")
    return direction


def _hvp(tape: Tape, point: Point, direction: Mapping[str, Value]) -> list[Value]:
    level = new_level()
    moving = {
        name: Dual(level, value, direction[name]) if name in direction else value
        for name, value in zip(tape.variables, input_values(tape, point), strict=True)
    }
    sent = adjoints(tape, primal(tape, moving))
    return [tangent_of(adjoint, level) for adjoint in sent[: len(tape.variables)]]
