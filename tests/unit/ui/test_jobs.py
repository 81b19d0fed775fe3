"""Jobs: progress, cancelling, queueing, failures, and jobs nobody looks at."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from engines.common.errors import EngineError, InputError
from ui import jobs
from ui.jobs import Job, Snapshot, _Queue


@pytest.fixture(autouse=True)
def fresh_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_queue", _Queue())
    monkeypatch.setattr(jobs, "MAX_RUNNING", 1)


def submit(factory: Callable[[], Iterator[object]], total: int | None = None) -> Job:
    job = Job(factory, total)
    jobs._queue.submit(job)
    return job


def wait(job: Job, until: Callable[[Snapshot], bool], seconds: float = 5.0) -> Snapshot:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        snapshot = job.look()
        if until(snapshot):
            return snapshot
        time.sleep(0.005)
    raise AssertionError(f"still {job.look()}")


def held(gate: threading.Event) -> Callable[[], Iterator[int]]:
    def steps() -> Iterator[int]:
        for number in range(1000):
            gate.wait(5)
            yield number

    return steps


def test_a_job_runs_to_its_end_and_keeps_its_last_step() -> None:
    snapshot = wait(submit(lambda: iter(range(10)), total=10), lambda s: s.over)
    assert (snapshot.status, snapshot.step, snapshot.count) == ("done", 9, 10)


def test_time_left_follows_the_speed_so_far() -> None:
    assert Snapshot("running", count=2, total=10, seconds=1.0).remaining == pytest.approx(4.0)
    assert Snapshot("running", count=0, total=10).remaining is None
    assert Snapshot("running", count=5).remaining is None


def test_cancel_stops_after_the_step_at_work_and_closes_the_generator() -> None:
    closed = threading.Event()

    def steps() -> Iterator[int]:
        try:
            for number in range(10**9):
                time.sleep(0.001)
                yield number
        finally:
            closed.set()

    job = submit(steps)
    wait(job, lambda s: s.count > 3)
    job.cancel()
    assert wait(job, lambda s: s.over).status == "cancelled"
    assert closed.wait(2)


def test_a_full_house_queues_in_order_and_says_so() -> None:
    gate = threading.Event()
    first = submit(held(gate))
    second, third = submit(lambda: iter([1])), submit(lambda: iter([2]))
    assert (second.look().status, second.look().ahead) == ("queued", 1)
    assert third.look().ahead == 2
    first.cancel()
    gate.set()
    assert wait(third, lambda s: s.over).status == "done"
    assert second.look().status == "done"


def test_a_queued_job_can_be_withdrawn() -> None:
    gate = threading.Event()
    first, second = submit(held(gate)), submit(lambda: iter([1]))
    second.cancel()
    assert second.look().status == "cancelled"
    first.cancel()
    gate.set()
    wait(first, lambda s: s.over)
    assert second.look().count == 0


def test_the_queue_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MAX_QUEUED", 2)
    gate = threading.Event()
    running = submit(held(gate))
    waiting = [submit(lambda: iter([1])) for _ in range(2)]
    with pytest.raises(EngineError, match="try again"):
        submit(lambda: iter([1]))
    for job in (*waiting, running):
        job.cancel()
    gate.set()


def test_bad_input_is_told_and_faults_are_not() -> None:
    def bad() -> Iterator[int]:
        yield from check([])

    def check(points: list[int]) -> Iterator[int]:
        if not points:
            raise InputError("Choose at least one point.")
        return iter(points)

    def broken() -> Iterator[int]:
        yield 1
        raise ZeroDivisionError("secret detail")

    assert wait(submit(bad), lambda s: s.over).error == "Choose at least one point."
    failed = wait(submit(broken), lambda s: s.over)
    assert failed.status == "failed"
    assert "secret" not in failed.error


def test_a_factory_that_fails_frees_its_place() -> None:
    def factory() -> Iterator[int]:
        raise RuntimeError

    assert wait(submit(factory), lambda s: s.over).status == "failed"
    assert wait(submit(lambda: iter([1])), lambda s: s.over).status == "done"


def test_a_job_nobody_looks_at_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "ABANDONED_AFTER", 0.05)
    done = threading.Event()

    def steps() -> Iterator[int]:
        try:
            while True:
                time.sleep(0.01)
                yield 1
        finally:
            done.set()

    job = submit(steps)
    assert done.wait(3)
    assert job.look().status == "cancelled"


def test_a_busy_job_leaves_the_interpreter_to_others() -> None:
    def steps() -> Iterator[int]:
        for number in range(10**9):
            sum(range(2000))
            yield number

    job = submit(steps)
    wait(job, lambda s: s.count > 10)
    worst = 0.0
    for _ in range(50):
        began = time.perf_counter()
        time.sleep(0.001)
        worst = max(worst, time.perf_counter() - began)
    job.cancel()
    assert worst < 0.25
    wait(job, lambda s: s.over)
