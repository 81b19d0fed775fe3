"""What is read, where reading stops, and what is said then."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.autodiff.modes import evaluate
from engines.common.errors import ParseError
from engines.common.expression import MAX_LINES, MAX_VARIABLES, parse
from engines.common.formula_grammar import MAX_CHARACTERS, MAX_DEPTH, MAX_NAME
from engines.common.operations import ALIASES, FUNCTIONS


def error_of(text, **options):
    with pytest.raises(ParseError) as caught:
        parse(text, **options)
    return caught.value


class TestRead:
    def test_paper_example(self):
        tape = parse("log(x1) + x1*x2 - sin(x2)")
        assert [(line.op, line.args) for line in tape.lines] == [
            ("input", ()),
            ("input", ()),
            ("log", (0,)),
            ("mul", (0, 1)),
            ("add", (2, 3)),
            ("sin", (1,)),
            ("sub", (4, 5)),
        ]
        assert (tape.variables, tape.outputs) == (("x1", "x2"), (6,))

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("1 + 2*3", 7.0),
            ("(1 + 2)*3", 9.0),
            ("2^3^2", 512.0),
            ("2**3**2", 512.0),
            ("-2^2", -4.0),
            ("(-2)^2", 4.0),
            ("2^-1", 0.5),
            ("8/4/2", 1.0),
            ("8 - 4 - 2", 2.0),
            ("--3", 3.0),
            ("+3", 3.0),
            ("1.5e-3 + .5 + 2.", 2.5015),
            ("pi/tau", 0.5),
            ("log(e)", 1.0),
            ("ln(e^2)", 2.0),
            ("2 > 1", 1.0),
            ("(2 >= 3) + (2 != 3)", 1.0),
            ("max(1, 5, 3)", 5.0),
            ("min(4, 2, 3)", 2.0),
            ("pow(2, 10)", 1024.0),
            ("where(1 < 2, 3, 4)", 3.0),
            ("a = 2; b = a*a\nb + a", 6.0),
            ("a = 2;", 2.0),
            ("; 3 ;", 3.0),
            ("6\u00f73 \u2212 2\u00d71", 0.0),
            ("2\u00a0+\u20092 \u2013 1", 3.0),
        ],
    )
    def test_values(self, text, value):
        assert evaluate(text, {}) == pytest.approx(value, rel=1e-15)

    def test_outputs(self):
        assert parse("x*y, x + y").outputs == (2, 3)
        assert parse("(x, y)").outputs == (0, 1)

    def test_equal_parts_are_shared(self):
        assert len(parse("sin(x)*sin(x) + sin(x)")) == 4

    def test_order_of_variables(self):
        assert parse("x10 + x2 + b + a1").variables == ("a1", "b", "x2", "x10")
        assert parse("y", variables=("z", "y")).variables == ("z", "y")

    def test_names_of_parts(self):
        tape = parse("a = x*x; b = a + a; b")
        assert [line.name for line in tape.lines] == ["x", "a", "b"]

    def test_aliases(self):
        for alias, name in ALIASES.items():
            args = ", ".join("xyz"[: FUNCTIONS[name].arity])
            assert parse(f"{alias}({args})").lines[-1].op == name

    def test_long_sums_are_not_deep(self):
        tape = parse("+".join(["x"] * 900))
        assert len(tape) == 900
        assert evaluate(tape, {"x": 1.0}) == 900.0

    def test_positions_of_lines(self):
        text = "x^2 + sin(x)^3"
        by_op = {line.op: line.position for line in parse(text).lines}
        assert text[by_op["sin"] :].startswith("sin(x)")
        text = "a = x^2;\n  b = exp(a^2)"
        by_op = {line.op: line.position for line in parse(text).lines}
        assert text[by_op["exp"] :].startswith("exp(a^2)")


MISTAKES = [
    # text, position, length, a part of the message
    ("", 0, 1, "Type a formula"),
    ("   ", 0, 1, "Type a formula"),
    ("2x", 1, 1, "write 2*x"),
    ("2 x", 2, 1, "write 2*x"),
    ("2(x + 1)", 1, 1, "between 2 and the bracket"),
    ("(x + 1)(x + 2)", 7, 1, "between the brackets"),
    ("(x)y", 3, 1, "to multiply write *"),
    ("x y", 2, 1, "write x*y"),
    ("3 4", 2, 1, "Two numbers"),
    ("x(3)", 0, 1, "write x*(...)"),
    ("pi(3)", 0, 2, "write pi*(...)"),
    ("sin x", 4, 1, "sin(x)"),
    ("sin 2", 4, 1, "sin(2)"),
    ("sin", 0, 3, "write sin(...)"),
    ("x + sin", 4, 3, "write sin(...)"),
    ("sin^2(x)", 0, 3, "sin needs brackets"),
    ("sin*x", 0, 3, "sin needs brackets"),
    ("(x", 0, 1, "never closed"),
    ("sin((x)", 3, 1, "never closed"),
    ("sin(\nx)", 3, 1, "never closed"),
    ("x)", 1, 1, "never opened"),
    (")", 0, 1, "never opened"),
    ("()", 0, 2, "nothing between"),
    ("x**", 3, 1, "ends too early"),
    ("x + ", 4, 1, "ends too early"),
    ("x,", 2, 1, "ends too early"),
    ("x^^2", 2, 1, "between ^ and ^"),
    ("x + *y", 4, 1, "between + and *"),
    ("*x", 0, 1, "before this *"),
    ("(*x)", 1, 1, "before this *"),
    ("sin(x,)", 6, 1, "between , and )"),
    ("x//2", 2, 1, "between / and /"),
    ("a=b;b=2", 4, 1, "used before it is defined"),
    ("a = x; a = y; a", 7, 1, "defined already"),
    ("a =", 2, 1, "expected after this ="),
    ("a = ; a", 2, 1, "expected after this ="),
    ("x = y = 2", 6, 1, "write =="),
    ("x**2 = 4", 5, 1, "write =="),
    ("sin = 3; sin", 0, 3, "has a meaning already"),
    ("pi = 3; pi", 0, 2, "has a meaning already"),
    ("x; y", 0, 1, "Only the last part"),
    ("a = x, y; a", 4, 4, "Several formulas"),
    ("(x, y), z", 0, 6, "Several formulas"),
    ("sinn(x)", 0, 4, "Did you mean sin?"),
    ("1 + logg(x)", 4, 4, "Did you mean log"),
    ("f(x)", 0, 1, "no function f"),
    ("max(1)", 0, 6, "takes 2 values, not 1"),
    ("sin()", 0, 5, "takes 1 value, not 0"),
    ("sin(x, y)", 0, 9, "takes 1 value, not 2"),
    ("where(x > 0,1)", 0, 14, "takes 3 values, not 2."),
    ("log(x, 2)", 0, 9, "log2(x)"),
    ("0,5", 1, 1, "point"),
    ("x + 0,5*y", 5, 1, "point"),
    ("sin(0,5)", 0, 8, "point"),
    ("1.2.3", 3, 2, "one decimal point"),
    ("1_000", 1, 4, "without separators"),
    ("007", 0, 3, "leading zeros"),
    (".", 0, 1, "dot"),
    ("x.y", 1, 1, "dot"),
    ("1e400", 0, 5, "too large"),
    ("-1e400*x", 1, 5, "too large"),
    ("0x10", 1, 3, "write 0*x10"),
    ("x == y == z", 0, 11, "two values at a time"),
    ("x > 0 > y", 0, 9, "two values at a time"),
    ("x <> y", 3, 1, "between < and >"),
    ("x!", 1, 1, "factorial"),
    ("|x|", 0, 1, "abs(x)"),
    ("\u221ax", 0, 1, "sqrt(x)"),
    ("x\u00b2", 1, 1, "^2"),
    ("\u03c0*x", 0, 1, "pi"),
    ("x \u2264 2", 2, 1, "<="),
    ("x % 2", 2, 1, "divide by 100"),
    ("[x + 1]*2", 0, 1, "round brackets"),
    ("\\frac{1}{2}", 0, 1, "LaTeX"),
    ("x'", 1, 1, "Derivatives"),
    ("'x'", 0, 1, "Derivatives"),
    ('"x"', 0, 1, "no text"),
    ("x # note", 2, 1, "no comments"),
    ("x := 2", 2, 1, "name = formula"),
    ("\u00e9", 0, 1, "letters"),
    ("x and y", 2, 3, "multiply them"),
    ("not x", 0, 3, "1 - (x > 0)"),
    ("x if y else z", 2, 2, "where(condition"),
    ("lambda", 0, 6, "only the formula"),
    ("_x", 0, 2, "begin with a letter"),
    ("x + __class__", 4, 9, "begin with a letter"),
    ("a" * 25, 0, 25, "at most 24"),
    ("sin(**x)", 4, 2, "before this **"),
]


@pytest.mark.parametrize(("text", "position", "length", "part"), MISTAKES)
def test_mistake(text, position, length, part):
    error = error_of(text)
    assert (error.position, error.length) == (position, length), error.pointer()
    assert part in str(error)
    assert error.text == text


LATER = [mistake for mistake in MISTAKES if mistake[0].strip() and mistake[0] != "x; y"]


@pytest.mark.parametrize(("text", "position", "length", "part"), LATER)
@pytest.mark.parametrize("before", ["k = w^3;  ", "k = w^3^w\n\t"])
def test_mistake_in_a_later_part(before, text, position, length, part):
    """The same, after a part that holds ``^`` (two characters in Python) and blanks."""
    error = error_of(before + text)
    assert (error.position - len(before), error.length) == (position, length), error.pointer()


class TestAllowedNames:
    def test_unknown_name(self):
        error = error_of("2*x + z*y", variables=("x", "y"))
        assert (error.position, error.length) == (6, 1)
        assert "Known are x, y" in str(error)

    def test_no_names(self):
        assert "no names" in str(error_of("x", variables=()))

    def test_an_input_is_not_redefined(self):
        error = error_of("x = 2; x", variables=("x",))
        assert (error.position, error.length) == (0, 1)

    def test_parts_may_be_named(self):
        assert parse("a = x^2; a + y", variables=("x", "y")).variables == ("x", "y")


class TestLimits:
    def test_characters(self):
        parse("x" + " " * (MAX_CHARACTERS - 1))
        error = error_of("x" + " " * MAX_CHARACTERS)
        assert (error.position, error.length) == (MAX_CHARACTERS, 1)

    def test_brackets(self):
        depth = MAX_DEPTH
        assert evaluate("(" * depth + "x" + ")" * depth, {"x": 3.0}) == 3.0
        error = error_of("(" * (depth + 1) + "x" + ")" * (depth + 1))
        assert error.position == depth
        assert str(depth) in str(error)

    @pytest.mark.parametrize("unit", ["sin(", "-", "x^"])
    def test_depth(self, unit):
        close = ")" if unit.endswith("(") else ""
        for count in (20, MAX_DEPTH - 1):
            parse(unit * count + "x" + close * count)
        deep = unit * (MAX_DEPTH + 1) + "x" + close * (MAX_DEPTH + 1)
        assert "deep" in str(error_of(deep))

    def test_depth_that_python_itself_refuses(self):
        assert "deep" in str(error_of("-" * 1999 + "x"))

    def test_lines(self):
        numbers = [*range(10), *range(10, 100), *range(100, 525)]
        text = "x+" + "+".join(map(str, numbers))
        assert len(text) <= MAX_CHARACTERS
        error = error_of(text)
        assert str(MAX_LINES) in str(error)
        assert text[error.position : error.position + error.length].isdigit()
        shorter = "x+" + "+".join(map(str, numbers[:499]))
        assert len(parse(shorter)) == 999

    def test_variables(self):
        names = [f"x{number}" for number in range(MAX_VARIABLES)]
        assert len(parse("+".join(names)).variables) == MAX_VARIABLES
        text = "+".join([*names, "y"])
        assert error_of(text).position == len(text) - 1

    def test_name(self):
        parse("a" * MAX_NAME)
        error_of("a" * (MAX_NAME + 1))


@settings(deadline=None)
@given(st.text(max_size=300), st.integers(-5, 400), st.integers(-3, 400), st.integers(1, 120))
def test_pointer_is_two_lines(text, position, length, width):
    error = ParseError("no", text, position, length)
    assert 0 <= error.position <= len(text)
    lines = error.pointer(width).split("\n")
    assert len(lines) == 2
    assert lines[1].strip(" ") == "^" * lines[1].count("^") != ""


def test_pointer_shows_the_fault():
    error = error_of("x + " * 30 + "foo(x) + " + "y*" * 40 + "y")
    shown, carets = error.pointer().split("\n")
    assert shown[carets.index("^") : carets.index("^") + carets.count("^")] == "foo"


def test_numbers_are_floats():
    for text in ("9**9**9**9", "-9^9^9", "1e308*1e308", "2^10000"):
        value = evaluate(text, {})
        assert type(value) is float
        assert math.isinf(value)
