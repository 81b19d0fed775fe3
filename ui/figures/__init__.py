"""Pure functions from an engine's result to a figure; importable without streamlit."""
