"""Data points to latents: what the denoiser knows about the data.

Two views of the same points go in. *Points*: every row as features that do not depend on units,
read by a few latents through cross-attention (a set: the order of rows does not matter).
*Probes*: how well y, log y and 1/y go with simple functions of the columns; they tell power laws
and single-variable shapes apart at once, which attention would need many samples to learn.

Sizes: B data sets, N rows, 6 columns, M latents of width d.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from engines.symbolic_regression.vocabulary import MAX_VARIABLES, TOKENS

FREQUENCIES = (0.5, 1.0, 2.0, 4.0)
COLUMN_FEATURES = 1 + 2 * len(FREQUENCIES) + 1 + 2 + 1
POINT_FEATURES = MAX_VARIABLES * COLUMN_FEATURES + 1 + 2 * len(FREQUENCIES)
PAIRS = tuple((i, j) for i in range(MAX_VARIABLES) for j in range(i))
SHAPES = 9 * MAX_VARIABLES + 4 * len(PAIRS)
PROBES = 3 * 2 * SHAPES + 3 * (MAX_VARIABLES + 1) + MAX_VARIABLES
_TINY = 1e-6


@dataclass(frozen=True)
class Data:
    """Data sets for the encoder; float32 tensors.

    Attributes:
        x: (B, N, 6), unused columns 0.
        y: (B, N).
        columns: (B, 6) bool, which columns exist.
        rows: (B, N) bool, which points are given.
    """

    x: torch.Tensor
    y: torch.Tensor
    columns: torch.Tensor
    rows: torch.Tensor


@dataclass(frozen=True)
class Encoded:
    """What the encoder says.

    Attributes:
        latents: (B, M, d).
        presence: (B, V) logits, does the token occur.
        length: (B, L + 1) logits of the number of tokens.
        relevance: (B, 6) logits, does the formula use the column.
    """

    latents: torch.Tensor
    presence: torch.Tensor
    length: torch.Tensor
    relevance: torch.Tensor


class Attention(nn.Module):
    """Multi-head attention whose keys and values can be computed once and used many times."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width, bias=False)
        self.key_value = nn.Linear(width, 2 * width, bias=False)
        self.out = nn.Linear(width, width)

    def memory(self, source: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Keys and values (B, heads, S, d / heads) of a source (B, S, d)."""
        key, value = self.key_value(source).chunk(2, dim=-1)
        return self._split(key), self._split(value)

    def forward(
        self,
        x: torch.Tensor,
        memory: tuple[torch.Tensor, torch.Tensor],
        mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """(B, T, d) queries against a memory; ``mask`` (B, S) is true where one may look."""
        query = self._split(self.query(x))  # (B, heads, T, d / heads)
        key, value = (part.expand(len(x), -1, -1, -1) for part in memory)
        allowed = None if mask is None else mask[:, None, None, :]
        # float32: bfloat16 softmax loses the small weights that tell points apart.
        with torch.autocast(x.device.type, enabled=False):
            mixed = F.scaled_dot_product_attention(
                query.float(), key.float(), value.float(), attn_mask=allowed
            )
        return self.out(mixed.transpose(1, 2).flatten(2).to(x.dtype))  # (B, T, d)

    def _split(self, x: torch.Tensor) -> torch.Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class Feed(nn.Sequential):
    """The position-wise part of a Transformer layer."""

    def __init__(self, width: int, factor: int = 4) -> None:
        super().__init__(
            nn.LayerNorm(width),
            nn.Linear(width, factor * width),
            nn.GELU(),
            nn.Linear(factor * width, width),
        )


class Round(nn.Module):
    """Latents read the points, then each other."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.cross_norm, self.self_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.cross, self.own = Attention(width, heads), Attention(width, heads)
        self.feed = Feed(width, 2)

    def forward(self, z: torch.Tensor, points: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """(B, M, d) latents after one round over points (B, N, d)."""
        z = z + self.cross(self.cross_norm(z), self.cross.memory(points), rows)
        normed = self.self_norm(z)
        z = z + self.own(normed, self.own.memory(normed))
        return z + self.feed(z)


class Encoder(nn.Module):
    """Set encoder with auxiliary heads."""

    def __init__(self, width: int, heads: int, latents: int, rounds: int, length: int) -> None:
        super().__init__()
        self.probe_latents = 4
        self.points = nn.Sequential(
            nn.Linear(POINT_FEATURES, width), nn.GELU(), nn.Linear(width, width)
        )
        self.point_norm = nn.LayerNorm(width)
        self.probes = nn.Sequential(
            nn.Linear(PROBES, 2 * width), nn.GELU(), nn.Linear(2 * width, 4 * width)
        )
        self.start = nn.Parameter(0.02 * torch.randn(latents, width))
        self.rounds = nn.ModuleList(Round(width, heads) for _ in range(rounds))
        self.norm = nn.LayerNorm(width)
        self.presence = nn.Linear(2 * width, len(TOKENS))
        self.length = nn.Linear(2 * width, length + 1)
        self.relevance = nn.Linear(2 * width, MAX_VARIABLES)

    def forward(self, data: Data) -> Encoded:
        """Latents and auxiliary logits of B data sets."""
        points = self.point_norm(self.points(point_features(data)))  # (B, N, d)
        probes = self.probes(probe_features(data)).unflatten(-1, (self.probe_latents, -1))
        start = self.start.expand(len(points), -1, -1)
        z = torch.cat([probes, start], dim=1)  # (B, M, d)
        for layer in self.rounds:
            z = layer(z, points, data.rows)
        z = self.norm(z)
        pooled = torch.cat([z.mean(1), z[:, 0]], dim=-1)  # (B, 2 d)
        heads = (self.presence(pooled), self.length(pooled), self.relevance(pooled))
        return Encoded(z, *heads)


def point_features(data: Data) -> torch.Tensor:
    """(B, N, POINT_FEATURES): each row seen relative to its data set."""
    given = data.rows[..., None]
    low = data.x.masked_fill(~given, math.inf).amin(1, keepdim=True)  # (B, 1, 6)
    high = data.x.masked_fill(~given, -math.inf).amax(1, keepdim=True)
    unit = 2.0 * (data.x - low) / (high - low + _TINY) - 1.0  # in [-1, 1]
    exists = data.columns[:, None, :].expand_as(data.x).float()
    scales = (data.x, low.expand_as(data.x), high.expand_as(data.x))
    parts = [unit[..., None], _waves(unit), *(v.asinh()[..., None] for v in scales)]
    columns = torch.cat([*parts, exists[..., None]], dim=-1) * exists[..., None]
    score = standardised(data.y, data.rows)
    y_low = score.masked_fill(~data.rows, math.inf).amin(1, keepdim=True)
    y_high = score.masked_fill(~data.rows, -math.inf).amax(1, keepdim=True)
    y_unit = 2.0 * (score - y_low) / (y_high - y_low + _TINY) - 1.0
    return torch.cat(
        [columns.flatten(2), score[..., None].clamp(-8.0, 8.0), _waves(y_unit)], dim=-1
    )


def probe_features(data: Data) -> torch.Tensor:
    """(B, PROBES): correlations with simple shapes, and power-law exponents.

    For y, log|y| and 1/y: the correlation r with every shape and its closeness
    ``-log10(1 - r^2)``; and the multiple correlation and coefficients of
    ``log|y| ~ sum_i p_i log|x_i|``, whose p_i are the exponents of a power law.
    """
    shapes = standardised(_shapes(data.x).transpose(1, 2), data.rows[:, None])  # (B, S, N)
    y = data.y / (data.y.abs() * data.rows).amax(1, keepdim=True).clamp(min=1e-30)
    targets = torch.stack([y, (y.abs() + _TINY).log(), 1.0 / _away_from_zero(y)], dim=1)
    targets = standardised(targets, data.rows[:, None])  # (B, 3, N)
    count = data.rows.sum(1)[:, None, None]
    r = (targets @ shapes.transpose(1, 2) / count).clamp(-1.0, 1.0)  # (B, 3, S)
    closeness = -torch.log10(1.0 - r * r + _TINY) / 6.0
    logs = (data.x.abs() + _TINY).log().transpose(1, 2)
    fits = [
        _regression(design, targets[:, place], data.rows)
        for place, design in ((0, data.x.transpose(1, 2)), (1, logs), (2, data.x.transpose(1, 2)))
    ]
    spread = _spread((y.abs() + _TINY).log(), data.rows)[:, None] / _spread(
        logs, data.rows[:, None]
    )
    exponents = (fits[1][:, :-1] * spread).clamp(-4.0, 4.0) * data.columns
    return torch.cat([r.flatten(1), closeness.flatten(1), *fits, exponents], dim=-1)


def _regression(design: torch.Tensor, target: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """(B, 7): standardised coefficients and closeness of target (B, N) on design (B, 6, N)."""
    design = standardised(design, rows[:, None])
    count = rows.sum(1)
    gram = design @ design.transpose(1, 2) / count[:, None, None]
    ridge = 1e-4 * torch.eye(MAX_VARIABLES, device=gram.device)
    right = (design @ target[..., None]) / count[:, None, None]  # (B, 6, 1)
    beta = torch.linalg.solve(gram + ridge, right)
    left = ((target - (beta * design).sum(1)) ** 2 * rows).sum(1) / count
    closeness = -torch.log10(left.clamp(0.0, 1.0) + _TINY) / 6.0
    return torch.cat([beta[..., 0].clamp(-4.0, 4.0), closeness[:, None]], dim=-1)


def standardised(values: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """Mean 0 and spread 1 over the given rows (last axis); 0 elsewhere and where constant."""
    count = rows.sum(-1, keepdim=True)
    values = torch.nan_to_num(values, 0.0, 1e6, -1e6)
    centred = (values - (values * rows).sum(-1, keepdim=True) / count) * rows
    spread = ((centred**2).sum(-1, keepdim=True) / count).sqrt()
    return torch.where(spread > 1e-12, centred / spread.clamp(min=1e-12), 0.0)


def _spread(values: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    count = rows.sum(-1, keepdim=True)
    centred = (values - (values * rows).sum(-1, keepdim=True) / count) * rows
    return ((centred**2).sum(-1) / count[..., 0]).sqrt().clamp(min=_TINY)


def _shapes(x: torch.Tensor) -> torch.Tensor:
    """(B, N, SHAPES) simple functions of the columns (B, N, 6)."""
    size = x.abs() + _TINY
    single = (x, x**2, x**3, size.sqrt(), size.log(), x.clamp(-20, 20).exp(), x.sin(), x.cos())
    one = torch.cat([*single, 1.0 / _away_from_zero(x)], dim=-1)
    i, j = (list(side) for side in zip(*PAIRS, strict=True))
    a, b = x[..., i], x[..., j]
    return torch.cat(
        [one, a * b, a / _away_from_zero(b), b / _away_from_zero(a), (a - b) ** 2], dim=-1
    )


def _away_from_zero(values: torch.Tensor) -> torch.Tensor:
    return torch.where(values < 0, values.clamp(max=-1e-3), values.clamp(min=1e-3))


def _waves(unit: torch.Tensor) -> torch.Tensor:
    """(..., 8) sines and cosines of values in [-1, 1]."""
    angles = math.pi * unit[..., None] * torch.tensor(FREQUENCIES, device=unit.device)
    return torch.cat([angles.sin(), angles.cos()], dim=-1)
