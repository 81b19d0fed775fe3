"""Nodes that remember where they came from: the graph that :mod:`engines.autodiff.teaching` walks.

A wrapped operation computes a value as the plain one does, and leaves a record: its parents, its
local partials, and itself as a child of each parent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from engines.autodiff.operators import FLOAT_OPERATORS
from engines.autodiff.rules import RULES
from engines.common.errors import InputError
from engines.common.notation import applied, line_names, number
from engines.common.operations import OPERATIONS
from engines.common.tape import Tape

Edge = tuple[int, int]
"""``(parent, child)``: indices of the two nodes an edge joins."""


@dataclass(eq=False)
class Node:
    """A value that remembers how it came about.

    The fields are the paper's, in the order in which it needs them.

    Attributes:
        value: the number.
        parent_nodes: the nodes it was computed from; empty for inputs and constants.
        operator: ``"input"``, ``"constant"`` or a key of ``OPERATIONS``.
        grad_wrt_parents: the local partials, one for each parent.
        child_nodes: the nodes computed from it; a child that uses it twice stands here twice.
        partial_derivative: by the input of the last forward sweep over its graph.
        name: what it is called in the printed lines, as ``x1`` or ``v3``.
    """

    value: float
    parent_nodes: tuple[Node, ...] = ()
    operator: str = "input"
    grad_wrt_parents: tuple[float, ...] = ()
    child_nodes: list[Node] = field(default_factory=list)
    partial_derivative: float = 0.0
    name: str = ""

    def __repr__(self) -> str:
        return f"Node({self.name or '?'} = {self.operator}, value={short(self.value)})"


@dataclass(frozen=True)
class Graph:
    """The nodes of one function, parents before children.

    Attributes:
        nodes: all nodes; for a graph built from a tape ``nodes[i]`` is line ``i``. Those without
            a name are called ``x1, x2, ...`` (inputs), ``v1, v2, ...``, or by their number
            (constants).
        outputs: indices of the nodes that are the function's values.
    """

    nodes: tuple[Node, ...]
    outputs: tuple[int, ...]

    def __post_init__(self) -> None:
        counts = {"x": 0, "v": 0}
        for node in self.nodes:
            if node.operator == "constant":
                automatic = number(node.value)
            else:
                kind = "x" if node.operator == "input" else "v"
                counts[kind] += 1
                automatic = f"{kind}{counts[kind]}"
            node.name = node.name or automatic

    @cached_property
    def index(self) -> dict[Node, int]:
        """Where each node stands in ``nodes``."""
        return {node: index for index, node in enumerate(self.nodes)}

    def input(self, name: str) -> Node:
        """The input called ``name``.

        Raises:
            InputError: if there is no such input.
        """
        inputs = {node.name: node for node in self.nodes if node.operator == "input"}
        if name not in inputs:
            known = ", ".join(inputs) or "none: this function is a constant"
            raise InputError(f"There is no input called {name!r}. The inputs are {known}.")
        return inputs[name]


def wrap(operator: str) -> Callable[..., Node]:
    """The function of :class:`Node` that applies ``operator`` and records that it did.

    Raises:
        InputError: for an operator that is not a key of ``OPERATIONS``; the wrapped function
            itself raises it for a wrong number of nodes.
    """
    if operator not in OPERATIONS:
        raise InputError(f"There is no operation called {operator!r}.")
    arity, compute = OPERATIONS[operator].arity, FLOAT_OPERATORS[operator]

    def wrapped(*parents: Node, name: str = "") -> Node:
        if len(parents) != arity:
            raise InputError(f"{operator} takes {arity} nodes, not {len(parents)}.")
        numbers = [parent.value for parent in parents]
        value = compute(*numbers)  # 1. compute the value
        parent_nodes = parents  # 2. collect the parents
        node = Node(value, parent_nodes, operator, name=name)  # 3. make the node
        node.grad_wrt_parents = tuple(  # 4. store the local partials
            partial.times(1.0, *numbers, value) if partial else 0.0 for partial in RULES[operator]
        )
        for parent in parent_nodes:
            parent.child_nodes.append(node)  # 5. register as a child of each parent
        return node

    wrapped.__name__ = wrapped.__qualname__ = operator
    wrapped.__doc__ = f"{OPERATIONS[operator].meaning} of nodes, recorded in the graph."
    return wrapped


add, sub, mul, log, sin = (wrap(name) for name in ("add", "sub", "mul", "log", "sin"))


def build(tape: Tape, point: Mapping[str, float]) -> Graph:
    """Evaluate a tape at a point by wrapped operations, which leaves its graph behind.

    Args:
        tape: the function.
        point: a number for each of ``tape.variables``.

    Raises:
        InputError: if a variable has no number.
    """
    missing = [name for name in tape.variables if name not in point]
    if missing:
        raise InputError(f"Give a number for {', '.join(missing)}.")
    nodes: list[Node] = []
    for line, name in zip(tape.lines, line_names(tape), strict=True):
        if line.op == "input":
            nodes.append(Node(float(point[name]), name=name))
        elif line.op == "constant":
            nodes.append(Node(line.number, operator="constant", name=name))
        else:
            nodes.append(wrap(line.op)(*(nodes[arg] for arg in line.args), name=name))
    return Graph(tuple(nodes), tape.outputs)


@dataclass(frozen=True)
class BuildStep:
    """What happened when one node was made.

    Attributes:
        node: which one.
        operator, value, partials: as on the node.
        edges: from its parents to it.
        symbols, numbers: the line, as ``v1 = log(x1)`` and ``log(2) = 0.693``.
        actions: the five things the wrapped function did, as code; one for an input.
    """

    node: int
    operator: str
    value: float
    partials: tuple[float, ...]
    edges: tuple[Edge, ...]
    symbols: str
    numbers: str
    actions: tuple[str, ...]


def build_steps(graph: Graph) -> Iterator[BuildStep]:
    """The making of a graph, node by node."""
    for index, node in enumerate(graph.nodes):
        edges = tuple((graph.index[parent], index) for parent in node.parent_nodes)
        symbols, numbers, actions = _printed(node)
        yield BuildStep(
            index,
            node.operator,
            node.value,
            node.grad_wrt_parents,
            edges,
            symbols,
            numbers,
            actions,
        )


def _printed(node: Node) -> tuple[str, str, tuple[str, ...]]:
    """The fields ``symbols``, ``numbers`` and ``actions`` of a node's :class:`BuildStep`."""
    value, names = short(node.value), [parent.name for parent in node.parent_nodes]
    if not names:
        return node.name, value, (f"{node.name} = Node({value})",)
    written = applied(node.operator, [short(parent.value) for parent in node.parent_nodes])
    listed = ", ".join(names)
    partials = ", ".join(short(partial) for partial in node.grad_wrt_parents)
    actions = (
        f"value = {written} = {value}",
        f"parent_nodes = [{listed}]",
        f'{node.name} = Node({value}, [{listed}], "{node.operator}")',
        f"{node.name}.grad_wrt_parents = [{partials}]",
        "; ".join(f"{name}.child_nodes.append({node.name})" for name in names),
    )
    return f"{node.name} = {applied(node.operator, names)}", f"{written} = {value}", actions


def short(value: float) -> str:
    """A number for a printed line: three decimals, as the paper's code prints them."""
    if value == 0 or 1e-3 <= abs(value) < 1e6:
        return number(round(value, 3) + 0.0)
    return f"{value:.3g}"
