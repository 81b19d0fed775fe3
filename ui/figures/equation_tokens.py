"""From a denoising step to the rows of the token theatre."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engines.symbolic_regression.grammar import unpadded
from engines.symbolic_regression.sampler import DenoisingStep
from engines.symbolic_regression.skeletons import is_valid, to_text
from engines.symbolic_regression.vocabulary import (
    ARITY,
    CONSTANT,
    FIRST_VARIABLE,
    MAX_VARIABLES,
    PAD,
    TOKENS,
    Prefix,
)
from ui.figures.token_frames import TokenFrame, TokenRow

BEST = 3
SIGNS = {"add": "+", "sub": "−", "mul": "×", "div": "÷", "pad": "·"}
"""Tokens shown by a sign instead of their name."""


def kinds(names: Sequence[str]) -> dict[str, str]:
    """The kind of every token as it is shown."""
    shown = [_shown(place, names) for place in range(len(TOKENS))]
    found = {name: "operator" if ARITY[place] else "number" for place, name in enumerate(shown)}
    for place in range(FIRST_VARIABLE, FIRST_VARIABLE + MAX_VARIABLES):
        found[shown[place]] = "variable"
    found[shown[PAD]] = "empty"
    return found


def frame(step: DenoisingStep, names: Sequence[str]) -> TokenFrame:
    """The shown candidates of a step, each position with its best tokens."""
    rows = tuple(_row(probabilities, names) for probabilities in step.probabilities)
    entropy = float(np.mean(step.entropy))
    note = (
        f"Denoising step {step.step} of {step.steps}: signal {step.alpha_bar:.0%}, "
        f"mean entropy {entropy:.2f} nats, {np.mean(step.valid):.0%} of {len(step.valid)} "
        f"candidates are formulas as they stand, {step.unchanged:.0%} of all tokens unchanged."
    )
    return TokenFrame(rows, note)


def _row(probabilities: np.ndarray, names: Sequence[str]) -> TokenRow:
    """One candidate: (L, V) probabilities."""
    tokens = probabilities.argmax(-1)
    prefix = unpadded(tokens)
    length = min(len(tokens), max(len(prefix) + 1, 4))
    cells = tuple(_cell(probabilities[place], names) for place in range(length))
    valid = is_valid(prefix)
    return TokenRow(cells, _read(prefix, names) if valid else "not a formula yet", valid)


def _read(prefix: Prefix, names: Sequence[str]) -> str:
    """The formula with ``c`` for numbers that are still to be fitted."""
    columns = min(len(names), MAX_VARIABLES)
    if columns == MAX_VARIABLES:  # no variable is free to stand for a number
        return to_text(prefix, [1.0] * prefix.count(CONSTANT))
    free = FIRST_VARIABLE + columns
    plain = [free if token == CONSTANT else token for token in prefix]
    letter = next(letter for letter in ("c", "k", "c_") if letter not in names)
    spare = [f"x{place + 1}_" for place in range(columns + 1, MAX_VARIABLES)]
    shown = [name if name.isidentifier() else f"x{i + 1}" for i, name in enumerate(names)]
    return to_text(plain, (), (*shown, letter, *spare))


def _cell(probabilities: np.ndarray, names: Sequence[str]) -> tuple[str, float, str]:
    best = np.argsort(probabilities)[::-1][:BEST]
    told = ", ".join(f"{_shown(int(t), names)} {probabilities[t]:.0%}" for t in best)
    return _shown(int(best[0]), names), float(probabilities[best[0]]), told


def _shown(token: int, names: Sequence[str]) -> str:
    column = token - FIRST_VARIABLE
    if 0 <= column < min(len(names), MAX_VARIABLES):
        return names[column]
    return SIGNS.get(TOKENS[token], TOKENS[token])
