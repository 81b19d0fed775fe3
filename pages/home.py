"""Home: what the suite is, and a card with a live picture for every room."""

import streamlit as st

st.title("Seven papers, live")
st.write("ok")
