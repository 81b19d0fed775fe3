"""The same function differentiated by SymPy, as formulas.

Meant for a worker process that can be stopped (``engines.common.jail``), because SymPy may run
away on a formula of one line: data in and out is JSON. SymPy never sees text. The expressions are
built here, operation by operation. Arithmetic on constants is done in floats before SymPy sees
them, because a tower such as 9^9^9^9 stops it even with ``Float`` leaves, and whole powers are
kept exact only up to 64.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engines.autodiff.operators import FLOAT_OPERATORS
from engines.autodiff.sweeps import primal
from engines.common.errors import InputError
from engines.common.tape import Tape, TapeBuilder

Json = dict[str, Any]
Expression = Any
"""A SymPy expression or, for a comparison, a relation."""

MAX_LINES = 300
MAX_LATEX = 20_000
MAX_LEVELS = 9
_LARGEST_WHOLE = 1000
_MOST_POWERS = 64
_DIGITS = 20
_SAME = (
    *("exp", "log", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "erf", "erfc"),
    *("sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
)


def to_json(tape: Tape) -> Json:
    """A tape as plain lists, for :func:`symbolic`."""
    lines = [[line.op, list(line.args), line.value] for line in tape.lines[len(tape.variables) :]]
    return {"variables": list(tape.variables), "lines": lines, "outputs": list(tape.outputs)}


def from_json(data: Json) -> Tape:
    """The tape of :func:`to_json`, with every operation checked.

    Raises:
        InputError: for an unknown operation or an argument that is not an earlier line.
    """
    builder = TapeBuilder(tuple(data["variables"]), share=False)
    for op, args, value in data["lines"]:
        if op == "constant":
            builder.constant(value)
        else:
            builder.apply(op, *args)
    return builder.build(data["outputs"])


def symbolic(tape_json: Json, point: Mapping[str, float]) -> Json:
    """Value, gradient and the gradient's formulas.

    Args:
        tape_json: what :func:`to_json` made; the first output is differentiated.
        point: a number for each variable.

    Returns:
        ``value`` and ``gradient`` (by variable; ``None`` where there is no finite real number, and
        throughout if any line of the tape has none),
        ``latex`` (by variable; ``None`` if longer than ``MAX_LATEX``), ``operations`` and
        ``characters`` of all derivatives together, and ``lines`` of the tape.

    Raises:
        InputError: for a tape of more than ``MAX_LINES`` lines, or a variable without a number.
    """
    import sympy

    tape = from_json(tape_json)
    missing = [name for name in tape.variables if name not in point]
    if missing:
        raise InputError(f"The point has no value for {', '.join(missing)}.")
    symbols = [sympy.Symbol(name, real=True) for name in tape.variables]
    function = expression(tape, symbols)
    slopes = [sympy.diff(function, symbol) for symbol in symbols]
    numbers = {
        symbol: sympy.Float(float(point[name]))
        for symbol, name in zip(symbols, tape.variables, strict=True)
    }
    named = dict(zip(tape.variables, slopes, strict=True))
    # Where a line overflows, SymPy would go on to numbers of any size.
    finite = all(math.isfinite(value) for value in primal(tape, point))
    return {
        "value": _number(function, numbers) if finite else None,
        "gradient": {n: _number(slope, numbers) if finite else None for n, slope in named.items()},
        "latex": {name: _latex(slope) for name, slope in named.items()},
        "operations": sum(int(sympy.count_ops(slope)) for slope in slopes),
        "characters": sum(len(str(slope)) for slope in slopes),
        "lines": len(tape),
    }


def swell(levels: int) -> list[Json]:
    """How the derivative's formula grows while the tape does not: the logistic map.

    ``l_1 = x``, ``l_(n+1) = 4 l_n (1 - l_n)``, unsimplified, for n = 1 to ``levels`` (Baydin et
    al., 2018, JMLR 18(153), Table 1).

    Returns:
        For each n: ``level``, ``operations`` and ``characters`` of SymPy's derivative, and
        ``lines`` of the tape.

    Raises:
        InputError: for levels that are not 1 to ``MAX_LEVELS``.
    """
    import sympy

    if not 1 <= levels <= MAX_LEVELS:
        raise InputError(f"Give 1 to {MAX_LEVELS} levels, not {levels}.")
    x = sympy.Symbol("x", real=True)
    rows = []
    for level in range(1, levels + 1):
        tape = logistic_map(level)
        slope = sympy.diff(expression(tape, [x]), x)
        size = {"operations": int(sympy.count_ops(slope)), "characters": len(str(slope))}
        rows.append({"level": level, **size, "lines": len(tape)})
    return rows


def logistic_map(level: int) -> Tape:
    """``l_level`` as a tape: three lines for each level after the first."""
    builder = TapeBuilder(("x",))
    last = 0
    for _ in range(level - 1):
        scaled = builder.apply("mul", builder.constant(4.0), last)
        rest = builder.apply("sub", builder.constant(1.0), last)
        last = builder.apply("mul", scaled, rest)
    return builder.build([last])


def expression(tape: Tape, symbols: Sequence[Expression]) -> Expression:
    """The first output as a SymPy expression.

    Raises:
        InputError: for a tape of more than ``MAX_LINES`` lines.
    """
    if len(tape) > MAX_LINES:
        raise InputError(f"SymPy is given at most {MAX_LINES} lines, not {len(tape)}.")
    table = _operations()
    built: list[Expression] = list(symbols)
    powers = [1] * len(built)  # the product of the whole powers that a line has been raised to
    for line in tape.lines[len(built) :]:
        if line.op == "constant":
            built.append(_leaf(line.number))
            powers.append(1)
            continue
        args = [built[arg] for arg in line.args]
        if not any(arg.free_symbols for arg in args):
            numbers = [float(_as_number(arg)) for arg in args]
            built.append(_leaf(FLOAT_OPERATORS[line.op](*numbers)))
            powers.append(1)
            continue
        if line.op == "square":
            args.append(_leaf(2.0))
        power = max(powers[arg] for arg in line.args) * _whole_power(line.op, args)
        if power > _MOST_POWERS:
            args = [_inexact(arg) for arg in args]
        built.append(table[line.op](*args))
        powers.append(min(power, _MOST_POWERS + 1))
    return _as_number(built[tape.outputs[0]])


def _leaf(value: float) -> Expression:
    """A whole number for a small whole constant, which keeps formulas readable, else a float."""
    import sympy

    whole = abs(value) <= _LARGEST_WHOLE and value == int(value)
    return sympy.Integer(int(value)) if whole else sympy.Float(value)


def _whole_power(op: str, args: Sequence[Expression]) -> int:
    """By how much an operation multiplies the whole powers in its argument."""
    if op not in ("pow", "square") or not args[1].is_Integer:
        return 1
    return max(1, abs(int(args[1])))


def _inexact(value: Expression) -> Expression:
    """A float instead of a whole number, so that arithmetic on it stays cheap."""
    import sympy

    return sympy.Float(value) if isinstance(value, sympy.Rational) else value


def _as_number(value: Expression) -> Expression:
    """1 or 0 for a relation, which is what a comparison is on a tape."""
    import sympy

    if _is_relation(value):
        return sympy.Piecewise((sympy.Integer(1), value), (sympy.Integer(0), True))
    return value


def _is_relation(value: Expression) -> bool:
    """Whether a comparison made this; SymPy calls plain symbols Boolean too."""
    from sympy.core.relational import Relational
    from sympy.logic.boolalg import BooleanAtom

    return isinstance(value, Relational | BooleanAtom)


def _operations() -> dict[str, Callable[..., Expression]]:
    """Every elementary operation on SymPy expressions."""
    import sympy as sp

    def steps(name: str) -> Callable[..., Expression]:
        """A step function whose derivative is 0 and not a distribution."""
        flat = {"fdiff": lambda self, argindex=1: sp.Integer(0)}
        return type(name, (getattr(sp, name),), flat)

    def where(condition: Expression, a: Expression, b: Expression) -> Expression:
        test = condition if _is_relation(condition) else sp.Ne(condition, 0)
        return sp.Piecewise((_as_number(a), test), (_as_number(b), True))

    def numeric(function: Callable[..., Expression]) -> Callable[..., Expression]:
        return lambda *args: function(*map(_as_number, args))

    def sigmoid(x: Expression) -> Expression:
        return 1 / (1 + sp.exp(-x))

    def cbrt(x: Expression) -> Expression:
        third = sp.Rational(1, 3)
        return sp.Piecewise((x**third, x >= 0), (-((-x) ** third), True))

    table = {
        **{op: getattr(sp, op) for op in _SAME},
        "gt": sp.Gt,
        "ge": sp.Ge,
        "lt": sp.Lt,
        "le": sp.Le,
        "eq": sp.Eq,
        "ne": sp.Ne,
        **{op: getattr(operator, op) for op in ("add", "sub", "mul", "neg")},
        "div": operator.truediv,
        "pow": sp.Pow,
        "square": sp.Pow,
        "min": sp.Min,
        "max": sp.Max,
        "clamp": lambda x, low, high: sp.Min(sp.Max(x, low), high),
        "relu": lambda x: sp.Max(x, 0),
        "abs": sp.Abs,
        "sign": steps("sign"),
        "floor": steps("floor"),
        "ceil": steps("ceiling"),
        "hypot": lambda x, y: sp.sqrt(x**2 + y**2),
        "logaddexp": lambda x, y: sp.log(sp.exp(x) + sp.exp(y)),
        "exp2": lambda x: sp.Integer(2) ** x,
        "expm1": lambda x: sp.exp(x) - 1,
        "log1p": lambda x: sp.log(1 + x),
        "log2": lambda x: sp.log(x) / sp.log(2),
        "log10": lambda x: sp.log(x) / sp.log(10),
        "rsqrt": lambda x: 1 / sp.sqrt(x),
        "cbrt": cbrt,
        "reciprocal": lambda x: 1 / x,
        "sigmoid": sigmoid,
        "softplus": lambda x: sp.log(1 + sp.exp(x)),
        "silu": lambda x: x * sigmoid(x),
        "gelu": lambda x: x * sp.erfc(-x / sp.sqrt(2)) / 2,
    }
    return {**{op: numeric(function) for op, function in table.items()}, "where": where}


def _number(value: Expression, numbers: Mapping[Expression, Expression]) -> float | None:
    """The value at a point, or ``None`` where it is no finite real number."""
    result = value.subs(numbers).evalf(_DIGITS)
    if not result.is_Number or not result.is_finite:
        return None
    number = float(result)
    return number if math.isfinite(number) else None


def _latex(slope: Expression) -> str | None:
    import sympy

    if len(str(slope)) > MAX_LATEX:
        return None
    written = sympy.latex(slope)
    return written if len(written) <= MAX_LATEX else None
