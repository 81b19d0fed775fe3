"""The bar of buttons below everything that plays; its script is ``scripts/transport.js``."""

from __future__ import annotations

BAR_CSS = """
.thumbnail .bar { display: none; }
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


BAR_HTML = """<div class="bar">
{first}{back}{play}{forward}{last}
<input type="range" min="0" value="0" step="1" aria-label="Step">
<span class="count"></span>
<select aria-label="Speed"><option value="0.7">slow</option>
<option value="1.5" selected>normal</option><option value="4">fast</option>
<option value="15">15 a second</option><option value="60">60 a second</option></select>
</div>
""".format(
    first=_button("first", "To the start", "M6 5h3v14H6z", "M20 5v14L9.5 12z"),
    back=_button("back", "One step back", "M17 5v14L6 12z"),
    play=_button("play", "Play", "M7 4v16l13-8z"),
    forward=_button("forward", "One step on", "M7 5v14l11-7z"),
    last=_button("last", "To the end", "M15 5h3v14h-3z", "M4 5v14l10.5-7z"),
)
