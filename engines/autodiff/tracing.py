"""From a formula, or a Python function, to a tape.

A Python function is run once on symbols; each operation it applies becomes a line of the tape.
Equal expressions share a line. Because the derivative rules are written with the same
operations, a function that differentiates inside can be traced too.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from numbers import Real

from engines.autodiff.operators import Overloaded, Value
from engines.common.errors import InputError
from engines.common.expression import parse
from engines.common.tape import Tape, TapeBuilder

Source = str | Callable[..., Value] | Tape
"""A formula as text, a Python function of numbers, or a tape."""


class Symbol(Overloaded):
    """A value that is not known yet: a line of a tape in the making."""

    __slots__ = ("builder", "index")
    level = 0

    def __init__(self, builder: TapeBuilder, index: int) -> None:
        self.builder = builder
        self.index = index

    def lift(self, op: str, args: tuple[Value, ...]) -> Symbol:
        indices = (line_of(arg, self.builder) for arg in args)
        return Symbol(self.builder, self.builder.apply(op, *indices))

    def __bool__(self) -> bool:
        raise InputError(
            "A traced function cannot branch on a value that is not known yet: use where(...), "
            "minimum or maximum of engines.autodiff.operators instead of if, min or max."
        )


def line_of(value: Value, builder: TapeBuilder) -> int:
    """The line of ``builder`` that holds a symbol or a number.

    Raises:
        InputError: for anything else, or for a symbol of another tape.
    """
    if isinstance(value, Symbol) and value.builder is builder:
        return value.index
    if isinstance(value, Symbol):
        raise InputError("A traced function must not use the symbols of another one.")
    if not isinstance(value, Real):
        message = f"A traced function computes with numbers, not with {type(value).__name__}."
        raise InputError(message)
    return builder.constant(float(value))


def trace(source: Source, variables: tuple[str, ...] | None = None) -> Tape:
    """The tape of a formula or of a Python function.

    Args:
        source: text for :func:`engines.common.expression.parse`; a function of numbers that
            returns a number or a tuple of them; or a tape, which is returned as it is.
        variables: names of the inputs, in order. For text: the only names allowed, and by default
            those that occur. For a function: by default the names of its parameters.

    Raises:
        ParseError: for text that is no formula.
        InputError: for a function that cannot be traced.

    >>> from engines.autodiff.operators import log, sin
    >>> tape = trace(lambda x1, x2: log(x1) + x1 * x2 - sin(x2))
    >>> [line.op for line in tape.lines]
    ['input', 'input', 'log', 'mul', 'add', 'sin', 'sub']
    """
    if isinstance(source, Tape):
        return source
    if isinstance(source, str):
        return parse(source, variables=variables)
    if not callable(source):
        raise InputError(f"Give a formula or a function, not {type(source).__name__}.")
    names = _parameters(source) if variables is None else variables
    builder = TapeBuilder(names)
    result = source(*(Symbol(builder, index) for index in range(len(names))))
    results = result if isinstance(result, tuple | list) else (result,)
    if not results:
        raise InputError("A traced function must return at least one value.")
    return builder.build([line_of(value, builder) for value in results])


def _parameters(function: Callable[..., Value]) -> tuple[str, ...]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError as error:
        raise InputError("Name the variables of this function: variables=('x', ...).") from error
    if any(parameter.kind is not parameter.POSITIONAL_OR_KEYWORD for parameter in parameters):
        raise InputError("Name the variables of a function of *args: variables=('x1', 'x2').")
    return tuple(parameter.name for parameter in parameters)
