"""Reverse mode on arrays against torch, on random shapes."""

import random
from collections.abc import Callable

import numpy as np
import pytest
import torch

from benchmarks.autodiff_torch import TORCH
from engines.autodiff.operators import OPERATORS, exp, log, where
from engines.autodiff.tensor_functions import (
    amax,
    amin,
    concatenate,
    log_softmax,
    logsumexp,
    softmax,
)
from engines.autodiff.tensors import Tensor, gradients, matmul
from engines.common.errors import InputError
from engines.common.operations import OPERATIONS

BAR = 1e-12


def check(ours, theirs, arrays):
    """Gradients of a weighted sum of the results agree norm-wise."""
    leaves = [Tensor(a) for a in arrays]
    torches = [torch.tensor(a, requires_grad=True) for a in arrays]
    result, expected = ours(*leaves), theirs(*torches)
    assert result.shape == tuple(expected.shape)
    size = max(1.0, float(torch.linalg.vector_norm(expected.detach())))
    assert np.linalg.norm(result.value - expected.detach().numpy()) <= BAR * size
    weights = np.random.default_rng(0).normal(size=result.shape)
    grads = gradients((result * weights).sum(), leaves)
    (expected * torch.tensor(weights)).sum().backward()
    for grad, leaf, tensor in zip(grads, leaves, torches, strict=True):
        reference = np.zeros(leaf.shape) if tensor.grad is None else tensor.grad.numpy()
        assert grad.shape == leaf.shape
        size = max(1.0, float(np.linalg.norm(reference)))
        assert float(np.linalg.norm(grad - reference)) <= BAR * size


def shape(rng, least=0, most=4):
    return tuple(rng.randint(1, 4) for _ in range(rng.randint(least, most)))


def broadcastable(rng):
    """Shapes that broadcast to one another."""
    full = shape(rng)

    def part():
        kept = full[rng.randint(0, len(full)) :]
        return tuple(1 if rng.random() < 0.3 else n for n in kept)

    return full, part(), part()


@pytest.mark.parametrize("seed", range(120))
def test_broadcasting(seed):
    rng, data = random.Random(seed), np.random.default_rng(seed)
    arrays = [data.uniform(0.2, 2.0, s) for s in broadcastable(rng)]
    check(lambda a, b, c: a * b + c / b - a**c, lambda a, b, c: a * b + c / b - a**c, arrays)


@pytest.mark.parametrize("op", OPERATIONS)
def test_every_operation_entry_by_entry(op):
    rng, data = random.Random(op), np.random.default_rng(len(op))
    low = 1.1 if op == "acosh" else 0.1
    arity = OPERATIONS[op].arity
    arrays = [data.uniform(low, low + 0.8, s) for s in broadcastable(rng)[:arity]]
    if OPERATIONS[op].precedence == 10:
        assert not isinstance(OPERATORS[op](*map(Tensor, arrays)), Tensor)
    else:
        check(OPERATORS[op], TORCH[op], arrays)


@pytest.mark.parametrize("seed", range(120))
def test_matmul(seed):
    rng, data = random.Random(seed), np.random.default_rng(seed)
    m, k, n = (rng.randint(1, 5) for _ in range(3))
    _, stack_a, stack_b = broadcastable(rng)
    a = rng.choice([(k,), (m, k), (*stack_a, m, k)])
    b = rng.choice([(k,), (k, n), (*stack_b, k, n)])
    check(matmul, torch.matmul, [data.normal(size=a), data.normal(size=b)])


REDUCTIONS: dict[str, tuple[Callable, Callable]] = {
    "sum": (Tensor.sum, torch.sum),
    "mean": (Tensor.mean, torch.mean),
    "amax": (amax, torch.amax),
    "amin": (amin, torch.amin),
    "logsumexp": (logsumexp, torch.logsumexp),
}


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("seed", range(25))
def test_reductions(name, seed):
    ours, theirs = REDUCTIONS[name]
    rng = random.Random(seed)
    dims = shape(rng, least=1)
    axes = tuple(rng.sample(range(-len(dims), 0), rng.randint(1, len(dims))))
    axis = axes if rng.random() < 0.5 else axes[0]
    keep = rng.random() < 0.5
    # Whole numbers, so that equal greatest entries occur.
    array = np.random.default_rng(seed).integers(0, 3, dims).astype(float)
    check(lambda x: ours(x, axis, keep), lambda x: theirs(x, dim=axis, keepdim=keep), [array])


@pytest.mark.parametrize("seed", range(60))
def test_softmax_shapes_and_joins(seed):
    rng, data = random.Random(seed), np.random.default_rng(seed)
    dims = shape(rng, least=1)
    axis = rng.randrange(-len(dims), len(dims))
    a, b = (data.normal(scale=3.0, size=dims) for _ in range(2))
    order = rng.sample(range(len(dims)), len(dims))
    check(lambda x: softmax(x, axis), lambda x: torch.softmax(x, axis), [a])
    check(lambda x: log_softmax(x, axis), lambda x: torch.log_softmax(x, axis), [a])
    check(lambda x: x.transpose(*order), lambda x: x.permute(order), [a])
    check(lambda x: x.reshape(-1, dims[-1]) * 2, lambda x: x.reshape(-1, dims[-1]) * 2, [a])
    check(
        lambda x, y: concatenate([x, y, x], axis), lambda x, y: torch.cat([x, y, x], axis), [a, b]
    )
    index = data.integers(0, dims[0], 5)
    check(lambda x: x[index], lambda x: x[torch.tensor(index)], [a])
    check(lambda x: x.T.sum(), lambda x: x.sum(), [a])


def test_a_network():
    data = np.random.default_rng(0)
    arrays = [data.normal(size=s) for s in ((64, 20), (20, 16), (16,), (16, 5), (5,))]

    def ours(x, w1, b1, w2, b2):
        return -log_softmax(OPERATORS["tanh"](x @ w1 + b1) @ w2 + b2)[:, 0].mean()

    def theirs(x, w1, b1, w2, b2):
        return -torch.log_softmax(torch.tanh(x @ w1 + b1) @ w2 + b2, -1)[:, 0].mean()

    check(ours, theirs, arrays)


def test_mixed_with_numbers_and_arrays():
    x = Tensor([1.0, -2.0])
    result = 2 * x + np.array([1.0, 2.0]) * x - 1 / x + np.array([[1.0], [2.0]]) @ x.reshape(1, 2)
    assert result.shape == (2, 2)
    assert gradients(where(x > 0, x * x, 3 * x).sum(), [x])[0].tolist() == [2.0, 3.0]
    assert gradients((np.eye(2) @ x).sum(), [x])[0].tolist() == [1.0, 1.0]


def test_gradients_repeat_and_share():
    x, unused = Tensor(3.0), Tensor([1.0, 2.0])
    b = x + x
    c = b + b
    assert [g.tolist() for g in gradients(c, [x, b, unused])] == [4.0, 2.0, [0.0, 0.0]]
    assert gradients(c, [x])[0] == 4.0
    (g,) = gradients(x.sum(), [x])
    g += 1.0
    assert gradients(x.sum(), [x])[0] == 1.0


def test_a_chain_of_100_000_operations():
    x = Tensor(1.0)
    y = x
    for _ in range(100_000):
        y = y * 1.0
    assert gradients(y, [x])[0] == 1.0


def test_infinite_entries():
    x = Tensor([-np.inf, 0.0, np.inf])
    assert logsumexp(Tensor([-np.inf, -np.inf])).value == -np.inf
    assert logsumexp(x).value == np.inf
    assert np.isnan(gradients(log(exp(x) * 0.0).sum(), [x])[0][2])


def test_bad_input_is_named():
    with pytest.raises(InputError, match="one number"):
        gradients(Tensor([1.0, 2.0]), [])
    with pytest.raises(InputError, match="cannot be multiplied"):
        Tensor(np.ones((2, 3))) @ np.ones((2, 3))
    with pytest.raises(InputError, match="joined"):
        concatenate([Tensor(np.ones((2, 3))), Tensor(np.ones((3, 2)))])
    with pytest.raises(InputError, match="none given"):
        concatenate([])
