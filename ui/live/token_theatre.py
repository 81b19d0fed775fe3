"""Token sequences condensing out of noise, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ui.figures.token_frames import TokenFrame
from ui.live.component import define
from ui.live.transport import BAR_CSS, BAR_HTML

_CSS = """
.player { font-family: var(--st-font); color: var(--st-text-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); }
.player:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
.rows { padding: 0.75rem; overflow-x: auto; }
.row { padding: 0.35rem 0; border-bottom: 1px solid var(--st-border-color); }
.row:last-child { border-bottom: none; }
.chips { display: flex; flex-wrap: wrap; gap: 0.2rem; }
.chip { font-family: var(--st-code-font); font-size: 0.8rem; padding: 0.1rem 0.4rem;
  border-radius: 0.35rem; background: var(--st-secondary-background-color);
  border: 1px solid var(--st-border-color); }
.chip[data-kind=operator] { border-color: var(--st-primary-color); }
.chip[data-kind=variable] { font-weight: 700; border-color: var(--st-text-color); }
.chip[data-kind=empty] { border-color: transparent; background: transparent; }
.formula { font-family: var(--st-code-font); font-size: 0.875rem; margin-top: 0.25rem; }
.formula.invalid { font-style: italic; }
.note { padding: 0.4rem 0.9rem; font-size: 0.875rem; border-top: 1px solid
  var(--st-border-color); }
"""
_HTML = f"""<div class="player" tabindex="0" role="group" aria-label="Denoising player">
<div class="rows"></div><div class="note" aria-live="polite"></div>
{BAR_HTML}</div>
"""
_theatre = define("token_theatre", html=_HTML, css=_CSS + BAR_CSS)


def token_theatre(
    frames: Sequence[TokenFrame], kinds: Mapping[str, str], *, run: str, key: str
) -> None:
    """Show the frames; a new ``run`` plays from its beginning.

    Args:
        frames: one per denoising step, as far as they are known.
        kinds: ``"operator"``, ``"variable"``, ``"number"`` or ``"empty"`` by token.
        run: names the run that the frames belong to.
    """
    plain = [
        {
            "rows": [{"cells": r.cells, "formula": r.formula, "valid": r.valid} for r in f.rows],
            "note": f.note,
        }
        for f in frames
    ]
    _theatre(key=key, data={"frames": plain, "kinds": dict(kinds), "run": run})
