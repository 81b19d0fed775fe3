"""Trained weights on disk: safetensors files and one manifest that vouches for them.

A folder of checkpoints holds ``<name>.safetensors`` files and ``manifest.json``, which says for
each file what it must hash to and how it was made. A file that the manifest does not vouch for is
never loaded. The format has no code in it, so loading cannot run any.

torch is imported only by the call that needs it: reading a manifest must stay cheap for a page.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from engines.common.errors import CheckpointError

if TYPE_CHECKING:
    import numpy as np
    import torch

MANIFEST = "manifest.json"
_METADATA = ("command", "seed", "commit", "minutes", "metrics")


@dataclass(frozen=True)
class ManifestEntry:
    """What the manifest says about one checkpoint.

    Attributes:
        file: name of the file, in the manifest's folder.
        sha256: of the whole file, in hexadecimal.
        bytes: its size.
        command: the command line that makes it again.
        seed: the seed of that command.
        commit: the revision of the code that made it.
        minutes: how long that took.
        metrics: what was measured on it, by name.
        created: when, in UTC, ISO 8601.
    """

    file: str
    sha256: str
    bytes: int
    command: str
    seed: int
    commit: str
    minutes: float
    metrics: Mapping[str, Any]
    created: str


def save_checkpoint(
    folder: Path,
    name: str,
    tensors: Mapping[str, torch.Tensor | np.ndarray],
    *,
    metadata: Mapping[str, Any],
) -> ManifestEntry:
    """Write ``<folder>/<name>.safetensors`` and its line in the manifest.

    Each of the two files is replaced in one step, so a reader sees the old or the new one, never
    a part. One process at a time may write to a folder.

    Args:
        tensors: by name; any device, layout and mixture of torch and NumPy.
        metadata: exactly ``command``, ``seed``, ``commit``, ``minutes`` and ``metrics``; see
            :class:`ManifestEntry`.

    Raises:
        CheckpointError: a name that is not a plain file name, other metadata than those, metrics
            that are not finite JSON, or a tensor of a type that the format does not know.
    """
    file = _file_name(name)
    _check_metadata(metadata, file)
    data = _serialise(tensors, file)
    entry = ManifestEntry(
        file=file,
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        **metadata,
    )
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    entries = read_manifest(folder) if (folder / MANIFEST).exists() else {}
    manifest = _manifest_text({**entries, file: entry})
    _write_atomically(folder / file, data)
    _write_atomically(folder / MANIFEST, manifest.encode())
    return entry


@overload
def load_checkpoint(
    folder: Path, name: str, *, framework: Literal["torch"] = "torch"
) -> tuple[dict[str, torch.Tensor], ManifestEntry]: ...


@overload
def load_checkpoint(
    folder: Path, name: str, *, framework: Literal["numpy"]
) -> tuple[dict[str, np.ndarray], ManifestEntry]: ...


def load_checkpoint(
    folder: Path, name: str, *, framework: Literal["torch", "numpy"] = "torch"
) -> tuple[dict[str, Any], ManifestEntry]:
    """Read ``<folder>/<name>.safetensors`` after checking its size and SHA-256.

    Args:
        framework: ``"torch"`` for CPU tensors, ``"numpy"`` for arrays (torch is not imported).

    Returns:
        The tensors by name, and what the manifest says about them.

    Raises:
        CheckpointError: no such file or manifest entry, or a file that was altered.
    """
    folder, file = Path(folder), _file_name(name)
    entry = read_manifest(folder).get(file)
    if entry is None:
        raise CheckpointError(f"{MANIFEST} in {folder.name}/ does not mention {file}.")
    remedy = f"Restore it from the repository, or make it again: {entry.command}"
    try:
        data = (folder / file).read_bytes()
    except OSError:
        raise CheckpointError(f"{file} is missing from {folder.name}/. {remedy}") from None
    if len(data) != entry.bytes:
        raise CheckpointError(f"{file} has {len(data)} bytes, not {entry.bytes}. {remedy}")
    if hashlib.sha256(data).hexdigest() != entry.sha256:
        raise CheckpointError(f"{file} was altered: its SHA-256 is not the recorded one. {remedy}")
    return _deserialise(data, file, framework), entry


def read_manifest(folder: Path) -> dict[str, ManifestEntry]:
    """What a folder's manifest says, by file name.

    Raises:
        CheckpointError: no manifest, or one that is not as :func:`save_checkpoint` writes it.
    """
    folder = Path(folder)
    try:
        recorded = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        entries = {file: ManifestEntry(file=file, **entry) for file, entry in recorded.items()}
    except OSError:
        raise CheckpointError(
            f"There is no {MANIFEST} in {folder.name}/; restore it, or train the checkpoints."
        ) from None
    except (ValueError, TypeError, AttributeError):
        raise CheckpointError(f"{MANIFEST} in {folder.name}/ is damaged; restore it.") from None
    return entries


def _file_name(name: str) -> str:
    stem = name.removesuffix(".safetensors")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", stem):
        raise CheckpointError(
            f"{name!r} cannot name a checkpoint; use letters, digits, '.', '_' and '-'."
        )
    return f"{stem}.safetensors"


def _check_metadata(metadata: Mapping[str, Any], file: str) -> None:
    wrong = sorted(set(metadata) ^ set(_METADATA))
    if wrong:
        needed = ", ".join(_METADATA)
        raise CheckpointError(
            f"The metadata of {file} must be exactly {needed}; see to: {', '.join(wrong)}."
        )


def _manifest_text(entries: Mapping[str, ManifestEntry]) -> str:
    recorded = {file: asdict(entries[file]) for file in sorted(entries)}
    for entry in recorded.values():
        del entry["file"]
    try:
        return json.dumps(recorded, indent=2, allow_nan=False) + "\n"
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"The metadata are not finite JSON values: {error}.") from None


def _write_atomically(target: Path, data: bytes) -> None:
    """Replace ``target`` in one step; a crash in between leaves the old file and a ``.tmp``."""
    handle, temporary = tempfile.mkstemp(prefix=f"{target.name}.", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())  # else a power cut may keep the rename but lose the data
        os.chmod(temporary, 0o644)  # mkstemp makes it private
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _serialise(tensors: Mapping[str, torch.Tensor | np.ndarray], file: str) -> bytes:
    import numpy as np
    from safetensors import SafetensorError

    if "__metadata__" in tensors:  # the format keeps this name for itself
        raise CheckpointError(f"{file} cannot hold a tensor called '__metadata__'; rename it.")
    try:
        if all(isinstance(tensor, np.ndarray) for tensor in tensors.values()):
            import safetensors.numpy

            arrays = {key: _plain_array(tensor) for key, tensor in tensors.items()}
            return bytes(safetensors.numpy.save(arrays))
        import safetensors.torch
        import torch

        # A clone each: the format refuses views and tensors that share memory.
        plain = {
            key: torch.as_tensor(tensor).detach().cpu().contiguous().clone()
            for key, tensor in tensors.items()
        }
        return bytes(safetensors.torch.save(plain))
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{file} cannot hold these tensors: {error}") from None


def _plain_array(array: Any) -> np.ndarray:
    # The format stores raw memory: it would silently permute a transposed or byte-swapped array.
    return array.astype(array.dtype.newbyteorder("="), order="C")


def _deserialise(data: bytes, file: str, framework: str) -> dict[str, Any]:
    from safetensors import SafetensorError

    try:
        if framework == "numpy":
            import safetensors.numpy

            return dict(safetensors.numpy.load(data))
        import safetensors.torch

        return dict(safetensors.torch.load(data))
    except KeyError as error:
        raise CheckpointError(
            f"{file} has tensors of type {error}, unknown to NumPy; load it with torch."
        ) from None
    except SafetensorError as error:
        raise CheckpointError(f"{file} is not a safetensors file: {error}") from None
