"""Fitting the numbers of a program: Levenberg-Marquardt with the linear part in closed form.

A program whose top is a chain of sums ``t_1 + ... + t_T`` stands for the model

    y ~ a + b_1 t_1(x; c) + ... + b_T t_T(x; c)

where ``a, b`` solve a linear least-squares problem for every ``c`` (variable projection, Golub &
Pereyra 1973; with one term this is Keijzer's linear scaling). The Jacobian is Kaufman's: the
derivative of the terms by ``c``, made orthogonal to the columns ``1, t_1, ..., t_T``.

In the mode ``RATIO`` a quotient at the top stands for ``(a + sum b_i t_i) / (1 + sum d_j s_j)``,
made linear by its denominator: ``y = a + sum b_i t_i - sum d_j s_j y`` (Levy 1959). The error that
is returned is that of the quotient itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engines.symbolic_regression.programs import (
    ADD,
    CONSTANT,
    DIV,
    LENGTH,
    SUB,
    Floats,
    Program,
    backward,
    forward,
    from_arrays,
    mark_ends,
    njit,
    to_arrays,
)

PLAIN, TERMS, RATIO = 0, 1, 2
"""The program as it is; a weighted sum of its terms; a quotient of two such sums."""

MAX_TERMS = 8
MAX_CONSTANTS = 12
_COLLINEAR = 1e-9  # a column this close to the span of the others (relative) gets no coefficient
_POLE = 1e-6  # a denominator that cancels to this part of its terms is a pole or no denominator
_BAD = 1e300


@njit
def workspace(points):  # type: ignore[no-untyped-def]
    """Arrays for one fit after the other on ``points`` points; nothing is kept between fits."""
    return (
        np.empty((LENGTH, points)),  # nodes
        np.empty((LENGTH, points)),  # adjoints
        np.empty((MAX_TERMS + 1, points)),  # orthonormal basis of 1, t_1, ..., t_T
        np.empty((MAX_CONSTANTS, points)),  # Jacobian
        np.empty(points),  # residual
        np.zeros(LENGTH + 1, np.int64),  # subtree ends
        np.zeros(MAX_TERMS + 1, np.int64),  # where terms begin; last: how many are above
        np.zeros((MAX_TERMS + 1, MAX_TERMS + 1)),  # triangular factor
        np.zeros(MAX_TERMS + 1),  # a, b_1, ..., b_T
    )


@njit
def _sum_terms(codes, ends, root, starts, count, most):  # type: ignore[no-untyped-def]
    pending = np.zeros(MAX_TERMS + 2, np.int64)
    pending[0] = root
    depth = 1
    while depth > 0:
        depth -= 1
        p = pending[depth]
        if (codes[p] == ADD or codes[p] == SUB) and count + depth + 2 <= most:
            pending[depth] = ends[p + 1]
            pending[depth + 1] = p + 1
            depth += 2
        else:
            starts[count] = p
            count += 1
    return count


@njit
def find_terms(codes, ends, mode, starts):  # type: ignore[no-untyped-def]
    """Fill ``starts`` with the beginnings of the top-level terms and return their number.

    ``starts[MAX_TERMS]`` is the number of those that are not in the denominator.
    """
    if mode == RATIO and codes[0] == DIV:
        above = _sum_terms(codes, ends, 1, starts, 0, MAX_TERMS // 2)
        starts[MAX_TERMS] = above
        return _sum_terms(codes, ends, ends[1], starts, above, MAX_TERMS)
    count = _sum_terms(codes, ends, 0, starts, 0, MAX_TERMS)
    starts[MAX_TERMS] = count
    return count


@njit
def _solve_linear(terms, space, y):  # type: ignore[no-untyped-def]  # noqa: C901
    """Gram-Schmidt (twice) on 1, t_1, ...; fills basis, residual, coefficients; returns sse."""
    nodes, _, basis, _, residual, _, starts, factor, coefficients = space
    points = y.size
    factor[:] = 0.0
    basis[0] = 1.0 / np.sqrt(points)
    factor[0, 0] = np.sqrt(points)
    for t in range(terms):
        column = basis[t + 1]
        column[:] = nodes[starts[t]]
        if t >= starts[MAX_TERMS]:
            column *= -y
        size = np.sqrt(np.dot(column, column))
        if not size < 1e100:
            return _BAD
        for _ in range(2):
            for k in range(t + 1):
                share = np.dot(basis[k], column)
                factor[k, t + 1] += share
                column -= share * basis[k]
        norm = np.sqrt(np.dot(column, column))
        factor[t + 1, t + 1] = norm
        if norm <= _COLLINEAR * size:
            column[:] = 0.0
            factor[t + 1, t + 1] = 0.0
        else:
            column /= norm
    residual[:] = y
    for _ in range(2):
        for k in range(terms + 1):
            share = np.dot(basis[k], residual)
            coefficients[k] = share + (coefficients[k] if _ else 0.0)
            residual -= share * basis[k]
    for k in range(terms, -1, -1):
        total = coefficients[k]
        for j in range(k + 1, terms + 1):
            total -= factor[k, j] * coefficients[j]
        coefficients[k] = total / factor[k, k] if factor[k, k] > 0.0 else 0.0
    if starts[MAX_TERMS] == terms:
        return np.dot(residual, residual)
    return _quotient_error(terms, space)


@njit
def _quotient_error(terms, space):  # type: ignore[no-untyped-def]
    """Squared error of the quotient: the linear residual over the denominator."""
    nodes, _, _, _, residual, _, starts, _, coefficients = space
    sse = 0.0
    for i in range(residual.size):
        below, size = 1.0, 1.0
        for t in range(starts[MAX_TERMS], terms):
            part = coefficients[t + 1] * nodes[starts[t], i]
            below += part
            size += abs(part)
        if not abs(below) > _POLE * size:
            return _BAD
        sse += (residual[i] / below) ** 2
    return sse


@njit
def measure(codes, values, n, x, y, mode, space):  # type: ignore[no-untyped-def]
    """Sum of squared residuals; ``(sse, terms)``, in one of the three modes."""
    nodes, _, basis, _, residual, ends, starts, _, coefficients = space
    forward(codes, values, n, x, nodes, ends)
    if mode != PLAIN:
        terms = find_terms(codes, ends, mode, starts)
        sse = _solve_linear(terms, space, y)
    else:
        terms = 1
        starts[0], starts[MAX_TERMS] = 0, 1
        coefficients[0], coefficients[1] = 0.0, 1.0
        basis[:2] = 0.0
        residual[:] = y - nodes[0]
        sse = np.dot(residual, residual)
    return (sse if sse < _BAD else _BAD), terms


@njit
def _jacobian(codes, y, places, count, terms, space):  # type: ignore[no-untyped-def]
    nodes, adjoints, basis, jacobian, _, ends, starts, _, coefficients = space
    for t in range(terms):
        p = starts[t]
        adjoints[p] = coefficients[t + 1]
        if t >= starts[MAX_TERMS]:
            adjoints[p] *= -y
        backward(codes, p, ends[p], nodes, ends, adjoints)
    for k in range(count):
        row = jacobian[k]
        row[:] = adjoints[places[k]]
        for t in range(terms + 1):
            row -= np.dot(basis[t], row) * basis[t]


@njit
def _step(jacobian, residual, count, damping, step):  # type: ignore[no-untyped-def]
    """Solve (J J' + damping diag) step = J r by Gauss elimination; False if it cannot be."""
    a = np.empty((count, count + 1))
    for i in range(count):
        for j in range(count):
            a[i, j] = np.dot(jacobian[i], jacobian[j])
        a[i, count] = np.dot(jacobian[i], residual)
    for i in range(count):
        a[i, i] += damping * a[i, i] + 1e-30
    for i in range(count):
        if not abs(a[i, i]) > 0.0:
            return False
        for k in range(i + 1, count):
            a[k, i:] -= a[k, i] / a[i, i] * a[i, i:]
    for i in range(count - 1, -1, -1):
        total = a[i, count]
        for j in range(i + 1, count):
            total -= a[i, j] * step[j]
        step[i] = total / a[i, i]
        if not abs(step[i]) < 1e50:
            return False
    return True


@njit
def fit(codes, values, n, x, y, mode, iterations, tolerance, space):  # type: ignore[no-untyped-def]  # noqa: C901
    """Improve the constants in place; returns ``(sse, terms)`` and leaves ``space`` at the fit."""
    mark_ends(codes, n, space[5])
    sse, terms = measure(codes, values, n, x, y, mode, space)
    places = np.zeros(MAX_CONSTANTS, np.int64)
    count = 0
    for p in range(n):
        if codes[p] == CONSTANT and count < MAX_CONSTANTS:
            places[count] = p
            count += 1
    if count == 0 or sse >= _BAD:
        return sse, terms
    step, old, damping = np.zeros(count), np.zeros(count), 1e-3
    for _ in range(iterations):
        before = sse
        _jacobian(codes, y, places, count, terms, space)
        jacobian, residual = space[3][:count].copy(), space[4].copy()
        for k in range(count):
            old[k] = values[places[k]]
        for _ in range(4):
            new = _BAD
            if _step(jacobian, residual, count, damping, step):
                for k in range(count):
                    values[places[k]] = old[k] + step[k]
                new, terms = measure(codes, values, n, x, y, mode, space)
            if new < sse:
                sse, damping = new, max(damping * 0.1, 1e-15)
                break
            damping = damping * 10.0 + 1e-8
        if not sse < before:
            for k in range(count):
                values[places[k]] = old[k]
            return measure(codes, values, n, x, y, mode, space)
        if sse > (1.0 - tolerance) * before:
            break
    return sse, terms


@dataclass(frozen=True, slots=True)
class Fit:
    """A program with fitted constants.

    Attributes:
        program: the program; its constants are the fitted ones.
        coefficients: ``a, b_1, ..., b_T`` (in ``RATIO`` then ``d_1, ...``); ``0, 1`` in ``PLAIN``.
        sse: sum of squared residuals; inf where the program has no finite value.
    """

    program: Program
    coefficients: tuple[float, ...]
    sse: float


def fit_constants(
    programs: Sequence[Program],
    x: Floats,
    y: Floats,
    *,
    mode: int = TERMS,
    restarts: int = 2,
    iterations: int = 30,
    seed: int = 0,
) -> list[Fit]:
    """The best fit of each program over its own constants and ``restarts`` random ones.

    Args:
        x: ``(variables, points)``.
        y: ``(points,)``.
        mode: ``PLAIN``, ``TERMS`` or ``RATIO``.
        restarts: further starting points, sign times log-uniform in [0.1, 10].
    """
    x, y = np.ascontiguousarray(x, np.float64), np.ascontiguousarray(y, np.float64)
    rng, space = np.random.default_rng(seed), workspace(y.size)
    return [_best_fit(p, x, y, mode, restarts, iterations, rng, space) for p in programs]


def _best_fit(
    program: Program,
    x: Floats,
    y: Floats,
    mode: int,
    restarts: int,
    iterations: int,
    rng: np.random.Generator,
    space: tuple[Floats, ...],
) -> Fit:
    codes, start, n = to_arrays(program)
    fitted = codes[:n] == CONSTANT
    best = Fit(program, (), np.inf)
    for trial in range(1 + restarts * bool(fitted.any())):
        values = start.copy()
        if trial:
            draw = rng.choice([-1.0, 1.0], n) * 10.0 ** rng.uniform(-1, 1, n)
            values[:n] = np.where(fitted, draw, values[:n])
        sse, terms = fit(codes, values, n, x, y, mode, iterations, 1e-12, space)
        if sse < min(best.sse, _BAD):
            coefficients = tuple(space[8][: terms + 1].tolist())
            best = Fit(from_arrays(codes, values, n), coefficients, float(sse))
    return best
