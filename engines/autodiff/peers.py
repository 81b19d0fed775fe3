"""The same function differentiated by others: torch twice, and mpmath to 50 digits.

None of these uses this engine's derivative rules, so an agreement means something. torch and
mpmath are imported when called. SymPy, which can run away, has a module of its own
(:mod:`engines.autodiff.sympy_peer`) that is meant for a worker process.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engines.autodiff.points import input_values
from engines.common.errors import InputError
from engines.common.tape import Tape

if TYPE_CHECKING:
    import torch

    Tensor = torch.Tensor


@dataclass(frozen=True)
class PeerResult:
    """What a peer says about a function at a point.

    Attributes:
        value: the function's first output.
        gradient: the derivative by each variable.
        hessian: (n, n) float64, in the order of the variables, or ``None`` if not asked for.
        cpu_ms: CPU time of all of this together.
    """

    value: float
    gradient: dict[str, float]
    hessian: NDArray[np.float64] | None
    cpu_ms: float


def torch_autograd(tape: Tape, point: Mapping[str, float], second: bool = True) -> PeerResult:
    """``torch.autograd`` on scalar tensors in double precision: one backward pass, then one for
    each row of the Hessian.

    The function runs twice and the second run is timed, because torch loads parts of itself
    during the first.

    Raises:
        InputError: if a variable has no number.
    """
    import torch

    values = _numbers(tape, point)

    def run() -> tuple[float, list[float], NDArray[np.float64] | None]:
        leaves = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in values]
        result = torch_outputs(tape, leaves)[0]
        slopes = _torch_slopes(result, leaves, second)
        hessian = None
        if second:
            rows = [[s.item() for s in _torch_slopes(slope, leaves, False)] for slope in slopes]
            hessian = np.array(rows).reshape(len(rows), len(rows))
        return result.item(), [slope.item() for slope in slopes], hessian

    return _timed(tape, run)


def _torch_slopes(result: Tensor, leaves: Sequence[Tensor], again: bool) -> list[Tensor]:
    """The gradient of ``result``, with zeros where nothing flows."""
    import torch

    zeros = [torch.zeros((), dtype=torch.float64) for _ in leaves]
    if not result.requires_grad or not leaves:
        return zeros
    slopes = torch.autograd.grad(
        result, list(leaves), create_graph=again, retain_graph=True, allow_unused=True
    )
    return [zero if slope is None else slope for slope, zero in zip(slopes, zeros, strict=True)]


def torch_func(tape: Tape, point: Mapping[str, float], second: bool = True) -> PeerResult:
    """``torch.func``: ``grad``, and ``jacrev`` of it, in double precision; the second run is timed.

    Raises:
        InputError: if a variable has no number.
    """
    import torch

    inputs = torch.tensor(_numbers(tape, point), dtype=torch.float64)

    def f(x: Tensor) -> Tensor:
        return torch_outputs(tape, list(x.unbind()))[0]

    def run() -> tuple[float, list[float], NDArray[np.float64] | None]:
        if not len(inputs):
            return float(f(inputs)), [], np.zeros((0, 0)) if second else None
        slopes, value = torch.func.grad_and_value(f)(inputs)
        # torch.func.hessian is forward over reverse, whose first use compiles with a part of
        # torch that warns of its own end; reverse over reverse gives the same numbers.
        hessian = torch.func.jacrev(torch.func.grad(f))(inputs).numpy() if second else None
        return float(value), slopes.tolist(), hessian

    return _timed(tape, run)


def torch_outputs(tape: Tape, inputs: Sequence[Tensor]) -> list[Tensor]:
    """The tape's outputs, computed by torch from tensors of one shape (``()`` for one point)."""
    import torch

    table = _torch_operations()
    values = list(inputs)
    for line in tape.lines[len(values) :]:
        if line.op == "constant":
            values.append(torch.tensor(line.number, dtype=torch.float64))
        else:
            values.append(table[line.op](*(values[arg] for arg in line.args)))
    return [values[output] for output in tape.outputs]


@cache
def _torch_operations() -> Mapping[str, Callable[..., Tensor]]:
    """torch has most operations under the same names."""
    import torch
    from torch.nn import functional

    class Named(dict[str, Callable[..., Any]]):
        def __missing__(self, op: str) -> Callable[..., Any]:
            return getattr(torch, op)

    steps = {op: getattr(torch, op) for op in ("gt", "ge", "lt", "le", "eq", "ne")}
    return Named(
        {op: lambda a, b, step=step: step(a, b).double() for op, step in steps.items()},
        min=torch.minimum,
        max=torch.maximum,
        where=lambda condition, a, b: torch.where(condition != 0, a, b),
        cbrt=lambda x: torch.sign(x) * torch.abs(x) ** (1.0 / 3.0),
        softplus=lambda x: -functional.logsigmoid(-x),  # torch's own is cut off at 20
        silu=functional.silu,
        gelu=functional.gelu,
    )


def mpmath_reference(
    tape: Tape, point: Mapping[str, float], digits: int = 50, second: bool = False
) -> PeerResult:
    """Value and derivatives to ``digits`` digits, by central differences at 2.8 times as many.

    With steps of ``10^(-0.8 digits)``, relative to each variable, the truncation error is of the
    order of ``10^(-1.6 digits)`` and the rounding error of ``10^(-2 digits)`` (second derivatives:
    ``10^(-1.2 digits)``), so all digits asked for are right unless the function varies on a scale
    below ``10^(-0.3 digits)``. At a kink the result is the mean of both sides.

    Returns:
        The results rounded to float64; a value off the real domain is nan.

    Raises:
        InputError: if a variable has no number, or for fewer than 15 or more than 200 digits.
    """
    from engines.autodiff.mpmath_walk import Walk

    if not 15 <= digits <= 200:
        raise InputError(f"Give 15 to 200 digits, not {digits}.")
    start = time.thread_time()
    walk = Walk(tape, _numbers(tape, point), digits)
    value, gradient = walk.value(), walk.gradient()
    hessian = np.array(walk.hessian()).reshape(len(gradient), len(gradient)) if second else None
    spent = (time.thread_time() - start) * 1e3
    return PeerResult(value, dict(zip(tape.variables, gradient, strict=True)), hessian, spent)


def _numbers(tape: Tape, point: Mapping[str, float]) -> list[float]:
    values = input_values(tape, point)
    if not all(isinstance(value, float) for value in values):
        raise InputError("Peers take one point of real numbers at a time.")
    return values


_Run = Callable[[], tuple[float, list[float], NDArray[np.float64] | None]]


def _timed(tape: Tape, run: _Run) -> PeerResult:
    run()
    start = time.thread_time()
    value, slopes, hessian = run()
    spent = (time.thread_time() - start) * 1e3
    return PeerResult(value, dict(zip(tape.variables, slopes, strict=True)), hessian, spent)
