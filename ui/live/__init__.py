"""Components that move while the person does: sliders, charts, graphs, tables; no remounts."""

from ui.live.canvas_chart import Series, canvas_chart
from ui.live.graph_player import graph_player
from ui.live.plotly_live import plotly_live
from ui.live.slider import Slider, live_slider, live_sliders
from ui.live.step_tables import step_tables

__all__ = [
    "Series",
    "Slider",
    "canvas_chart",
    "graph_player",
    "live_slider",
    "live_sliders",
    "plotly_live",
    "step_tables",
]
