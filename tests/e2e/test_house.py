"""The shell: first requests, page switches, accessibility, widths, themes, no foreign requests."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).resolve().parents[2]
PAGES = ("/", "/autodiff")
# Faults of Streamlit's own nodes, which a page cannot mend: (rule, part of the node's selector).
STREAMLIT_CORE: tuple[tuple[str, str], ...] = ()


def ready(page) -> None:
    page.locator(".stage svg .node").first.wait_for()
    page.get_by_text("Seven papers, live").wait_for()


def test_a_cold_deep_link_as_the_first_request(start_server: Callable, visit: Callable) -> None:
    server = start_server(ROOT / "app.py")
    began = time.monotonic()
    opened = visit("/autodiff", origin=server.url)
    ready(opened.page)
    assert time.monotonic() - began < 8
    expect(opened.page.get_by_role("link", name="Home")).to_be_visible()
    assert opened.faults == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_accessibility(visit: Callable, path: str, dark: bool) -> None:
    page = visit(path, dark=dark).page
    ready(page)
    page.wait_for_timeout(1000)
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    report = Axe().run(page, options={"runOnly": {"type": "tag", "values": rules}})
    found = [
        (rule["id"], node["target"], node["failureSummary"])
        for rule in report.response["violations"]
        for node in rule["nodes"]
        if not any(rule["id"] == known and part in str(node["target"]) for known, part in STREAMLIT_CORE)
    ]
    assert found == []


@pytest.mark.parametrize("width", [390, 768, 1280, 1920])
@pytest.mark.parametrize("path", PAGES)
def test_nothing_runs_over_the_side(visit: Callable, path: str, width: int) -> None:
    page = visit(path, width=width).page
    ready(page)
    over = page.evaluate(
        """() => Math.max(document.documentElement.scrollWidth - innerWidth,
        ...[...document.querySelectorAll('[data-testid=stMain]')]
          .map((e) => e.scrollWidth - e.clientWidth))"""
    )
    assert over <= 0


@pytest.mark.parametrize("path", PAGES)
def test_no_errors_and_no_foreign_requests(visit: Callable, path: str) -> None:
    opened = visit(path)
    ready(opened.page)
    opened.page.wait_for_timeout(1500)
    assert opened.faults == []
    assert opened.foreign == []


def test_page_switches_are_quick(visit: Callable) -> None:
    page = visit("/").page
    ready(page)
    times = []
    for _ in range(7):
        for link, waited in (("Automatic differentiation", "Your function"), ("Home", "Open the room")):
            if link != "Home":
                page.get_by_text("Foundations").first.hover()
                page.get_by_text("Foundations").first.click()
            target = page.get_by_role("menuitem", name=link) if link != "Home" else None
            target = target or page.get_by_role("link", name=link).first
            target.wait_for()
            times.append(_switch(page, target, waited))
    times = sorted(times[2:])  # the first visit of each page loads its scripts
    assert times[len(times) // 2] <= 150


def _switch(page, target, waited: str) -> float:
    page.evaluate(
        """(text) => { window.arrived = new Promise((done) => {
        document.addEventListener("click", () => { const began = performance.now();
          const look = () => document.body.innerText.includes(text)
            ? done(performance.now() - began) : requestAnimationFrame(look);
          requestAnimationFrame(() => requestAnimationFrame(look)); }, {once: true, capture: true}); }); }""",
        waited,
    )
    target.click()
    return page.evaluate("window.arrived")


def test_presenter_mode_enlarges_the_type(visit: Callable) -> None:
    plain, presented = visit("/autodiff").page, visit("/autodiff?present=1").page
    for page in (plain, presented):
        ready(page)
    size = "() => parseFloat(getComputedStyle(document.documentElement).fontSize)"
    assert presented.evaluate(size) > plain.evaluate(size)
    expect(presented.get_by_text("How it works")).to_be_hidden()
    expect(plain.get_by_text("How it works")).to_be_visible()
