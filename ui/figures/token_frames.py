"""What :func:`ui.live.token_theatre` shows, as plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One sequence at one step.

    Attributes:
        cells: ``(token, certainty 0..1, what else it might be)`` per position.
        formula: how the sequence reads, or why it does not.
        valid: whether it is a formula as it stands.
    """

    cells: tuple[tuple[str, float, str], ...]
    formula: str
    valid: bool


@dataclass(frozen=True, slots=True)
class TokenFrame:
    """All shown sequences at one step."""

    rows: tuple[TokenRow, ...]
    note: str
