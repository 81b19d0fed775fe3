"""The noise schedule: how much of a token's embedding is left at time t.

``q(x_t | x_0) = N(sqrt(a) x_0, (1 - a) I)`` with ``a = 1 - sqrt(t + 1e-4)`` for t in [0, 1]: the
square-root schedule of Diffusion-LM (Li et al. 2022), in which noise comes fast at first, because
an embedding stays readable under little noise. Reverse steps are those of DDIM (Song et al.
2021) without added noise: the whole trajectory follows from its first noise.
"""

from __future__ import annotations

import torch

OFFSET = 1e-4
LATE, LATE_SHARE = 0.85, 0.5


def alpha_bar(time: torch.Tensor) -> torch.Tensor:
    """Share of the signal's variance left at ``time`` in [0, 1]; never quite 0."""
    return (1.0 - (time + OFFSET).sqrt()).clamp(min=1e-5)


def training_times(count: int, generator: torch.Generator | None = None) -> torch.Tensor:
    """(count,) times, half of them above 0.85.

    At low noise a token can be read off its own embedding, and nothing is learnt about the data;
    what the model must learn happens at high noise.
    """
    time = torch.rand(count, generator=generator)
    late = torch.rand(count, generator=generator) < LATE_SHARE
    return torch.where(late, LATE + (1.0 - LATE) * time, time)


def noised(clean: torch.Tensor, noise: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
    """x_t for clean embeddings (B, L, e), their noise and times (B,)."""
    alpha = alpha_bar(time)[:, None, None]
    return alpha.sqrt() * clean + (1.0 - alpha).sqrt() * noise


def ddim_times(steps: int, start: float = 1.0) -> torch.Tensor:
    """(steps + 1,) times from ``start`` down to 0, denser where the noise is high."""
    return start * (1.0 - torch.linspace(0.0, 1.0, steps + 1) ** 1.5)


def ddim_step(
    noisy: torch.Tensor, clean: torch.Tensor, now: torch.Tensor, then: torch.Tensor
) -> torch.Tensor:
    """From time ``now`` to the earlier ``then``, given an estimate of the clean embeddings.

    The estimate fixes the noise, ``(x_t - sqrt(a) x_0) / sqrt(1 - a)``, and the same noise is put
    back at the lower level.
    """
    a, b = alpha_bar(now), alpha_bar(then)
    noise = (noisy - a.sqrt() * clean) / (1.0 - a).sqrt()
    return b.sqrt() * clean + (1.0 - b).sqrt() * noise
