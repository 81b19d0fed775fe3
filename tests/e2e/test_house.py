"""The shell: first requests, page switches, accessibility, widths, themes, no foreign requests."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).resolve().parents[2]
PAGES = ("/", "/autodiff", "/equations")
# Faults of Streamlit's own nodes, which a page cannot mend: (rule, part of the node's selector).
STREAMLIT_CORE: tuple[tuple[str, str], ...] = ()


def ready(page: Page) -> None:
    """The page's live picture is drawn."""
    drawn = ".js-plotly-plot" if "/equations" in page.url else ".stage svg .node"
    page.locator(drawn).first.wait_for()
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
        if not _is_core(rule["id"], str(node["target"]))
    ]
    assert found == []


def _is_core(rule: str, target: str) -> bool:
    return any(rule == known and part in target for known, part in STREAMLIT_CORE)


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


ARRIVAL = """(text) => { window.arrived = new Promise((done) => {
  document.addEventListener("click", () => {
    const began = performance.now();
    const look = () => document.body.innerText.includes(text)
      ? done(performance.now() - began) : requestAnimationFrame(look);
    requestAnimationFrame(() => requestAnimationFrame(look));
  }, {once: true, capture: true}); }); }"""


def test_page_switches_are_quick(visit: Callable) -> None:
    page = visit("/").page
    ready(page)
    times = []
    for _ in range(7):
        page.get_by_text("Foundations").first.click()
        room = page.get_by_role("menuitem", name="Automatic differentiation")
        times.append(_switch(page, room, "Your function"))
        ready(page)
        home = page.get_by_role("link", name="Home").first
        times.append(_switch(page, home, "Open the room"))
        ready(page)
    times = sorted(times[2:])  # the first visit of each page loads its scripts
    assert times[len(times) // 2] <= 150


def _switch(page: Page, target: Locator, text: str) -> float:
    """Milliseconds from the click until the other page's text is there."""
    target.wait_for()
    page.evaluate(ARRIVAL, text)
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
