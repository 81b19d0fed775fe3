"""The engines: one package per paper, usable without the app (no streamlit, no plotly)."""
