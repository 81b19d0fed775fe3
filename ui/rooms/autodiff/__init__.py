"""The sections of the automatic differentiation room; the page composes them."""
