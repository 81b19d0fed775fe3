"""``discover``: data in, equations out, step by step."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from engines.common.errors import InputError
from engines.symbolic_regression import exports
from engines.symbolic_regression.archive import Candidate
from engines.symbolic_regression.discovery_data import Data, prepare
from engines.symbolic_regression.programs import LENGTH, OPERATORS, Floats
from engines.symbolic_regression.search import Settings, Snapshot, search
from engines.symbolic_regression.search_islands import DEFAULT_WEIGHTS, TokenPrior
from engines.symbolic_regression.snapping_algebra import Tree, simplify, to_tree, tree_values

DEFAULT_OPERATORS = tuple(op for op in OPERATORS if op in DEFAULT_WEIGHTS)


@dataclass(frozen=True)
class Equation:
    """One formula of the front.

    Attributes:
        complexity: number of nodes.
        error: mean squared residual over the variance of the target (1 - R^2).
        origin: the transformed target in which it was found, as ``"log y"``.
        seconds: when it was found.
        tree: the formula as nested tuples, in the units of the data.
        names: variable names, one for each column of X.
    """

    complexity: int
    error: float
    origin: str
    seconds: float
    tree: Tree
    names: tuple[str, ...]

    @cached_property
    def expression(self) -> str:
        """The formula as text; numbers with six digits."""
        return exports.write(self.tree, self.names, exports.TEXT)

    def latex(self, target: str = "y") -> str:
        """``y = ...`` as LaTeX."""
        return f"{target} = {exports.write(self.tree, self.names, exports.LATEX)}"

    def sympy_code(self) -> str:
        """Python lines that build the formula in SymPy."""
        return exports.sympy_code(self.tree, self.names)

    def python_code(self) -> str:
        """A NumPy function of the variables."""
        return exports.python_code(self.tree, self.names)

    def predict(self, x: ArrayLike) -> Floats:
        """Values ``(rows,)`` at ``x : (rows, columns)``; nan outside the formula's domain."""
        table = np.asarray(x, np.float64)
        table = table[:, None] if table.ndim == 1 else table
        if table.ndim != 2 or table.shape[1] != len(self.names):
            raise InputError(
                f"X has shape {table.shape}; the equation was found with {len(self.names)} columns."
            )
        with np.errstate(all="ignore"):
            values = tree_values(self.tree, table.T)
        return np.broadcast_to(values, table.shape[:1]).astype(np.float64)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        facts = asdict(self)
        del facts["tree"]
        return {**facts, "expression": self.expression, "latex": self.latex()}


@dataclass(frozen=True)
class Step:
    """A moment of the search.

    Attributes:
        round, evaluations, seconds: how far the search is.
        front: equations none of which is beaten in both complexity and error, shortest first.
        best: the one with the shortest description of formula and residuals together.
        population: ``(complexity, error)`` of some living programs.
        status: ``"searching"``; in the result ``"exact"``, ``"settled"`` or ``"time"``.
        notices: what was changed in the data, one sentence each.
    """

    round: int
    evaluations: int
    seconds: float
    front: tuple[Equation, ...]
    best: Equation
    population: tuple[tuple[int, float], ...]
    status: str
    notices: tuple[str, ...]


@dataclass(frozen=True)
class Result(Step):
    """The last step, with what one does with the best equation."""

    def predict(self, x: ArrayLike) -> Floats:
        """Values of the best equation; see :meth:`Equation.predict`."""
        return self.best.predict(x)

    def latex(self, target: str = "y") -> str:
        """The best equation as LaTeX."""
        return self.best.latex(target)

    def sympy_code(self) -> str:
        """The best equation as SymPy code."""
        return self.best.sympy_code()

    def python_code(self) -> str:
        """The best equation as a NumPy function."""
        return self.best.python_code()

    def to_json(self) -> str:
        """The front and the choice as JSON."""
        facts = {
            "best": self.best.as_dict(),
            "front": [equation.as_dict() for equation in self.front],
            "evaluations": self.evaluations,
            "seconds": self.seconds,
            "status": self.status,
            "notices": self.notices,
        }
        return json.dumps(facts, indent=2)


def discover(
    X: ArrayLike,
    y: ArrayLike,
    names: Sequence[str] | None = None,
    seconds: float = 20.0,
    seed: int = 0,
    workers: int = 1,
    operators: Sequence[str] = DEFAULT_OPERATORS,
    max_complexity: int = 40,
    prior: TokenPrior | None = None,
    rounds: int | None = None,
) -> Iterator[Step]:
    """Search equations ``y = f(X)``; the last step is a :class:`Result`.

    Args:
        X: ``(rows, columns)``; one column may be given flat.
        y: ``(rows,)``.
        names: of the columns; names that are no plain words are replaced.
        seconds: wall time at most; an exact equation ends the search before.
        workers: threads.
        operators: from ``programs.OPERATORS``; sums and products with numbers are always allowed.
        max_complexity: nodes of the longest equation.
        prior: a distribution over tokens for this data, mixed into the search's own.
        rounds: stop after so many rounds; then the result depends on the seed alone.

    Raises:
        InputError: at once, for data or arguments that cannot be used.
    """
    settings = _settings(seconds, seed, workers, operators, max_complexity, rounds)
    return _steps(prepare(X, y, names, seed), settings, prior)


def warm_up() -> None:
    """Compile the kernels: half a minute of CPU the first time, then read from the disk."""
    x = np.linspace(1.0, 2.0, 8)[:, None]
    for _ in discover(x, np.sin(3.0 * x[:, 0]) + x[:, 0], seconds=1.0, rounds=1):
        pass


def _settings(
    seconds: float,
    seed: int,
    workers: int,
    operators: Sequence[str],
    max_complexity: int,
    rounds: int | None,
) -> Settings:
    unknown = [op for op in operators if op not in OPERATORS]
    if unknown or not operators:
        raise InputError(
            f"Unknown operators: {', '.join(map(str, unknown)) or 'none given'}. "
            f"Choose from {', '.join(OPERATORS)}."
        )
    if not 0 < seconds <= 86_400:
        raise InputError(f"The search cannot take {seconds} s; give 0 to 86400.")
    if not 1 <= max_complexity <= LENGTH:
        raise InputError(f"max_complexity is {max_complexity}; it must be 1 to {LENGTH}.")
    if not 1 <= workers <= 64:
        raise InputError(f"There cannot be {workers} workers; give 1 to 64.")
    return Settings(
        seconds=float(seconds), seed=int(seed), workers=int(workers), rounds=rounds,
        operators=tuple(op for op in OPERATORS if op in operators), max_complexity=max_complexity,
    )  # fmt: skip


def _steps(data: Data, settings: Settings, prior: TokenPrior | None) -> Iterator[Step]:
    known: dict[Candidate, Equation] = {}
    for snapshot in search(data.x, data.y, settings, prior):
        yield _step(snapshot, data, known)


def _step(snapshot: Snapshot, data: Data, known: dict[Candidate, Equation]) -> Step:
    for candidate in snapshot.archive:
        if candidate not in known:
            known[candidate] = _equation(candidate, data)
    kind = Step if snapshot.status == "searching" else Result
    return kind(
        round=snapshot.round,
        evaluations=snapshot.evaluations,
        seconds=snapshot.seconds,
        front=tuple(known[candidate] for candidate in snapshot.archive),
        best=known[snapshot.best],
        population=snapshot.population,
        status=snapshot.status,
        notices=data.notices,
    )


def _equation(candidate: Candidate, data: Data) -> Equation:
    tree = _in_units(to_tree(candidate.program), data)
    if data.y_unit != 1.0:
        tree = ("mul", data.y_unit, tree)
    return Equation(
        candidate.complexity, candidate.error, candidate.origin, candidate.seconds,
        simplify(tree), exports.plain_names(data.names),
    )  # fmt: skip


def _in_units(tree: Tree, data: Data) -> Tree:
    """The formula over the table's own columns and units."""
    if isinstance(tree, float):
        return tree
    if tree[0] == "x":
        column: Tree = ("x", data.columns[tree[1]])
        unit = data.x_units[tree[1]]
        return column if unit == 1.0 else ("div", column, unit)
    return (tree[0], *(_in_units(argument, data) for argument in tree[1:]))
