"""Equation discovery: formulas that fit data, proposed by a diffusion language model."""
