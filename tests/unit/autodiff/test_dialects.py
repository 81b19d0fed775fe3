"""The three scripts run, and leave the same gradient as the engine."""

import math

import pytest

from engines.autodiff.dialects import as_nodes, as_operators, as_torch
from engines.autodiff.modes import gradient
from engines.common.errors import InputError
from engines.common.expression import parse
from engines.common.operations import OPERATIONS
from engines.common.tape import TapeBuilder

DIALECTS = {"nodes": as_nodes, "operators": as_operators, "torch": as_torch}

FUNCTIONS = [
    ("log(x1) + x1*x2 - sin(x2)", {"x1": 2.0, "x2": 5.0}),
    ("b = a + a; c = b + b; c", {"a": 1.0}),
    ("(1 - x)^2 + 100*(y - x^2)^2", {"x": -1.2, "y": 1.0}),
    ("where(x > 0, sqrt(x), 0)*exp(-x/2)", {"x": 0.7}),
    ("max(x, 2)^-3 + (-2)^3*min(x, 1/3)", {"x": 2.5}),
    ("abs(-x)*cbrt(x) + softplus(30*x) - gelu(x) + silu(x)", {"x": -0.8}),
    ("clamp(x, -1, y) + atan2(x, y) + hypot(x, y) + logaddexp(x, 2)", {"x": 0.3, "y": 0.9}),
    ("sin(2*3)*x + (2 > 1) + 1/4 + -(2*3)", {"x": 1.0}),
    ("x", {"x": 1.0}),
    ("(x > 1)*3", {"x": 2.0}),
    ("2*3", {}),
    ("5", {}),
    ("x*y, x + y", {"x": 2.0, "y": 5.0}),
    ("where(x > y, 3*z, z)", {"x": 2.0, "y": 1.0, "z": 4.0}),
    ("1e308*x*10", {"x": 1.0}),
    # Names that Python, torch or the scripts themselves use.
    (
        "torch + print*max(name, graph) + list^v1/v3",
        dict.fromkeys(("torch", "print", "name", "graph", "list", "v1", "v3"), 1.5),
    ),
    (
        "power^2^c1 + f + gradient + slopes + add + wrap + step + sub(1)".replace("sub(1)", "sub"),
        dict.fromkeys(
            ("power", "c1", "f", "gradient", "slopes", "add", "wrap", "step", "sub"), 1.2
        ),
    ),
    ("2^(1/2)*power + min(minimum, 1)", {"power": 1.2, "minimum": 0.4}),
]


def slopes_of(code):
    scope: dict[str, dict[str, float]] = {}
    exec(compile(code, "script", "exec"), scope)
    return scope["slopes"]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("text", "point"), FUNCTIONS, ids=[text for text, _ in FUNCTIONS])
def test_scripts_run(dialect, text, point):
    tape = parse(text)
    first = tape.outputs[0]
    expected = gradient(type(tape)(tape.lines, tape.variables, (first,)), point)
    found = slopes_of(DIALECTS[dialect](tape, point))
    assert list(found) == list(expected)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-12, nan_ok=True), name


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation(dialect, name):
    arity = OPERATIONS[name].arity
    variables = tuple(f"x{place}" for place in range(1, arity + 1))
    point = {variable: 0.4 + 0.3 * place for place, variable in enumerate(variables)}
    if name == "acosh":
        point = {"x1": 1.4}
    builder = TapeBuilder(variables)
    tape = builder.build([builder.apply(name, *range(arity))])
    found = slopes_of(DIALECTS[dialect](tape, point))
    assert found == pytest.approx(gradient(tape, point), rel=1e-12)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, -0.0, 1e-320, 1.7e308])
def test_every_number_can_be_written(dialect, value):
    assert slopes_of(DIALECTS[dialect](parse("x + 1"), {"x": value})) == {"x": 1.0}


def test_the_paper_script():
    """The calls of the paper's example, line by line."""
    code = as_nodes(parse("log(x1) + x1*x2 - sin(x2)"), {"x1": 2, "x2": 5})
    assert code == (
        "from engines.autodiff.teaching import Graph, Node, add, sub, mul, log, sin, forward\n"
        "\n"
        'x1 = Node(2.0, name="x1")\n'
        'x2 = Node(5.0, name="x2")\n'
        "v1 = log(x1)\n"
        "v2 = mul(x1, x2)\n"
        "v3 = add(v1, v2)\n"
        "v4 = sin(x2)\n"
        "v5 = sub(v3, v4)\n"
        "\n"
        "graph = Graph((x1, x2, v1, v2, v3, v4, v5), outputs=(6,))\n"
        "slopes = {}\n"
        "for name in ['x1', 'x2']:\n"
        "    for step in forward(graph, name):\n"
        "        print(step.symbols, step.numbers)\n"
        "    slopes[name] = v5.partial_derivative\n"
    )


@pytest.mark.parametrize("dialect", DIALECTS)
def test_long_lines_are_broken(dialect):
    text = "; ".join(f"a{i} = sin(x{i % 7}) + {i}" for i in range(60)) + "; a3*a59"
    tape = parse(text)
    point = {name: 1.0 for name in tape.variables}
    code = DIALECTS[dialect](tape, point)
    assert max(map(len, code.splitlines())) <= 130
    assert slopes_of(code) == pytest.approx(gradient(tape, point), rel=1e-13)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_errors(dialect):
    with pytest.raises(InputError, match="no value for y"):
        DIALECTS[dialect](parse("x*y"), {"x": 1.0})
    builder = TapeBuilder(('x"); import os; ("',))
    with pytest.raises(InputError, match="rename"):
        DIALECTS[dialect](builder.build([0]), {'x"); import os; ("': 1.0})
