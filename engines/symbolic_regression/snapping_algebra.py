"""Programs as trees, and their short readable form.

A tree is a number, a variable ``("x", j)`` or ``(operator, argument, ...)``. Simplifying collects
sums as ``c + sum(k_i * t_i)`` and products as ``k * prod(b_i ** e_i)`` with like terms merged, and
writes them back with the fewest nodes. Powers are merged only where this holds for every real
base (``(x^2)^0.5`` stays: it is ``|x|``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from engines.symbolic_regression.programs import (
    CODE,
    CONSTANT,
    NUMBER,
    OPERATORS,
    VARIABLE,
    Floats,
    Program,
    arity,
)

Tree = Any
"""``float | ("x", j) | (operator, Tree, ...)``; recursive types are beyond mypy's inference."""

Sum = tuple[float, dict[Tree, float]]
Product = tuple[float, dict[Tree, float]]

_NUMERIC: dict[str, Callable[[float], float]] = {
    "neg": lambda v: -v,
    "inv": lambda v: 1.0 / v,
    "square": lambda v: v * v,
    "cube": lambda v: v**3,
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "sin": math.sin,
    "cos": math.cos,
    "tanh": math.tanh,
    "asin": math.asin,
}
_POWERS = {"inv": -1.0, "square": 2.0, "cube": 3.0, "sqrt": 0.5}


def to_tree(program: Program) -> Tree:
    """The tree of a program; constants become plain numbers."""
    stack: list[Tree] = []
    for code, value in zip(reversed(program.codes), reversed(program.values), strict=True):
        if code >= VARIABLE:
            stack.append(("x", code - VARIABLE))
        elif code in (CONSTANT, NUMBER):
            stack.append(float(value))
        else:
            arguments = [stack.pop() for _ in range(arity(code))]
            stack.append((OPERATORS[code], *arguments))
    return stack.pop()


def to_program(tree: Tree, fixed: frozenset[float] = frozenset()) -> Program:
    """The program of a tree; numbers are ``CONSTANT`` except those in ``fixed``."""
    codes, values = [], []
    for node in _walk(tree):
        if isinstance(node, float):
            codes.append(NUMBER if node in fixed else CONSTANT)
            values.append(node)
        else:
            codes.append(VARIABLE + node[1] if node[0] == "x" else CODE[node[0]])
            values.append(0.0)
    return Program(tuple(codes), tuple(values))


def _walk(tree: Tree) -> Iterator[Tree]:
    yield tree
    if not isinstance(tree, float) and tree[0] != "x":
        for argument in tree[1:]:
            yield from _walk(argument)


def size(tree: Tree) -> int:
    """Number of nodes."""
    return sum(1 for _ in _walk(tree))


def simplify(tree: Tree) -> Tree:
    """An equal tree, simplified; the given one where that is shorter or cannot be worked out."""
    try:
        shorter = _simple(tree)
    except (ValueError, OverflowError, ZeroDivisionError):
        return tree
    return shorter if size(shorter) <= size(tree) else tree


def _simple(tree: Tree) -> Tree:
    if isinstance(tree, float) or tree[0] == "x":
        return tree
    op, arguments = tree[0], [_simple(argument) for argument in tree[1:]]
    if all(isinstance(a, float) for a in arguments):
        return _number(op, arguments)
    if op in ("add", "sub"):
        return _write_sum(*_add(_sum(arguments[0]), _sum(arguments[1]), 1 - 2 * (op == "sub")))
    if op == "neg":
        return _scaled(arguments[0], -1.0)
    if op in ("mul", "div"):
        return _collect(_multiply(arguments[0], arguments[1], 1 - 2 * (op == "div")))
    if op == "pow":
        return _power(arguments[0], arguments[1])
    if op in _POWERS:
        return _collect(_raise(arguments[0], _POWERS[op]))
    return _function(op, arguments[0])


def _number(op: str, arguments: list[float]) -> float:
    a = arguments[0]
    if op in _NUMERIC:
        return float(_NUMERIC[op](a))
    b = arguments[1]
    if op == "pow":
        value = a**b
        if isinstance(value, complex):
            raise ValueError("a root of a negative number")
        return float(value)
    return {"add": a + b, "sub": a - b, "mul": a * b}[op] if op != "div" else a / b


def _power(base: Tree, exponent: Tree) -> Tree:
    if isinstance(exponent, float):
        return _collect(_raise(base, exponent))
    return ("pow", base, exponent)


def _function(op: str, inner: Tree) -> Tree:
    if op == "exp":
        constant, terms = _sum(inner)
        if constant and terms:
            return _collect((math.exp(constant), {("exp", _write_sum(0.0, terms)): 1.0}))
        if len(terms) == 1 and not constant:
            ((term, factor),) = terms.items()
            if not isinstance(term, float) and term[0] == "log":
                return _collect(_raise(term[1], factor))
    if op == "log":
        factor, bases = _product(inner)
        if factor > 0 and factor != 1.0 and bases:
            return _write_sum(math.log(factor), {("log", _write_product(1.0, bases)): 1.0})
        if not isinstance(inner, float) and inner[0] == "exp":
            return inner[1]
    if op in ("sin", "tanh", "asin", "cos"):
        factor, bases = _product(inner)
        if factor < 0:
            flipped = (op, _write_product(-factor, bases))
            return flipped if op == "cos" else ("neg", flipped)
    return (op, inner)


def _sum(tree: Tree) -> Sum:
    """``c, {t_i: k_i}``."""
    if isinstance(tree, float):
        return tree, {}
    if tree[0] in ("add", "sub"):
        return _add(_sum(tree[1]), _sum(tree[2]), 1 - 2 * (tree[0] == "sub"))
    factor, bases = _product(tree)
    if len(bases) == 1:
        ((base, exponent),) = bases.items()
        if exponent == 1.0 and not isinstance(base, float) and base[0] in ("add", "sub"):
            constant, terms = _sum(base)
            return constant * factor, {term: k * factor for term, k in terms.items()}
    return (0.0, {_write_product(1.0, bases): factor}) if bases else (factor, {})


def _add(left: Sum, right: Sum, sign: float) -> Sum:
    terms = dict(left[1])
    for term, k in right[1].items():
        terms[term] = terms.get(term, 0.0) + sign * k
        if abs(terms[term]) <= 1e-12 * abs(k):
            del terms[term]
    constant = left[0] + sign * right[0]
    return (0.0 if abs(constant) <= 1e-12 * abs(left[0]) else constant), terms


def _product(tree: Tree) -> Product:
    """``k, {b_i: e_i}``."""
    if isinstance(tree, float):
        return tree, {}
    op = tree[0]
    if op in ("mul", "div"):
        return _multiply(tree[1], tree[2], 1 - 2 * (op == "div"))
    if op == "neg":
        factor, bases = _product(tree[1])
        return -factor, bases
    if op in _POWERS:
        return _raise(tree[1], _POWERS[op])
    if op == "pow" and isinstance(tree[2], float):
        return _raise(tree[1], tree[2])
    if op in ("add", "sub"):
        return _leading_one(tree)
    return 1.0, {tree: 1.0}


def _leading_one(tree: Tree) -> Product:
    """A sum with its scale pulled out, so that equal sums are recognised."""
    constant, terms = _sum(tree)
    if not terms:
        return constant, {}
    plain = any(abs(k) == 1.0 for k in (constant, *terms.values()))
    factor = 1.0 if plain else next(iter(terms.values()))
    if factor != 1.0 and (constant or len(terms) > 1):
        scaled = {term: k / factor for term, k in terms.items()}
        return factor, {_write_sum(constant / factor, scaled): 1.0}
    return 1.0, {tree: 1.0}


def _multiply(left: Tree, right: Tree, sign: float) -> Product:
    k, bases = _product(left)
    q, others = _product(right)
    bases = dict(bases)
    for base, exponent in others.items():
        bases[base] = bases.get(base, 0.0) + sign * exponent
        if bases[base] == 0.0:
            del bases[base]
    return (k * q if sign > 0 else k / q), _merge_exponentials(bases)


def _merge_exponentials(bases: dict[Tree, float]) -> dict[Tree, float]:
    """``exp(a)^2 * exp(b)`` becomes ``exp(2a + b)``."""
    found = [base for base in bases if base[0] == "exp"]
    if not found or (len(found) == 1 and bases[found[0]] == 1.0):
        return bases
    total: Sum = (0.0, {})
    for base in found:
        total = _add(total, _sum(base[1]), bases[base])
    rest = {base: exponent for base, exponent in bases.items() if base[0] != "exp"}
    inner = _write_sum(*total)
    if inner != 0.0:
        rest[("exp", inner)] = 1.0
    return rest


def _raise(base: Tree, exponent: float) -> Product:
    if exponent == 0.0:
        return 1.0, {}
    factor, bases = _product(base)
    if exponent == round(exponent):
        scaled = {b: e * exponent for b, e in bases.items()}
        return factor**exponent, _merge_exponentials(scaled)
    if len(bases) == 1 and factor > 0:
        ((only, inner),) = bases.items()
        if inner == 1.0 or inner != round(inner) or inner % 2:  # no even power inside: no |x|
            return factor**exponent, {only: inner * exponent}
    if factor > 0:
        return factor**exponent, {_write_product(1.0, bases): exponent}
    return 1.0, {base: exponent}


def _collect(product: Product) -> Tree:
    """A product written; a number times a bare sum is multiplied out into the sum."""
    factor, bases = product
    if len(bases) == 1 and factor != 1.0:
        ((base, exponent),) = bases.items()
        if exponent == 1.0 and not isinstance(base, float) and base[0] in ("add", "sub"):
            constant, terms = _sum(base)
            return _write_sum(constant * factor, {t: k * factor for t, k in terms.items()})
    return _write_product(factor, bases)


def _scaled(tree: Tree, factor: float) -> Tree:
    k, bases = _product(tree)
    return _collect((k * factor, bases))


def _write_sum(constant: float, terms: dict[Tree, float]) -> Tree:
    ordered = sorted(terms.items(), key=lambda item: item[1] < 0)
    result: Tree = None
    if constant and (not ordered or (ordered[0][1] < 0 < constant)):
        result, constant = constant, 0.0
    for term, factor in ordered:
        if result is None:
            result = _write_product(*_times(term, factor))
        elif factor < 0:
            result = ("sub", result, _write_product(*_times(term, -factor)))
        else:
            result = ("add", result, _write_product(*_times(term, factor)))
    if result is None:
        return constant
    if constant:
        result = ("add", result, constant) if constant > 0 else ("sub", result, -constant)
    return result


def _times(term: Tree, factor: float) -> Product:
    k, bases = _product(term)
    return k * factor, bases


def _write_product(factor: float, bases: dict[Tree, float]) -> Tree:
    above = [_written_power(b, e) for b, e in bases.items() if e > 0]
    below = [_written_power(b, -e) for b, e in bases.items() if e < 0]
    if not above and not below:
        return float(factor)
    sign = factor == -1.0
    if below and not above:
        denominator = _chain(below)
        if factor in (1.0, -1.0):
            return ("neg", ("inv", denominator)) if sign else ("inv", denominator)
        return ("div", float(factor), denominator)
    numerator = _chain(above if factor in (1.0, -1.0) else [float(factor), *above])
    result = ("div", numerator, _chain(below)) if below else numerator
    return ("neg", result) if sign else result


def _chain(parts: list[Tree]) -> Tree:
    result = parts[0]
    for part in parts[1:]:
        result = ("mul", result, part)
    return result


def _written_power(base: Tree, exponent: float) -> Tree:
    if exponent == 1.0:
        return base
    for name, value in (("square", 2.0), ("cube", 3.0), ("sqrt", 0.5)):
        if exponent == value:
            return (name, base)
    return ("pow", base, float(exponent))


_ARRAYS: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "pow": np.power,
    "neg": np.negative,
    "inv": np.reciprocal,
    "square": np.square,
    "cube": lambda v: v**3,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "log": np.log,
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "asin": np.arcsin,
}


def tree_values(tree: Tree, x: Floats) -> Any:
    """Values of a tree at ``x : (variables, points)``: ``(points,)``, or one number."""
    if isinstance(tree, float):
        return tree
    if tree[0] == "x":
        return x[tree[1]]
    return _ARRAYS[tree[0]](*(tree_values(argument, x) for argument in tree[1:]))
