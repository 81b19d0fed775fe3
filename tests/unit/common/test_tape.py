"""Tapes: what a builder accepts, and what it shares."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.common.errors import EngineError, InputError, ParseError
from engines.common.operations import FUNCTIONS, OPERATIONS
from engines.common.tape import Line, Tape, TapeBuilder


def test_lines_refer_to_earlier_lines():
    builder = TapeBuilder(("x", "y"))
    product = builder.apply("mul", 0, 1)
    total = builder.apply("add", product, 0, position=3)
    tape = builder.build([total, product], "x*y + x")
    assert tape.lines[2] == Line("mul", (0, 1))
    assert tape.lines[3].position == 3
    assert (tape.variables, tape.outputs, tape.text) == (("x", "y"), (3, 2), "x*y + x")
    assert len(tape) == len(builder) == 4


def test_equal_lines_are_shared():
    builder = TapeBuilder(("x",))
    assert builder.apply("sin", 0) == builder.apply("sin", 0)
    assert builder.constant(2) == builder.constant(2.0)
    assert builder.apply("sin", 0) != builder.apply("cos", 0)


def test_sharing_can_be_switched_off():
    builder = TapeBuilder(("x",), share=False)
    assert builder.apply("sin", 0) != builder.apply("sin", 0)


@given(st.floats(), st.floats())
def test_constants_are_shared_by_bits(a, b):
    """0.0 and -0.0 are equal but not the same number: 1/x tells them apart."""
    builder = TapeBuilder()
    same = a.hex() == b.hex()
    assert (builder.constant(a) == builder.constant(b)) == same


def test_integers_become_floats():
    builder = TapeBuilder()
    tape = builder.build([builder.constant(3)])
    assert type(tape.lines[0].value) is float
    with pytest.raises(OverflowError):
        builder.constant(10**400)


def test_the_first_name_stays():
    builder = TapeBuilder(("x",))
    index = builder.apply("exp", 0)
    builder.name(index, "a")
    builder.name(index, "b")
    builder.name(0, "c")
    assert [line.name for line in builder.build([index]).lines] == ["x", "a"]


@pytest.mark.parametrize(
    ("op", "args", "message"),
    [
        ("system", (0,), "no operation"),
        ("input", (), "no operation"),
        ("constant", (), "no operation"),
        ("sin", (), "1 arguments, not 0"),
        ("add", (0,), "2 arguments, not 1"),
        ("sin", (1,), "must be lines 0 to 0"),
        ("sin", (-1,), "must be lines 0 to 0"),
    ],
)
def test_errors(op, args, message):
    with pytest.raises(InputError, match=message):
        TapeBuilder(("x",)).apply(op, *args)


def test_names_must_differ():
    with pytest.raises(InputError, match="differ"):
        TapeBuilder(("x", "x"))


def test_tapes_cannot_be_changed():
    tape = TapeBuilder(("x",)).build([0])
    with pytest.raises(AttributeError):
        tape.outputs = (1,)  # type: ignore[misc]
    assert hash(tape) == hash(Tape(tape.lines, tape.variables, tape.outputs))


def test_errors_are_one_family():
    assert issubclass(InputError, EngineError)
    assert issubclass(ParseError, EngineError)
    assert issubclass(EngineError, ValueError)


def test_operations_are_consistent():
    for name, operation in OPERATIONS.items():
        assert operation.name == name
        places = [f"{{{place}}}" for place in range(operation.arity)]
        assert all(place in operation.text for place in places)
        assert operation.meaning
        filled = operation.latex.format(*"abc"[: operation.arity])
        assert filled.count("{") == filled.count("}")
    assert set(FUNCTIONS) < set(OPERATIONS)
