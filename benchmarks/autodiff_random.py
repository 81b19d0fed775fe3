"""Random functions: tapes over all elementary operations, and points with kinks among them."""

from __future__ import annotations

import random

from engines.common.operations import OPERATIONS
from engines.common.tape import Tape, TapeBuilder

SPECIAL = (0.0, 1.0, -1.0, 0.5, 2.0, -2.0, 3.0)
"""Numbers at which kinks and poles lie."""


def random_tape(
    rng: random.Random,
    *,
    depth: int = 8,
    variables: int = 5,
    operations: tuple[str, ...] = tuple(OPERATIONS),
) -> Tape:
    """A random expression tree of one output as a tape (equal parts share lines).

    Args:
        rng: the source of randomness.
        depth: at most so many operations one inside the other.
        variables: at most so many inputs ``x1, x2, ...``; each tree may use fewer.
        operations: the operations to draw from.
    """
    names = tuple(f"x{i + 1}" for i in range(rng.randint(1, variables)))
    builder = TapeBuilder(names)

    def grow(room: int) -> int:
        if room == 0 or rng.random() < 0.1:
            if rng.random() < 0.2:
                return builder.constant(rng.choice([*SPECIAL, round(rng.uniform(-3.0, 3.0), 2)]))
            return rng.randrange(len(names))
        op = rng.choice(operations)
        return builder.apply(op, *(grow(room - 1) for _ in range(OPERATIONS[op].arity)))

    op = rng.choice(operations)
    room = rng.randint(min(3, depth), depth)
    arguments = [grow(room - 1) for _ in range(OPERATIONS[op].arity)]
    return builder.build([builder.apply(op, *arguments)])


def random_point(rng: random.Random, count: int, special: float = 0.05) -> list[float]:
    """``count`` coordinates, each with probability ``special`` one of ``SPECIAL``."""
    return [
        rng.choice(SPECIAL) if rng.random() < special else rng.uniform(-3.0, 3.0)
        for _ in range(count)
    ]
