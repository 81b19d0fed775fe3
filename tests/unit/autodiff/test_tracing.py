"""Tapes from Python functions."""

import math
from typing import Any

import numpy as np
import pytest

from engines.autodiff import evaluate, gradient, trace
from engines.autodiff.operators import absolute, maximum, minimum, sin, where
from engines.common.errors import InputError
from engines.common.notation import to_text


def text(function, variables=None):
    return to_text(trace(function, variables))


def test_operators_become_lines():
    assert text(lambda x, y: (x + y) * (x - y) / 2) == "(x + y)*(x - y)/2"
    assert text(lambda x: 1 - 2 * x**3 + 2**x) == "1 - 2*x^3 + 2^x"
    assert text(lambda x: -x + abs(x) + 1 / +x) == "-x + abs(x) + 1/x"
    assert text(lambda x, y: where(x > y, x, where(x <= 2, 3, y))) == (
        "where(x > y, x, where(x <= 2, 3, y))"
    )
    assert text(lambda x, y: (x < y) + (x >= y) + (x == 1) + (x != 1) + 1.0) == (
        "(x < y) + (x >= y) + (x == 1) + (x != 1) + 1"
    )
    assert text(lambda x, y: maximum(x, minimum(y, absolute(x)))) == "max(x, min(y, abs(x)))"
    assert text(lambda x: np.float64(2.0) * x + np.float64(1.0)) == "2*x + 1"


def test_equal_expressions_share_a_line():
    assert len(trace(lambda x: sin(x) * sin(x) + sin(x))) == 4


def test_inputs_and_outputs():
    assert trace(lambda *x: x[0] * x[1], ("a", "b")).variables == ("a", "b")
    assert trace(lambda x, unused: x).variables == ("x", "unused")
    assert evaluate(lambda x, y: (x, y, 2.0), {"x": 3, "y": 4}) == (3.0, 4.0, 2.0)
    assert evaluate(lambda x: 7, {"x": 1.0}) == 7.0
    assert gradient(sin, {"x": 0.0}) == {"x": 1.0}
    tape = trace("x*y", ("y", "x"))
    assert tape.variables == ("y", "x") and trace(tape) is tape


def test_what_cannot_be_traced_says_why():
    three: Any = 3
    with pytest.raises(InputError, match="where"):
        trace(lambda x: x if x > 0 else -x)
    with pytest.raises(InputError, match="not of the math module"):
        trace(lambda x: math.sin(x))
    with pytest.raises(InputError, match="computes with numbers"):
        trace(lambda x: x + "1")
    with pytest.raises(InputError, match="at least one"):
        trace(lambda x: ())
    with pytest.raises(InputError, match="variables"):
        trace(lambda *x: x[0])
    with pytest.raises(InputError, match="variables"):
        trace(math.sin)
    with pytest.raises(InputError, match="another"):
        trace(lambda x: trace(lambda y: x + y))
    with pytest.raises(InputError, match="not int"):
        trace(three)
