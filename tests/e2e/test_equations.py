"""The equation room in a real browser: the first picture, its pace, stopping, clicking, drawing."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.e2e


def opened(visit: Callable, query: str = "") -> Page:
    page = visit(f"/equations?{query}").page
    page.locator(".js-plotly-plot").first.wait_for()
    return page


def test_a_law_is_found_and_shown_to_be_the_truth(visit: Callable) -> None:
    page = opened(visit, "eq_law=Kepler%27s+third+law")
    expect(page.get_by_text("an exact equation was found")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("The same function, also where no data were")).to_be_visible()


def test_the_picture_moves_while_it_searches_and_stop_is_quick(visit: Callable) -> None:
    query = "eq_source=Your+formula&eq_formula=sin(3*x)*exp(-x^2)%2Bx%2F(1%2Bx^4)&eq_seconds=60"
    page = opened(visit, query + "&eq_noise=10")
    page.get_by_text("formulas tried").wait_for()
    drawn = "+document.querySelectorAll('.js-plotly-plot')[1].dataset.draws"
    before = page.evaluate(drawn)
    page.wait_for_function(f"{drawn} >= {before + 3}", timeout=30_000)
    began = time.monotonic()
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("stopped", exact=True).wait_for()
    assert time.monotonic() - began < 5


def test_a_click_on_the_front_shows_that_equation(visit: Callable) -> None:
    page = opened(visit, "eq_law=Thin+lens")
    expect(page.get_by_text("an exact equation was found")).to_be_visible(timeout=60_000)
    before = page.locator(".katex").first.text_content()
    front = page.locator(".js-plotly-plot").nth(1)
    point = front.locator(".points path").first.bounding_box()
    assert point is not None
    page.mouse.move(point["x"] + point["width"] / 2, point["y"] + point["height"] / 2, steps=5)
    page.wait_for_timeout(500)  # plotly hovers before it clicks
    page.mouse.down()
    page.mouse.up()
    expect(page.locator(".katex").first).not_to_have_text(before or "")


def test_drawn_points_become_data(visit: Callable) -> None:
    page = opened(visit, "eq_source=Draw")
    pad = page.get_by_label("Draw points of a curve")
    box = pad.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    for step in range(30):
        page.mouse.move(box["x"] + 60 + 12 * step, box["y"] + 60 + 5 * step)
    page.mouse.up()
    expect(page.get_by_text("The data have changed")).to_be_visible()
