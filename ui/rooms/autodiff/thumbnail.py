"""The room's card on the home page: the paper's example, playing by itself."""

from __future__ import annotations

from engines.autodiff.teaching import build
from engines.common.expression import parse
from ui.figures.autodiff_animation import animation, picture
from ui.live import graph_player


def show() -> None:
    """Draw the card's picture."""
    tape = parse("log(x1) + x1*x2 - sin(x2)")
    graph = build(tape, {"x1": 2.0, "x2": 5.0})
    played = animation(picture(tape), graph, "Reverse", "x1")
    graph_player(played, key="home-autodiff", group="home-autodiff", thumbnail=True)
