"""The three sweeps over a tape: values, tangents, adjoints.

Each is a loop over the lines and returns a new list; nothing is stored on the tape, so calls can
repeat and interleave, and nothing recurses. With ``p_ij`` the local partial of line ``i`` by its
argument ``j``::

    primal      v_i = op_i(v_j, ...)                                  from the inputs' values
    tangents    t_i = sum of p_ij * t_j over the arguments j of i     from the inputs' tangents
    adjoints    a_j = sum of a_i * p_ij over the lines i that use j   from the outputs' adjoints

(Griewank & Walther, *Evaluating Derivatives*, chapter 3). A value may be a float, an array, a
complex or a dual number: the sweeps are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np

from engines.autodiff.operators import FLOAT_OPERATORS, OPERATORS, Value
from engines.autodiff.points import Point, input_values
from engines.autodiff.rules import RULES
from engines.common.errors import InputError
from engines.common.tape import Tape

# The sweeps pair these with a line's arguments without zip's ``strict``, which would take a fifth
# of their time; the tape has checked that there is one for each argument.
_TIMES = {
    op: tuple(None if partial is None else partial.times for partial in rule)
    for op, rule in RULES.items()
}
_TIMES["constant"] = ()
_BLIND = {op: rule.count(None) for op, rule in RULES.items() if None in rule}
"""How many leading arguments receive no derivative: both of a comparison, one of ``where``."""


def primal(tape: Tape, point: Point) -> list[Value]:
    """The value of every line.

    Args:
        tape: the function.
        point: a value for each variable: floats, arrays of one shape (many points at once),
            complex numbers (the complex step) or dual numbers. Other names are ignored.

    Raises:
        InputError: for a variable without a value, or a value that is no number.
    """
    values = input_values(tape, point)
    only_floats = all(type(value) is float for value in values)
    table = FLOAT_OPERATORS if only_floats else OPERATORS
    with np.errstate(all="ignore"):
        for line in tape.lines[len(values) :]:
            args = [values[arg] for arg in line.args]
            values.append(table[line.op](*args) if args else line.value)
    return values


def tangents(tape: Tape, values: Sequence[Value], seed: Mapping[str, Value]) -> list[Value]:
    """The tangent of every line: how fast it changes when the inputs move along ``seed``.

    Args:
        tape: the function.
        values: what :func:`primal` returned.
        seed: tangents of the inputs. A name left out stands still, and what depends only on such
            inputs is not differentiated, whereas a tangent of 0.0 is multiplied by the partials
            and gives nan where these are infinite; so does torch.

    Returns:
        One tangent for each line, 0.0 where nothing moves. For arrays of points a tangent may be
        a plain float where it is the same at all points.
    """
    result: list[Value] = [seed.get(name) for name in tape.variables]
    start = len(result)
    with np.errstate(all="ignore"):
        for line, value in zip(tape.lines[start:], values[start:], strict=True):
            args = line.args
            total = None
            for arg, times in zip(args, _TIMES[line.op]):  # noqa: B905
                tangent = result[arg]
                if times is None or tangent is None:
                    continue
                term = _term(times, tangent, values, args, value)
                total = term if total is None else total + term
            result.append(total)
    return [0.0 if tangent is None else tangent for tangent in result]


def adjoints(
    tape: Tape,
    values: Sequence[Value],
    output: int = 0,
    weights: Sequence[Value] | None = None,
) -> list[Value]:
    """The adjoint of every line: how fast the output changes with it.

    Args:
        tape: the function.
        values: what :func:`primal` returned.
        output: which of the tape's outputs (0 = the first).
        weights: if given, one weight for each output: the adjoints of their weighted sum.

    Returns:
        One adjoint for each line; 0.0 for lines the output does not use and for constants, which
        are not differentiated. Like torch it multiplies zeros too, so ``0 * inf`` gives nan.
    """
    result: list[Value] = [None] * len(tape.lines)
    seeds = {tape.outputs[output]: 1.0} if weights is None else _weighted(tape, weights)
    fixed = constant_lines(tape)
    for index in seeds.keys() - fixed:
        result[index] = seeds[index]
    with np.errstate(all="ignore"):
        for index in range(max(seeds), len(tape.variables) - 1, -1):
            adjoint = result[index]
            if adjoint is None or index in fixed:
                continue
            line, value = tape.lines[index], values[index]
            args = line.args
            for arg, times in zip(args, _TIMES[line.op]):  # noqa: B905
                if times is None or arg in fixed:
                    continue
                term = _term(times, adjoint, values, args, value)
                total = result[arg]
                result[arg] = term if total is None else total + term
    return [0.0 if adjoint is None else adjoint for adjoint in result]


def _term(
    times: Callable[..., Value],
    g: Value,
    values: Sequence[Value],
    args: tuple[int, ...],
    value: Value,
) -> Value:
    """``g`` times a partial; by arity, because packing the arguments would double the time."""
    if len(args) == 2:
        return times(g, values[args[0]], values[args[1]], value)
    if len(args) == 1:
        return times(g, values[args[0]], value)
    return times(g, *(values[arg] for arg in args), value)


def _weighted(tape: Tape, weights: Sequence[Value]) -> dict[int, Value]:
    """The weight of each output line; one that is several outputs has their sum."""
    if len(weights) != len(tape.outputs):
        raise InputError(f"Give {len(tape.outputs)} weights, one for each output.")
    seeds: dict[int, Value] = {}
    for index, weight in zip(tape.outputs, weights, strict=True):
        seeds[index] = seeds[index] + weight if index in seeds else weight
    return seeds


def constant_lines(tape: Tape, moving: Collection[str] | None = None) -> set[int]:
    """Indices of the lines through which no derivative by the inputs ``moving`` flows.

    Args:
        tape: the function.
        moving: names of inputs; all of them by default.
    """
    fixed: set[int] = set()
    for index, line in enumerate(tape.lines):
        args = line.args if line.op not in _BLIND else line.args[_BLIND[line.op] :]
        if line.op == "input":
            if moving is not None and line.name not in moving:
                fixed.add(index)
        elif fixed.issuperset(args):
            fixed.add(index)
    return fixed
