"""Reverse mode on NumPy arrays.

A :class:`Tensor` remembers the tensors it was computed from and how to pull an adjoint back to
each. Every function of :mod:`engines.autodiff.operators` works on tensors entry by entry, by the
same rules as on numbers; what mixes entries is here and in
:mod:`engines.autodiff.tensor_functions`.

>>> x = Tensor([[1.0, 2.0], [3.0, 4.0]])
>>> loss = (x @ x).sum()
>>> gradients(loss, [x])[0].tolist()
[[7.0, 11.0], [9.0, 13.0]]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engines.autodiff.operators import OPERATORS, Overloaded, Value
from engines.autodiff.rules import RULES
from engines.common.errors import InputError

Array = NDArray[np.float64]
Pull = Callable[[Array], Array]
"""From the adjoint of a tensor to what one of its parents receives."""
Axis = int | tuple[int, ...] | None


class Tensor(Overloaded):
    """An array in a computation that can be differentiated.

    Attributes:
        value: float64 array.
        parents: the tensors it was computed from; none for one made from data.
        pulls: for each parent, the linear map that takes this tensor's adjoint to it.
    """

    __slots__ = ("parents", "pulls", "value")
    level = 0

    def __init__(
        self, value: ArrayLike, parents: tuple[Tensor, ...] = (), pulls: tuple[Pull, ...] = ()
    ) -> None:
        self.value: Array = np.asarray(value, dtype=np.float64)
        self.parents = parents
        self.pulls = pulls

    def __repr__(self) -> str:
        return f"Tensor({self.value!r})"

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    def lift(self, op: str, args: tuple[Value, ...]) -> Value:
        """An elementary operation entry by entry, with NumPy's broadcasting.

        Comparisons, which have no derivative, give plain arrays.
        """
        arrays = [as_tensor(arg).value for arg in args]
        with np.errstate(all="ignore"):
            value = OPERATORS[op](*arrays)
        parents, pulls = [], []
        for arg, partial in zip(args, RULES[op], strict=True):
            if isinstance(arg, Tensor) and partial is not None:
                parents.append(arg)
                pulls.append(_entrywise(partial.times, (*arrays, value), arg.shape))
        return Tensor(value, tuple(parents), tuple(pulls)) if parents else value

    def __matmul__(self, other: Value) -> Tensor:
        return matmul(self, other)

    def __rmatmul__(self, other: Value) -> Tensor:
        return matmul(other, self)

    def __getitem__(self, index: Any) -> Tensor:
        def pull(g: Array) -> Array:
            received = np.zeros(self.shape)
            np.add.at(received, index, g)
            return received

        return Tensor(self.value[index], (self,), (pull,))

    @np.errstate(all="ignore")
    def sum(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """Sum over ``axis`` (all axes by default)."""

        def pull(g: Array) -> Array:
            return np.broadcast_to(spread(g, self.shape, axis, keepdims), self.shape)

        return Tensor(self.value.sum(axis=axis, keepdims=keepdims), (self,), (pull,))

    def mean(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """Mean over ``axis`` (all axes by default)."""
        total = self.sum(axis, keepdims)
        return total * (total.value.size / max(1, self.value.size))

    def reshape(self, *shape: int) -> Tensor:
        """The same entries in another shape; one length may be -1."""
        return Tensor(self.value.reshape(shape), (self,), (lambda g: g.reshape(self.shape),))

    def transpose(self, *axes: int) -> Tensor:
        """Axes in another order (reversed by default)."""
        order = axes or tuple(range(self.value.ndim))[::-1]
        back = np.argsort(order)
        return Tensor(self.value.transpose(order), (self,), (lambda g: g.transpose(back),))

    @property
    def T(self) -> Tensor:
        return self.transpose()


def as_tensor(value: Value) -> Tensor:
    """``value`` itself if it is a tensor, else one made from data."""
    return value if isinstance(value, Tensor) else Tensor(value)


def unbroadcast(g: Array, shape: tuple[int, ...]) -> Array:
    """The transpose of broadcasting from ``shape``: sums over the axes that were repeated."""
    if g.shape == shape:
        return g
    g = np.asarray(g.sum(axis=tuple(range(g.ndim - len(shape)))))
    repeated = tuple(i for i, n in enumerate(shape) if n == 1 and g.shape[i] != 1)
    return np.asarray(g.sum(axis=repeated, keepdims=True))


def spread(g: Array, shape: tuple[int, ...], axis: Axis, keepdims: bool) -> Array:
    """``g`` with the axes that a reduction of ``shape`` took away back in place, of length 1."""
    if keepdims:
        return g
    axes = range(len(shape)) if axis is None else np.atleast_1d(axis) % len(shape)
    return g.reshape([1 if i in axes else n for i, n in enumerate(shape)])


def _entrywise(
    times: Callable[..., Value], operands: tuple[Value, ...], shape: tuple[int, ...]
) -> Pull:
    def pull(g: Array) -> Array:
        product = times(g, *operands)
        # Adjoints have the shape of the value, even where a rule gives a constant.
        return unbroadcast(np.broadcast_to(product, g.shape), shape)

    return pull


@np.errstate(all="ignore")
def matmul(a: Value, b: Value) -> Tensor:
    """Matrix product with NumPy's rules: stacks of matrices broadcast, vectors are promoted.

    Args:
        a: ``(..., m, k)`` or ``(k,)``.
        b: ``(..., k, n)`` or ``(k,)``.

    Raises:
        InputError: if the shapes do not fit.
    """
    left, right = as_tensor(a), as_tensor(b)
    try:
        value = left.value @ right.value
    except ValueError as error:
        message = f"Shapes {left.shape} and {right.shape} cannot be multiplied."
        raise InputError(message) from error
    row, column = left.value.ndim == 1, right.value.ndim == 1
    matrix_a = left.value[None, :] if row else left.value
    matrix_b = right.value[:, None] if column else right.value

    def matrix(g: Array) -> Array:
        g = g[..., None] if column else g
        return g[..., None, :] if row else g

    def pull_left(g: Array) -> Array:
        received = matrix(g) @ matrix_b.swapaxes(-1, -2)
        return unbroadcast(received, matrix_a.shape).reshape(left.shape)

    def pull_right(g: Array) -> Array:
        received = matrix_a.swapaxes(-1, -2) @ matrix(g)
        return unbroadcast(received, matrix_b.shape).reshape(right.shape)

    return Tensor(value, (left, right), (pull_left, pull_right))


def gradients(loss: Tensor, wrt: Sequence[Tensor]) -> list[Array]:
    """The gradient of a loss by each tensor in ``wrt``, by one reverse sweep.

    Adjoints live in a dictionary of this call, so tensors keep no state and calls can repeat.

    Args:
        loss: a tensor of one entry.
        wrt: the tensors to differentiate by; one that the loss does not use gets zeros.

    Returns:
        One array for each of ``wrt``, of its shape.

    Raises:
        InputError: if ``loss`` is not one number.
    """
    if loss.value.size != 1:
        raise InputError(f"A loss is one number, not an array of shape {loss.shape}.")
    adjoints: dict[int, Array] = {id(loss): np.ones(loss.shape)}
    with np.errstate(all="ignore"):
        for tensor in reversed(topological_order(loss)):
            adjoint = adjoints[id(tensor)]
            for parent, pull in zip(tensor.parents, tensor.pulls, strict=True):
                received = pull(adjoint)
                before = adjoints.get(id(parent))
                adjoints[id(parent)] = received if before is None else before + received
    return [np.array(adjoints.get(id(tensor), np.zeros(tensor.shape))) for tensor in wrt]


def topological_order(result: Tensor) -> list[Tensor]:
    """Everything ``result`` depends on, parents before children, without recursion."""
    order: list[Tensor] = []
    seen: set[int] = set()
    stack = [(result, False)]
    while stack:
        tensor, parents_done = stack.pop()
        if parents_done:
            order.append(tensor)
        elif id(tensor) not in seen:
            seen.add(id(tensor))
            stack.append((tensor, True))
            stack.extend((parent, False) for parent in tensor.parents)
    return order
