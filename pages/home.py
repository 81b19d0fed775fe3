"""Home: what the suite is, and a card with a live picture for every room."""

import streamlit as st

from ui.rooms import ROOMS

st.title("Seven papers, live")
st.write("ok")
