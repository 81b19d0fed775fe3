"""Derivatives without derivative rules, and how far off they are.

Finite differences lose on both sides: a large step misses the curvature, a small one subtracts
nearly equal numbers. The complex step (Squire & Trapp, *SIAM Review* 40, 1998) subtracts nothing
and so has no lower end, but it is only defined for analytic functions. With ``e`` the unit vector
of the variable::

    forward    (f(x + h e) - f(x)) / h              error of order h, and of eps |f| / h
    central    (f(x + h e) - f(x - h e)) / (2 h)    error of order h^2, and of eps |f| / h
    complex    Im f(x + i h e) / h                  error of order h^2
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engines.autodiff.operators import Value
from engines.autodiff.points import Point, input_values
from engines.autodiff.sweeps import adjoints, primal
from engines.common.errors import InputError
from engines.common.notation import line_names
from engines.common.tape import Tape

MAX_STEPS = 2000
_PIECEWISE = ("abs", "sign", "floor", "ceil", "min", "max", "clamp", "where", "relu")
_COMPARISONS = ("gt", "ge", "lt", "le", "eq", "ne")
NOT_ANALYTIC = frozenset((*_PIECEWISE, *_COMPARISONS, "atan2", "hypot"))
"""Operations that are no analytic functions of a complex number as usually defined.

The engine extends them from the real line piece by piece (see :mod:`engines.autodiff.arrays`),
which is right wherever the function has a derivative; plain complex arithmetic, in which ``abs``
is the modulus, is not.
"""

Exact = Literal["reverse", "mpmath"]


@dataclass(frozen=True)
class StepCurve:
    """Errors of the three formulas against the exact derivative.

    Attributes:
        h: (n,) float64, the step sizes.
        forward, central, complex_step: (n,) float64, the derivatives they give.
        forward_error, central_error, complex_error: (n,) float64, absolute errors.
        exact: the derivative they are compared with.
        not_analytic: names of the lines on the way from the variable to the output at which the
            complex step rests on the engine's extension of a function that is not analytic; for
            comparisons and steps the derivative is that of the piece.
    """

    h: NDArray[np.float64]
    forward: NDArray[np.float64]
    central: NDArray[np.float64]
    complex_step: NDArray[np.float64]
    forward_error: NDArray[np.float64]
    central_error: NDArray[np.float64]
    complex_error: NDArray[np.float64]
    exact: float
    not_analytic: tuple[str, ...]


def step_curve(
    tape: Tape, point: Point, variable: str, steps: ArrayLike, exact: Exact = "reverse"
) -> StepCurve:
    """The three formulas at many step sizes at once.

    Args:
        tape: a function of one output.
        point: a float for each variable.
        variable: the one that takes the step.
        steps: (n,) positive step sizes.
        exact: what the errors are measured against: reverse mode, or 50 digits of mpmath (which
            knows none of this engine's rules).

    Raises:
        InputError: for an unknown variable, several outputs, or steps that are not positive.
    """
    h = _checked(tape, point, variable, steps)
    x = float(point[variable])

    def f(moved: Value) -> Value:
        value = primal(tape, {**point, variable: moved})[tape.outputs[0]]
        return np.broadcast_to(value, h.shape)

    with np.errstate(all="ignore"):
        ahead, here, behind, aside = f(x + h), f(x), f(x - h), f(x + 1j * h)
        forward, central = (ahead - here) / h, (ahead - behind) / (2.0 * h)
        complex_step = np.where(np.isnan(aside), np.nan, np.imag(aside) / h)
        reference = _exact(tape, point, variable, exact)
        return StepCurve(
            h,
            forward,
            central,
            complex_step,
            np.abs(forward - reference),
            np.abs(central - reference),
            np.abs(complex_step - reference),
            reference,
            not_analytic(tape, variable),
        )


def not_analytic(tape: Tape, variable: str) -> tuple[str, ...]:
    """Names of the lines that depend on ``variable`` by an operation in ``NOT_ANALYTIC``."""
    depends = {tape.variables.index(variable)}
    names = line_names(tape)
    found = []
    for index, line in enumerate(tape.lines):
        if not depends.isdisjoint(line.args):
            depends.add(index)
            if line.op in NOT_ANALYTIC:
                found.append(names[index])
    return tuple(found)


def default_steps(count: int = 161) -> NDArray[np.float64]:
    """``count`` steps from 1 down to 1e-20, evenly on a logarithmic axis."""
    return np.logspace(0.0, -20.0, count)


def _checked(tape: Tape, point: Point, variable: str, steps: ArrayLike) -> NDArray[np.float64]:
    if variable not in tape.variables:
        raise InputError(f"The function has no variable {variable!r}.")
    if len(tape.outputs) != 1:
        raise InputError(f"Give a function of one output, not {len(tape.outputs)}.")
    if not all(isinstance(value, float) for value in input_values(tape, point)):
        raise InputError("Give one point of real numbers.")
    h = np.asarray(steps, dtype=np.float64)
    if h.ndim != 1 or not 1 <= len(h) <= MAX_STEPS or not np.all((h > 0) & np.isfinite(h)):
        raise InputError(f"Give 1 to {MAX_STEPS} positive step sizes.")
    return h


def _exact(tape: Tape, point: Point, variable: str, kind: Exact) -> float:
    if kind == "mpmath":
        from engines.autodiff.peers import mpmath_reference

        return mpmath_reference(tape, point).gradient[variable]
    if kind != "reverse":
        raise InputError(f"exact must be 'reverse' or 'mpmath', not {kind!r}.")
    return float(adjoints(tape, primal(tape, point))[tape.variables.index(variable)])
