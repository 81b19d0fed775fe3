"""Snap and simplify: from a fitted program to the short formula a person would write.

Each constant is tried as zero, a small rational, a multiple of pi, a root or a short decimal,
the nearest first; the other constants are fitted again, and the number stays if the error does
not rise beyond what the data can tell (a quarter of a unit of log-likelihood, or rounding).
"""

from __future__ import annotations

import math

import numpy as np

from engines.symbolic_regression.constants import PLAIN, fit, workspace
from engines.symbolic_regression.programs import (
    CONSTANT,
    LENGTH,
    NUMBER,
    Floats,
    Program,
    from_arrays,
    to_arrays,
)
from engines.symbolic_regression.snapping_algebra import simplify, to_program, to_tree

ROUNDING = 1e-25
"""Mean squared residual relative to the target's variance that counts as none."""

_UNITS = (1.0, math.pi, 1 / math.pi, math.sqrt(math.pi), 1 / math.sqrt(math.pi))
_ROOTS = (1.0, math.sqrt(2), math.sqrt(3), math.sqrt(2 * math.pi), 1 / math.sqrt(2 * math.pi))


def neighbours(value: float, tolerance: float) -> list[float]:
    """Readable numbers within ``tolerance`` (relative) of ``value``, the plainest first."""
    found: dict[float, float] = {}
    for digits in (0, 1, 2, 3):
        _offer(found, round(value, digits), 0.5 + digits)
    for q in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 20, 24, 30, 32):
        for unit in {*_UNITS, *_ROOTS}:
            p = round(value / unit * q)
            if 0 < abs(p) <= 60:
                price = math.log2(abs(p)) + 1.5 * math.log2(q) + (0.0 if unit == 1.0 else 3.0)
                _offer(found, p * unit / q, price)
    near = [v for v in found if v and abs(v - value) <= tolerance * abs(value)]
    return sorted(near, key=lambda v: found[v])[:6]


def _offer(found: dict[float, float], value: float, price: float) -> None:
    if price < found.get(value, math.inf):
        found[value] = price


def squared_error(program: Program, x: Floats, y: Floats) -> float:
    """Sum of squared residuals of the program as it is; inf where a value is not finite."""
    return refit(program, x, y, iterations=0)[1]


def refit(program: Program, x: Floats, y: Floats, iterations: int = 40) -> tuple[Program, float]:
    """The program with its constants fitted as they stand, and the sum of squared residuals."""
    if len(program) > LENGTH:
        return program, math.inf
    codes, values, n = to_arrays(program)
    sse, _ = fit(codes, values, n, x, y, PLAIN, iterations, 1e-14, workspace(y.size))
    return from_arrays(codes, values, n), float(sse) if sse < 1e299 else math.inf


def shorten(program: Program) -> Program:
    """The same function in fewer nodes; all its numbers become constants."""
    return to_program(simplify(to_tree(program)))


def snap(program: Program, x: Floats, y: Floats) -> tuple[Program, float]:
    """The program with every constant that allows it snapped, simplified, and its error.

    Args:
        x: ``(variables, points)``.
        y: ``(points,)``.
    """
    program, sse = refit(program, x, y)
    for _ in range(3):
        snapped, snapped_sse = _snap_numbers(program, x, y, sse)
        shorter, shorter_sse = refit(shorten(snapped), x, y, iterations=0)
        if shorter_sse > _allowed(sse, y) or len(shorter) > len(snapped):
            return snapped, snapped_sse
        if len(shorter) == len(program):
            return snapped, snapped_sse
        program, sse = shorter, shorter_sse
    return snapped, snapped_sse


def _allowed(sse: float, y: Floats) -> float:
    """What the error may rise to: half a part in n, or rounding."""
    return max(sse * (1.0 + 0.5 / y.size), ROUNDING * float(np.var(y)) * y.size)


def _snap_numbers(program: Program, x: Floats, y: Floats, sse: float) -> tuple[Program, float]:
    limit = _allowed(sse, y)
    exact = sse <= ROUNDING * float(np.var(y)) * y.size
    tolerance = 1e-5 if exact else 0.05
    for place, code in enumerate(program.codes):
        if code != CONSTANT:
            continue
        for value in (0.0, 1.0, -1.0, *neighbours(program.values[place], tolerance)):
            trial = _fixed(program, place, value)
            if value == 0.0 or abs(value) == 1.0:
                trial_sse = refit(trial, x, y, 6)[1]
                if trial_sse > 100 * limit:
                    continue
            trial, trial_sse = refit(trial, x, y)
            if trial_sse <= limit:
                program, sse = trial, trial_sse
                break
    return program, sse


def _fixed(program: Program, place: int, value: float) -> Program:
    codes, values = list(program.codes), list(program.values)
    codes[place], values[place] = NUMBER, value
    return Program(tuple(codes), tuple(values))
