"""Counts are exact, times are real, and the ratios grow the way the theory says."""

import numpy as np
import pytest

from engines.autodiff import gradient, jacobian
from engines.autodiff.cost import cost_curve, damped_waves, products, rosenbrock_ring
from engines.autodiff.sweeps import primal
from engines.common.errors import InputError
from engines.common.expression import parse


@pytest.mark.parametrize("size", [1, 2, 5, 33])
def test_rosenbrock(size):
    tape = rosenbrock_ring(size)
    assert len(tape) == 9 * size + 1
    x = np.linspace(-1.0, 2.0, size)
    point = dict(zip(tape.variables, x.tolist(), strict=True))
    ahead = np.roll(x, -1)
    bend = ahead - x**2
    value = np.sum((1 - x) ** 2 + 100 * bend**2)
    slopes = -2 * (1 - x) - 400 * x * bend + 200 * np.roll(bend, 1)
    assert primal(tape, point)[tape.outputs[0]] == pytest.approx(value, rel=1e-13)
    assert list(gradient(tape, point).values()) == pytest.approx(slopes.tolist(), rel=1e-12)


def test_damped_waves():
    tape = damped_waves(7)
    assert len(tape) == 4 * 7 + 3
    x, k = 0.4, np.arange(1, 8)
    expected = np.exp(-x) * (k * np.cos(k * x) - np.sin(k * x))
    for mode in ("forward", "reverse"):
        assert jacobian(tape, {"x": x}, mode)[:, 0] == pytest.approx(expected, rel=1e-13)


def test_products_of_the_paper_example():
    """log 1, mul 2, add 2, sin 1, sub 2 backwards; forwards five edges from each input."""
    assert products(parse("log(x1) + x1*x2 - sin(x2)")) == (10, 8)


def test_products_by_counting():
    """Against the sweeps themselves, run with counting rules."""
    tape = parse("a = x*y; b = sin(a)*2 + a; where(x > 1, b, z), b + z^2, 3")
    reached = {"x": 0, "y": 0, "z": 0}
    for name in reached:
        moving = {tape.variables.index(name)}
        for index, line in enumerate(tape.lines):
            args = line.args[1:] if line.op == "where" else line.args
            flows = [arg for arg in args if arg in moving] if line.op != "gt" else []
            reached[name] += len(flows)
            if flows:
                moving.add(index)
    assert products(tape)[0] == sum(reached.values())


@pytest.mark.parametrize("direction", ["inputs", "outputs"])
def test_curve(direction):
    points = list(cost_curve([1, 8, 64], repeats=2, direction=direction))
    assert [point.size for point in points] == [1, 8, 64]
    for point in points:
        sweeps = (point.forward_sweeps, point.reverse_sweeps)
        assert sweeps == ((point.size, 1) if direction == "inputs" else (1, point.size))
        assert 0.0 < point.primal_ms < min(point.forward_ms, point.reverse_ms)
    small, large = points[0], points[-1]
    growing, flat = ("forward", "reverse") if direction == "inputs" else ("reverse", "forward")
    # Generous: the machine may be busy. Measured: 3.5 -> about 100, and 4 -> about 5.
    assert getattr(large, f"{growing}_ratio") > 5 * getattr(small, f"{growing}_ratio")
    assert getattr(large, f"{flat}_ratio") < 5 * getattr(small, f"{flat}_ratio")
    assert getattr(large, f"{growing}_products") > getattr(large, f"{flat}_products")


def test_steps_come_one_by_one():
    curve = cost_curve([1, 512, 512, 512], repeats=1)
    assert next(curve).lines == 10


@pytest.mark.parametrize(
    ("sizes", "repeats", "direction", "message"),
    [
        ([0], 1, "inputs", "Sizes"),
        ([1, 513], 1, "outputs", "Sizes"),
        ([1], 0, "inputs", "Repeats"),
        ([1], 1000, "inputs", "Repeats"),
        ([1], 1, "sideways", "direction"),
    ],
)
def test_errors(sizes, repeats, direction, message):
    with pytest.raises(InputError, match=message):
        cost_curve(sizes, repeats, direction)
