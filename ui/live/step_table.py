"""A table whose rows follow a graph player of the same group."""

from __future__ import annotations

from ui.figures.animation import Table
from ui.live.component import define

_CSS = """
.scroll { overflow-x: auto; border: 1px solid var(--st-border-color); max-height: 30rem;
  border-radius: var(--st-base-radius); }
.scroll:focus-visible { outline: 2px solid var(--st-primary-color); }
table { border-collapse: collapse; width: 100%; color: var(--st-text-color);
  font-family: var(--st-code-font); font-size: 0.8125rem; }
caption { caption-side: top; text-align: left; padding: 0.5rem 0.75rem; font-weight: 650;
  font-family: var(--st-font); font-size: 0.9375rem; }
th, td { text-align: left; padding: 0.3rem 0.6rem; white-space: pre; line-height: 1.35; }
th { font-family: var(--st-font); font-weight: 600; border-bottom: 1px solid
  var(--st-border-color); background: var(--st-secondary-background-color); }
td:last-child, th:last-child { text-align: right; position: sticky; right: 0; }
td:last-child { background: var(--st-background-color); }
td:nth-child(2) { white-space: pre-wrap; min-width: 9rem; }
tr[data-node] { cursor: pointer; }
tbody tr + tr td { border-top: 1px solid var(--st-border-color-light, var(--st-border-color)); }
tr.later td:nth-child(n+2) { opacity: 0.22; }
tr.here td { background: color-mix(in srgb, var(--accent) 16%, var(--st-background-color)); }
tr.here td:first-child { box-shadow: inset 4px 0 0 var(--accent); }
td:last-child { font-weight: 700; }
"""
_HTML = """<div class="scroll" tabindex="0"><table><caption></caption><thead></thead><tbody></tbody>
</table></div>
"""
_table = define("step_table", html=_HTML, css=_CSS)


def step_table(table: Table, *, key: str, group: str) -> None:
    """Show the table; clicking a row sends the group's player to the step of its node."""
    _table(
        key=key,
        data={
            "caption": table.caption,
            "columns": table.columns,
            "rows": [
                {"node": r.node, "known_at": r.known_at, "cells": r.cells} for r in table.rows
            ],
            "group": group,
            "colour": table.colour,
        },
    )
