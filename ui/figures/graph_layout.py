"""Where the nodes of a tape's graph go: layers by longest path, order by barycentre.

The layered method of Sugiyama, Tagawa and Toda (1981): an edge that skips levels passes through
a virtual node on each level between, so that it gets a lane of its own and no box is crossed.
Deterministic, linear in the number of (virtual) edges per sweep.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from engines.common.tape import Tape

SWEEPS = 8
Place = tuple[float, float]
"""``(level, order)``: levels count from the inputs, orders are centred within their level."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Places of the nodes, and for every edge the places it passes on the levels between."""

    places: tuple[Place, ...]
    edges: tuple[tuple[int, int], ...]
    lanes: tuple[tuple[Place, ...], ...]


def layered(tape: Tape) -> Layout:
    """The layout of a tape's graph."""
    level = _levels(tape)
    pairs = [(arg, index) for index, line in enumerate(tape.lines) for arg in line.args]
    edges = tuple(dict.fromkeys(pairs))
    chains = []
    for start, end in edges:
        between = range(level[start] + 1, level[end])
        virtual = list(range(len(level), len(level) + len(between)))
        level.extend(between)
        chains.append([start, *virtual, end])
    order = _ordered(level, chains)
    places = [(float(lv), order[node]) for node, lv in enumerate(level)]
    lanes = tuple(tuple(places[node] for node in chain[1:-1]) for chain in chains)
    return Layout(tuple(places[: len(tape)]), edges, lanes)


def _levels(tape: Tape) -> list[int]:
    """Longest distance from the inputs; a constant stands just before its first user."""
    levels: list[int] = []
    for line in tape.lines:
        levels.append(1 + max(levels[arg] for arg in line.args) if line.args else 0)
    first_use: dict[int, int] = {}
    for index, line in enumerate(tape.lines):
        for arg in line.args:
            first_use[arg] = min(first_use.get(arg, levels[index]), levels[index])
    return [
        max(0, first_use.get(index, 1) - 1) if line.op == "constant" else levels[index]
        for index, line in enumerate(tape.lines)
    ]


def _ordered(level: list[int], chains: list[list[int]]) -> list[float]:
    """Places within the levels after a few sweeps, each level sorted by its neighbours' mean."""
    before: dict[int, list[int]] = defaultdict(list)
    after: dict[int, list[int]] = defaultdict(list)
    for chain in chains:
        for left, right in pairwise(chain):
            before[right].append(left)
            after[left].append(right)
    rows: dict[int, list[int]] = defaultdict(list)
    for node, at in enumerate(level):
        rows[at].append(node)
    order = [0.0] * len(level)
    _spread(rows, order)
    for sweep in range(SWEEPS):
        near = after if sweep % 2 else before
        for at in sorted(rows, reverse=bool(sweep % 2)):
            mean = {n: fmean([order[m] for m in near[n]] or [order[n]]) for n in rows[at]}
            rows[at].sort(key=mean.__getitem__)
            _spread({at: rows[at]}, order)
    top = min(order)
    return [place - top for place in order]


def _spread(rows: dict[int, list[int]], order: list[float]) -> None:
    """Neighbours in a level stand one apart, around a common middle."""
    for row in rows.values():
        for place, node in enumerate(row):
            order[node] = place - (len(row) - 1) / 2
