"""The child process of :mod:`engines.common.jail`: answers one call per line until its input ends.

Run by path as ``python -I jail_worker.py``, never imported. The first line on standard input is the
configuration, every further line a call; each is answered by one line of JSON on what was standard
output when the process began.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from io import BufferedReader
from pathlib import Path
from typing import Any

try:
    import resource
except ImportError:  # Windows: only the parent's time limit applies there
    resource = None  # type: ignore[assignment]

PROJECT = Path(__file__).resolve().parents[2]
OUT_OF_MEMORY = 3  # exit status: the answer was sent, but the process is not fit for another call


def private_streams() -> tuple[BufferedReader, int]:
    """Move the protocol off descriptors 0 and 1, so that a called function may print or read."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.dup(1)
    with open(os.devnull, "r+b", buffering=0) as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(nothing.fileno(), 1)
    return requests, replies


def send(replies: int, message: Mapping[str, Any]) -> None:
    line = memoryview(json.dumps(message).encode() + b"\n")
    while line:
        line = line[os.write(replies, line) :]


def load(target: str) -> Callable[..., Any]:
    """Import ``"package.module:function"``."""
    module, _, function = target.partition(":")
    loaded: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return loaded


def limit_memory(megabytes: int) -> None:
    """Allow this many MB on top of what the imports already take."""
    # Address space can only be limited as a whole; where /proc does not tell how much is in use
    # (macOS, which ignores the limit anyway), no sane number can be set.
    with contextlib.suppress(OSError, ValueError, AttributeError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + megabytes * 1_000_000
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_processor(seconds: float) -> None:
    """End this process should it compute longer than that, even if its parent is gone."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        usage = resource.getrusage(resource.RUSAGE_SELF)
        soft = int(usage.ru_utime + usage.ru_stime + seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def answer(functions: Mapping[str, Callable[..., Any]], request: Mapping[str, Any]) -> str:
    """The reply to one call, as JSON text."""
    try:
        function = functions[request["name"]]
        return json.dumps({"result": function(*request["args"], **request["kwargs"])})
    except BaseException as error:  # SystemExit too: the worker outlives what it calls
        return json.dumps({"error": explanation(error), "kind": type(error).__name__})


def explanation(error: BaseException) -> str:
    """A sentence for the visitor; only our own errors speak for themselves, others name paths."""
    from engines.common.errors import EngineError

    if isinstance(error, EngineError):
        return str(error)
    if isinstance(error, RecursionError):
        return "The calculation is nested too deeply."
    return f"The calculation failed ({type(error).__name__})."


def main() -> int:
    requests, replies = private_streams()
    configuration = json.loads(requests.readline())
    sys.path.insert(0, str(PROJECT))
    try:
        functions = {name: load(target) for name, target in configuration["targets"].items()}
    except Exception as error:
        send(replies, {"error": f"The worker could not start ({type(error).__name__})."})
        return 1
    limit_memory(configuration["memory_mb"])
    send(replies, {"ready": True})
    return serve(requests, replies, functions)


if __name__ == "__main__":
    sys.exit(main())
