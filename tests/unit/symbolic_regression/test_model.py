"""Schedule, encoder, denoiser and prior."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from engines.common.errors import CheckpointError, InputError
from engines.symbolic_regression import schedule
from engines.symbolic_regression.encoder import Data
from engines.symbolic_regression.evaluation import to_torch
from engines.symbolic_regression.generator import Settings, samples
from engines.symbolic_regression.model import EquationDiffusion, ModelConfig, load_model
from engines.symbolic_regression.prior import DiffusionPrior, RandomPrior, from_prefixes
from engines.symbolic_regression.sampler import SamplerOptions
from engines.symbolic_regression.skeletons import is_valid
from engines.symbolic_regression.vocabulary import ARITY, INDEX, TOKENS, encode

TINY = ModelConfig(width=32, heads=2, layers=2, rounds=1, latents=4, embedding=8, length=12)


@pytest.fixture(scope="module")
def model() -> EquationDiffusion:
    torch.manual_seed(0)
    return EquationDiffusion(TINY).eval()


@pytest.fixture(scope="module")
def data() -> Data:
    return to_torch(next(samples(0, 8, Settings(length=12, pool=16))))


def test_the_schedule_falls_from_signal_to_noise() -> None:
    alpha = schedule.alpha_bar(torch.linspace(0, 1, 200))
    assert (alpha[1:] <= alpha[:-1]).all() and alpha[0] > 0.98 and 0 < alpha[-1] < 1e-3
    assert torch.allclose(schedule.alpha_bar(torch.tensor(0.25)), torch.tensor(0.5), atol=1e-3)


def test_half_of_the_training_times_are_late() -> None:
    times = schedule.training_times(20_000, torch.Generator().manual_seed(0))
    late = float((times > schedule.LATE).float().mean())
    assert late == pytest.approx(0.5 + 0.5 * 0.15, abs=0.02) and float(times.min()) >= 0


def test_ddim_with_the_true_embeddings_comes_back_to_them() -> None:
    generator = torch.Generator().manual_seed(0)
    clean, x = (torch.randn(4, 6, 8, generator=generator) for _ in range(2))
    times = schedule.ddim_times(12)
    for now, then in itertools.pairwise(times):
        x = schedule.ddim_step(x, clean, now, then)
    alpha = schedule.alpha_bar(times[-1])
    assert (x - alpha.sqrt() * clean).abs().max() < 5 * (1 - alpha).sqrt()


def test_a_ddim_step_keeps_the_marginal() -> None:
    clean, noise = torch.zeros(1, 1, 4) + 0.3, torch.ones(1, 1, 4)
    now, then = torch.tensor(0.9), torch.tensor(0.4)
    x = schedule.noised(clean, noise, now[None])
    expected = schedule.noised(clean, noise, then[None])
    assert torch.allclose(schedule.ddim_step(x, clean, now, then), expected, atol=1e-6)


def test_latents_do_not_depend_on_the_order_or_the_absent_rows(model, data) -> None:
    order = torch.randperm(data.y.shape[1], generator=torch.Generator().manual_seed(1))
    mixed = Data(data.x[:, order], data.y[:, order], data.columns, data.rows[:, order])
    spoilt_y = torch.where(data.rows, data.y, torch.tensor(123.0))
    spoilt = Data(data.x, spoilt_y, data.columns, data.rows)
    with torch.inference_mode():
        latents = model.encoder(data).latents
        assert torch.allclose(latents, model.encoder(mixed).latents, atol=2e-3)
        assert torch.allclose(latents, model.encoder(spoilt).latents, atol=2e-3)


def test_latents_do_not_depend_on_the_unit_and_origin_of_y_alone(data) -> None:
    from engines.symbolic_regression.encoder import point_features

    moved = Data(data.x, 7.0 * data.y + 3.0, data.columns, data.rows)
    assert torch.allclose(point_features(data), point_features(moved), atol=2e-3)


def test_a_batch_can_be_fitted(data) -> None:
    torch.manual_seed(0)
    model = EquationDiffusion(TINY)
    tokens = torch.from_numpy(next(samples(0, 8, Settings(length=12, pool=16))).tokens)
    optimizer = torch.optim.AdamW(model.parameters(), 3e-3)
    first = last = 0.0
    for step in range(120):
        noise = torch.randn(8, 12, 8, generator=torch.Generator().manual_seed(step))
        blind = torch.zeros(8, dtype=torch.bool)
        losses = model(data, tokens, torch.full((8,), 0.95), noise, blind, step % 2 == 0)
        optimizer.zero_grad()
        losses.total.backward()
        optimizer.step()
        last = float(losses.rounding.detach())
        first = first or last
    assert last < 0.3 * first, (first, last)


def test_embeddings_have_one_length(model) -> None:
    lengths = model.denoiser.embeddings.norm(dim=1)
    assert torch.allclose(lengths, lengths[0].expand_as(lengths))


def test_a_folder_without_a_checkpoint_says_so(tmp_path) -> None:
    with pytest.raises(CheckpointError, match="manifest"):
        load_model(tmp_path)


def check_prior(prior, columns: int) -> None:
    assert prior.root.shape == (len(TOKENS),) and prior.root.sum() == pytest.approx(1.0)
    sums = prior.table.sum(1)
    assert np.allclose(sums[ARITY > 0], 1.0) and np.allclose(sums[ARITY == 0], 0.0)
    missing = [INDEX[f"x{i}"] for i in range(columns + 1, 7)] + [INDEX["pad"]]
    assert not prior.root[missing].any() and not prior.table[:, missing].any()
    assert prior.seeds and all(is_valid(seed) for seed in prior.seeds)
    assert not {t for seed in prior.seeds for t in seed} & set(missing)


def test_both_priors_are_distributions(model) -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(1, 5, (40, 2))
    y = x[:, 0] * x[:, 1]
    check_prior(RandomPrior(seeds=20).prior(x, y), 2)
    options = SamplerOptions(candidates=16, steps=3)
    prior = DiffusionPrior(model, 0.4, options).prior(x, y)
    check_prior(prior, 2)
    assert prior.name == "diffusion"
    again = DiffusionPrior(model, 0.4, options).prior(x, y)
    assert np.array_equal(prior.table, again.table) and prior.seeds == again.seeds


def test_counting_formulas_gives_their_statistics() -> None:
    default = RandomPrior().prior(np.ones((3, 1)), np.ones(3))
    prior = from_prefixes([encode("mul x1 sin x1")] * 500, default, 1)
    assert prior.root[INDEX["mul"]] > 0.99
    assert prior.table[INDEX["mul"], INDEX["sin"]] == pytest.approx(0.5, abs=0.01)
    assert prior.table[INDEX["sin"], INDEX["x1"]] > 0.99


def test_a_prior_that_trusts_the_model_too_much_is_refused(model) -> None:
    with pytest.raises(InputError, match="rho"):
        DiffusionPrior(model, 0.9).prior(np.ones((4, 1)), np.ones(4))
