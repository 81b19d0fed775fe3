"""The paper's own path: nodes that remember where they came from, and sweeps over them.

*A Step-by-step Introduction to the Implementation of Automatic Differentiation*
(arXiv 2402.16020) wraps plain functions so that evaluating ``y = log(x1) + x1*x2 - sin(x2)``
leaves a graph behind, and then walks that graph. This module keeps its objects and its order of
ideas::

    a Node and its fields            Node
    wrapping operations              wrap; add, sub, mul, log, sin
    the topological order            order_steps, topological_order
    the forward sweep, printed       forward

and adds what the released code (``ntumlgroup/simpleautodiff``) leaves out: every other operation,
:func:`reverse` on the same graph and, in :mod:`engines.autodiff.teaching_naive`, the two short
cuts that do not work. It departs from that code where it goes wrong: a sweep here starts from
zeros (there, ``forward(x1)`` and then ``forward(x2)`` give 7.216 for dy/dx2 instead of 1.716),
nothing is recursive (there, a chain of 1100 nodes fails), and names belong to a graph, not to
counters that all graphs share. The printed sweep is the code's; its readme shows the numbers of
another parent in two lines.

Everything a page animates is a frozen record of one step; ``node`` in a record is an index into
``Graph.nodes``, which is also the line of the tape the graph was built from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from engines.autodiff.teaching_nodes import (
    BuildStep,
    Edge,
    Graph,
    Node,
    add,
    build,
    build_steps,
    log,
    mul,
    short,
    sin,
    sub,
    wrap,
)
from engines.common.errors import InputError

__all__ = [
    "BuildStep",
    "Edge",
    "Graph",
    "Node",
    "OrderStep",
    "SweepStep",
    "add",
    "build",
    "build_steps",
    "forward",
    "forward_step",
    "log",
    "mul",
    "order_steps",
    "output_node",
    "reverse",
    "short",
    "sin",
    "sub",
    "topological_order",
    "wrap",
]


Reach = Literal["children", "parents"]
"""Which way to walk: downstream as the forward sweep does, or upstream as the reverse one does."""


@dataclass(frozen=True)
class OrderStep:
    """One event of the depth-first walk that finds the topological order.

    Attributes:
        event: ``"enter"`` a node for the first time, ``"skip"`` one that was entered before, or
            ``"finish"`` one: all that follows it is finished.
        node: which one.
        edge: the edge just walked; ``None`` where the walk begins and on ``"finish"``.
        depth: how many nodes are entered and not finished, this one included.
        text: the event in words.
    """

    event: Literal["enter", "skip", "finish"]
    node: int
    edge: Edge | None
    depth: int
    text: str


def order_steps(graph: Graph, root: Node, along: Reach = "children") -> Iterator[OrderStep]:
    """The depth-first walk from ``root``; the finished nodes, reversed, are in order.

    The walk keeps its own stack, so that a long chain does not exhaust Python's.
    """
    index = graph.index
    visited = {root}
    stack = [(root, iter(_next(root, along)))]
    yield OrderStep("enter", index[root], None, 1, f"start at {root.name}")
    while stack:
        node, following = stack[-1]
        other = next(following, None)
        if other is None:
            text = f"{node.name} is finished: nothing after it is left"
            yield OrderStep("finish", index[node], None, len(stack), text)
            stack.pop()
            continue
        ends = (node, other) if along == "children" else (other, node)
        edge = (index[ends[0]], index[ends[1]])
        if other in visited:
            text = f"{other.name} was entered before"
            yield OrderStep("skip", index[other], edge, len(stack), text)
            continue
        visited.add(other)
        stack.append((other, iter(_next(other, along))))
        text = f"from {node.name} on to {other.name}"
        yield OrderStep("enter", index[other], edge, len(stack), text)


def _next(node: Node, along: Reach) -> Iterable[Node]:
    return node.child_nodes if along == "children" else node.parent_nodes


def topological_order(graph: Graph, root: Node, along: Reach = "children") -> tuple[Node, ...]:
    """All nodes reached from ``root``, none before one that leads to it."""
    steps = order_steps(graph, root, along)
    finished = [graph.nodes[step.node] for step in steps if step.event == "finish"]
    return tuple(reversed(finished))


@dataclass(frozen=True)
class SweepStep:
    """One number found on a sweep, and how.

    ``{step.node: step.value for step in steps}`` are the numbers on the graph after ``steps``.

    Attributes:
        kind: ``"seed"`` for the number that a sweep begins with, ``"node"`` for a finished sum,
            ``"edge"`` for one product added by the plain recursion, ``"stopped"`` where that one
            was cut off.
        node: the node whose number changed.
        value: its number after the step.
        edges: those the number came along.
        symbols, numbers: the line, as ``dv3/dx1 = (dv3/dv1)(dv1/dx1) + (dv3/dv2)(dv2/dx1)`` and
            ``(1)(0.5) + (1)(5) = 5.5``.
        unready: parents that a wrong order had not reached yet, and so counted as 0.
    """

    kind: Literal["seed", "node", "edge", "stopped"]
    node: int
    value: float
    edges: tuple[Edge, ...]
    symbols: str
    numbers: str
    unready: tuple[int, ...] = ()


def forward(graph: Graph, wrt: str) -> Iterator[SweepStep]:
    r"""The derivative of every node by one input, parents before children.

    .. math:: \frac{\partial v}{\partial x} =
              \sum_{p \in \mathrm{parents}(v)} \frac{\partial v}{\partial p}
              \frac{\partial p}{\partial x}

    Also written to ``Node.partial_derivative``; nodes that ``wrt`` does not reach get 0.

    Raises:
        InputError: if the graph has no input ``wrt``.
    """
    root = graph.input(wrt)
    for node in graph.nodes:
        node.partial_derivative = 0.0
    partials: dict[Node, float] = {}
    for node in topological_order(graph, root):
        step = forward_step(graph, node, root, partials)
        node.partial_derivative = partials[node] = step.value
        yield step


def forward_step(graph: Graph, node: Node, root: Node, partials: Mapping[Node, float]) -> SweepStep:
    """The sum over a node's parents; one that is not in ``partials`` counts as 0.

    It counts as 0 even where the local partial is infinite: nothing flows along that edge.
    """
    at, left = graph.index[node], f"d{node.name}/d{root.name}"
    if node is root:
        return SweepStep("seed", at, 1.0, (), left, "1")
    terms = [
        (parent, local)
        for parent, local in zip(node.parent_nodes, node.grad_wrt_parents, strict=True)
        if parent.operator != "constant"
    ]
    value = sum((local * partials[parent] for parent, local in terms if parent in partials), 0.0)
    products = [
        f"(d{node.name}/d{parent.name})(d{parent.name}/d{root.name})" for parent, _ in terms
    ]
    factors = [f"({short(local)})({short(partials.get(parent, 0.0))})" for parent, local in terms]
    edges = tuple((graph.index[parent], at) for parent, _ in terms)
    symbols = f"{left} = {' + '.join(products)}"
    return SweepStep("node", at, value, edges, symbols, f"{' + '.join(factors)} = {short(value)}")


def reverse(graph: Graph, output: int = 0) -> Iterator[SweepStep]:
    r"""The derivative of one output by every node it depends on, children before parents.

    .. math:: \bar v = \frac{\partial y}{\partial v} = \sum_{c \in \mathrm{children}(v)}
              \bar c \, \frac{\partial c}{\partial v}

    These are the adjoints of Baydin et al. (2018, JMLR 18(153)), Table 3. The nodes are left
    as they are; an input that has no step has the derivative 0.

    Args:
        output: which of ``graph.outputs``, counted from 0.

    Raises:
        InputError: if there is no such output.
    """
    top = output_node(graph, output)
    adjoints: dict[Node, float] = {}
    for node in topological_order(graph, top, "parents"):
        if node.operator != "constant":
            step = _reverse_step(graph, node, top, adjoints)
            adjoints[node] = step.value
            yield step


def output_node(graph: Graph, output: int) -> Node:
    """The node of output number ``output``.

    Raises:
        InputError: if there is no such output.
    """
    if not 0 <= output < len(graph.outputs):
        raise InputError(f"This function has outputs 0 to {len(graph.outputs) - 1}, not {output}.")
    return graph.nodes[graph.outputs[output]]


def _reverse_step(graph: Graph, node: Node, top: Node, adjoints: Mapping[Node, float]) -> SweepStep:
    at, left = graph.index[node], f"d{top.name}/d{node.name}"
    if node is top:
        return SweepStep("seed", at, 1.0, (), left, "1")
    terms = [
        (child, local)
        for child in dict.fromkeys(node.child_nodes)
        for parent, local in zip(child.parent_nodes, child.grad_wrt_parents, strict=True)
        if parent is node and child in adjoints
    ]
    value = sum((adjoints[child] * local for child, local in terms), 0.0)
    products = [f"(d{top.name}/d{child.name})(d{child.name}/d{node.name})" for child, _ in terms]
    factors = [f"({short(adjoints[child])})({short(local)})" for child, local in terms]
    edges = tuple((at, graph.index[child]) for child, _ in terms)
    symbols = f"{left} = {' + '.join(products)}"
    return SweepStep("node", at, value, edges, symbols, f"{' + '.join(factors)} = {short(value)}")
