"""Training: smoke, resuming, two processes, the manifest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from engines.common.errors import InputError
from engines.symbolic_regression.model import ModelConfig, load_model
from engines.symbolic_regression.train import finish, held_out_of, main
from engines.symbolic_regression.trainer import Trainer, TrainOptions, learning_rate

ROOT = Path(__file__).resolve().parents[3]
FORMULAS = ROOT / "benchmarks" / "data" / "formulas.json"
TINY = ModelConfig(width=16, heads=2, layers=1, rounds=1, latents=2, embedding=8, length=10)
SMALL = ["--batch", "8", "--width", "16", "--layers", "1", "--length", "10"]


def options(out: Path, steps: int, resume: bool = False) -> TrainOptions:
    return TrainOptions(
        out, steps=steps, batch=4, resume=resume, evaluations=0, trials=3, config=TINY
    )


def trained(out: Path, steps: int, resume: bool = False) -> Trainer:
    trainer = Trainer(options(out, steps, resume))
    trainer.optimizer.param_groups[0]["lr"] = 1e-3
    assert [progress.step for progress in trainer.run()][-1] == steps
    return trainer


def test_three_steps_make_a_checkpoint_that_loads(tmp_path) -> None:
    main(["--steps", "3", "--out", str(tmp_path), "--trials", "2", "--evaluations", "1", *SMALL])
    model, entry = load_model(tmp_path)
    assert entry.metrics["steps"] == 3 and entry.metrics["samples"] == 24
    assert entry.metrics["scores"]["valid"] == 1.0 and entry.metrics["curves"]
    assert entry.metrics["held_out"]["seen_in_validation"] == 0
    assert 0 < entry.metrics["unique_skeletons_of_process_0"] <= 24
    assert model.config.width == 16 and not model.training
    assert json.loads((tmp_path / "manifest.json").read_text())


def test_a_resumed_run_sees_the_same_data_and_keeps_its_state(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("engines.symbolic_regression.trainer.learning_rate", lambda *_: 1e-3)
    whole = trained(tmp_path / "whole", 5)
    trained(tmp_path / "parts", 2)
    parts = trained(tmp_path / "parts", 5, resume=True)
    assert parts.seen == whole.seen
    for name, value in whole.model.state_dict().items():
        assert torch.allclose(value, parts.model.state_dict()[name], atol=1e-6), name
        assert torch.allclose(whole.average[name], parts.average[name], atol=1e-6), name


def test_there_must_be_something_to_resume(tmp_path) -> None:
    with pytest.raises(InputError, match="resume"):
        Trainer(options(tmp_path, 1, resume=True))


def test_the_learning_rate_warms_up_and_falls() -> None:
    assert learning_rate(0, 0.0) == pytest.approx(1e-5)
    assert learning_rate(500, 0.0) == pytest.approx(1e-3)
    assert learning_rate(10_000, 1.0) == pytest.approx(5e-5)


def test_benchmark_formulas_are_held_out() -> None:
    from engines.symbolic_regression.skeletons import key, scale_free
    from engines.symbolic_regression.vocabulary import encode

    keys = held_out_of(FORMULAS)
    for words in ("pow x3 x5", "add 3 mul C sqrt x2", "div mul x4 x2 mul x1 square x3"):
        assert key(scale_free(encode(words))) in keys, words


def test_two_processes_agree(tmp_path) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", "-m", "engines.symbolic_regression.train"]
    command += ["--steps", "3", "--out", str(tmp_path), "--trials", "1", "--evaluations", "0"]
    done = subprocess.run(
        [*command, *SMALL],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    _, entry = load_model(tmp_path)
    assert entry.metrics["processes"] == 2 and entry.metrics["samples"] == 48


def test_the_manifest_tells_what_leaked(tmp_path) -> None:
    trainer = trained(tmp_path, 1)
    trainer.seen.add(int(next(iter(trainer.held_out)), 16) - 2**63)
    entry = finish(trainer, "test")
    assert entry.metrics["held_out"]["seen_in_validation"] == 1
