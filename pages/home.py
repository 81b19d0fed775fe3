"""Home: what the suite is, and a card with a live picture for every room."""

from importlib import import_module

import streamlit as st

from ui.rooms import ROOMS, Room


def card(room: Room, wide: bool) -> None:
    """A room's live picture, its question and the way in."""
    with st.container(border=True, key=f"home_{room.page}"):
        picture, words = st.columns([3, 2], vertical_alignment="center") if wide else (st, st)
        with picture.container():
            import_module(f"ui.rooms.{room.page}.thumbnail").show()
        with words.container():
            st.subheader(room.title, anchor=False)
            st.write(room.question)
            st.caption(room.paper)
            st.page_link(f"../pages/{room.page}.py", label="Open the room", icon=room.icon)


st.title("Machine-learning papers you can play with")
st.markdown(
    "Each room runs the real system of a published paper, live, in this browser: type, drag, and "
    "watch it answer. Nothing is a recording; what is quoted was measured in this repository."
)

per_row = 1 if len(ROOMS) == 1 else 2 if len(ROOMS) <= 4 else 3
for first in range(0, len(ROOMS), per_row):
    row = ROOMS[first : first + per_row]
    for column, room in zip(st.columns(per_row), row, strict=False):
        with column:
            card(room, wide=per_row == 1)

st.caption(
    "A link copied from a room shows the same figure to someone else. Add **?present=1** to any "
    "address for larger type and less prose. Light and dark follow the system; the menu at the "
    "top right changes it."
)
