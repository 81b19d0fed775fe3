"""Prefix programs on arrays: compiled evaluation and derivatives by the constants.

A program is a prefix sequence of codes with one number beside each code (used where the code is
a constant). Because the first argument of the operation at ``p`` begins at ``p + 1`` and the
second where the first ends, no stack is needed: one pass from right to left gives every node its
values at all points, one pass from left to right every node its adjoints (reverse mode, point by
point: all constants for the price of about two evaluations, Griewank & Walther, section 3.2).

Outside their domain operations give nan or inf; nothing is protected, such programs lose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba as nb
import numpy as np
from numpy.typing import NDArray

from engines.common.errors import InputError

Floats = NDArray[np.float64]
Codes = NDArray[np.int16]

BINARY = ("add", "sub", "mul", "div", "pow")
UNARY = ("neg", "inv", "square", "cube", "sqrt", "exp", "log", "sin", "cos", "tanh", "asin")
OPERATORS = BINARY + UNARY
CODE = {name: code for code, name in enumerate(OPERATORS)}
CONSTANT = len(OPERATORS)  # a number that is fitted
NUMBER = CONSTANT + 1  # a number that stays: small integers, pi
VARIABLE = NUMBER + 1  # the first variable
MAX_VARIABLES = 10
CODES = VARIABLE + MAX_VARIABLES
LENGTH = 64
"""Room for one program; a search's own limit lies below it."""

ADD, SUB, MUL, DIV, POW = range(5)
NEG, INV, SQUARE, CUBE, SQRT, EXP, LOG, SIN, COS, TANH, ASIN = range(5, 16)
_FIRST_UNARY, _FIRST_LEAF = len(BINARY), len(OPERATORS)

# Sums may be reordered (so that they vectorise); nan and inf keep their meaning.
njit = nb.njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})


@dataclass(frozen=True, slots=True)
class Program:
    """A formula with its numbers.

    Attributes:
        codes: prefix sequence of operator codes, ``CONSTANT``, ``NUMBER`` and ``VARIABLE + j``.
        values: one number per code; it counts where the code is ``CONSTANT`` or ``NUMBER``.
    """

    codes: tuple[int, ...]
    values: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.codes)


def arity(code: int) -> int:
    """How many arguments the operation takes; 0 for leaves."""
    return 2 if code < _FIRST_UNARY else int(code < _FIRST_LEAF)


@njit
def arity_of(code):  # type: ignore[no-untyped-def]
    """:func:`arity` for compiled callers."""
    return 2 if code < _FIRST_UNARY else (1 if code < _FIRST_LEAF else 0)


@njit
def subtree_end(codes, start):  # type: ignore[no-untyped-def]
    """The position after the subtree that begins at ``start``."""
    open_slots, p = 1, start
    while open_slots > 0:
        open_slots += arity_of(codes[p]) - 1
        p += 1
    return p


@njit
def mark_ends(codes, n, ends):  # type: ignore[no-untyped-def]
    """Fill ``ends[p]``, the position after the subtree that begins at ``p``."""
    for p in range(n - 1, -1, -1):
        kind = arity_of(codes[p])
        ends[p] = p + 1 if kind == 0 else ends[p + 1]
        if kind == 2:
            ends[p] = ends[ends[p]]


@njit
def _binary(code, a, b, out):  # type: ignore[no-untyped-def]
    for i in range(out.size):
        if code == ADD:
            out[i] = a[i] + b[i]
        elif code == SUB:
            out[i] = a[i] - b[i]
        elif code == MUL:
            out[i] = a[i] * b[i]
        elif code == DIV:
            out[i] = a[i] / b[i]
        else:
            out[i] = a[i] ** b[i]


@njit
def _unary(code, a, out):  # type: ignore[no-untyped-def]  # noqa: C901 - one branch an operator
    for i in range(out.size):
        x = a[i]
        if code == NEG:
            out[i] = -x
        elif code == INV:
            out[i] = 1.0 / x
        elif code == SQUARE:
            out[i] = x * x
        elif code == CUBE:
            out[i] = x * x * x
        elif code == SQRT:
            out[i] = np.sqrt(x)
        elif code == EXP:
            out[i] = np.exp(x)
        elif code == LOG:
            out[i] = np.log(x)
        elif code == SIN:
            out[i] = np.sin(x)
        elif code == COS:
            out[i] = np.cos(x)
        elif code == TANH:
            out[i] = np.tanh(x)
        else:
            out[i] = np.arcsin(x) if abs(x) <= 1.0 else np.nan


@njit
def forward(codes, values, n, x, nodes, ends):  # type: ignore[no-untyped-def]
    """Values of every node: ``nodes[p] : (points,)`` for ``x : (variables, points)``."""
    for p in range(n - 1, -1, -1):
        code = codes[p]
        kind = arity_of(code)
        if kind == 2:
            middle = ends[p + 1]
            _binary(code, nodes[p + 1], nodes[middle], nodes[p])
        elif kind == 1:
            _unary(code, nodes[p + 1], nodes[p])
        elif code >= VARIABLE:
            nodes[p] = x[code - VARIABLE]
        else:
            nodes[p] = values[p]


@njit
def _adjoint_binary(code, f, a, b, up, left, right):  # type: ignore[no-untyped-def]
    for i in range(f.size):
        u = up[i]
        if code == ADD:
            left[i], right[i] = u, u
        elif code == SUB:
            left[i], right[i] = u, -u
        elif code == MUL:
            left[i], right[i] = u * b[i], u * a[i]
        elif code == DIV:
            left[i], right[i] = u / b[i], -u * f[i] / b[i]
        else:
            left[i] = u * b[i] * a[i] ** (b[i] - 1.0)
            # The exponent of a base that is not positive cannot move: its derivative is no number.
            right[i] = u * f[i] * np.log(a[i]) if a[i] > 0.0 else 0.0


@njit
def _slope(code, x, f):  # type: ignore[no-untyped-def]  # noqa: C901 - one branch an operator
    if code == NEG:
        return -1.0
    if code == INV:
        return -f * f
    if code == SQUARE:
        return 2.0 * x
    if code == CUBE:
        return 3.0 * x * x
    if code == SQRT:
        return 0.5 / f
    if code == EXP:
        return f
    if code == LOG:
        return 1.0 / x
    if code == SIN:
        return np.cos(x)
    if code == COS:
        return -np.sin(x)
    if code == TANH:
        return 1.0 - f * f
    return 1.0 / np.sqrt(1.0 - x * x)


@njit
def backward(codes, start, end, nodes, ends, adjoints):  # type: ignore[no-untyped-def]
    """Adjoints of every node below ``start``, whose own row the caller has filled."""
    for p in range(start, end):
        code = codes[p]
        kind = arity_of(code)
        if kind == 2:
            q = ends[p + 1]
            _adjoint_binary(
                code, nodes[p], nodes[p + 1], nodes[q], adjoints[p], adjoints[p + 1], adjoints[q]
            )
        elif kind == 1:
            for i in range(nodes.shape[1]):
                slope = _slope(code, nodes[p + 1, i], nodes[p, i])
                adjoints[p + 1, i] = adjoints[p, i] * slope


def to_arrays(program: Program) -> tuple[Codes, Floats, int]:
    """Codes and values padded to ``LENGTH``, and the program's length.

    Raises:
        InputError: for a sequence that is no single prefix expression, or is too long.
    """
    n, open_slots = len(program), 1
    for place, code in enumerate(program.codes):
        if not 0 <= code < CODES or open_slots == 0:
            raise InputError(f"The program is no prefix expression: see position {place + 1}.")
        open_slots += arity(code) - 1
    if open_slots or n > LENGTH or len(program.values) != n:
        raise InputError(f"A program is one complete prefix expression of 1 to {LENGTH} codes.")
    codes, values = np.zeros(LENGTH, np.int16), np.zeros(LENGTH)
    codes[:n], values[:n] = program.codes, program.values
    return codes, values, n


def from_arrays(codes: Codes, values: Floats, n: int) -> Program:
    """The first ``n`` codes and values as a :class:`Program`."""
    return Program(tuple(codes[:n].tolist()), tuple(values[:n].tolist()))


def evaluate(program: Program, x: Floats) -> Floats:
    """The program's values, ``(points,)``, at ``x : (variables, points)``."""
    return _nodes(program, x)[0][0].copy()


def evaluate_many(programs: Sequence[Program], x: Floats) -> Floats:
    """Values of several programs, ``(programs, points)``."""
    rows = [evaluate(program, x) for program in programs]
    return np.array(rows) if rows else np.empty((0, x.shape[1]))


def derivatives(program: Program, x: Floats) -> Floats:
    """Derivatives by the fitted constants in their order, ``(constants, points)``."""
    nodes, ends, codes = _nodes(program, x)
    adjoints = np.empty_like(nodes)
    adjoints[0] = 1.0
    backward(codes, 0, len(program), nodes, ends, adjoints)
    rows = [p for p, code in enumerate(program.codes) if code == CONSTANT]
    return adjoints[rows]


def _nodes(program: Program, x: Floats) -> tuple[Floats, NDArray[np.int64], Codes]:
    codes, values, n = to_arrays(program)
    highest = max(program.codes) - VARIABLE
    if x.ndim != 2 or highest >= x.shape[0]:
        raise InputError(
            f"The program reads variable {highest + 1} but the points have shape {x.shape}; "
            "give (variables, points)."
        )
    ends, nodes = np.zeros(LENGTH + 1, np.int64), np.empty((n, x.shape[1]))
    mark_ends(codes, n, ends)
    forward(codes, values, n, np.ascontiguousarray(x, np.float64), nodes, ends)
    return nodes, ends, codes
