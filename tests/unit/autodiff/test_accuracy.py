"""The accuracy benchmark in small, and the references it stands on."""

import random

import mpmath as mp
import pytest

from benchmarks.autodiff_accuracy import measure_gradients, measure_second_order
from benchmarks.autodiff_mpmath import PARTIALS, VALUES
from benchmarks.autodiff_rounding import Rounded, path_scales
from benchmarks.autodiff_speed import live_graph, ring_rosenbrock
from engines.autodiff import adjoints, gradient, primal, trace
from engines.common.operations import OPERATIONS


@pytest.mark.parametrize("op", OPERATIONS)
def test_the_reference_partials_are_derivatives(op):
    """The textbook partials against numerical differentiation with 50 digits."""
    rng = random.Random(op)
    assert len(PARTIALS[op]) == OPERATIONS[op].arity
    low = 1.1 if op == "acosh" else 0.1
    with mp.workdps(50):
        for _ in range(5):
            args = [mp.mpf(rng.uniform(low, low + 0.8)) for _ in PARTIALS[op]]
            z = VALUES[op](*args)
            for place, partial in enumerate(PARTIALS[op]):
                if partial is not None:
                    order = tuple(int(i == place) for i in range(len(args)))
                    expected = mp.diff(VALUES[op], args, order)
                    assert mp.almosteq(partial(*args, z), expected, 1e-20, 1e-20)


def test_gradients_pass_the_bars():
    figures = measure_gradients(400, seed=1)
    assert figures["same_nan_inf_as_torch"] >= 0.995
    assert figures["paths_rule"]["passed"] >= 0.997
    assert figures["rounding_rule"]["passed"] >= 0.997
    assert figures["forward_equals_reverse"]["within_64_ulp_of_paths"] >= 0.997


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")
def test_second_derivatives_pass_the_bars():
    figures = measure_second_order(40, seed=1)
    assert figures["hessian"]["passed"] == figures["hvp"]["passed"] == 1.0
    assert figures["hessian_symmetric"] == 1.0


def test_scales_on_an_example_by_hand():
    """Paths to x are 3 and 3; each product carries one rounding of its size."""
    tape = trace("x*y - y*x")
    values = primal(tape, {"x": 2.0, "y": 3.0})
    assert path_scales(tape, values) == [6.0, 4.0]
    rounded = primal(tape, {"x": Rounded(2.0), "y": Rounded(3.0)})
    assert (rounded[-1].value, rounded[-1].bound) == (0.0, 12.0)
    assert [a.bound for a in adjoints(tape, rounded)[:2]] == [6.0, 4.0]


def test_what_is_timed_is_what_it_says():
    tape, point = ring_rosenbrock(3)
    a, b, c = point.values()
    expected = sum(100 * (q - p * p) ** 2 + (1 - p) ** 2 for p, q in ((a, b), (b, c), (c, a)))
    assert primal(tape, point)[-1] == pytest.approx(expected, rel=1e-14)
    tape, point = live_graph(500, seed=0)
    sent = adjoints(tape, primal(tape, point))
    assert all(abs(a) > 1e-290 for a, line in zip(sent, tape.lines, strict=True) if line.args)
    assert set(gradient(tape, point)) == {"x1", "x2"}
