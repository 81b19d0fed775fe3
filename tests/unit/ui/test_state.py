"""Values in the session and the address: typed, finite, within their range."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import streamlit
from streamlit.testing.v1 import AppTest


def app(query: dict[str, str] | None = None) -> AppTest:
    def page() -> None:
        import streamlit as st

        from ui import state
        from ui.live import live_slider

        live_slider("a", -5.0, 5.0, 1.0, key="zz_a")
        st.button("put", on_click=state.put, args=({"zz_a": 4.0},))
        st.button("forget", on_click=state.forget, args=("zz_",))
        state.presets([("one", {"zz_a": -2.0})], key="zz")

    test = AppTest.from_function(page)
    for key, value in (query or {}).items():
        test.query_params[key] = value
    return test.run()


def press(test: AppTest, label: str) -> AppTest:
    return next(b for b in test.button if b.label == label).click().run()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("2.5", 2.5),
        ("-1e9", -5.0),
        ("99", 5.0),
        ("nan", 1.0),
        ("inf", 1.0),
        ("1e999", 1.0),
        ("", 1.0),
        ("None", 1.0),
        ("0x10", 1.0),
        ("1" * 5000, 5.0),
        ("__import__('os')", 1.0),
    ],
)
def test_the_address_is_read_with_suspicion(typed: str, expected: float) -> None:
    test = app({"zz_a": typed})
    assert not test.exception
    assert test.session_state["zz_a"] == expected
    assert math.isfinite(test.session_state["zz_a"])


def test_presets_set_and_forget_resets() -> None:
    test = app()
    assert press(test, "one").session_state["zz_a"] == -2.0
    assert press(test, "put").session_state["zz_a"] == 4.0
    assert press(test, "forget").session_state["zz_a"] == 1.0


@pytest.mark.parametrize("value", ["3", None, True, float("nan"), float("inf"), [1], {"x": 1}])
def test_a_move_that_is_no_number_changes_nothing(
    value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = taker(
        monkeypatch, {"k": 1.0, "c": {"move": {"param": "k", "value": value, "count": 3}}}
    )
    assert taken()["k"] == 1.0


@pytest.mark.parametrize("value", [77, 5.5, 10**400], ids=["whole", "float", "huge"])
def test_a_move_is_kept_within_the_range(value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = taker(
        monkeypatch, {"k": 1.0, "c": {"move": {"param": "k", "value": value, "count": 3}}}
    )
    assert taken()["k"] == 5.0


def test_a_move_of_another_key_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    move = {"param": "secret", "value": 2.0, "count": 1}
    session = taker(monkeypatch, {"k": 1.0, "secret": 0.0, "c": {"move": move}})()
    assert (session["k"], session["secret"]) == (1.0, 0.0)


def taker(
    monkeypatch: pytest.MonkeyPatch, session: dict[str, object]
) -> Callable[[], dict[str, object]]:
    from ui.live import slider

    monkeypatch.setattr(streamlit, "session_state", session)

    def take() -> dict[str, object]:
        slider._take((slider.Slider("k", -5.0, 5.0, 1.0, "k"),), "c")
        return session

    return take
