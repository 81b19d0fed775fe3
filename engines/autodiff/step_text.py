"""How a line, its partials and their products are written, in symbols and in numbers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from engines.autodiff.rules import RULES
from engines.common.notation import formula, line_names, number
from engines.common.tape import Tape

_ATOM = re.compile(r"\w*\([^()]*\)|[\w.\u0304']*")


@dataclass(frozen=True, slots=True)
class LocalPartial:
    """The derivative of one line by one of its arguments.

    Attributes:
        place: which argument of the operation (0 = the first).
        argument: index of the argument's line.
        name: the argument's name.
        symbols: the partial as a formula, as ``"1/x1"``.
        numbers: its value as text, as ``"0.5"``.
        value: its value.
    """

    place: int
    argument: int
    name: str
    symbols: str
    numbers: str
    value: float


class Writer:
    """Writes the lines of a tape at one point.

    Args:
        tape: the function.
        values: the value of each line, as floats.
        digits: significant digits of numbers.
    """

    def __init__(self, tape: Tape, values: Sequence[float], digits: int) -> None:
        self.names = line_names(tape)
        self._tape = tape
        self._values = values
        self._digits = digits

    def shown(self, value: float) -> str:
        """A number as text."""
        return f"{value + 0.0:.{self._digits}g}"

    def symbols(self, index: int) -> str:
        """The formula of a line in the names of its arguments."""
        return formula(self._tape, index, [self.names[arg] for arg in self._tape.lines[index].args])

    def numbers(self, index: int) -> str:
        """The formula of a line in the numbers of its arguments."""
        line = self._tape.lines[index]
        if line.op == "input":
            return self.shown(self._values[index])
        return formula(self._tape, index, [self.shown(self._values[arg]) for arg in line.args])

    def partials(self, index: int, fixed: Collection[int]) -> tuple[LocalPartial, ...]:
        """The local partials of a line by those arguments that are not among ``fixed``."""
        line = self._tape.lines[index]
        if index in fixed or not line.args:
            return ()
        written = []
        for place, (arg, partial) in enumerate(zip(line.args, RULES[line.op], strict=True)):
            if partial is not None and arg not in fixed:
                text = self._partial_text(index, place, partial.text)
                value = self.times(index, place, 1.0)
                shown = self.shown(value)
                written.append(LocalPartial(place, arg, self.names[arg], text, shown, value))
        return tuple(written)

    def times(self, index: int, place: int, factor: float) -> float:
        """``factor`` times the partial of a line by its argument number ``place``."""
        line = self._tape.lines[index]
        partial = RULES[line.op][place]
        args = [self._values[arg] for arg in line.args]
        return 0.0 if partial is None else float(partial.times(factor, *args, self._values[index]))

    def _partial_text(self, index: int, place: int, template: str) -> str:
        line = self._tape.lines[index]
        exponent = self._tape.lines[line.args[-1]].value
        if line.op == "pow" and place == 0 and exponent is not None:
            return _power_rule(self.names[line.args[0]], exponent)
        names = [bracketed(self.names[arg]) for arg in line.args]
        return template.format(*names, z=bracketed(self.names[index]))


def _power_rule(base: str, exponent: float) -> str:
    """The derivative of a constant power: ``3*x^2`` rather than ``3*x^(3 - 1)``."""
    if exponent in (0.0, 1.0):
        return number(exponent)
    lowered = "" if exponent == 2.0 else f"^{bracketed(number(exponent - 1.0))}"
    return f"{bracketed(number(exponent))}*{bracketed(base)}{lowered}"


def bracketed(text: str) -> str:
    """``text`` as a factor: in brackets unless it is a name, a number or one call."""
    return text if _ATOM.fullmatch(text) else f"({text})"


def sent_forward(partial: LocalPartial, tangent: str) -> tuple[str, str]:
    """``partial · tangent``, in symbols and in numbers; a partial of 1 or -1 is not written."""
    name = tangent_name(partial.name)
    if partial.symbols in ("1", "-1"):
        return _signed(partial, name), _signed(partial, tangent)
    return _product(partial.symbols, name), _product(partial.numbers, tangent)


def sent_backward(partial: LocalPartial, sender: str, adjoint: str) -> tuple[str, str]:
    """``adjoint of the sender · partial``, in symbols and in numbers."""
    name = adjoint_name(sender)
    if partial.symbols in ("1", "-1"):
        return _signed(partial, name), _signed(partial, adjoint)
    return _product(name, partial.symbols), _product(adjoint, partial.numbers)


def _signed(partial: LocalPartial, text: str) -> str:
    return text if partial.symbols == "1" else f"-{bracketed(text)}"


def _product(first: str, second: str) -> str:
    return f"{bracketed(first)}·{bracketed(second)}"


def joined(terms: Iterable[str]) -> str:
    """A sum as text; ``"0"`` without terms."""
    return " + ".join(terms).replace("+ -", "- ") or "0"


def tangent_name(name: str) -> str:
    """``v3`` as ``v3'``."""
    return f"{name}'"


def adjoint_name(name: str) -> str:
    """``v3`` as ``v̄3``: a bar over the last letter before the digits."""
    stem = name.rstrip("0123456789_")
    return f"{stem}\u0304{name[len(stem) :]}"
