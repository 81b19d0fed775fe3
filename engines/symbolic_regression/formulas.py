"""The normal form of a formula: one way of writing what can be written in many.

A formula becomes a sum of terms; a term is a number times factors with integer exponents; a
factor is a variable, pi, a function of a normal form, or a sum. Equal terms and factors are
collected, numbers folded, signs pulled out of odd and dropped in even functions, commutative
arguments sorted. Where the original is defined, the normal form has the same value (it may be
defined on more: ``square sqrt x`` becomes ``x``).

Exact numbers (1 to 5, their quotients, pi) stay exact; whatever a fitted constant touches
becomes one fitted constant.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from engines.symbolic_regression.formula_writing import Core, Number, Sum, Written, apply, write
from engines.symbolic_regression.vocabulary import ARITIES, CONSTANT, INDEX, INTEGERS, Prefix

ONE, ZERO = Fraction(1), Fraction(0)
MAX_INTEGER = 5
PI_FACTOR: Written = ((INDEX["pi"],), ())
_INTEGER = {INDEX[text]: Fraction(int(text)) for text in INTEGERS}
_FUNCTIONS: dict[int, Callable[[float], float]] = {
    INDEX[name]: getattr(math, name)
    for name in ("sqrt", "exp", "log", "sin", "cos", "tanh", "asin")
}
_INVERSE = {INDEX["exp"]: INDEX["log"], INDEX["log"]: INDEX["exp"]}
_ODD = {INDEX["sin"], INDEX["tanh"], INDEX["asin"]}
_POWERS = {INDEX["inv"]: -1, INDEX["square"]: 2, INDEX["cube"]: 3}
_ADD, _SUB, _MUL, _DIV, _POW, _NEG, _SQRT, _COS = (
    INDEX[name] for name in ["add", "sub", "mul", "div", "pow", "neg", "sqrt", "cos"]
)


def normal(prefix: Sequence[int], constants: Sequence[float] = ()) -> Sum:
    """The normal form of a valid prefix; constants that are not given are unknown (nan)."""
    values = iter([float(value) for value in constants])
    return _read(iter(prefix), values)


def is_constant(terms: Sum) -> bool:
    """Whether no variable occurs."""
    return all(factor == PI_FACTOR for core, _ in terms for factor, _ in core)


def without_scale(terms: Sum) -> Sum:
    """What is left when ``a + b f`` is fitted around a formula: no constant term, no factor.

    Only equal up to a and b.
    """
    rest = [(core, number) for core, number in terms if _without_pi(core)]
    if len(rest) != 1:
        return _rescaled(rest)
    core = _without_pi(rest[0][0])
    if _is_bare_sum(core):
        return without_scale(normal(*core[0][0]))
    factors = [(_rescaled_factor(factor), exponent) for factor, exponent in core]
    return [(tuple(sorted(factors, key=_order)), ONE)]


def _rescaled(terms: Sum) -> Sum:
    """A sum up to a factor: the first term, or the first of several exact ones, counts once.

    A fitted number cannot be told from its quotient by another, so it simply stays fitted.
    """
    exact = [place for place, (_, number) in enumerate(terms) if isinstance(number, Fraction)]
    place = exact[0] if len(exact) > 1 else next((i for i, t in enumerate(terms) if t[0]), 0)
    return _divided(terms, place) if terms else []


def _rescaled_factor(factor: Written) -> Written:
    return write(_rescaled(normal(*factor))) if factor[0][0] in (_ADD, _SUB) else factor


def _divided(terms: Sum, place: int) -> Sum:
    """Terms over the number of one of them; other fitted numbers stay fitted."""
    inverse = _power(terms[place][1], -1)
    scaled = [(core, _times(number, inverse)) for core, number in terms]
    scaled[place] = (terms[place][0], ONE)
    return _merged(scaled) if _is_bare_sum(terms[place][0]) else scaled


def _without_pi(core: Core) -> Core:
    return tuple(item for item in core if item[0] != PI_FACTOR)


def _is_bare_sum(core: Core) -> bool:
    return len(core) == 1 and core[0][1] == 1 and core[0][0][0][0] in (_ADD, _SUB)


def _read(tokens: Iterator[int], values: Iterator[float]) -> Sum:
    token = next(tokens)
    arity = ARITIES[token]
    if arity == 2:
        left = _read(tokens, values)
        return _combined(token, left, _read(tokens, values))
    if arity == 1:
        return _function(token, _read(tokens, values))
    if token == CONSTANT:
        return [((), next(values, math.nan) + 0.0)]
    if token in _INTEGER:
        return [((), _INTEGER[token])]
    return [(((((token,), ()), 1),), ONE)]


def _combined(token: int, left: Sum, right: Sum) -> Sum:
    if token == _ADD:
        return _merged(left + right)
    if token == _SUB:
        return _merged(left + _scaled(right, -ONE))
    if token == _MUL:
        return _product(_monomial(left), _monomial(right))
    if token == _DIV:
        return _product(_monomial(left), _raised(right, -1))
    return _pow(left, right)


def _function(token: int, inner: Sum) -> Sum:
    if token == _NEG:
        return _scaled(inner, -ONE)
    if token in _POWERS:
        return _product(_raised(inner, _POWERS[token]), ((), ONE))
    if is_constant(inner):
        return [((), _evaluated(_FUNCTIONS[token], _value(inner)))]
    sign = ONE
    if (token == _COS or token in _ODD) and _leads_negative(inner):
        inner = _scaled(inner, -ONE)
        sign = ONE if token == _COS else -ONE
    tokens, constants = write(inner)
    if token in _INVERSE and tokens[0] == _INVERSE[token]:
        return normal(tokens[1:], constants)
    return [(((((token, *tokens), constants), 1),), sign)]


def _pow(base: Sum, exponent: Sum) -> Sum:
    if is_constant(exponent):
        number = exponent[0][1] if len(exponent) == 1 and not exponent[0][0] else None
        if not exponent or number == 0:
            return [((), ONE)]
        if isinstance(number, Fraction) and number.denominator == 1 and abs(number) <= 6:
            return _product(_raised(base, int(number)), ((), ONE))
        if number == Fraction(1, 2):
            return _function(_SQRT, base)
        if is_constant(base):
            return [((), _evaluated(math.pow, _value(base), _value(exponent)))]
    tokens, constants = apply(_POW, write(base), write(exponent))
    return [((((tokens, constants), 1),), ONE)]


def _merged(terms: Sum) -> Sum:
    """Equal terms collected and sorted; sums inside a term with an exact number are opened."""
    collected: dict[Core, Number] = {}
    for core, number in _distributed(terms):
        known = collected.get(core)
        collected[core] = number if known is None else _plus(known, number)
    kept = [(core, number) for core, number in collected.items() if number != 0]
    fitted = any(not core and isinstance(number, float) for core, number in kept)
    if fitted and any(core and is_constant([(core, number)]) for core, number in kept):
        rest = [term for term in kept if not is_constant([term])]
        kept = [((), _value([term for term in kept if is_constant([term])])), *rest]
    kept.sort(key=_looks)
    return _common_number_out(kept)


def _distributed(terms: Sum) -> Iterator[tuple[Core, Number]]:
    for core, number in terms:
        if _is_bare_sum(core) and isinstance(number, Fraction):
            yield from ((c, _times(n, number)) for c, n in normal(*core[0][0]))
        else:
            yield core, number


def _common_number_out(terms: Sum) -> Sum:
    """2 a + 2 b as 2 (a + b)."""
    numbers = [number for _, number in terms]
    exact = [abs(number) for number in numbers if isinstance(number, Fraction)]
    if len(terms) < 2 or len(exact) < len(terms) or exact[0] == 1 or len(set(exact)) > 1:
        return terms
    common = -exact[0] if _leads_negative(terms) else exact[0]
    inner = [(core, _times(number, 1 / common)) for core, number in terms]
    return [(((write(inner), 1),), common)]


def _looks(term: tuple[Core, Number]) -> tuple[tuple[int, Prefix, int], ...]:
    return tuple(_order(item) for item in term[0])


def _order(item: tuple[Written, int]) -> tuple[int, Prefix, int]:
    """What sorts factors: the short ones first, as one writes them."""
    return len(item[0][0]), item[0][0], item[1]


def _monomial(terms: Sum) -> tuple[Core, Number]:
    return _raised(terms, 1)


def _raised(terms: Sum, exponent: int) -> tuple[Core, Number]:
    """One term to an integer power; a longer sum becomes a factor, its number pulled out."""
    if not terms:
        return (), ZERO if exponent > 0 else math.nan
    if len(terms) > 1:
        if all(isinstance(n, float) for _, n in terms):
            number = _leading(terms)
            terms = _divided(terms, next(i for i, (core, _) in enumerate(terms) if core))
        else:
            number = -ONE if _leads_negative(terms) else ONE
            terms = _scaled(terms, number)
        return ((write(terms), exponent),), _power(number, exponent)
    core, number = terms[0]
    return tuple((factor, e * exponent) for factor, e in core), _power(number, exponent)


def _leading(terms: Sum) -> Number:
    """The number of the first term with a variable; that is the one a product takes out."""
    return next((number for core, number in terms if core), terms[0][1])


def _product(left: tuple[Core, Number], right: tuple[Core, Number]) -> Sum:
    number = _times(left[1], right[1])
    exponents: dict[Written, int] = {}
    for factor, exponent in _without_even_roots(left[0] + right[0]):
        exponents[factor] = exponents.get(factor, 0) + exponent
    exponents = {f: e for f, e in _without_even_roots(tuple(exponents.items())) if e}
    if isinstance(number, float) and PI_FACTOR in exponents:
        number *= math.pi ** exponents.pop(PI_FACTOR)
    if number == 0:
        return []
    core: Core = tuple(sorted(exponents.items(), key=_order))
    if number in (1, -1) and _is_bare_sum(core):
        return _scaled(normal(*core[0][0]), number)
    return [(core, number)]


def _without_even_roots(core: Core) -> Iterator[tuple[Written, int]]:
    """sqrt(a)^2 as a."""
    for factor, exponent in core:
        if factor[0][0] == _SQRT and exponent and exponent % 2 == 0:
            inner, number = _raised(normal(factor[0][1:], factor[1]), exponent // 2)
            if number == 1:
                yield from inner
                continue
        yield factor, exponent


def _scaled(terms: Sum, number: Number) -> Sum:
    return [(core, _times(value, number)) for core, value in terms] if number != 1 else terms


def _leads_negative(terms: Sum) -> bool:
    number = _leading(terms)
    return isinstance(number, Fraction) and number < 0


def _plus(left: Number, right: Number) -> Number:
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return _writable(left + right)
    return float(left) + float(right)


def _times(left: Number, right: Number) -> Number:
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return _writable(left * right)
    return float(left) * float(right)


def _power(number: Number, exponent: int) -> Number:
    if number == 0 and exponent < 0:
        return math.nan
    try:
        power = number**exponent
    except OverflowError:
        return math.nan
    return _writable(power) if isinstance(power, Fraction) else power


def _writable(number: Fraction) -> Number:
    """Exact while the tokens can say it; else a number like any fitted one."""
    exact = max(abs(number.numerator), number.denominator) <= MAX_INTEGER
    return number if exact else float(number)


def _value(terms: Sum) -> float:
    """The number that a constant normal form is."""
    try:
        return math.fsum(
            float(number) * math.prod(math.pi**exponent for _, exponent in core)
            for core, number in terms
        )
    except (OverflowError, ValueError):
        return math.nan


def _evaluated(rule: Callable[..., float], *arguments: float) -> float:
    try:
        return float(rule(*arguments))
    except (OverflowError, ValueError, ZeroDivisionError):
        return math.nan
