"""What the autodiff benchmarks store, and with what it was measured."""

from __future__ import annotations

import datetime
import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("numpy", "torch", "mpmath")


def save(name: str, seed: int, figures: dict[str, Any], output: Path | None = None) -> Path:
    """Write ``figures`` to ``results/<name>.json`` (or to ``output``), with date and versions."""
    versions = {"python": platform.python_version(), **{p: version(p) for p in PACKAGES}}
    report = {
        "versions": versions,
        "seed": seed,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        **figures,
    }
    path = output or RESULTS / f"{name}.json"
    path.write_text(json.dumps(report, indent=2) + "\n")
    return path


def rounded(figures: Any, digits: int = 5) -> Any:
    """The same figures with numbers of ``digits`` significant digits."""
    if isinstance(figures, dict):
        return {key: rounded(value, digits) for key, value in figures.items()}
    if isinstance(figures, list):
        return [rounded(value, digits) for value in figures]
    return float(f"{figures:.{digits}g}") if isinstance(figures, float) else figures
