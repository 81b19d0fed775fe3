"""Functions of tensors that mix entries: extremes, softmax and the like.

Each has its rule written out where a composition of others would lose accuracy or speed.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from engines.autodiff.tensors import Array, Axis, Pull, Tensor, spread
from engines.common.errors import InputError


def amax(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Greatest entry over ``axis``; equal greatest entries share the adjoint, as in torch."""
    top = x.value.max(axis=axis, keepdims=True)
    is_top = x.value == top
    share = is_top / is_top.sum(axis=axis, keepdims=True)

    def pull(g: Array) -> Array:
        return share * spread(g, x.shape, axis, keepdims)

    return Tensor(x.value.max(axis=axis, keepdims=keepdims), (x,), (pull,))


def amin(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Least entry over ``axis``; equal least entries share the adjoint."""
    return -amax(-x, axis, keepdims)


def logsumexp(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """``log(sum(exp(x)))`` over ``axis`` without overflow; its gradient is the softmax."""
    top = x.value.max(axis=axis, keepdims=True)
    # An infinite maximum must not be subtracted from itself.
    shift = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(all="ignore"):
        kept = np.log(np.exp(x.value - shift).sum(axis=axis, keepdims=True)) + shift

    def pull(g: Array) -> Array:
        return np.exp(x.value - kept) * spread(g, x.shape, axis, keepdims)

    return Tensor(kept if keepdims else kept.squeeze(axis), (x,), (pull,))


def softmax(x: Tensor, axis: int = -1) -> Tensor:
    """``exp(x) / sum(exp(x))`` along ``axis``."""
    z = np.exp(log_softmax(x, axis).value)

    def pull(g: Array) -> Array:
        return z * (g - (g * z).sum(axis=axis, keepdims=True))

    return Tensor(z, (x,), (pull,))


def log_softmax(x: Tensor, axis: int = -1) -> Tensor:
    """``x - logsumexp(x)`` along ``axis``."""
    with np.errstate(all="ignore"):
        z = x.value - logsumexp(x, axis, keepdims=True).value

    def pull(g: Array) -> Array:
        return g - np.exp(z) * g.sum(axis=axis, keepdims=True)

    return Tensor(z, (x,), (pull,))


def concatenate(tensors: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Tensors one after the other along ``axis``.

    Raises:
        InputError: if there are none, or their other lengths differ.
    """
    try:
        value = np.concatenate([tensor.value for tensor in tensors], axis=axis)
    except ValueError as error:
        shapes = ", ".join(str(tensor.shape) for tensor in tensors)
        raise InputError(f"These shapes cannot be joined: {shapes or 'none given'}.") from error
    ends = np.cumsum([0, *(tensor.shape[axis] for tensor in tensors)])
    pulls = [_part(start, stop, axis) for start, stop in itertools.pairwise(ends)]
    return Tensor(value, tuple(tensors), tuple(pulls))


def _part(start: int, stop: int, axis: int) -> Pull:
    return lambda g: g.take(range(start, stop), axis)
