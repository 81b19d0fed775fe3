"""The derivative of every elementary operation: one line each.

A rule holds, for each argument, the local partial as text and the linear map *g times the
partial*. One map serves both modes, because the transpose of a 1 x 1 Jacobian is itself: it carries
a tangent from the argument to the value, and an adjoint from the value to the argument.

In the maps ``x, y`` are the arguments and ``z`` is the value; in the texts they are ``{0}, {1}``
and ``{z}``. The texts are formulas that :func:`engines.common.expression.parse` reads.

Conventions at kinks and poles are torch's (``derivatives.yaml`` of torch 2.13): ``abs'(0) = 0``,
``relu'(0) = 0``, a tie of ``min`` or ``max`` sends half to each side, both edges of ``clamp`` belong
to the inside, ``(x^0)' = 0`` and ``sqrt'(0) = inf``. A selecting operation (``where``, ``min``,
``max``, ``clamp``, ``relu``) sends exactly 0 to the side not taken even if ``g`` is infinite; all
others multiply, so ``0 * inf = nan``. ``None`` marks an argument that receives no derivative at all.
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

_LN2, _LN10 = math.log(2.0), math.log(10.0)
_ROOT_HALF, _PEAK = math.sqrt(0.5), 1.0 / math.sqrt(2.0 * math.pi)
_SLOPE = 2.0 / math.sqrt(math.pi)


@dataclass(frozen=True, slots=True)
class Partial:
    """The derivative of an operation by one of its arguments.

    Attributes:
        text: the partial as a ``str.format`` template of ``{0}, {1}, {2}`` and ``{z}``.
        times: ``times(g, *arguments, value)`` is ``g`` times the partial.
    """

    text: str
    times: Callable[..., Value]


Rule = tuple[Partial | None, ...]


def _unary(text: str, times: Callable[[Value, Value, Value], Value]) -> Rule:
    return (Partial(text, times),)


def _binary(
    text: str,
    times: Callable[[Value, Value, Value, Value], Value],
    second_text: str,
    second_times: Callable[[Value, Value, Value, Value], Value],
) -> Rule:
    return (Partial(text, times), Partial(second_text, second_times))


def _pow_base(g: Value, x: Value, y: Value, z: Value) -> Value:
    return where(eq(y, 0.0), 0.0, g * (y * power(x, y - 1.0)))


def _pow_exponent(g: Value, x: Value, y: Value, z: Value) -> Value:
    return g * where(eq(x, 0.0) * ge(y, 0.0), 0.0, z * log(x))


def _max_side(g: Value, x: Value, y: Value) -> Value:
    """What ``max(x, y)`` sends to ``x``."""
    return where(lt(x, y), 0.0, where(eq(x, y), 0.5 * g, g))


def _silu(g: Value, x: Value, z: Value) -> Value:
    s = sigmoid(x)
    return g * (s * (1.0 + x * (1.0 - s)))


def _gelu(g: Value, x: Value, z: Value) -> Value:
    return g * (0.5 * erfc(-x * _ROOT_HALF) + x * (_PEAK * exp(-0.5 * x * x)))


def _clamp() -> Rule:
    return (
        Partial(
            "({0} >= {1})*({0} <= {2})",
            lambda g, x, low, high, z: where(ge(x, low) * le(x, high), g, 0.0),
        ),
        Partial(
            "({0} < {1})*({1} < {2})",
            lambda g, x, low, high, z: where(lt(x, low) * lt(low, high), g, 0.0),
        ),
        Partial(
            "max({0} > {2}, {1} > {2})",
            lambda g, x, low, high, z: where(gt(x, high) + gt(low, high), g, 0.0),
        ),
    )


_WHERE: Rule = (
    None,
    Partial("where({0}, 1, 0)", lambda g, x, a, b, z: where(x, g, 0.0)),
    Partial("where({0}, 0, 1)", lambda g, x, a, b, z: where(x, 0.0, g)),
)

_MAX: Rule = _binary(
    "where({0} == {1}, 1/2, {0} > {1})",
    lambda g, x, y, z: _max_side(g, x, y),
    "where({0} == {1}, 1/2, {0} < {1})",
    lambda g, x, y, z: _max_side(g, y, x),
)

_MIN: Rule = _binary(
    "where({0} == {1}, 1/2, {0} < {1})",
    lambda g, x, y, z: _max_side(g, -x, -y),
    "where({0} == {1}, 1/2, {0} > {1})",
    lambda g, x, y, z: _max_side(g, -y, -x),
)

_STEP: Rule = _unary("0", lambda g, x, z: 0.0)
_ASIN, _ATANH = "1/sqrt(1 - {0}^2)", "1/(1 - {0}^2)"
_GELU = "erfc(-{0}/sqrt(2))/2 + {0}*exp(-{0}^2/2)/sqrt(2*pi)"
_ACROSS, _ALONG = "{1}/({0}^2 + {1}^2)", "-{0}/({0}^2 + {1}^2)"

# fmt: off
RULES: dict[str, Rule] = {
    "add": _binary("1", lambda g, x, y, z: g, "1", lambda g, x, y, z: g),
    "sub": _binary("1", lambda g, x, y, z: g, "-1", lambda g, x, y, z: -g),
    "mul": _binary("{1}", lambda g, x, y, z: g * y, "{0}", lambda g, x, y, z: g * x),
    "div": _binary("1/{1}", lambda g, x, y, z: div(g, y), "-{0}/{1}^2", lambda g, x, y, z: -g * div(z, y)),  # noqa: E501
    "pow": _binary("{1}*{0}^({1} - 1)", _pow_base, "log({0})*{z}", _pow_exponent),
    "gt": (None, None),
    "ge": (None, None),
    "lt": (None, None),
    "le": (None, None),
    "eq": (None, None),
    "ne": (None, None),
    "neg": _unary("-1", lambda g, x, z: -g),
    "min": _MIN,
    "max": _MAX,
    "atan2": _binary(_ACROSS, lambda g, x, y, z: g * y * reciprocal(x * x + y * y), _ALONG, lambda g, x, y, z: g * -x * reciprocal(x * x + y * y)),  # noqa: E501
    "hypot": _binary("{0}/{z}", lambda g, x, y, z: div(g * x, z), "{1}/{z}", lambda g, x, y, z: div(g * y, z)),  # noqa: E501
    "logaddexp": _binary("1/(1 + exp({1} - {0}))", lambda g, x, y, z: div(g, 1.0 + exp(y - x)), "1/(1 + exp({0} - {1}))", lambda g, x, y, z: div(g, 1.0 + exp(x - y))),  # noqa: E501
    "where": _WHERE,
    "clamp": _clamp(),
    "abs": _unary("sign({0})", lambda g, x, z: g * sign(x)),
    "sign": _STEP,
    "floor": _STEP,
    "ceil": _STEP,
    "exp": _unary("{z}", lambda g, x, z: g * z),
    "exp2": _unary("log(2)*{z}", lambda g, x, z: g * z * _LN2),
}
# fmt: on
