"""A computational graph that plays, pauses, steps and scrubs in the browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from ui.live.component import define

_CSS = """
.player { font-family: var(--st-font); color: var(--st-text-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); }
.player:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
.stage { overflow: auto; padding: 0.75rem; max-height: 34rem; display: flex;
  justify-content: safe center; }
svg { flex: none; }
.edges path { fill: none; stroke: var(--st-border-color); stroke-width: 2; }
.edges path.lit { stroke: var(--accent); stroke-width: 3.5; }
.node { cursor: pointer; }
.node rect, .node circle { fill: var(--st-background-color); stroke: var(--st-border-color);
  stroke-width: 1.5; }
.node.input rect, .node.input circle { stroke: var(--st-primary-color); }
.node.output rect { stroke: var(--st-text-color); stroke-width: 2; }
.node.constant rect { stroke-dasharray: 4 3; }
.node[data-state=done] rect { fill: color-mix(in srgb, var(--accent) 9%,
  var(--st-background-color)); }
.node[data-state=done] circle { fill: var(--accent); }
.node[data-state=partial] rect { fill: color-mix(in srgb, var(--accent) 3%,
  var(--st-background-color)); }
.node[data-state=wrong] .mark { text-decoration: line-through; }
.node.lit rect, .node.lit circle { stroke: var(--accent); stroke-width: 4; }
text { fill: var(--st-text-color); font-family: var(--st-code-font); font-size: 12px; }
.label { font-weight: 600; }
.mark { fill: var(--accent); font-weight: 700; font-size: 12.5px; }
.note { min-height: 3.1rem; padding: 0.5rem 0.9rem; border-top: 1px solid var(--st-border-color);
  font-family: var(--st-code-font); font-size: 0.875rem; white-space: pre-wrap;
  overflow-wrap: anywhere; }
.bar { display: flex; flex-wrap: wrap; gap: 0.4rem; align-items: center;
  padding: 0.5rem 0.75rem; background: var(--st-secondary-background-color);
  border-radius: 0 0 var(--st-base-radius) var(--st-base-radius); }
button, select { font: inherit; font-size: 0.9rem; min-width: 2.4rem; min-height: 2.2rem;
  color: var(--st-text-color); background: var(--st-background-color); cursor: pointer;
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); }
button:hover, button:focus-visible, select:focus-visible { border-color: var(--st-primary-color);
  color: var(--st-primary-color); outline: none; box-shadow: 0 0 0 1px var(--st-primary-color); }
input[type=range] { flex: 1 1 8rem; accent-color: var(--st-primary-color); min-width: 6rem; }
.count { font-family: var(--st-code-font); font-size: 0.8rem; min-width: 4.5rem;
  text-align: right; }
"""
_HTML = """<div class="player" tabindex="0" role="group" aria-label="Graph player">
<div class="stage"><svg role="img"></svg></div>
<div class="note" aria-live="polite"></div>
<div class="bar">
<button type="button" data-do="first" aria-label="To the start">⏮</button>
<button type="button" data-do="back" aria-label="One step back">◀</button>
<button type="button" data-do="play" aria-label="Play">▶</button>
<button type="button" data-do="forward" aria-label="One step on">▶❘</button>
<button type="button" data-do="last" aria-label="To the end">⏭</button>
<input type="range" min="0" value="0" step="1" aria-label="Step">
<span class="count"></span>
<select aria-label="Speed"><option value="0.7">slow</option>
<option value="1.5" selected>normal</option><option value="4">fast</option>
<option value="15">15 a second</option><option value="60">60 a second</option></select>
</div></div>
"""
_player = define("graph_player", html=_HTML, css=_CSS)


@dataclass(frozen=True, slots=True)
class Node:
    """A node: ``level`` counts from the inputs, ``order`` is its place within the level."""

    level: float
    order: float
    label: str
    kind: str
    """``"input"``, ``"constant"``, ``"operation"`` or ``"output"``."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One step of the animation.

    Attributes:
        node: the node at work.
        edges: indices of the edges at work.
        marks: ``(node, text, state)`` that hold from here on; state is ``"partial"``, ``"done"``
            or ``"wrong"``.
        note: what happens, in symbols and numbers.
    """

    node: int
    edges: tuple[int, ...]
    marks: tuple[tuple[int, str, str], ...]
    note: str


@dataclass(frozen=True, slots=True)
class Animation:
    """A graph and its frames.

    Attributes:
        nodes, edges: the graph; an edge is ``(from, to)``.
        values: what each node shows besides its label.
        frames: the steps.
        intro: shown before the first step.
        mode: changing it sends the player back to the end.
        colour: index into the theme's categorical palette.
        alt: the picture in words.
    """

    nodes: tuple[Node, ...]
    edges: tuple[tuple[int, int], ...]
    values: tuple[str, ...]
    frames: tuple[Frame, ...]
    intro: str
    mode: str
    colour: int
    alt: str


def graph_player(
    animation: Animation, *, key: str, group: str, param: str | None = None
) -> int | None:
    """Show the player; returns the node that was clicked in this run, if any.

    Args:
        animation: what to play. New numbers for the same graph keep the player's position.
        group: players and tables of one group move together.
        param: name under which the position is kept in the address.
    """
    shown: Sequence[int] | None = _player(
        key=key,
        data={**asdict(animation), "group": group, "param": param},
        on_picked_change=lambda: None,
    ).picked
    return shown if isinstance(shown, int) else None
