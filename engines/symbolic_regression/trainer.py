"""The training loop of the diffusion language model; :mod:`.train` is its command line.

Every batch follows from the seed, the process' rank and the number of its step alone, so a run
that was stopped goes on (``--resume``) as if it had not been. The learning rate follows the time
that is spent, not the steps, so that a run ends well whatever the machine.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from engines.common.errors import InputError
from engines.symbolic_regression import evaluation, schedule
from engines.symbolic_regression.generator import Samples, Settings, samples
from engines.symbolic_regression.grammar import unpadded
from engines.symbolic_regression.model import (
    EquationDiffusion,
    Losses,
    ModelConfig,
)
from engines.symbolic_regression.skeletons import held_out_keys, key

HIGH_RATE, LOW_RATE, WARM_UP = 1e-3, 5e-5, 100
EMA_DECAY = 0.999
BLIND_SHARE, TWICE_SHARE = 0.1, 0.5
BLOCK = 16
"""Batches drawn from one seed; a run can be resumed at every block."""


@dataclass(frozen=True)
class TrainOptions:
    """What to train.

    Attributes:
        out: folder of the resumable state.
        minutes: time budget, ignored where ``steps`` is given.
        steps: budget in steps.
        seed: of weights, data and noise.
        batch: data sets per process and step.
        bf16: layers in bfloat16 (the weights stay float32).
        resume: go on with the state in ``out``.
        benchmark: keys of formulas that must never be seen.
        evaluations: how often to evaluate on the way.
        trials: held-out formulas of our own.
        config: sizes of the model.
    """

    out: Path
    minutes: float = 1.0
    steps: int | None = None
    seed: int = 0
    batch: int = 64
    bf16: bool = False
    resume: bool = False
    benchmark: frozenset[str] = frozenset()
    evaluations: int = 12
    trials: int = 100
    config: ModelConfig = field(default_factory=ModelConfig)


@dataclass(frozen=True)
class Progress:
    """One step of training.

    Attributes:
        step: steps so far, those before a resume included.
        minutes: time so far, likewise.
        share: of the budget that is spent, in [0, 1].
        losses: of the last batch: total, rounding, embedding, auxiliary.
        scores: results of an evaluation where one was made, else empty.
    """

    step: int
    minutes: float
    share: float
    losses: tuple[float, float, float, float]
    scores: dict[str, float]


class Trainer:
    """Everything that a resumed run needs again."""

    def __init__(self, options: TrainOptions) -> None:
        self.options = options
        self.rank, self.world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        self.device = (
            f"cuda:{os.environ.get('LOCAL_RANK', 0)}" if torch.cuda.is_available() else "cpu"
        )
        torch.manual_seed(options.seed)
        self.model = EquationDiffusion(options.config).to(self.device)
        self.net: Any = self.model
        if self.world > 1:
            dist.init_process_group("nccl" if self.device != "cpu" else "gloo")
            self.net = DistributedDataParallel(self.model)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), HIGH_RATE, weight_decay=0.01)
        self.average = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
        self.step, self.spent = 0, 0.0
        self.seen: set[int] = set()
        self.curves: list[dict[str, float]] = []
        self.trials = evaluation.validation_set(
            max(options.trials, 1), options.config.length, options.benchmark
        )
        self.held_out = options.benchmark | held_out_keys([trial.prefix for trial in self.trials])
        if options.resume:
            self._load()

    def run(self) -> Iterator[Progress]:
        """Train until the budget is spent; the main process also evaluates and saves."""
        begun, before = time.monotonic(), self.spent
        batches = self._batches()
        due = self._next_evaluation(0.0)
        share = self._share()
        while share < 1.0:
            losses = self._train_step(next(batches), share)
            self.spent = before + (time.monotonic() - begun) / 60.0
            share = self._share()
            scores: dict[str, float] = {}
            if self.rank == 0 and self.step % BLOCK == 0 and share >= due:
                scores, due = self.evaluate(24), self._next_evaluation(share)
                self._save()
            yield Progress(self.step, self.spent, share, losses, scores)
        if self.rank == 0:
            self._save()
        if self.world > 1:
            dist.barrier()

    def evaluate(self, count: int, fits: bool = False) -> dict[str, float]:
        """Scores of the averaged weights on the first ``count`` held-out formulas."""
        model = self.averaged()
        scores = evaluation.cross_entropy(model, self.trials)
        scores |= evaluation.sampling_scores(model, self.trials[:count], fits=fits)
        point = {"step": float(self.step), "minutes": self.spent, **scores}
        self.curves.append({name: round(value, 4) for name, value in point.items()})
        return scores

    def averaged(self) -> EquationDiffusion:
        """A copy of the model with the moving average of the weights, on the processor."""
        model = EquationDiffusion(self.options.config)
        model.load_state_dict(self.average)
        return model.eval()

    def close(self) -> None:
        """Leave the group of processes."""
        if self.world > 1:
            dist.destroy_process_group()

    def _batches(self) -> Iterator[Samples]:
        o = self.options
        pool = max(8, BLOCK * o.batch * 10 // 32)
        settings = Settings(length=o.config.length, pool=pool)
        while True:
            block, done = divmod(self.step, BLOCK)
            stream = samples([o.seed, self.rank, block], o.batch, settings, self.held_out)
            for place in range(BLOCK):
                batch = next(stream)
                if place >= done:
                    yield batch

    def _train_step(self, batch: Samples, share: float) -> tuple[float, float, float, float]:
        self.seen.update(int(key(unpadded(row)), 16) - 2**63 for row in batch.tokens)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.step, share)
        losses = self._losses(batch)
        self.optimizer.zero_grad()
        losses.total.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        decay = min(EMA_DECAY, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for name, value in self.model.state_dict().items():
                self.average[name].lerp_(value, 1.0 - decay)
        parts = (losses.total, losses.rounding, losses.embedding, losses.auxiliary)
        a, b, c, d = torch.stack([part.detach() for part in parts]).tolist()
        return a, b, c, d

    def _losses(self, batch: Samples) -> Losses:
        o, count = self.options, len(batch)
        generator = torch.Generator().manual_seed(o.seed * 7_919 + self.step * 613 + self.rank)
        time_ = schedule.training_times(count, generator)
        shape = (count, o.config.length, o.config.embedding)
        noise = torch.randn(shape, generator=generator)
        blind = torch.rand(count, generator=generator) < BLIND_SHARE
        twice = bool(torch.rand((), generator=generator) < TWICE_SHARE)
        tensors = (torch.from_numpy(batch.tokens), time_, noise, blind)
        data = evaluation.to_torch(batch, self.device)
        kind = self.device.split(":")[0]
        with torch.autocast(kind, dtype=torch.bfloat16, enabled=o.bf16):
            return self.net(data, *(t.to(self.device) for t in tensors), twice)

    def _share(self) -> float:
        o = self.options
        share = self.spent / o.minutes if o.steps is None else self.step / o.steps
        if self.world > 1:  # all must stop at the same step: the main process' clock decides
            told = torch.tensor([share], device=self.device)
            dist.broadcast(told, 0)
            share = float(told)
        return min(1.0, share)

    def _next_evaluation(self, share: float) -> float:
        count = self.options.evaluations
        return (math.floor(share * count) + 1) / count if count else math.inf

    def _save(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
            "seen": torch.tensor(sorted(self.seen)),
            "step": self.step,
            "spent": self.spent,
            "curves": self.curves,
        }
        self.options.out.mkdir(parents=True, exist_ok=True)
        partial = self.options.out / "training.part"
        torch.save(state, partial)
        os.replace(partial, self.options.out / "training.pt")

    def _load(self) -> None:
        file = self.options.out / "training.pt"
        if not file.exists():
            raise InputError(f"There is no {file.name} in {self.options.out} to resume from.")
        state = torch.load(file, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.average = state["average"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.seen = set(state["seen"].tolist())
        self.step, self.spent, self.curves = state["step"], state["spent"], state["curves"]


def learning_rate(step: int, share: float) -> float:
    """Warm-up, then a cosine from ``HIGH_RATE`` to ``LOW_RATE`` over the budget."""
    cosine = 0.5 * (1.0 + math.cos(math.pi * share))
    return min(1.0, (step + 1) / WARM_UP) * (LOW_RATE + (HIGH_RATE - LOW_RATE) * cosine)
