"""The peers agree with the engine, with each other, and with what is known."""

import math
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.autodiff import gradient, hessian
from engines.autodiff.peers import (
    mpmath_reference,
    torch_autograd,
    torch_func,
    torch_outputs,
)
from engines.autodiff.sympy_peer import symbolic, to_json
from engines.common.errors import InputError
from engines.common.expression import parse
from engines.common.operations import OPERATIONS
from engines.common.tape import TapeBuilder

ROOT = Path(__file__).parents[3]
PAPER = parse("log(x1) + x1*x2 - sin(x2)")
AT = {"x1": 2.0, "x2": 5.0}
PEERS: dict[str, Callable[..., Any]] = {
    "autograd": torch_autograd,
    "func": torch_func,
    "mpmath": mpmath_reference,
}


def one_operation(name):
    arity = OPERATIONS[name].arity
    point = {variable: 0.6 + 0.3 * place for place, variable in enumerate("abc"[:arity])}
    if name == "acosh":
        point = {"a": 1.6}
    builder = TapeBuilder(tuple(point))
    return builder.build([builder.apply(name, *range(arity))]), point


def random_smooth(seed):
    """A random formula whose steps stay inside the domains, and a point."""
    rng = random.Random(seed)
    builder = TapeBuilder(("x", "y", "z"))
    pool = [0, 1, 2, builder.constant(0.7)]
    for _ in range(12):
        op = rng.choice(["add", "sub", "mul", "sin", "tanh", "exp", "atan", "sigmoid", "square"])
        args = [rng.choice(pool[-8:]) for _ in range(OPERATIONS[op].arity)]
        index = builder.apply(op, *args)
        pool.append(builder.apply("tanh", index) if op in ("exp", "square") else index)
    return builder.build([pool[-1]]), {"x": 0.3, "y": -0.8, "z": 1.1}


@pytest.mark.parametrize("peer", PEERS)
def test_paper_example(peer):
    result = PEERS[peer](PAPER, AT, second=True)
    assert result.value == pytest.approx(11.652071455223084, rel=1e-15)
    assert result.gradient == pytest.approx({"x1": 5.5, "x2": 1.7163378145367738}, rel=1e-15)
    expected = [[-0.25, 1.0], [1.0, -0.9589242746631385]]
    assert np.allclose(result.hessian, expected, rtol=1e-15, atol=0.0)
    assert result.cpu_ms > 0.0


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation(peer, name):
    """Tolerance: a few roundings of each side; torch's cube root is a power and a sign."""
    tape, point = one_operation(name)
    result = PEERS[peer](tape, point, second=True)
    assert result.gradient == pytest.approx(gradient(tape, point), rel=4e-15, abs=4e-16)
    assert np.allclose(result.hessian, hessian(tape, point), rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("seed", range(25))
def test_random_formulas(seed):
    tape, point = random_smooth(seed)
    ours, second = gradient(tape, point), hessian(tape, point)
    scale = max(1.0, *map(abs, ours.values()), float(np.abs(second).max()))
    for peer in PEERS.values():
        result = peer(tape, point, second=True)
        assert result.gradient == pytest.approx(ours, rel=1e-12, abs=1e-14 * scale)
        assert np.allclose(result.hessian, second, rtol=1e-11, atol=1e-13 * scale)
    result = symbolic(to_json(tape), point)
    assert result["gradient"] == pytest.approx(ours, rel=1e-12, abs=1e-14 * scale)


class TestTorch:
    @pytest.mark.parametrize("peer", [torch_autograd, torch_func])
    def test_where_nothing_flows(self, peer):
        result = peer(parse("(x > 1) + 0*2", variables=("x", "y")), {"x": 2.0, "y": 1.0})
        assert result.value == 1.0
        assert result.gradient == {"x": 0.0, "y": 0.0}
        assert not result.hessian.any()

    @pytest.mark.parametrize("peer", [torch_autograd, torch_func])
    def test_constant_function(self, peer):
        result = peer(parse("2*3"), {})
        assert (result.value, result.gradient, result.hessian.shape) == (6.0, {}, (0, 0))

    @pytest.mark.parametrize("peer", [torch_autograd, torch_func])
    def test_without_second_derivatives(self, peer):
        assert peer(PAPER, AT, second=False).hessian is None

    def test_nan_trap(self):
        """The branch not taken still sends nan: 0 times the infinite slope of sqrt at 0."""
        tape = parse("where(x > 0, sqrt(x), 0)")
        assert math.isnan(torch_autograd(tape, {"x": 0.0}).gradient["x"])
        assert math.isnan(gradient(tape, {"x": 0.0})["x"])

    def test_all_outputs_of_many_points(self):
        import torch

        x = torch.linspace(-2.0, 2.0, 5, dtype=torch.float64)
        squares, flags = torch_outputs(parse("x^2, x > 0"), [x])
        assert squares.tolist() == [4.0, 1.0, 0.0, 1.0, 4.0]
        assert flags.tolist() == [0.0, 0.0, 0.0, 1.0, 1.0]


class TestMpmath:
    def test_digits(self):
        """What double precision cannot see: (1 + x) - 1 at a tiny x."""
        tape = parse("((1 + x) - 1)/x")
        assert mpmath_reference(tape, {"x": 1e-25}).value == 1.0
        tape = parse("(1 - cos(x))/x^2")
        result = mpmath_reference(tape, {"x": 1e-8})
        assert result.value == pytest.approx(0.5, rel=1e-15)
        assert result.gradient["x"] == pytest.approx(-1e-8 / 12, rel=1e-14)

    @pytest.mark.parametrize("digits", [15, 50, 150])
    def test_fast_functions(self, digits):
        result = mpmath_reference(parse("sin(1e6*x)"), {"x": 0.3}, digits=digits)
        # cos(300000) to 20 digits
        assert result.gradient["x"] / 1e6 == pytest.approx(math.cos(1e6 * 0.3), rel=1e-10)

    def test_off_the_domain(self):
        for text in ("log(x)", "sqrt(x)", "asin(x - 1)", "x^0.5", "acosh(x)", "atanh(x - 1)"):
            assert math.isnan(mpmath_reference(parse(text), {"x": -1.5}).value), text

    def test_poles(self):
        for text, value in (("log(x)", -math.inf), ("1/x", math.nan), ("x^-1", math.inf)):
            found = mpmath_reference(parse(text), {"x": 0.0}).value
            assert found == value or (math.isnan(value) and math.isinf(found))

    def test_towers_come_to_an_end(self):
        for text in ("exp(exp(exp(exp(exp(x)))))", "9^9^9^9^x", "1/exp(exp(exp(exp(x))))"):
            result = mpmath_reference(parse(text), {"x": 9.0})
            assert result.cpu_ms < 2000
            assert not math.isfinite(result.value) or result.value == 0.0

    def test_its_own_precision_only(self):
        import mpmath

        before = mpmath.mp.dps
        mpmath_reference(PAPER, AT)
        assert mpmath.mp.dps == before

    def test_digits_out_of_range(self):
        with pytest.raises(InputError, match="15 to 200"):
            mpmath_reference(PAPER, AT, digits=5)


def test_no_peer_is_imported_with_the_engine():
    code = (
        "import sys, engines.autodiff, engines.autodiff.peers, engines.autodiff.sympy_peer,"
        "engines.autodiff.differences, engines.autodiff.cost, engines.autodiff.dialects;"
        "print(sorted({'torch', 'sympy', 'mpmath', 'streamlit', 'plotly'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout == "[]\n"


@pytest.mark.parametrize("peer", PEERS)
def test_point_errors(peer):
    with pytest.raises(InputError, match="x2"):
        PEERS[peer](PAPER, {"x1": 1.0})
    with pytest.raises(InputError, match="one point"):
        PEERS[peer](PAPER, {"x1": np.ones(2), "x2": 1.0})
