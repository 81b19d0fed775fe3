"""How large an error rounding explains: two scales for the accuracy benchmark.

*Path scale*: the sum over all paths from an input to the output of the product of the absolute
local partials, by one reverse sweep. It accounts for the roundings of the sweep itself, but takes
the values at which the partials are formed as exact.

*Running error scale* (Wilkinson; Higham, *Accuracy and Stability of Numerical Algorithms*, section
3.3): every number carries a bound, in units of the rounding unit, on its own error. An operation
adds its own rounding, 1 unit of its result, to the errors it inherits, each multiplied by the
absolute local partial. Because the engine's rules take any kind of value, the same bound comes
with its gradients and Hessians, errors of intermediate values included.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from engines.autodiff.operators import FLOAT_OPERATORS, Overloaded, Value
from engines.autodiff.rules import RULES
from engines.autodiff.sweeps import constant_lines
from engines.common.tape import Tape

_EXACT = frozenset(("neg", "abs", "min", "max", "where", "clamp", "relu", "sign", "floor", "ceil"))


class Rounded(Overloaded):
    """A float with a running error bound.

    Attributes:
        value: the computed number.
        bound: first-order bound on its error, in rounding units (multiply by 2**-52).
    """

    __slots__ = ("bound", "value")
    level = 0

    def __init__(self, value: float, bound: float = 0.0) -> None:
        self.value = value
        self.bound = bound

    def lift(self, op: str, args: tuple[Value, ...]) -> Value:
        numbers = [arg.value if isinstance(arg, Rounded) else float(arg) for arg in args]
        value = FLOAT_OPERATORS[op](*numbers)
        if not any(RULES[op]):
            return value
        bound = 0.0 if op in _EXACT else abs(value)
        for arg, partial in zip(args, RULES[op], strict=True):
            if isinstance(arg, Rounded) and arg.bound and partial is not None:
                bound += abs(partial.times(1.0, *numbers, value)) * arg.bound
        return Rounded(value, bound)


def bound_of(value: Value) -> float:
    """The running error bound of a result; 0 for a constant."""
    return value.bound if isinstance(value, Rounded) else 0.0


def path_scales(tape: Tape, values: Sequence[float]) -> list[float]:
    """The path scale of each input, at the point where ``values`` were computed."""
    fixed = constant_lines(tape)
    scale = [0.0] * len(tape.lines)
    scale[tape.outputs[0]] = 1.0
    for index in range(len(tape.lines) - 1, len(tape.variables) - 1, -1):
        line = tape.lines[index]
        if scale[index] == 0.0 or index in fixed:
            continue
        args = [values[arg] for arg in line.args]
        for arg, partial in zip(line.args, RULES[line.op], strict=True):
            if partial is not None and arg not in fixed:
                scale[arg] += scale[index] * abs(partial.times(1.0, *args, values[index]))
    return [s if math.isfinite(s) else math.inf for s in scale[: len(tape.variables)]]
