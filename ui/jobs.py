"""Long work off the script thread: a step generator runs in a thread, pages look at snapshots.

A job never touches streamlit. It publishes an immutable :class:`Snapshot` after each step; a page
polls it from a ``run_every`` fragment. At most ``MAX_RUNNING`` jobs run at once in the whole
process, the others queue in order and are told their place. A job that nobody looked at for
``ABANDONED_AFTER`` seconds (the tab was closed, the person went elsewhere) cancels itself.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from engines.common.errors import EngineError

MAX_RUNNING = max(1, (os.cpu_count() or 2) // 2)
MAX_QUEUED = 12
ABANDONED_AFTER = 60.0
REFRESHES = 6.0

_log = logging.getLogger(__name__)

Factory = Callable[[], Iterator[Any]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A job as it stood at one moment.

    Attributes:
        status: ``"queued"``, ``"running"``, ``"done"``, ``"cancelled"`` or ``"failed"``.
        step: the newest step the generator yielded, or ``None``.
        count: how many steps it has yielded.
        total: how many it will yield, if known.
        seconds: time at work so far.
        ahead: jobs at work or waiting before this one.
        error: what to tell the person if it failed.
    """

    status: str = "queued"
    step: Any = None
    count: int = 0
    total: int | None = None
    seconds: float = 0.0
    ahead: int = 0
    error: str = ""

    @property
    def over(self) -> bool:
        return self.status in ("done", "cancelled", "failed")

    @property
    def remaining(self) -> float | None:
        """Seconds left at the speed so far; ``None`` before it can be told."""
        if not self.total or not self.count or self.over:
            return None
        return self.seconds / self.count * max(0, self.total - self.count)


class Job:
    """One run of a step generator; made by :func:`start`."""

    def __init__(self, factory: Factory, total: int | None) -> None:
        self._factory = factory
        self._cancel = threading.Event()
        self._snapshot = Snapshot(total=total)
        self._seen = time.monotonic()

    def look(self) -> Snapshot:
        """The newest snapshot; also the sign that somebody is still interested."""
        self._seen = time.monotonic()
        if self._snapshot.status == "queued":
            return replace(self._snapshot, ahead=_queue.place(self))
        return self._snapshot

    def cancel(self) -> None:
        """Stop after the step at work; a queued job stops at once."""
        self._cancel.set()
        if _queue.withdraw(self):
            self._publish(status="cancelled")

    def unwanted(self) -> bool:
        """Whether it was cancelled or nobody has looked for a while."""
        return self._cancel.is_set() or time.monotonic() - self._seen > ABANDONED_AFTER

    def drop_if_unwanted(self) -> bool:
        """Mark a queued job that nobody waits for any more as cancelled; whether it was one."""
        if self.unwanted():
            self._publish(status="cancelled")
        return self._snapshot.over

    def run(self) -> None:
        """Work until the generator ends; called by the queue in a thread of its own."""
        began = time.monotonic()
        steps: Iterator[Any] = iter(())
        try:
            steps = self._factory()
            self._publish(status="running")
            for step in steps:
                seconds = time.monotonic() - began
                self._publish(step=step, count=self._snapshot.count + 1, seconds=seconds)
                if self.unwanted():
                    self._publish(status="cancelled")
                    return
                time.sleep(0)  # let script threads have the interpreter between steps
            self._publish(status="done")
        except EngineError as error:
            self._publish(status="failed", error=str(error))
        except Exception:
            _log.exception("a job failed")
            self._publish(status="failed", error="Something went wrong; the log has the details.")
        finally:
            close = getattr(steps, "close", None)
            if close is not None:
                close()

    def _publish(self, **changes: Any) -> None:
        self._snapshot = replace(self._snapshot, **changes)


class _Queue:
    """First come, first served, ``MAX_RUNNING`` at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[Job] = deque()
        self._running = 0

    def submit(self, job: Job) -> None:
        with self._lock:
            if len(self._waiting) >= MAX_QUEUED:
                raise EngineError(
                    f"{MAX_QUEUED} jobs are waiting already; please try again in a minute."
                )
            self._waiting.append(job)
        self._start_next()

    def place(self, job: Job) -> int:
        """How many jobs must end, or at least begin, before this one."""
        with self._lock:
            return self._running + self._waiting.index(job) if job in self._waiting else 0

    def withdraw(self, job: Job) -> bool:
        with self._lock:
            if job in self._waiting:
                self._waiting.remove(job)
                return True
            return False

    def _start_next(self) -> None:
        with self._lock:
            while self._waiting and self._running < MAX_RUNNING:
                job = self._waiting.popleft()
                if job.drop_if_unwanted():
                    continue
                self._running += 1
                threading.Thread(target=self._work, args=(job,), daemon=True, name="job").start()

    def _work(self, job: Job) -> None:
        try:
            job.run()
        finally:
            with self._lock:
                self._running -= 1
            self._start_next()


_queue = _Queue()


def start(key: str, factory: Factory, *, total: int | None = None) -> Job:
    """Start a job for this visitor under ``key``; an older one under that key is cancelled.

    Raises:
        EngineError: if too many jobs wait already.
    """
    previous = st.session_state.get(key)
    if isinstance(previous, Job):
        previous.cancel()
    job = Job(factory, total)
    _queue.submit(job)
    st.session_state[key] = job
    return job


def current(key: str) -> Job | None:
    """This visitor's job under ``key``."""
    job = st.session_state.get(key)
    return job if isinstance(job, Job) else None


def progress(snapshot: Snapshot) -> None:
    """A progress bar with the time left, or the honest reason why nothing moves yet."""
    if snapshot.status == "queued":
        noun = "job is" if snapshot.ahead == 1 else "jobs are"
        st.info(f"Waiting: {snapshot.ahead} {noun} before this one.", icon=":material/hourglass:")
    elif snapshot.status == "failed":
        st.error(snapshot.error)
    elif snapshot.total:
        share = min(1.0, snapshot.count / snapshot.total)
        st.progress(share, text=_words(snapshot))


def _words(snapshot: Snapshot) -> str:
    if snapshot.over:
        return f"{snapshot.status.capitalize()} after {snapshot.seconds:.1f} s"
    left = snapshot.remaining
    told = "" if left is None else f", about {left:.0f} s left"
    return f"{snapshot.count} of {snapshot.total}{told}"


def watch(key: str, draw: Callable[[Snapshot], None]) -> None:
    """Draw this visitor's job under ``key``; while it runs, ``REFRESHES`` times a second."""
    job = current(key)
    if job is None:
        return
    running = not job.look().over

    @st.fragment(run_every=1 / REFRESHES if running else None)
    def poll() -> None:
        snapshot = job.look()
        progress(snapshot)
        draw(snapshot)
        if running and snapshot.over:
            st.rerun()  # drops the timer

    poll()
