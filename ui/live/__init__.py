"""Components that move while the person does: sliders, charts, graphs and tables without remounts."""

from ui.live.canvas_chart import Series, canvas_chart
from ui.live.graph_player import graph_player
from ui.live.plotly_live import plotly_live
from ui.live.slider import live_slider
from ui.live.step_table import step_table

__all__ = ["Series", "canvas_chart", "graph_player", "live_slider", "plotly_live", "step_table"]
