"""From noise to formulas, step by step.

``denoise`` starts with Gaussian noise at every position of K candidate formulas and walks a few
DDIM steps down to clean embeddings, yielding what the model believes at each of them. The last
step holds the distinct formulas; where the most probable tokens are no formula, the grammar is
obeyed from left to right with the most probable token that still lets the formula end in time.

The same walk serves three purposes: sampling from pure noise; *renoising* a given formula part of
the way and denoising it again (a mutation that knows the data); *infilling*, where given
positions are held and only the others are denoised.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from engines.common.errors import InputError
from engines.symbolic_regression import schedule
from engines.symbolic_regression.denoiser import Memory
from engines.symbolic_regression.encoder import Data
from engines.symbolic_regression.grammar import Proposal, proposals, repaired, unpadded
from engines.symbolic_regression.model import EquationDiffusion
from engines.symbolic_regression.skeletons import is_valid
from engines.symbolic_regression.vocabulary import (
    FIRST_VARIABLE,
    MAX_VARIABLES,
    TOKENS,
    Prefix,
)

POINTS = 64
"""Rows that the encoder reads; more are thinned out, fewer are fine."""


@dataclass(frozen=True)
class SamplerOptions:
    """How to sample.

    Attributes:
        candidates: K, formulas denoised at once.
        steps: of the DDIM walk; the paper's number is not known to us.
        guidance: 1 follows the data's logits, more exaggerates them against those without data.
        shown: k, candidates whose probabilities are part of every step.
        clamp_last: share of the last steps in which estimates snap to the nearest token.
        unconditional: ignore the data.
    """

    candidates: int = 64
    steps: int = 12
    guidance: float = 1.0
    shown: int = 4
    clamp_last: float = 0.34
    unconditional: bool = False


@dataclass(frozen=True)
class DenoisingStep:
    """What the model believes after one step.

    Attributes:
        step: 1 to ``steps``.
        steps: how many there are.
        alpha_bar: share of signal in the embeddings that were read at this step.
        probabilities: (k, L, V) float32 of the shown candidates.
        tokens: (K, L) most probable tokens.
        entropy: (K, L) in nats.
        valid: (K,) bool, whether the most probable tokens are a formula as they are.
        unchanged: share of all positions whose most probable token is that of the step before.
        points: (k, L, 2) noisy embeddings of the shown, in the plane of the token embeddings.
        anchors: (V, 2) the token embeddings in that plane.
        prefixes: in the last step the formula of each candidate, made valid; else empty.
        proposals: in the last step the distinct formulas, most frequent first; else empty.
    """

    step: int
    steps: int
    alpha_bar: float
    probabilities: np.ndarray
    tokens: np.ndarray
    entropy: np.ndarray
    valid: np.ndarray
    unchanged: float
    points: np.ndarray
    anchors: np.ndarray
    prefixes: tuple[Prefix, ...]
    proposals: tuple[Proposal, ...]


def prepare(x: np.ndarray, y: np.ndarray, seed: int = 0) -> Data:
    """One data set for the model: at most ``POINTS`` rows, six columns.

    Args:
        x: (n, d) with 1 <= d <= 6.
        y: (n,).

    Raises:
        InputError: other shapes, fewer than 3 rows, or values that are not finite.
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if x.ndim != 2 or y.shape != x.shape[:1] or not 1 <= x.shape[1] <= MAX_VARIABLES:
        raise InputError(
            f"x must be (n, 1 to {MAX_VARIABLES}) and y (n,), not {x.shape}, {y.shape}."
        )
    if len(y) < 3 or not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InputError("The model needs at least 3 rows of finite numbers.")
    if len(y) > POINTS:
        chosen = np.random.default_rng(seed).choice(len(y), POINTS, replace=False)
        x, y = x[chosen], y[chosen]
    padded = np.zeros((1, len(y), MAX_VARIABLES), np.float32)
    padded[0, :, : x.shape[1]] = x
    columns = torch.arange(MAX_VARIABLES)[None] < x.shape[1]
    values = torch.from_numpy((y / max(np.abs(y).max(), 1e-300)).astype(np.float32))[None]
    return Data(torch.from_numpy(padded), values, columns, torch.ones(1, len(y), dtype=torch.bool))


def denoise(
    model: EquationDiffusion,
    data: Data,
    seed: int = 0,
    options: SamplerOptions | None = None,
    given: Sequence[Prefix] | None = None,
    start: float = 1.0,
    held: np.ndarray | None = None,
) -> Iterator[DenoisingStep]:
    """Denoise K candidates for one data set; the last step holds the proposals.

    Args:
        given: formulas to begin with, one per candidate in turn; needed below ``start`` 1.
        start: the time in (0, 1] to which ``given`` is noised; .4 to .6 changes parts of it.
        held: (K, L) or (L,) bool, positions that keep the tokens of ``given``.

    Raises:
        InputError: a start or held positions without formulas to go with them.
    """
    options = options or SamplerOptions()
    walk = _Walk(model, data, options, seed)
    if given:
        walk.begin(given, start, held)
    elif start < 1.0 or held is not None:
        raise InputError("Renoising and infilling need the formulas to begin with.")
    for step, (now, then) in enumerate(walk.times(start), 1):
        yield walk.advance(step, now, then)


def propose(
    model: EquationDiffusion, data: Data, seed: int = 0, options: SamplerOptions | None = None
) -> tuple[Proposal, ...]:
    """The proposals of the last step."""
    *_, last = denoise(model, data, seed, options)
    return last.proposals


def renoise(
    model: EquationDiffusion,
    data: Data,
    parents: Sequence[Prefix],
    seed: int = 0,
    start: float = 0.5,
    steps: int = 4,
) -> tuple[Proposal, ...]:
    """Neighbours of formulas that suit the data: one candidate for every parent."""
    options = SamplerOptions(candidates=len(parents), steps=steps, shown=1)
    *_, last = denoise(model, data, seed, options, parents, start)
    return last.proposals


class _Walk:
    """The state of one denoising: embeddings, last estimate, last tokens."""

    def __init__(
        self, model: EquationDiffusion, data: Data, options: SamplerOptions, seed: int
    ) -> None:
        self.model, self.options, self.columns = model, options, int(data.columns.sum())
        self.generator = torch.Generator().manual_seed(seed)
        count, config = options.candidates, model.config
        shape = (count, config.length, config.embedding)
        self.noise = torch.randn(shape, generator=self.generator)
        self.x = self.noise
        self.guess = torch.zeros(shape)
        self.tokens = np.full(shape[:2], -1)
        self.held: torch.Tensor | None = None
        self.held_tokens = torch.zeros(shape[:2], dtype=torch.long)
        with torch.inference_mode():
            self.memory: Memory = model.memory(None if options.unconditional else data)[0]
            self.blind: Memory = model.memory(None)[0]
            self.embeddings = model.denoiser.embeddings
            centred = self.embeddings - self.embeddings.mean(0)
            self.plane = torch.linalg.svd(centred, full_matrices=False).Vh[:2].T  # (e, 2)

    def begin(self, given: Sequence[Prefix], start: float, held: np.ndarray | None) -> None:
        tokens = torch.zeros(self.x.shape[:2], dtype=torch.long)
        for row in range(len(tokens)):
            prefix = given[row % len(given)][: tokens.shape[1]]
            tokens[row, : len(prefix)] = torch.tensor(prefix)
        with torch.inference_mode():
            clean = F.embedding(tokens, self.embeddings)
            self.x = schedule.noised(clean, self.noise, torch.full((len(tokens),), start))
        if held is not None:
            self.held = torch.from_numpy(np.broadcast_to(held, tokens.shape).copy())
            self.held_tokens = tokens

    def times(self, start: float) -> list[tuple[torch.Tensor, torch.Tensor]]:
        times = schedule.ddim_times(self.options.steps, start)
        return list(itertools.pairwise(times))

    @torch.inference_mode()
    def advance(self, step: int, now: torch.Tensor, then: torch.Tensor) -> DenoisingStep:
        logits = self._logits(now)
        probabilities = logits.softmax(-1)  # (K, L, V)
        self.guess = probabilities @ self.embeddings
        clean = self.guess
        if step > self.options.steps * (1.0 - self.options.clamp_last):
            clean = F.embedding(probabilities.argmax(-1), self.embeddings)
        shown, before = self.options.shown, self.x
        self.x = schedule.ddim_step(self.x, clean, now, then)
        tokens, old = probabilities.argmax(-1).numpy(), self.tokens
        self.tokens = tokens
        last = step == self.options.steps
        prefixes = repaired(probabilities.numpy(), self.columns) if last else []
        return DenoisingStep(
            step=step,
            steps=self.options.steps,
            alpha_bar=float(schedule.alpha_bar(now)),
            probabilities=probabilities[:shown].numpy(),
            tokens=tokens,
            entropy=-(probabilities * probabilities.clamp(min=1e-12).log()).sum(-1).numpy(),
            valid=np.array([is_valid(unpadded(row)) for row in tokens]),
            unchanged=float((tokens == old).mean()),
            points=(before[:shown] @ self.plane).numpy(),
            anchors=(self.embeddings @ self.plane).numpy(),
            prefixes=tuple(prefixes),
            proposals=proposals(probabilities.numpy(), prefixes) if last else (),
        )

    def _logits(self, now: torch.Tensor) -> torch.Tensor:
        time = now.expand(len(self.x))
        logits = self.model.denoiser(self.x, self.guess, time, self.memory)
        if self.options.guidance != 1.0:
            blind = self.model.denoiser(self.x, self.guess, time, self.blind)
            logits = blind + self.options.guidance * (logits - blind)
        # A column that does not exist cannot be named.
        logits[..., FIRST_VARIABLE + self.columns : FIRST_VARIABLE + MAX_VARIABLES] = -30.0
        if self.held is not None:
            sure = F.one_hot(self.held_tokens, len(TOKENS)) * 60.0 - 30.0
            logits = torch.where(self.held[..., None], sure, logits)
        return logits
