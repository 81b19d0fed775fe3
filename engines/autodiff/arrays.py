"""Elementary functions of NumPy arrays, real or complex.

Real arrays hold many points at once. A complex value stands for a real one with a small imaginary
step, as in the complex-step derivative (Squire & Trapp, SIAM Review 40, 1998): comparisons,
kinks and domains are decided by the real part, and what lies off the real domain is ``nan``.
``erf`` and ``erfc`` are of first order in the imaginary part, which is exact to rounding for
steps below 1e-8.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any
"""A NumPy array or number; real or complex."""

_HALF_ROOT = math.sqrt(0.5)
_ERF_SLOPE = 2.0 / math.sqrt(math.pi)
_real_erf = np.vectorize(math.erf, otypes=[float])
_real_erfc = np.vectorize(math.erfc, otypes=[float])


def select(condition: Array, x: Array, y: Array) -> Array:
    chosen: Array = np.where(condition, x, y)
    return chosen[()]


def analytic(function: Callable[..., Array]) -> Callable[..., Array]:
    """``function`` with ``nan`` at complex values whose real parts are off its real domain."""

    def on_real_domain(*args: Array) -> Array:
        value = function(*args)
        if not np.iscomplexobj(value):
            return value
        outside = np.isnan(function(*(np.real(arg) for arg in args)))
        return select(outside, np.nan, value)

    return on_real_domain


def by_parts(real: Callable[..., Array], other: Callable[..., Array]) -> Callable[..., Array]:
    """``real`` for real arguments, ``other`` where one of them is complex."""

    def chosen(*args: Array) -> Array:
        return (other if any(map(np.iscomplexobj, args)) else real)(*args)

    return chosen


def of_real_part(function: Callable[..., Array]) -> Callable[..., Array]:
    """A step function: it sees the real parts only and gives floats."""

    def stepped(*args: Array) -> Array:
        return function(*(np.real(arg) for arg in args)) * 1.0

    return stepped


def sign(x: Array) -> Array:
    return np.greater(x, 0.0) * 1.0 - np.less(x, 0.0)


def minimum(x: Array, y: Array) -> Array:
    return select(np.less_equal(np.real(x), np.real(y)) | np.isnan(x), x, y)


def maximum(x: Array, y: Array) -> Array:
    return select(np.greater_equal(np.real(x), np.real(y)) | np.isnan(x), x, y)


def clamp(x: Array, low: Array, high: Array) -> Array:
    return minimum(maximum(x, low), high)


def relu(x: Array) -> Array:
    return select(np.less(np.real(x), 0.0), 0.0, x)


def absolute(x: Array) -> Array:
    return x * sign(np.real(x)) if np.iscomplexobj(x) else np.abs(x)


def rsqrt(x: Array) -> Array:
    return np.divide(1.0, np.sqrt(x))


def sigmoid(x: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-x))


def silu(x: Array) -> Array:
    return x / (1.0 + np.exp(-x))


def softplus(x: Array) -> Array:
    return logaddexp(x, 0.0)


def gelu(x: Array) -> Array:
    return 0.5 * x * erfc(-x * _HALF_ROOT)


def erf(x: Array) -> Array:
    slope = _ERF_SLOPE * np.exp(-np.square(np.real(x)))
    return _with_step(_real_erf(np.real(x)), slope, x)


def erfc(x: Array) -> Array:
    slope = -_ERF_SLOPE * np.exp(-np.square(np.real(x)))
    return _with_step(_real_erfc(np.real(x)), slope, x)


def _with_step(value: Array, slope: Array, x: Array) -> Array:
    return (value + 1j * slope * np.imag(x) if np.iscomplexobj(x) else value)[()]


def _complex_cbrt(x: Array) -> Array:
    side = select(np.less(np.real(x), 0.0), -1.0, 1.0)
    return side * np.power(side * x, 1.0 / 3.0)


def _complex_hypot(x: Array, y: Array) -> Array:
    return np.sqrt(x * x + y * y)


def _complex_atan2(y: Array, x: Array) -> Array:
    """The analytic arctangent of the smaller ratio, turned by the angle it leaves out."""
    steep = np.abs(np.real(y)) > np.abs(np.real(x))
    ratio = select(steep, -x, y) / select(steep, y, x)
    turn = np.arctan2(np.real(y), np.real(x)) - np.arctan(np.real(ratio))
    return turn + np.arctan(ratio)


def _complex_logaddexp(x: Array, y: Array) -> Array:
    first = np.greater_equal(np.real(x), np.real(y))
    gap = select(first, y - x, x - y)
    return select(first, x, y) + np.log1p(np.exp(gap))


cbrt = by_parts(np.cbrt, _complex_cbrt)
hypot = by_parts(np.hypot, _complex_hypot)
atan2 = by_parts(np.arctan2, _complex_atan2)
logaddexp = by_parts(np.logaddexp, _complex_logaddexp)
