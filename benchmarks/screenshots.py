"""Makes the README's pictures: starts the suite, visits each room in Chromium, saves PNG files.

``python -m benchmarks.screenshots [folder]`` writes ``<page>.png`` (light, 1280 wide) into
``assets/pictures``; with a folder given it writes every page there in light and dark, 1280 and
390 pixels wide, for a look at a change before it is committed.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from run import find_chromium

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "assets" / "pictures"
PAGES = {"home": "/", **{path.stem: f"/{path.stem}" for path in ROOT.glob("pages/[!h]*.py")}}
ADDRESS = {"autodiff": "/autodiff?ad_mode=Reverse&ad_step=5"}
SETTLE_MS = 6000


@contextmanager
def suite() -> Iterator[str]:
    """The suite on a free port; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.2)
        yield url
    finally:
        server.terminate()
        server.wait(10)


def shoot(browser: Browser, url: str, target: Path, *, dark: bool, width: int, full: bool) -> None:
    """Save one page; ``full`` includes what lies below the fold."""
    context = browser.new_context(
        color_scheme="dark" if dark else "light", viewport={"width": width, "height": 900}
    )
    page = context.new_page()
    page.goto(url)
    page.wait_for_timeout(SETTLE_MS)
    if full:
        height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        page.set_viewport_size({"width": width, "height": min(8000, int(height) + 60)})
        page.wait_for_timeout(800)
    page.screenshot(path=str(target))
    context.close()


def main() -> None:
    """Save the README's pictures, or every view into the folder that was named."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    chromium = find_chromium()
    if chromium is None:
        sys.exit("No Chromium: apt-get install chromium, or set CHROMIUM.")
    with suite() as url, sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        for name, path in PAGES.items():
            if folder is None:
                address = url + ADDRESS.get(name, path)
                picture = PICTURES / f"{name}.png"
                shoot(browser, address, picture, dark=False, width=1280, full=False)
                continue
            folder.mkdir(parents=True, exist_ok=True)
            for dark in (False, True):
                for width in (1280, 390):
                    target = folder / f"{name}-{'dark' if dark else 'light'}-{width}.png"
                    shoot(browser, url + path, target, dark=dark, width=width, full=True)
        browser.close()


if __name__ == "__main__":
    main()
