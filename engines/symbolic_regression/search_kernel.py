"""One slice of evolution on one island, compiled.

Regularised evolution (Real et al. 2019): a child of tournament winners replaces the oldest. Each
tournament draws its own price of length, so that one population serves the whole Pareto front;
the best program of every length is kept beside it and now and then breeds too. Skeletons that
were tried before are mostly skipped (a hash that ignores the order of sums and products).
"""

from __future__ import annotations

import numpy as np

from engines.symbolic_regression.constants import fit, workspace
from engines.symbolic_regression.programs import (
    ADD,
    CODES,
    CONSTANT,
    LENGTH,
    MUL,
    NUMBER,
    VARIABLE,
    arity_of,
    mark_ends,
    njit,
)
from engines.symbolic_regression.variation import ROOT, below, grow, random, vary

EXACT = 1e-27
"""Mean squared residual, of a target of variance 1, below which nothing is left to explain."""
_TOURNAMENT = 5
_LOST = 1e30


@njit
def _mix(a, b):  # type: ignore[no-untyped-def]
    z = a * np.uint64(0x9E3779B97F4A7C15) + b + np.uint64(0x7F4A7C15)
    z = (z ^ (z >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return z ^ (z >> np.uint64(32))


@njit
def skeleton_hash(codes, values, n, ends, hashes):  # type: ignore[no-untyped-def]
    """Equal for programs that differ in constants or in the order of sums and products only."""
    for p in range(n - 1, -1, -1):
        code = codes[p]
        own = np.uint64(code + 1)
        kind = arity_of(code)
        if kind == 2:
            a, b = hashes[p + 1], hashes[ends[p + 1]]
            both = a + b if code in (ADD, MUL) else _mix(a, b)
            hashes[p] = _mix(own, both)
        elif kind == 1:
            hashes[p] = _mix(own, hashes[p + 1])
        elif code == NUMBER:
            hashes[p] = _mix(own, np.uint64(int(values[p] * 1e4)))
        else:
            hashes[p] = _mix(own, np.uint64(17))
    return hashes[0]


@njit
def _count(codes, n, first, last):  # type: ignore[no-untyped-def]
    found = 0
    for p in range(n):
        found += first <= codes[p] < last
    return found


@njit
def _select(state, lengths, errors):  # type: ignore[no-untyped-def]
    price = 0.0 if random(state) < 0.3 else 10.0 ** (-2.5 + 2.2 * random(state))
    best, best_score = -1, np.inf
    for _ in range(_TOURNAMENT):
        i = below(state, lengths.size)
        score = np.log(errors[i] + 1e-28) + price * lengths[i]
        if best < 0 or score < best_score:
            best, best_score = i, score
    return best


@njit
def keep(n, error, codes, values, elite_codes, elite_values, elite_errors):  # type: ignore[no-untyped-def]
    """Store a program that beats the best of its length by a part in a thousand."""
    if error < 0.999 * elite_errors[n]:
        elite_codes[n, :n] = codes[:n]
        elite_values[n, :n] = values[:n]
        elite_errors[n] = error
        return True
    return False


@njit
def evolve(state, table, x, y, mode, limit, budget, clock, population, elite, seen, fit_share):  # type: ignore[no-untyped-def]  # noqa: C901
    """Breed until ``budget`` programs were measured; returns how many were.

    Args:
        table: ``(CODES + 1, CODES)`` weights by parent.
        x, y: ``(variables, points)``, ``(points,)``; y has variance 1.
        mode: ``constants.TERMS`` or ``RATIO``.
        clock: ``(1,)`` number of children so far; the oldest is at ``clock % size``.
        population: codes ``(size, LENGTH)``, values, lengths and errors; length 0 is empty.
        elite: codes ``(LENGTH + 1, LENGTH)``, values and errors by length.
        seen: ``(2**k,)`` hashes of skeletons that were tried.
        fit_share: part of the children whose constants are fitted regardless.
    """
    codes, values, lengths, errors = population
    elite_codes, elite_values, elite_errors = elite
    size, points = lengths.size, y.size
    space = workspace(points)
    child, numbers = np.zeros(LENGTH, np.int16), np.zeros(LENGTH)
    hashes, mask = np.zeros(LENGTH, np.uint64), np.uint64(seen.size - 1)
    done, tries = 0, 0
    while done < budget and tries < 20 * budget:
        tries += 1
        target = clock[0] % size
        parent_error = _LOST
        if lengths[target] == 0:
            n = grow(state, ROOT, table, min(limit, 3 + below(state, 14)), child, numbers)
        else:
            if random(state) < 0.12:
                m = 1 + below(state, limit)
                if elite_errors[m] >= _LOST:
                    continue
                n, parent_error, first = m, elite_errors[m], _select(state, lengths, errors)
                child[:n], numbers[:n] = elite_codes[m, :n], elite_values[m, :n]
            else:
                first = _select(state, lengths, errors)
                n, parent_error = lengths[first], errors[first]
                child[:n], numbers[:n] = codes[first, :n], values[first, :n]
            # A subtree of its own in a second place: laws such as cosh repeat themselves.
            other = first if random(state) < 0.15 else _select(state, lengths, errors)
            n = vary(
                state, child, numbers, n, codes[other], values[other], lengths[other], table, limit
            )
            while n > 0 and random(state) < 0.25:
                n = vary(
                    state, child, numbers, n, codes[other], values[other], lengths[other],
                    table, limit,
                )  # fmt: skip
        if n == 0 or _count(child, n, VARIABLE, CODES) == 0:
            continue
        mark_ends(child, n, space[5])
        key = skeleton_hash(child, numbers, n, space[5], hashes)
        slot = key & mask
        if seen[slot] == key and random(state) < 0.9:
            continue
        seen[slot] = key
        done += 1
        sse, _ = fit(child, numbers, n, x, y, mode, 0, 0.0, space)
        fitted = _count(child, n, CONSTANT, CONSTANT + 1) > 0
        if fitted and (sse < points * parent_error * 1.5 or random(state) < fit_share):
            sse, _ = fit(child, numbers, n, x, y, mode, 4, 0.01, space)
        error = sse / points
        if error < 0.999 * elite_errors[n]:
            if fitted:
                sse, _ = fit(child, numbers, n, x, y, mode, 12, 1e-3, space)
                error = sse / points
            keep(n, error, child, numbers, elite_codes, elite_values, elite_errors)
        if not error < _LOST:
            continue
        codes[target, :n], values[target, :n] = child[:n], numbers[:n]
        lengths[target], errors[target] = n, error
        clock[0] += 1
        if error < EXACT:
            break
    return done
