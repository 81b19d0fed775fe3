"""What moves: dragging, playing, typing, links that carry the state."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.e2e
HERE = Path(__file__).parent
PAPER = "log(x1) + x1*x2 - sin(x2)"


def settled(page: Page) -> None:
    """Wait until the graph stands and the script is idle."""
    page.locator(".stage svg .node").first.wait_for()
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()


def slider(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=name, exact=True)


def drag(page: Page, handle: Locator, seconds: float = 2.0, moves: int = 60) -> None:
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    assert box is not None
    y, left, width = box["y"] + box["height"] / 2, box["x"] + 15, box["width"] - 40
    page.mouse.move(left, y)
    page.mouse.down()
    began = time.monotonic()
    for move in range(moves):
        page.mouse.move(left + width * move / (moves - 1), y)
        time.sleep(max(0.0, began + move * seconds / moves - time.monotonic()))


def count_changes(page: Page, selector: str) -> None:
    """Count how often the text of an element inside a component changes."""
    page.locator(selector).first.evaluate(
        """(element) => { window.changes = 0;
        new MutationObserver(() => window.changes++).observe(element,
          {characterData: true, childList: true, subtree: true}); }"""
    )


def test_the_picture_follows_while_a_slider_is_dragged(visit: Callable) -> None:
    page = visit("/autodiff").page
    settled(page)
    count_changes(page, ".node.output .value")
    drag(page, slider(page, "x2"))  # x1 would be NaN, unchanged, over half its range
    during = page.evaluate("window.changes")
    page.mouse.up()
    assert during >= 16
    page.wait_for_url("**ad_x_x2=*")
    value = float(page.url.split("ad_x_x2=")[1].split("&")[0])
    expect(page.locator(".node.input .value").nth(1)).to_have_text(f"{value:.3f}".rstrip("0"))


def test_server_cpu_per_slider_step(visit: Callable, server) -> None:
    page = visit("/autodiff").page
    settled(page)
    page.wait_for_timeout(6000)  # the warm-up has loaded every engine by then
    count_changes(page, ".node.output .value")
    before = server.cpu_seconds()
    drag(page, slider(page, "x2"), seconds=4.0, moves=120)
    used = server.cpu_seconds() - before
    steps = page.evaluate("window.changes")
    page.mouse.up()
    assert steps >= 30
    assert 1000 * used / steps <= 20


def test_arrow_keys_move_a_slider(visit: Callable) -> None:
    page = visit("/autodiff").page
    settled(page)
    slider(page, "x2").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".node.input .value").nth(1)).to_have_text("5.1")
    page.get_by_role("spinbutton", name="x2, exact value").fill("-3.25")
    page.keyboard.press("Enter")
    expect(page.locator(".node.input .value").nth(1)).to_have_text("-3.25")


def test_play_step_and_scrub(visit: Callable) -> None:
    page = visit("/autodiff").page
    settled(page)
    player = page.get_by_role("group", name="Graph player")
    player.get_by_role("button", name="To the start").click()
    expect(player.locator(".count")).to_have_text("0 / 5")
    expect(player.locator(".node[data-state=done]")).to_have_count(0)
    player.get_by_role("button", name="One step on").click()
    player.get_by_role("button", name="One step on").click()
    expect(player.locator(".count")).to_have_text("2 / 5")
    expect(player.locator(".node[data-state=done]")).to_have_count(2)
    player.get_by_role("button", name="Play").click()
    expect(player.locator(".count")).to_have_text("5 / 5")
    expect(player.locator(".note")).to_contain_text("(1)(5.5) + (-1)(0) = 5.5")
    player.locator(".node.input").first.click()
    expect(player.locator(".count")).to_have_text("1 / 5")


def test_a_table_row_sends_the_graph_to_its_step(visit: Callable) -> None:
    page = visit("/autodiff").page
    settled(page)
    page.locator("tr", has_text="dv2/dx1").first.click()
    expect(page.locator(".node.lit .label")).to_have_text("v2 = x1*x2")
    expect(page.locator("tr.here", has_text="v2").first).to_be_visible()


def test_a_thousand_nodes_play_without_the_server(visit: Callable, start_server: Callable) -> None:
    server = start_server(HERE / "apps" / "large_graph.py")
    page = visit("/", origin=server.url).page
    page.locator(".node").nth(999).wait_for()
    page.get_by_role("button", name="To the start").click()
    page.get_by_label("Speed").select_option("60")
    page.get_by_role("button", name="Play").click()
    seconds = 4.0
    frames = page.evaluate(
        """(seconds) => new Promise((done) => { let frames = 0; const began = performance.now();
        const tick = (now) => { frames++; now - began < seconds * 1000
          ? requestAnimationFrame(tick) : done(frames); }; requestAnimationFrame(tick); })""",
        seconds,
    )
    position = int((page.locator(".count").text_content() or "0").split("/")[0])
    page.get_by_role("button", name="Pause").click()
    assert frames / seconds >= 30
    assert position >= 30 * seconds
    assert page.get_by_text("runs 1").is_visible()


def test_typing_a_function(visit: Callable) -> None:
    page = visit("/autodiff").page
    settled(page)
    field = page.get_by_role("textbox", name="Your function")
    field.fill("sin(a)*b^2 + exp(-c)")
    expect(page.locator(".node.output .label")).to_contain_text("+")
    for name in "abc":
        expect(slider(page, name)).to_be_visible()
    expect(page.get_by_text("∂v6/∂b")).to_be_visible()


def test_a_faulty_function_keeps_the_picture_and_the_text(visit: Callable) -> None:
    page = visit("/autodiff").page
    settled(page)
    field = page.get_by_role("textbox", name="Your function")
    field.fill("log(x1) + x1*")
    expect(page.get_by_role("alert")).to_contain_text("ends too early")
    expect(page.locator(".node.output .label")).to_have_text("v5 = v3 - v4")
    expect(field).to_have_value("log(x1) + x1*")
    field.fill("log(x1) + x1*x2")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_naive_order_is_shown_to_be_wrong(visit: Callable) -> None:
    page = visit("/autodiff").page
    settled(page)
    page.get_by_role("button", name="Shared node").click()
    expect(page.get_by_text("6 instead of 4")).to_be_visible()


def test_a_link_shows_the_same_figure_to_someone_else(visit: Callable) -> None:
    first = visit("/autodiff").page
    settled(first)
    first.get_by_role("textbox", name="Your function").fill("x^2*y")
    expect(slider(first, "y")).to_be_visible()
    first.get_by_role("spinbutton", name="y, exact value").fill("3.5")
    first.keyboard.press("Enter")
    first.get_by_text("Reverse", exact=True).click()
    expect(first.locator(".node.output .value")).to_have_text("3.5")
    expect(first.locator(".note")).to_contain_text("dv2/dx")
    first.wait_for_url("**ad_x_y=3.5*")
    second = visit(first.url.split("127.0.0.1")[1].split("/", 1)[1].join(["/", ""])).page
    settled(second)
    expect(second.locator(".node.output .value")).to_have_text("3.5")
    expect(second.locator(".note")).to_have_text(first.locator(".note").text_content() or "?")


@pytest.mark.parametrize(
    "query",
    [
        "ad_x_x1=nan",
        "ad_x_x1=1e999",
        "ad_f=" + quote("__import__('os')"),
        "ad_f=" + "x" * 3000,
        "ad_mode=Sideways&ad_wrt=zz&ad_order=7&ad_range=-1&ad_tab=Nowhere",
        "ad_tour=999&ad_step=abc",
        "ad_step=-5",
    ],
)
def test_a_spoilt_address_falls_back_to_the_defaults(visit: Callable, query: str) -> None:
    opened = visit(f"/autodiff?{query}")
    settled(opened.page)
    expect(opened.page.locator(".node.output .value")).to_have_text("11.652")
    assert opened.faults == []


def test_the_tour_sets_the_page_and_walks_by_keyboard(visit: Callable) -> None:
    page = visit("/autodiff").page
    settled(page)
    page.get_by_role("button", name="Guided tour").click()
    expect(page.get_by_text("1 of 14")).to_be_visible()
    for step in range(2, 12):
        page.keyboard.press("Alt+ArrowRight")
        expect(page.get_by_text(f"{step} of 14")).to_be_visible()
    expect(page.locator(".note")).to_contain_text("dv5/d")
    page.wait_for_url("**ad_tour=11*")
    page.get_by_role("button", name="End the tour").click()
    expect(page.get_by_role("button", name="Guided tour")).to_be_visible()


def test_reset_goes_back_to_the_papers_example(visit: Callable) -> None:
    page = visit(f"/autodiff?ad_f={quote('x^3')}&ad_x_x=2").page
    settled(page)
    expect(page.locator(".node.output .value")).to_have_text("8")
    page.get_by_role("button", name="Reset").click()
    expect(page.get_by_role("textbox", name="Your function")).to_have_value(PAPER)
    expect(page.locator(".node.output .value")).to_have_text("11.652")


def test_leaving_the_room_takes_its_values_out_of_the_address(visit: Callable) -> None:
    page = visit("/autodiff?ad_x_x2=3").page
    settled(page)
    page.get_by_role("link", name="Home").first.click()
    page.get_by_text("Open the room").first.wait_for()
    expect(page).to_have_url(re.compile(r"^[^?]*(\?(?!.*ad_x_).*)?$"))
    page.locator(".st-key-home_autodiff").get_by_text("Open the room").first.click()
    settled(page)
    expect(page.get_by_role("spinbutton", name="x2, exact value")).to_have_value("3")
    page.wait_for_url("**ad_x_x2=3*")


def test_training_runs_can_be_stopped_and_starts_again(visit: Callable) -> None:
    page = visit("/autodiff?ad_tab=Tiny+network").page
    settled(page)
    page.get_by_text("accuracy").first.wait_for()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Cancelled after")).to_be_visible()
    page.get_by_role("button", name="Train again").click()
    expect(page.get_by_text("of 201")).to_be_visible()
    expect(page.get_by_text("Done after")).to_be_visible(timeout=30_000)


def test_a_job_does_not_hold_up_another_visitor(visit: Callable) -> None:
    busy = visit("/autodiff?ad_tab=Cost").page
    settled(busy)
    busy.get_by_role("button", name="Measure again").click()
    page = visit("/autodiff").page
    settled(page)
    count_changes(page, ".node.output .value")
    drag(page, slider(page, "x2"))
    during = page.evaluate("window.changes")
    page.mouse.up()
    assert during >= 8


def test_presenting_the_arrow_keys_walk_the_tour(visit: Callable) -> None:
    page = visit("/autodiff?present=1").page
    settled(page)
    page.wait_for_timeout(2000)  # the script that listens loads last
    for key, told in (("ArrowRight", "1 of 14"), ("PageDown", "2 of 14"), ("PageUp", "1 of 14")):
        page.keyboard.press(key)
        expect(page.get_by_text(told)).to_be_visible()


def test_several_outputs_have_a_jacobian(visit: Callable) -> None:
    page = visit(f"/autodiff?ad_f={quote('x*y, x + sin(y)')}&ad_tab=Second+order").page
    settled(page)
    page.get_by_text("Jacobian: all first derivatives").wait_for()
    expect(page.get_by_text("∂v1/∂x")).to_be_visible()
