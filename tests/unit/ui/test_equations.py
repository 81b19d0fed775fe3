"""The equation room's parts: samples, drawn points, figures, token rows."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import plotly.io
import pytest

from engines.common.errors import EngineError, InputError, ParseError
from engines.symbolic_regression.discovery import Equation, discover
from engines.symbolic_regression.sampler import DenoisingStep
from engines.symbolic_regression.vocabulary import INDEX, LENGTH, TOKENS
from ui.figures.equation_tokens import frame, kinds
from ui.figures.equations import fit_figure, front_figure, residual_figure
from ui.figures.figure import Figure
from ui.live.sketch_pad import _checked
from ui.rooms.equations.answer import outside
from ui.rooms.equations.samples import LAWS, Dataset, from_formula

ROLE = re.compile(r'"@(c\d|text|grid|primary|background|sequential|diverging)(~[\d.]+)?"')


def check(figure: Figure) -> None:
    text = plotly.io.to_json({"data": figure.data, "layout": figure.layout}, validate=False)
    plain = ROLE.sub('"red"', text)
    assert '"@' not in plain
    go.Figure(json.loads(plain))
    assert len(figure.alt) > 20


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.title)
def test_every_law_gives_finite_data(law) -> None:
    data = from_formula(law.formula, law.ranges, 50, 0.05, 1)
    assert data.x.shape == (50, len(law.ranges))
    assert np.isfinite(data.y).all()
    assert np.std(data.y) > 0
    for name, column in zip(data.names, data.x.T, strict=True):
        low, high = law.ranges[name]
        assert low <= column.min() <= column.max() <= high


def test_samples_keep_to_the_domain_and_repeat_by_seed() -> None:
    data = from_formula("log(x)", {"x": (-1.0, 1.0)}, 40, 0.0, 3)
    assert (data.x > 0).all()
    again = from_formula("log(x)", {"x": (-1.0, 1.0)}, 40, 0.0, 3)
    np.testing.assert_array_equal(data.y, again.y)


@pytest.mark.parametrize(
    ("text", "error"),
    [("3", InputError), ("log(-x^2)", InputError), ("x, y", InputError), ("x +", ParseError)],
)
def test_formulas_without_data_are_refused(text: str, error: type[EngineError]) -> None:
    with pytest.raises(error):
        from_formula(text, {}, 50, 0.0, 0)


def test_drawn_points_are_checked() -> None:
    hostile = [[1, 2], [1], "x", [None, 2], [float("nan"), 1], [1e300, 1], [3, 4.5], {"a": 1}]
    assert _checked(hostile, 10) == [(1.0, 2.0), (3.0, 4.5)]
    assert _checked([[0, 0]] * 50, 10) == [(0.0, 0.0)] * 10
    assert _checked("no list", 10) == []


@pytest.fixture(scope="module")
def equation() -> Equation:
    x = np.linspace(1, 2, 30)[:, None]
    *_, last = discover(x, 2 * x[:, 0] ** 2 + 1, ["t"], rounds=4, seconds=20)
    return last.best


def test_figures_are_valid(equation: Equation) -> None:
    x = np.linspace(1, 2, 30)[:, None]
    y = 2 * x[:, 0] ** 2 + 1
    check(fit_figure(("t",), x, y, equation, "y"))
    check(fit_figure(("t",), x, y, None, "y"))
    check(fit_figure(("a", "b"), np.hstack([x, x]), y, None, "y"))
    check(front_figure([equation], equation, [(3, 0.5), (4, np.inf)]))
    check(residual_figure(x, y, equation, "t"))


def test_the_check_of_truth_looks_outside_the_data(equation: Equation) -> None:
    x = np.linspace(1, 2, 30)[:, None]
    data = Dataset(("t",), x, 2 * x[:, 0] ** 2 + 1, "y", "2*t^2 + 1", "")
    assert outside(equation, data) < 1e-9
    other = Dataset(("t",), x, data.y, "y", "2*t^2 + 1 + 0.01*t^6", "")
    assert outside(equation, other) > 1e-3


def test_token_rows_show_the_best_tokens_and_read_the_formula() -> None:
    probabilities = np.full((1, LENGTH, len(TOKENS)), 1e-3, np.float32)
    for place, name in enumerate(["mul", "x1", "x2"]):
        probabilities[0, place, INDEX[name]] = 0.9
    probabilities[0, 3:, INDEX["pad"]] = 0.9
    step = DenoisingStep(
        step=3,
        steps=12,
        alpha_bar=0.5,
        probabilities=probabilities,
        tokens=probabilities.argmax(-1),
        entropy=np.ones((1, LENGTH)),
        valid=np.array([True]),
        unchanged=0.5,
        points=np.zeros((1, LENGTH, 2)),
        anchors=np.zeros((len(TOKENS), 2)),
        prefixes=(),
        proposals=(),
    )
    shown = frame(step, ("mass", "speed"))
    assert [cell[0] for cell in shown.rows[0].cells][:3] == ["×", "mass", "speed"]
    assert shown.rows[0].valid
    assert shown.rows[0].formula == "mass*speed"
    constant = probabilities.copy()
    constant[0, 2, INDEX["C"]] = 0.95
    assert frame(replace(step, probabilities=constant), ("t",)).rows[0].formula == "t*c"
    assert "step 3 of 12" in shown.note
    assert kinds(("mass", "speed"))["mass"] == "variable"
    assert kinds(("mass", "speed"))["×"] == "operator"
