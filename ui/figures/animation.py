"""What :func:`ui.live.graph_player` and :func:`ui.live.step_table` show, as plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """A node: ``level`` counts from the inputs, ``order`` is its place within the level."""

    level: float
    order: float
    label: str
    kind: str
    """``"input"``, ``"operation"``, ``"output"``, or ``"hidden"`` for what is not drawn."""


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
        lanes: for each edge the ``(level, order)`` places it passes through.
        values: what each node shows besides its label.
        frames: the steps.
        intro: shown before the first step.
        mode: changing it sends the player back to the end.
        colour: index into the theme's categorical palette.
        alt: the picture in words.
        headline: ``(name, value)`` pairs shown large above the graph.
    """

    nodes: tuple[Node, ...]
    edges: tuple[tuple[int, int], ...]
    lanes: tuple[tuple[tuple[float, float], ...], ...]
    values: tuple[str, ...]
    frames: tuple[Frame, ...]
    intro: str
    mode: str
    colour: int
    alt: str
    headline: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its node in the graph, the step after which it is known, its cells."""

    node: int
    known_at: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose rows belong to nodes of a graph; ``group`` names the player it follows."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    group: str
    colour: int
