"""A layered graph of 1,000 nodes and as many frames, and a count of the server's reruns."""

import random

import streamlit as st

from ui.figures.animation import Animation, Frame, Node
from ui.live import graph_player

WIDTH, DEPTH = 25, 40
choose = random.Random(7).randrange

nodes = tuple(
    Node(level, order, f"v{level * WIDTH + order}", "operation")
    for level in range(DEPTH)
    for order in range(WIDTH)
)
pairs = {
    ((level - 1) * WIDTH + choose(WIDTH), level * WIDTH + order): None
    for level in range(1, DEPTH)
    for order in range(WIDTH)
    for _ in range(2)
}
edges = tuple(pairs)
into: dict[int, list[int]] = {}
for place, (_, end) in enumerate(edges):
    into.setdefault(end, []).append(place)
frames = tuple(
    Frame(node, tuple(into.get(node, [])), ((node, f"{node}", "done"),), f"node {node}")
    for node in range(len(nodes))
)
st.session_state["runs"] = st.session_state.get("runs", 0) + 1
st.markdown(f"runs {st.session_state['runs']}")
graph_player(
    Animation(
        nodes=nodes,
        edges=edges,
        lanes=((),) * len(edges),
        values=("1",) * len(nodes),
        frames=frames,
        intro="",
        mode="Forward",
        colour=1,
        alt="A thousand nodes",
    ),
    key="player",
    group="large",
)
