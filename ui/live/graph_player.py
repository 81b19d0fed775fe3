"""A computational graph that plays, pauses, steps and scrubs in the browser."""

from __future__ import annotations

from typing import Any

from ui.figures.animation import Animation
from ui.live.component import define
from ui.live.transport import BAR_CSS, BAR_HTML

_CSS = """
.player { font-family: var(--st-font); color: var(--st-text-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); }
.player:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
.player.thumbnail { border: none; pointer-events: none; }
.player.thumbnail .note { display: none; }
.headline { display: flex; flex-wrap: wrap; gap: 0.3rem 1.6rem; padding: 0.7rem 0.9rem 0;
  font-size: 1.05rem; }
.headline b { font-weight: 700; }
.headline span { font-family: var(--st-code-font); }
.thumbnail .headline { display: none; }
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
.node[data-state=done] rect { fill: color-mix(in srgb, var(--accent) 9%,
  var(--st-background-color)); }
.node[data-state=done] circle { fill: var(--accent); }
.node[data-state=partial] rect { fill: color-mix(in srgb, var(--accent) 3%,
  var(--st-background-color)); }
.node[data-state=wrong] rect { stroke: var(--st-red-color); stroke-dasharray: 6 4; }
.node[data-state=wrong] .mark { text-decoration: line-through; fill: var(--st-red-text-color); }
.node.lit rect, .node.lit circle { stroke: var(--accent); stroke-width: 4; }
text { fill: var(--st-text-color); font-family: var(--st-code-font); font-size: 12px; }
.label { font-weight: 600; }
.mark { fill: var(--accent); font-weight: 700; font-size: 12.5px; }
.note { min-height: 3.1rem; padding: 0.5rem 0.9rem; border-top: 1px solid var(--st-border-color);
  font-family: var(--st-code-font); font-size: 0.875rem; white-space: pre-wrap;
  overflow-wrap: anywhere; }
"""


_HTML = f"""<div class="player" tabindex="0" role="group" aria-label="Graph player">
<div class="headline"></div>
<div class="stage"><svg role="img"></svg></div>
<div class="note" aria-live="polite"></div>
{BAR_HTML}</div>
"""
_player = define("graph_player", html=_HTML, css=_CSS + BAR_CSS)


def graph_player(
    animation: Animation,
    *,
    key: str,
    group: str,
    param: str | None = None,
    cue: tuple[int, int] | None = None,
    thumbnail: bool = False,
) -> None:
    """Show the player; a click on a node goes to the step that deals with it.

    Args:
        animation: what to play. New numbers for the same graph keep the player's position.
        group: players and tables of one group move together.
        param: name under which the position is kept in the address.
        thumbnail: no controls; plays by itself, over and over, unless motion is unwanted.
        cue: ``(number, position)``; when the number changes the player goes to the position.
    """
    kept = {"group": group, "param": param, "cue": cue, "thumbnail": thumbnail}
    _player(key=key, data={**_plain(animation), **kept})


def _plain(animation: Animation) -> dict[str, Any]:
    """The animation as JSON values (``dataclasses.asdict`` copies deeply and is slow)."""
    return {
        "nodes": [
            {"level": n.level, "order": n.order, "label": n.label, "kind": n.kind}
            for n in animation.nodes
        ],
        "edges": animation.edges,
        "lanes": animation.lanes,
        "values": animation.values,
        "frames": [
            {"node": f.node, "edges": f.edges, "marks": f.marks, "note": f.note}
            for f in animation.frames
        ],
        "intro": animation.intro,
        "mode": animation.mode,
        "colour": animation.colour,
        "alt": animation.alt,
        "headline": animation.headline,
    }
