"""The printed sweeps: the paper's example line by line, and agreement with the sweeps."""

import math
import random
from typing import Any

import pytest

from benchmarks.autodiff_random import random_point, random_tape
from engines.autodiff import adjoints, forward_trace, primal, reverse_trace, tangents
from engines.common.errors import InputError

PAPER = "log(x1) + x1*x2 - sin(x2)"
AT = {"x1": 2.0, "x2": 5.0}


def test_the_forward_trace_of_the_papers_example():
    """Its eleven numbers; the two lines that its printed trace has wrong stand here corrected."""
    lines = [
        (
            step.name,
            step.symbols,
            step.numbers,
            step.value,
            step.tangent_symbols,
            step.tangent_numbers,
            step.tangent,
        )
        for step in forward_trace(PAPER, AT, "x1", digits=4)
    ]
    sine = math.sin(5.0)
    assert lines == [
        ("x1", "x1", "2", 2.0, "1", "1", 1.0),
        ("x2", "x2", "5", 5.0, "0", "0", 0.0),
        ("v1", "log(x1)", "log(2)", math.log(2.0), "(1/x1)·x1'", "0.5·1", 0.5),
        ("v2", "x1*x2", "2*5", 10.0, "x2·x1' + x1·x2'", "5·1 + 2·0", 5.0),
        ("v3", "v1 + v2", "0.6931 + 10", math.log(2.0) + 10.0, "v1' + v2'", "0.5 + 5", 5.5),
        ("v4", "sin(x2)", "sin(5)", sine, "cos(x2)·x2'", "0.2837·0", 0.0),
        ("v5", "v3 - v4", "10.69 - (-0.9589)", 11.652071455223084, "v3' - v4'", "5.5 - 0", 5.5),
    ]


def test_the_reverse_trace_of_the_papers_example():
    steps = reverse_trace(PAPER, AT, digits=4)
    assert [(step.name, step.adjoint_symbols, step.adjoint_numbers) for step in steps] == [
        ("v5", "1", "1"),
        ("v4", "-v̄5", "-1"),
        ("v3", "v̄5", "1"),
        ("v2", "v̄3", "1"),
        ("v1", "v̄3", "1"),
        ("x2", "v̄4·cos(x2) + v̄2·x1", "(-1)·0.2837 + 1·2"),
        ("x1", "v̄2·x2 + v̄1·(1/x1)", "1·5 + 1·0.5"),
    ]
    assert [step.adjoint for step in steps] == [1.0, -1.0, 1.0, 1.0, 1.0, 1.7163378145367738, 5.5]
    totals = [(c.name, c.amount, c.total) for step in steps for c in step.contributions]
    assert totals[-3:] == [("x1", 5.0, 5.0), ("x2", 2.0, 1.7163378145367738), ("x1", 0.5, 5.5)]


@pytest.mark.parametrize("seed", range(40))
def test_traces_agree_with_the_sweeps(seed):
    rng = random.Random(seed)
    tape = random_tape(rng, depth=5)
    point = dict(zip(tape.variables, random_point(rng, len(tape.variables)), strict=True))
    values = primal(tape, point)
    for name in tape.variables:
        moved = tangents(tape, values, {name: 1.0})
        forward = forward_trace(tape, point, name)
        assert repr([step.tangent for step in forward]) == repr(moved)
        assert [step.index for step in forward] == list(range(len(tape)))
    reverse = reverse_trace(tape, point)
    sent = adjoints(tape, values)
    assert repr([step.adjoint for step in reverse]) == repr(sent[::-1])
    received = {c.argument: c.total for step in reverse for c in step.contributions}
    for step in reverse:
        assert repr(received.get(step.index, step.adjoint)) == repr(step.adjoint)


def test_what_stands_still_is_marked():
    steps = {
        step.name: step for step in forward_trace("x1 + sqrt(x2) + 2", {"x1": 1, "x2": 0}, "x1")
    }
    assert [name for name, step in steps.items() if step.depends] == ["x1", "v2", "v3"]
    assert steps["v1"].partials[0].value == math.inf
    assert (steps["v1"].tangent_numbers, steps["v1"].tangent) == ("0", 0.0)
    assert steps["2"].partials == () and steps["2"].tangent_symbols == "0"


def test_what_is_not_reached_is_marked():
    steps = {step.name: step for step in reverse_trace("x*2, y*3", {"x": 1, "y": 4}, output=1)}
    assert {name for name, step in steps.items() if step.reached} == {"v2", "y"}
    assert steps["x"].adjoint_symbols == "0" and steps["y"].adjoint == 3.0


def test_constant_powers_are_written_as_one_would():
    texts = {}
    for text in ("x^2", "x^3", "x^0.5", "x^1", "x^(-1)", "x^y"):
        step = forward_trace(text, {"x": 2.0, "y": 3.0}, "x")[-1]
        texts[text] = step.partials[0].symbols
    assert texts == {
        "x^2": "2*x",
        "x^3": "3*x^2",
        "x^0.5": "0.5*x^(-0.5)",
        "x^1": "1",
        "x^(-1)": "(-1)*x^(-2)",
        "x^y": "y*x^(y - 1)",
    }


def test_bad_input_is_named():
    complex_point: Any = {"x1": 1j, "x2": 1.0}
    with pytest.raises(InputError, match="z"):
        forward_trace(PAPER, AT, "z")
    with pytest.raises(InputError, match="output"):
        reverse_trace(PAPER, AT, output=1)
    with pytest.raises(InputError, match="one point"):
        reverse_trace(PAPER, complex_point)
