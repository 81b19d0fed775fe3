"""Random programs and the changes that evolution makes to them, compiled.

Which operator or leaf stands below which is drawn from a table ``(CODES, CODES)`` of weights by
the parent's code, the root from a row of its own. The search builds both tables from its defaults
and a :class:`~engines.symbolic_regression.priors_of_search` and passes them in.

All functions fill ``codes, values`` in place, return the new length, or 0 where nothing valid
came out. Randomness is a SplitMix64 stream in ``state : (1,) uint64`` that the caller owns.
"""

from __future__ import annotations

import numpy as np

from engines.symbolic_regression.programs import (
    ADD,
    CODES,
    CONSTANT,
    LENGTH,
    MUL,
    NUMBER,
    OPERATORS,
    arity_of,
    njit,
    subtree_end,
)

_LEAF = len(OPERATORS)
ROOT = CODES
"""The row of the table that the root of a program is drawn from."""


@njit
def random(state):  # type: ignore[no-untyped-def]
    """Uniform in [0, 1): SplitMix64 (Steele, Lea & Flood 2014), top 53 bits."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return np.float64(z >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@njit
def below(state, n):  # type: ignore[no-untyped-def]
    """A whole number in ``0 .. n - 1``."""
    return min(int(random(state) * n), n - 1)


@njit
def normal(state):  # type: ignore[no-untyped-def]
    """Standard normal by Box and Muller."""
    radius = np.sqrt(-2.0 * np.log(1.0 - random(state)))
    return radius * np.cos(2.0 * np.pi * random(state))


@njit
def draw(state, weights, first, last):  # type: ignore[no-untyped-def]
    """A code in ``first .. last - 1`` by weight; -1 where all weights are 0."""
    total = 0.0
    for code in range(first, last):
        total += weights[code]
    if total <= 0.0:
        return -1
    left = random(state) * total
    chosen = -1
    for code in range(first, last):
        if weights[code] > 0.0:
            chosen = code
            left -= weights[code]
            if left < 0.0:
                break
    return chosen


@njit
def draw_number(state, code):  # type: ignore[no-untyped-def]
    """A value for a fresh constant (sign times log-uniform) or number (1 to 5, pi)."""
    if code == CONSTANT:
        size = 10.0 ** (1.4 * random(state) - 0.7)
        return size if random(state) < 0.7 else -size
    if code == NUMBER:
        which = below(state, 7)
        return np.pi if which == 6 else 1.0 + min(which, 4) * 1.0
    return 0.0


@njit
def grow(state, parent, table, limit, codes, values):  # type: ignore[no-untyped-def]
    """A random expression of at most ``limit`` codes below ``parent`` (or ``ROOT``)."""
    parents = np.zeros(LENGTH + 2, np.int64)
    parents[0] = parent
    waiting, n = 1, 0
    while waiting > 0:
        waiting -= 1
        above = parents[waiting]
        room = limit - n - waiting  # codes left for this slot
        code = -1
        if room >= 3:
            code = draw(state, table[above], 0, CODES)
        elif room == 2:
            code = draw(state, table[above], 5, CODES)
        if code < 0:
            code = draw(state, table[above], _LEAF, CODES)
        if code < 0:
            code = CONSTANT
        codes[n] = code
        values[n] = draw_number(state, code)
        n += 1
        for _ in range(arity_of(code)):
            parents[waiting] = code
            waiting += 1
    return n


@njit
def splice(codes, values, n, start, end, new_codes, new_values, m, limit):  # type: ignore[no-untyped-def]
    """Replace ``start .. end - 1`` by the first ``m`` of the new ones."""
    length = n - (end - start) + m
    if length > limit:
        return 0
    tail = n - end
    kept_codes, kept_values = codes[end:n].copy(), values[end:n].copy()
    codes[start : start + m] = new_codes[:m]
    values[start : start + m] = new_values[:m]
    codes[start + m : start + m + tail] = kept_codes
    values[start + m : start + m + tail] = kept_values
    return length


@njit
def parent_of(codes, place):  # type: ignore[no-untyped-def]
    """The code above ``place``, or ``ROOT``."""
    for p in range(place - 1, -1, -1):
        if arity_of(codes[p]) > 0 and subtree_end(codes, p) > place:
            return codes[p]
    return ROOT


@njit
def crossover(state, codes, values, n, other, other_values, m, limit):  # type: ignore[no-untyped-def]
    """Put a random subtree of ``other`` in the place of a random subtree."""
    start, source = below(state, n), below(state, m)
    end, stop = subtree_end(codes, start), subtree_end(other, source)
    return splice(
        codes, values, n, start, end, other[source:stop], other_values[source:stop],
        stop - source, limit,
    )  # fmt: skip


@njit
def mutate_point(state, codes, values, n, table):  # type: ignore[no-untyped-def]
    """Another code of the same arity at a random place."""
    place = below(state, n)
    kind = arity_of(codes[place])
    first = 0 if kind == 2 else (5 if kind == 1 else _LEAF)
    last = 5 if kind == 2 else (_LEAF if kind == 1 else CODES)
    code = draw(state, table[parent_of(codes, place)], first, last)
    if code < 0:
        return 0
    codes[place] = code
    values[place] = draw_number(state, code)
    return n


@njit
def mutate_subtree(state, codes, values, n, table, limit):  # type: ignore[no-untyped-def]
    """A fresh expression in the place of a random subtree."""
    start = below(state, n)
    end = subtree_end(codes, start)
    fresh, numbers = np.zeros(LENGTH, np.int16), np.zeros(LENGTH)
    room = min(limit - (n - (end - start)), 1 + below(state, 8))
    m = grow(state, parent_of(codes, start), table, room, fresh, numbers)
    return splice(codes, values, n, start, end, fresh, numbers, m, limit)


@njit
def mutate_insert(state, codes, values, n, table, limit):  # type: ignore[no-untyped-def]
    """An operator above a random subtree; a second argument is grown."""
    start = 0 if random(state) < 0.25 else below(state, n)
    end = subtree_end(codes, start)
    code = draw(state, table[parent_of(codes, start)], 0, _LEAF)
    size = end - start
    if code < 0 or n + arity_of(code) > limit:
        return 0
    fresh, numbers = np.zeros(LENGTH, np.int16), np.zeros(LENGTH)
    fresh[0] = code
    first = arity_of(code) == 1 or random(state) < 0.5
    m = 1
    if not first:
        m += grow(
            state, code, table, min(limit - n - 1, 1 + below(state, 5)), fresh[1:], numbers[1:]
        )
    fresh[m : m + size], numbers[m : m + size] = codes[start:end], values[start:end]
    m += size
    if first and arity_of(code) == 2:
        m += grow(
            state, code, table, min(limit - n - 1, 1 + below(state, 5)), fresh[m:], numbers[m:]
        )
    return splice(codes, values, n, start, end, fresh, numbers, m, limit)


@njit
def mutate_delete(state, codes, values, n):  # type: ignore[no-untyped-def]
    """One argument of a random operator in the operator's place."""
    start = below(state, n)
    kind = arity_of(codes[start])
    if kind == 0:
        return 0
    end = subtree_end(codes, start)
    child = start + 1
    if kind == 2 and random(state) < 0.5:
        child = subtree_end(codes, child)
    stop = subtree_end(codes, child)
    kept, numbers = codes[child:stop].copy(), values[child:stop].copy()
    return splice(codes, values, n, start, end, kept, numbers, stop - child, n)


@njit
def mutate_constant(state, codes, values, n):  # type: ignore[no-untyped-def]
    """A random constant redrawn, or scaled by a log-normal factor."""
    start = below(state, n)
    for k in range(n):
        p = (start + k) % n
        if codes[p] == CONSTANT:
            if random(state) < 0.4:
                values[p] = draw_number(state, CONSTANT)
            else:
                values[p] *= np.exp(normal(state)) * (-1.0 if random(state) < 0.1 else 1.0)
            return n
    return 0


@njit
def mutate_term(state, codes, values, n, table, limit):  # type: ignore[no-untyped-def]
    """A further term, or a further factor, beside the whole program."""
    if n + 2 > limit:
        return 0
    code = ADD if random(state) < 0.7 else MUL
    if table[ROOT, code] <= 0.0:
        return 0
    fresh, numbers = np.zeros(LENGTH, np.int16), np.zeros(LENGTH)
    fresh[0] = code
    m = 1 + grow(
        state, code, table, min(limit - n - 1, 1 + below(state, 8)), fresh[1:], numbers[1:]
    )
    return splice(codes, values, n, 0, 0, fresh, numbers, m, limit)


@njit
def vary(state, codes, values, n, other, other_values, m, table, limit):  # type: ignore[no-untyped-def]
    """One random change; ``other`` is the second parent for crossover."""
    u = random(state)
    if u < 0.30:
        return crossover(state, codes, values, n, other, other_values, m, limit)
    if u < 0.48:
        return mutate_point(state, codes, values, n, table)
    if u < 0.64:
        return mutate_subtree(state, codes, values, n, table, limit)
    if u < 0.76:
        return mutate_insert(state, codes, values, n, table, limit)
    if u < 0.85:
        return mutate_delete(state, codes, values, n)
    if u < 0.90:
        return mutate_constant(state, codes, values, n)
    if u < 0.97:
        return mutate_term(state, codes, values, n, table, limit)
    return grow(state, ROOT, table, min(limit, 4 + below(state, 12)), codes, values)
