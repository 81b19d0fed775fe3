"""Serves the graph player with a graph of 1,000 nodes."""

import streamlit as st

from ui.serving import ROUTES

app = st.App("large_graph_page.py", routes=ROUTES)
