"""The denoiser: from noisy token embeddings to what the tokens are.

A bidirectional pre-LN Transformer over the L positions of a formula, with cross-attention to the
latents of the data. It says for every position how probable each token is; the estimate of the
clean embedding is the mean under these probabilities, ``x0 = sum_v p_v E_v``, so the embeddings
cannot collapse to make an easy target.

Sizes: B formulas, L positions, V tokens, embeddings of width e, layers of width d.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F

from engines.symbolic_regression.encoder import Attention, Feed
from engines.symbolic_regression.vocabulary import TOKENS

Memory = list[tuple[torch.Tensor, torch.Tensor]]
"""Keys and values of the latents, one pair a layer."""

SCALE = 0.35
"""Spread of an embedding's components; small against the noise, so that tokens must be inferred."""


class Layer(nn.Module):
    """Self-attention over positions, cross-attention to the data, feed-forward."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.own_norm, self.data_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.own, self.data = Attention(width, heads), Attention(width, heads)
        self.feed = Feed(width)

    def forward(self, h: torch.Tensor, memory: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        """(B, L, d) to (B, L, d)."""
        normed = self.own_norm(h)
        h = h + self.own(normed, self.own.memory(normed))
        h = h + self.data(self.data_norm(h), memory)
        return h + self.feed(h)


class Denoiser(nn.Module):
    """Logits of every position's token, given noisy embeddings, their time and the data."""

    def __init__(self, width: int, heads: int, layers: int, embedding: int, length: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(len(TOKENS), embedding))
        self.read = nn.Linear(2 * embedding, width)
        self.positions = nn.Parameter(0.02 * torch.randn(length, width))
        self.time = nn.Sequential(nn.Linear(64, width), nn.GELU(), nn.Linear(width, width))
        self.layers = nn.ModuleList(Layer(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.logits = nn.Linear(width, len(TOKENS))

    @property
    def embeddings(self) -> torch.Tensor:
        """(V, e) token embeddings, all of one length."""
        return F.normalize(self.table, dim=-1) * SCALE * math.sqrt(self.table.shape[1])

    def memory(self, latents: torch.Tensor) -> Memory:
        """Keys and values of latents (B, M, d): computed once per data set, used at every step."""
        return [layer.data.memory(latents) for layer in self.layers]  # type: ignore[union-attr, operator]

    def forward(
        self, noisy: torch.Tensor, guess: torch.Tensor, time: torch.Tensor, memory: Memory
    ) -> torch.Tensor:
        """(B, L, V) logits.

        Args:
            noisy: (B, L, e) embeddings at ``time``.
            guess: (B, L, e) the last estimate of the clean ones (self-conditioning), or zeros.
            time: (B,) in [0, 1].
        """
        h = self.read(torch.cat([noisy, guess], dim=-1))  # (B, L, d)
        h = h + self.positions + self.time(_time_features(time))[:, None]
        for layer, pair in zip(self.layers, memory, strict=True):
            h = layer(h, pair)
        return self.logits(self.norm(h)).float()

    def clean(self, logits: torch.Tensor) -> torch.Tensor:
        """(B, L, e) expected embeddings under the logits."""
        return logits.softmax(-1) @ self.embeddings


def _time_features(time: torch.Tensor) -> torch.Tensor:
    """(B, 64) sines and cosines of time."""
    rates = torch.exp(torch.linspace(0.0, math.log(1000.0), 32, device=time.device))
    angles = time[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=-1)
