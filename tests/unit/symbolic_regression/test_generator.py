"""Random formulas with data."""

from __future__ import annotations

import itertools
import time

import numpy as np

from engines.symbolic_regression.generator import Settings, data_sets, evaluate, samples, skeletons
from engines.symbolic_regression.grammar import unpadded
from engines.symbolic_regression.programs import Program
from engines.symbolic_regression.programs import evaluate as evaluate_program
from engines.symbolic_regression.skeletons import held_out_keys, is_valid, key, scale_free
from engines.symbolic_regression.vocabulary import CONSTANT, FIRST_VARIABLE, encode

SMALL = Settings(length=20, pool=32)


def test_the_same_seed_gives_the_same_batches() -> None:
    for left, right in itertools.islice(zip(samples(3, 16, SMALL), samples(3, 16, SMALL)), 3):  # noqa: B905
        assert np.array_equal(left.tokens, right.tokens) and np.array_equal(left.y, right.y)
    assert not np.array_equal(next(samples(4, 16, SMALL)).y, next(samples(3, 16, SMALL)).y)


def test_samples_are_finite_varied_valid_and_scale_free() -> None:
    for batch in itertools.islice(samples(0, 32, SMALL), 8):
        assert batch.x.shape == (32, 64, 6) and batch.tokens.shape == (32, 20)
        assert np.isfinite(batch.x).all() and np.isfinite(batch.y).all()
        assert (batch.y.std(1) > 0).all() and (batch.rows.sum(1) >= 21).all()
        assert (batch.x[~np.repeat(batch.columns[:, None], 64, 1)] == 0).all()
        for tokens, columns in zip(batch.tokens, batch.columns, strict=True):
            prefix = unpadded(tokens)
            assert is_valid(prefix) and scale_free(prefix) == prefix
            assert max(prefix) < 128 and prefix.count(0) == 0
            used = {t - FIRST_VARIABLE for t in prefix if 0 <= t - FIRST_VARIABLE < 6}
            assert used and max(used) < columns.sum()


def test_held_out_formulas_never_occur() -> None:
    common = [encode(words) for words in ("mul x1 x2", "sqrt x1", "div x1 x2", "sin mul C x1")]
    keys = held_out_keys(common)
    stream = skeletons(np.random.default_rng(0), SMALL)
    free = {key(prefix) for prefix, _ in itertools.islice(stream, 1500)}
    assert free & keys, "these are common, so that their absence below means something"
    stream = skeletons(np.random.default_rng(0), SMALL, keys)
    assert not {key(prefix) for prefix, _ in itertools.islice(stream, 1500)} & keys


def test_values_agree_with_the_compiled_programs() -> None:
    from engines.symbolic_regression.evaluation import to_program

    rng = np.random.default_rng(2)
    for prefix, columns in itertools.islice(skeletons(rng, SMALL), 150):
        x = rng.uniform(0.2, 3.0, (1, 20, 6))
        constants = rng.uniform(0.5, 2.0, prefix.count(CONSTANT))
        program, numbers = to_program(prefix), iter(constants)
        values = [
            next(numbers) if token == CONSTANT else value
            for token, value in zip(prefix, program.values, strict=True)
        ]
        with np.errstate(all="ignore"):
            ours = evaluate(prefix, constants[None], x)[0]
        theirs = evaluate_program(Program(program.codes, tuple(values)), x[0].T.copy())
        assert np.allclose(ours, theirs, rtol=1e-9, equal_nan=True), (prefix, columns)


def test_a_skeleton_that_is_never_finite_has_no_data() -> None:
    rng = np.random.default_rng(0)
    assert data_sets(encode("log neg square x1"), 1, 4, rng, SMALL) is None


def test_it_is_fast() -> None:
    stream = samples(0, 64, Settings(length=20))
    next(stream)
    begun = time.process_time()
    for _ in range(60):
        next(stream)
    rate = 60 * 64 / (time.process_time() - begun)
    assert rate > 2500, f"{rate:.0f} samples a second"  # about 8000 on a quiet core
