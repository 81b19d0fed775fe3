"""A function as a list of elementary operations.

A tape is a Wengert list (Griewank & Walther, *Evaluating Derivatives*, section 2.2): every line
refers to earlier lines only, so the order of the list is a topological order, and equal
sub-expressions share one line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from engines.common.errors import InputError
from engines.common.operations import OPERATIONS


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a tape.

    Attributes:
        op: ``"input"``, ``"constant"`` or a key of ``OPERATIONS``.
        args: indices of earlier lines, in argument order.
        value: the number of a constant, else ``None``.
        name: the name of an input, or the one a statement gave this line, else ``None``.
        position: where in the text the operation begins.
    """

    op: str
    args: tuple[int, ...] = ()
    value: float | None = None
    name: str | None = None
    position: int = 0

    @property
    def number(self) -> float:
        """The value of a constant; nan on any other line."""
        return math.nan if self.value is None else self.value


@dataclass(frozen=True, slots=True)
class Tape:
    """A function as a list of elementary operations.

    Attributes:
        lines: the operations; inputs come first, in the order of ``variables``.
        variables: names of the inputs (``x2`` before ``x10``).
        outputs: indices of the lines that are the function's values (at least one).
        text: what was typed, or ``""`` for a tape that was built by a program.
    """

    lines: tuple[Line, ...]
    variables: tuple[str, ...]
    outputs: tuple[int, ...]
    text: str = ""

    def __len__(self) -> int:
        return len(self.lines)


class TapeBuilder:
    """Grows a tape line by line; equal lines are shared unless ``share`` is false.

    >>> builder = TapeBuilder(("x",))
    >>> tape = builder.build([builder.apply("mul", 0, 0)])
    >>> [line.op for line in tape.lines]
    ['input', 'mul']
    """

    def __init__(self, variables: tuple[str, ...] = (), share: bool = True) -> None:
        if len(set(variables)) != len(variables):
            raise InputError(f"Input names must differ from each other: {', '.join(variables)}.")
        self._variables = variables
        self._lines = [Line("input", name=name) for name in variables]
        self._seen: dict[tuple[str, tuple[int, ...], str], int] = {}
        self._share = share

    def __len__(self) -> int:
        return len(self._lines)

    def constant(self, value: float, position: int = 0) -> int:
        """Index of a line holding ``value``."""
        value = float(value)
        return self._line(Line("constant", (), value, None, position), value.hex())

    def apply(self, op: str, *args: int, position: int = 0) -> int:
        """Index of a line that applies ``op`` to earlier lines ``args``.

        Raises:
            InputError: for an unknown operation, a wrong number of arguments, or an argument
                that is not an earlier line.
        """
        operation = OPERATIONS.get(op)
        if operation is None:
            raise InputError(f"There is no operation called {op!r}.")
        if len(args) != operation.arity:
            raise InputError(f"{op} takes {operation.arity} arguments, not {len(args)}.")
        if not all(0 <= arg < len(self._lines) for arg in args):
            raise InputError(f"The arguments of {op} must be lines 0 to {len(self._lines) - 1}.")
        return self._line(Line(op, args, None, None, position), "")

    def name(self, index: int, name: str) -> None:
        """Give line ``index`` a name to be shown by; the first name given stays."""
        line = self._lines[index]
        if line.name is None:
            self._lines[index] = replace(line, name=name)

    def build(self, outputs: Sequence[int], text: str = "") -> Tape:
        """The finished tape."""
        return Tape(tuple(self._lines), self._variables, tuple(outputs), text)

    def _line(self, line: Line, number: str) -> int:
        key = (line.op, line.args, number)
        if self._share and key in self._seen:
            return self._seen[key]
        self._lines.append(line)
        self._seen[key] = len(self._lines) - 1
        return len(self._lines) - 1
