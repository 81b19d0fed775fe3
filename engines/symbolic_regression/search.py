"""The search: islands of evolving programs, one Pareto front, a generator of snapshots."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from engines.symbolic_regression.archive import Archive, Candidate, select
from engines.symbolic_regression.programs import CONSTANT, LENGTH, OPERATORS, Floats, Program
from engines.symbolic_regression.search_islands import (
    IDENTITY,
    QUOTIENT,
    Island,
    TokenPrior,
    default_table,
    mixed_table,
    seed_programs,
    starters,
    usable_targets,
)
from engines.symbolic_regression.snapping import ROUNDING, refit, shorten, snap, squared_error
from engines.symbolic_regression.snapping_algebra import simplify, to_program

EXACT = 100 * ROUNDING
_MOST_FITTED = 4  # a formula with more numbers of its own may imitate the law: keep looking
_SEARCH_POINTS = 64


@dataclass(frozen=True)
class Settings:
    """What the search may do.

    Attributes:
        seconds: wall time; the search may end before.
        rounds: stop after so many rounds; with it a run repeats exactly whatever the machine.
        operators: names from ``programs.OPERATORS``.
        max_complexity: longest formula shown, in nodes.
        islands, population: how many programs live.
        budget: children per island and round.
        rho: largest share of the token prior in the tables; it halves every ``half_life`` rounds.
        workers: threads; the compiled kernel releases Python's lock.
    """

    seconds: float = 20.0
    rounds: int | None = None
    operators: tuple[str, ...] = OPERATORS
    max_complexity: int = 40
    islands: int = 12
    population: int = 120
    budget: int = 600
    rho: float = 0.5
    half_life: float = 20.0
    workers: int = 1
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a search after a round.

    Attributes:
        round: 1, 2, ...
        evaluations: programs measured so far.
        seconds: wall time since the start.
        archive: the front, errors on all points given.
        best: its member with the shortest description.
        population: ``(complexity, error)`` of living programs, at most 200.
        status: ``"searching"``, ``"exact"``, ``"settled"``, ``"time"``.
    """

    round: int
    evaluations: int
    seconds: float
    archive: Archive
    best: Candidate
    population: tuple[tuple[int, float], ...]
    status: str


@dataclass
class _Run:
    x: Floats
    y: Floats
    settings: Settings
    prior: TokenPrior | None
    started: float = field(default_factory=time.monotonic)
    archive: Archive = field(default_factory=Archive)
    evaluations: int = 0
    tried: set[Program] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.variance = float(np.var(self.y))
        self.rng = np.random.default_rng(self.settings.seed)
        self.islands = self._build_islands()
        operators = self.settings.operators
        self.table = default_table(operators, self.x.shape[0])
        self.symbols = len(operators) + self.x.shape[0] + 1

    def seconds(self) -> float:
        return time.monotonic() - self.started

    def _build_islands(self) -> list[Island]:
        settings, (variables, points) = self.settings, self.x.shape
        chosen = np.sort(self.rng.permutation(points)[:_SEARCH_POINTS])
        x, y = np.ascontiguousarray(self.x[:, chosen]), self.y[chosen]
        targets = [IDENTITY, QUOTIENT, *usable_targets(self.y, settings.operators), IDENTITY]
        targets = [*targets, *[IDENTITY, QUOTIENT] * settings.islands][: settings.islands]
        limit = min(settings.max_complexity, LENGTH - 20)
        seeds = self.rng.integers(1, 2**62, len(targets))
        islands = [
            Island(target, x, y, int(seed), settings.population, limit, not place)
            for place, (target, seed) in enumerate(zip(targets, seeds, strict=True))
        ]
        proposed = seed_programs(self.prior, variables, limit)
        for place, island in enumerate(islands):
            own = proposed[place :: len(islands)] if island.target.inverse else proposed
            usable = [p for p in starters(variables) if self._allowed(p)]
            for program in (*usable, *own[: settings.population // 2]):
                island.insert(program)
        return islands

    def _allowed(self, program: Program) -> bool:
        names = {OPERATORS[code] for code in program.codes if code < len(OPERATORS)}
        return names <= set(self.settings.operators)

    def round(self, number: int, pool: ThreadPoolExecutor | None) -> None:
        settings = self.settings
        rho = min(settings.rho, 0.5) * 0.5 ** ((number - 1) / settings.half_life)
        table = mixed_table(self.table, self.prior, rho)
        budget = min(settings.budget, 150 * number)
        runs = [(island, table, budget) for island in self.islands]
        done = pool.map(_run_island, runs) if pool else map(_run_island, runs)
        self.evaluations += sum(done)
        for island in self.islands:
            for program, error in island.news():
                # Longer than a formula a hundred times as exact: not worth writing out.
                if self.archive.accepts(len(program), 0.01 * error):
                    self._offer(island, program)
        self._migrate(number)

    def _offer(self, island: Island, program: Program) -> None:
        """Write an island's program as a formula for y; keep it if the front accepts it."""
        tree = simplify(island.tree(program))
        candidate = to_program(tree)
        if len(candidate) > LENGTH or candidate in self.tried:
            return
        self.tried.add(candidate)
        error = self._error(candidate)
        if error > EXACT and (island.target.inverse or self.y.size > _SEARCH_POINTS):
            promising = error < math.inf and self.archive.accepts(len(candidate), 0.3 * error)
            if promising:
                candidate, sse = refit(candidate, self.x, self.y, 10)
                error = sse / (self.y.size * self.variance)
        if error <= EXACT:
            candidate, error = self._snapped(candidate)
        self._keep(candidate, error, island.target.name)

    def _keep(self, program: Program, error: float, origin: str) -> None:
        if len(program) <= self.settings.max_complexity and self._allowed_after(program):
            self.archive = self.archive.add(Candidate(program, error, origin, self.seconds()))

    def _allowed_after(self, program: Program) -> bool:
        """Simplifying may bring in an operator that was switched off: such a form is no answer."""
        forms = {"square": "mul", "cube": "mul", "neg": "sub", "inv": "div"}
        names = {OPERATORS[code] for code in program.codes if code < len(OPERATORS)}
        allowed = set(self.settings.operators)
        free = {"add", "sub", "mul"}  # the linear part is written with these
        return all(n in allowed or n in free or forms.get(n) in allowed | free for n in names)

    def _error(self, program: Program) -> float:
        return squared_error(program, self.x, self.y) / (self.y.size * self.variance)

    def _snapped(self, program: Program) -> tuple[Program, float]:
        snapped, sse = snap(program, self.x, self.y)
        return snapped, sse / (self.y.size * self.variance)

    def _migrate(self, number: int) -> None:
        """Formulas of the front visit the first island; the others live alone and start afresh."""
        if number % 4 == 0:
            member = self.archive.members[self.rng.integers(len(self.archive))]
            self.islands[0].insert(member.program)
        for island in self.islands[1:]:
            if island.rounds_left <= 0:
                island.restart()

    def finish(self) -> None:
        """Snap the members of the front; the shorter forms take their places."""
        for member in self.archive.members:
            if len(member.program) <= LENGTH:
                program, error = self._snapped(member.program)
                self._keep(program, error, member.origin)
                self._keep(shorten(program), self._error(shorten(program)), member.origin)

    def snapshot(self, number: int, status: str) -> Snapshot:
        pairs = [
            (int(n), float(error))
            for island in self.islands
            for n, error in list(zip(island.lengths, island.errors, strict=True))[:25]
            if n
        ]
        best = select(self.archive, self.y.size, self.symbols)
        return Snapshot(
            number, self.evaluations, self.seconds(), self.archive, best, tuple(pairs[:200]), status
        )


def _run_island(job: tuple[Island, Floats, int]) -> int:
    island, table, budget = job
    return island.run(table, budget)


def search(
    x: Floats, y: Floats, settings: Settings, prior: TokenPrior | None = None
) -> Iterator[Snapshot]:
    """Search formulas for ``y : (points,)`` over ``x : (variables, points)``.

    Yields a snapshot after every round; in the last one the front is snapped and its ``status``
    says why the search ended. Two runs with the same ``seed`` pass the same rounds.
    """
    run = _Run(x, y, settings, prior)
    mean = Program((CONSTANT,), (float(y.mean()),))
    run.archive = run.archive.add(Candidate(mean, 1.0, "mean"))
    pool = ThreadPoolExecutor(settings.workers) if settings.workers > 1 else None
    watch = _Watch()
    try:
        number, status = 0, "searching"
        while status == "searching":
            number += 1
            run.round(number, pool)
            status = watch.status(run, number)
            if status == "searching":
                yield run.snapshot(number, status)
    finally:
        if pool:
            pool.shutdown(cancel_futures=True)
    run.finish()
    yield run.snapshot(number, status)


class _Watch:
    """Decides when enough was seen."""

    def __init__(self) -> None:
        self.best: Candidate | None = None
        self.since = 0.0
        self.exact_round = 0

    def status(self, run: _Run, number: int) -> str:
        """An exact formula gets some rounds for a shorter form; a settled one ends the search."""
        settings, seconds = run.settings, run.seconds()
        best = select(run.archive, run.y.size, run.symbols)
        if best != self.best:
            self.best, self.since = best, seconds
        if best.error <= EXACT and best.constants <= _MOST_FITTED:
            self.exact_round = self.exact_round or number
            if number >= self.exact_round + 3 + self.exact_round // 4:
                return "exact"
        if settings.rounds is not None and number >= settings.rounds:
            return "time"
        if seconds > settings.seconds:
            return "time"
        if settings.rounds is None and seconds - self.since > max(10.0, 0.5 * seconds):
            return "settled"
        return "searching"
