"""Gradients, Hessians and Hessian-vector products against 50 digits, with torch beside them.

    python -m benchmarks.autodiff_accuracy [--gradients 10000] [--hessians 2000] [--seed 7]

Random expressions over all operations (up to 8 deep, up to 5 variables) at random points, some of
them kinks. Expressions are drawn until enough have only finite values and derivatives; those are
compared with mpmath. The pattern of nan and inf is compared with torch on all that were drawn.

A number passes if its error is at most the greater of 4 times torch's error and

* *paths*: 64 ulp of the path scale, or
* *rounding*: 4 ulp of the running error scale (see :mod:`benchmarks.autodiff_rounding`).

The file reports both, and how often each program passes without the help of the other's error
(``alone``). Calibrated on torch: alone it stays within the path rule less often than within the
rounding rule, because the path scale ignores that partials are formed at rounded values. What
remains beyond the rounding rule are steps and kinks that a rounding of the argument crosses, as
in ``floor(tanh(20))``. Where nan and inf differ from torch's it is by gelu, whose negative tail
torch rounds to 0 and the engine does not.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np
from numpy.typing import NDArray

from benchmarks import autodiff_mpmath, autodiff_torch
from benchmarks.autodiff_random import random_point, random_tape
from benchmarks.autodiff_report import rounded, save
from benchmarks.autodiff_rounding import Rounded, bound_of, path_scales
from engines.autodiff import adjoints, hessian, hvp, primal, tangents
from engines.autodiff.sweeps import constant_lines
from engines.common.tape import Tape

Array = NDArray[np.float64]
ULP = 2.0**-52
TINY = 2.0**-1022
"""Errors below the smallest normal number are rounding of subnormal ones."""
STEP = mp.mpf("1e-25")


@dataclass(frozen=True)
class Case:
    """The finite numbers of one expression, one entry for each derivative.

    Attributes:
        ours, theirs: errors of the engine and of torch.
        paths, rounding: the two limits.
        modes: how far two ways to the same number differ: forward and reverse mode for gradients,
            an entry and its mirror image for Hessians.
        lines: size of the tape.
    """

    ours: Array
    theirs: Array
    paths: Array
    rounding: Array
    modes: Array
    lines: int


def errors(numbers: Iterable[float], reference: Sequence[Any]) -> Array:
    pairs = zip(numbers, reference, strict=True)
    return np.array([float(abs(mp.mpf(number) - exact)) for number, exact in pairs])


def limit(ulps: float, scales: Sequence[float]) -> Array:
    array = ulps * ULP * np.array(scales, dtype=float)
    return np.maximum(np.where(np.isnan(array), np.inf, array), TINY)


def kind(number: float) -> str:
    return "finite" if math.isfinite(number) else str(number)


@dataclass
class Draws:
    """Random expressions, and how the nan and inf of ours and torch's compare on them."""

    rng: random.Random
    special: float
    drawn: int = 0
    same_pattern: int = 0
    undecided: int = 0

    def __iter__(self) -> Iterator[tuple[Tape, list[float], list[float], list[float]]]:
        """``(tape, point, our gradient, torch's)`` of those with finite values throughout."""
        while True:
            tape = random_tape(self.rng)
            point = random_point(self.rng, len(tape.variables), self.special)
            values = primal(tape, dict(zip(tape.variables, point, strict=True)))
            ours = adjoints(tape, values)[: len(point)]
            value, theirs = autodiff_torch.gradient(tape, point)
            self.drawn += 1
            result = [values[tape.outputs[0]], *ours]
            self.same_pattern += [*map(kind, result)] == [*map(kind, [value, *theirs])]
            if all(map(math.isfinite, [*values, *ours, *theirs])):
                yield tape, point, ours, theirs


def gradient_case(
    tape: Tape, point: Sequence[float], ours: Sequence[float], theirs: Sequence[float]
) -> Case:
    """One gradient against 50 digits.

    Raises:
        OffDomain: if the exact values leave the domain that the rounded ones are in.
    """
    with mp.workdps(50):
        reference = autodiff_mpmath.gradient(tape, point, constant_lines(tape))
        wrong, theirs_wrong = errors(ours, reference), errors(theirs, reference)
    values = primal(tape, dict(zip(tape.variables, point, strict=True)))
    rounded = {name: Rounded(x) for name, x in zip(tape.variables, point, strict=True)}
    bounds = adjoints(tape, primal(tape, rounded))[: len(point)]
    forward = [tangents(tape, values, {name: 1.0})[tape.outputs[0]] for name in tape.variables]
    return Case(
        ours=wrong,
        theirs=theirs_wrong,
        paths=limit(64.0, path_scales(tape, values)),
        rounding=limit(4.0, [bound_of(bound) for bound in bounds]),
        modes=np.abs(np.subtract(forward, ours)),
        lines=len(tape),
    )


def exact_hessian(tape: Tape, point: Sequence[float]) -> list[list[Any]]:
    """The Hessian by central differences of the exact gradient, with 80 digits; error ~ 1e-50.

    Raises:
        OffDomain: where a value is not real.
    """
    fixed = constant_lines(tape)
    exact = [mp.mpf(x) for x in point]

    def gradient(index: int, step: Any) -> list[Any]:
        moved = [x + step if i == index else x for i, x in enumerate(exact)]
        return autodiff_mpmath.gradient(tape, moved, fixed)

    rows = []
    for index in range(len(exact)):
        above, below = gradient(index, STEP), gradient(index, -STEP)
        rows.append([(a - b) / (2 * STEP) for a, b in zip(above, below, strict=True)])
    return rows


def second_order_cases(
    tape: Tape, point: Sequence[float], rng: random.Random
) -> tuple[Case, Case] | None:
    """One Hessian and one Hessian-vector product; ``None`` if an entry is not finite.

    Raises:
        OffDomain: where a value is not real.
    """
    named = dict(zip(tape.variables, point, strict=True))
    rounded = {name: Rounded(x) for name, x in named.items()}
    direction = {name: rng.uniform(-1.0, 1.0) for name in named}
    ours, theirs = hessian(tape, named), np.array(autodiff_torch.hessian(tape, point))
    product = list(hvp(tape, named, direction).values())
    if not (np.isfinite(ours).all() and np.isfinite(theirs).all() and np.isfinite(product).all()):
        return None
    along = list(direction.values())
    with mp.workdps(80):
        reference = exact_hessian(tape, point)
        expected = [mp.fdot(row, along) for row in reference]
        flat = [entry for row in reference for entry in row]
        wrong = errors(ours.ravel(), flat), errors(theirs.ravel(), flat)
        wrong_product = errors(product, expected), errors(theirs @ along, expected)
    columns = [hvp(tape, rounded, {name: 1.0}) for name in named]
    entries = limit(4.0, [bound_of(x) for column in columns for x in column.values()])
    sums = limit(4.0, [bound_of(x) for x in hvp(tape, rounded, direction).values()])
    skew = np.abs(ours - ours.T).ravel()
    return (
        Case(*wrong, entries, entries, skew, len(tape)),
        Case(*wrong_product, sums, sums, np.zeros(len(sums)), len(tape)),
    )


def share(cases: Sequence[Case], passes: Callable[[Case], NDArray[np.bool_]]) -> float:
    """The share of expressions all of whose entries pass."""
    return sum(bool(np.all(passes(case))) for case in cases) / len(cases)


def summary(cases: Sequence[Case], rule: str) -> dict[str, float]:
    def allowed(case: Case) -> Array:
        return case.paths if rule == "paths" else case.rounding

    return {
        "passed": share(cases, lambda c: c.ours <= np.maximum(4.0 * c.theirs, allowed(c))),
        "alone": share(cases, lambda c: c.ours <= allowed(c)),
        "torch_alone": share(cases, lambda c: c.theirs <= allowed(c)),
        "torch_passed": share(cases, lambda c: c.theirs <= np.maximum(4.0 * c.ours, allowed(c))),
        "without_bound": 1.0 - share(cases, lambda c: np.isfinite(allowed(c))),
    }


def measure_gradients(count: int, seed: int) -> dict[str, Any]:
    draws = Draws(random.Random(seed), special=0.05)
    cases: list[Case] = []
    for drawn in draws:
        try:
            cases.append(gradient_case(*drawn))
        except autodiff_mpmath.OffDomain:
            draws.undecided += 1
        if len(cases) == count:
            break
    return {
        "drawn": draws.drawn,
        "same_nan_inf_as_torch": draws.same_pattern / draws.drawn,
        "compared": count,
        "exact_value_off_domain": draws.undecided,
        "lines_median": float(np.median([case.lines for case in cases])),
        "lines_max": max(case.lines for case in cases),
        "paths_rule": summary(cases, "paths"),
        "rounding_rule": summary(cases, "rounding"),
        "forward_equals_reverse": {
            "within_64_ulp_of_paths": share(cases, lambda c: c.modes <= c.paths),
            "bit_equal": share(cases, lambda c: c.modes == 0.0),
        },
    }


def measure_second_order(count: int, seed: int) -> dict[str, Any]:
    rng = random.Random(seed)
    hessians: list[Case] = []
    products: list[Case] = []
    for tape, point, _, _ in Draws(rng, special=0.0):
        try:
            pair = second_order_cases(tape, point, rng)
        except autodiff_mpmath.OffDomain:
            continue
        if pair is not None:
            hessians.append(pair[0])
            products.append(pair[1])
        if len(hessians) == count:
            break
    return {
        "compared": count,
        "hessian": summary(hessians, "rounding"),
        "hessian_symmetric": share(hessians, lambda c: c.modes <= c.rounding),
        "hvp": summary(products, "rounding"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--gradients", type=int, default=10_000)
    parser.add_argument("--hessians", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--output", type=Path, default=None)
    options = parser.parse_args()
    warnings.filterwarnings("ignore", message=".*torch.jit.script", category=DeprecationWarning)
    measured = {
        "gradients": measure_gradients(options.gradients, options.seed),
        "second_order": measure_second_order(options.hessians, options.seed + 1),
    }
    figures = rounded(measured)
    print(json.dumps(figures, indent=2))
    print(save("autodiff_accuracy", options.seed, figures, options.output))


if __name__ == "__main__":
    main()
