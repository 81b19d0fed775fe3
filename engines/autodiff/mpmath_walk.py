"""A tape evaluated in mpmath, and differentiated by steps far below double precision."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import mpmath
from mpmath.libmp import to_float

from engines.common.tape import Tape

Number = Any
"""A real number of an mpmath context."""

_LARGEST_EXPONENT = 10_000
"""What lies beyond ``2**10000`` counts as infinite, so that ``exp(exp(exp(x)))`` has an end."""
_NAMED = (
    *("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "atan2"),
    *("sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "floor", "ceil", "sign"),
    "hypot",
)


class Walk:
    """One function at one point, in a context of its own (mpmath's global one is left alone)."""

    def __init__(self, tape: Tape, point: Sequence[float], digits: int) -> None:
        self._mp = mpmath.mp.clone()
        self._mp.dps = int(2.8 * digits)
        self._table = operations(self._mp)
        self._tape = tape
        self._point = [self._mp.mpf(value) for value in point]
        step = self._mp.mpf(10) ** int(-0.8 * digits)
        self._steps = [step * (abs(value) or 1) for value in self._point]

    def value(self) -> float:
        """The first output."""
        return self._float(self._at({}))

    def gradient(self) -> list[float]:
        """Central differences ``(f(x + h) - f(x - h)) / (2 h)``."""
        return [
            self._float((self._at({i: 1}) - self._at({i: -1})) / (2 * h))
            for i, h in enumerate(self._steps)
        ]

    def hessian(self) -> list[list[float]]:
        """Second differences; ``(f(++) - f(+-) - f(-+) + f(--)) / (4 h k)`` off the diagonal."""
        size = range(len(self._steps))
        return [[self._float(self._second(i, j)) for j in size] for i in size]

    def _second(self, i: int, j: int) -> Number:
        h, k = self._steps[i], self._steps[j]
        if i == j:
            return (self._at({i: 1}) - 2 * self._at({}) + self._at({i: -1})) / (h * h)
        corners = ((1, 1), (1, -1), (-1, 1), (-1, -1))
        return sum(a * b * self._at({i: a, j: b}) for a, b in corners) / (4 * h * k)

    def _at(self, moves: dict[int, int]) -> Number:
        """The first output after some inputs have moved by that many steps."""
        values = list(self._point)
        for i, steps in moves.items():
            values[i] += steps * self._steps[i]
        for line in self._tape.lines[len(values) :]:
            if line.op == "constant":
                values.append(self._mp.mpf(line.number))
            else:
                values.append(self._apply(line.op, [values[arg] for arg in line.args]))
        return values[self._tape.outputs[0]]

    def _apply(self, op: str, args: Sequence[Number]) -> Number:
        mp = self._mp
        try:
            result = mp.mpmathify(self._table[op](*args))
        except ZeroDivisionError:
            return mp.inf if op != "div" or args[0] > 0 else -mp.inf if args[0] < 0 else mp.nan
        except (ValueError, OverflowError, NotImplementedError):
            return mp.nan
        if isinstance(result, mp.mpc):
            return mp.nan
        if not mp.isnormal(result):
            return result
        if mp.mag(result) > _LARGEST_EXPONENT:
            return mp.sign(result) * mp.inf
        return result if mp.mag(result) > -_LARGEST_EXPONENT else mp.zero

    def _float(self, value: Number) -> float:
        return float(to_float(value._mpf_, strict=False, rnd="n"))


def operations(mp: Any) -> dict[str, Callable[..., Number]]:
    """Every elementary operation in an mpmath context; complex results mean *off the domain*."""

    def where(condition: Number, a: Number, b: Number) -> Number:
        return a if condition != 0 else b

    def smaller(a: Number, b: Number) -> Number:
        return a if a <= b or a != a else b

    def greater(a: Number, b: Number) -> Number:
        return a if a >= b or a != a else b

    def flag(compare: Callable[[Number, Number], bool]) -> Callable[..., Number]:
        return lambda a, b: mp.mpf(int(compare(a, b)))

    return {
        **{op: getattr(mp, op) for op in _NAMED},
        **{op: flag(getattr(operator, op)) for op in ("gt", "ge", "lt", "le", "eq", "ne")},
        **{op: getattr(operator, op) for op in ("add", "sub", "mul", "neg", "abs")},
        "div": operator.truediv,
        "pow": mp.power,
        "min": smaller,
        "max": greater,
        "clamp": lambda x, low, high: smaller(greater(x, low), high),
        "where": where,
        "logaddexp": lambda a, b: greater(a, b) + mp.log1p(mp.exp(-abs(a - b))),
        "exp2": lambda x: mp.power(2, x),
        "log2": lambda x: mp.log(x) / mp.ln2,
        "log10": lambda x: mp.log(x) / mp.ln10,
        "rsqrt": lambda x: 1 / mp.sqrt(x),
        "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
        "square": lambda x: x * x,
        "reciprocal": lambda x: 1 / x,
        "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
        "softplus": lambda x: greater(x, mp.zero) + mp.log1p(mp.exp(-abs(x))),
        "relu": lambda x: greater(x, mp.zero),
        "silu": lambda x: x / (1 + mp.exp(-x)),
        "gelu": lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2,
    }
