"""The elementary operations, written once for every kind of value.

Each operation takes floats, NumPy arrays (many points at once), complex numbers (the complex
step) and *overloaded* values: dual numbers (:mod:`engines.autodiff.dual`) and symbols
(:mod:`engines.autodiff.tracing`). The derivative rules are written with these same operations,
so a rule works for every kind of value, derivatives of derivatives included. The idea of one set
of primitives under several meanings is autodidax's (the JAX documentation).

>>> from engines.autodiff.operators import exp, where
>>> exp(1000.0), where(2.0 > 1.0, 3.0, 4.0)
(inf, 3.0)
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from engines.autodiff import arrays, floats
from engines.common.errors import InputError

Value = Any
"""A float, a complex number, a NumPy array or an :class:`Overloaded` value."""

OPERATORS: dict[str, Callable[..., Value]] = {}
"""The operation under each key of ``engines.common.operations.OPERATIONS``, for every value."""

FLOAT_OPERATORS: dict[str, Callable[..., float]] = {}
"""The same for Python floats only, without the question what kind of value it is."""

_FLOAT = frozenset({float})


class Overloaded:
    """A value that says itself what an operation does to it."""

    __slots__ = ()
    __array_ufunc__ = None  # makes NumPy leave array * self to __rmul__
    level: int

    def lift(self, op: str, args: tuple[Value, ...]) -> Value:
        """The result of ``op``; ``args`` holds this value and maybe others of a lower level."""
        raise NotImplementedError

    def __add__(self, other: Value) -> Value:
        return apply("add", self, other)

    def __radd__(self, other: Value) -> Value:
        return apply("add", other, self)

    def __sub__(self, other: Value) -> Value:
        return apply("sub", self, other)

    def __rsub__(self, other: Value) -> Value:
        return apply("sub", other, self)

    def __mul__(self, other: Value) -> Value:
        return apply("mul", self, other)

    def __rmul__(self, other: Value) -> Value:
        return apply("mul", other, self)

    def __truediv__(self, other: Value) -> Value:
        return apply("div", self, other)

    def __rtruediv__(self, other: Value) -> Value:
        return apply("div", other, self)

    def __pow__(self, other: Value) -> Value:
        return apply("pow", self, other)

    def __rpow__(self, other: Value) -> Value:
        return apply("pow", other, self)

    def __neg__(self) -> Value:
        return self.lift("neg", (self,))

    def __pos__(self) -> Value:
        return self

    def __abs__(self) -> Value:
        return self.lift("abs", (self,))

    def __gt__(self, other: Value) -> Value:
        return apply("gt", self, other)

    def __ge__(self, other: Value) -> Value:
        return apply("ge", self, other)

    def __lt__(self, other: Value) -> Value:
        return apply("lt", self, other)

    def __le__(self, other: Value) -> Value:
        return apply("le", self, other)

    def __eq__(self, other: object) -> Value:
        return apply("eq", self, other)

    def __ne__(self, other: object) -> Value:
        return apply("ne", self, other)

    def __float__(self) -> float:
        raise InputError(
            "A traced value is not a number: call sin, exp, ... of engines.autodiff.operators, "
            "not of the math module."
        )


def apply(op: str, *args: Value) -> Value:
    """``op`` as the argument of the highest level understands it (one must be overloaded)."""
    outermost = max((arg for arg in args if isinstance(arg, Overloaded)), key=_level)
    return outermost.lift(op, args)


def _level(value: Overloaded) -> int:
    return value.level


def _operation(
    op: str, on_floats: Callable[..., float], on_arrays: Callable[..., Value]
) -> Callable[..., Value]:
    """Enter an operation in both tables; returns the one for every kind of value."""

    def operation(*args: Value) -> Value:
        if _FLOAT.issuperset(map(type, args)):
            return on_floats(*args)
        if any(isinstance(arg, Overloaded) for arg in args):
            return apply(op, *args)
        if all(isinstance(arg, float | int) for arg in args):
            return on_floats(*map(float, args))
        return on_arrays(*args)

    operation.__name__ = operation.__qualname__ = op
    OPERATORS[op], FLOAT_OPERATORS[op] = operation, on_floats
    return operation


def _function(
    op: str, on_floats: Callable[[float], float], on_arrays: Callable[..., Value]
) -> Callable[[Value], Value]:
    """The same for one argument, with a short way for floats."""
    general = _operation(op, on_floats, on_arrays)

    def function(x: Value) -> Value:
        return on_floats(x) if type(x) is float else general(x)

    function.__name__ = function.__qualname__ = op
    OPERATORS[op] = function
    return function


def _arithmetic(op: str, function: Callable[..., Value]) -> Callable[..., Value]:
    """One that Python's own operator does for every kind of value."""
    OPERATORS[op] = FLOAT_OPERATORS[op] = function
    return function


_a, _f = arrays, floats
_analytic, _stepped = arrays.analytic, arrays.of_real_part

add = _arithmetic("add", operator.add)
sub = _arithmetic("sub", operator.sub)
mul = _arithmetic("mul", operator.mul)
neg = _arithmetic("neg", operator.neg)
div = _operation("div", _f.div, np.divide)
power = _operation("pow", _f.power, _analytic(np.power))
gt = _operation("gt", _f.gt, _stepped(np.greater))
ge = _operation("ge", _f.ge, _stepped(np.greater_equal))
lt = _operation("lt", _f.lt, _stepped(np.less))
le = _operation("le", _f.le, _stepped(np.less_equal))
eq = _operation("eq", _f.eq, _stepped(np.equal))
ne = _operation("ne", _f.ne, _stepped(np.not_equal))
minimum = _operation("min", _f.minimum, _a.minimum)
maximum = _operation("max", _f.maximum, _a.maximum)
atan2 = _operation("atan2", _f.atan2, _a.atan2)
hypot = _operation("hypot", _f.hypot, _a.hypot)
logaddexp = _operation("logaddexp", _f.logaddexp, _a.logaddexp)
where = _operation("where", _f.where, _a.select)
clamp = _operation("clamp", _f.clamp, _a.clamp)
absolute = _function("abs", _f.absolute, _a.absolute)
sign = _function("sign", _f.sign, _stepped(_a.sign))
floor = _function("floor", _f.floor, _stepped(np.floor))
ceil = _function("ceil", _f.ceil, _stepped(np.ceil))
exp = _function("exp", _f.exp, np.exp)
exp2 = _function("exp2", _f.exp2, np.exp2)
expm1 = _function("expm1", _f.expm1, np.expm1)
log = _function("log", _f.log, _analytic(np.log))
log1p = _function("log1p", _f.log1p, _analytic(np.log1p))
log2 = _function("log2", _f.log2, _analytic(np.log2))
log10 = _function("log10", _f.log10, _analytic(np.log10))
sqrt = _function("sqrt", _f.sqrt, _analytic(np.sqrt))
rsqrt = _function("rsqrt", _f.rsqrt, _analytic(_a.rsqrt))
cbrt = _function("cbrt", _f.cbrt, _a.cbrt)
square = _function("square", _f.square, np.square)
reciprocal = _function("reciprocal", _f.reciprocal, np.reciprocal)
sin = _function("sin", _f.sin, np.sin)
cos = _function("cos", _f.cos, np.cos)
tan = _function("tan", _f.tan, np.tan)
asin = _function("asin", _f.asin, _analytic(np.arcsin))
acos = _function("acos", _f.acos, _analytic(np.arccos))
atan = _function("atan", _f.atan, np.arctan)
sinh = _function("sinh", _f.sinh, np.sinh)
cosh = _function("cosh", _f.cosh, np.cosh)
tanh = _function("tanh", _f.tanh, np.tanh)
asinh = _function("asinh", _f.asinh, np.arcsinh)
acosh = _function("acosh", _f.acosh, _analytic(np.arccosh))
atanh = _function("atanh", _f.atanh, _analytic(np.arctanh))
sigmoid = _function("sigmoid", _f.sigmoid, _a.sigmoid)
softplus = _function("softplus", _f.softplus, _a.softplus)
relu = _function("relu", _f.relu, _a.relu)
silu = _function("silu", _f.silu, _a.silu)
gelu = _function("gelu", _f.gelu, _a.gelu)
erf = _function("erf", _f.erf, _a.erf)
erfc = _function("erfc", _f.erfc, _a.erfc)
