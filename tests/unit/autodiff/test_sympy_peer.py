"""SymPy's formulas: right, readable, growing, and stopped where they run away."""

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

from engines.autodiff import gradient
from engines.autodiff.peers import mpmath_reference
from engines.autodiff.sympy_peer import (
    MAX_LINES,
    from_json,
    logistic_map,
    swell,
    symbolic,
    to_json,
)
from engines.common.errors import InputError, JailError
from engines.common.expression import parse
from engines.common.jail import Worker
from engines.common.operations import OPERATIONS
from engines.common.tape import TapeBuilder

ROOT = Path(__file__).parents[3]
PAPER = parse("log(x1) + x1*x2 - sin(x2)")
AT = {"x1": 2.0, "x2": 5.0}
SYMPY = {
    "symbolic": "engines.autodiff.sympy_peer:symbolic",
    "swell": "engines.autodiff.sympy_peer:swell",
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_in_sympy(name):
    arity = OPERATIONS[name].arity
    point = {variable: 0.6 + 0.3 * place for place, variable in enumerate("abc"[:arity])}
    if name == "acosh":
        point = {"a": 1.6}
    builder = TapeBuilder(tuple(point))
    tape = builder.build([builder.apply(name, *range(arity))])
    result = symbolic(to_json(tape), point)
    assert result["gradient"] == pytest.approx(gradient(tape, point), rel=4e-15, abs=4e-16)
    assert json.loads(json.dumps(result)) == result


def test_paper_example():
    result = symbolic(to_json(PAPER), AT)
    assert result == {
        "value": 11.652071455223084,
        "gradient": {"x1": 5.5, "x2": 1.7163378145367738},
        "latex": {
            "x1": r"x_{2} + \frac{1}{x_{1}}",
            "x2": r"x_{1} - \cos{\left(x_{2} \right)}",
        },
        "operations": 4,
        "characters": 21,
        "lines": 7,
    }


def test_swell():
    """Formulas grow about 2.6 times with each level, the tape by three lines."""
    rows = swell(8)
    assert [row["lines"] for row in rows] == [1, 6, 9, 12, 15, 18, 21, 24]
    assert rows[-1] == {"level": 8, "operations": 5472, "characters": 21435, "lines": 24}
    for small, large in itertools.pairwise(rows[2:]):
        assert large["characters"] / small["characters"] > 2.5


def test_logistic_map():
    tape = logistic_map(4)
    x = 0.2
    for _ in range(3):
        x = 4.0 * x * (1.0 - x)
    assert mpmath_reference(tape, {"x": 0.2}).value == pytest.approx(x, rel=1e-14)


def test_json_round_trip():
    tape = parse("where(x > 1e-20, 2^x, -y) + hypot(x, 3)")
    again = from_json(json.loads(json.dumps(to_json(tape))))
    assert [line.op for line in again.lines] == [line.op for line in tape.lines]
    assert [line.value for line in again.lines] == [line.value for line in tape.lines]
    assert (again.variables, again.outputs) == (tape.variables, tape.outputs)


def test_conditions():
    tape = parse("where((x > 1)*(y > 1), x*y, x + y) + where(x, 1, 2) + (x > y)")
    for x, y in ((2.0, 3.0), (2.0, 0.5), (-1.0, 4.0)):
        point = {"x": x, "y": y}
        result = symbolic(to_json(tape), point)
        assert result["gradient"] == gradient(tape, point)
        assert result["value"] == mpmath_reference(tape, point).value


def test_no_finite_number():
    result = symbolic(to_json(parse("log(x) + 1/y")), {"x": -1.0, "y": 0.0})
    assert result["value"] is None
    assert result["gradient"] == {"x": None, "y": None}
    assert result["latex"]["y"] == r"- \frac{1}{y^{2}}"


@pytest.mark.parametrize(
    "text",
    [
        "9^9^9",
        "x*9^9^9^9",
        "((x^9)^9)^9^9",
        "((((((2*x)^64)^64)^64)^64)^64)^64",
        "square(" * 60 + "3*x" + ")" * 60,
        "square(" * 100 + "(x - x) + 9" + ")" * 100,
        "exp2(" * 30 + "9" + ")" * 30,
        "exp2(" * 20 + "9*x" + ")" * 20,
        "(2^1000)^1000^1000*x",
    ],
)
def test_towers_of_whole_numbers(text):
    """Each of these would be a number of millions of digits if it were kept exact."""
    code = (
        "import json, sys; from engines.autodiff.sympy_peer import symbolic;"
        "symbolic(json.loads(sys.argv[1]), {'x': 0.5}); print('done')"
    )
    data = json.dumps(to_json(parse(text)))
    run = subprocess.run(
        [sys.executable, "-c", code, data],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.stdout == "done\n", run.stderr


def test_errors():
    with pytest.raises(InputError, match="no value for x2"):
        symbolic(to_json(PAPER), {"x1": 1.0})
    with pytest.raises(InputError, match="no operation"):
        symbolic({"variables": ["x"], "lines": [["system", [0], None]], "outputs": [1]}, {})
    builder = TapeBuilder(("x",), share=False)
    for _ in range(MAX_LINES):
        builder.apply("sin", 0)
    with pytest.raises(InputError, match="at most"):
        symbolic(to_json(builder.build([1])), {"x": 1.0})
    with pytest.raises(InputError, match="levels"):
        swell(50)


class TestInTheWorker:
    def test_calls(self):
        worker = Worker(SYMPY, timeout_s=30.0)
        try:
            result = worker.call("symbolic", to_json(PAPER), AT)
            assert result["gradient"] == gradient(PAPER, AT)
            assert len(worker.call("swell", 4)) == 4
        finally:
            worker.close()

    def test_runaway_is_stopped(self):
        """A hundred nested ``sin(e) + e``: 201 lines of tape, a formula without end."""
        builder = TapeBuilder(("x",))
        last = 0
        for _ in range(100):
            last = builder.apply("add", builder.apply("sin", last), last)
        nested = builder.build([last])
        worker = Worker(SYMPY, timeout_s=30.0)
        try:
            worker.call("swell", 1)
            with pytest.raises(JailError):
                worker.call("symbolic", to_json(nested), {"x": 0.5}, timeout_s=1.0)
            assert worker.call("swell", 1)[0]["lines"] == 1
        finally:
            worker.close()
