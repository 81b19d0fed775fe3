"""The live picture: the graph being swept, its result, and the traces beside it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import streamlit as st

from engines.autodiff.teaching import Graph, SweepStep, build, forward, output_node, reverse, short
from engines.autodiff.teaching_naive import naive_forward, naive_reverse
from ui.figures.animation import Table
from ui.figures.autodiff_animation import MAX_FRAMES, animation, primal_table, sweep_table
from ui.live import graph_player, step_tables
from ui.rooms.autodiff.controls import Choice, picture


def show_graph(choice: Choice, graph: Graph, tour_step: int) -> None:
    """The player, with the derivatives as large numbers above the graph."""
    if choice.naive:
        _verdict(choice, graph)
    if not choice.tape.variables and choice.mode != "Build":
        st.info("A formula without variables is a constant: there is nothing to differentiate by.")
        return
    played = animation(
        picture(choice.tape),
        graph,
        choice.mode,
        choice.wrt,
        naive=choice.naive,
        output=choice.output,
    )
    # A step of the tour begins with the finished picture.
    cue = (tour_step, len(played.frames))
    graph_player(played, key="ad-player", group=f"ad-{choice.mode}", param="ad_step", cue=cue)


def _verdict(choice: Choice, graph: Graph) -> None:
    """What the naive order gives instead."""
    top = graph.outputs[choice.output]
    right = {step.node: step.value for step in reverse(graph, choice.output)}
    wrong = {step.node: step.value for step in _steps(choice, graph)}
    names = {name: graph.index[graph.input(name)] for name in choice.tape.variables}
    if choice.mode == "Forward":
        pairs = [(choice.wrt, wrong.get(top, 0.0), right.get(names[choice.wrt], 0.0))]
    else:
        pairs = [(name, wrong.get(at, 0.0), right.get(at, 0.0)) for name, at in names.items()]
    faults = [
        f"∂/∂{name}: **{short(found)}** instead of {short(truth)}"
        for name, found, truth in pairs
        if not (found == truth or abs(found - truth) < 1e-9 * max(1.0, abs(truth)))
    ]
    if faults:
        st.warning("The naive order gets it wrong. " + "; ".join(faults), icon=":material/warning:")
    else:
        st.success(
            "Here the naive order happens to be right: no node with two paths is met too early. "
            "Try the preset “Shared node”."
        )


def _steps(choice: Choice, graph: Graph, mode: str | None = None) -> list[SweepStep]:
    """The steps of a sweep; only the one that is played can be the naive one."""
    mode = mode or choice.mode
    naive = choice.naive and mode == choice.mode
    if mode == "Forward":
        steps = naive_forward(graph, choice.wrt) if naive else forward(graph, choice.wrt)
    elif naive:
        steps = naive_reverse(graph, choice.output, MAX_FRAMES)
    else:
        steps = reverse(graph, choice.output)
    return list(islice(steps, MAX_FRAMES))


def show_traces(choice: Choice, graph: Graph) -> None:
    """Primal, tangent and adjoint traces side by side, following the player."""
    step_tables(list(_tables(choice, graph)), key="ad-tables")


def _tables(choice: Choice, graph: Graph) -> Iterator[Table]:
    yield primal_table(choice.tape, graph)
    if not choice.tape.variables:
        return
    wrong = " (naive order)" if choice.naive else ""
    for mode, caption in (
        ("Forward", f"Tangents: forward mode by {choice.wrt}"),
        ("Reverse", f"Adjoints: reverse mode from {output_node(graph, choice.output).name}"),
    ):
        told = caption + (wrong if mode == choice.mode else "")
        yield sweep_table(graph, _steps(choice, graph, mode), told, mode)


def build_graph(choice: Choice) -> Graph:
    """The graph of the chosen function at the chosen point."""
    return build(choice.tape, choice.point)
