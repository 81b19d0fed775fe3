"""The V-curve at the paper's point, and where the complex step may be used."""

import numpy as np
import pytest

from engines.autodiff.differences import default_steps, not_analytic, step_curve
from engines.common.errors import InputError
from engines.common.expression import parse
from engines.common.operations import OPERATIONS
from engines.common.tape import TapeBuilder

PAPER = parse("log(x1) + x1*x2 - sin(x2)")
AT = {"x1": 2.0, "x2": 5.0}


@pytest.mark.parametrize("exact", ["reverse", "mpmath"])
def test_known_errors_at_the_paper_point(exact):
    """Errors against 5.5: truncation h f''/2 first, cancellation eps f/h in the end."""
    steps = [1e-2, 1e-6, 1e-8, 1e-12, 1e-16, 1e-20]
    curve = step_curve(PAPER, AT, "x1", steps, exact)
    assert curve.exact == 5.5
    expected = [1.2e-3, 1.2e-7, 1.0e-7, 4e-4, 5.5, 5.5]
    assert curve.forward_error == pytest.approx(expected, rel=0.05)
    assert curve.complex_error[-1] <= 1e-15
    assert curve.not_analytic == ()


def test_best_steps():
    """Forward near sqrt(eps), central near cbrt(eps), complex anywhere below."""
    curve = step_curve(PAPER, AT, "x1", default_steps())
    forward, central = curve.h[curve.forward_error.argmin()], curve.h[curve.central_error.argmin()]
    assert 1e-9 < forward < 1e-6
    assert 1e-7 < central < 1e-4
    assert 1e-9 < curve.forward_error.min() < 1e-7
    assert curve.central_error.min() < 1e-9
    assert curve.complex_error[curve.h < 1e-8].max() < 2e-15


def test_slopes_of_the_curve():
    """Doubly logarithmic: 1 for forward, 2 for central and complex, while truncation rules."""
    h = np.array([1e-2, 1e-3])
    curve = step_curve(PAPER, AT, "x2", h)
    for errors, order in (
        (curve.forward_error, 1),
        (curve.central_error, 2),
        (curve.complex_error, 2),
    ):
        assert np.log10(errors[0] / errors[1]) == pytest.approx(order, abs=0.02)


def test_derivatives_and_errors_fit():
    curve = step_curve(PAPER, AT, "x2", [1e-3, 1e-5])
    assert np.array_equal(curve.forward_error, abs(curve.forward - curve.exact))
    assert np.array_equal(curve.central_error, abs(curve.central - curve.exact))
    assert np.array_equal(curve.complex_error, abs(curve.complex_step - curve.exact))


@pytest.mark.parametrize("name", OPERATIONS)
def test_complex_step_of_every_operation(name):
    """Right for all of them away from kinks, the listed ones included."""
    arity = OPERATIONS[name].arity
    point = {variable: 0.6 + 0.25 * place for place, variable in enumerate("abc"[:arity])}
    if name == "acosh":
        point = {"a": 1.6}
    builder = TapeBuilder(tuple(point))
    tape = builder.build([builder.apply(name, *range(arity))])
    for variable in point:
        curve = step_curve(tape, point, variable, [1e-20, 1e-60], "mpmath")
        assert curve.complex_error.max() <= 4e-15 * max(1.0, abs(curve.exact))


def test_lines_that_are_not_analytic():
    tape = parse("a = abs(x*y); where(x > 1, a, hypot(y, 2)) + max(z, 3)")
    assert not_analytic(tape, "x") == ("a", "v3", "v5")
    assert not_analytic(tape, "z") == ("v6",)
    assert not_analytic(parse("sin(x)*exp(y)^2"), "x") == ()


def test_negative_side_of_piecewise_functions():
    curve = step_curve(parse("abs(x) + relu(x)*3 + max(x, -5)"), {"x": -0.5}, "x", [1e-20])
    assert curve.exact == 0.0
    assert curve.complex_error[0] == 0.0
    assert len(curve.not_analytic) == 3


def test_off_the_domain():
    curve = step_curve(parse("log(x)"), {"x": -1.0}, "x", [1e-3])
    assert np.isnan(curve.forward).all()
    assert np.isnan(curve.complex_step).all()


def test_constant_along_the_variable():
    curve = step_curve(parse("y^2", variables=("x", "y")), {"x": 1.0, "y": 3.0}, "x", [1e-3, 1e-9])
    assert not curve.forward.any()
    assert not curve.complex_step.any()
    assert curve.exact == 0.0


@pytest.mark.parametrize(
    ("tape", "variable", "steps", "exact", "message"),
    [
        (PAPER, "z", [1e-3], "reverse", "no variable"),
        (PAPER, "x1", [], "reverse", "positive step"),
        (PAPER, "x1", [0.0], "reverse", "positive step"),
        (PAPER, "x1", [1e-3, -1.0], "reverse", "positive step"),
        (PAPER, "x1", [np.nan], "reverse", "positive step"),
        (PAPER, "x1", [[1e-3]], "reverse", "positive step"),
        (PAPER, "x1", np.ones(5000), "reverse", "positive step"),
        (PAPER, "x1", [1e-3], "sympy", "exact must be"),
        (parse("x1, x1^2"), "x1", [1e-3], "reverse", "one output"),
    ],
)
def test_errors(tape, variable, steps, exact, message):
    with pytest.raises(InputError, match=message):
        step_curve(tape, AT, variable, steps, exact)


def test_point_errors():
    with pytest.raises(InputError, match="x2"):
        step_curve(PAPER, {"x1": 1.0}, "x1", [1e-3])
    with pytest.raises(InputError, match="x1"):
        step_curve(PAPER, {"x2": 1.0}, "x1", [1e-3])
    with pytest.raises(InputError, match="one point"):
        step_curve(PAPER, {"x1": np.ones(3), "x2": 1.0}, "x1", [1e-3])
