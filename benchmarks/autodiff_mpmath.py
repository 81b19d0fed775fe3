"""The elementary operations in mpmath, and derivatives of a tape to any precision.

The partials are the textbook's, written independently of the engine's rules, with the same
conventions at kinks; the caller sets the precision (``mpmath.workdps``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mpmath as mp

from engines.common.tape import Line, Tape

Number = Any


class OffDomain(ArithmeticError):
    """A value that is not real: the reference says nothing about such a point."""


def _power(x: Number, y: Number) -> Number:
    return mp.mpf(1) if y == 0 else mp.power(x, y)


def _cbrt(x: Number) -> Number:
    return mp.sign(x) * mp.cbrt(abs(x))


def _sigmoid(x: Number) -> Number:
    return 1 / (1 + mp.exp(-x))


VALUES: dict[str, Callable[..., Number]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": _power,
    "gt": lambda x, y: mp.mpf(x > y),
    "ge": lambda x, y: mp.mpf(x >= y),
    "lt": lambda x, y: mp.mpf(x < y),
    "le": lambda x, y: mp.mpf(x <= y),
    "eq": lambda x, y: mp.mpf(x == y),
    "ne": lambda x, y: mp.mpf(x != y),
    "neg": lambda x: -x,
    "min": min,
    "max": max,
    "atan2": mp.atan2,
    "hypot": mp.hypot,
    "logaddexp": lambda x, y: max(x, y) + mp.log1p(mp.exp(-abs(x - y))),
    "where": lambda c, x, y: x if c != 0 else y,
    "clamp": lambda x, low, high: min(max(x, low), high),
    "abs": abs,
    "sign": mp.sign,
    "floor": mp.floor,
    "ceil": mp.ceil,
    "exp": mp.exp,
    "exp2": lambda x: mp.power(2, x),
    "expm1": mp.expm1,
    "log": mp.log,
    "log1p": mp.log1p,
    "log2": lambda x: mp.log(x) / mp.log(2),
    "log10": lambda x: mp.log(x) / mp.log(10),
    "sqrt": mp.sqrt,
    "rsqrt": lambda x: 1 / mp.sqrt(x),
    "cbrt": _cbrt,
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x,
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "asin": mp.asin,
    "acos": mp.acos,
    "atan": mp.atan,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tanh": mp.tanh,
    "asinh": mp.asinh,
    "acosh": mp.acosh,
    "atanh": mp.atanh,
    "sigmoid": _sigmoid,
    "softplus": lambda x: max(x, 0) + mp.log1p(mp.exp(-abs(x))),
    "relu": lambda x: max(x, mp.mpf(0)),
    "silu": lambda x: x * _sigmoid(x),
    "gelu": lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2,
    "erf": mp.erf,
    "erfc": mp.erfc,
}


def _taken(better: bool, tie: bool) -> Number:
    return mp.mpf(1) / 2 if tie else mp.mpf(better)


def _pow_exponent(x: Number, y: Number, z: Number) -> Number:
    return mp.mpf(0) if x == 0 and y >= 0 else z * mp.log(x)


def _sigmoid_slope(x: Number) -> Number:
    return _sigmoid(x) * _sigmoid(-x)


_ZERO: tuple[Callable[..., Number], ...] = (lambda x, z: mp.mpf(0),)

# One function per argument, of the arguments and the value.
PARTIALS: dict[str, tuple[Callable[..., Number] | None, ...]] = {
    "add": (lambda x, y, z: 1, lambda x, y, z: 1),
    "sub": (lambda x, y, z: 1, lambda x, y, z: -1),
    "mul": (lambda x, y, z: y, lambda x, y, z: x),
    "div": (lambda x, y, z: 1 / y, lambda x, y, z: -x / y**2),
    "pow": (lambda x, y, z: 0 if y == 0 else y * mp.power(x, y - 1), _pow_exponent),
    "gt": (None, None),
    "ge": (None, None),
    "lt": (None, None),
    "le": (None, None),
    "eq": (None, None),
    "ne": (None, None),
    "neg": (lambda x, z: -1,),
    "min": (lambda x, y, z: _taken(x < y, x == y), lambda x, y, z: _taken(y < x, x == y)),
    "max": (lambda x, y, z: _taken(x > y, x == y), lambda x, y, z: _taken(y > x, x == y)),
    "atan2": (
        lambda y, x, z: x / (x**2 + y**2) if x or y else 0,
        lambda y, x, z: -y / (x**2 + y**2) if x or y else 0,
    ),
    "hypot": (lambda x, y, z: x / z, lambda x, y, z: y / z),
    "logaddexp": (lambda x, y, z: _sigmoid(x - y), lambda x, y, z: _sigmoid(y - x)),
    "where": (None, lambda c, x, y, z: mp.mpf(c != 0), lambda c, x, y, z: mp.mpf(c == 0)),
    "clamp": (
        lambda x, low, high, z: mp.mpf(low <= x <= high),
        lambda x, low, high, z: mp.mpf(x < low < high),
        lambda x, low, high, z: mp.mpf(x > high or low > high),
    ),
    "abs": (lambda x, z: mp.sign(x),),
    "sign": _ZERO,
    "floor": _ZERO,
    "ceil": _ZERO,
    "exp": (lambda x, z: mp.exp(x),),
    "exp2": (lambda x, z: z * mp.log(2),),
    "expm1": (lambda x, z: mp.exp(x),),
    "log": (lambda x, z: 1 / x,),
    "log1p": (lambda x, z: 1 / (1 + x),),
    "log2": (lambda x, z: 1 / (x * mp.log(2)),),
    "log10": (lambda x, z: 1 / (x * mp.log(10)),),
    "sqrt": (lambda x, z: 1 / (2 * mp.sqrt(x)),),
    "rsqrt": (lambda x, z: -1 / (2 * x * mp.sqrt(x)),),
    "cbrt": (lambda x, z: 1 / (3 * mp.cbrt(abs(x)) ** 2),),
    "square": (lambda x, z: 2 * x,),
    "reciprocal": (lambda x, z: -1 / x**2,),
    "sin": (lambda x, z: mp.cos(x),),
    "cos": (lambda x, z: -mp.sin(x),),
    "tan": (lambda x, z: mp.sec(x) ** 2,),
    "asin": (lambda x, z: 1 / mp.sqrt((1 - x) * (1 + x)),),
    "acos": (lambda x, z: -1 / mp.sqrt((1 - x) * (1 + x)),),
    "atan": (lambda x, z: 1 / (1 + x**2),),
    "sinh": (lambda x, z: mp.cosh(x),),
    "cosh": (lambda x, z: mp.sinh(x),),
    "tanh": (lambda x, z: mp.sech(x) ** 2,),
    "asinh": (lambda x, z: 1 / mp.hypot(1, x),),
    "acosh": (lambda x, z: 1 / mp.sqrt((x - 1) * (x + 1)),),
    "atanh": (lambda x, z: 1 / ((1 - x) * (1 + x)),),
    "sigmoid": (lambda x, z: _sigmoid_slope(x),),
    "softplus": (lambda x, z: _sigmoid(x),),
    "relu": (lambda x, z: mp.mpf(x > 0),),
    "silu": (lambda x, z: _sigmoid(x) + x * _sigmoid_slope(x),),
    "gelu": (lambda x, z: mp.erfc(-x / mp.sqrt(2)) / 2 + x * mp.npdf(x),),
    "erf": (lambda x, z: 2 / mp.sqrt(mp.pi) * mp.exp(-(x**2)),),
    "erfc": (lambda x, z: -2 / mp.sqrt(mp.pi) * mp.exp(-(x**2)),),
}


def line_values(tape: Tape, point: Sequence[Number]) -> list[Number]:
    """The value of every line.

    Raises:
        OffDomain: where one of them is not a real number.
    """
    values = [mp.mpf(x) for x in point]
    for line in tape.lines[len(values) :]:
        values.append(_line_value(line, values))
    return values


def _line_value(line: Line, values: Sequence[Number]) -> Number:
    if line.op == "constant":
        return mp.mpf(line.value)
    try:
        value = VALUES[line.op](*(values[arg] for arg in line.args))
    except (ZeroDivisionError, ValueError) as error:
        raise OffDomain(line.op) from error
    if isinstance(value, mp.mpc) or not mp.isfinite(value):
        raise OffDomain(line.op)
    return value


def value(tape: Tape, point: Sequence[Number]) -> Number:
    """The value of a tape of one output."""
    return line_values(tape, point)[tape.outputs[0]]


def gradient(tape: Tape, point: Sequence[Number], fixed: set[int]) -> list[Number]:
    """The gradient of a tape of one output by a reverse sweep.

    Args:
        tape: the function.
        point: its inputs.
        fixed: lines that depend on no input.

    Raises:
        OffDomain: where a value or a partial is not a real number.
    """
    values = line_values(tape, point)
    sent: dict[int, Number] = {tape.outputs[0]: mp.mpf(1)}
    for index in range(len(values) - 1, len(tape.variables) - 1, -1):
        line = tape.lines[index]
        if index not in sent or index in fixed:
            continue
        args = [values[arg] for arg in line.args]
        for arg, partial in zip(line.args, PARTIALS[line.op], strict=True):
            if partial is not None and arg not in fixed:
                try:
                    term = sent[index] * partial(*args, values[index])
                except (ZeroDivisionError, ValueError) as error:
                    raise OffDomain(line.op) from error
                if isinstance(term, mp.mpc) or not mp.isfinite(term):
                    raise OffDomain(line.op)
                sent[arg] = sent.get(arg, mp.mpf(0)) + term
    return [sent.get(index, mp.mpf(0)) for index in range(len(tape.variables))]
