"""The derivative of every elementary operation, one line each.

A rule holds, for each argument, the local partial as text and the linear map *g times the
partial*. One map serves both modes, because a 1 x 1 Jacobian is its own transpose: it carries a
tangent from the argument to the value, and an adjoint from the value to the argument.

In the maps ``x, y`` are the arguments and ``z`` is the value; in the texts they are ``{0}, {1}``
and ``{z}``. The texts are formulas that :func:`engines.common.expression.parse` reads.

Conventions at kinks and poles are torch's (``derivatives.yaml`` of torch 2.13): ``abs'(0) = 0``,
``relu'(0) = 0``, a tie of ``min`` or ``max`` sends half to each side, both edges of ``clamp``
belong to its inside, ``(x^0)' = 0`` and ``sqrt'(0) = inf``. Operations that select (``where``,
``min``, ``max``, ``clamp``, ``relu``) send exactly 0 to the side not taken, even if ``g`` is
infinite; all others multiply, so that ``0 * inf = nan``. ``atan2`` sends 0 from the origin.
``None`` marks an argument without derivative: nothing is sent to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from engines.autodiff.operators import (
    Value,
    cos,
    cosh,
    div,
    eq,
    erfc,
    exp,
    ge,
    gt,
    le,
    log,
    lt,
    power,
    reciprocal,
    rsqrt,
    sigmoid,
    sign,
    sin,
    sinh,
    where,
)


@dataclass(frozen=True, slots=True)
class Partial:
    """The derivative of an operation by one of its arguments.

    Attributes:
        text: the partial as a ``str.format`` template of ``{0}, {1}, {2}`` and ``{z}``.
        times: ``times(g, *arguments, value)`` is ``g`` times the partial.
    """

    text: str
    times: Callable[..., Value]


_LN2, _LN10 = math.log(2.0), math.log(10.0)
_ROOT_HALF = math.sqrt(0.5)
_BELL = 1.0 / math.sqrt(2.0 * math.pi)
_ERF = 2.0 / math.sqrt(math.pi)


def _symmetric(text: str, times: Callable[..., Value]) -> tuple[Partial, Partial]:
    """The rule of an operation with ``f(x, y) = f(y, x)``, from its first partial."""
    swapped = text.format("{1}", "{0}", z="{z}")
    return Partial(text, times), Partial(swapped, lambda g, x, y, z: times(g, y, x, z))


def _divisor(g: Value, x: Value, y: Value, z: Value) -> Value:
    return -g * div(z, y)


def _pow_base(g: Value, x: Value, y: Value, z: Value) -> Value:
    return where(eq(y, 0.0), 0.0, g * (y * power(x, y - 1.0)))


def _pow_exponent(g: Value, x: Value, y: Value, z: Value) -> Value:
    return g * where(eq(x, 0.0) * ge(y, 0.0), 0.0, z * log(x))


def _min(g: Value, x: Value, y: Value, z: Value) -> Value:
    return where(gt(x, y), 0.0, where(eq(x, y), 0.5 * g, g))


def _max(g: Value, x: Value, y: Value, z: Value) -> Value:
    return where(lt(x, y), 0.0, where(eq(x, y), 0.5 * g, g))


def _atan2_y(g: Value, y: Value, x: Value, z: Value) -> Value:
    return g * x * _inverse_square(x, y)


def _atan2_x(g: Value, y: Value, x: Value, z: Value) -> Value:
    return g * -y * _inverse_square(x, y)


def _inverse_square(x: Value, y: Value) -> Value:
    """``1/(x^2 + y^2)``, and 0 at the origin: torch sends nothing from where there is no angle."""
    squared = x * x + y * y
    return where(eq(squared, 0.0), 0.0, reciprocal(squared))


def _clamp(g: Value, x: Value, low: Value, high: Value, z: Value) -> Value:
    return where(ge(x, low) * le(x, high), g, 0.0)


def _clamp_low(g: Value, x: Value, low: Value, high: Value, z: Value) -> Value:
    return where(lt(x, low) * lt(low, high), g, 0.0)


def _clamp_high(g: Value, x: Value, low: Value, high: Value, z: Value) -> Value:
    return where(gt(x, high) + gt(low, high), g, 0.0)


def _where_yes(g: Value, condition: Value, x: Value, y: Value, z: Value) -> Value:
    return where(condition, g, 0.0)


def _where_no(g: Value, condition: Value, x: Value, y: Value, z: Value) -> Value:
    return where(condition, 0.0, g)


def _silu(g: Value, x: Value, z: Value) -> Value:
    s = sigmoid(x)
    return g * (s * (1.0 + x * (1.0 - s)))


def _gelu(g: Value, x: Value, z: Value) -> Value:
    return g * (0.5 * erfc(-x * _ROOT_HALF) + x * (_BELL * exp(-0.5 * x * x)))


_P = Partial
_INSIDE = "({0} >= {1})*({0} <= {2})"
_BELOW = "({0} < {1})*({1} < {2})"
_ABOVE = "max({0} > {2}, {1} > {2})"

RULES: dict[str, tuple[Partial | None, ...]] = {
    "add": (_P("1", lambda g, x, y, z: g), _P("1", lambda g, x, y, z: g)),
    "sub": (_P("1", lambda g, x, y, z: g), _P("-1", lambda g, x, y, z: -g)),
    "mul": (_P("{1}", lambda g, x, y, z: g * y), _P("{0}", lambda g, x, y, z: g * x)),
    "div": (_P("1/{1}", lambda g, x, y, z: div(g, y)), _P("-{z}/{1}", _divisor)),
    "pow": (_P("{1}*{0}^({1} - 1)", _pow_base), _P("{z}*log({0})", _pow_exponent)),
    "gt": (None, None),
    "ge": (None, None),
    "lt": (None, None),
    "le": (None, None),
    "eq": (None, None),
    "ne": (None, None),
    "neg": (_P("-1", lambda g, x, z: -g),),
    "min": _symmetric("where({0} == {1}, 1/2, {0} < {1})", _min),
    "max": _symmetric("where({0} == {1}, 1/2, {0} > {1})", _max),
    "atan2": (_P("{1}/({0}^2 + {1}^2)", _atan2_y), _P("-{0}/({0}^2 + {1}^2)", _atan2_x)),
    "hypot": _symmetric("{0}/{z}", lambda g, x, y, z: div(g * x, z)),
    "logaddexp": _symmetric("1/(1 + exp({1} - {0}))", lambda g, x, y, z: div(g, 1.0 + exp(y - x))),
    "where": (None, _P("where({0}, 1, 0)", _where_yes), _P("where({0}, 0, 1)", _where_no)),
    "clamp": (_P(_INSIDE, _clamp), _P(_BELOW, _clamp_low), _P(_ABOVE, _clamp_high)),
    "abs": (_P("sign({0})", lambda g, x, z: g * sign(x)),),
    "sign": (_P("0", lambda g, x, z: 0.0),),
    "floor": (_P("0", lambda g, x, z: 0.0),),
    "ceil": (_P("0", lambda g, x, z: 0.0),),
    "exp": (_P("{z}", lambda g, x, z: g * z),),
    "exp2": (_P("log(2)*{z}", lambda g, x, z: g * z * _LN2),),
    "expm1": (_P("{z} + 1", lambda g, x, z: g * (z + 1.0)),),
    "log": (_P("1/{0}", lambda g, x, z: div(g, x)),),
    "log1p": (_P("1/({0} + 1)", lambda g, x, z: div(g, x + 1.0)),),
    "log2": (_P("1/({0}*log(2))", lambda g, x, z: div(g, x * _LN2)),),
    "log10": (_P("1/({0}*log(10))", lambda g, x, z: div(g, x * _LN10)),),
    "sqrt": (_P("1/(2*{z})", lambda g, x, z: div(g, 2.0 * z)),),
    "rsqrt": (_P("-{z}^3/2", lambda g, x, z: -0.5 * g * (z * z * z)),),
    "cbrt": (_P("1/(3*{z}^2)", lambda g, x, z: div(g, 3.0 * (z * z))),),
    "square": (_P("2*{0}", lambda g, x, z: g * (2.0 * x)),),
    "reciprocal": (_P("-{z}^2", lambda g, x, z: -g * (z * z)),),
    "sin": (_P("cos({0})", lambda g, x, z: g * cos(x)),),
    "cos": (_P("-sin({0})", lambda g, x, z: g * -sin(x)),),
    "tan": (_P("1 + {z}^2", lambda g, x, z: g * (1.0 + z * z)),),
    "asin": (_P("1/sqrt(1 - {0}^2)", lambda g, x, z: g * rsqrt(1.0 - x * x)),),
    "acos": (_P("-1/sqrt(1 - {0}^2)", lambda g, x, z: g * -rsqrt(1.0 - x * x)),),
    "atan": (_P("1/({0}^2 + 1)", lambda g, x, z: div(g, x * x + 1.0)),),
    "sinh": (_P("cosh({0})", lambda g, x, z: g * cosh(x)),),
    "cosh": (_P("sinh({0})", lambda g, x, z: g * sinh(x)),),
    "tanh": (_P("1 - {z}^2", lambda g, x, z: g * (1.0 - z * z)),),
    "asinh": (_P("1/sqrt({0}^2 + 1)", lambda g, x, z: g * rsqrt(x * x + 1.0)),),
    "acosh": (_P("1/sqrt({0}^2 - 1)", lambda g, x, z: g * rsqrt(x * x - 1.0)),),
    "atanh": (_P("1/(1 - {0}^2)", lambda g, x, z: div(g, 1.0 - x * x)),),
    "sigmoid": (_P("{z}*(1 - {z})", lambda g, x, z: g * (1.0 - z) * z),),
    "softplus": (_P("sigmoid({0})", lambda g, x, z: g * sigmoid(x)),),
    "relu": (_P("{0} > 0", lambda g, x, z: where(le(z, 0.0), 0.0, g)),),
    "silu": (_P("sigmoid({0})*(1 + {0}*(1 - sigmoid({0})))", _silu),),
    "gelu": (_P("erfc(-{0}/sqrt(2))/2 + {0}*exp(-{0}^2/2)/sqrt(2*pi)", _gelu),),
    "erf": (_P("2/sqrt(pi)*exp(-{0}^2)", lambda g, x, z: g * (_ERF * exp(-(x * x)))),),
    "erfc": (_P("-2/sqrt(pi)*exp(-{0}^2)", lambda g, x, z: g * (-_ERF * exp(-(x * x)))),),
}
