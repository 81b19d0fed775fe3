"""Command line that trains the diffusion language model and writes a checkpoint.

::

    python -m engines.symbolic_regression.train --minutes 150 --seed 0 --out DIR \\
        --held-out benchmarks/data/formulas.json
    torchrun --nproc-per-node 2 -m engines.symbolic_regression.train --minutes 150 --out DIR

The checkpoint's manifest tells what it was trained on: how many samples and distinct skeletons,
that none of them was held out, and the scores on held-out formulas as training went on.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from engines.common.checkpoint import ManifestEntry, save_checkpoint
from engines.common.errors import EngineError
from engines.common.expression import parse
from engines.symbolic_regression.model import ModelConfig, described, save_tensors
from engines.symbolic_regression.skeletons import from_tape, held_out_keys
from engines.symbolic_regression.trainer import Progress, Trainer, TrainOptions

NAME = "diffusion"


def held_out_of(file: Path) -> frozenset[str]:
    """Keys of the formulas of a benchmark file: JSON list of ``{"expr": ..., "vars": {...}}``.

    Formulas outside the token language cannot be generated and are passed over.
    """
    prefixes = []
    for entry in json.loads(Path(file).read_text(encoding="utf-8")):
        try:
            tape = parse(entry["expr"].replace("**", "^"), variables=tuple(entry["vars"]))
            prefixes.append(from_tape(tape)[0])
        except EngineError:
            continue
    return held_out_keys(prefixes)


def finish(trainer: Trainer, command: str) -> ManifestEntry:
    """Evaluate on all trials, fits included, and write the checkpoint with its manifest."""
    options = trainer.options
    scores = trainer.evaluate(options.trials, fits=True)
    metrics: dict[str, Any] = {
        **described(trainer.averaged()),
        "scores": {name: round(value, 4) for name, value in scores.items()},
        "trials": len(trainer.trials[: options.trials]),
        "candidates": 64,
        "curves": trainer.curves,
        "steps": trainer.step,
        "processes": trainer.world,
        "samples": trainer.step * options.batch * trainer.world,
        "unique_skeletons_of_process_0": len(trainer.seen),
        "held_out": leakage(trainer),
    }
    return save_checkpoint(
        options.out,
        NAME,
        save_tensors(trainer.averaged()),
        metadata={
            "command": command,
            "seed": options.seed,
            "commit": _commit(),
            "minutes": round(trainer.spent, 2),
            "metrics": metrics,
        },
    )


def leakage(trainer: Trainer) -> dict[str, int]:
    """How many held-out keys there were, and how many skeletons that were seen have one."""
    seen = {f"{number + 2**63:016x}" for number in trainer.seen}
    benchmark = trainer.options.benchmark
    return {
        "benchmark_keys": len(benchmark),
        "validation_keys": len(trainer.held_out - benchmark),
        "seen_in_benchmark": len(seen & benchmark),
        "seen_in_validation": len(seen & trainer.held_out),
    }


def options_of(arguments: Sequence[str] | None = None) -> TrainOptions:
    """Options of a command line."""
    parser = argparse.ArgumentParser(prog="python -m engines.symbolic_regression.train")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--minutes", type=float, default=1.0, help="time budget")
    parser.add_argument("--steps", type=int, help="budget in steps, instead of minutes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batch", type=int, default=64, help="data sets per process and step")
    parser.add_argument("--threads", type=int, default=1, help="threads per process")
    parser.add_argument("--bf16", action="store_true", help="layers in bfloat16")
    parser.add_argument("--resume", action="store_true", help="go on with what is in --out")
    parser.add_argument("--held-out", type=Path, help="JSON list of formulas never to train on")
    parser.add_argument("--evaluations", type=int, default=12, help="evaluations on the way")
    parser.add_argument("--trials", type=int, default=100, help="held-out formulas at the end")
    for name in ("width", "layers", "length"):
        default = getattr(ModelConfig(), name)
        parser.add_argument(f"--{name}", type=int, default=default, help="of the model")
    given = vars(parser.parse_args(arguments))
    torch.set_num_threads(given.pop("threads"))
    sizes = {name: given.pop(name) for name in ("width", "layers", "length")}
    file = given.pop("held_out")
    keys = held_out_of(file) if file else frozenset()
    return TrainOptions(**given, benchmark=keys, config=ModelConfig(**sizes))


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, tell how it goes, write the checkpoint."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    trainer = Trainer(options_of(words))
    try:
        for progress in trainer.run():
            if trainer.rank == 0 and (progress.scores or progress.step % 100 == 0):
                print(told(progress), flush=True)
        if trainer.rank == 0:
            command = " ".join(["python -m engines.symbolic_regression.train", *words])
            entry = finish(trainer, command)
            print(f"{entry.file}: {entry.bytes} bytes, {dict(entry.metrics['scores'])}")
    finally:
        trainer.close()


def told(progress: Progress) -> str:
    """One line about a step."""
    parts = [f"step {progress.step}", f"{progress.minutes:.1f} min"]
    parts.append("losses " + " ".join(f"{loss:.3f}" for loss in progress.losses))
    parts += [f"{name} {value:.3f}" for name, value in progress.scores.items()]
    return ", ".join(parts)


def _commit() -> str:
    """The revision of the code, or ``unknown`` outside a repository."""
    command = ["git", "rev-parse", "HEAD"]
    try:
        done = subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    main()
