"""Formulas written for people and for programs: text, LaTeX, Python, SymPy, a tape.

One writer walks the tree; a dialect says how each operator looks and how tightly it binds. Names
of variables come from files of other people: whatever is no plain word is replaced by ``x1``.
"""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engines.common.notation import latex_name, latex_number
from engines.common.operations import ALIASES, CONSTANTS, OPERATIONS
from engines.common.tape import Tape, TapeBuilder
from engines.symbolic_regression.snapping_algebra import Tree

_ADD, _MUL, _POW, _ATOM = 20, 30, 50, 100
_FUNCTIONS = ("exp", "log", "sin", "cos", "tanh", "asin", "sqrt")
_TAKEN = {*OPERATIONS, *ALIASES, *CONSTANTS, "np", "sp", "f", "y", "lambda"}


@dataclass(frozen=True)
class Dialect:
    """How formulas look: templates with precedence, and how numbers and names are written."""

    operators: dict[str, tuple[str, int]]
    number: Callable[[float], tuple[str, int]]
    name: Callable[[str], str]
    bracket: str = "({0})"
    boxed: tuple[str, ...] = ()


def plain_names(names: Sequence[str]) -> tuple[str, ...]:
    """The names, those that are no plain word (or stand for a function) replaced by ``x1, ...``."""
    found: list[str] = []
    for place, name in enumerate(names):
        word = re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,30}", name) is not None
        usable = word and name not in _TAKEN and not keyword.iskeyword(name) and name not in found
        found.append(name if usable else _free(f"x{place + 1}", [*names, *found]))
    return tuple(found)


def _free(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += "_"
    return name


def write(tree: Tree, names: Sequence[str], dialect: Dialect) -> str:
    """The tree in a dialect."""
    return _write(tree, names, dialect)[0]


def _write(tree: Tree, names: Sequence[str], dialect: Dialect) -> tuple[str, int]:
    if isinstance(tree, float):
        return dialect.number(tree)
    if tree[0] == "x":
        return dialect.name(names[tree[1]]), _ATOM
    op = tree[0]
    template, precedence = dialect.operators[op]
    parts = []
    for place, argument in enumerate(tree[1:]):
        text, inner = _write(argument, names, dialect)
        boxed = op in dialect.boxed or op in _FUNCTIONS or (op == "pow" and place and dialect.boxed)
        if not boxed and inner < _needed(op, place):
            text = dialect.bracket.format(text)
        parts.append(text)
    return template.format(*parts), precedence


def _needed(op: str, place: int) -> int:
    """The precedence an argument must have to stand without brackets."""
    if op in ("add", "sub"):
        return _ADD + (place if op == "sub" else 0)
    if op in ("mul", "div"):
        return _MUL + place
    return _MUL if op == "neg" else _POW + 1


def fraction(value: float) -> tuple[int, int, str] | None:
    """``p, q, unit`` with ``value == p/q * unit`` (unit ``""`` or ``"pi"``) if that is short."""
    for unit, size in (("", 1.0), ("pi", math.pi)):
        for q in range(1, 33):
            p = round(value / size * q)
            if p and abs(p) < 10_000 and math.isclose(p * size / q, value, rel_tol=4e-16):
                return p, q, unit
    return None


def _text_number(value: float) -> tuple[str, int]:
    parts = fraction(value)
    if parts is None or (not parts[2] and parts[1] in (2, 4, 5, 8, 10, 16, 20)):
        return f"{value:.6g}", _ATOM if value >= 0 else _ADD
    p, q, unit = parts
    top = str(p) if not unit else {1: "pi", -1: "-pi"}.get(p, f"{p}*pi")
    text = top if q == 1 else f"{top}/{q}"
    return text, (_ADD if p < 0 else _ATOM if text.isalnum() else _MUL)


def _latex_number(value: float) -> tuple[str, int]:
    parts = fraction(value)
    if parts is None or (
        not parts[2] and parts[1] in (2, 4, 5, 8, 10, 16, 20) and abs(value) != 0.5
    ):
        text = latex_number(float(f"{value:.6g}"))
        return text, _ADD if value < 0 else (_MUL if "10^" in text else _ATOM)
    p, q, unit = parts
    top = str(abs(p)) if not unit else (r"\pi" if abs(p) == 1 else rf"{abs(p)} \pi")
    text = top if q == 1 else rf"\frac{{{top}}}{{{q}}}"
    return ("-" if p < 0 else "") + text, _ADD if p < 0 else (_ATOM if q == 1 else _MUL)


def _code_number(module: str) -> Callable[[float], tuple[str, int]]:
    def written(value: float) -> tuple[str, int]:
        parts = fraction(value)
        if parts is None:
            return repr(value), _ADD if value < 0 else _ATOM
        p, q, unit = parts
        exact = f"sp.Rational({p}, {q})" if module == "sp" and q > 1 else f"{p}/{q}"
        top = exact if q > 1 else str(p)
        if unit:
            top = f"{top}*{module}.pi" if p != 1 or q > 1 else f"{module}.pi"
        return top, _ADD if p < 0 else (_ATOM if "/" not in top and "*" not in top else _MUL)

    return written


def _infix(power: str) -> dict[str, tuple[str, int]]:
    return {
        "add": ("{0} + {1}", _ADD), "sub": ("{0} - {1}", _ADD), "mul": ("{0}*{1}", _MUL),
        "div": ("{0}/{1}", _MUL), "pow": ("{0}" + power + "{1}", _POW), "neg": ("-{0}", _ADD),
        "inv": ("1/{0}", _MUL), "square": ("{0}" + power + "2", _POW),
        "cube": ("{0}" + power + "3", _POW),
    }  # fmt: skip


def _calls(prefix: str, renamed: dict[str, str] | None = None) -> dict[str, tuple[str, int]]:
    names = {op: (renamed or {}).get(op, op) for op in _FUNCTIONS}
    return {op: (f"{prefix}{name}({{0}})", _ATOM) for op, name in names.items()}


TEXT = Dialect({**_infix("^"), **_calls("")}, _text_number, str)
NUMPY = Dialect({**_infix("**"), **_calls("np.", {"asin": "arcsin"})}, _code_number("np"), str)
SYMPY = Dialect({**_infix("**"), **_calls("sp.")}, _code_number("sp"), str)
LATEX = Dialect(
    {
        **{op: (OPERATIONS[op].latex, _ATOM) for op in _FUNCTIONS},
        "add": ("{0} + {1}", _ADD), "sub": ("{0} - {1}", _ADD), "mul": (r"{0} \cdot {1}", _MUL),
        "div": (r"\frac{{{0}}}{{{1}}}", _MUL), "neg": ("-{0}", _ADD),
        "inv": (r"\frac{{1}}{{{0}}}", _MUL), "pow": ("{{{0}}}^{{{1}}}", _POW),
        "square": ("{{{0}}}^{{2}}", _POW), "cube": ("{{{0}}}^{{3}}", _POW),
    },
    _latex_number, latex_name, r"\left({0}\right)", ("div", "inv"),
)  # fmt: skip


def python_code(tree: Tree, names: Sequence[str]) -> str:
    """A Python function of arrays."""
    body = write(tree, names, NUMPY)
    return f"import numpy as np\n\n\ndef f({', '.join(names)}):\n    return {body}\n"


def sympy_code(tree: Tree, names: Sequence[str]) -> str:
    """Python lines that build the SymPy expression ``expression``."""
    symbols = "".join(f'{name} = sp.Symbol("{name}")\n' for name in names)
    return f"import sympy as sp\n\n{symbols}expression = {write(tree, names, SYMPY)}\n"


def to_tape(tree: Tree, names: Sequence[str]) -> Tape:
    """The formula as a tape, for differentiation or evaluation by other rooms' tools."""
    builder = TapeBuilder(tuple(names))
    return builder.build([_line(tree, builder)])


def _line(tree: Tree, builder: TapeBuilder) -> int:
    if isinstance(tree, float):
        return builder.constant(tree)
    if tree[0] == "x":
        return int(tree[1])
    arguments = [_line(argument, builder) for argument in tree[1:]]
    if tree[0] in ("cube", "inv"):
        exponent = builder.constant(3.0 if tree[0] == "cube" else -1.0)
        return builder.apply("pow", arguments[0], exponent)
    return builder.apply(tree[0], *arguments)
