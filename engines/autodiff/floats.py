"""Elementary functions of Python floats with IEEE 754 results instead of exceptions.

Where ``math`` raises, these give what NumPy and torch give: ``log(0.0)`` is ``-inf``,
``sqrt(-1.0)`` is ``nan``, ``exp(1000.0)`` is ``inf``. On one number they are several times faster
than NumPy's functions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

INF, NAN = math.inf, math.nan
_HALF_ROOT = math.sqrt(0.5)
_LOG_2 = math.log(2.0)
_WHOLE_FROM = 2.0**52
"""From here on every float is a whole number."""

Unary = Callable[[float], float]


def _total(function: Unary, poles: Mapping[float, float] | None = None) -> Unary:
    """``function`` with ``poles``' value at a pole, ``nan`` off its domain, ``inf`` on overflow."""
    at_poles = dict(poles or {})

    def total(x: float) -> float:
        try:
            return function(x)
        except ValueError:
            return at_poles.get(x, NAN)
        except OverflowError:
            return INF

    return total


exp = _total(math.exp)
exp2 = _total(math.exp2)
expm1 = _total(math.expm1)
log = _total(math.log, {0.0: -INF})
log1p = _total(math.log1p, {-1.0: -INF})
log2 = _total(math.log2, {0.0: -INF})
log10 = _total(math.log10, {0.0: -INF})
sqrt = _total(math.sqrt)
sin = _total(math.sin)
cos = _total(math.cos)
tan = _total(math.tan)
asin = _total(math.asin)
acos = _total(math.acos)
cosh = _total(math.cosh)
acosh = _total(math.acosh)
atanh = _total(math.atanh, {1.0: INF, -1.0: -INF})
cbrt, atan, atan2, hypot = math.cbrt, math.atan, math.atan2, math.hypot
tanh, asinh, erf, erfc, absolute = math.tanh, math.asinh, math.erf, math.erfc, math.fabs


def sinh(x: float) -> float:
    try:
        return math.sinh(x)
    except OverflowError:
        return math.copysign(INF, x)


def div(x: float, y: float) -> float:
    try:
        return x / y
    except ZeroDivisionError:
        return x * math.copysign(INF, y)


def power(x: float, y: float) -> float:
    try:
        return math.pow(x, y)
    except OverflowError:
        return -INF if x < 0.0 and y % 2.0 == 1.0 else INF
    except ValueError:
        if x != 0.0:
            return NAN
        return math.copysign(INF, x) if y % 2.0 == 1.0 else INF


def rsqrt(x: float) -> float:
    return div(1.0, sqrt(x))


def square(x: float) -> float:
    return x * x


def reciprocal(x: float) -> float:
    return div(1.0, x)


def sign(x: float) -> float:
    return float((x > 0.0) - (x < 0.0))


def floor(x: float) -> float:
    return x // 1.0 if -_WHOLE_FROM < x < _WHOLE_FROM else x


def ceil(x: float) -> float:
    return -floor(-x)


def gt(x: float, y: float) -> float:
    return 1.0 if x > y else 0.0


def ge(x: float, y: float) -> float:
    return 1.0 if x >= y else 0.0


def lt(x: float, y: float) -> float:
    return 1.0 if x < y else 0.0


def le(x: float, y: float) -> float:
    return 1.0 if x <= y else 0.0


def eq(x: float, y: float) -> float:
    return 1.0 if x == y else 0.0


def ne(x: float, y: float) -> float:
    return 1.0 if x != y else 0.0


def minimum(x: float, y: float) -> float:
    return x if x <= y or x != x else y


def maximum(x: float, y: float) -> float:
    return x if x >= y or x != x else y


def clamp(x: float, low: float, high: float) -> float:
    return minimum(maximum(x, low), high)


def where(condition: float, x: float, y: float) -> float:
    return x if condition else y


def logaddexp(x: float, y: float) -> float:
    if x == y:
        return x + _LOG_2
    gap = x - y
    return (x if gap > 0.0 else y) + log1p(exp(-abs(gap)))


def sigmoid(x: float) -> float:
    return 1.0 / (1.0 + exp(-x))


def softplus(x: float) -> float:
    return logaddexp(x, 0.0)


def relu(x: float) -> float:
    return 0.0 if x < 0.0 else x


def silu(x: float) -> float:
    return x / (1.0 + exp(-x))


def gelu(x: float) -> float:
    return 0.5 * x * erfc(-x * _HALF_ROOT)
