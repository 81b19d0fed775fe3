"""One search as the page follows it: denoising first, then the genetic programme."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from engines.common.errors import CheckpointError
from engines.symbolic_regression.discovery import Step, discover
from engines.symbolic_regression.prior import DiffusionPrior, RandomPrior, TokenPrior
from ui.figures.token_frames import TokenFrame
from ui.rooms.equations.samples import Dataset

if TYPE_CHECKING:
    from engines.symbolic_regression.model import EquationDiffusion

CHECKPOINTS = Path(__file__).resolve().parents[3] / "assets" / "checkpoints" / "symbolic_regression"
PRIORS = ("diffusion", "random", "none")
MODEL_VARIABLES = 6
MODEL_ROWS = 3


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the visitor asked for."""

    seconds: float
    operators: tuple[str, ...]
    max_complexity: int
    prior: str
    seed: int


@dataclass(frozen=True, slots=True)
class View:
    """The search at one moment, with what led to it.

    Attributes:
        frames: the denoising so far.
        step: the newest step of the search, ``None`` while the model denoises.
        history: ``(seconds, error of the most exact equation)`` after each round.
    """

    frames: tuple[TokenFrame, ...] = ()
    step: Step | None = None
    history: tuple[tuple[float, float], ...] = ()


@st.cache_resource
def model() -> EquationDiffusion | None:
    """The trained denoiser, shared by all visitors; ``None`` if none is shipped."""
    from engines.symbolic_regression.model import load_model

    try:
        return load_model(CHECKPOINTS)[0]
    except CheckpointError:
        return None


def work(data: Dataset, wishes: Wishes) -> Iterator[View]:
    """The steps of a search; for :mod:`ui.jobs`."""
    view = View()
    for view in _denoised(data, wishes):
        yield view
    steps = discover(
        data.x,
        data.y,
        data.names,
        seconds=wishes.seconds,
        seed=wishes.seed,
        operators=wishes.operators,
        max_complexity=wishes.max_complexity,
        prior=_prior(data, wishes),
    )
    for step in steps:
        error = min(equation.error for equation in step.front)
        history = (*view.history, (step.seconds, error))
        view = replace(view, step=step, history=history)
        yield view


def _usable(data: Dataset) -> bool:
    fits = data.x.shape[1] <= MODEL_VARIABLES and len(data.y) >= MODEL_ROWS
    return fits and bool(np.ptp(data.y) > 0)


def _denoised(data: Dataset, wishes: Wishes) -> Iterator[View]:
    trained = model() if wishes.prior == "diffusion" and _usable(data) else None
    if trained is None:
        return
    from engines.symbolic_regression.sampler import denoise, prepare
    from ui.figures.equation_tokens import frame

    frames: tuple[TokenFrame, ...] = ()
    for step in denoise(trained, prepare(data.x, data.y, wishes.seed), wishes.seed):
        frames = (*frames, frame(step, data.names))
        yield View(frames)


def _prior(data: Dataset, wishes: Wishes) -> TokenPrior | None:
    if wishes.prior == "none" or not _usable(data):
        return None
    trained = model() if wishes.prior == "diffusion" else None
    if trained is None:
        return RandomPrior(seed=wishes.seed).prior(data.x, data.y)
    return DiffusionPrior(trained, seed=wishes.seed).prior(data.x, data.y)
