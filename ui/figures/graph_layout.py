"""Where the nodes of a tape's graph go: layers by longest path, order by barycentre.

The layered method of Sugiyama, Tagawa and Toda (1981): an edge that skips levels passes through
a virtual node on each level between, so that it gets a lane of its own and no box is crossed.
Deterministic, linear in the number of (virtual) edges per sweep.

Constants are left out: every operation that uses one already says so in its label.
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
    """Places of the nodes, and for every edge the places it passes on the levels between.

    A constant that is not an output has the place ``None`` and no edges.
    """

    places: tuple[Place | None, ...]
    edges: tuple[tuple[int, int], ...]
    lanes: tuple[tuple[Place, ...], ...]


def layered(tape: Tape) -> Layout:
    """The layout of a tape's graph."""
    hidden = {
        index
        for index, line in enumerate(tape.lines)
        if line.op == "constant" and index not in tape.outputs
    }
    level = _levels(tape, hidden)
    pairs = [(arg, index) for index, line in enumerate(tape.lines) for arg in line.args]
    edges = tuple(pair for pair in dict.fromkeys(pairs) if pair[0] not in hidden)
    chains = []
    for start, end in edges:
        between = range(level[start] + 1, level[end])
        virtual = list(range(len(level), len(level) + len(between)))
        level.extend(between)
        chains.append([start, *virtual, end])
    order = _ordered({n: at for n, at in enumerate(level) if n not in hidden}, chains)
    places = {node: (float(level[node]), at) for node, at in order.items()}
    lanes = tuple(tuple(places[node] for node in chain[1:-1]) for chain in chains)
    return Layout(tuple(places.get(node) for node in range(len(tape))), edges, lanes)


def _levels(tape: Tape, hidden: set[int]) -> list[int]:
    """Longest distance from the inputs over the lines that are drawn."""
    levels: list[int] = []
    for line in tape.lines:
        below = [levels[arg] for arg in line.args if arg not in hidden]
        levels.append(1 + max(below) if below else 0)
    return levels


def _ordered(level: dict[int, int], chains: list[list[int]]) -> dict[int, float]:
    """Places within the levels after a few sweeps, each level sorted by its neighbours' mean."""
    before: dict[int, list[int]] = defaultdict(list)
    after: dict[int, list[int]] = defaultdict(list)
    for chain in chains:
        for left, right in pairwise(chain):
            before[right].append(left)
            after[left].append(right)
    rows: dict[int, list[int]] = defaultdict(list)
    for node, at in level.items():
        rows[at].append(node)
    order = dict.fromkeys(level, 0.0)
    _spread(rows, order)
    for sweep in range(SWEEPS):
        near = after if sweep % 2 else before
        for at in sorted(rows, reverse=bool(sweep % 2)):
            mean = {n: fmean([order[m] for m in near[n]] or [order[n]]) for n in rows[at]}
            rows[at].sort(key=mean.__getitem__)
            _spread({at: rows[at]}, order)
    top = min(order.values())
    return {node: place - top for node, place in order.items()}


def _spread(rows: dict[int, list[int]], order: dict[int, float]) -> None:
    """Neighbours in a level stand one apart, around a common middle."""
    for row in rows.values():
        for place, node in enumerate(row):
            order[node] = place - (len(row) - 1) / 2
