"""Islands: what each one fits, and the tables its random programs are drawn from.

Many laws are simple in a transformed target (AI Feynman tries such transformations too: Udrescu &
Tegmark 2020): a relativistic mass is a linear formula for ``1/y^2``, a Gaussian one for
``log y``. Each island evolves programs for one transformation ``g(y)``; what it finds is written
back as ``g^-1(a + b_1 t_1 + ...)`` and judged on ``y`` itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engines.symbolic_regression.constants import (
    MAX_TERMS,
    RATIO,
    TERMS,
    find_terms,
    fit,
    workspace,
)
from engines.symbolic_regression.programs import (
    CODE,
    CODES,
    CONSTANT,
    LENGTH,
    MAX_VARIABLES,
    NUMBER,
    OPERATORS,
    VARIABLE,
    Floats,
    Program,
    from_arrays,
    mark_ends,
    to_arrays,
)
from engines.symbolic_regression.search_kernel import evolve, keep
from engines.symbolic_regression.snapping_algebra import Tree, to_tree
from engines.symbolic_regression.variation import ROOT
from engines.symbolic_regression.vocabulary import TOKENS

DEFAULT_WEIGHTS: dict[str, float] = {
    "add": 10.0, "sub": 4.0, "mul": 10.0, "div": 5.0, "pow": 0.6, "neg": 1.0, "inv": 1.0,
    "square": 5.0, "cube": 1.0, "sqrt": 3.0, "exp": 3.0, "log": 2.0, "sin": 3.5, "cos": 3.5,
    "tanh": 0.3, "asin": 0.2,
}  # fmt: skip
_LEAVES = {"variables": 30.0, "constant": 7.0, "number": 2.5}
# (parent, child) pairs that say nothing new or hardly ever occur, and what is left of them.
_RARE: dict[tuple[str, str], float] = {
    **{(op, op): 0.0 for op in ("neg", "inv", "exp")},
    **{pair: 0.0 for pair in (("exp", "log"), ("log", "exp"), ("square", "sqrt"), ("neg", "sub"))},
    **{(a, b): 0.1 for a in ("sin", "cos", "tanh") for b in ("sin", "cos", "tanh", "asin")},
    **{pair: 0.1 for pair in (("log", "log"), ("exp", "tanh"), ("inv", "div"), ("sqrt", "square"))},
}


class TokenPrior(Protocol):
    """What the search reads of a prior over tokens (see ``engines.symbolic_regression.prior``).

    Attributes:
        root: ``(V,)`` probabilities of the first token.
        table: ``(V, V)`` probabilities of a child by its parent.
        seeds: prefix sequences of token ids to start from.
    """

    @property
    def root(self) -> Floats: ...
    @property
    def table(self) -> Floats: ...
    @property
    def seeds(self) -> Sequence[Sequence[int]]: ...


def default_table(operators: Sequence[str], variables: int) -> Floats:
    """Weights ``(CODES + 1, CODES)`` of children by parent, each row summing to 1."""
    row = np.zeros(CODES)
    for name in operators:
        row[CODE[name]] = DEFAULT_WEIGHTS[name]
    row[VARIABLE : VARIABLE + variables] = _LEAVES["variables"] / variables
    row[CONSTANT], row[NUMBER] = _LEAVES["constant"], _LEAVES["number"]
    table = np.tile(row, (CODES + 1, 1))
    for (parent, child), share in _RARE.items():
        table[CODE[parent], CODE[child]] *= share
    for name in OPERATORS[5:]:  # a function of a constant is a constant
        table[CODE[name], [CONSTANT, NUMBER]] = 0.0
    return np.asarray(table / table.sum(axis=1, keepdims=True))


def token_codes() -> list[int]:
    """The program code of each token of the vocabulary; -1 for padding."""
    codes = []
    for token in TOKENS:
        if token in CODE:
            codes.append(CODE[token])
        elif token.startswith("x"):
            codes.append(VARIABLE + int(token[1:]) - 1)
        else:
            codes.append({"pad": -1, "C": CONSTANT}.get(token, NUMBER))
    return codes


def mixed_table(default: Floats, prior: TokenPrior | None, rho: float) -> Floats:
    """``(1 - rho) default + rho prior``; what the default forbids stays forbidden."""
    if prior is None or rho <= 0:
        return default
    codes = token_codes()
    wanted = np.zeros((CODES + 1, CODES))
    rows = [(ROOT, np.asarray(prior.root))]
    rows += [(codes[t], np.asarray(prior.table)[t]) for t in range(len(TOKENS)) if codes[t] >= 0]
    for row, weights in rows:
        for token, weight in enumerate(weights):
            if codes[token] >= 0 and np.isfinite(weight):
                wanted[row, codes[token]] += max(float(weight), 0.0)
    wanted *= default > 0
    totals = wanted.sum(axis=1, keepdims=True)
    wanted = np.where(totals > 0, wanted / np.where(totals > 0, totals, 1.0), default)
    return np.asarray((1 - rho) * default + rho * wanted)


def seed_programs(prior: TokenPrior | None, variables: int, limit: int) -> list[Program]:
    """The prior's skeletons as programs, without those that read variables that are not there."""
    codes, programs = token_codes(), []
    for seed in () if prior is None else prior.seeds:
        prefix = [codes[token] for token in seed]
        values = [_token_value(TOKENS[token]) for token in seed]
        if prefix and len(prefix) <= limit and max(prefix) < VARIABLE + variables:
            programs.append(Program(tuple(prefix), tuple(values)))
    return programs


def _token_value(token: str) -> float:
    if token == "pi":
        return float(np.pi)
    return float(token) if token.isdigit() else 1.0


@dataclass(frozen=True, slots=True)
class Target:
    """A transformation of the target: ``forward(y)``, and the operators that undo it."""

    name: str
    forward: Callable[[Floats], Floats]
    inverse: tuple[str, ...] = ()
    mode: int = TERMS
    signed: bool = False


IDENTITY = Target("y", lambda y: y)
QUOTIENT = Target("y as a quotient", lambda y: y, mode=RATIO)
TARGETS = (
    Target("log y", np.log, ("exp",)),
    Target("1/y", lambda y: 1.0 / y, ("inv",)),
    Target("y^2", lambda y: y**2, ("sqrt",)),
    Target("sqrt y", np.sqrt, ("square",)),
    Target("1/y^2", lambda y: y**-2.0, ("inv", "sqrt")),
    Target("exp y", np.exp, ("log",), signed=True),
)
_NEEDS: Mapping[str, tuple[str, ...]] = {"inv": ("inv", "div"), "square": ("square", "mul")}


def usable_targets(y: Floats, operators: Sequence[str]) -> list[Target]:
    """The transformations that are defined for this target and allowed by the operators."""
    size = np.abs(y)
    one_sign = bool(np.all(y > 0) or np.all(y < 0)) and size.min() > 1e-9 * size.max()
    small = size.max() < 30 and np.ptp(y) > 0.1
    return [
        target
        for target in TARGETS
        if (small if target.signed else one_sign)
        and all(any(op in operators for op in _NEEDS.get(i, (i,))) for i in target.inverse)
    ]


LIFE = 20
"""Rounds in the shortest life of a population."""
_LIMITS = (12, 16, 22, 30)
_FONDNESS = (0.05, 0.3, 1.0)


def _luby(i: int) -> int:
    """1, 1, 2, 1, 1, 2, 4, 1, ..."""
    k = i.bit_length()
    return 2 ** (k - 1) if i == 2**k - 1 else _luby(i - 2 ** (k - 1) + 1)


class Island:
    """One population and its best programs by length; the arrays are changed in place."""

    def __init__(
        self, target: Target, x: Floats, y: Floats, seed: int, size: int, limit: int, keeper: bool
    ) -> None:
        self.keeper = keeper
        self.target = target
        self.sign = -1.0 if target.inverse and not target.signed and y[0] < 0 else 1.0
        transformed = target.forward(self.sign * y)
        # A quotient cannot take up a shift of the target, so its target is not centred.
        self.mean = float(transformed.mean()) if target.mode == TERMS else 0.0
        self.scale = float(transformed.std()) or 1.0
        self.x, self.y = x, (transformed - self.mean) / self.scale
        self.longest, self.size = limit, size
        self.rng = np.random.default_rng(seed)
        self.state = np.array([seed], np.uint64)
        self.space = workspace(y.size)
        self.clock = np.zeros(1, np.int64)
        self.lives = 0
        self.restart()

    def restart(self) -> None:
        """An empty population with other habits: how long, and how fond of constants.

        The lives last 1, 1, 2, 1, 1, 2, 4, ... units (Luby, Sinclair & Zuckerman 1993), so that
        no habit and no unlucky start can hold an island for long.
        """
        self.lives += 1
        self.rounds_left = LIFE * _luby(self.lives)
        self.limit = self.longest if self.keeper else min(self.longest, self.rng.choice(_LIMITS))
        self.fondness = 1.0 if self.keeper else self.rng.choice(_FONDNESS)
        self.codes = np.zeros((self.size, LENGTH), np.int16)
        self.values = np.zeros((self.size, LENGTH))
        self.lengths = np.zeros(self.size, np.int64)
        self.errors = np.full(self.size, 1e30)
        self.clock[0] = 0
        self.elite = (
            np.zeros((LENGTH + 1, LENGTH), np.int16),
            np.zeros((LENGTH + 1, LENGTH)),
            np.full(LENGTH + 1, 1e30),
        )
        self.seen = np.zeros(2**15, np.uint64)
        self.reported = np.full(LENGTH + 1, np.inf)

    def insert(self, program: Program) -> None:
        """Put a program in the place of the oldest, its constants fitted."""
        codes, values, n = to_arrays(program)
        if n > self.limit:
            return
        sse, _ = fit(codes, values, n, self.x, self.y, self.target.mode, 15, 1e-3, self.space)
        error = sse / self.y.size
        if not error < 1e30:
            return
        target = int(self.clock[0]) % self.size
        self.codes[target], self.values[target] = codes, values
        self.lengths[target], self.errors[target] = n, error
        self.clock[0] += 1
        keep(n, error, codes, values, *self.elite)

    def run(self, table: Floats, budget: int) -> int:
        """Measure ``budget`` children; returns how many were."""
        table = table.copy()
        table[:, CONSTANT] *= self.fondness
        if self.target.mode == RATIO:
            table[ROOT, CODE["div"]] += 2.0
        population = (self.codes, self.values, self.lengths, self.errors)
        done = evolve(
            self.state, table, self.x, self.y, self.target.mode, self.limit, budget, self.clock,
            population, self.elite, self.seen, 0.15,
        )  # fmt: skip
        self.rounds_left -= 1
        return int(done)

    def news(self) -> list[tuple[Program, float]]:
        """Programs of the island's own front that are new since the last call."""
        found, best = [], np.inf
        for n in range(1, self.limit + 1):
            error = self.elite[2][n]
            if error < 0.999 * best:
                best = error
                if error < self.reported[n]:
                    self.reported[n] = error
                    found.append((from_arrays(self.elite[0][n], self.elite[1][n], n), float(error)))
        return found

    def tree(self, program: Program) -> Tree:
        """The program as a formula for ``y``: terms weighted, the transformation undone."""
        codes, values, n = to_arrays(program)
        _, count = fit(codes, values, n, self.x, self.y, self.target.mode, 0, 0.0, self.space)
        ends, starts = np.zeros(LENGTH + 1, np.int64), np.zeros(MAX_TERMS + 1, np.int64)
        mark_ends(codes, n, ends)
        find_terms(codes, ends, self.target.mode, starts)
        weights, above = self._weights(starts, count), starts[MAX_TERMS]
        constant = float(self.mean + self.scale * weights[0])
        tree: Tree = constant if abs(constant) > 1e-12 * (abs(self.mean) + self.scale) else 0.0
        below: Tree = 1.0
        for term in np.flatnonzero(weights[1:]):
            first, last = starts[term], ends[starts[term]]
            body = to_tree(from_arrays(codes[first:last], values[first:last], last - first))
            if term < above:
                tree = ("add", tree, ("mul", float(self.scale * weights[term + 1]), body))
            else:
                below = ("add", below, ("mul", float(weights[term + 1]), body))
        if below != 1.0:
            tree = ("div", tree, below)
        for op in reversed(self.target.inverse):
            tree = (op, tree)
        return tree if self.sign > 0 else ("neg", tree)

    def _weights(self, starts: NDArray[np.int64], count: int) -> Floats:
        """The fitted weights, with 0 for terms that change nothing beyond rounding."""
        weights = self.space[8][: count + 1].copy()
        for term in range(count):
            size = np.abs(self.space[0][starts[term]]).max()
            if abs(weights[term + 1]) * size < 1e-11:
                weights[term + 1] = 0.0
        return weights


def starters(variables: int) -> list[Program]:
    """Sums over all variables of ``x``, ``log x`` and ``x^2``: the simplest laws per target."""
    programs = []
    for wrapper in ("", "log", "square", "inv"):
        codes: list[int] = [CODE["add"]] * (min(variables, MAX_VARIABLES) - 1)
        for j in range(min(variables, MAX_VARIABLES)):
            codes += ([CODE[wrapper]] if wrapper else []) + [VARIABLE + j]
        programs.append(Program(tuple(codes), (0.0,) * len(codes)))
    return programs
