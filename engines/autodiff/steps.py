"""The sweeps line by line, as records that show the symbols and then the numbers.

What the paper's code prints, for forward mode, and the same for reverse mode (the tables 2 and 3
of Baydin, Pearlmutter, Radul & Siskind, *Automatic Differentiation in Machine Learning: a
Survey*, 2018). The tangent of ``v3`` is written ``v3'`` and its adjoint ``v̄3``.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from engines.autodiff.step_text import (
    LocalPartial,
    Writer,
    joined,
    sent_backward,
    sent_forward,
)
from engines.autodiff.sweeps import adjoints, constant_lines, primal, tangents
from engines.autodiff.tracing import Source, trace
from engines.common.errors import InputError
from engines.common.tape import Tape


@dataclass(frozen=True, slots=True)
class ForwardStep:
    """One line of a forward sweep.

    Attributes:
        index: the line.
        name: the line's name, as ``"v1"``.
        op: ``"input"``, ``"constant"`` or the operation.
        symbols: the line's formula, as ``"log(x1)"``.
        numbers: the formula with numbers, as ``"log(2)"``.
        value: the line's value.
        depends: whether the line depends on the variable the sweep is for.
        partials: the local partials; constants and conditions have none.
        tangent_symbols: the tangent's formula, as ``"(1/x1)·x1'"``.
        tangent_numbers: the same with numbers, as ``"0.5·1"``.
        tangent: the derivative of this line by the variable.
    """

    index: int
    name: str
    op: str
    symbols: str
    numbers: str
    value: float
    depends: bool
    partials: tuple[LocalPartial, ...]
    tangent_symbols: str
    tangent_numbers: str
    tangent: float


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a line sends to one of its arguments in a reverse sweep.

    Attributes:
        argument: index of the line that receives it.
        name: the name of that line.
        partial: the local partial.
        symbols: the product, as ``"v̄4·(1/x1)"``.
        numbers: the same with numbers, as ``"1·0.5"``.
        amount: the product's value.
        total: the receiver's adjoint so far, this contribution included.
    """

    argument: int
    name: str
    partial: LocalPartial
    symbols: str
    numbers: str
    amount: float
    total: float


@dataclass(frozen=True, slots=True)
class ReverseStep:
    """One line of a reverse sweep, last line first.

    Attributes:
        index: the line.
        name: the line's name.
        op: ``"input"``, ``"constant"`` or the operation.
        symbols: the line's formula.
        numbers: the formula with numbers.
        value: the line's value.
        reached: whether the output depends on an input through this line.
        adjoint_symbols: the sum of what it received, as ``"v̄1·(1/x1) + v̄2·x2"``; ``"1"`` for the
            output, ``"0"`` if it received nothing.
        adjoint_numbers: the same with numbers.
        adjoint: the finished adjoint.
        contributions: what the line sends on; inputs send nothing.
    """

    index: int
    name: str
    op: str
    symbols: str
    numbers: str
    value: float
    reached: bool
    adjoint_symbols: str
    adjoint_numbers: str
    adjoint: float
    contributions: tuple[Contribution, ...]


def forward_trace(
    source: Source, point: Mapping[str, float], wrt: str, digits: int = 6
) -> tuple[ForwardStep, ...]:
    """The forward sweep for the derivative by one variable, line by line.

    Args:
        source: the function.
        point: a number for each variable.
        wrt: the variable whose tangent is 1; all others stand still.
        digits: significant digits of the numbers in the texts.

    Raises:
        ParseError: for text that is no formula.
        InputError: for a variable without a number, or an unknown ``wrt``.

    >>> for step in forward_trace("log(x1) + x1*x2", {"x1": 2.0, "x2": 5.0}, "x1")[2:]:
    ...     print(f"{step.name} = {step.symbols} = {step.value:.3f},", end=" ")
    ...     print(f"{step.name}' = {step.tangent_symbols} = {step.tangent_numbers}")
    v1 = log(x1) = 0.693, v1' = (1/x1)·x1' = 0.5·1
    v2 = x1*x2 = 10.000, v2' = x2·x1' + x1·x2' = 5·1 + 2·0
    v3 = v1 + v2 = 10.693, v3' = v1' + v2' = 0.5 + 5
    """
    tape, values = _at_numbers(source, point)
    if wrt not in tape.variables and wrt not in point:
        raise InputError(f"There is no variable {wrt!r}; there are {', '.join(tape.variables)}.")
    moved = tangents(tape, values, {wrt: 1.0})
    still, fixed = constant_lines(tape, {wrt}), constant_lines(tape)
    writer = Writer(tape, values, digits)
    steps = []
    for index, line in enumerate(tape.lines):
        partials = writer.partials(index, fixed)
        # An infinite partial times the tangent of a line that stands still is no 0 * inf: it is
        # never formed.
        formed = [p for p in partials if p.argument not in still or math.isfinite(p.value)]
        terms = [sent_forward(p, writer.shown(moved[p.argument])) for p in formed]
        seed = "1" if line.name == wrt and line.op == "input" else "0"
        step = ForwardStep(
            index=index,
            name=writer.names[index],
            op=line.op,
            symbols=writer.symbols(index),
            numbers=writer.numbers(index),
            value=values[index],
            depends=index not in still,
            partials=partials,
            tangent_symbols=joined(symbols for symbols, _ in terms) if terms else seed,
            tangent_numbers=joined(numbers for _, numbers in terms) if terms else seed,
            tangent=moved[index],
        )
        steps.append(step)
    return tuple(steps)


def reverse_trace(
    source: Source, point: Mapping[str, float], output: int = 0, digits: int = 6
) -> tuple[ReverseStep, ...]:
    """The reverse sweep for one output, line by line, last line first.

    Args:
        source: the function.
        point: a number for each variable.
        output: which output (0 = the first).
        digits: significant digits of the numbers in the texts.

    Raises:
        ParseError: for text that is no formula.
        InputError: for a variable without a number, or an output that does not exist.

    >>> for step in reverse_trace("log(x1) + x1*x2", {"x1": 2.0, "x2": 5.0}):
    ...     print(f"{step.name}: {step.adjoint_symbols} = {step.adjoint_numbers}")
    v3: 1 = 1
    v2: v̄3 = 1
    v1: v̄3 = 1
    x2: v̄2·x1 = 1·2
    x1: v̄2·x2 + v̄1·(1/x1) = 1·5 + 1·0.5
    """
    tape, values = _at_numbers(source, point)
    if output not in range(len(tape.outputs)):
        raise InputError(f"There is no output {output}; there are {len(tape.outputs)}, from 0.")
    final = adjoints(tape, values, output)
    fixed = constant_lines(tape)
    writer = Writer(tape, values, digits)
    received: dict[int, list[Contribution]] = {}
    steps = []
    for index in range(len(tape.lines) - 1, -1, -1):
        got = received.get(index, [])
        seed = ["1"] if index == tape.outputs[output] else []
        reached = index not in fixed and bool(got or seed)
        step = ReverseStep(
            index=index,
            name=writer.names[index],
            op=tape.lines[index].op,
            symbols=writer.symbols(index),
            numbers=writer.numbers(index),
            value=values[index],
            reached=reached,
            adjoint_symbols=joined([*seed, *(c.symbols for c in got)] if reached else []),
            adjoint_numbers=joined([*seed, *(c.numbers for c in got)] if reached else []),
            adjoint=final[index],
            contributions=_sent(writer, index, final[index], fixed, received) if reached else (),
        )
        steps.append(step)
    return tuple(steps)


def _sent(
    writer: Writer,
    index: int,
    adjoint: float,
    fixed: Collection[int],
    received: dict[int, list[Contribution]],
) -> tuple[Contribution, ...]:
    """What one line sends to its arguments; also entered in ``received``."""
    contributions = []
    for partial in writer.partials(index, fixed):
        before = received.setdefault(partial.argument, [])
        symbols, numbers = sent_backward(partial, writer.names[index], writer.shown(adjoint))
        amount = writer.times(index, partial.place, adjoint)
        total = before[-1].total + amount if before else amount
        contribution = Contribution(
            partial.argument, partial.name, partial, symbols, numbers, amount, total
        )
        before.append(contribution)
        contributions.append(contribution)
    return tuple(contributions)


def _at_numbers(source: Source, point: Mapping[str, float]) -> tuple[Tape, list[float]]:
    """The tape of a function and the values of its lines, which must be plain numbers."""
    tape = trace(source)
    values = primal(tape, point)
    if not all(type(value) is float for value in values):
        raise InputError("A trace is written for one point: give one real number per variable.")
    return tape, values
