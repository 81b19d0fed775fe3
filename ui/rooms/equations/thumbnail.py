"""The room's card on the home page: a curve through points."""

from __future__ import annotations

import numpy as np

from ui.live import Series, canvas_chart


def show() -> None:
    """Draw the card's picture."""
    t = np.linspace(0, 6, 200)
    at = np.linspace(0.1, 5.9, 40)
    noise = 0.15 * np.random.default_rng(1).standard_normal(40)
    canvas_chart(
        [
            Series("measured", at, 3 * np.exp(-at / 4) * np.cos(2 * at) + noise, 0, dots=True),
            Series("3 exp(-t/4) cos(2t)", t, 3 * np.exp(-t / 4) * np.cos(2 * t), 1),
        ],
        key="home-equations",
        alt="Points scattered around a damped swing, and the curve of its equation.",
        height=230,
    )
