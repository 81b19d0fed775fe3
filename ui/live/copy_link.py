"""A button that copies the page's address, which holds the state of every control."""

from __future__ import annotations

from ui.live.component import define

_CSS = """
button { font-family: var(--st-font); font-size: 0.875rem; color: var(--st-text-color);
  background: transparent; border: 1px solid var(--st-border-color); cursor: pointer;
  border-radius: var(--st-button-radius); min-height: 2.5rem; padding: 0.25rem 0.75rem; }
button:hover, button:focus-visible { border-color: var(--st-primary-color);
  color: var(--st-primary-color); }
"""
_copy = define("copy_link", html="<button type='button'>Copy link</button>\n", css=_CSS)


def copy_link(key: str) -> None:
    """Show the button."""
    _copy(key=f"{key}--copy", data={})
