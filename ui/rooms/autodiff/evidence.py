"""What was measured in this repository, against whom, and how to measure it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from engines.autodiff.teaching import Graph
from ui.evidence import result
from ui.rooms.autodiff.controls import Choice


def _percent(value: float) -> str:
    return f"{100 * value:.2f} %"


def _ms(value: float) -> str:
    return f"{value:.3g} ms CPU"


def _times(value: float) -> str:
    return f"{value:.3g} times"


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _rate(value: float) -> str:
    return f"{value / 1e6:.2f} million lines a second"


_BOUND = "4 x torch's error or 64 ulp x path scale"
_SPEED, _ACCURACY, _FUZZ = "autodiff_speed", "autodiff_accuracy", "parser_fuzz"
CLAIMS: tuple[tuple[str, str, str, str, Callable[[float], str]], ...] = (
    (
        f"gradients of random expressions within {_BOUND} of a 50-digit reference",
        ">= 99.9 %",
        _ACCURACY,
        "gradients.paths_rule.passed",
        _percent,
    ),
    ("how many expressions that were", "10,000", _ACCURACY, "gradients.compared", _count),
    (
        "NaN and infinity where torch has them",
        ">= 99.5 %",
        _ACCURACY,
        "gradients.same_nan_inf_as_torch",
        _percent,
    ),
    (
        "forward and reverse mode agree",
        "100 %",
        _ACCURACY,
        "gradients.forward_equals_reverse.within_64_ulp_of_paths",
        _percent,
    ),
    (
        "Hessians within 4 x torch's error or their own rounding bound",
        ">= 99.5 %",
        _ACCURACY,
        "second_order.hessian.passed",
        _percent,
    ),
    (
        "Hessian-vector products by the same rule",
        ">= 99.5 %",
        _ACCURACY,
        "second_order.hvp.passed",
        _percent,
    ),
    (
        "paper's example, everything from text to Hessian",
        "<= 2 ms",
        _SPEED,
        "paper_example.cpu_ms.full_cycle",
        _ms,
    ),
    (
        "for comparison: its gradient alone by torch.autograd",
        "",
        _SPEED,
        "paper_example.cpu_ms.torch_gradient",
        _ms,
    ),
    (
        "cost of a gradient by 256 inputs over that of the value, reverse mode",
        "<= 6 times",
        _SPEED,
        "gradient_over_primal.4.reverse",
        _times,
    ),
    ("the same by forward mode", "", _SPEED, "gradient_over_primal.4.forward", _times),
    (
        "speed of the reverse sweep",
        "",
        _SPEED,
        "lines_per_second.ring_rosenbrock.adjoints",
        _rate,
    ),
    (
        "for comparison: torch.autograd's backward pass on the same scalar graph",
        "",
        _SPEED,
        "lines_per_second.ring_rosenbrock.torch_backward",
        _rate,
    ),
    ("random and hostile texts given to the parser", "100,000", _FUZZ, "inputs", _count),
    ("of them answered by anything but a tape or a parse error", "0", _FUZZ, "failed", _count),
    ("slowest answer", "<= 100 ms", _FUZZ, "worst_parse_ms", _ms),
)


def show(choice: Choice, graph: Graph) -> None:
    """A row for each claim: what was asked for, and what was measured."""
    st.table([claim(*row) for row in CLAIMS])
    names = " ".join(f"`python -m benchmarks.{name}`" for name in (_ACCURACY, _SPEED, _FUZZ))
    st.caption(f"Measured again by {names}; the full results are in benchmarks/results.")
    st.caption(
        "How far from the paper: it reports no measurements that could be compared. Its running "
        "example agrees in every digit, line by line (tests/unit/autodiff)."
    )


def claim(
    what: str, target: str, name: str, path: str, write: Callable[[float], str]
) -> dict[str, str]:
    """One row; the measured figure is read from the stored result."""
    stored = result(name)
    if stored is None:
        return {"claim": what, "target": target, "measured here": "not measured yet"}
    return {"claim": what, "target": target, "measured here": write(figure(stored, path))}


def figure(stored: Any, path: str) -> float:
    """The number at ``path``, as in ``gradients.compared`` or ``list.4.reverse``."""
    for part in path.split("."):
        stored = stored[int(part)] if isinstance(stored, list) else stored[part]
    return float(stored)
