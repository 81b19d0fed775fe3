"""The Pareto front of complexity and error."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from engines.symbolic_regression.programs import CONSTANT, NUMBER, Program


@dataclass(frozen=True, slots=True)
class Candidate:
    """A formula that was found.

    Attributes:
        program: the formula with its numbers.
        error: mean squared residual over the variance of the target; 0 is exact, 1 is the mean.
        origin: how the search came to it, for the reader's eye.
        seconds: when, from the start of the search.
    """

    program: Program
    error: float
    origin: str = ""
    seconds: float = 0.0

    @property
    def complexity(self) -> int:
        """Number of nodes: operators, variables and numbers."""
        return len(self.program)

    @property
    def constants(self) -> int:
        """How many of its numbers were fitted."""
        return sum(code == CONSTANT for code in self.program.codes)


@dataclass(frozen=True, slots=True)
class Archive:
    """Candidates none of which is beaten in both complexity and error, shortest first."""

    members: tuple[Candidate, ...] = ()

    def __iter__(self) -> Iterator[Candidate]:
        return iter(self.members)

    def __len__(self) -> int:
        return len(self.members)

    def accepts(self, complexity: int, error: float) -> bool:
        """Whether no member is at most as complex and at least as exact."""
        return error < math.inf and not any(
            member.complexity <= complexity and member.error <= error for member in self.members
        )

    def add(self, candidate: Candidate) -> Archive:
        """The front with the candidate, without those that it beats."""
        if not self.accepts(candidate.complexity, candidate.error):
            return self
        kept = [
            member
            for member in self.members
            if member.complexity < candidate.complexity or member.error < candidate.error
        ]
        return Archive(tuple(sorted((*kept, candidate), key=lambda member: member.complexity)))


def description_length(candidate: Candidate, points: int, symbols: int, exact: float) -> float:
    """Nats that state the formula and the residuals it leaves (minimum description length).

    ``n/2 log(error) + k/2 log(n) + complexity log(symbols)`` with k fitted constants: BIC with a
    price for the structure (Rissanen 1978). Errors below ``exact`` count as none: rounding.
    """
    residuals = 0.5 * points * math.log(max(candidate.error, exact))
    numbers = sum(code in (CONSTANT, NUMBER) for code in candidate.program.codes)
    fitted = 0.5 * (0.25 * numbers + 0.75 * candidate.constants) * math.log(points)
    return residuals + fitted + candidate.complexity * math.log(symbols)


def select(archive: Archive, points: int, symbols: int, exact: float = 1e-23) -> Candidate:
    """The member with the shortest description."""
    return min(archive, key=lambda c: description_length(c, points, symbols, exact))
