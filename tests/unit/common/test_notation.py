"""What is written reads back; LaTeX is well formed and means the same."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.common.expression import parse
from engines.common.formula_grammar import MAX_CHARACTERS
from engines.common.notation import (
    MAX_INLINE,
    applied,
    formula,
    latex_name,
    latex_number,
    line_names,
    number,
    to_latex,
    to_text,
)
from engines.common.operations import OPERATIONS
from engines.common.tape import Tape, TapeBuilder

NUMBERS = [2.0, 0.5, -3.0, 0.0, -0.0, 1e-20, -1e300, 1e22, 0.1, 5e-324, 123456.789]


def random_tape(seed: int, size: int, named: bool) -> Tape:
    """Any operations on any earlier lines, some of them with a name."""
    rng = random.Random(seed)
    builder = TapeBuilder(("x", "v2", "x10", "torque_1"))
    constants = {builder.constant(rng.choice(NUMBERS)) for _ in range(3)}
    for step in range(size):
        op = rng.choice([*OPERATIONS, *["add", "sub", "mul", "div", "pow", "neg"] * 6])
        args = [rng.randrange(len(builder)) for _ in range(OPERATIONS[op].arity)]
        if op == "neg" and args[0] in constants:
            continue  # -2 reads back as one number
        index = builder.apply(op, *args)
        if named and rng.random() < 0.2:
            builder.name(index, rng.choice(["a", "b", "v1", "v3", f"part{step}"]))
    last = len(builder) - 1
    return builder.build([last, *rng.sample(range(len(builder)), rng.randrange(3))])


def structure(tape: Tape) -> Tape:
    """The tape with its lines in the order of use, without names and without unused lines."""
    builder = TapeBuilder(tape.variables)
    renumbered = {index: index for index in range(len(tape.variables))}

    def copied(index: int) -> int:
        line = tape.lines[index]
        if index not in renumbered:
            args = [copied(arg) for arg in line.args]
            made = builder.apply(line.op, *args) if args else builder.constant(line.number)
            renumbered[index] = made
        return renumbered[index]

    return builder.build([copied(output) for output in tape.outputs])


@settings(max_examples=1000, deadline=None)
@given(st.integers(0, 10**9), st.integers(0, 30), st.booleans())
def test_round_trip(seed, size, named):
    tape = random_tape(seed, size, named)
    text = to_text(tape)
    if len(text) <= MAX_CHARACTERS:
        assert repr(structure(parse(text, variables=tape.variables))) == repr(structure(tape))


@settings(max_examples=500, deadline=None)
@given(st.integers(0, 10**9), st.integers(0, 30), st.booleans())
def test_latex_is_balanced(seed, size, named):
    for equation in to_latex(random_tape(seed, size, named)):
        depth = 0
        for bracket in re.findall(r"(?<!\\)[{}]", equation):
            depth += 1 if bracket == "{" else -1
            assert depth >= 0
        assert depth == 0
        assert equation.count(r"\left") == equation.count(r"\right")


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**9), st.integers(0, 40))
def test_names_differ(seed, size):
    tape = random_tape(seed, size, named=True)
    names = [
        n for n, line in zip(line_names(tape), tape.lines, strict=True) if line.op != "constant"
    ]
    assert len(set(names)) == len(names)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_read_back(value):
    tape = parse(number(value))
    assert tape.lines[tape.outputs[0]].number.hex() == value.hex()


def test_names_of_the_paper_example():
    tape = parse("log(x1) + x1*x2 - sin(x2)")
    assert line_names(tape) == ("x1", "x2", "v1", "v2", "v3", "v4", "v5")


def test_numbered_names_pass_over_typed_ones():
    assert line_names(parse("v2 = sin(v1)*2; v2 + v1")) == ("v1", "v3", "2", "v2", "v5")


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("(x + y) + z", "x + y + z"),
        ("x + (y + z)", "x + (y + z)"),
        ("x - (y - z)", "x - (y - z)"),
        ("(x*y)/z", "x*y/z"),
        ("x/(y*z)", "x/(y*z)"),
        ("(x^y)^z", "(x^y)^z"),
        ("x^(y^z)", "x^y^z"),
        ("(-x)^2", "(-x)^2"),
        ("-x^2", "-x^2"),
        ("-(x + y)", "-(x + y)"),
        ("(-2)^x", "(-2)^x"),
        ("x - -2", "x - (-2)"),
        ("x + 1e-20", "x + 1e-20"),
        ("(x > y) > z", "(x > y) > z"),
        ("x > (y > z)", "x > (y > z)"),
        ("(x + 1 > y)*2", "(x + 1 > y)*2"),
        ("max(x, -y)", "max(x, -y)"),
        ("a = x*y; a + a", "a = x*y; a + a"),
        ("x, y", "x, y"),
    ],
)
def test_brackets(typed, text):
    assert to_text(parse(typed)) == text
    assert structure(parse(text)) == structure(parse(typed))


@pytest.mark.parametrize(
    ("typed", "latex"),
    [
        ("log(x1) + x1*x2", r"\log\left(x_{1}\right) + x_{1} \cdot x_{2}"),
        ("(x + y)/z", r"\frac{x + y}{z}"),
        ("(x/y)^2", r"{\left(\frac{x}{y}\right)}^{2}"),
        ("x^(y/z)", r"{x}^{\frac{y}{z}}"),
        ("exp2(x)^2", r"{\left(2^{x}\right)}^{2}"),
        ("square(x)^2", r"{\left(\left(x\right)^2\right)}^{2}"),
        ("reciprocal(x)^2", r"{\left(\frac{1}{x}\right)}^{2}"),
        ("x*1e-20", r"x \cdot \left(1 \cdot 10^{-20}\right)"),
        ("hypot(x, y)", r"\left\|(x, y)\right\|"),
        ("abs(x)", r"\left|x\right|"),
        ("x >= y", r"x \ge y"),
        ("sqrt(x)^3", r"{\sqrt{x}}^{3}"),
        ("-(x*y)", r"-\left(x \cdot y\right)"),
        ("x - -2", r"x - \left(-2\right)"),
    ],
)
def test_latex(typed, latex):
    assert to_latex(parse(typed)) == (f"y = {latex}",)


def test_latex_of_parts_and_several_outputs():
    assert to_latex(parse("a = x*z; a, a + 1"), "f") == (
        r"a = x \cdot z",
        "f_{1} = a",
        "f_{2} = a + 1",
    )
    assert to_latex(parse("y = x*x")) == (r"y = x \cdot x",)


@pytest.mark.parametrize(
    ("name", "latex"),
    [
        ("x", "x"),
        ("x12", "x_{12}"),
        ("x_12", "x_{12}"),
        ("speed", r"\mathrm{speed}"),
        ("speed2", r"\mathrm{speed}_{2}"),
        ("top_speed", r"\mathrm{top\_speed}"),
        ("top_speed_2", r"\mathrm{top\_speed}_{2}"),
        ("x_1_2", "x_{1,2}"),
    ],
)
def test_latex_names(name, latex):
    assert latex_name(name) == latex


@pytest.mark.parametrize(
    ("value", "latex"),
    [
        (2.0, "2"),
        (-0.5, "-0.5"),
        (1e-20, r"1 \cdot 10^{-20}"),
        (float("inf"), r"\infty"),
        (float("nan"), r"\mathrm{NaN}"),
    ],
)
def test_latex_numbers(value, latex):
    assert latex_number(value) == latex


def test_one_line():
    tape = parse("x^2*sin(y) + 3")
    names = line_names(tape)
    written = [formula(tape, i, [names[a] for a in tape.lines[i].args]) for i in range(len(tape))]
    assert written == ["x", "y", "2", "x^2", "sin(y)", "v1*v2", "3", "v3 + 3"]
    assert applied("sub", ["2", "-0.5"]) == "2 - (-0.5)"
    assert applied("max", ["x + 1", "-2"]) == "max(x + 1, -2)"


def test_a_shared_tape_stays_short():
    """Forty lines that stand for a formula of 2^40 terms."""
    builder = TapeBuilder(("x",))
    last = 0
    for _ in range(40):
        last = builder.apply("add", last, last)
    tape = builder.build([last])
    assert len(to_text(tape)) < 4000
    assert max(map(len, to_latex(tape))) < 50 * MAX_INLINE
