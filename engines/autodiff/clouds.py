"""Points in the plane in two classes, for watching a small network learn.

Each function returns ``points (count, 2)`` and ``labels (count,)`` of 0.0 and 1.0, half of each.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engines.common.errors import InputError

Array = NDArray[np.float64]
MAX_POINTS = 5000


def two_moons(count: int, noise: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Two half circles of radius 1, one hooked into the other."""
    labels = _alternating(count)
    angle = rng.uniform(0.0, np.pi, count)
    side = 1.0 - 2.0 * labels
    x = side * np.cos(angle) + labels - 0.5
    y = side * np.sin(angle) + 0.5 * labels - 0.25
    return np.stack([x, y], axis=1) + noise * rng.normal(size=(count, 2)), labels


def xor(count: int, noise: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Four squares; those on a diagonal are of one class."""
    labels = _alternating(count)
    corner = rng.choice([-1.0, 1.0], count)
    signs = np.stack([corner, corner * (1.0 - 2.0 * labels)], axis=1)
    points = signs * rng.uniform(0.15, 1.25, (count, 2))
    return points + noise * rng.normal(size=(count, 2)), labels


def circle(count: int, noise: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """A disc of radius 0.6 inside a ring from 0.9 to 1.3."""
    labels = _alternating(count)
    angle = rng.uniform(0.0, 2.0 * np.pi, count)
    inner = 0.6 * np.sqrt(rng.uniform(0.0, 1.0, count))
    radius = np.where(labels == 1.0, inner, rng.uniform(0.9, 1.3, count))
    points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return points + noise * rng.normal(size=(count, 2)), labels


def _alternating(count: int) -> Array:
    return np.arange(count, dtype=np.float64) % 2.0


CLOUDS: dict[str, Callable[[int, float, np.random.Generator], tuple[Array, Array]]] = {
    "two moons": two_moons,
    "xor": xor,
    "circle": circle,
}


def cloud(kind: str, count: int = 200, noise: float = 0.1, seed: int = 0) -> tuple[Array, Array]:
    """One of ``CLOUDS``.

    Args:
        kind: its name.
        count: how many points, 2 to ``MAX_POINTS``.
        noise: standard deviation of what is added to each coordinate.
        seed: of the random numbers; the same seed gives the same points.

    Raises:
        InputError: for an unknown kind, or a count or noise out of range.
    """
    if kind not in CLOUDS:
        raise InputError(f"There is no cloud {kind!r}. There are {', '.join(CLOUDS)}.")
    if not 2 <= count <= MAX_POINTS:
        raise InputError(f"A cloud has 2 to {MAX_POINTS} points, not {count}.")
    if not 0.0 <= noise <= 10.0:
        raise InputError(f"The noise must lie between 0 and 10, not {noise}.")
    return CLOUDS[kind](count, noise, np.random.default_rng(seed))
