"""Every operation and its derivative against torch, kinks, poles, nan and inf included."""

import math
import random

import numpy as np
import pytest

from benchmarks.autodiff_torch import TORCH, gradient
from engines.autodiff.operators import FLOAT_OPERATORS, OPERATORS
from engines.autodiff.rules import RULES
from engines.autodiff.sweeps import adjoints, primal, tangents
from engines.common.expression import parse
from engines.common.operations import OPERATIONS
from engines.common.tape import Tape, TapeBuilder

INF, NAN = math.inf, math.nan
EDGES = (
    *(0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, 3.0, 25.0, -25.0, 800.0, -800.0),
    *(1e-300, INF, -INF, NAN),
)


def one_line(op: str, scale: float = 1.0) -> Tape:
    """``op`` of inputs, times ``scale`` (so that the adjoint it receives is not 1)."""
    builder = TapeBuilder(tuple(f"x{i}" for i in range(OPERATIONS[op].arity)))
    result = builder.apply(op, *range(OPERATIONS[op].arity))
    return builder.build([builder.apply("mul", result, builder.constant(scale))])


def points(op: str, count: int = 200) -> list[list[float]]:
    rng = random.Random(op)
    arity = OPERATIONS[op].arity
    drawn = [[rng.choice(EDGES) for _ in range(arity)] for _ in range(count // 2)]
    drawn += [[rng.uniform(-3.0, 3.0) for _ in range(arity)] for _ in range(count // 2)]
    ties = [[x] * arity for x in EDGES]
    return drawn + ties


def same(ours: float, theirs: float, tolerance: float) -> bool:
    if math.isnan(theirs) or math.isnan(ours):
        return math.isnan(theirs) and math.isnan(ours)
    if math.isinf(theirs) or math.isinf(ours):
        return ours == theirs
    return abs(ours - theirs) <= tolerance * max(1.0, abs(theirs))


def test_every_operation_has_a_rule_and_a_float_version():
    assert list(RULES) == list(OPERATIONS)
    assert set(OPERATORS) == set(FLOAT_OPERATORS) == set(OPERATIONS) == set(TORCH)
    assert len(OPERATIONS) >= 45
    for op, rule in RULES.items():
        assert len(rule) == OPERATIONS[op].arity


TOLERANCE = {"softplus": 1e-8, "cbrt": 1e-12}
"""torch's softplus is the identity from 20 on, and its cube root is a power; ours are exact."""


def differences(op: str, point: list[float], scale: float) -> list[tuple]:
    tape = one_line(op, scale)
    values = primal(tape, {f"x{i}": x for i, x in enumerate(point)})
    ours = [values[tape.outputs[0]], *adjoints(tape, values)[: len(point)]]
    value, partials = gradient(tape, point)
    pairs = enumerate(zip(ours, [value, *partials], strict=True))
    tolerance = TOLERANCE.get(op, 4e-15)
    return [(point, scale, i, a, b) for i, (a, b) in pairs if not same(a, b, tolerance)]


@pytest.mark.parametrize("op", OPERATIONS)
def test_values_and_partials_are_torchs(op):
    wrong = []
    for scale in (1.0, -3.0, 0.0, INF):
        for point in points(op):
            # torch's gelu rounds to 0 left of -8, so that times infinity it is nan; ours does not.
            if not (op == "gelu" and scale == INF and -40.0 < point[0] < -8.0):
                wrong += differences(op, point, scale)
    assert not wrong


@pytest.mark.parametrize("op", OPERATIONS)
def test_arrays_give_what_floats_give(op):
    tape = one_line(op, -3.0)
    drawn = points(op)
    at_once = {
        name: np.array(column)
        for name, column in zip(tape.variables, zip(*drawn, strict=True), strict=True)
    }
    values = primal(tape, at_once)
    ours = [values[-1], *adjoints(tape, values)[: len(tape.variables)]]
    columns = [np.broadcast_to(row, len(drawn)) for row in ours]
    for i, point in enumerate(drawn):
        values = primal(tape, dict(zip(tape.variables, point, strict=True)))
        one = [values[-1], *adjoints(tape, values)[: len(point)]]
        for a, b in zip(columns, one, strict=True):
            assert same(float(a[i]), b, 1e-13), (point, a[i], b)


@pytest.mark.parametrize("op", OPERATIONS)
def test_forward_and_reverse_use_one_map(op):
    tape = one_line(op)
    for point in points(op):
        values = primal(tape, dict(zip(tape.variables, point, strict=True)))
        sent = adjoints(tape, values)
        for index, name in enumerate(tape.variables):
            assert same(tangents(tape, values, {name: 1.0})[-1], sent[index], 0.0)


@pytest.mark.parametrize("op", OPERATIONS)
def test_the_text_of_a_partial_says_what_is_computed(op):
    """Every text is a formula; at smooth points its value is the partial's."""
    rng = random.Random(op)
    names = [f"a{i}" for i in range(OPERATIONS[op].arity)]
    for partial in RULES[op]:
        for _ in range(50):
            args = [rng.uniform(-3.0, 3.0) for _ in names]
            z = FLOAT_OPERATORS[op](*args)
            if partial is None or math.isnan(z):
                continue
            text = partial.text.format(*names, z="z")
            tape = parse(text, variables=(*names, "z"))
            point = dict(zip((*names, "z"), (*args, z), strict=True))
            written = primal(tape, point)[tape.outputs[0]]
            assert same(partial.times(1.0, *args, z), written, 1e-12), (text, args)


def complex_step(tape: Tape, point: list[float], place: int) -> float:
    moved = [x + 1e-20j if i == place else x for i, x in enumerate(point)]
    result = primal(tape, dict(zip(tape.variables, moved, strict=True)))[tape.outputs[0]]
    return float(np.imag(result)) / 1e-20


@pytest.mark.parametrize("op", OPERATIONS)
def test_the_complex_step_gives_the_derivative(op):
    tape = one_line(op)
    rng = random.Random(op)
    for _ in range(100):
        point = [rng.uniform(0.1, 3.0) * rng.choice((1.0, -1.0)) for _ in tape.variables]
        if op == "pow":
            point[0] = abs(point[0])
        values = primal(tape, dict(zip(tape.variables, point, strict=True)))
        if op == "where" or not math.isfinite(values[-1]):
            continue
        for place, expected in enumerate(adjoints(tape, values)[: len(point)]):
            assert same(complex_step(tape, point, place), expected, 1e-13), (point, place)


def test_off_the_real_domain_a_complex_value_is_nan():
    for op in ("log", "sqrt", "asin", "acosh", "atanh", "rsqrt", "log2"):
        assert np.isnan(OPERATORS[op](complex(-2.0, 1e-20))), op


def test_operators_take_ints_and_numpy_scalars():
    assert OPERATORS["sin"](0) == 0.0 and type(OPERATORS["sqrt"](np.float64(4.0))) is float
    assert OPERATORS["div"](1, 0) == INF and OPERATORS["max"](2, np.float64(3.0)) == 3.0


def test_torch_is_where_the_conventions_come_from():
    """The conventions the documentation names, asked of torch itself."""
    for text, op, point, expected in (
        ("abs", "abs", [0.0], [0.0]),
        ("relu", "relu", [0.0], [0.0]),
        ("tie", "max", [2.0, 2.0], [0.5, 0.5]),
        ("edge", "clamp", [1.0, -1.0, 1.0], [1.0, 0.0, 0.0]),
        ("x^0", "pow", [0.0, 0.0], [0.0, 0.0]),
        ("sqrt", "sqrt", [0.0], [INF]),
        ("log", "log", [0.0], [INF]),
    ):
        assert gradient(one_line(op), point)[1] == expected, text
        values = primal(one_line(op), dict(enumerate_names(point)))
        assert adjoints(one_line(op), values)[: len(point)] == expected, text


def enumerate_names(point: list[float]) -> list[tuple[str, float]]:
    return [(f"x{i}", x) for i, x in enumerate(point)]


def test_the_where_trap_is_torchs():
    tape = parse("where(x > 0, sqrt(x), 0)")
    assert math.isnan(gradient(tape, [0.0])[1][0])
    assert math.isnan(adjoints(tape, primal(tape, {"x": 0.0}))[0])
