"""The token language of equations: operators, variables, numbers, and ``C``.

A formula is a *prefix* sequence of token ids (the order that DiffuSR's abstract names): an
operator is followed by its arguments, so arities alone say where every sub-expression ends and no
brackets are needed. ``C`` stands for a constant that is fitted to the data; its value is kept
beside the sequence, in order of occurrence.

Operators are not protected: outside their domain (log of a negative number, 0/0) they are NaN,
and a formula that is NaN on the data loses.

>>> encode("mul C sin x1")
(3, 23, 13, 17)
>>> decode((3, 23, 13, 17))
'mul C sin x1'
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engines.common.errors import InputError

BINARY: tuple[str, ...] = ("add", "sub", "mul", "div", "pow")
UNARY: tuple[str, ...] = (
    *("neg", "inv", "square", "cube", "sqrt", "exp"),
    *("log", "sin", "cos", "tanh", "asin"),
)
VARIABLES: tuple[str, ...] = ("x1", "x2", "x3", "x4", "x5", "x6")
INTEGERS: tuple[str, ...] = ("1", "2", "3", "4", "5")

TOKENS: tuple[str, ...] = ("pad", *BINARY, *UNARY, *VARIABLES, "C", *INTEGERS, "pi")
"""All tokens; a token's id is its place here."""

INDEX: dict[str, int] = {token: place for place, token in enumerate(TOKENS)}

ARITY: np.ndarray = np.array(
    [2 if token in BINARY else 1 if token in UNARY else 0 for token in TOKENS], dtype=np.int8
)
"""(V,) number of arguments of each token; ``pad`` has none and never occurs inside a formula."""

ARITIES: tuple[int, ...] = tuple(int(arity) for arity in ARITY)
"""The same as plain integers, for loops in Python."""

LENGTH = 32
"""Longest formula, in tokens."""

PAD = INDEX["pad"]
CONSTANT = INDEX["C"]
FIRST_VARIABLE = INDEX["x1"]
MAX_VARIABLES = len(VARIABLES)

Prefix = tuple[int, ...]
"""A formula as token ids in prefix order, without padding."""


def encode(words: str | Sequence[str]) -> Prefix:
    """Token ids of words such as ``"mul C sin x1"``.

    Raises:
        InputError: for a word that is no token.
    """
    names = words.split() if isinstance(words, str) else list(words)
    unknown = sorted(set(names) - set(INDEX))
    if unknown:
        raise InputError(f"Not tokens: {', '.join(unknown)}. Tokens are: {', '.join(TOKENS)}.")
    return tuple(INDEX[name] for name in names)


def decode(prefix: Sequence[int]) -> str:
    """The words of token ids."""
    return " ".join(TOKENS[token] for token in prefix)
