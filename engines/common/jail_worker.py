"""The child process of :mod:`engines.common.jail`: answers one call per line until its input ends.

Run by path as ``python -I jail_worker.py``. The first line on standard input is the configuration,
every further line a call; each is answered by one line of JSON on what was standard output when
the process began.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

try:
    import resource
except ImportError:  # Windows: there only the parent's time limit applies
    resource = None  # type: ignore[assignment]

PROJECT = str(Path(__file__).resolve().parents[2])
if PROJECT not in sys.path:  # -I leaves out the script's folder, which would be the wrong one
    sys.path.insert(0, PROJECT)

from engines.common.errors import EngineError  # noqa: E402 - found through the line above

Functions = Mapping[str, Callable[..., Any]]


def main() -> int:
    """Serve until the parent closes our input; exit status 1 if the targets cannot be imported."""
    requests, replies = private_streams()
    configuration = json.loads(requests.readline())
    try:
        functions = {name: load(target) for name, target in configuration["targets"].items()}
    except Exception as error:
        message = f"A target of the worker cannot be imported ({type(error).__name__})."
        send(replies, json.dumps({"error": message}))
        return 1
    limit_memory(configuration["memory_mb"])
    send(replies, json.dumps({"ready": True}))
    for line in requests:
        request = json.loads(line)
        limit_processor(request["seconds"])
        send(replies, answer(functions, request, configuration))
    return 0


def private_streams() -> tuple[BinaryIO, int]:
    """Move the protocol off descriptors 0 and 1, so that a called function may print or read."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.dup(1)
    with open(os.devnull, "r+b", buffering=0) as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(nothing.fileno(), 1)
    return requests, replies


def load(target: str) -> Callable[..., Any]:
    """Import ``"package.module:function"``."""
    module, _, function = target.partition(":")
    loaded: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return loaded


def limit_memory(megabytes: int) -> None:
    """Allow this many MB on top of what the imports already take."""
    # Where /proc does not tell how much address space is in use, no sane limit can be set; macOS,
    # the one such system, would ignore it anyway.
    with contextlib.suppress(OSError, ValueError, AttributeError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + megabytes * 1_000_000
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_processor(seconds: float) -> None:
    """End this process should it compute longer than that, even if its parent is gone."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        usage = resource.getrusage(resource.RUSAGE_SELF)
        soft = int(usage.ru_utime + usage.ru_stime + seconds) + 2
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def answer(functions: Functions, request: Mapping[str, Any], limits: Mapping[str, Any]) -> str:
    """The reply to one call, as JSON text; a failure is a reply too."""
    try:
        result = functions[request["name"]](*request["args"], **request["kwargs"])
    except MemoryError:
        message = f"The calculation needed more than {limits['memory_mb']:,} MB of memory."
        return json.dumps({"error": message, "exhausted": True})
    except BaseException as error:  # SystemExit too: the worker outlives what it calls
        return json.dumps({"error": explanation(error)})
    try:
        reply = json.dumps({"result": result})
    except (TypeError, ValueError, RecursionError, MemoryError):
        return json.dumps({"error": "The calculation returned something that is not JSON."})
    if len(reply) > limits["max_result_mb"] * 1_000_000:
        return json.dumps({"error": f"The result has more than {limits['max_result_mb']} MB."})
    return reply


def explanation(error: BaseException) -> str:
    """A sentence for the visitor: our own errors speak for themselves, others may name paths."""
    if isinstance(error, EngineError):
        return str(error)
    if isinstance(error, RecursionError):
        return "The calculation is nested too deeply."
    return f"The calculation failed ({type(error).__name__})."


def send(replies: int, line: str) -> None:
    """Write all of one line; a pipe takes only part of a long one at a time."""
    left = memoryview(line.encode() + b"\n")
    while left:
        left = left[os.write(replies, left) :]


if __name__ == "__main__":
    sys.exit(main())
