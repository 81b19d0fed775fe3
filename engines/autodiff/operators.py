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
    outermost: Overloaded | None = None
    for arg in args:
        if isinstance(arg, Overloaded) and (outermost is None or arg.level > outermost.level):
            outermost = arg
    if outermost is None:
        raise InputError(f"None of the arguments of {op} is a traced value.")
    return outermost.lift(op, args)


def _general(
    op: str, on_floats: Callable[..., float], on_arrays: Callable[..., Value]
) -> Callable[..., Value]:
    """The operation for every kind of value; enters it in both tables."""

    def operation(*args: Value) -> Value:
        if any(isinstance(arg, Overloaded) for arg in args):
            return apply(op, *args)
        if all(isinstance(arg, float | int) for arg in args):
            return on_floats(*map(float, args))
        with np.errstate(all="ignore"):
            return on_arrays(*args)

    return _entered(op, on_floats, operation)


def _entered(
    op: str, on_floats: Callable[..., float], operation: Callable[..., Value]
) -> Callable[..., Value]:
    operation.__name__ = operation.__qualname__ = op
    OPERATORS[op], FLOAT_OPERATORS[op] = operation, on_floats
    return operation


def _unary(
    op: str, on_floats: Callable[[float], float], on_arrays: Callable[..., Value]
) -> Callable[[Value], Value]:
    """The same with a short way for a float and for one overloaded value."""
    general = _general(op, on_floats, on_arrays)

    def operation(x: Value) -> Value:
        if type(x) is float:
            return on_floats(x)
        return x.lift(op, (x,)) if isinstance(x, Overloaded) else general(x)

    return _entered(op, on_floats, operation)


def _binary(
    op: str, on_floats: Callable[[float, float], float], on_arrays: Callable[..., Value]
) -> Callable[[Value, Value], Value]:
    """The same with a short way for two floats."""
    general = _general(op, on_floats, on_arrays)

    def operation(x: Value, y: Value) -> Value:
        if type(x) is float and type(y) is float:
            return on_floats(x, y)
        return general(x, y)

    return _entered(op, on_floats, operation)


def _selection(
    on_floats: Callable[..., float], on_arrays: Callable[..., Value]
) -> Callable[[Value, Value, Value], Value]:
    """``where``: a condition that is a float selects at once, whatever there is to select."""
    general = _general("where", on_floats, on_arrays)

    def operation(condition: Value, x: Value, y: Value) -> Value:
        if type(condition) is float:
            return x if condition else y
        return general(condition, x, y)

    return _entered("where", on_floats, operation)


_a, _f = arrays, floats
_analytic, _stepped = arrays.analytic, arrays.of_real_part

add = OPERATORS["add"] = FLOAT_OPERATORS["add"] = operator.add
sub = OPERATORS["sub"] = FLOAT_OPERATORS["sub"] = operator.sub
mul = OPERATORS["mul"] = FLOAT_OPERATORS["mul"] = operator.mul
neg = OPERATORS["neg"] = FLOAT_OPERATORS["neg"] = operator.neg
div = _binary("div", _f.div, np.divide)
power = _binary("pow", _f.power, _analytic(np.power))
gt = _binary("gt", _f.gt, _stepped(np.greater))
ge = _binary("ge", _f.ge, _stepped(np.greater_equal))
lt = _binary("lt", _f.lt, _stepped(np.less))
le = _binary("le", _f.le, _stepped(np.less_equal))
eq = _binary("eq", _f.eq, _stepped(np.equal))
ne = _binary("ne", _f.ne, _stepped(np.not_equal))
minimum = _binary("min", _f.minimum, _a.minimum)
maximum = _binary("max", _f.maximum, _a.maximum)
atan2 = _binary("atan2", _f.atan2, _a.atan2)
hypot = _binary("hypot", _f.hypot, _a.hypot)
logaddexp = _binary("logaddexp", _f.logaddexp, _a.logaddexp)
where = _selection(_f.where, _a.select)
clamp = _general("clamp", _f.clamp, _a.clamp)
absolute = _unary("abs", _f.absolute, _a.absolute)
sign = _unary("sign", _f.sign, _stepped(_a.sign))
floor = _unary("floor", _f.floor, _stepped(np.floor))
ceil = _unary("ceil", _f.ceil, _stepped(np.ceil))
exp = _unary("exp", _f.exp, np.exp)
exp2 = _unary("exp2", _f.exp2, np.exp2)
expm1 = _unary("expm1", _f.expm1, np.expm1)
log = _unary("log", _f.log, _analytic(np.log))
log1p = _unary("log1p", _f.log1p, _analytic(np.log1p))
log2 = _unary("log2", _f.log2, _analytic(np.log2))
log10 = _unary("log10", _f.log10, _analytic(np.log10))
sqrt = _unary("sqrt", _f.sqrt, _analytic(np.sqrt))
rsqrt = _unary("rsqrt", _f.rsqrt, _analytic(_a.rsqrt))
cbrt = _unary("cbrt", _f.cbrt, _a.cbrt)
square = _unary("square", _f.square, np.square)
reciprocal = _unary("reciprocal", _f.reciprocal, np.reciprocal)
sin = _unary("sin", _f.sin, np.sin)
cos = _unary("cos", _f.cos, np.cos)
tan = _unary("tan", _f.tan, np.tan)
asin = _unary("asin", _f.asin, _analytic(np.arcsin))
acos = _unary("acos", _f.acos, _analytic(np.arccos))
atan = _unary("atan", _f.atan, np.arctan)
sinh = _unary("sinh", _f.sinh, np.sinh)
cosh = _unary("cosh", _f.cosh, np.cosh)
tanh = _unary("tanh", _f.tanh, np.tanh)
asinh = _unary("asinh", _f.asinh, np.arcsinh)
acosh = _unary("acosh", _f.acosh, _analytic(np.arccosh))
atanh = _unary("atanh", _f.atanh, _analytic(np.arctanh))
sigmoid = _unary("sigmoid", _f.sigmoid, _a.sigmoid)
softplus = _unary("softplus", _f.softplus, _a.softplus)
relu = _unary("relu", _f.relu, _a.relu)
silu = _unary("silu", _f.silu, _a.silu)
gelu = _unary("gelu", _f.gelu, _a.gelu)
erf = _unary("erf", _f.erf, _a.erf)
erfc = _unary("erfc", _f.erfc, _a.erfc)
