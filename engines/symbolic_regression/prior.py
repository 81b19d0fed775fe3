"""What the search consumes: how probable each token is as a root, and below each parent.

A prior is a distribution over roots, a table "child given parent" and a few whole formulas to
begin with. ``RandomPrior`` has the statistics of the training generator: what formulas look like
before the data are seen. ``DiffusionPrior`` has the mean probabilities of the denoiser at the
parsed positions of its samples, mixed with the random prior's by ``rho``: a sharp prior that is
wrong costs more than a right one gains, so the mixture is never all diffusion.

The paper lets the denoiser's logits guide mutation and crossover; its exact rule is not known to
us, this table is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from engines.common.errors import InputError
from engines.symbolic_regression.generator import Settings, skeletons
from engines.symbolic_regression.skeletons import parents
from engines.symbolic_regression.vocabulary import (
    ARITY,
    FIRST_VARIABLE,
    MAX_VARIABLES,
    PAD,
    TOKENS,
    Prefix,
)

if TYPE_CHECKING:  # torch is needed by the diffusion prior alone
    from engines.symbolic_regression.model import EquationDiffusion
    from engines.symbolic_regression.sampler import SamplerOptions

MAX_RHO = 0.5
_SMOOTHING = 0.5
_STATISTICS = 3000


@dataclass(frozen=True)
class TokenPrior:
    """Probabilities of tokens, and formulas to begin with.

    Attributes:
        root: (V,) of the first token; sums to 1.
        table: (V, V), row = parent; rows of operators sum to 1, those of leaves are 0.
        seeds: valid formulas, best first.
        name: ``"random"`` or ``"diffusion"``.
    """

    root: np.ndarray
    table: np.ndarray
    seeds: tuple[Prefix, ...]
    name: str

    def mixed(self, other: TokenPrior, rho: float) -> TokenPrior:
        """``(1 - rho)`` of this prior's probabilities and ``rho`` of another's; its seeds."""
        root = (1.0 - rho) * self.root + rho * other.root
        table = (1.0 - rho) * self.table + rho * other.table
        return TokenPrior(root, table, other.seeds, other.name)


@dataclass(frozen=True)
class RandomPrior:
    """Statistics of the generator; ``prior(x, y)`` does not look at the data.

    Attributes:
        seeds: how many random formulas to begin with.
        seed: of their choice.
    """

    seeds: int = 64
    seed: int = 0

    def prior(self, x: np.ndarray, y: np.ndarray) -> TokenPrior:
        """The prior for data x (n, d), of which only d matters."""
        columns = _columns(x)
        root, table, drawn = _statistics(columns, self.seed)
        return TokenPrior(root, table, tuple(dict.fromkeys(drawn))[: self.seeds], "random")


@dataclass(frozen=True)
class DiffusionPrior:
    """Mean probabilities of the denoiser, mixed with the generator's statistics.

    Attributes:
        model: a trained model.
        rho: weight of the denoiser, at most ``MAX_RHO``.
        options: of the sampler.
        seed: of the sampler's noise.
    """

    model: EquationDiffusion
    rho: float = 0.4
    options: SamplerOptions | None = None
    seed: int = 0

    def prior(self, x: np.ndarray, y: np.ndarray) -> TokenPrior:
        """The prior for data x (n, d), y (n,); seeds are the model's distinct proposals.

        Raises:
            InputError: for data that the model cannot read, or a ``rho`` out of range.
        """
        from dataclasses import replace

        from engines.symbolic_regression.sampler import SamplerOptions, denoise, prepare

        if not 0.0 <= self.rho <= MAX_RHO:
            raise InputError(f"rho must lie between 0 and {MAX_RHO}, not {self.rho}.")
        options = self.options or SamplerOptions()
        options = replace(options, shown=options.candidates)  # all probabilities are wanted
        *_, last = denoise(self.model, prepare(x, y, self.seed), self.seed, options)
        default = RandomPrior(seed=self.seed).prior(x, y)
        own = from_probabilities(last.probabilities, last.prefixes, default, _columns(x))
        seeds = tuple(proposal.prefix for proposal in last.proposals)
        return default.mixed(TokenPrior(own.root, own.table, seeds, "diffusion"), self.rho)


def from_probabilities(
    probabilities: np.ndarray, prefixes: Sequence[Prefix], default: TokenPrior, columns: int
) -> TokenPrior:
    """Mean probabilities below each parent, where the parents are those of parsed formulas.

    Args:
        probabilities: (K, L, V) of the denoiser.
        prefixes: the K formulas that they were read as.
        default: what stands in for parents that never occur.
        columns: variables that exist.
    """
    count = len(TOKENS)
    root, table = np.zeros(count), np.zeros((count, count))
    for row, prefix in zip(probabilities, prefixes, strict=True):
        root += row[0]
        for place, parent in enumerate(parents(prefix)):
            if parent >= 0:
                table[prefix[parent]] += row[place]
    return _normalised(root, table, default, columns)


def from_prefixes(
    prefixes: Sequence[Prefix], default: TokenPrior, columns: int, name: str = "counted"
) -> TokenPrior:
    """The prior that counting tokens below parents gives; for tests and for other proposals."""
    onehot = np.zeros((len(prefixes), max(map(len, prefixes)), len(TOKENS)))
    for row, prefix in enumerate(prefixes):
        onehot[row, np.arange(len(prefix)), list(prefix)] = 1.0
    own = from_probabilities(onehot, prefixes, default, columns)
    return TokenPrior(own.root, own.table, tuple(dict.fromkeys(prefixes)), name)


def default_prior(columns: int) -> TokenPrior:
    """Every token that exists alike, operators and leaves half each."""
    weights = np.where(ARITY > 0, 0.5 / (ARITY > 0).sum(), 0.0)
    leaves = (ARITY == 0) & _possible(columns)
    weights = weights + np.where(leaves, 0.5 / leaves.sum(), 0.0)
    return TokenPrior(weights, np.where((ARITY > 0)[:, None], weights, 0.0), (), "uniform")


def _normalised(
    root: np.ndarray, table: np.ndarray, default: TokenPrior, columns: int
) -> TokenPrior:
    possible = _possible(columns)
    root = np.where(possible, root, 0.0) + _SMOOTHING * default.root
    table = np.where(possible, table, 0.0) + _SMOOTHING * default.table
    sums = table.sum(1, keepdims=True)
    table = np.divide(table, sums, out=np.zeros_like(table), where=sums > 0)
    return TokenPrior(root / root.sum(), table, (), "diffusion")


def _possible(columns: int) -> np.ndarray:
    """(V,) bool: tokens that a formula of so many columns can hold."""
    possible = np.ones(len(TOKENS), bool)
    possible[PAD] = False
    possible[FIRST_VARIABLE + columns : FIRST_VARIABLE + MAX_VARIABLES] = False
    return possible


@lru_cache(maxsize=16)
def _statistics(columns: int, seed: int) -> tuple[np.ndarray, np.ndarray, tuple[Prefix, ...]]:
    settings = Settings(max_variables=columns)
    stream = skeletons(np.random.default_rng(seed), settings)
    drawn: list[Prefix] = []
    while len(drawn) < _STATISTICS:
        prefix, own = next(stream)
        if own == columns:
            drawn.append(prefix)
    counted = from_prefixes(drawn, default_prior(columns), columns)
    for array in (counted.root, counted.table):
        array.flags.writeable = False  # shared by all callers
    return counted.root, counted.table, tuple(drawn)


def _columns(x: np.ndarray) -> int:
    if x.ndim != 2 or not 1 <= x.shape[1] <= MAX_VARIABLES:
        raise InputError(f"x must be (n, 1 to {MAX_VARIABLES}), not {x.shape}.")
    return x.shape[1]
