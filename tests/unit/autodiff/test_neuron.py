"""The network that learns: it does learn, repeats exactly, and agrees with torch."""

import numpy as np
import pytest
import torch

from engines.autodiff.clouds import CLOUDS, cloud
from engines.autodiff.neuron import train_neuron
from engines.common.errors import InputError


@pytest.mark.parametrize("kind", CLOUDS)
def test_it_learns(kind):
    points, labels = cloud(kind, 200, noise=0.05, seed=1)
    steps = list(train_neuron(points, labels, (8, 8), learning_rate=0.2, steps=300, every=50))
    assert [step.step for step in steps] == [0, 50, 100, 150, 200, 250, 300]
    assert steps[-1].loss < 0.1 < steps[0].loss
    assert steps[-1].accuracy >= 0.98
    assert steps[-1].prediction.shape == (40, 40) and steps[-1].axis.shape == (40,)


def test_one_neuron_cannot_learn_xor():
    points, labels = cloud("xor", 400, noise=0.0, seed=2)
    *_, last = train_neuron(points, labels, steps=200)
    assert last.accuracy < 0.8 and len(last.weights) == 2


def test_steps_are_those_of_torch():
    points, labels = cloud("circle", 60, seed=3)
    steps = list(train_neuron(points, labels, (5,), 0.3, steps=20, seed=4))
    weights = [torch.tensor(w.copy(), requires_grad=True) for w in steps[0].weights]
    optimizer = torch.optim.SGD(weights, lr=0.3, momentum=0.9)
    x, y = torch.tensor(points), torch.tensor(labels)
    for step in steps:
        w1, b1, w2, b2 = weights
        scores = (torch.tanh(x @ w1 + b1) @ w2 + b2).reshape(-1)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(scores, y)
        assert step.loss == pytest.approx(loss.item(), rel=1e-12)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def test_the_same_seed_gives_the_same_steps():
    first, second = cloud("two moons", 50, seed=5), cloud("two moons", 50, seed=5)
    assert np.array_equal(first[0], second[0])
    runs = [list(train_neuron(*first, (3,), steps=5, seed=6)) for _ in range(2)]
    assert [a.loss for a in runs[0]] == [b.loss for b in runs[1]]


def test_snapshots_do_not_change():
    steps = list(train_neuron(*cloud("xor", 20), steps=3))
    assert not np.array_equal(steps[0].weights[0], steps[1].weights[0])
    with pytest.raises(ValueError, match="read-only"):
        steps[0].weights[0][0] = 1.0


def test_a_far_too_long_step_ends_the_run():
    steps = list(train_neuron(*cloud("xor", 20), (4,), learning_rate=1e308, steps=50))
    assert steps[-1].step < 50 and not np.isfinite(steps[-1].loss)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"points": np.zeros((3, 3))}, "count, 2"),
        ({"points": [["a", "b"]]}, "numbers"),
        ({"labels": [0.0, 1.0, 2.0]}, "labels 0 or 1"),
        ({"hidden": (1000,)}, "hidden"),
        ({"learning_rate": 0.0}, "learning rate"),
        ({"momentum": 1.0}, "momentum"),
        ({"steps": -1}, "steps"),
        ({"grid": 1}, "grid"),
    ],
)
def test_bad_input_is_named(change, message):
    arguments = {"points": np.eye(3, 2), "labels": [0.0, 1.0, 1.0], **change}
    with pytest.raises(InputError, match=message):
        train_neuron(**arguments)


def test_bad_clouds_are_named():
    for arguments in (("spiral",), ("xor", 1), ("xor", 10, -1.0)):
        with pytest.raises(InputError):
            cloud(*arguments)
