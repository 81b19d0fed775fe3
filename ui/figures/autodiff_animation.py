"""From the teaching engine's records to the frames of the graph player and rows of tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from engines.autodiff.teaching import (
    BuildStep,
    Graph,
    OrderStep,
    SweepStep,
    build_steps,
    forward,
    order_steps,
    output_node,
    reverse,
    short,
)
from engines.autodiff.teaching_naive import naive_forward, naive_reverse
from engines.common.notation import formula, line_names
from engines.common.tape import Tape
from ui.figures.animation import Animation, Frame, Node, Row, Table
from ui.figures.graph_layout import Layout, layered

MODES = ("Build", "Order", "Forward", "Reverse")
MAX_FRAMES = 2000
MAX_HEADLINE = 8
_COLOURS = {"Build": 0, "Order": 3, "Forward": 2, "Reverse": 1}

_Edges = dict[tuple[int, int], int]


@dataclass(frozen=True, slots=True)
class Picture:
    """The drawing of a tape without numbers: it depends on the formula alone."""

    nodes: tuple[Node, ...]
    layout: Layout


def picture(tape: Tape) -> Picture:
    """Lay out a tape's graph and label its nodes."""
    names, layout = line_names(tape), layered(tape)
    nodes = []
    for index, (line, place) in enumerate(zip(tape.lines, layout.places, strict=True)):
        plain = line.op in ("input", "constant")
        written = formula(tape, index, [names[arg] for arg in line.args])
        label = names[index] if plain else f"{names[index]} = {written}"
        kind = "output" if index in tape.outputs else "input" if plain else "operation"
        nodes.append(Node(*place, label, kind) if place else Node(0, 0, label, "hidden"))
    return Picture(tuple(nodes), layout)


def animation(
    drawing: Picture,
    graph: Graph,
    mode: str,
    wrt: str,
    *,
    naive: bool = False,
    output: int = 0,
) -> Animation:
    """Frames of one of ``MODES`` over a built graph.

    Args:
        drawing: from :func:`picture`.
        graph: the graph with its numbers.
        mode: what to play.
        wrt: the input that the forward sweep and the walk begin at.
        naive: take the wrong order instead of the topological one.
        output: which output is differentiated.
    """
    index = {pair: place for place, pair in enumerate(drawing.layout.edges)}
    frames, intro = _frames(graph, mode, wrt, (naive, output), index)
    return Animation(
        nodes=drawing.nodes,
        edges=drawing.layout.edges,
        lanes=drawing.layout.lanes,
        values=tuple(short(node.value) for node in graph.nodes),
        frames=frames,
        intro=intro,
        mode=f"{mode} {wrt if mode in ('Forward', 'Order') else output} {naive}",
        colour=_COLOURS[mode],
        alt=_alt(graph, mode, wrt, output, frames),
        headline=_headline(graph, output),
    )


def _headline(graph: Graph, output: int) -> tuple[tuple[str, str], ...]:
    """The value and its derivative by every input (the first few of them)."""
    top = output_node(graph, output)
    slopes = {step.node: step.value for step in reverse(graph, output)}
    inputs = [index for index, node in enumerate(graph.nodes) if node.operator == "input"]
    pairs = [
        (f"∂{top.name}/∂{graph.nodes[index].name}", f"{slopes.get(index, 0.0):.10g}")
        for index in inputs[:MAX_HEADLINE]
    ]
    return ((top.name, f"{top.value:.10g}"), *pairs)


def _frames(
    graph: Graph, mode: str, wrt: str, sweep: tuple[bool, int], index: _Edges
) -> tuple[tuple[Frame, ...], str]:
    naive, output = sweep
    if mode == "Build":
        intro = "Press play: each wrapped operation makes one node and remembers its parents."
        made = [step for step in build_steps(graph) if step.operator != "constant"]
        return tuple(_build_frame(step, index) for step in made), intro
    if mode == "Order":
        walk = order_steps(graph, graph.input(wrt))
        intro = f"Press play: a depth-first walk from {wrt}; the nodes finish in reverse order."
        return tuple(_order_frames(walk, index)), intro
    if mode == "Forward":
        intro = f"Press play: derivatives by {wrt} flow from the inputs to the output."
        prefix = f"∂/∂{wrt} "
        right, steps = forward(graph, wrt), naive_forward(graph, wrt) if naive else None
    else:
        top = output_node(graph, output).name
        intro = f"Press play: derivatives of {top} flow from the output back to the inputs."
        prefix = f"∂{top}/∂ "
        right = reverse(graph, output)
        steps = naive_reverse(graph, output, MAX_FRAMES) if naive else None
    truth = list(islice(right, MAX_FRAMES))
    shown = truth if steps is None else list(islice(steps, MAX_FRAMES))
    wrong = _wrong({step.node: step.value for step in truth}, shown)
    return _sweep_frames(graph, shown, index, prefix, wrong), intro


def _wrong(truth: Mapping[int, float], steps: Sequence[SweepStep]) -> set[int]:
    """Places of the steps that leave a node for good with a wrong number."""
    last = {step.node: place for place, step in enumerate(steps)}
    return {
        place
        for node, place in last.items()
        if not math.isclose(steps[place].value, truth.get(node, 0.0), rel_tol=1e-9, abs_tol=1e-12)
        and not math.isnan(steps[place].value)
    }


def _drawn(edges: Iterable[tuple[int, int]], index: _Edges) -> tuple[int, ...]:
    """Each edge once, without those from constants, which are not drawn."""
    return tuple(index[edge] for edge in dict.fromkeys(edges) if edge in index)


def _build_frame(step: BuildStep, index: _Edges) -> Frame:
    edges = _drawn(step.edges, index)
    partials = ", ".join(short(partial) for partial in step.partials)
    mark = f"∂ {partials}" if partials else "stored"
    return Frame(step.node, edges, ((step.node, mark, "done"),), "\n".join(step.actions))


def _order_frames(steps: Iterable[OrderStep], index: _Edges) -> Iterable[Frame]:
    finished = 0
    for step in steps:
        edges = _drawn(() if step.edge is None else (step.edge,), index)
        if step.event == "finish":
            finished += 1
        mark = f"finished {finished}" if step.event == "finish" else "entered"
        state = "done" if step.event == "finish" else "partial"
        marks = () if step.event == "skip" else ((step.node, mark, state),)
        yield Frame(step.node, edges, marks, f"depth {step.depth}: {step.text}")


def _sweep_frames(
    graph: Graph, steps: Sequence[SweepStep], index: _Edges, prefix: str, wrong: set[int]
) -> tuple[Frame, ...]:
    frames = []
    for place, step in enumerate(steps):
        edges = _drawn(step.edges, index)
        note = f"{step.symbols}\n= {step.numbers}"
        if step.unready:
            late = ", ".join(graph.nodes[node].name for node in step.unready)
            note += f"   ({late} not ready yet, counted as 0)"
        state = "wrong" if place in wrong else "done"
        mark = (step.node, f"{prefix}{short(step.value)}", state)
        frames.append(Frame(step.node, edges, (mark,), note))
    return tuple(frames)


def _alt(graph: Graph, mode: str, wrt: str, output: int, frames: Sequence[Frame]) -> str:
    top = output_node(graph, output)
    kinds = {
        "Build": "as it is built",
        "Order": f"with the order of its nodes as seen from {wrt}",
        "Forward": f"with derivatives by {wrt} flowing forwards",
        "Reverse": f"with derivatives of {top.name} flowing backwards",
    }
    return (
        f"Computational graph of {len(graph.nodes)} nodes {kinds[mode]}, {len(frames)} steps; "
        f"the value is {short(top.value)}."
    )


def primal_table(tape: Tape, graph: Graph) -> Table:
    """Every line with its formula, the numbers put in, and its value."""
    names = line_names(tape)
    rows = []
    for index, line in enumerate(tape.lines):
        if line.op == "constant":
            continue
        numbers = formula(tape, index, [short(graph.nodes[arg].value) for arg in line.args])
        symbols = formula(tape, index, [names[arg] for arg in line.args])
        written = "input" if line.op == "input" else f"{symbols}\n{numbers}"
        rows.append(Row(index, 0, (names[index], written, short(graph.nodes[index].value))))
    columns = ("line", "formula, then in numbers", "value")
    return Table("Values (primal trace)", columns, tuple(rows), "ad", 0)


def sweep_table(graph: Graph, steps: Sequence[SweepStep], caption: str, mode: str) -> Table:
    """One row per step of a sweep; rows of the mode being played appear as it reaches them."""
    rows = []
    for place, step in enumerate(steps[:MAX_FRAMES]):
        left, _, right = step.symbols.partition("= ")
        numbers, _, value = step.numbers.rpartition(" = ")
        written = f"{right}\n{numbers}" if right else "seed"
        name = f"{left}=" if left.endswith("+") else left.rstrip()
        rows.append(Row(step.node, place + 1, (name, written, value)))
    columns = ("derivative", "chain rule, then in numbers", "value")
    return Table(caption, columns, tuple(rows), f"ad-{mode}", _COLOURS[mode])
