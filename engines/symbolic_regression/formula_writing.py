"""How a normal form is written as prefix tokens; the counterpart of ``formulas.normal``.

Sums are written as ``sub (what is added) (what is taken away)``, products as ``div (above)
(below)``, equal exponents together: ``a^2 b^2`` is ``square mul a b``.
"""

from __future__ import annotations

from fractions import Fraction

from engines.symbolic_regression.vocabulary import CONSTANT, INDEX, INTEGERS, Prefix

Number = Fraction | float
"""A Fraction is exact; a float is the value of a fitted constant (nan where unknown)."""

Written = tuple[Prefix, tuple[float, ...]]
"""A formula and the values of its constants: the form in which factors are kept and compared."""

Core = tuple[tuple[Written, int], ...]
"""A product without its number: factors with exponents, sorted."""

Sum = list[tuple[Core, Number]]
"""Terms, sorted by what they look like; the constant term, if any, has the empty core ()."""

TOKEN_OF = {int(text): INDEX[text] for text in INTEGERS}
"""The token of an integer."""
_ADD, _SUB, _MUL, _DIV, _POW, _NEG, _INV, _SQUARE, _CUBE = (
    INDEX[name] for name in ["add", "sub", "mul", "div", "pow", "neg", "inv", "square", "cube"]
)
MAX_EXPONENT = 24


def write(terms: Sum) -> Written:
    """A normal form as prefix tokens and the values of its constants."""
    positive = [_write_term(c, n) for c, n in terms if isinstance(n, float) or n >= 0]
    negative = [_write_term(c, -n) for c, n in terms if isinstance(n, Fraction) and n < 0]
    if not negative:
        return _chain(_ADD, positive) if positive else _write_number(Fraction(0))
    rest = _chain(_ADD, negative)
    return apply(_SUB, _chain(_ADD, positive), rest) if positive else apply(_NEG, rest)


def _write_term(core: Core, number: Number) -> Written:
    above = [_write_power(group, e) for e, group in _groups(core, 1)]
    below = [_write_power(group, e) for e, group in _groups(core, -1)]
    if isinstance(number, Fraction) and max(number.numerator, number.denominator) <= 5:
        if number.denominator != 1:
            below.insert(0, _write_number(Fraction(number.denominator)))
        if number.numerator != 1 or not (above or below):
            above.insert(0, _write_number(Fraction(number.numerator)))
    else:
        above.insert(0, ((CONSTANT,), (float(number),)))
    if not below:
        return _chain(_MUL, above)
    under = _chain(_MUL, below)
    return apply(_DIV, _chain(_MUL, above), under) if above else apply(_INV, under)


def _write_number(number: Fraction) -> Written:
    token = TOKEN_OF.get(int(number)) if number.denominator == 1 else None
    return ((token,), ()) if token is not None else ((CONSTANT,), (float(number),))


def _groups(core: Core, sign: int) -> list[tuple[int, list[Written]]]:
    """Factors by exponent: a^2 b^2 is written (a b)^2."""
    groups: dict[int, list[Written]] = {}
    for factor, exponent in core:
        if exponent * sign > 0:
            groups.setdefault(exponent * sign, []).append(factor)
    return sorted(groups.items())


def _write_power(factors: list[Written], exponent: int) -> Written:
    base = _chain(_MUL, factors)
    if exponent == 1:
        return base
    if exponent > MAX_EXPONENT:
        return apply(_POW, base, ((CONSTANT,), (float(exponent),)))
    if exponent == 5:
        return apply(_POW, base, ((TOKEN_OF[5],), ()))
    if exponent % 2 == 0:
        return apply(_SQUARE, _write_power([base], exponent // 2))
    if exponent % 3 == 0:
        return apply(_CUBE, _write_power([base], exponent // 3))
    return apply(_MUL, base, _write_power([base], exponent - 1))


def _chain(token: int, parts: list[Written]) -> Written:
    """add a (add b c) of [a, b, c]."""
    result = parts[-1]
    for part in reversed(parts[:-1]):
        result = apply(token, part, result)
    return result


def apply(token: int, *arguments: Written) -> Written:
    tokens = (token, *(t for argument in arguments for t in argument[0]))
    return tokens, tuple(value for argument in arguments for value in argument[1])
