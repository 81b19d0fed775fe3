"""How good a model is: on formulas whose skeletons, in all namings, training never saw."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from engines.symbolic_regression import programs, schedule
from engines.symbolic_regression.constants import fit_constants
from engines.symbolic_regression.encoder import Data
from engines.symbolic_regression.generator import Samples, Settings, data_sets, skeletons
from engines.symbolic_regression.model import EquationDiffusion
from engines.symbolic_regression.sampler import SamplerOptions, denoise, prepare
from engines.symbolic_regression.skeletons import key, scale_free
from engines.symbolic_regression.vocabulary import (
    ARITIES,
    CONSTANT,
    FIRST_VARIABLE,
    MAX_VARIABLES,
    PAD,
    TOKENS,
    Prefix,
)

VALIDATION_SEED = 9_000_000
EXACT = 1e-10
"""1 - R^2 below which a fit counts as exact (on noise-free data)."""


@dataclass(frozen=True)
class Trial:
    """One held-out formula with one data set."""

    prefix: Prefix
    columns: int
    data: Samples


def to_torch(samples: Samples, device: str = "cpu") -> Data:
    """A batch of samples for the encoder."""
    y = samples.y / np.abs(samples.y).max(axis=1, keepdims=True)
    tensors = (samples.x.astype(np.float32), y.astype(np.float32), samples.columns, samples.rows)
    return Data(*(torch.from_numpy(np.ascontiguousarray(t)).to(device) for t in tensors))


def validation_set(
    count: int, length: int, held_out: Collection[str] = frozenset(), max_variables: int = 3
) -> list[Trial]:
    """Always the same formulas of 4 and more tokens, without noise, distinct from each other."""
    settings = Settings(length=length, noisy=0.0, draws=1, max_variables=max_variables)
    rng = np.random.default_rng(VALIDATION_SEED)
    trials: dict[Prefix, Trial] = {}
    for prefix, columns in skeletons(rng, settings, held_out):
        if len(prefix) >= 4 and prefix not in trials:
            data = data_sets(prefix, columns, 1, rng, settings)
            if data is not None:
                trials[prefix] = Trial(prefix, columns, data)
        if len(trials) == count:
            break
    return list(trials.values())


@torch.inference_mode()
def cross_entropy(
    model: EquationDiffusion, trials: Sequence[Trial], time: float = 0.99, seed: int = 0
) -> dict[str, float]:
    """Nats per token (padding left out) at ``time``, with the data and without."""
    batch = Samples(
        *(
            np.concatenate([getattr(trial.data, field) for trial in trials])
            for field in Samples.__dataclass_fields__
        )
    )
    tokens = torch.from_numpy(batch.tokens)
    clean = F.embedding(tokens, model.denoiser.embeddings)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(seed))
    times = torch.full((len(tokens),), time)
    noisy = schedule.noised(clean, noise, times)
    result = {}
    for name, data in (("conditional", to_torch(batch)), ("unconditional", None)):
        memory = model.memory(data)[0]
        logits = model.denoiser(noisy, torch.zeros_like(noisy), times, memory)
        result[name] = float(
            F.cross_entropy(logits.flatten(0, 1), tokens.flatten(), ignore_index=PAD)
        )
    return result


def sampling_scores(
    model: EquationDiffusion, trials: Sequence[Trial], candidates: int = 64, fits: bool = False
) -> dict[str, float]:
    """Shares over the trials.

    Returns:
        ``valid_raw``: of samples that are formulas without repair; ``valid``: after repair;
        ``distinct``: distinct formulas among the samples; ``truth``: trials whose skeleton is
        among them; with ``fits`` also ``exact_model`` and ``exact_random``: trials that some
        sample, or some of as many random skeletons, fits exactly.
    """
    rows: list[dict[str, float]] = []
    for number, trial in enumerate(trials):
        x, y = trial.data.x[0][:, : trial.columns], trial.data.y[0]
        options = SamplerOptions(candidates=candidates, shown=1)
        *_, last = denoise(model, prepare(x, y), number, options)
        found = [proposal.prefix for proposal in last.proposals]
        keys = {key(scale_free(prefix)) for prefix in found}
        row = {
            "valid_raw": float(last.valid.mean()),
            "valid": sum(p.count for p in last.proposals) / candidates,
            "distinct": len(found) / candidates,
            "truth": float(key(trial.prefix) in keys),
        }
        if fits:
            row["exact_model"] = float(best_fit(found, x, y) < EXACT)
            others = _random_prefixes(candidates, trial.columns, model.config.length, number)
            row["exact_random"] = float(best_fit(others, x, y) < EXACT)
        rows.append(row)
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def best_fit(prefixes: Sequence[Prefix], x: np.ndarray, y: np.ndarray) -> float:
    """The least 1 - R^2 of the formulas on x (n, d), y (n,), their constants fitted."""
    fits = fit_constants([to_program(prefix) for prefix in prefixes], x.T, y)
    return min((fit.sse for fit in fits), default=np.inf) / float(((y - y.mean()) ** 2).sum())


def to_program(prefix: Prefix) -> programs.Program:
    """A skeleton as a program of the constant fitter; constants start at 1."""
    codes, values = [], []
    for token in prefix:
        if ARITIES[token]:
            code, value = token - 1, 0.0  # the same operators in the same order, without padding
        elif token == CONSTANT:
            code, value = programs.CONSTANT, 1.0
        elif 0 <= token - FIRST_VARIABLE < MAX_VARIABLES:
            code, value = programs.VARIABLE + token - FIRST_VARIABLE, 0.0
        else:
            code, value = programs.NUMBER, np.pi if TOKENS[token] == "pi" else float(TOKENS[token])
        codes.append(code)
        values.append(value)
    return programs.Program(tuple(codes[: programs.LENGTH]), tuple(values[: programs.LENGTH]))


def _random_prefixes(count: int, columns: int, length: int, seed: int) -> list[Prefix]:
    settings = Settings(length=length, max_variables=columns)
    stream = skeletons(np.random.default_rng(seed), settings)
    chosen: list[Prefix] = []
    while len(chosen) < count:
        prefix, own = next(stream)
        if own == columns:
            chosen.append(prefix)
    return chosen
