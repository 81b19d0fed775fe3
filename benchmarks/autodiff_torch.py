"""The elementary operations in torch, and torch's derivatives of a tape (double precision)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from engines.common.tape import Tape


class _CubeRoot(torch.autograd.Function):
    """torch has no real cube root; this one has the derivative ``1/(3 z^2)``."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return torch.copysign(torch.pow(torch.abs(x), 1.0 / 3.0), x)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        ctx.save_for_backward(output)
        ctx.save_for_forward(output)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Tensor:
        (z,) = ctx.saved_tensors
        return grads[0] / (3.0 * z * z)

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Tensor:
        (z,) = ctx.saved_tensors
        return grad_inputs[0] / (3.0 * z * z)


def _comparison(function: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    return lambda x, y: function(x, y).to(x.dtype)


TORCH: dict[str, Callable[..., Tensor]] = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "pow": torch.pow,
    "gt": _comparison(torch.gt),
    "ge": _comparison(torch.ge),
    "lt": _comparison(torch.lt),
    "le": _comparison(torch.le),
    "eq": _comparison(torch.eq),
    "ne": _comparison(torch.ne),
    "neg": torch.neg,
    "min": torch.minimum,
    "max": torch.maximum,
    "atan2": torch.atan2,
    "hypot": torch.hypot,
    "logaddexp": torch.logaddexp,
    "where": lambda c, x, y: torch.where(c != 0, x, y),
    "clamp": torch.clamp,
    "abs": torch.abs,
    "sign": torch.sign,
    "floor": torch.floor,
    "ceil": torch.ceil,
    "exp": torch.exp,
    "exp2": torch.exp2,
    "expm1": torch.expm1,
    "log": torch.log,
    "log1p": torch.log1p,
    "log2": torch.log2,
    "log10": torch.log10,
    "sqrt": torch.sqrt,
    "rsqrt": torch.rsqrt,
    "cbrt": _CubeRoot.apply,
    "square": torch.square,
    "reciprocal": torch.reciprocal,
    "sin": torch.sin,
    "cos": torch.cos,
    "tan": torch.tan,
    "asin": torch.asin,
    "acos": torch.acos,
    "atan": torch.atan,
    "sinh": torch.sinh,
    "cosh": torch.cosh,
    "tanh": torch.tanh,
    "asinh": torch.asinh,
    "acosh": torch.acosh,
    "atanh": torch.atanh,
    "sigmoid": torch.sigmoid,
    "softplus": functional.softplus,
    "relu": torch.relu,
    "silu": functional.silu,
    "gelu": functional.gelu,
    "erf": torch.erf,
    "erfc": torch.erfc,
}


def run(tape: Tape, inputs: Sequence[Tensor]) -> list[Tensor]:
    """The outputs of a tape."""
    values = list(inputs)
    for line in tape.lines[len(values) :]:
        if line.op == "constant":
            values.append(torch.tensor(line.value, dtype=torch.float64))
        else:
            values.append(TORCH[line.op](*(values[arg] for arg in line.args)))
    return [values[output] for output in tape.outputs]


def leaves(point: Sequence[float]) -> list[Tensor]:
    """A point as tensors that torch differentiates by."""
    return [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in point]


def gradient(tape: Tape, point: Sequence[float]) -> tuple[float, list[float]]:
    """Value and gradient of a tape of one output; 0.0 by inputs it does not depend on."""
    inputs = leaves(point)
    (value,) = run(tape, inputs)
    if not value.requires_grad:
        return value.item(), [0.0] * len(inputs)
    parts = torch.autograd.grad(value, inputs, allow_unused=True)
    return value.item(), [0.0 if part is None else part.item() for part in parts]


def hessian(tape: Tape, point: Sequence[float]) -> list[list[float]]:
    """The Hessian of a tape of one output, by :mod:`torch.func` (forward over reverse)."""

    def function(x: Tensor) -> Tensor:
        return run(tape, x.unbind())[0]

    x = torch.tensor(list(point), dtype=torch.float64)
    return torch.func.hessian(function)(x).tolist()
