"""The jailed worker: whatever a call does, its caller gets a sentence and the next call works."""

from __future__ import annotations

import gc
import math
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from engines.common.errors import InputError, JailError
from engines.common.jail import Worker

TARGETS = {
    "add": "operator:add",
    "bytes": "builtins:bytearray",
    "die": "os:_exit",
    "divide": "operator:truediv",
    "echo": "json:loads",
    "environment": "os:getenv",
    "exit": "sys:exit",
    "float": "builtins:float",
    "input": "builtins:input",
    "load": "engines.common.checkpoint:load_checkpoint",
    "open": "builtins:open",
    "pid": "os:getpid",
    "power": "builtins:pow",
    "print": "builtins:print",
    "repeat": "operator:mul",
    "shell": "os:system",
    "sleep": "time:sleep",
}


@pytest.fixture(scope="module")
def worker():
    with Worker(TARGETS, timeout_s=5.0, memory_mb=300) as worker:
        yield worker


def is_running(pid: int) -> bool:
    # An orphan that nobody waits for stays as a zombie where process 1 does not reap.
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def assert_works(worker: Worker) -> None:
    assert worker.call("add", 1, 2) == 3


def test_results_are_json_values(worker):
    assert worker.call("add", 1, 2) == 3
    assert worker.call("add", [1, "ü\u2028\n"], [None]) == [1, "ü\u2028\n", None]
    assert worker.call("echo", '{"a": [true, 1.5]}') == {"a": [True, 1.5]}
    assert worker.call("echo", "[1.5]", parse_float=None) == [1.5]
    assert worker.call("float", "inf") == math.inf
    assert math.isnan(worker.call("float", "nan"))


def test_the_same_child_answers_and_is_warm(worker):
    child = worker.call("pid")
    started = time.process_time()
    for _ in range(50):
        assert worker.call("pid") == child
    assert child != os.getpid()
    assert time.process_time() - started < 1  # a fresh process each would cost much more


@pytest.mark.parametrize(("name", "arguments"), [("sleep", [60]), ("power", [9, 9**9])])
def test_a_hang_is_killed_in_time_and_the_next_call_works(worker, name, arguments):
    child = worker.call("pid")
    started = time.monotonic()
    with pytest.raises(JailError, match=r"took longer than 0\.5 s and was stopped"):
        worker.call(name, *arguments, timeout_s=0.5)
    assert time.monotonic() - started < 3  # 0.5 s, and a busy machine
    assert not is_running(child)
    assert_works(worker)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")
@pytest.mark.parametrize(("name", "arguments"), [("bytes", [10**10]), ("repeat", [[0], 10**9])])
def test_a_memory_bomb_is_refused_and_the_next_call_works(worker, name, arguments):
    with pytest.raises(JailError, match="needed more than 300 MB of memory"):
        worker.call(name, *arguments)
    assert_works(worker)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")
def test_what_fits_the_limit_is_allowed(worker):
    with pytest.raises(JailError, match="not JSON"):  # bytes are not, but they were made
        worker.call("bytes", 200_000_000)
    assert_works(worker)


def test_a_crash_is_survived(worker):
    with pytest.raises(JailError, match=r"crashed its worker \(exit code 7\)"):
        worker.call("die", 7)
    assert_works(worker)


def test_death_between_two_calls_is_survived(worker):
    psutil.Process(worker.call("pid")).kill()
    time.sleep(0.1)
    assert_works(worker)


def test_a_big_result_arrives_whole(worker):
    assert worker.call("repeat", "ab", 5_000_000) == "ab" * 5_000_000
    with pytest.raises(JailError, match="more than 32 MB"):
        worker.call("repeat", "a", 33_000_000)
    assert_works(worker)


def test_a_big_argument_arrives_whole(worker):
    assert worker.call("add", "a" * 5_000_000, "b").endswith("ab")


def test_printing_and_reading_do_not_disturb_the_protocol(worker):
    assert worker.call("print", '{"result": 1}\n' * 1000, flush=True) is None
    assert worker.call("shell", "echo '{\"result\": 1}'") == 0
    with pytest.raises(JailError, match="EOFError"):
        worker.call("input")
    assert_works(worker)


def test_errors_arrive_as_sentences_without_paths(worker):
    with pytest.raises(JailError) as caught:
        worker.call("open", "/nowhere/secret")
    assert str(caught.value) == "The calculation failed (FileNotFoundError)."
    assert caught.value.__cause__ is None
    with pytest.raises(JailError, match=r"^The calculation failed \(ZeroDivisionError\)\.$"):
        worker.call("divide", 1, 0)
    with pytest.raises(JailError, match="nested too deeply"):
        worker.call("echo", "[" * 100_000)
    with pytest.raises(JailError, match="SystemExit"):
        worker.call("exit", 0)
    assert_works(worker)


def test_an_engine_error_keeps_its_message(worker):
    with pytest.raises(JailError) as caught:
        worker.call("load", "no-such-folder", "net")
    assert str(caught.value).startswith("There is no manifest.json in no-such-folder/")


def test_the_environment_is_minimal(worker, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "1")
    with Worker(TARGETS, timeout_s=5.0) as fresh:
        assert fresh.call("environment", "SECRET_TOKEN") is None
        assert fresh.call("environment", "HOME") is None
        assert fresh.call("environment", "OMP_NUM_THREADS") == "1"


def test_bad_calls_are_refused_before_they_are_sent(worker):
    with pytest.raises(InputError, match="no target 'missing'; it has add"):
        worker.call("missing")
    with pytest.raises(InputError, match="not JSON values"):
        worker.call("add", object())
    for timeout in (0, -1, math.nan, math.inf):
        with pytest.raises(InputError, match="is not possible"):
            worker.call("add", 1, 2, timeout_s=timeout)


def test_a_target_that_cannot_be_imported_is_reported(worker):
    with Worker({"a": "no_such_module:f"}) as broken:
        for _ in range(2):
            with pytest.raises(JailError, match=r"cannot be imported \(ModuleNotFoundError\)"):
                broken.call("a")


def test_callers_take_turns_and_get_their_own_answers(worker):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda i: worker.call("add", i, 0, timeout_s=30), range(100)))
    assert answers == list(range(100))


def test_a_waiting_caller_gives_up_with_a_clear_sentence(worker):
    assert_works(worker)
    began = threading.Event()

    def hold() -> None:
        began.set()
        worker.call("sleep", 1.5)

    holder = threading.Thread(target=hold)
    holder.start()
    began.wait()
    time.sleep(0.2)
    with pytest.raises(JailError, match="busy with another calculation"):
        worker.call("add", 1, 2, timeout_s=0.1)
    holder.join()
    assert_works(worker)


def test_closing_ends_the_child_even_in_the_middle_of_a_call():
    worker = Worker(TARGETS, timeout_s=30.0)
    child = worker.call("pid")
    threading.Timer(0.3, worker.close).start()
    started = time.monotonic()
    with pytest.raises(JailError, match="was closed"):
        worker.call("sleep", 30)
    assert time.monotonic() - started < 10
    assert not is_running(child)
    with pytest.raises(JailError, match="was closed"):
        worker.call("add", 1, 2)
    worker.close()


def test_start_warms_the_child_without_waiting():
    with Worker({"pid": "os:getpid"}) as worker:
        worker.start()
        child = worker._child
        worker.start()
        assert worker._child is child
        assert child is not None
        assert worker.call("pid") == child._process.pid


def test_a_forgotten_worker_takes_its_child_along():
    worker = Worker(TARGETS)
    child = worker.call("pid", timeout_s=10)
    del worker
    gc.collect()
    assert not is_running(child)


def test_the_child_ends_with_its_parent(tmp_path):
    program = (
        "import os, sys; sys.path.insert(0, sys.argv[1])\n"
        "from engines.common.jail import Worker\n"
        "worker = Worker({'pid': 'os:getpid'})\n"
        "print(worker.call('pid', timeout_s=10), flush=True)\n"
        "if sys.argv[2] == 'killed': os.kill(os.getpid(), 9)\n"
    )
    root = str(Path(__file__).resolve().parents[3])
    for manner in ("normally", "killed"):
        parent = subprocess.run(
            [sys.executable, "-c", program, root, manner], capture_output=True, text=True
        )
        child = int(parent.stdout)
        deadline = time.monotonic() + 10
        while is_running(child) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not is_running(child)
