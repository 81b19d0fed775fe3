"""The diffusion language model of equations: encoder, denoiser, loss, and loading.

What follows the paper, as far as its abstract and summaries tell: a continuous-state diffusion
over prefix token embeddings with a trainable embedding, a Transformer that denoises them, the
data by cross-attention, and a denoiser that also runs without data. The paper's sizes and
settings are not known to us; those here are our own, for two processor cores.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from engines.common.checkpoint import ManifestEntry, load_checkpoint
from engines.common.errors import CheckpointError
from engines.symbolic_regression import schedule
from engines.symbolic_regression.denoiser import Denoiser, Memory
from engines.symbolic_regression.encoder import Data, Encoded, Encoder
from engines.symbolic_regression.vocabulary import FIRST_VARIABLE, MAX_VARIABLES, PAD, TOKENS

PAD_WEIGHT = 0.15
"""Padding is most of a sequence and easy; it counts less."""


@dataclass(frozen=True)
class ModelConfig:
    """Sizes of the model; the default has about 2 million numbers.

    Attributes:
        width: d, of all layers.
        heads: of every attention.
        layers: of the denoiser.
        rounds: of the encoder.
        latents: of the encoder, besides four of the probes.
        embedding: e, width of a token's embedding.
        length: L, longest formula that can be written.
    """

    width: int = 128
    heads: int = 4
    layers: int = 4
    rounds: int = 2
    latents: int = 20
    embedding: int = 32
    length: int = 20


@dataclass(frozen=True)
class Losses:
    """Means over a batch; ``total`` is what is minimised.

    Attributes:
        rounding: cross-entropy of the tokens, padding weighted ``PAD_WEIGHT``.
        embedding: squared error of the expected embedding.
        auxiliary: of the heads for token presence, length and relevance.
    """

    total: torch.Tensor
    rounding: torch.Tensor
    embedding: torch.Tensor
    auxiliary: torch.Tensor


class EquationDiffusion(nn.Module):
    """Encoder and denoiser together."""

    def __init__(self, config: ModelConfig | None = None) -> None:
        super().__init__()
        self.config = c = config or ModelConfig()
        self.encoder = Encoder(c.width, c.heads, c.latents, c.rounds, c.length)
        self.denoiser = Denoiser(c.width, c.heads, c.layers, c.embedding, c.length)
        self.no_data = nn.Parameter(0.02 * torch.randn(c.latents + 4, c.width))

    def forward(
        self,
        data: Data,
        tokens: torch.Tensor,
        time: torch.Tensor,
        noise: torch.Tensor,
        blind: torch.Tensor,
        twice: bool,
    ) -> Losses:
        """The loss of one batch; randomness comes in as arguments, so that it can be repeated.

        Args:
            tokens: (B, L) padded skeletons.
            time: (B,) in [0, 1].
            noise: (B, L, e) standard normal.
            blind: (B,) bool, which formulas are denoised without data (for guidance).
            twice: whether the denoiser sees its own first estimate (self-conditioning).
        """
        encoded = self.encoder(data)
        latents = torch.where(blind[:, None, None], self.no_data, encoded.latents)
        memory = self.denoiser.memory(latents)
        clean = F.embedding(tokens, self.denoiser.embeddings)  # (B, L, e)
        noisy = schedule.noised(clean, noise, time)
        guess = torch.zeros_like(noisy)
        if twice:
            with torch.no_grad():
                guess = self.denoiser.clean(self.denoiser(noisy, guess, time, memory))
        logits = self.denoiser(noisy, guess, time, memory)
        rounding = rounding_loss(logits, tokens)
        embedding = (self.denoiser.clean(logits) - clean).square().mean()
        auxiliary = auxiliary_loss(encoded, tokens, data.columns)
        return Losses(rounding + embedding + auxiliary, rounding, embedding, auxiliary)

    def memory(self, data: Data | None) -> tuple[Memory, Encoded | None]:
        """Keys and values for the denoiser; without data those of the unconditional mode."""
        if data is None:
            return self.denoiser.memory(self.no_data[None]), None
        encoded = self.encoder(data)
        return self.denoiser.memory(encoded.latents), encoded


def rounding_loss(logits: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy over positions, padding counted ``PAD_WEIGHT``."""
    weights = torch.ones(len(TOKENS), device=logits.device)
    weights[PAD] = PAD_WEIGHT
    return F.cross_entropy(logits.flatten(0, 1), tokens.flatten(), weight=weights)


def auxiliary_loss(encoded: Encoded, tokens: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    """Binary and plain cross-entropies of the encoder's own answers."""
    present = F.one_hot(tokens, len(TOKENS)).amax(1).float()  # (B, V)
    relevant = present[:, FIRST_VARIABLE : FIRST_VARIABLE + MAX_VARIABLES]
    length = (tokens != PAD).sum(1)
    exists = columns.float()
    relevance = F.binary_cross_entropy_with_logits(
        encoded.relevance.float(), relevant, weight=exists
    )
    presence = F.binary_cross_entropy_with_logits(encoded.presence.float(), present)
    return presence + relevance + 0.1 * F.cross_entropy(encoded.length.float(), length)


def save_tensors(model: EquationDiffusion) -> dict[str, torch.Tensor]:
    """The weights in half precision: a third decimal does not matter to a prior."""
    return {name: value.detach().half() for name, value in model.state_dict().items()}


def load_model(folder: Path, name: str = "diffusion") -> tuple[EquationDiffusion, ManifestEntry]:
    """A trained model, ready to sample, and what its manifest says.

    Raises:
        CheckpointError: missing, altered, or made for another vocabulary or architecture.
    """
    tensors, entry = load_checkpoint(Path(folder), name)
    config = entry.metrics.get("config")
    if entry.metrics.get("tokens") != " ".join(TOKENS) or not isinstance(config, Mapping):
        raise CheckpointError(f"{entry.file} was made for another vocabulary; train it again.")
    try:
        model = EquationDiffusion(ModelConfig(**config))
        model.load_state_dict({key: value.float() for key, value in tensors.items()})
    except (TypeError, RuntimeError) as error:
        raise CheckpointError(f"{entry.file} does not fit this model: {error}") from None
    return model.eval(), entry


def described(model: EquationDiffusion) -> dict[str, object]:
    """What ``load_model`` needs to find in the manifest."""
    count = sum(parameter.numel() for parameter in model.parameters())
    return {"config": asdict(model.config), "tokens": " ".join(TOKENS), "parameters": count}
