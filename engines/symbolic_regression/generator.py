"""Random formulas with data: what the denoiser learns from.

A skeleton is a random binary tree of operators with unary functions put on random nodes, written
in its scale-free canonical form (an outer ``a + b f`` is fitted later in closed form, so it would
only make targets longer). Each skeleton is then drawn several times, with other constants, other
sampling ranges and other points, and evaluated for all draws at once.

The weights and ranges are our own choice, made for the classical suites and the Feynman laws;
the paper's distribution is not known to us. Formulas whose key is held out never leave here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from engines.symbolic_regression.skeletons import key, scale_free
from engines.symbolic_regression.vocabulary import (
    ARITIES,
    CONSTANT,
    FIRST_VARIABLE,
    INDEX,
    INTEGERS,
    LENGTH,
    MAX_VARIABLES,
    Prefix,
)

_COLUMNS = ((1, 2, 3, 4, 5, 6), (0.35, 0.30, 0.20, 0.10, 0.025, 0.025))
_BINARY_WEIGHTS = {"add": 10.0, "mul": 10.0, "sub": 4.0, "div": 5.0, "pow": 0.6}
_UNARY_WEIGHTS = {
    **{"square": 6.0, "sqrt": 3.0, "sin": 4.0, "cos": 4.0, "exp": 3.0, "log": 2.0},
    **{"cube": 2.0, "neg": 1.0, "inv": 1.5, "tanh": 0.4, "asin": 0.2},
}
_RULES: dict[int, Callable[..., np.ndarray]] = {
    INDEX[name]: rule
    for name, rule in (
        *(("add", np.add), ("sub", np.subtract), ("mul", np.multiply), ("div", np.divide)),
        *(("pow", np.power), ("neg", np.negative), ("inv", np.reciprocal), ("square", np.square)),
        *(("sqrt", np.sqrt), ("exp", np.exp), ("log", np.log), ("sin", np.sin), ("cos", np.cos)),
        *(("tanh", np.tanh), ("asin", np.arcsin), ("cube", lambda a: a * a * a)),
    )
}
_NUMBERS = {INDEX["pi"]: np.full((1, 1), np.pi)} | {
    INDEX[text]: np.full((1, 1), float(text)) for text in INTEGERS
}
_LEAF_WEIGHTS = (0.72, 0.16, 0.12)
"""A leaf that is free is a variable, C or an integer."""
_INTEGER_WEIGHTS = (0.55, 0.25, 0.08, 0.06, 0.06)


@dataclass(frozen=True)
class Settings:
    """What is generated.

    Attributes:
        length: longest skeleton, in tokens.
        points: rows of each data set.
        draws: data sets per skeleton and pool.
        pool: skeletons that are shuffled together; distinct within the pool.
        noisy: share of data sets with noise on y, of up to ``noise`` standard deviations.
        max_variables: most columns.
    """

    length: int = LENGTH
    points: int = 64
    draws: int = 4
    pool: int = 512
    noisy: float = 0.3
    noise: float = 0.05
    max_variables: int = MAX_VARIABLES


@dataclass(frozen=True)
class Samples:
    """Data sets and the skeletons behind them.

    Attributes:
        x: (B, N, 6) float64; unused columns are 0.
        y: (B, N) float64.
        columns: (B, 6) bool, which columns exist; a skeleton may ignore some of them.
        rows: (B, N) bool, which points are given (at least a third of them).
        tokens: (B, L) int64 skeletons, padded.
    """

    x: np.ndarray
    y: np.ndarray
    columns: np.ndarray
    rows: np.ndarray
    tokens: np.ndarray

    def __len__(self) -> int:
        return len(self.y)


def random_skeleton(rng: np.random.Generator, settings: Settings) -> tuple[Prefix, int]:
    """A scale-free canonical skeleton and its number of columns; ``((), d)`` for a failed draw."""
    columns = int(rng.choice(_COLUMNS[0], p=_COLUMNS[1]))
    columns = min(columns, settings.max_variables)
    operators = max(0, int(rng.integers(columns - 1, columns + 5)))
    tree = _with_functions(_random_tree(rng, columns, operators), int(rng.integers(0, 4)), rng)
    prefix = scale_free(tree) if len(tree) <= 2 * LENGTH else ()
    return (prefix, columns) if len(prefix) <= settings.length else ((), columns)


def skeletons(
    rng: np.random.Generator, settings: Settings, held_out: Collection[str] = frozenset()
) -> Iterator[tuple[Prefix, int]]:
    """Skeletons without end, none of them held out, with their numbers of columns."""
    while True:
        prefix, columns = random_skeleton(rng, settings)
        if prefix and key(prefix) not in held_out:
            yield prefix, columns


def samples(
    seed: int | Sequence[int],
    batch: int,
    settings: Settings | None = None,
    held_out: Collection[str] = frozenset(),
) -> Iterator[Samples]:
    """Batches without end: the same seed gives the same batches.

    Args:
        held_out: keys (see :func:`.skeletons.held_out_keys`) that must not be produced.
    """
    settings = settings or Settings()
    rng = np.random.default_rng(seed)
    stream = skeletons(rng, settings, held_out)
    while True:
        pool = _pool(rng, stream, settings)
        order = rng.permutation(len(pool))
        for start in range(0, len(order) - batch + 1, batch):
            yield _taken(pool, order[start : start + batch])


def data_sets(
    prefix: Prefix, columns: int, draws: int, rng: np.random.Generator, settings: Settings
) -> Samples | None:
    """Data sets of one skeleton; ``None`` if no draw was finite and varied.

    A draw is kept if y is finite everywhere and its standard deviation exceeds 1e-3 of its
    largest magnitude.
    """
    x = _random_points(rng, draws, settings.points, columns)
    constants = _random_constants(rng, (draws, prefix.count(CONSTANT)))
    with np.errstate(all="ignore"):
        y = evaluate(prefix, constants, x)
        largest = np.abs(y).max(axis=1)
        good = np.isfinite(y).all(axis=1) & (largest < 1e9) & (y.std(axis=1) > 1e-3 * largest)
    if not good.any():
        return None
    x, y = x[good], y[good]
    count = len(y)
    noisy = (rng.random(count) < settings.noisy) * rng.uniform(0, settings.noise, count)
    y = y + (noisy * y.std(axis=1))[:, None] * rng.standard_normal(y.shape)
    given = rng.integers(settings.points // 3, settings.points + 1, count)
    rows = (
        np.arange(settings.points)
        < np.where(rng.random(count) < 0.5, settings.points, given)[:, None]
    )
    tokens = np.zeros((count, settings.length), np.int64)
    tokens[:, : len(prefix)] = prefix
    used = np.repeat(np.arange(MAX_VARIABLES)[None] < columns, count, axis=0)
    return Samples(x, y, used, rows, tokens)


def evaluate(prefix: Prefix, constants: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Values of one skeleton for many draws of its constants.

    Args:
        constants: (K, number of C).
        x: (K, N, at least as many columns as the skeleton names).

    Returns:
        (K, N) float64; NaN outside the domain. Call it under ``np.errstate(all="ignore")``.
    """
    stack: list[np.ndarray] = []
    left = constants.shape[1]
    for token in reversed(prefix):
        if token == CONSTANT:
            left -= 1
            stack.append(constants[:, left, None])
        elif ARITIES[token] == 0:
            variable = token - FIRST_VARIABLE
            is_variable = 0 <= variable < MAX_VARIABLES
            stack.append(x[:, :, variable] if is_variable else _NUMBERS[token])
        elif ARITIES[token] == 1:
            stack.append(_RULES[token](stack.pop()))
        else:
            first = stack.pop()
            stack.append(_RULES[token](first, stack.pop()))
    return np.broadcast_to(stack.pop(), x.shape[:2])


def _random_tree(rng: np.random.Generator, columns: int, operators: int) -> list[int]:
    """A random binary tree in prefix order in which every column occurs, if there is room."""
    leaves = _random_leaves(rng, columns, operators + 1)
    tokens: list[int] = []
    open_places, left = 1, operators
    while open_places:
        # The next place is an operator so often that the operators spread over the whole tree.
        if left and (open_places == 1 or rng.random() < left / (left + open_places - 1)):
            tokens.append(int(_BINARY_IDS[_pick(_BINARY_CUMULATIVE, rng)]))
            open_places, left = open_places + 1, left - 1
        else:
            tokens.append(leaves.pop())
            open_places -= 1
    return tokens


def _random_leaves(rng: np.random.Generator, columns: int, count: int) -> list[int]:
    leaves = [FIRST_VARIABLE + int(i) for i in rng.permutation(columns)[:count]]
    while len(leaves) < count:
        kind = _pick(_LEAF_CUMULATIVE, rng)
        if kind == 0:
            leaves.append(FIRST_VARIABLE + int(rng.integers(columns)))
        elif kind == 1:
            leaves.append(CONSTANT)
        else:
            leaves.append(INDEX["1"] + _pick(_INTEGER_CUMULATIVE, rng))
    return [leaves[i] for i in rng.permutation(count)]


def _with_functions(tree: list[int], count: int, rng: np.random.Generator) -> list[int]:
    """The tree with ``count`` unary functions put above random nodes."""
    for _ in range(count):
        place = int(rng.integers(len(tree)))
        tree.insert(place, int(_UNARY_IDS[_pick(_UNARY_CUMULATIVE, rng)]))
    return tree


def _random_points(rng: np.random.Generator, draws: int, points: int, columns: int) -> np.ndarray:
    """(draws, points, 6) inputs; the range is one of four kinds, drawn per data set."""
    kind = rng.choice(4, size=draws, p=(0.35, 0.25, 0.15, 0.25))[:, None]
    width = rng.choice([1.0, 2.0, 4.0], size=(draws, 1))
    low = rng.uniform(-3, 3, (draws, MAX_VARIABLES))
    high = low + np.exp(rng.uniform(np.log(0.5), np.log(8.0), (draws, MAX_VARIABLES)))
    low = np.select([kind == 0, kind == 1, kind == 2], [1.0, -1.0, 0.0], low)
    high = np.select([kind == 0, kind == 1, kind == 2], [5.0, 1.0, width], high)
    x = low[:, None] + (high - low)[:, None] * rng.random((draws, points, MAX_VARIABLES))
    x[:, :, columns:] = 0.0
    return x


def _random_constants(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    size = np.exp(rng.uniform(np.log(0.2), np.log(5.0), shape))
    return np.where(rng.random(shape) < 0.3, -size, size)


def _pool(
    rng: np.random.Generator, stream: Iterator[tuple[Prefix, int]], settings: Settings
) -> Samples:
    seen: set[tuple[Prefix, int]] = set()
    parts: list[Samples] = []
    while len(parts) < settings.pool:
        skeleton = next(stream)
        if skeleton in seen:
            continue
        seen.add(skeleton)
        part = data_sets(*skeleton, settings.draws, rng, settings)
        if part is not None:
            parts.append(part)
    return Samples(
        *(
            np.concatenate([getattr(part, field) for part in parts])
            for field in Samples.__dataclass_fields__
        )
    )


def _taken(pool: Samples, rows: np.ndarray) -> Samples:
    return Samples(*(getattr(pool, field)[rows] for field in Samples.__dataclass_fields__))


def _pick(cumulative: np.ndarray, rng: np.random.Generator) -> int:
    return int(cumulative.searchsorted(rng.random(), side="right"))


def _cumulative(weights: Iterable[float]) -> np.ndarray:
    table = np.array(list(weights), dtype=np.float64)
    return np.cumsum(table)[:-1] / table.sum()


_BINARY_IDS = [INDEX[name] for name in _BINARY_WEIGHTS]
_UNARY_IDS = [INDEX[name] for name in _UNARY_WEIGHTS]
_BINARY_CUMULATIVE = _cumulative(_BINARY_WEIGHTS.values())
_UNARY_CUMULATIVE = _cumulative(_UNARY_WEIGHTS.values())
_LEAF_CUMULATIVE = _cumulative(_LEAF_WEIGHTS)
_INTEGER_CUMULATIVE = _cumulative(_INTEGER_WEIGHTS)
