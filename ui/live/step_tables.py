"""Tables whose rows follow a graph player of the same group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ui.figures.animation import Table
from ui.live.component import define

_CSS = """
.tables { display: grid; gap: 1rem; align-items: start;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 19rem), 1fr)); }
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
_tables = define("step_tables", html="<div class='tables'></div>\n", css=_CSS)


def step_tables(tables: Sequence[Table], *, key: str) -> None:
    """Show tables side by side where there is room, else one below the other.

    Clicking a row sends the player of the table's group to the step of the row's node.
    """
    _tables(key=key, data={"tables": [_plain(table) for table in tables]})


def _plain(table: Table) -> dict[str, Any]:
    return {
        "caption": table.caption,
        "columns": table.columns,
        "rows": [{"node": r.node, "known_at": r.known_at, "cells": r.cells} for r in table.rows],
        "group": table.group,
        "colour": table.colour,
    }
