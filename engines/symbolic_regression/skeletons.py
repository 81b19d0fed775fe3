"""Prefix sequences as trees: validity, spans, canonical form, keys, and conversion to tapes.

A *skeleton* is a prefix sequence whose constants are all ``C``; their values travel beside it.

>>> from engines.symbolic_regression.vocabulary import decode, encode
>>> decode(canonical(encode("add mul x2 x1 mul C x1")))
'add mul C x1 mul x1 x2'
>>> to_text(encode("mul C sin x1"), [2.5])
'2.5*sin(x1)'
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Iterable, Sequence

import numpy as np

from engines.common import notation
from engines.common.errors import InputError
from engines.common.tape import Line, Tape, TapeBuilder
from engines.symbolic_regression.formula_writing import write
from engines.symbolic_regression.formulas import is_constant, normal, without_scale
from engines.symbolic_regression.vocabulary import (
    ARITIES,
    CONSTANT,
    FIRST_VARIABLE,
    INDEX,
    INTEGERS,
    MAX_VARIABLES,
    TOKENS,
    VARIABLES,
    Prefix,
)

MAX_TOKENS = 256
"""Longest prefix that ``from_tape`` writes: a shared tape can stand for millions of tokens."""

_REPLACED = {"inv": "div", "square": "pow", "cube": "pow"}
_SHORT = {("div", "1"): "inv", ("pow", "2"): "square", ("pow", "3"): "cube"}
_EXPANDED: dict[str, str] = {
    "reciprocal": "inv {0}",
    "rsqrt": "inv sqrt {0}",
    "tan": "div sin {0} cos {0}",
    "acos": "sub div pi 2 asin {0}",
    "sinh": "div sub exp {0} exp neg {0} 2",
    "cosh": "div add exp {0} exp neg {0} 2",
    "sigmoid": "inv add 1 exp neg {0}",
    "hypot": "sqrt add square {0} square {1}",
    "exp2": "pow 2 {0}",
    "log2": "div log {0} log 2",
    "cbrt": "pow {0} div 1 3",
}


def is_valid(prefix: Sequence[int]) -> bool:
    """Whether the tokens are one whole formula: nothing missing, nothing left over, no padding."""
    missing = 1
    for token in prefix:
        if missing == 0 or not 0 < token < len(TOKENS):
            return False
        missing += ARITIES[token] - 1
    return missing == 0


def spans(prefix: Sequence[int]) -> tuple[int, ...]:
    """Where the sub-expression that starts at each position ends (exclusive).

    Raises:
        InputError: if the tokens are not one whole formula.
    """
    if not is_valid(prefix):
        raise InputError("These tokens are not one whole formula in prefix order.")
    ends = [0] * len(prefix)
    for place in range(len(prefix) - 1, -1, -1):
        end = place + 1
        for _ in range(ARITIES[prefix[place]]):
            end = ends[end]
        ends[place] = end
    return tuple(ends)


def parents(prefix: Sequence[int]) -> tuple[int, ...]:
    """The position of each position's parent; -1 for the root."""
    ends = spans(prefix)
    above = [-1] * len(prefix)
    for place, token in enumerate(prefix):
        child = place + 1
        for _ in range(ARITIES[token]):
            above[child] = place
            child = ends[child]
    return tuple(above)


def complexity(prefix: Sequence[int]) -> int:
    """Number of nodes, every operator, variable and number counted once (SRBench's measure)."""
    return len(prefix)


def canonical(prefix: Sequence[int]) -> Prefix:
    """The one way in which equal skeletons are written; see :mod:`.formulas`."""
    return _settled(write(normal(prefix))[0])


def canonical_with(prefix: Sequence[int], constants: Sequence[float]) -> tuple[Prefix, np.ndarray]:
    """The canonical form and the values its constants then have; the function stays the same."""
    tokens, values = write(normal(prefix, constants))
    return tokens, np.array(values, dtype=np.float64)


def scale_free(prefix: Sequence[int]) -> Prefix:
    """The canonical skeleton of f where ``a + b f`` is fitted; ``()`` if f is a constant."""
    terms = normal(prefix)
    return () if is_constant(terms) else _settled(write(without_scale(terms))[0], free=True)


def _settled(prefix: Prefix, free: bool = False) -> Prefix:
    """A written form read and written again until it stays; once is nearly always enough."""
    for _ in range(3):
        terms = normal(prefix)
        again = write(without_scale(terms) if free and not is_constant(terms) else terms)[0]
        if again == prefix:
            break
        prefix = again
    return prefix


def key(prefix: Sequence[int]) -> str:
    """A short hash of a skeleton's tokens (call ``scale_free`` first to compare formulas)."""
    return hashlib.blake2b(bytes(prefix), digest_size=8).hexdigest()


def held_out_keys(prefixes: Iterable[Sequence[int]]) -> frozenset[str]:
    """Keys of all skeletons that would give a formula away to whoever trains on them.

    For every formula: as it is and with every number free, each under all namings of its
    variables (720 for six).
    """
    keys: set[str] = set()
    for prefix in prefixes:
        free = [CONSTANT if TOKENS[t] in (*INTEGERS, "pi") else t for t in prefix]
        for version in (tuple(prefix), tuple(free)):
            keys.update(key(scale_free(named)) for named in _renamings(version))
    return frozenset(keys)


def _renamings(prefix: Sequence[int]) -> Iterable[Prefix]:
    own = sorted({t for t in prefix if 0 <= t - FIRST_VARIABLE < MAX_VARIABLES})
    for names in itertools.permutations(range(MAX_VARIABLES), len(own)):
        new = {old: FIRST_VARIABLE + name for old, name in zip(own, names, strict=True)}
        yield tuple(new.get(token, token) for token in prefix)


def to_tape(
    prefix: Sequence[int],
    constants: Sequence[float] | np.ndarray = (),
    names: Sequence[str] = VARIABLES,
) -> Tape:
    """The formula as a tape whose inputs are ``names`` (variable ``xi`` is the i-th of them).

    Raises:
        InputError: tokens that are no formula, a variable without a name, or another number of
            constants than the formula has.
    """
    ends = spans(prefix)
    if len(constants) != list(prefix).count(CONSTANT):
        count = list(prefix).count(CONSTANT)
        raise InputError(f"The formula has {count} constants, not {len(constants)}.")
    builder = TapeBuilder(tuple(names))
    values = [float(value) for value in constants]
    lines = [0] * len(prefix)
    for place in range(len(prefix) - 1, -1, -1):  # arguments come after their operator
        first = place + 1
        arguments = [lines[first], lines[ends[first]]] if ARITIES[prefix[place]] == 2 else []
        arguments = [lines[first]] if ARITIES[prefix[place]] == 1 else arguments
        lines[place] = _tape_line(builder, prefix[place], arguments, values, names)
    return builder.build([lines[0]])


def _tape_line(
    builder: TapeBuilder,
    token: int,
    arguments: list[int],
    values: list[float],
    names: Sequence[str],
) -> int:
    name = TOKENS[token]
    if token == CONSTANT:
        return builder.constant(values.pop())
    if name in VARIABLES:
        place = VARIABLES.index(name)
        if place >= len(names):
            raise InputError(f"The formula uses {name}, but only {len(names)} names were given.")
        return place
    if not arguments:
        return builder.constant(math.pi if name == "pi" else float(name))
    if name == "inv":
        return builder.apply("div", builder.constant(1.0), *arguments)
    if name in ("square", "cube"):  # powers read better than function calls
        return builder.apply("pow", *arguments, builder.constant(2.0 if name == "square" else 3.0))
    return builder.apply(name, *arguments)


def from_tape(tape: Tape) -> tuple[Prefix, np.ndarray]:
    """The formula of a tape's first output: tokens and constants; inputs become x1, x2, ...

    The numbers 1 to 5 and pi become tokens of their own, others ``C``.

    Raises:
        InputError: more inputs than variables, an operation outside the language, or a formula
            of more than ``MAX_TOKENS`` tokens.
    """
    if len(tape.variables) > MAX_VARIABLES:
        raise InputError(f"At most {MAX_VARIABLES} variables, not {len(tape.variables)}.")
    written: list[tuple[list[str], list[float]]] = []
    for line in tape.lines:
        written.append(_tape_words(line, [written[a] for a in line.args], tape.variables))
        if len(written[-1][0]) > MAX_TOKENS:
            raise InputError(f"The formula is longer than {MAX_TOKENS} tokens.")
    words, constants = written[tape.outputs[0]]
    return tuple(INDEX[word] for word in words), np.array(constants, dtype=np.float64)


def _tape_words(
    line: Line, parts: list[tuple[list[str], list[float]]], variables: tuple[str, ...]
) -> tuple[list[str], list[float]]:
    if line.op == "input":
        return [VARIABLES[variables.index(str(line.name))]], []
    if line.op == "constant":
        return _number_words(line.number)
    words = [part[0] for part in parts]
    if line.op == "div" and words[0] == ["1"]:
        return ["inv", *words[1]], parts[1][1]
    if line.op == "pow" and words[1] in (["2"], ["3"]):
        return ["square" if words[1] == ["2"] else "cube", *words[0]], parts[0][1]
    template = _EXPANDED.get(line.op, f"{line.op} {{0}} {{1}}" if len(parts) == 2 else None)
    result: tuple[list[str], list[float]] = ([], [])
    for word in (template or f"{line.op} {{0}}").split():
        if word not in INDEX and not word.startswith("{"):
            raise InputError(f"{line.op} is not an operation of equation discovery.")
        piece = parts[int(word[1])] if word.startswith("{") else ([word], [])
        result[0].extend(piece[0])
        result[1].extend(piece[1])
    return result


def _number_words(value: float) -> tuple[list[str], list[float]]:
    if value == math.pi:
        return ["pi"], []
    if abs(value) in (1, 2, 3, 4, 5):
        word = str(int(abs(value)))
        return (["neg", word] if value < 0 else [word]), []
    return ["C"], [value]


def to_text(
    prefix: Sequence[int],
    constants: Sequence[float] | np.ndarray = (),
    names: Sequence[str] = VARIABLES,
) -> str:
    """The formula as one types it."""
    return notation.to_text(to_tape(prefix, constants, names))


def to_latex(
    prefix: Sequence[int],
    constants: Sequence[float] | np.ndarray = (),
    names: Sequence[str] = VARIABLES,
    result: str = "y",
) -> str:
    """The formula as LaTeX."""
    return r" \\ ".join(notation.to_latex(to_tape(prefix, constants, names), result))
