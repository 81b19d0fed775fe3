"""The token language."""

from __future__ import annotations

import subprocess
import sys

import pytest

from engines.common.errors import InputError
from engines.symbolic_regression.vocabulary import (
    ARITIES,
    ARITY,
    BINARY,
    INDEX,
    LENGTH,
    TOKENS,
    UNARY,
    decode,
    encode,
)


def test_the_table_is_consistent() -> None:
    assert len(set(TOKENS)) == len(TOKENS) == 30
    assert TOKENS[0] == "pad" and LENGTH == 32
    assert [INDEX[token] for token in TOKENS] == list(range(len(TOKENS)))
    for token, arity in zip(TOKENS, ARITY, strict=True):
        assert arity == 2 * (token in BINARY) + (token in UNARY)
    assert list(ARITIES) == ARITY.tolist()


def test_words_and_ids() -> None:
    words = "add mul C x1 sin x2"
    assert decode(encode(words)) == words
    assert encode(words.split()) == encode(words)


def test_an_unknown_word_is_named() -> None:
    with pytest.raises(InputError, match="tan"):
        encode("tan x1")


def test_the_engine_loads_without_torch() -> None:
    code = "import sys, engines.symbolic_regression; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_random_prior_loads_without_torch() -> None:
    code = "import sys, engines.symbolic_regression.prior; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
