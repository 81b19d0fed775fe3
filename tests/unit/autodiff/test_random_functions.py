"""Random functions against torch and torch.func, and the laws that derivatives obey."""

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import autodiff_torch
from benchmarks.autodiff_random import random_point, random_tape
from benchmarks.autodiff_rounding import path_scales
from engines.autodiff import adjoints, evaluate, gradient, hessian, hvp, jvp, primal, vjp
from engines.common.operations import OPERATIONS
from engines.common.tape import TapeBuilder

SMOOTH = (
    *("add", "sub", "mul", "div", "neg", "exp", "sin", "cos", "tanh", "sigmoid", "softplus"),
    *("square", "atan", "asinh", "erf", "gelu", "silu", "hypot", "logaddexp", "atan2"),
)


def named(tape, point):
    return dict(zip(tape.variables, point, strict=True))


@pytest.mark.parametrize("seed", range(6))
def test_random_expressions_against_torch(seed):
    """Same nan and inf, and equal to a few roundings of the largest entry."""
    rng = random.Random(seed)
    compared = 0
    for _ in range(100):
        tape = random_tape(rng, depth=6, operations=tuple(op for op in OPERATIONS if op != "cbrt"))
        point = random_point(rng, len(tape.variables))
        value, expected = autodiff_torch.gradient(tape, point)
        values = primal(tape, named(tape, point))
        ours = adjoints(tape, values)[: len(point)]
        assert np.array_equal(np.isnan(ours), np.isnan(expected)), (tape, point)
        if np.all(np.isfinite([value, *expected])):
            scale = max(1.0, *np.abs(expected), *(abs(v) for v in values if math.isfinite(v)))
            np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-9 * scale)
            compared += 1
    assert compared > 30


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")
@pytest.mark.parametrize("seed", range(4))
def test_hessians_against_torch_func(seed):
    rng = random.Random(seed)
    for _ in range(8):
        tape = random_tape(rng, depth=4, variables=3, operations=SMOOTH)
        point = random_point(rng, len(tape.variables), special=0.0)
        expected = np.array(autodiff_torch.hessian(tape, point))
        ours = hessian(tape, named(tape, point))
        if not np.all(np.isfinite(expected)):
            continue
        scale = max(1.0, float(np.abs(expected).max()))
        np.testing.assert_allclose(ours, expected, atol=1e-11 * scale)
        np.testing.assert_allclose(ours, ours.T, atol=1e-12 * scale)
        direction = random_point(rng, len(point))
        product = hvp(tape, named(tape, point), named(tape, direction))
        expected_product = expected @ direction
        np.testing.assert_allclose(list(product.values()), expected_product, atol=1e-10 * scale)


@st.composite
def smooth_case(draw):
    rng = random.Random(draw(st.integers(0, 10**9)))
    tape = random_tape(rng, depth=5, operations=SMOOTH)
    count = len(tape.variables)
    return tape, *(random_point(rng, count, special=0.0) for _ in range(3))


@settings(max_examples=150, deadline=None)
@given(smooth_case())
def test_jvp_and_vjp_are_transposes_and_linear(case):
    """``w . (J d) = (w J) . d``, and both are linear in what they are given."""
    tape, x, d, c = case
    point = named(tape, x)
    value, forward = jvp(tape, point, named(tape, d))
    same_value, backward = vjp(tape, point, 3.0)
    assert value == same_value or math.isnan(value)
    terms = [backward[name] * along for name, along in named(tape, d).items()]
    if not all(map(math.isfinite, [*terms, value])):
        return
    scales = path_scales(tape, primal(tape, point))
    size = 1.0 + sum(scales[place] * abs(along) for place, along in enumerate(d))
    if not math.isfinite(size):
        return
    assert math.isclose(3.0 * forward, math.fsum(terms), rel_tol=1e-9, abs_tol=1e-9 * size)
    both = jvp(tape, point, named(tape, [a + 2.0 * b for a, b in zip(d, c, strict=True)]))[1]
    other = jvp(tape, point, named(tape, c))[1]
    size += 2.0 * sum(scales[place] * abs(along) for place, along in enumerate(c))
    assert math.isclose(both, forward + 2.0 * other, rel_tol=1e-9, abs_tol=1e-9 * size)


@settings(max_examples=100, deadline=None)
@given(smooth_case(), st.sampled_from(["sin", "exp", "tanh", "square", "sigmoid", "atan"]))
def test_chain_rule(case, outer):
    """The gradient of ``outer(f)`` is ``outer'(f)`` times that of ``f``."""
    tape, x, _, _ = case
    builder = TapeBuilder(tape.variables)
    moved: list[int] = []
    for line in tape.lines:
        if line.op == "input":
            moved.append(len(moved))
        elif line.op == "constant":
            moved.append(builder.constant(line.value))
        else:
            moved.append(builder.apply(line.op, *(moved[arg] for arg in line.args)))
    composed = builder.build([builder.apply(outer, moved[tape.outputs[0]])])
    point = named(tape, x)
    inner = evaluate(tape, point)
    slope = gradient(f"{outer}(t)", {"t": inner})["t"]
    # Paths that cancel leave a rest of the size of their rounding.
    scales = path_scales(composed, primal(composed, point))
    for place, (name, ours) in enumerate(gradient(composed, point).items()):
        expected = slope * gradient(tape, point)[name]
        if math.isfinite(expected) and math.isfinite(scales[place]):
            assert math.isclose(ours, expected, rel_tol=1e-9, abs_tol=1e-12 * scales[place])
