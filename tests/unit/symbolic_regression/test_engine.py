"""Programs, constants, simplification and the whole search against independent answers."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import numpy as np
import pytest

from engines.autodiff import evaluate as evaluate_tape
from engines.common.errors import InputError
from engines.common.expression import parse
from engines.symbolic_regression import programs as p
from engines.symbolic_regression.archive import Archive, Candidate
from engines.symbolic_regression.constants import fit_constants
from engines.symbolic_regression.discovery import Result, discover
from engines.symbolic_regression.snapping_algebra import simplify, to_tree, tree_values

NUMPY: dict[str, Any] = {
    **{"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "pow": np.power},
    **{"neg": np.negative, "inv": np.reciprocal, "square": np.square, "sqrt": np.sqrt},
    **{"cube": lambda v: v * v * v, "exp": np.exp, "log": np.log, "sin": np.sin, "cos": np.cos},
    **{"tanh": np.tanh, "asin": np.arcsin},
}


def random_program(rng: random.Random, depth: int = 4) -> p.Program:
    codes: list[int] = []
    values: list[float] = []

    def grow(left: int) -> None:
        if left == 0 or rng.random() < 0.25:
            code = rng.choice([p.CONSTANT, p.NUMBER, p.VARIABLE, p.VARIABLE + 1])
        else:
            code = rng.randrange(len(p.OPERATORS))
        codes.append(code)
        values.append(rng.uniform(-2, 2) if code in (p.CONSTANT, p.NUMBER) else 0.0)
        for _ in range(p.arity(code)):
            grow(left - 1)

    grow(depth)
    return p.Program(tuple(codes), tuple(values))


def by_numpy(program: p.Program, x: np.ndarray) -> np.ndarray:
    stack: list[Any] = []
    for code, value in zip(reversed(program.codes), reversed(program.values), strict=True):
        if code >= p.VARIABLE:
            stack.append(x[code - p.VARIABLE])
        elif code in (p.CONSTANT, p.NUMBER):
            stack.append(np.full(x.shape[1], value))
        else:
            arguments = [stack.pop() for _ in range(p.arity(code))]
            stack.append(NUMPY[p.OPERATORS[code]](*arguments))
    return stack.pop()


@pytest.mark.parametrize("seed", range(8))
def test_compiled_values_equal_numpys(seed: int) -> None:
    rng = random.Random(seed)
    x = np.random.default_rng(seed).uniform(-2, 2, (2, 30))
    for _ in range(60):
        program = random_program(rng)
        with np.errstate(all="ignore"):
            expected = by_numpy(program, x)
        found = p.evaluate(program, x)
        np.testing.assert_array_equal(np.isfinite(found), np.isfinite(expected))
        both = np.isfinite(expected)
        scale = 1e-12 * (1 + np.abs(expected[both]))
        assert (np.abs(found[both] - expected[both]) <= scale * 1e3).all()


def test_derivatives_by_the_constants_equal_differences() -> None:
    rng = random.Random(5)
    x = np.random.default_rng(5).uniform(0.5, 2, (2, 20))
    compared = 0
    for _ in range(300):
        program = random_program(rng, 3)
        places = [i for i, code in enumerate(program.codes) if code == p.CONSTANT]
        if not places:
            continue
        slopes = p.derivatives(program, x)
        for row, place in enumerate(places):
            moved = [list(program.values), list(program.values)]
            moved[0][place] += 1e-6
            moved[1][place] -= 1e-6
            high, low = (p.evaluate(p.Program(program.codes, tuple(v)), x) for v in moved)
            expected = (high - low) / 2e-6
            good = np.isfinite(expected) & (np.abs(high) < 1e3) & (np.abs(expected) < 1e3)
            np.testing.assert_allclose(slopes[row][good], expected[good], rtol=1e-3, atol=1e-4)
            compared += int(good.sum())
    assert compared > 500


def test_simplifying_keeps_the_function() -> None:
    rng = random.Random(9)
    x = np.random.default_rng(9).uniform(0.3, 1.5, (2, 15))
    compared = 0
    for _ in range(400):
        tree = to_tree(random_program(rng))
        with np.errstate(all="ignore"):
            before = np.broadcast_to(tree_values(tree, x), (15,))
            if not np.isfinite(before).all() or np.abs(before).max() > 1e4:
                continue
            after = np.broadcast_to(tree_values(simplify(tree), x), (15,))
        np.testing.assert_allclose(after, before, rtol=1e-6, atol=1e-7)
        compared += 1
    assert compared > 80


def test_constants_are_found_by_least_squares() -> None:
    x = np.linspace(0.1, 3, 60)[None]
    y = 2.5 * np.exp(-1.3 * x[0]) + 0.7
    code = p.CODE
    decay = p.Program(
        (code["exp"], code["mul"], p.CONSTANT, p.VARIABLE),
        (0.0, 0.0, -0.5, 0.0),
    )
    fit = fit_constants([decay], x, y)[0]
    # The linear part a + b f is solved in closed form and kept apart.
    offset, slope = fit.coefficients
    np.testing.assert_allclose(offset + slope * p.evaluate(fit.program, x), y, atol=1e-8)
    assert fit.sse < 1e-15
    assert (offset, slope) == pytest.approx((0.7, 2.5))


def test_the_front_keeps_only_what_is_not_beaten() -> None:
    rng = np.random.default_rng(2)
    archive = Archive()
    offered = []
    for _ in range(300):
        size = int(rng.integers(1, 20))
        program = p.Program((p.CODE["neg"],) * (size - 1) + (p.VARIABLE,), (0.0,) * size)
        candidate = Candidate(program, float(rng.random()))
        offered.append(candidate)
        archive = archive.add(candidate)
    expected = {
        (c.complexity, c.error)
        for c in offered
        if not any(
            (o.complexity <= c.complexity and o.error < c.error)
            or (o.complexity < c.complexity and o.error <= c.error)
            for o in offered
        )
    }
    assert {(c.complexity, c.error) for c in archive} == expected


LAWS = {
    "x^3 + x^2 + x": 1,
    "2*pi*sqrt(x/9.81)": 1,
    "x*y/(x + y)": 2,
    "3.5*exp(-x) + 1": 1,
    "sin(x) + y^2": 2,
}


@pytest.mark.parametrize("law", LAWS)
def test_easy_laws_are_found_exactly(law: str) -> None:
    rng = np.random.default_rng(3)
    tape = parse(law)
    x = rng.uniform(0.3, 3, (60, LAWS[law]))
    point = {name: x[:, place] for place, name in enumerate(tape.variables)}
    *_, last = discover(x, evaluate_tape(tape, point), tape.variables, seconds=20)
    assert isinstance(last, Result)
    wide = rng.uniform(0.2, 4.5, (200, LAWS[law]))
    point = {name: wide[:, place] for place, name in enumerate(tape.variables)}
    truth = np.asarray(evaluate_tape(tape, point))
    np.testing.assert_allclose(last.predict(wide), truth, rtol=1e-6, atol=1e-8)


def test_a_seed_repeats_the_search_and_the_front_is_ordered() -> None:
    x = np.linspace(-2, 2, 40)[:, None]
    y = np.tanh(2 * x[:, 0]) + 0.3 * x[:, 0] ** 2
    runs = [list(discover(x, y, seconds=60, seed=4, rounds=3)) for _ in range(2)]
    fronts = [[(e.complexity, e.error) for e in run[-1].front] for run in runs]
    assert fronts[0] == fronts[1]
    sizes, errors = zip(*fronts[0], strict=True)
    assert list(sizes) == sorted(sizes) and list(errors) == sorted(errors, reverse=True)


def test_the_result_can_be_taken_away() -> None:
    x = np.linspace(1, 2, 30)[:, None]
    *_, last = discover(x, 2 * x[:, 0] ** 2, ["t"], seconds=20)
    assert isinstance(last, Result)
    scope: dict[str, Any] = {}
    exec(last.python_code(), scope)
    np.testing.assert_allclose(scope["f"](x[:, 0]), 2 * x[:, 0] ** 2)
    tape = parse(last.best.expression, variables=("t",))
    np.testing.assert_allclose(np.asarray(evaluate_tape(tape, {"t": x[:, 0]})), 2 * x[:, 0] ** 2)
    assert json.loads(last.to_json())["best"]["complexity"] == last.best.complexity
    assert "t" in last.latex()


@pytest.mark.parametrize(
    ("x", "y", "told"),
    [
        (np.ones((20, 1)), np.arange(20.0), "same number"),
        (np.arange(20.0)[:, None], np.ones(20), "nothing to explain|nothing"),
        (np.arange(3.0)[:, None], np.arange(3.0), "rows"),
        (np.full((20, 1), math.nan), np.arange(20.0), "NaN"),
        (np.array([["a"]] * 20), np.arange(20.0), "text|numbers"),
        (np.arange(20.0)[:, None], np.arange(19.0), "rows"),
    ],
)
def test_data_that_cannot_be_used_are_named(x: Any, y: Any, told: str) -> None:
    with pytest.raises(InputError, match=told):
        discover(x, y)


def test_duplicate_and_constant_columns_are_left_out_with_a_notice() -> None:
    t = np.linspace(0, 1, 40)
    x = np.stack([t, t, np.ones(40)], axis=1)
    step = next(iter(discover(x, t**2, ["a", "b", "c"], seconds=5, rounds=1)))
    assert len(step.notices) == 2


def test_hostile_names_are_inert() -> None:
    t = np.linspace(0.1, 1, 40)[:, None]
    *_, last = discover(t, 3 * t[:, 0], ["__import__('os').system('x')"], seconds=10)
    assert isinstance(last, Result)
    assert "import os" not in last.python_code() and "system" not in last.best.expression
