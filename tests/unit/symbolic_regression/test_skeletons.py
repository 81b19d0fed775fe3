"""Prefix sequences as trees, their normal form, and tapes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.common.errors import InputError
from engines.common.expression import parse
from engines.symbolic_regression.generator import Settings, evaluate, random_skeleton
from engines.symbolic_regression.skeletons import (
    canonical,
    canonical_with,
    complexity,
    from_tape,
    held_out_keys,
    is_valid,
    key,
    parents,
    scale_free,
    spans,
    to_latex,
    to_tape,
    to_text,
)
from engines.symbolic_regression.vocabulary import (
    ARITIES,
    CONSTANT,
    TOKENS,
    VARIABLES,
    decode,
    encode,
)

RNG = np.random.default_rng(5)
X = RNG.uniform(0.3, 2.5, (1, 40, 6))


def random_prefix(rng: np.random.Generator, operators: int) -> tuple[int, ...]:
    """Any tree over all tokens: not what the generator thinks sensible."""
    tokens: list[int] = []
    missing = 1
    while missing:
        arity = int(rng.integers(3)) if operators > 0 else 0
        token = int(rng.choice([t for t in range(1, len(TOKENS)) if ARITIES[t] == arity]))
        operators -= arity > 0
        missing += arity - 1
        tokens.append(token)
    return tuple(tokens)


def values(prefix, constants):
    with np.errstate(all="ignore"):
        return evaluate(prefix, np.array(constants, float)[None], X)[0]


prefixes = st.builds(
    lambda seed, operators: random_prefix(np.random.default_rng(seed), operators),
    st.integers(0, 2**31),
    st.integers(0, 10),
)


def same(left, right, rtol=1e-6):
    """Equal wherever the left is finite and not too large for cancellation to spoil it."""
    good = np.isfinite(left) & (np.abs(left) < 1e6) & (np.abs(left) > 1e-6)
    return bool(np.isclose(left[good], right[good], rtol=rtol, atol=1e-8).all())


@given(prefixes)
def test_random_trees_are_valid_and_their_parts_are_not(prefix) -> None:
    assert is_valid(prefix)
    assert complexity(prefix) == len(prefix)
    assert not any(is_valid(prefix[:cut]) for cut in range(len(prefix)))
    assert not is_valid((*prefix, prefix[-1]))
    assert not is_valid((0, *prefix))


@given(prefixes)
def test_spans_are_whole_formulas_and_parents_contain_their_children(prefix) -> None:
    ends = spans(prefix)
    assert ends[0] == len(prefix)
    assert all(is_valid(prefix[start:end]) for start, end in enumerate(ends))
    above = parents(prefix)
    assert above[0] == -1
    for place in range(1, len(prefix)):
        assert above[place] < place < ends[above[place]]
    assert [above.count(place) for place in range(len(prefix))] == [ARITIES[t] for t in prefix]


def test_spans_refuse_what_is_no_formula() -> None:
    with pytest.raises(InputError, match="not one whole formula"):
        spans(encode("add x1"))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("add x2 x1", "add x1 x2"),
        ("add x1 x1", "mul 2 x1"),
        ("sub x1 neg x2", "add x1 x2"),
        ("mul x1 inv x2", "div x1 x2"),
        ("mul x1 mul x1 x1", "cube x1"),
        ("mul square x1 square x2", "square mul x1 x2"),
        ("sin sub x2 x1", "neg sin sub x1 x2"),
        ("cos neg x1", "cos x1"),
        ("neg neg x1", "x1"),
        ("inv inv x1", "x1"),
        ("exp log x1", "x1"),
        ("square sqrt x1", "x1"),
        ("pow x1 div 1 2", "sqrt x1"),
        ("mul C mul x1 C", "mul C x1"),
        ("add C add x1 pi", "add C x1"),
        ("mul 2 mul pi x1", "mul 2 mul pi x1"),
        ("add mul 2 x1 mul 2 x2", "mul 2 add x1 x2"),
        ("div x1 x1", "1"),
        ("exp C", "C"),
        ("add 2 3", "5"),
        ("pow x1 5", "pow x1 5"),
    ],
)
def test_the_normal_form(words: str, expected: str) -> None:
    assert sorted(decode(canonical(encode(words))).split()) == sorted(expected.split())
    assert canonical(encode(words)) == canonical(encode(expected))


@settings(max_examples=1500, deadline=None)
@given(prefixes, st.integers(0, 1000))
def test_the_normal_form_keeps_the_function_and_is_final(prefix, seed) -> None:
    constants = np.random.default_rng(seed).uniform(0.3, 3.0, prefix.count(CONSTANT))
    tokens, fitted = canonical_with(prefix, constants)
    assert is_valid(tokens) and tokens.count(CONSTANT) == len(fitted)
    before = values(prefix, constants)
    if np.isfinite(before).all() and np.abs(before).max() < 1e6:
        assert same(before, values(tokens, fitted), 1e-5)


def test_ten_thousand_skeletons_go_to_tapes_and_back() -> None:
    rng, options = np.random.default_rng(11), Settings()
    count = 0
    while count < 10_000:
        prefix, _ = random_skeleton(rng, options)
        if not prefix:
            continue
        count += 1
        assert is_valid(prefix) and scale_free(prefix) == prefix
        constants = rng.uniform(5.5, 9.5, prefix.count(CONSTANT))
        again, numbers = from_tape(to_tape(prefix, constants))
        assert canonical(again) == canonical(prefix)
        assert np.array_equal(numbers, constants)


@pytest.mark.parametrize("seed", range(300))
def test_the_text_means_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    prefix, _ = random_skeleton(rng, Settings())
    if not prefix:
        return
    constants = rng.uniform(-4.5, 4.5, prefix.count(CONSTANT))
    again, numbers = from_tape(parse(to_text(prefix, constants), variables=VARIABLES))
    assert same(values(prefix, constants), values(again, numbers), 1e-9)


def test_text_and_latex_use_the_given_names() -> None:
    prefix = encode("div mul C x1 square x2")
    assert to_text(prefix, [2.5], ("mass", "r")) == "2.5*mass/r^2"
    assert to_latex(prefix, [2.5], ("mass", "r"), "F").startswith("F = ")


def test_tapes_with_other_operations_are_expanded_or_refused() -> None:
    prefix, _ = from_tape(parse("cosh(x) + tan(x)"))
    assert math.isclose(values(prefix, [])[0], math.cosh(X[0, 0, 0]) + math.tan(X[0, 0, 0]))
    with pytest.raises(InputError, match="floor"):
        from_tape(parse("floor(x)"))
    with pytest.raises(InputError, match="At most 6"):
        from_tape(parse("a + b + c + d + f + g + h"))
    with pytest.raises(InputError, match="longer than"):
        from_tape(parse("a = x*x; b = a*a; c = b*b; d = c*c; f = d*d; g = f*f; g*g*g"))


def test_wrong_constants_and_names_are_refused() -> None:
    with pytest.raises(InputError, match="1 constants, not 2"):
        to_tape(encode("mul C x1"), [1.0, 2.0])
    with pytest.raises(InputError, match="only 1 names"):
        to_tape(encode("add x1 x2"), (), ("a",))


@pytest.mark.parametrize(
    "twin",
    ["mul C exp neg x3", "add 3 mul C exp neg x3", "exp neg x1", "inv exp x2 ", "div 2 exp x1"],
)
def test_held_out_keys_see_through_names_and_scale(twin: str) -> None:
    keys = held_out_keys([encode("mul C exp neg x1")])
    found = key(scale_free(encode(twin))) in keys
    assert found == ("inv" not in twin and "div" not in twin)


def test_a_constant_formula_has_no_scale_free_form() -> None:
    assert scale_free(encode("add C mul 2 pi")) == ()
