"""Checkpoints: what is saved comes back, and what was touched does not."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from engines.common.checkpoint import MANIFEST, load_checkpoint, read_manifest, save_checkpoint
from engines.common.errors import CheckpointError

METADATA = {
    "command": "python -m engines.example.train --seed 3",
    "seed": 3,
    "commit": "0123abc",
    "minutes": 1.5,
    "metrics": {"accuracy": 0.5},
}


def save(folder: Path, name: str = "net", **tensors):
    tensors = tensors or {"weight": np.arange(6.0).reshape(2, 3)}
    return save_checkpoint(folder, name, tensors, metadata=METADATA)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "uint8", "bool"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3, 4)])
def test_arrays_come_back(tmp_path, dtype, shape):
    array = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    save(tmp_path, a=array)
    back, _ = load_checkpoint(tmp_path, "net", framework="numpy")
    np.testing.assert_array_equal(back["a"], array)
    assert back["a"].dtype == array.dtype
    as_tensors, _ = load_checkpoint(tmp_path, "net")
    assert torch.equal(as_tensors["a"], torch.as_tensor(array))


def test_awkward_memory_layouts_come_back(tmp_path):
    grid = np.arange(12.0).reshape(3, 4)
    base = torch.arange(12.0).reshape(3, 4)
    save(tmp_path, "numpy", transposed=grid.T, strided=grid[::2, ::3], swapped=grid.astype(">f8"))
    save(tmp_path, "torch", transposed=base.T, view=base[0], base=base, mixed=grid.T)
    arrays, _ = load_checkpoint(tmp_path, "numpy", framework="numpy")
    np.testing.assert_array_equal(arrays["transposed"], grid.T)
    np.testing.assert_array_equal(arrays["strided"], grid[::2, ::3])
    np.testing.assert_array_equal(arrays["swapped"], grid)
    tensors, _ = load_checkpoint(tmp_path, "torch")
    assert torch.equal(tensors["transposed"], base.T)
    assert torch.equal(tensors["view"], base[0])
    assert torch.equal(tensors["mixed"], torch.from_numpy(grid.T))


def test_parameters_that_require_grad_are_saved(tmp_path):
    layer = torch.nn.Linear(3, 2)
    save_checkpoint(tmp_path, "net", dict(layer.named_parameters()), metadata=METADATA)
    tensors, _ = load_checkpoint(tmp_path, "net")
    layer.load_state_dict(tensors)
    assert not tensors["weight"].requires_grad


def test_the_manifest_says_how_it_was_made(tmp_path):
    written = save(tmp_path)
    _, entry = load_checkpoint(tmp_path, "net.safetensors", framework="numpy")
    assert entry == written
    assert entry.bytes == (tmp_path / "net.safetensors").stat().st_size
    assert (entry.command, entry.seed, entry.metrics) == (
        METADATA["command"],
        3,
        {"accuracy": 0.5},
    )
    recorded = json.loads((tmp_path / MANIFEST).read_text())
    assert set(recorded["net.safetensors"]) == {
        *METADATA,
        "sha256",
        "bytes",
        "created",
    }


def test_saving_again_replaces_one_entry_and_leaves_no_rubbish(tmp_path):
    save(tmp_path, "a", x=np.zeros(3))
    save(tmp_path, "b", x=np.ones(3))
    save(tmp_path, "a", x=np.full(3, 7.0))
    assert list(read_manifest(tmp_path)) == ["a.safetensors", "b.safetensors"]
    assert load_checkpoint(tmp_path, "a", framework="numpy")[0]["x"].tolist() == [7, 7, 7]
    assert {path.name for path in tmp_path.iterdir()} == {
        "a.safetensors",
        "b.safetensors",
        MANIFEST,
    }


def test_an_interrupted_save_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    save(tmp_path, x=np.zeros(3))

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        save(tmp_path, x=np.ones(3))
    monkeypatch.undo()
    assert load_checkpoint(tmp_path, "net", framework="numpy")[0]["x"].tolist() == [0, 0, 0]
    assert not list(tmp_path.glob("*.tmp"))


def tamper_byte(folder: Path) -> None:
    path = folder / "net.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def tamper_length(folder: Path) -> None:
    with (folder / "net.safetensors").open("ab") as stream:
        stream.write(b"\0")


def swap_for_another(folder: Path) -> None:
    save(folder, "other", weight=np.zeros((2, 3)))
    (folder / "net.safetensors").write_bytes((folder / "other.safetensors").read_bytes())


def edit_manifest(folder: Path, **changes) -> None:
    recorded = json.loads((folder / MANIFEST).read_text())
    recorded["net.safetensors"].update(changes)
    (folder / MANIFEST).write_text(json.dumps(recorded))


@pytest.mark.parametrize(
    ("tamper", "message"),
    [
        (tamper_byte, "was altered.*or make it again: python -m engines.example.train"),
        (tamper_length, "has 121 bytes, not 120"),
        (swap_for_another, "was altered"),
        (lambda folder: (folder / "net.safetensors").unlink(), "is missing from"),
        (lambda folder: edit_manifest(folder, sha256="0" * 64), "was altered"),
        (lambda folder: edit_manifest(folder, bytes="120"), "has 120 bytes"),
        (lambda folder: edit_manifest(folder, sha512="0"), "is damaged"),
        (lambda folder: (folder / MANIFEST).write_text("{"), "is damaged"),
        (lambda folder: (folder / MANIFEST).write_text("[]"), "is damaged"),
        (lambda folder: (folder / MANIFEST).write_text('{"net.safetensors": 3}'), "is damaged"),
        (lambda folder: (folder / MANIFEST).write_text("{}"), "does not mention net.safetensors"),
        (lambda folder: (folder / MANIFEST).unlink(), "There is no manifest.json"),
    ],
)
def test_tampering_is_noticed(tmp_path, tamper, message):
    save(tmp_path)
    tamper(tmp_path)
    with pytest.raises(CheckpointError, match=message):
        load_checkpoint(tmp_path, "net")


def test_a_vouched_file_that_is_not_safetensors_is_refused(tmp_path):
    save(tmp_path)
    data = b"\xff" * 120
    (tmp_path / "net.safetensors").write_bytes(data)
    edit_manifest(tmp_path, sha256=hashlib.sha256(data).hexdigest())
    for framework in ("torch", "numpy"):
        with pytest.raises(CheckpointError, match="not a safetensors file"):
            load_checkpoint(tmp_path, "net", framework=framework)


@pytest.mark.parametrize("name", ["../net", "a/b", "", ".hidden", "a\\b", "net\0", "a" * 101])
def test_names_cannot_leave_the_folder(tmp_path, name):
    with pytest.raises(CheckpointError, match="cannot name a checkpoint"):
        save(tmp_path, name)
    with pytest.raises(CheckpointError, match="cannot name a checkpoint"):
        load_checkpoint(tmp_path, name)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"a": np.zeros(2, object)}, "cannot hold these tensors"),
        ({"a": np.zeros(2, complex)}, "cannot hold these tensors"),
        ({"a": torch.zeros(2, dtype=torch.complex128)}, "cannot hold these tensors"),
        ({"__metadata__": np.zeros(2)}, "rename it"),
    ],
)
def test_what_the_format_cannot_hold_is_refused(tmp_path, tensors, message):
    with pytest.raises(CheckpointError, match=message):
        save(tmp_path, **tensors)
    assert not list(tmp_path.iterdir())


def test_types_that_numpy_lacks_need_torch(tmp_path):
    save(tmp_path, a=torch.ones(2, dtype=torch.bfloat16))
    assert load_checkpoint(tmp_path, "net")[0]["a"].dtype == torch.bfloat16
    with pytest.raises(CheckpointError, match="load it with torch"):
        load_checkpoint(tmp_path, "net", framework="numpy")


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({}, "must be exactly"),
        ({**METADATA, "note": 1}, "see to: note"),
        ({**METADATA, "metrics": {"loss": float("nan")}}, "not finite JSON"),
        ({**METADATA, "metrics": {"loss": np.zeros(2)}}, "not finite JSON"),
    ],
)
def test_incomplete_metadata_are_refused(tmp_path, metadata, message):
    with pytest.raises(CheckpointError, match=message):
        save_checkpoint(tmp_path, "net", {"a": np.zeros(2)}, metadata=metadata)
    assert not (tmp_path / "net.safetensors").exists()


def test_torch_is_not_imported_for_arrays(tmp_path):
    save(tmp_path)
    program = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1])\n"
        "from engines.common import checkpoint\n"
        "assert 'numpy' not in sys.modules\n"
        "checkpoint.load_checkpoint(Path(sys.argv[2]), 'net', framework='numpy')\n"
        "assert 'torch' not in sys.modules\n"
    )
    root = Path(__file__).resolve().parents[3]
    subprocess.run([sys.executable, "-c", program, str(root), str(tmp_path)], check=True)
