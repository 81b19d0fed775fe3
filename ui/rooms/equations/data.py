"""Where the numbers come from: a law, a typed formula, a drawing, a file."""

from __future__ import annotations

import numpy as np
import streamlit as st

from engines.common.errors import EngineError, FileError, ParseError
from engines.common.expression import parse
from engines.common.files import Table, read_csv
from ui.live.sketch_pad import Points, sketch_pad
from ui.rooms.equations.samples import LAWS, Dataset, from_formula

SOURCES = ("A law", "Your formula", "Draw", "CSV file")
_PARABOLA: Points = [(x / 4, 0.3 * (x / 4) ** 2 - 2) for x in range(-16, 17, 2)]


def choose() -> Dataset | None:
    """Draw the controls of the data; ``None``, with the reason beside the input, without any."""
    source = st.segmented_control(
        "The numbers come from",
        SOURCES,
        default=SOURCES[0],
        required=True,
        key="eq_source",
        bind="query-params",
    )
    makers = {"A law": _law, "Your formula": _formula, "Draw": _drawing, "CSV file": _file}
    try:
        return makers[source or SOURCES[0]]()
    except ParseError as error:
        st.error(str(error))
        st.code(error.pointer(), language=None)
    except EngineError as error:
        st.error(str(error))
    return None


def _law() -> Dataset:
    titles = [law.title for law in LAWS]
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    with left:
        title = st.selectbox("law", titles, key="eq_law", bind="query-params")
    law = LAWS[titles.index(title)]
    with right:
        points, noise, seed = _sampling()
    st.caption(f"{law.words[0].upper()}{law.words[1:]}.")
    return from_formula(law.formula, law.ranges, points, noise, seed, law.words)


def _formula() -> Dataset:
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    with left:
        text = st.text_input(
            "formula",
            "x^3 + x^2 + x",
            max_chars=400,
            key="eq_formula",
            bind="query-params",
            live="400ms",
        )
    with right:
        points, noise, seed = _sampling()
    tape = parse(text)
    ranges = {}
    columns = st.columns(max(2, min(4, len(tape.variables))))
    for place, name in enumerate(tape.variables):
        with columns[place % len(columns)]:
            low, high = st.slider(
                f"range of {name}",
                -10.0,
                10.0,
                (-2.0, 2.0),
                key=f"eq_range_{name}",
                bind="query-params",
            )
            ranges[name] = (low, max(high, low + 1e-3))
    return from_formula(text, ranges, points, noise, seed)


def _sampling() -> tuple[int, float, int]:
    left, middle, right = st.columns(3)
    with left:
        points = st.slider("points", 10, 500, 80, key="eq_points", bind="query-params")
    with middle:
        noise = st.slider("noise (%)", 0, 30, 0, key="eq_noise", bind="query-params")
    with right:
        seed = st.number_input("seed", 0, 9999, 1, key="eq_seed", bind="query-params")
    return points, noise / 100, int(seed)


def _drawing() -> Dataset:
    points = sketch_pad("Draw points of a curve", _PARABOLA, key="eq-pad")
    table = np.array(points, float).reshape(-1, 2)
    return Dataset(("x",), table[:, :1], table[:, 1], "y", None, "drawn by hand")


def _file() -> Dataset | None:
    upload = st.file_uploader(
        "a CSV file: numbers, one column a variable, names in the first row",
        type=["csv", "tsv", "txt"],
        max_upload_size=10,
        key="eq_file",
    )
    if upload is None:
        st.caption("At most 10 MB, 100,000 rows and 64 columns; it stays on this machine.")
        return None
    table = read_csv(upload.getvalue())
    if len(table.columns) < 2:
        raise FileError("The file has one column; an equation needs at least two.")
    target = st.selectbox("explain the column", table.columns, len(table.columns) - 1)
    rest = [name for name in table.columns if name != target]
    inputs = st.multiselect("by the columns", rest, rest[:10])
    if not inputs:
        raise FileError("Choose at least one column to explain the target by.")
    return _from_table(table, target, inputs)


def _from_table(table: Table, target: str, inputs: list[str]) -> Dataset:
    place = {name: index for index, name in enumerate(table.columns)}
    x = table.values[:, [place[name] for name in inputs]]
    y = table.values[:, place[target]]
    whole = np.isfinite(x).all(1) & np.isfinite(y)
    if not whole.all():
        st.caption(f"{int((~whole).sum())} rows with missing values were left out.")
    return Dataset(tuple(inputs), x[whole], y[whole], target, None, "from a file")
