"""The equation room through Streamlit's own test harness."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ui import jobs
from ui.rooms.equations.data import SOURCES
from ui.rooms.equations.samples import LAWS
from ui.rooms.equations.search import JOB

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def room() -> Iterator[AppTest]:
    app = AppTest.from_file(str(ROOT / "ui" / "shell.py"), default_timeout=90)
    app.query_params["eq_seconds"] = "5"
    app.switch_page("../pages/equations.py").run()
    assert not app.exception
    yield app
    job = app.session_state[JOB] if JOB in app.session_state else None  # noqa: SIM401
    if job is not None:
        job.cancel()


def finished(app: AppTest, seconds: float = 60.0) -> jobs.Snapshot:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        snapshot = app.session_state[JOB].look()
        if snapshot.over:
            return snapshot
        time.sleep(0.1)
    raise AssertionError("the search did not end")


def test_the_room_opens_with_a_search_under_way_and_ends_with_an_answer(room: AppTest) -> None:
    assert finished(room).status == "done"
    room.run()
    assert not room.exception
    assert any("Take it with you" in text.value for text in room.markdown)
    assert any("same function" in box.value for box in [*room.success, *room.warning])


@pytest.mark.parametrize("source", SOURCES)
def test_every_source(room: AppTest, source: str) -> None:
    room.session_state["eq_source"] = source
    room.run()
    assert not room.exception


@pytest.mark.parametrize("title", [law.title for law in LAWS])
def test_every_law(room: AppTest, title: str) -> None:
    room.selectbox(key="eq_law").set_value(title).run()
    assert not room.exception
    assert not room.error


def test_a_faulty_formula_is_explained(room: AppTest) -> None:
    room.session_state["eq_source"] = "Your formula"
    room.run()
    room.text_input(key="eq_formula").set_value("x +* 2").run()
    assert room.error
    assert not room.exception
    assert room.text_input(key="eq_formula").value == "x +* 2"
