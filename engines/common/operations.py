"""The closed set of elementary operations: their names, arities and how they are written.

One table serves every engine: the parser accepts these names and no others, each engine attaches
its own meaning to them (a float, a derivative rule, a batch of points, a SymPy node), and
:mod:`engines.common.notation` writes them as text and as LaTeX.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operation:
    """An elementary operation.

    Attributes:
        name: the key under which engines look their rule up; for functions also what one types.
        arity: number of arguments.
        text: ``str.format`` template of the typed form; ``{0}``, ``{1}`` are the arguments.
        latex: the same for LaTeX.
        precedence: how tightly it binds when written; 100 = an atom or a function call.
        meaning: one plain clause for help texts.
    """

    name: str
    arity: int
    text: str
    latex: str
    precedence: int
    meaning: str


def _infix(name: str, text: str, latex: str, precedence: int, meaning: str) -> Operation:
    return Operation(name, 2, text, latex, precedence, meaning)


def _call(name: str, arity: int, meaning: str, latex: str | None = None) -> Operation:
    slots = ", ".join(f"{{{i}}}" for i in range(arity))
    default = rf"\operatorname{{{{{name}}}}}\left({slots}\right)"
    return Operation(name, arity, f"{name}({slots})", latex or default, 100, meaning)


def _named(name: str, meaning: str) -> Operation:
    """A function for which LaTeX has a command of its own, as ``\\sin``."""
    return _call(name, 1, meaning, rf"\{name}\left({{0}}\right)")


ADD, MUL, POW, NEG, COMPARE = 20, 30, 50, 40, 10

_TABLE: tuple[Operation, ...] = (
    _infix("add", "{0} + {1}", "{0} + {1}", ADD, "sum"),
    _infix("sub", "{0} - {1}", "{0} - {1}", ADD, "difference"),
    _infix("mul", "{0}*{1}", r"{0} \cdot {1}", MUL, "product"),
    _infix("div", "{0}/{1}", r"\frac{{{0}}}{{{1}}}", MUL, "quotient"),
    _infix("pow", "{0}^{1}", "{{{0}}}^{{{1}}}", POW, "power"),
    _infix("gt", "{0} > {1}", "{0} > {1}", COMPARE, "1 where greater, else 0"),
    _infix("ge", "{0} >= {1}", r"{0} \ge {1}", COMPARE, "1 where not less, else 0"),
    _infix("lt", "{0} < {1}", "{0} < {1}", COMPARE, "1 where less, else 0"),
    _infix("le", "{0} <= {1}", r"{0} \le {1}", COMPARE, "1 where not greater, else 0"),
    _infix("eq", "{0} == {1}", "{0} = {1}", COMPARE, "1 where equal, else 0"),
    _infix("ne", "{0} != {1}", r"{0} \ne {1}", COMPARE, "1 where different, else 0"),
    Operation("neg", 1, "-{0}", "-{0}", NEG, "sign change"),
    _call("min", 2, "smaller of two", r"\min\left({0}, {1}\right)"),
    _call("max", 2, "greater of two", r"\max\left({0}, {1}\right)"),
    _call("atan2", 2, "angle of the point (second, first)"),
    _call("hypot", 2, "length of the vector (first, second)", r"\left\|({0}, {1})\right\|"),
    _call("logaddexp", 2, "log of the sum of exponentials"),
    _call("where", 3, "second where the first is not 0, else third"),
    _call("clamp", 3, "first, kept between second and third"),
    _call("abs", 1, "absolute value", r"\left|{0}\right|"),
    _call("sign", 1, "-1, 0 or 1"),
    _call("floor", 1, "greatest whole number below", r"\left\lfloor {0} \right\rfloor"),
    _call("ceil", 1, "least whole number above", r"\left\lceil {0} \right\rceil"),
    _named("exp", "e to the power"),
    _call("exp2", 1, "2 to the power", "2^{{{0}}}"),
    _call("expm1", 1, "exp minus 1, exact near 0"),
    _named("log", "natural logarithm"),
    _call("log1p", 1, "log of 1 + argument, exact near 0"),
    _call("log2", 1, "logarithm to base 2", r"\log_2\left({0}\right)"),
    _call("log10", 1, "logarithm to base 10", r"\log_{{10}}\left({0}\right)"),
    _call("sqrt", 1, "square root", r"\sqrt{{{0}}}"),
    _call("rsqrt", 1, "1 over the square root", r"\frac{{1}}{{\sqrt{{{0}}}}}"),
    _call("cbrt", 1, "real cube root", r"\sqrt[3]{{{0}}}"),
    _call("square", 1, "second power", r"\left({0}\right)^2"),
    _call("reciprocal", 1, "1 over", r"\frac{{1}}{{{0}}}"),
    _named("sin", "sine"),
    _named("cos", "cosine"),
    _named("tan", "tangent"),
    _call("asin", 1, "inverse sine", r"\arcsin\left({0}\right)"),
    _call("acos", 1, "inverse cosine", r"\arccos\left({0}\right)"),
    _call("atan", 1, "inverse tangent", r"\arctan\left({0}\right)"),
    _named("sinh", "hyperbolic sine"),
    _named("cosh", "hyperbolic cosine"),
    _named("tanh", "hyperbolic tangent"),
    _call("asinh", 1, "inverse hyperbolic sine"),
    _call("acosh", 1, "inverse hyperbolic cosine"),
    _call("atanh", 1, "inverse hyperbolic tangent"),
    _call("sigmoid", 1, "1/(1 + exp(-x))", r"\sigma\left({0}\right)"),
    _call("softplus", 1, "log(1 + exp(x)), without overflow"),
    _call("relu", 1, "the argument where positive, else 0"),
    _call("silu", 1, "x times sigmoid(x)"),
    _call("gelu", 1, "x times the normal distribution function"),
    _call("erf", 1, "error function"),
    _call("erfc", 1, "1 - erf(x), exact for large x"),
)

OPERATIONS: dict[str, Operation] = {operation.name: operation for operation in _TABLE}

FUNCTIONS: dict[str, Operation] = {
    name: operation for name, operation in OPERATIONS.items() if "(" in operation.text
}
"""The operations one types as a call, ``name(argument, ...)``."""

ALIASES: dict[str, str] = {
    "ln": "log",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arctan2": "atan2",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "sgn": "sign",
    "logistic": "sigmoid",
    "clip": "clamp",
}

CONSTANTS: dict[str, float] = {
    "pi": 3.141592653589793,
    "e": 2.718281828459045,
    "tau": 6.283185307179586,
}
