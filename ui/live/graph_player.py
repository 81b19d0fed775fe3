"""A computational graph that plays, pauses, steps and scrubs in the browser."""

from __future__ import annotations

from typing import Any

from ui.figures.animation import Animation
from ui.live.component import define

_CSS = """
.player { font-family: var(--st-font); color: var(--st-text-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); }
.player:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
.player.thumbnail { border: none; pointer-events: none; }
.player.thumbnail .bar, .player.thumbnail .note { display: none; }
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
.icon { width: 1.05rem; height: 1.05rem; fill: currentColor; vertical-align: -0.15rem; }
button:hover, button:focus-visible, select:focus-visible { border-color: var(--st-primary-color);
  color: var(--st-primary-color); outline: none; box-shadow: 0 0 0 1px var(--st-primary-color); }
input[type=range] { flex: 1 1 8rem; accent-color: var(--st-primary-color); min-width: 6rem; }
.count { font-family: var(--st-code-font); font-size: 0.8rem; min-width: 4.5rem;
  text-align: right; }
"""


def _button(action: str, label: str, *paths: str) -> str:
    """An icon button drawn with our own paths on a 24 x 24 grid."""
    drawn = "".join(f"<path d='{path}'/>" for path in paths)
    icon = f"<svg class='icon' viewBox='0 0 24 24' aria-hidden='true'>{drawn}</svg>"
    return f"<button type='button' data-do='{action}' aria-label='{label}'>{icon}</button>"


_HTML = """<div class="player" tabindex="0" role="group" aria-label="Graph player">
<div class="headline"></div>
<div class="stage"><svg role="img"></svg></div>
<div class="note" aria-live="polite"></div>
<div class="bar">
{first}{back}{play}{forward}{last}
<input type="range" min="0" value="0" step="1" aria-label="Step">
<span class="count"></span>
<select aria-label="Speed"><option value="0.7">slow</option>
<option value="1.5" selected>normal</option><option value="4">fast</option>
<option value="15">15 a second</option><option value="60">60 a second</option></select>
</div></div>
""".format(
    first=_button("first", "To the start", "M6 5h3v14H6z", "M20 5v14L9.5 12z"),
    back=_button("back", "One step back", "M17 5v14L6 12z"),
    play=_button("play", "Play", "M7 4v16l13-8z"),
    forward=_button("forward", "One step on", "M7 5v14l11-7z"),
    last=_button("last", "To the end", "M15 5h3v14h-3z", "M4 5v14l10.500-7z"),
)
_player = define("graph_player", html=_HTML, css=_CSS)


def graph_player(
    animation: Animation,
    *,
    key: str,
    group: str,
    param: str | None = None,
    cue: tuple[int, int] | None = None,
    thumbnail: bool = False,
) -> int | None:
    """Show the player; returns the node that was clicked in this run, if any.

    Args:
        animation: what to play. New numbers for the same graph keep the player's position.
        group: players and tables of one group move together.
        param: name under which the position is kept in the address.
        thumbnail: no controls; plays by itself, over and over, unless motion is unwanted.
        cue: ``(number, position)``; when the number changes the player goes to the position.
    """
    kept = {"group": group, "param": param, "cue": cue, "thumbnail": thumbnail}
    picked = _player(
        key=key,
        data={**_plain(animation), **kept},
        on_picked_change=lambda: None,
    ).picked
    return picked if isinstance(picked, int) else None


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
