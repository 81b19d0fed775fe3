"""Every page and preset through Streamlit's own test harness: no exception, sane elements."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ui.rooms import ROOMS
from ui.rooms.autodiff.controls import PRESETS, TABS
from ui.rooms.autodiff.lesson import STEPS

ROOT = Path(__file__).resolve().parents[2]
ATTACKS = ROOT / "tests" / "unit" / "common" / "attacks.txt"


def open_page(name: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "ui" / "shell.py"), default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    return app.switch_page(f"../pages/{name}.py").run()


@pytest.fixture
def autodiff() -> Iterator[AppTest]:
    app = open_page("autodiff")
    assert not app.exception
    yield app


@pytest.mark.parametrize("name", ["home", *(room.page for room in ROOMS)])
def test_a_page_opens_without_an_exception(name: str) -> None:
    app = open_page(name)
    assert not app.exception
    assert len(app.title) == 1


def test_home_has_a_card_with_a_picture_for_every_room() -> None:
    app = open_page("home")
    assert [card.value for card in app.subheader] == [room.title for room in ROOMS]
    assert len(app.get("bidi_component")) >= len(ROOMS)


@pytest.mark.parametrize("label", [preset[0] for preset in PRESETS])
def test_a_preset(autodiff: AppTest, label: str) -> None:
    next(button for button in autodiff.button if button.label == label).click().run()
    assert not autodiff.exception
    assert not autodiff.error
    text = next(preset[1] for preset in PRESETS if preset[0] == label)
    assert autodiff.text_input(key="ad_f").value == text


@pytest.mark.parametrize("label", [preset[0] for preset in PRESETS])
@pytest.mark.parametrize("tab", TABS)
def test_every_section_of_every_preset(label: str, tab: str) -> None:
    app = open_page("autodiff", ad_tab=tab)
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception, (label, tab)


@pytest.mark.parametrize("step", range(len(STEPS)))
def test_every_step_of_the_tour(step: int) -> None:
    app = open_page("autodiff", ad_tour=str(step + 1))
    assert not app.exception
    assert any(STEPS[step].title in text.value for text in app.markdown)


def test_walking_the_tour_sets_the_controls(autodiff: AppTest) -> None:
    press(autodiff, "Guided tour: 14 steps")
    for _ in range(10):
        press(autodiff, "Next")
    assert autodiff.session_state["ad_mode"] == "Reverse"
    press(autodiff, "End the tour")
    assert autodiff.session_state["ad_tour"] == 0


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


@pytest.mark.parametrize("mode", ["Build", "Order", "Forward", "Reverse"])
@pytest.mark.parametrize("order", ["topological order", "naive order"])
def test_modes_and_orders(autodiff: AppTest, mode: str, order: str) -> None:
    autodiff.session_state["ad_mode"] = mode
    autodiff.session_state["ad_order"] = order
    autodiff.run()
    assert not autodiff.exception


@pytest.mark.parametrize(
    "text",
    ["3", "pi", "x", "x; ", "x, y, x*y", "1/0", "log(-1)*x", "0*x", "x^x^x^x", "abs(x) > y"],
)
@pytest.mark.parametrize("tab", TABS)
def test_odd_functions(text: str, tab: str) -> None:
    app = open_page("autodiff", ad_tab=tab)
    app.text_input(key="ad_f").set_value(text).run()
    assert not app.exception, (text, tab)


def test_a_faulty_function_is_explained_and_kept(autodiff: AppTest) -> None:
    autodiff.text_input(key="ad_f").set_value("x^2*y").run()
    autodiff.text_input(key="ad_f").set_value("x^2*(y").run()
    assert "never closed" in autodiff.error[0].value
    assert autodiff.text_input(key="ad_f").value == "x^2*(y"
    shown = [str(json.loads(part.proto.json)) for part in autodiff.get("bidi_component")]
    assert any("∂v2/∂y" in text for text in shown)


def test_no_typed_attack_reaches_the_page(autodiff: AppTest) -> None:
    lines = [line for line in ATTACKS.read_text().splitlines() if line][::6]
    for line in lines:
        attack = line.encode().decode("unicode_escape", "ignore")[:2000]
        attack = attack.encode("utf-8", "ignore").decode()  # lone surrogates cannot be sent
        autodiff.text_input(key="ad_f").set_value(attack).run()
        assert not autodiff.exception, line


def test_the_chosen_input_survives_a_change_of_function(autodiff: AppTest) -> None:
    autodiff.selectbox(key="ad_wrt").set_value("x2").run()
    autodiff.text_input(key="ad_f").set_value("a*b").run()
    assert not autodiff.exception
    assert autodiff.selectbox(key="ad_wrt").value == "a"


@pytest.mark.parametrize(
    "text", ["![x](https://example.org/p.png)", "``` [a](javascript:b)", "<b>"]
)
def test_what_was_typed_is_never_read_as_markdown(autodiff: AppTest, text: str) -> None:
    autodiff.text_input(key="ad_f").set_value(text).run()
    assert autodiff.error
    for shown in (*autodiff.error, *autodiff.markdown, *autodiff.caption):
        assert text not in shown.value
    assert any(text[:10] in block.value for block in autodiff.code)
