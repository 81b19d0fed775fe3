"""The public derivatives: known answers, hard shapes, many points, and bad input by name."""

import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from benchmarks import autodiff_torch
from engines.autodiff import (
    adjoints,
    derivative,
    evaluate,
    gradient,
    hessian,
    hvp,
    jacobian,
    jvp,
    primal,
    tangents,
    trace,
    vjp,
)
from engines.autodiff.modes import MAX_ORDER
from engines.autodiff.operators import log, sin
from engines.common.errors import InputError, ParseError
from engines.common.tape import TapeBuilder

PAPER = "log(x1) + x1*x2 - sin(x2)"
AT = {"x1": 2.0, "x2": 5.0}


def test_the_papers_example():
    assert evaluate(PAPER, AT) == 11.652071455223084
    assert gradient(PAPER, AT) == {"x1": 5.5, "x2": 1.7163378145367738}
    assert gradient(PAPER, AT, "forward") == {"x1": 5.5, "x2": 1.7163378145367738}
    expected = [[-0.25, 1.0], [1.0, -0.9589242746631385]]
    assert hessian(PAPER, AT).tolist() == expected
    by_function = hessian(lambda x1, x2: log(x1) + x1 * x2 - sin(x2), AT)
    assert by_function.tolist() == expected


def test_jacobians_of_several_outputs():
    source, point = "x*y, x + y, sin(x), 3", {"x": 2.0, "y": 5.0}
    expected = [[5.0, 2.0], [1.0, 1.0], [math.cos(2.0), 0.0], [0.0, 0.0]]
    assert jacobian(source, point).tolist() == expected
    assert jacobian(source, point, "forward").tolist() == expected
    assert evaluate(source, point) == (10.0, 7.0, math.sin(2.0), 3.0)
    value, row = vjp(source, point, [1.0, 2.0, 0.0, 5.0])
    assert row == {"x": 7.0, "y": 4.0} and value[0] == 10.0
    assert vjp("x, x", {"x": 1.0}, [2.0, 3.0])[1] == {"x": 5.0}


def test_unused_variables_and_constants():
    point = {"x": 2.0, "y": 7.0}
    assert gradient("x^2", point) == {"x": 4.0, "y": 0.0}
    assert gradient("x^2", point, "forward") == {"x": 4.0, "y": 0.0}
    assert hessian("x^2", point).tolist() == [[2.0, 0.0], [0.0, 0.0]]
    assert gradient("log(2) + pi", point) == {"x": 0.0, "y": 0.0}
    assert gradient("3 > x", point) == {"x": 0.0, "y": 0.0}
    assert evaluate("1 + 1", {}) == 2.0 and gradient("1 + 1", {}) == {}
    assert hvp("x^2", point, {"y": 1.0}) == {"x": 0.0, "y": 0.0}
    assert jvp("x^2", point, {"y": 1.0}) == (4.0, 0.0)
    assert derivative("x^2", "y", 1, point) == 0.0


def test_constants_have_no_adjoint():
    tape = trace("x^2 + where(x > 0, 2, 3)*x")
    sent = adjoints(tape, primal(tape, {"x": -2.0}))
    assert sent[0] == -1.0
    assert all(a == 0.0 for a, line in zip(sent, tape.lines, strict=True) if line.op == "constant")


def test_calls_can_repeat_and_interleave():
    first = gradient(PAPER, AT)
    other = gradient("x1*x1*x2", AT)
    tape = trace(PAPER)
    values = primal(tape, AT)
    by_x1, by_x2 = tangents(tape, values, {"x1": 1.0}), tangents(tape, values, {"x2": 1.0})
    assert (by_x1[-1], by_x2[-1]) == (5.5, 1.7163378145367738)
    assert tangents(tape, values, {"x1": 1.0}) == by_x1
    assert adjoints(tape, values) == adjoints(tape, values)
    assert gradient(PAPER, AT) == first and gradient("x1*x1*x2", AT) == other


def test_shared_lines():
    assert gradient("b = a + a; c = b + b; c", {"a": 3.0}) == {"a": 4.0}
    assert gradient("x*x", {"x": 3.0}) == {"x": 6.0}
    assert gradient("x/x", {"x": 3.0}) == {"x": 0.0}
    assert gradient("x - x", {"x": 3.0}, "forward") == {"x": 0.0}


def test_a_diamond_of_many_layers():
    builder = TapeBuilder(("x",))
    index = 0
    for _ in range(1000):
        index = builder.apply("add", index, index)
    tape = builder.build([index])
    assert gradient(tape, {"x": 1.0}) == {"x": 2.0**1000}


def test_a_chain_of_100_000_lines():
    def chain(x):
        for _ in range(50_000):
            x = sin(x) * 1.0 + 0.0
        return x

    tape = trace(chain)
    assert len(tape) > 100_000
    point = {"x": 1.0}
    assert gradient(tape, point)["x"] == pytest.approx(gradient(tape, point, "forward")["x"])
    assert math.isfinite(hvp(tape, point, {"x": 1.0})["x"])


def test_many_points_at_once():
    x = np.linspace(0.5, 2.0, 7)
    rows = gradient(PAPER, {"x1": x, "x2": 5})
    one_by_one = [gradient(PAPER, {"x1": float(a), "x2": 5.0}) for a in x]
    for name in ("x1", "x2"):
        np.testing.assert_allclose(rows[name], [row[name] for row in one_by_one], rtol=1e-15)
    assert evaluate("3", {"x": x}) == 3.0
    assert gradient("2*x + 0*y", {"x": x, "y": 1.0})["x"].tolist() == [2.0] * 7
    assert hessian(PAPER, {"x1": x, "x2": 5.0}).shape == (2, 2, 7)
    assert jacobian("x*y, x", {"x": x, "y": x}).shape == (2, 2, 7)
    assert derivative("x^3", "x", 2, {"x": x}).tolist() == (6.0 * x).tolist()


def test_complex_step():
    for name, expected in gradient(PAPER, AT).items():
        moved = {**AT, name: complex(AT[name], 1e-20)}
        assert evaluate(PAPER, moved).imag / 1e-20 == pytest.approx(expected, rel=1e-15)


def test_zero_times_infinity_is_torchs():
    for text in ("0*sqrt(x)", "sqrt(x*0)*0", "sqrt(x)^2", "x*log(x)", "x^x", "exp(x)*1e308*10"):
        tape = trace(text)
        theirs = autodiff_torch.gradient(tape, [0.0])[1][0]
        ours = gradient(tape, {"x": 0.0})["x"]
        assert ours == theirs or (math.isnan(ours) and math.isnan(theirs)), text


def test_an_input_that_stands_still_is_not_differentiated():
    point = {"x": 1.0, "y": 0.0}
    assert jvp("x + sqrt(y)", point, {"x": 1.0})[1] == 1.0
    assert math.isnan(jvp("x + sqrt(y)", point, {"x": 1.0, "y": 0.0})[1])
    assert gradient("x + sqrt(y)", point, "forward") == {"x": 1.0, "y": math.inf}


def test_bad_input_is_named():
    with pytest.raises(InputError, match="x2"):
        gradient(PAPER, {"x1": 2.0})
    with pytest.raises(InputError, match="x must be a number"):
        evaluate("x", {"x": "2"})
    with pytest.raises(InputError, match="fit together"):
        evaluate("x + y", {"x": np.zeros(3), "y": np.zeros(2)})
    with pytest.raises(InputError, match="one output"):
        gradient("x, x", {"x": 1.0})
    sideways: Any = "sideways"
    with pytest.raises(InputError, match="mode"):
        gradient("x", {"x": 1.0}, sideways)
    with pytest.raises(InputError, match="weights"):
        vjp("x, x", {"x": 1.0}, [1.0])
    with pytest.raises(InputError, match="direction"):
        jvp("x", {"x": 1.0}, {"y": 1.0})
    with pytest.raises(InputError, match="order"):
        derivative("x", "x", MAX_ORDER + 1, {"x": 1.0})
    with pytest.raises(InputError, match="variable"):
        derivative("x", "y", 1, {"x": 1.0})
    with pytest.raises(ParseError):
        gradient("x +", {"x": 1.0})


def test_torch_is_not_needed():
    """The tests compare with torch; the engine does not import it."""
    code = (
        "import sys, engines.autodiff, engines.autodiff.tensors;"
        "bad = {'torch', 'sympy', 'mpmath', 'streamlit', 'plotly'} & set(sys.modules);"
        "sys.exit(repr(bad) if bad else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
