"""Dual numbers: a value together with its tangent, for derivatives of derivatives.

``value + tangent * d`` with ``d * d = 0``. Several derivatives may be under way at once, as in
``d/dx [x * d/dy (x + y)]``; each has its own ``d``, told apart by a tag, or the inner derivative
would count the outer one's tangent too (*perturbation confusion*: Siskind & Pearlmutter 2005).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from engines.autodiff.operators import OPERATORS, Overloaded, Value
from engines.autodiff.rules import RULES

# Shared by the whole process on purpose: a closure can carry a dual of one derivative into any
# other, so no two derivatives may ever draw the same tag. ``next`` is atomic.
_tags = itertools.count(1)


class Dual(Overloaded):
    """A value and its tangent in one derivative.

    Attributes:
        level: the tag of that derivative; of two nested derivatives the inner has the greater.
        value: the value; for nested derivatives itself a dual of a lower level.
        tangent: how fast the value changes, of the same kinds as ``value``.

    >>> x = Dual(1, 3.0, 1.0)
    >>> x * x + 1.0
    Dual(1, 10.0, 6.0)
    """

    __slots__ = ("level", "tangent", "value")

    def __init__(self, level: int, value: Value, tangent: Value) -> None:
        self.level = level
        self.value = value
        self.tangent = tangent

    def __repr__(self) -> str:
        return f"Dual({self.level}, {self.value!r}, {self.tangent!r})"

    def __bool__(self) -> bool:
        return bool(self.value)

    def lift(self, op: str, args: tuple[Value, ...]) -> Value:
        level = self.level
        values = [arg.value if type(arg) is Dual and arg.level == level else arg for arg in args]
        value = OPERATORS[op](*values)
        tangent = None
        for partial, arg in zip(RULES[op], args):  # noqa: B905 (strict is slow)
            if partial is not None and type(arg) is Dual and arg.level == level:
                term = partial.times(arg.tangent, *values, value)
                tangent = term if tangent is None else tangent + term
        return value if tangent is None else Dual(level, value, tangent)


def new_level() -> int:
    """The tag of a new derivative, greater than all before."""
    return next(_tags)


def tangent_of(result: Value, level: int) -> Value:
    """The tangent of ``result`` in the derivative ``level``; 0 where it does not depend on it."""
    return result.tangent if type(result) is Dual and result.level == level else 0.0


def derivative_of(function: Callable[[Value], Value]) -> Callable[[Value], Value]:
    """The derivative of a function of one value, itself such a function: it nests.

    ``function`` uses Python's operators and :mod:`engines.autodiff.operators`; it may branch on
    its argument and may itself call ``derivative_of``, with the outer variable in a closure.

    >>> from engines.autodiff.operators import sin
    >>> derivative_of(derivative_of(sin))(0.5) == -sin(0.5)
    True
    >>> derivative_of(lambda x: x * derivative_of(lambda y: x + y)(1.0))(1.0)
    1.0
    """

    def derivative(x: Value) -> Value:
        level = new_level()
        start = float(x) if type(x) is int else x
        with np.errstate(all="ignore"):
            return tangent_of(function(Dual(level, start, 1.0)), level)

    return derivative
