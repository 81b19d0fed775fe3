"""The sections of the equation discovery room; the page composes them."""
