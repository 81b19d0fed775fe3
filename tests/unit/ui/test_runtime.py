"""Warm-up and the garbage collector."""

from __future__ import annotations

import asyncio
import gc
import gzip
import os
from typing import Any
from urllib.parse import unquote

import pytest
from starlette.applications import Starlette

from ui import runtime, serving
from ui.live.component import VERSION


def test_settling_freezes_once_per_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "_settled_modules", 0)
    gc.unfreeze()
    assert runtime.settle()
    assert gc.get_freeze_count() > 1000
    assert not runtime.settle()
    gc.unfreeze()


def test_a_persons_thread_limits_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    runtime.limit_threads()
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert int(os.environ["MKL_NUM_THREADS"]) >= 1


def test_warm_up_survives_a_missing_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "ENGINES", ("no_such_engine",))
    monkeypatch.setattr(runtime, "HEAVY", ())
    thread = runtime.warm_up(delay=0.0)
    thread.join(10)
    assert not thread.is_alive()
    gc.unfreeze()


def get(path: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and unpacked body of one request to the routes of the suite."""
    app = Starlette(routes=serving.ROUTES, middleware=[serving.SecurityHeaders])
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": unquote(path), "headers": []}
    asyncio.run(app({**scope, "query_string": b"", "root_path": ""}, receive, send))
    headers = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in sent[1:])
    packed = headers.get("content-encoding") == "gzip"
    return sent[0]["status"], headers, gzip.decompress(body) if packed else body


def test_scripts_are_served_by_name_alone() -> None:
    status, headers, body = get(f"/suite/scripts/{VERSION}/live_sliders.js")
    assert status == 200
    assert headers["content-type"].startswith("text/javascript")
    assert b"export function render" in body
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "name", ["nothing.js", "..%2fserving.py", "%2e%2e%2f%2e%2e%2fapp.py", "component.py", "."]
)
def test_nothing_else_is_served(name: str) -> None:
    assert get(f"/suite/scripts/{VERSION}/{name}")[0] == 404


def test_plotly_comes_from_the_installed_package() -> None:
    assert b"plotly.js v" in get(f"/suite/scripts/{VERSION}/plotly.min.js")[2][:400]
