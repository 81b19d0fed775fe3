"""A neuron, or a small network of them, that learns while one looks on.

Everything it needs is this package: the network is written with :class:`Tensor`, the gradient
comes from one reverse sweep, and learning is gradient descent with momentum on the whole data
set. With no hidden layer it is one neuron, that is logistic regression.

    h_0 = x,  h_k = tanh(h_{k-1} W_k + b_k),  score = h_L W + b,  P(label 1) = sigmoid(score)
    loss = mean of softplus(-score) for label 1 and softplus(score) for label 0
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from engines.autodiff.operators import sigmoid, softplus, tanh
from engines.autodiff.tensors import Array, Tensor, gradients
from engines.common.errors import InputError

MAX_WIDTH, MAX_LAYERS, MAX_STEPS = 64, 4, 20_000


@dataclass(frozen=True, slots=True)
class NeuronStep:
    """The network after some steps of learning. Its arrays cannot be written to.

    Attributes:
        step: how many steps were taken (0 = as initialised).
        loss: mean cross-entropy, in nats.
        accuracy: share of points on the right side.
        weights: ``W (inputs, outputs)`` and ``b (outputs,)`` of each layer in turn.
        gradient_norm: length of the loss's gradient by all weights.
        axis: ``(grid,)`` coordinates of the grid, the same in both directions.
        prediction: ``(grid, grid)`` probability of label 1; rows are y, columns x.
    """

    step: int
    loss: float
    accuracy: float
    weights: tuple[Array, ...]
    gradient_norm: float
    axis: Array
    prediction: Array


def train_neuron(
    points: ArrayLike,
    labels: ArrayLike,
    hidden: Sequence[int] = (),
    learning_rate: float = 0.5,
    steps: int = 300,
    seed: int = 0,
    *,
    momentum: float = 0.9,
    every: int = 1,
    grid: int = 40,
) -> Iterator[NeuronStep]:
    """Learn to tell two classes of points in the plane apart.

    Args:
        points: ``(count, 2)``.
        labels: ``(count,)`` of 0 and 1.
        hidden: width of each hidden layer; none for a single neuron.
        learning_rate: step length; greater than 0.
        steps: how many steps to take.
        seed: of the initial weights.
        momentum: share of the last step that is repeated; 0 for plain gradient descent.
        every: yield every so many steps (the first and the last always).
        grid: the prediction is shown on ``grid x grid`` points.

    Yields:
        The network before the first step, and then as it learns. It ends early if the loss is no
        longer finite, that is when the learning rate was too great.

    Raises:
        InputError: for arguments out of range, before anything is computed.
    """
    x, y = _data(points, labels)
    _check(hidden, learning_rate, steps, momentum, every, grid)
    weights = _initial(hidden, seed)
    learning = _learn(x, y, weights, learning_rate, momentum)
    return _snapshots(learning, x, y, steps, every, grid)


@dataclass(frozen=True, slots=True)
class _State:
    """The network at one step, before its weights change."""

    weights: list[Tensor]
    scores: Array
    loss: float
    slopes: list[Array]


def _learn(
    x: Array, y: Array, weights: list[Array], learning_rate: float, momentum: float
) -> Iterator[_State]:
    """Gradient descent without end."""
    velocity = [np.zeros_like(w) for w in weights]
    while True:
        tensors = [Tensor(w) for w in weights]
        scores = score(x, tensors)
        loss = softplus(scores * (1.0 - 2.0 * y)).mean()
        slopes = gradients(loss, tensors)
        yield _State(tensors, scores.value, float(loss.value), slopes)
        _descend(weights, velocity, slopes, learning_rate, momentum)


def _snapshots(
    learning: Iterator[_State], x: Array, y: Array, steps: int, every: int, grid: int
) -> Iterator[NeuronStep]:
    reach = 1.15 * float(np.abs(x).max())
    axis = _frozen(np.linspace(-reach, reach, grid))
    mesh = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    for step, state in enumerate(learning):
        last = step == steps or not np.isfinite(state.loss)
        if last or step % every == 0:
            prediction = sigmoid(score(mesh, state.weights).value)
            yield NeuronStep(
                step=step,
                loss=state.loss,
                accuracy=float(((state.scores > 0.0) == (y == 1.0)).mean()),
                weights=tuple(_frozen(w.value) for w in state.weights),
                gradient_norm=float(np.sqrt(sum(float((s * s).sum()) for s in state.slopes))),
                axis=axis,
                prediction=_frozen(prediction.reshape(grid, grid)),
            )
        if last:
            return


@np.errstate(all="ignore")  # a far too great learning rate overflows; the loss will tell
def _descend(
    weights: list[Array],
    velocity: list[Array],
    slopes: list[Array],
    learning_rate: float,
    momentum: float,
) -> None:
    """One step, in place: ``v = momentum v - rate slope``, ``w = w + v``."""
    for w, v, slope in zip(weights, velocity, slopes, strict=True):
        v *= momentum
        v -= learning_rate * slope
        w += v


def score(x: Array, weights: Sequence[Tensor]) -> Tensor:
    """The network's output ``(count,)`` before the sigmoid; positive means label 1.

    Args:
        x: ``(count, 2)``.
        weights: ``W`` and ``b`` of each layer in turn.
    """
    *inner, (matrix, bias) = zip(weights[::2], weights[1::2], strict=True)
    layer: Tensor | Array = x
    for w, b in inner:
        layer = tanh(layer @ w + b)  # (count, width)
    return (layer @ matrix + bias).reshape(-1)  # (count, 1) -> (count,)


def _initial(hidden: Sequence[int], seed: int) -> list[Array]:
    """Normal weights of variance 1/inputs (LeCun et al., *Efficient BackProp*), biases 0."""
    rng = np.random.default_rng(seed)
    weights = []
    for inputs, outputs in zip((2, *hidden), (*hidden, 1), strict=True):
        weights += [rng.normal(size=(inputs, outputs)) / np.sqrt(inputs), np.zeros(outputs)]
    return weights


def _data(points: ArrayLike, labels: ArrayLike) -> tuple[Array, Array]:
    try:
        x, y = np.asarray(points, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError("Points and labels must be numbers.") from error
    if x.ndim != 2 or x.shape[1] != 2 or len(x) == 0 or y.shape != (len(x),):
        raise InputError(
            f"Give points (count, 2) and labels (count,), not {x.shape} and {y.shape}."
        )
    if not np.all(np.isfinite(x)) or not np.all((y == 0.0) | (y == 1.0)):
        raise InputError("Points must be finite numbers and labels 0 or 1.")
    return x, y


def _check(
    hidden: Sequence[int], learning_rate: float, steps: int, momentum: float, every: int, grid: int
) -> None:
    if len(hidden) > MAX_LAYERS or not all(1 <= width <= MAX_WIDTH for width in hidden):
        raise InputError(f"Use at most {MAX_LAYERS} hidden layers of 1 to {MAX_WIDTH} neurons.")
    if not (learning_rate > 0.0 and np.isfinite(learning_rate)):
        raise InputError(f"The learning rate must be greater than 0, not {learning_rate}.")
    if not 0.0 <= momentum < 1.0:
        raise InputError(f"The momentum must be at least 0 and less than 1, not {momentum}.")
    if not 0 <= steps <= MAX_STEPS or every < 1:
        raise InputError(f"Take 0 to {MAX_STEPS} steps and show every 1, 2, ... of them.")
    if not 2 <= grid <= 400:
        raise InputError(f"The grid must have 2 to 400 points a side, not {grid}.")


def _frozen(array: Array) -> Array:
    copy = array.copy()
    copy.flags.writeable = False
    return copy
