"""From probabilities to formulas: the grammar of prefix sequences, obeyed from left to right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engines.symbolic_regression.vocabulary import (
    ARITY,
    FIRST_VARIABLE,
    MAX_VARIABLES,
    PAD,
    TOKENS,
    Prefix,
)


@dataclass(frozen=True)
class Proposal:
    """A formula that the model proposes.

    Attributes:
        prefix: its tokens, always valid.
        log_probability: sum of the log probabilities of its tokens in the last step.
        count: how many of the candidates ended here.
        repaired: whether the grammar had to change the most probable tokens.
    """

    prefix: Prefix
    log_probability: float
    count: int
    repaired: bool


def unpadded(tokens: Sequence[int] | np.ndarray) -> Prefix:
    """The tokens up to the first padding."""
    row = [int(token) for token in tokens]
    return tuple(row[: row.index(PAD)] if PAD in row else row)


def repaired(probabilities: np.ndarray, columns: int = MAX_VARIABLES) -> list[Prefix]:
    """The most probable formulas that the grammar allows, chosen from left to right.

    A token is allowed while places are open, if what it opens can still be closed within L.

    Args:
        probabilities: (K, L, V).
        columns: variables that exist.
    """
    count, length, _ = probabilities.shape
    missing = np.ones(count, np.int64)
    tokens = np.zeros((count, length), np.int64)
    possible = np.ones(len(TOKENS), bool)
    possible[PAD] = False
    possible[FIRST_VARIABLE + columns : FIRST_VARIABLE + MAX_VARIABLES] = False
    for place in range(length):
        after = missing[:, None] + ARITY[None].astype(np.int64) - 1  # (K, V)
        allowed = possible & (after <= length - place - 1)
        choice = np.where(allowed, probabilities[:, place], -1.0).argmax(1)
        tokens[:, place] = np.where(missing > 0, choice, PAD)
        missing = np.where(missing > 0, missing + ARITY[tokens[:, place]] - 1, 0)
    return [unpadded(row) for row in tokens]


def proposals(probabilities: np.ndarray, prefixes: Sequence[Prefix]) -> tuple[Proposal, ...]:
    """Distinct formulas of (K, L, V) probabilities repaired to K prefixes, most frequent first."""
    best: dict[Prefix, Proposal] = {}
    raw = probabilities.argmax(-1)
    for row, prefix in enumerate(prefixes):
        chosen = probabilities[row, np.arange(len(prefix)), list(prefix)]
        score = float(np.log(np.maximum(chosen, 1e-12)).sum())
        changed = prefix != unpadded(raw[row])
        known = best.get(prefix)
        if known is None:
            best[prefix] = Proposal(prefix, score, 1, changed)
        else:
            score = max(score, known.log_probability)
            best[prefix] = Proposal(prefix, score, known.count + 1, known.repaired and changed)
    order = sorted(best.values(), key=lambda p: (-p.count, -p.log_probability, p.prefix))
    return tuple(order)
