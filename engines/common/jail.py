"""Calls that may hang or eat memory, in a warm child process that can be killed.

A power tower such as ``9**9**9`` holds Python's lock: in a thread it would freeze every visitor,
and nothing could stop it. In a :class:`Worker` it costs its caller the time-out, others nothing.

The jail bounds *cost*. It is no sandbox: a called function may do whatever the server may do, so
the text of a visitor goes through the expression parser first, here as everywhere.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from engines.common.errors import InputError, JailError

_PROGRAM = Path(__file__).with_name("jail_worker.py")
# What Windows needs to start any process; everything else of the environment stays outside.
_KEPT_VARIABLES = ("SYSTEMROOT", "SYSTEMDRIVE", "TEMP", "TMP")
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class Worker:
    """A child process that has the targets imported and answers one call at a time.

    Args:
        targets: ``"package.module:function"`` by the name under which it is called. Arguments and
            results must be JSON values.
        timeout_s: seconds that a call may take, and separately wait for its turn.
        memory_mb: megabytes a call may take on top of the imports (Linux; elsewhere only the time
            is limited).
        start_timeout_s: seconds that the imports may take.
        max_result_mb: size of the largest result, as JSON.

    Nothing is started before :meth:`start` or the first :meth:`call`. The child ends with
    :meth:`close`, with the last reference to the worker, or with this process.
    """

    def __init__(
        self,
        targets: Mapping[str, str],
        *,
        timeout_s: float = 2.0,
        memory_mb: int = 1024,
        start_timeout_s: float = 30.0,
        max_result_mb: int = 32,
    ) -> None:
        self.targets = dict(targets)
        self.timeout_s = timeout_s
        self.memory_mb = memory_mb
        self.start_timeout_s = start_timeout_s
        self.max_result_mb = max_result_mb
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self._closed = False

    def start(self) -> None:
        """Begin to import the targets in the background, so that the first call finds them warm."""
        with self._lock:
            if self._child is None:
                self._spawn()

    def call(self, name: str, /, *args: Any, timeout_s: float | None = None, **kwargs: Any) -> Any:
        """Call the target ``name`` in the child and return its result.

        Args:
            timeout_s: instead of the worker's own. It counts from the moment the child begins, so
                a call may return later than that while others wait or the child is starting.

        Raises:
            InputError: no such target, arguments that are not JSON values, or a bad time-out.
            JailError: the call took too long or too much memory, crashed, or raised; the worker
                was busy or closed. An :class:`EngineError` of the target keeps its message. The
                next call finds a working child in every case.
        """
        limit = self.timeout_s if timeout_s is None else timeout_s
        request = self._request(name, args, kwargs, limit)
        if not self._lock.acquire(timeout=limit):
            raise JailError(
                "The worker is busy with another calculation; try again in a few seconds."
            )
        try:
            return self._ask(request, limit)
        finally:
            self._lock.release()

    def close(self) -> None:
        """Kill the child, even in the middle of a call; later calls raise JailError."""
        self._closed = True
        if self._child is not None:
            self._child.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _request(
        self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], limit: float
    ) -> bytes:
        if name not in self.targets:
            raise InputError(
                f"The worker has no target {name!r}; it has {', '.join(self.targets)}."
            )
        if not 0 < limit <= threading.TIMEOUT_MAX:
            raise InputError(f"A time-out of {limit} s is not possible; give a positive number.")
        try:
            call = {"name": name, "args": args, "kwargs": kwargs, "seconds": limit}
            return json.dumps(call).encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise InputError(f"The arguments of {name!r} are not JSON values: {error}") from None

    def _ask(self, request: bytes, limit: float) -> Any:
        child = self._ready_child()
        try:
            child.send(request)
            reply = child.receive(limit)
        except queue.Empty:
            self._restart()
            raise JailError(
                f"The calculation took longer than {limit:g} s and was stopped."
            ) from None
        except _Died as death:
            self._restart()
            raise JailError(self._obituary(death)) from None
        if reply.get("exhausted"):  # what is left of such a process is not fit for another call
            self._restart()
        if "error" in reply:
            raise JailError(reply["error"])
        return reply["result"]

    def _obituary(self, death: _Died) -> str:
        if self._closed:
            return "The worker was closed."
        return (
            f"The calculation crashed its worker (exit code {death.code}), perhaps for lack of "
            f"memory (limit {self.memory_mb:,} MB)."
        )

    def _ready_child(self) -> _Child:
        """The child, once it has imported the targets."""
        if self._closed:
            raise JailError("The worker was closed.")
        child = self._child if self._child and self._child.is_alive() else self._spawn()
        if child.is_ready:
            return child
        try:
            reply = child.receive(self.start_timeout_s)
        except (queue.Empty, _Died):
            reply = {"error": "The worker for calculations could not be started; try again."}
        if "error" in reply:
            child.end()
            raise JailError(reply["error"])
        child.is_ready = True
        return child

    def _restart(self) -> None:
        """Replace the child at once, so that the imports are under way before the next call."""
        if self._child is not None:
            self._child.end()
        if not self._closed:
            self._spawn()

    def _spawn(self) -> _Child:
        self._child = child = _Child()
        limits = {"memory_mb": self.memory_mb, "max_result_mb": self.max_result_mb}
        with contextlib.suppress(_Died):  # then receive() says so
            child.send(json.dumps({"targets": self.targets, **limits}).encode())
        if self._closed:  # by another thread, which may not have seen this child
            child.end()
        return child


class _Died(Exception):
    """The child ended instead of answering; ``code`` is its exit code, negative for a signal."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class _Child:
    """One process, and a thread that reads its answers (pipes have no time-out of their own)."""

    def __init__(self) -> None:
        kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(_PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**kept, **_ONE_THREAD, "PATH": os.defpath},
            # A group of its own: Ctrl-C in the terminal is for the server, and killing the group
            # takes along whatever the child has started.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self._replies: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        reader = (self._process.stdout, self._replies)
        threading.Thread(target=_read_all, args=reader, daemon=True, name="jail").start()
        self.is_ready = False
        self.end = weakref.finalize(self, _kill, self._process)  # also when this process exits

    def is_alive(self) -> bool:
        return self.end.alive and self._process.poll() is None

    def send(self, line: bytes) -> None:
        stream = self._process.stdin
        assert stream is not None
        try:
            stream.write(line + b"\n")
            stream.flush()
        except (OSError, ValueError):  # ValueError: closed by end()
            raise _Died(self._process.wait()) from None

    def receive(self, seconds: float) -> dict[str, Any]:
        """The next answer; ``queue.Empty`` if none comes in time, ``_Died`` if none will."""
        line = self._replies.get(timeout=seconds)
        if not line.endswith(b"\n"):
            raise _Died(self._process.wait())
        reply: dict[str, Any] = json.loads(line)
        return reply


def _read_all(stream: IO[bytes], replies: queue.SimpleQueue[bytes]) -> None:
    """Pass on every line, and an empty one at the end of the stream."""
    with stream:
        for line in stream:
            replies.put(line)
    replies.put(b"")


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.returncode is None:  # not yet waited for, so that its number is still its own
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        process.wait()
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
