"""What a full derivative costs, measured: forward mode against reverse mode.

Forward mode needs one sweep for each input, reverse mode one for each output, and each sweep costs
a small multiple of one evaluation, whatever their number (the cheap gradient principle: Griewank &
Walther, *Evaluating Derivatives*, chapter 4). Two families of functions show both sides:

- inputs: the ring Rosenbrock function of n inputs and one output,
  ``sum_i (1 - x_i)^2 + 100 (x_(i+1) - x_i^2)^2`` with ``x_(n+1) = x_1``; ``9 n + 1`` lines.
- outputs: ``y_k = exp(-x) sin(k x)`` for k = 1 to m, one input; ``4 m + 3`` lines.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from engines.autodiff.modes import jacobian
from engines.autodiff.rules import RULES
from engines.autodiff.sweeps import constant_lines, primal
from engines.common.errors import InputError
from engines.common.tape import Tape, TapeBuilder

Direction = Literal["inputs", "outputs"]
MAX_SIZE = 512
_LEAST_MS = 2.0
_MOST_MS = 500.0


@dataclass(frozen=True)
class CostPoint:
    """Counts and CPU times for one function; a time is the best of several.

    Attributes:
        size: number of inputs or of outputs.
        lines: lines of the tape.
        operations: elementary operations of one evaluation.
        forward_sweeps, reverse_sweeps: sweeps for all derivatives.
        forward_products, reverse_products: multiplications by a local partial in these sweeps.
        primal_ms: CPU time of one evaluation.
        forward_ms, reverse_ms: CPU time of all derivatives, one evaluation included.
    """

    size: int
    lines: int
    operations: int
    forward_sweeps: int
    reverse_sweeps: int
    forward_products: int
    reverse_products: int
    primal_ms: float
    forward_ms: float
    reverse_ms: float

    @property
    def forward_ratio(self) -> float:
        """All derivatives by forward mode, in evaluations."""
        return self.forward_ms / self.primal_ms

    @property
    def reverse_ratio(self) -> float:
        """All derivatives by reverse mode, in evaluations."""
        return self.reverse_ms / self.primal_ms


def cost_curve(
    sizes: Sequence[int], repeats: int = 3, direction: Direction = "inputs"
) -> Iterator[CostPoint]:
    """Measure one function of each size.

    Args:
        sizes: numbers of inputs or outputs, 1 to ``MAX_SIZE``.
        repeats: how often each is timed (less often where it takes long); the best counts.
        direction: whether the inputs or the outputs grow.

    Raises:
        InputError: for sizes, repeats or a direction out of range, before anything is measured.
    """
    makers = {"inputs": rosenbrock_ring, "outputs": damped_waves}
    if direction not in makers:
        raise InputError(f"The direction must be 'inputs' or 'outputs', not {direction!r}.")
    if not all(1 <= size <= MAX_SIZE for size in sizes):
        raise InputError(f"Sizes must be 1 to {MAX_SIZE}.")
    if not 1 <= repeats <= 50:
        raise InputError("Repeats must be 1 to 50.")
    return (_measured(makers[direction](size), size, repeats) for size in sizes)


def rosenbrock_ring(size: int) -> Tape:
    """The ring Rosenbrock function of ``size`` inputs."""
    builder = TapeBuilder(tuple(f"x{place}" for place in range(1, size + 1)), share=False)
    one, hundred = builder.constant(1.0), builder.constant(100.0)
    terms = []
    for place in range(size):
        bend = builder.apply("sub", (place + 1) % size, builder.apply("square", place))
        valley = builder.apply("mul", hundred, builder.apply("square", bend))
        slope = builder.apply("square", builder.apply("sub", one, place))
        terms.append(builder.apply("add", slope, valley))
    total = terms[0]
    for term in terms[1:]:
        total = builder.apply("add", total, term)
    return builder.build([total])


def damped_waves(size: int) -> Tape:
    """``exp(-x) sin(k x)`` for k = 1 to ``size``."""
    builder = TapeBuilder(("x",), share=False)
    envelope = builder.apply("exp", builder.apply("neg", 0))
    outputs = []
    for k in range(1, size + 1):
        wave = builder.apply("sin", builder.apply("mul", builder.constant(k), 0))
        outputs.append(builder.apply("mul", envelope, wave))
    return builder.build(outputs)


def products(tape: Tape) -> tuple[int, int]:
    """Multiplications by a local partial in all forward and in all reverse sweeps.

    A forward sweep passes the edges that its input reaches, a reverse sweep those that lead to
    its output. Sets of inputs and outputs are kept as the bits of whole numbers.
    """
    fixed = constant_lines(tape)
    edges = [
        (arg, index)
        for index, line in enumerate(tape.lines)
        for arg, partial in zip(line.args, RULES.get(line.op, ()), strict=True)
        if partial is not None and arg not in fixed
    ]
    inputs = [1 << index if line.op == "input" else 0 for index, line in enumerate(tape.lines)]
    outputs = [0] * len(tape)
    for place, index in enumerate(tape.outputs):
        outputs[index] |= 1 << place
    for arg, index in edges:
        inputs[index] |= inputs[arg]
    for arg, index in reversed(edges):
        outputs[arg] |= outputs[index]
    forward = sum(inputs[arg].bit_count() for arg, _ in edges)
    return forward, sum(outputs[index].bit_count() for _, index in edges)


def _measured(tape: Tape, size: int, repeats: int) -> CostPoint:
    point = {name: 0.5 + 0.01 * place for place, name in enumerate(tape.variables)}
    forward, reverse = products(tape)
    return CostPoint(
        size=size,
        lines=len(tape),
        operations=sum(1 for line in tape.lines if line.args),
        forward_sweeps=len(tape.variables),
        reverse_sweeps=len(tape.outputs),
        forward_products=forward,
        reverse_products=reverse,
        primal_ms=_best_ms(lambda: primal(tape, point), repeats),
        forward_ms=_best_ms(lambda: jacobian(tape, point, "forward"), repeats),
        reverse_ms=_best_ms(lambda: jacobian(tape, point, "reverse"), repeats),
    )


def _best_ms(call: Callable[[], object], repeats: int) -> float:
    """CPU milliseconds of one call, the best of ``repeats`` runs of at least ``_LEAST_MS``."""
    best = spent = _run_ms(call, 1)
    calls = max(1, round(_LEAST_MS / max(best, 1e-3)))
    for _ in range(repeats):
        if spent > _MOST_MS:
            break
        run = _run_ms(call, calls)
        spent += run
        best = min(best, run / calls)
    return best


def _run_ms(call: Callable[[], object], calls: int) -> float:
    start = time.thread_time()
    for _ in range(calls):
        call()
    return (time.thread_time() - start) * 1e3
