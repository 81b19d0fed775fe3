"""Derivatives of derivatives: closed forms, mpmath, and perturbations that must not be confused."""

import math
import random

import mpmath
import numpy as np
import pytest

from benchmarks.autodiff_mpmath import value
from benchmarks.autodiff_random import random_tape
from engines.autodiff import derivative, derivative_of, evaluate, gradient
from engines.autodiff.operators import exp

SMOOTH = (
    *("add", "sub", "mul", "div", "neg", "exp", "sin", "cos", "tanh", "sigmoid", "softplus"),
    *("square", "atan", "asinh", "erf", "gelu", "silu", "hypot", "logaddexp", "atan2"),
)


@pytest.mark.parametrize(
    ("text", "closed_form"),
    [
        ("exp(2*x)", lambda x, n: 2.0**n * math.exp(2.0 * x)),
        ("sin(3*x)", lambda x, n: 3.0**n * math.sin(3.0 * x + n * math.pi / 2.0)),
        ("1/x", lambda x, n: (-1.0) ** n * math.factorial(n) / x ** (n + 1)),
        ("log(x)", lambda x, n: (-1.0) ** (n - 1) * math.factorial(n - 1) / x**n),
        ("x^7", lambda x, n: math.perm(7, n) * x ** (7 - n)),
    ],
)
def test_high_orders_against_closed_forms(text, closed_form):
    for order in range(1, 7):
        ours = derivative(text, "x", order, {"x": 0.8})
        assert ours == pytest.approx(closed_form(0.8, order), rel=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_orders_to_four_against_mpmath(seed):
    rng = random.Random(seed)
    tape = random_tape(rng, depth=4, variables=1, operations=SMOOTH)
    at = rng.uniform(0.3, 1.5)
    with mpmath.workdps(60):
        for order in range(1, 5):
            expected = float(mpmath.diff(lambda x: value(tape, [x]), mpmath.mpf(at), order))
            ours = derivative(tape, "x1", order, {"x1": at})
            if math.isfinite(ours) and abs(expected) < 1e8:
                assert ours == pytest.approx(expected, rel=1e-8, abs=1e-8)


def test_perturbation_confusion():
    """``d/dx [x * d/dy (x + y)]`` is 1; confusing the two perturbations gives 2."""
    assert derivative_of(lambda x: x * derivative_of(lambda y: x + y)(1.0))(1.0) == 1.0
    inner = derivative_of(lambda x: x * derivative_of(lambda y: x * y * y)(3.0))
    assert inner(2.0) == 24.0
    assert derivative_of(lambda x: derivative_of(lambda y: x)(1.0))(1.0) == 0.0


def test_derivative_of_nests_and_branches():
    def absolute(x):
        return x if x > 0.0 else -x

    assert derivative_of(absolute)(-2.0) == -1.0
    third = derivative_of(derivative_of(derivative_of(lambda x: x**3 * exp(x))))
    x = 0.7
    assert third(x) == pytest.approx((x**3 + 9 * x**2 + 18 * x + 6) * math.exp(x), rel=1e-14)
    assert derivative_of(lambda x: 5.0)(1) == 0.0
    array = derivative_of(lambda x: x * x)(np.array([1.0, 2.0]))
    assert array.tolist() == [2.0, 4.0]


def test_a_derivative_can_be_traced_and_differentiated():
    def slope(x, y):
        return gradient("x^3*y", {"x": x, "y": y})["x"]

    assert evaluate(slope, {"x": 2.0, "y": 5.0}) == 60.0
    assert gradient(slope, {"x": 2.0, "y": 5.0}) == {"x": 60.0, "y": 12.0}
    assert evaluate(derivative_of(lambda x: x**3), {"x": 2.0}) == 12.0
