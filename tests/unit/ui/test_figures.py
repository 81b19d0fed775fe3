"""Figures and animations: valid in Plotly's own schema, and true to the engine's numbers."""

from __future__ import annotations

import itertools
import json
import re
import struct
from typing import Any

import numpy as np
import plotly.graph_objects as go
import plotly.io
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.autodiff import gradient
from engines.autodiff.cost import CostPoint
from engines.autodiff.differences import default_steps, step_curve
from engines.autodiff.teaching import Graph, build
from engines.autodiff.teaching_naive import naive_reverse
from engines.common.expression import parse
from engines.common.tape import Tape, TapeBuilder
from ui.figures.animation import Animation
from ui.figures.autodiff_animation import MODES, animation, picture, primal_table, sweep_table
from ui.figures.autodiff_compare import (
    cost_figure,
    decision_figure,
    step_curve_figure,
    swell_figure,
)
from ui.figures.autodiff_second import hessian_map, jacobian_map, product_bars
from ui.figures.figure import Figure
from ui.figures.graph_layout import layered
from ui.live.canvas_chart import Series, frame

PAPER = "log(x1) + x1*x2 - sin(x2)"
ROLE = re.compile(r'"@(c\d|text|grid|primary|background|sequential|diverging)(~[\d.]+)?"')


def check(figure: Figure) -> None:
    """Replace the palette's roles by colours and let Plotly validate every attribute."""
    text = plotly.io.to_json({"data": figure.data, "layout": figure.layout}, validate=False)
    plain = ROLE.sub(lambda m: '"Blues"' if m[1] in ("sequential", "diverging") else '"red"', text)
    assert '"@' not in plain
    go.Figure(json.loads(plain))
    assert len(figure.alt) > 20


def test_figures_are_valid() -> None:
    curve = step_curve(parse(PAPER), {"x1": 2.0, "x2": 5.0}, "x1", default_steps(20))
    check(step_curve_figure(curve.h, {"central difference": curve.central_error}, curve.exact))
    check(hessian_map(["x", "y"], np.array([[1.0, np.nan], [np.inf, -2.0]])))
    check(jacobian_map(["1: v", "2: w"], ["x", "y", "z"], np.zeros((2, 3))))
    check(product_bars(["x"], [1.0], [2.0]))
    check(swell_figure([{"level": 1, "characters": 0, "operations": 0, "lines": 1}]))
    points = [CostPoint(n, 9, 9, n, 1, 9, 9, 1.0, float(n), 4.0) for n in (1, 2)]
    ratios = {
        "forward mode": [point.forward_ratio for point in points],
        "reverse mode": [point.reverse_ratio for point in points],
    }
    check(cost_figure([1, 2], ratios, "inputs"))
    axis = np.linspace(-1, 1, 3)
    check(decision_figure(axis, np.eye(3), np.zeros((4, 2)), np.array([0, 1, 0, 1])))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("naive", [False, True])
def test_frames_refer_to_what_is_drawn(mode: str, naive: bool) -> None:
    tape = parse("b = a + a; c = b*x; c + sin(b) + 2")
    graph = build(tape, {"a": 1.0, "x": 3.0})
    played = animation(picture(tape), graph, mode, "a", naive=naive)
    assert len(played.nodes) == len(tape) == len(played.values)
    assert len(played.lanes) == len(played.edges)
    for step in played.frames:
        assert 0 <= step.node < len(played.nodes)
        assert all(0 <= edge < len(played.edges) for edge in step.edges)
        assert step.note


def test_the_last_marks_are_the_gradient() -> None:
    tape = parse(PAPER)
    point = {"x1": 2.0, "x2": 5.0}
    played = animation(picture(tape), build(tape, point), "Reverse", "x1")
    marks = {node: text for step in played.frames for node, text, _ in step.marks}
    for place, slope in enumerate(gradient(tape, point).values()):
        assert float(marks[place].split()[-1]) == pytest.approx(slope, abs=5e-4)


def test_wrong_numbers_of_the_naive_order_are_marked() -> None:
    tape = parse("b = a + a; c = b + b; c")
    graph = build(tape, {"a": 1.0})
    states = {
        naive: [mark[2] for f in _reverse(graph, tape, naive).frames for mark in f.marks]
        for naive in (False, True)
    }
    assert "wrong" not in states[False]
    assert states[True].count("wrong") == 1
    assert states[True][-1] == "wrong"


def _reverse(graph: Graph, tape: Tape, naive: bool) -> Animation:
    return animation(picture(tape), graph, "Reverse", "a", naive=naive)


def test_the_primal_table_shows_every_operation_once() -> None:
    tape = parse(PAPER)
    table = primal_table(tape, build(tape, {"x1": 2.0, "x2": 5.0}))
    assert [row.cells[2] for row in table.rows] == [
        *("2", "5", "0.693", "10", "10.693", "-0.959", "11.652")
    ]
    assert table.rows[2].cells[1] == "log(x1)\nlog(2)"


def test_the_naive_table_shows_every_product() -> None:
    graph = build(parse("b = a + a; c = b + b; c"), {"a": 1.0})
    table = sweep_table(graph, list(naive_reverse(graph)), "naive", "Reverse")
    assert [row.cells[0] for row in table.rows][:3] == ["dc/dc", "dc/db +=", "dc/da +="]
    assert table.rows[1].cells[1] == "(dc/dc)(dc/db)\n0 + (1)(1)"
    assert table.rows[-1].cells[2] == "6"


@st.composite
def tapes(draw: st.DrawFn) -> Tape:
    builder = TapeBuilder(("x", "y"), share=False)
    for _ in range(draw(st.integers(1, 40))):
        last = len(builder) - 1
        kind = draw(st.sampled_from(("constant", "sin", "mul")))
        if kind == "constant":
            builder.constant(1.0)
        elif kind == "sin":
            builder.apply("sin", draw(st.integers(0, last)))
        else:
            builder.apply("mul", draw(st.integers(0, last)), draw(st.integers(0, last)))
    return builder.build([len(builder) - 1])


@given(tapes())
def test_layouts_flow_forward_and_nothing_overlaps(tape: Tape) -> None:
    layout = layered(tape)
    for start, end in layout.edges:
        left, right = layout.places[start], layout.places[end]
        assert left and right and left[0] < right[0]
    drawn = [place for place in layout.places if place]
    hidden = [i for i, line in enumerate(tape.lines) if line.op == "constant"]
    assert len(drawn) == len(tape) - len(set(hidden) - set(tape.outputs))
    everything = [*drawn, *(place for lane in layout.lanes for place in lane)]
    by_level: dict[float, list[float]] = {}
    for level, order in everything:
        by_level.setdefault(level, []).append(order)
    for orders in by_level.values():
        gaps = [b - a for a, b in itertools.pairwise(sorted(orders))]
        assert all(gap >= 1 - 1e-9 for gap in gaps)
    assert min(order for _, order in everything) >= 0


def test_a_binary_frame_decodes_to_what_went_in() -> None:
    x, y = np.arange(5.0), np.array([1.0, np.nan, 3.0, 4.0, -5.0])
    data = frame([Series("a", x, y, 3), Series("b", [0.0], [1.0], dots=True)], {"title": "t — ü"})
    length = struct.unpack("<I", data[:4])[0]
    header: dict[str, Any] = json.loads(data[4 : 4 + length])
    assert (4 + length) % 4 == 0
    assert header["title"] == "t — ü"
    values = np.frombuffer(data[4 + length :], "<f4")
    np.testing.assert_array_equal(values[:5], x.astype("f4"))
    np.testing.assert_array_equal(values[5:10], y.astype("f4"))
    assert [series["points"] for series in header["series"]] == [5, 1]
