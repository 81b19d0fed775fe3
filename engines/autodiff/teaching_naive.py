"""Two short cuts that everybody tries, and the wrong numbers they give.

Why sort the graph at all, why not just follow the edges? On ``a = 1; b = a + a; c = b + b`` the
plain recursion of :func:`naive_reverse` says dc/da = 6 and not 4; on the paper's own example the
first-come order of :func:`naive_forward` says dy/dx1 = 0.5 and not 5.5. Both give right numbers
on trees, which is why they pass a first test.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from engines.autodiff.teaching import SweepStep, forward_step, output_node, topological_order
from engines.autodiff.teaching_nodes import Graph, Node, short


def naive_forward(
    graph: Graph, wrt: str, order: Literal["depth", "breadth"] = "depth"
) -> Iterator[SweepStep]:
    """The forward sweep in the order in which the walk first meets the nodes.

    A node met before all its parents are done takes the missing ones as 0; ``unready`` names
    them. ``order`` is depth first (where recursion leads) or breadth first.

    Raises:
        InputError: if the graph has no input ``wrt``.
    """
    root = graph.input(wrt)
    reached = set(topological_order(graph, root))
    partials: dict[Node, float] = {}
    waiting = deque([root])
    while waiting:
        node = waiting.pop() if order == "depth" else waiting.popleft()
        if node in partials:
            continue
        step = forward_step(graph, node, root, partials)
        late = dict.fromkeys(p for p in node.parent_nodes if p in reached and p not in partials)
        partials[node] = step.value
        yield replace(step, unready=tuple(graph.index[parent] for parent in late))
        waiting.extend(reversed(node.child_nodes) if order == "depth" else node.child_nodes)


def naive_reverse(graph: Graph, output: int = 0, limit: int = 10_000) -> Iterator[SweepStep]:
    """The reverse sweep as plain recursion, one step for every edge it follows.

    Each visit of a node sends all of the node's running total up to the parents and goes on from
    there, so what an earlier visit had sent is sent again; and the number of visits grows with
    the number of *paths*, 2^n for n doublings. The steps come in the order in which the
    recursion takes them; after ``limit`` of them a ``"stopped"`` step is the last.

    Args:
        output: which of ``graph.outputs``, counted from 0.
        limit: how many edges are followed at most.

    Raises:
        InputError: if there is no such output.
    """
    top = output_node(graph, output)
    totals = {top: 1.0}
    at = graph.index[top]
    yield SweepStep("seed", at, 1.0, (), f"d{top.name}/d{top.name}", "1")
    stack = [(top, _parents(top))]
    followed = 0
    while stack:
        node, rest = stack[-1]
        parent, local = next(rest, (None, 0.0))
        if parent is None:
            stack.pop()
            continue
        if followed == limit:
            text = f"stopped after {limit} edges"
            yield SweepStep("stopped", graph.index[node], totals[node], (), text, text)
            return
        followed += 1
        yield _pushed(graph, top, node, parent, local, totals)
        stack.append((parent, _parents(parent)))


def _parents(node: Node) -> Iterator[tuple[Node, float]]:
    pairs = zip(node.parent_nodes, node.grad_wrt_parents, strict=True)
    return iter([pair for pair in pairs if pair[0].operator != "constant"])


def _pushed(
    graph: Graph, top: Node, node: Node, parent: Node, local: float, totals: dict[Node, float]
) -> SweepStep:
    """Add one product to the parent's running total."""
    before = totals.get(parent, 0.0)
    totals[parent] = before + totals[node] * local
    at = graph.index[parent]
    y, v, p = top.name, node.name, parent.name
    return SweepStep(
        "edge",
        at,
        totals[parent],
        ((at, graph.index[node]),),
        f"d{y}/d{p} += (d{y}/d{v})(d{v}/d{p})",
        f"{short(before)} + ({short(totals[node])})({short(local)}) = {short(totals[parent])}",
    )
