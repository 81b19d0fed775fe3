"""Denoising, step by step."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from engines.common.errors import InputError
from engines.symbolic_regression.grammar import repaired, unpadded
from engines.symbolic_regression.model import EquationDiffusion, ModelConfig
from engines.symbolic_regression.sampler import SamplerOptions, denoise, prepare, propose, renoise
from engines.symbolic_regression.skeletons import is_valid
from engines.symbolic_regression.vocabulary import FIRST_VARIABLE, TOKENS, encode

TINY = ModelConfig(width=32, heads=2, layers=2, rounds=1, latents=4, embedding=8, length=12)
OPTIONS = SamplerOptions(candidates=10, steps=5, shown=3)
X = np.linspace(0.1, 2.0, 90)[:, None] * np.array([[1.0, 0.5]])
Y = np.sin(X[:, 0]) + X[:, 1] ** 2
DATA = prepare(X, Y)


@pytest.fixture(scope="module")
def model() -> EquationDiffusion:
    torch.manual_seed(0)
    return EquationDiffusion(TINY).eval()


def test_every_step_is_described(model) -> None:
    steps = list(denoise(model, DATA, 0, OPTIONS))
    assert [step.step for step in steps] == [1, 2, 3, 4, 5]
    assert all(a.alpha_bar < b.alpha_bar for a, b in itertools.pairwise(steps))
    for step in steps:
        assert step.probabilities.shape == (3, 12, len(TOKENS))
        assert np.allclose(step.probabilities.sum(-1), 1.0, atol=1e-5)
        assert step.tokens.shape == step.entropy.shape == (10, 12) and step.valid.shape == (10,)
        assert (step.entropy > -1e-5).all() and (step.entropy < np.log(len(TOKENS)) + 1e-5).all()
        assert step.points.shape == (3, 12, 2) and step.anchors.shape == (len(TOKENS), 2)
        assert 0.0 <= step.unchanged <= 1.0
    assert not any(step.proposals for step in steps[:-1])


def test_proposals_are_valid_distinct_and_name_only_columns_that_exist(model) -> None:
    *_, last = denoise(model, DATA, 0, OPTIONS)
    prefixes = [proposal.prefix for proposal in last.proposals]
    assert len(set(prefixes)) == len(prefixes) and set(prefixes) == set(last.prefixes)
    assert sum(proposal.count for proposal in last.proposals) == 10
    for proposal in last.proposals:
        assert is_valid(proposal.prefix) and proposal.log_probability <= 0.0
        assert not any(
            FIRST_VARIABLE + 2 <= token < FIRST_VARIABLE + 6 for token in proposal.prefix
        )


def test_the_same_seed_gives_the_same_walk(model) -> None:
    assert propose(model, DATA, 1, OPTIONS) == propose(model, DATA, 1, OPTIONS)
    one, two = (next(iter(denoise(model, DATA, seed, OPTIONS))) for seed in (1, 2))
    assert not np.array_equal(one.probabilities, two.probabilities)


def test_guidance_and_no_data_change_the_walk(model) -> None:
    plain = next(iter(denoise(model, DATA, 0, OPTIONS))).probabilities
    guided = next(iter(denoise(model, DATA, 0, SamplerOptions(10, 5, guidance=2.0, shown=3))))
    blind = next(iter(denoise(model, DATA, 0, SamplerOptions(10, 5, shown=3, unconditional=True))))
    assert not np.allclose(plain, guided.probabilities)
    assert not np.allclose(plain, blind.probabilities)


def test_held_positions_stay(model) -> None:
    prefix = encode("add sin x1 square x2")
    held = np.zeros(12, bool)
    held[:3] = True
    steps = list(denoise(model, DATA, 0, OPTIONS, [prefix], 1.0, held))
    assert all((step.tokens[:, :3] == prefix[:3]).all() for step in steps)
    assert all(proposal.prefix[:3] == prefix[:3] for proposal in steps[-1].proposals)


def test_renoising_gives_valid_neighbours(model) -> None:
    parents = [encode("add sin x1 square x2"), encode("mul x1 x2")]
    found = renoise(model, DATA, parents, 0, 0.3, 3)
    assert found and all(is_valid(proposal.prefix) for proposal in found)


def test_without_formulas_there_is_nothing_to_renoise(model) -> None:
    with pytest.raises(InputError, match="formulas to begin with"):
        next(denoise(model, DATA, 0, OPTIONS, start=0.5))


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.ones((5, 7)), np.ones(5)),
        (np.ones(5), np.ones(5)),
        (np.ones((5, 1)), np.ones(4)),
        (np.ones((2, 1)), np.ones(2)),
        (np.full((5, 1), np.nan), np.ones(5)),
    ],
)
def test_data_that_cannot_be_read_are_refused(x, y) -> None:
    with pytest.raises(InputError):
        prepare(x, y)


def test_large_data_are_thinned_the_same_way_every_time() -> None:
    x = np.random.default_rng(0).normal(size=(5000, 3))
    one, two = prepare(x, x[:, 0], 4), prepare(x, x[:, 0], 4)
    assert one.x.shape == (1, 64, 6) and torch.equal(one.x, two.x)


def test_repair_makes_any_probabilities_a_formula_and_leaves_formulas_alone() -> None:
    rng = np.random.default_rng(0)
    noise = rng.dirichlet(np.ones(len(TOKENS)), (300, 12))
    assert all(is_valid(prefix) and len(prefix) <= 12 for prefix in repaired(noise, 2))
    prefix = encode("add sin x1 square x2")
    sure = np.zeros((1, 12, len(TOKENS)))
    sure[0, np.arange(12), [*prefix, *([0] * (12 - len(prefix)))]] = 1.0
    assert repaired(sure, 2) == [prefix]
    assert unpadded(sure[0].argmax(-1)) == prefix
