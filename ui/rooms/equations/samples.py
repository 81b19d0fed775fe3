"""Ready-made data: laws of nature in words, and formulas that benchmarks use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.autodiff import evaluate
from engines.common.errors import InputError
from engines.common.expression import parse

MAX_POINTS = 2000


@dataclass(frozen=True, slots=True)
class Law:
    """A formula with the ranges its variables are measured in.

    Attributes:
        title: its name.
        formula: as typed into the field.
        ranges: lower and upper end for each variable.
        words: what the letters stand for, with units.
    """

    title: str
    formula: str
    ranges: Mapping[str, tuple[float, float]]
    words: str


LAWS: tuple[Law, ...] = (
    Law(
        "Damped swing",
        "3*exp(-t/4)*cos(2*t)",
        {"t": (0.0, 6.0)},
        "displacement in centimetres after t seconds",
    ),
    Law(
        "Kepler's third law",
        "sqrt(a^3)",
        {"a": (0.4, 30.0)},
        "orbital period in years from the semi-major axis a in astronomical units",
    ),
    Law(
        "Pendulum",
        "2*pi*sqrt(l/9.81)",
        {"l": (0.1, 3.0)},
        "period in seconds from the length l in metres",
    ),
    Law(
        "Nguyen-5",
        "sin(x^2)*cos(x) - 1",
        {"x": (-1.0, 1.0)},
        "a standard test formula (Uy et al., 2011)",
    ),
    Law(
        "Thin lens",
        "a*b/(a + b)",
        {"a": (0.5, 5.0), "b": (0.5, 5.0)},
        "focal length from the distances a and b of object and image",
    ),
    Law(
        "Gas law",
        "8.314*n*T/V",
        {"n": (1.0, 5.0), "T": (250.0, 400.0), "V": (1.0, 5.0)},
        "pressure in pascal from moles n, kelvin T and cubic metres V",
    ),
    Law(
        "Time dilation",
        "1/sqrt(1 - v^2)",
        {"v": (0.0, 0.95)},
        "how much slower a clock runs at speed v, in units of the speed of light",
    ),
    Law(
        "Enzyme rate",
        "4.2*s/(0.7 + s)",
        {"s": (0.05, 6.0)},
        "reaction rate from the concentration s (Michaelis and Menten)",
    ),
)


@dataclass(frozen=True, slots=True)
class Dataset:
    """What is given to the search.

    Attributes:
        names: of the columns of ``x``.
        x: (n, d) float64.
        y: (n,) float64.
        target: name of ``y``.
        truth: the formula it was made from, if it was made.
        words: where it is from.
    """

    names: tuple[str, ...]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    target: str
    truth: str | None
    words: str

    def same(self, other: Dataset) -> bool:
        """Whether the numbers are the same."""
        return np.array_equal(self.x, other.x) and np.array_equal(self.y, other.y)


def from_formula(
    formula: str,
    ranges: Mapping[str, tuple[float, float]],
    points: int,
    noise: float,
    seed: int,
    words: str = "",
) -> Dataset:
    """Draw points evenly at random and add normal noise of ``noise`` standard deviations of y.

    Raises:
        ParseError: if the formula cannot be read.
        InputError: without variables, or where it has no finite values in the ranges.
    """
    tape = parse(formula)
    if not tape.variables:
        raise InputError("Use at least one variable, as in 3*x^2 + 1.")
    if len(tape.outputs) > 1:
        raise InputError("Give one formula, not several separated by commas.")
    rng = np.random.default_rng(seed)
    count = min(max(5, points), MAX_POINTS)
    ends = {name: ranges.get(name, (-5.0, 5.0)) for name in tape.variables}
    columns = {name: rng.uniform(low, high, 4 * count) for name, (low, high) in ends.items()}
    y = np.broadcast_to(np.asarray(evaluate(tape, columns), float), (4 * count,))
    kept = np.flatnonzero(np.isfinite(y))[:count]
    if len(kept) < 5:
        raise InputError("The formula has no finite values in these ranges; change the ranges.")
    x = np.stack([columns[name][kept] for name in tape.variables], axis=1)
    exact = y[kept]
    noisy = exact + noise * float(np.std(exact)) * rng.standard_normal(len(kept))
    return Dataset(tape.variables, x, noisy, "y", formula, words)
