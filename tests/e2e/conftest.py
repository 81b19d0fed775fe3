"""A real server and a real Chromium for the tests of what moves, drags, hovers or streams."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from run import find_chromium

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
]
# On a deep link Streamlit's front end looks for its server below the page's own path first.
EXPECTED_404 = ("/_stcore/health", "/_stcore/host-config")


class Server:
    """A running suite on a free port."""

    def __init__(self, script: Path, log: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        environment = dict(os.environ, OMP_NUM_THREADS="1", PYTHONPATH=str(ROOT))
        command = [sys.executable, "-m", "streamlit", "run", str(script)]
        began = time.monotonic()
        with log.open("w") as output:
            self.process = subprocess.Popen(
                [*command, f"--server.port={self.port}", "--server.headless=true"],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._wait(began + 60, log)
        self.seconds_to_health = time.monotonic() - began
        self.log = log

    def _wait(self, end: float, log: Path) -> None:
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended:\n{log.read_text()}")
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1) as answer:
                    if answer.read() == b"ok":
                        return
            except OSError:
                time.sleep(0.05)
        raise TimeoutError(log.read_text())

    def cpu_seconds(self) -> float:
        times = psutil.Process(self.process.pid).cpu_times()
        return times.user + times.system

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="session")
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], Server]]:
    """Starts further servers, each stopped at the end."""
    started: list[Server] = []

    def start(script: Path) -> Server:
        log = tmp_path_factory.mktemp("server") / "log.txt"
        started.append(Server(script, log))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def server(start_server: Callable[[Path], Server]) -> Server:
    """The suite itself."""
    return start_server(ROOT / "app.py")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = find_chromium()
    if found is None:
        pytest.skip("no Chromium; apt-get install chromium or set CHROMIUM")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(found), args=FLAGS)
        yield launched
        launched.close()


class Visit:
    """A page with a record of its console errors, failed requests and requests elsewhere."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self.errors: list[str] = []
        self.foreign: list[str] = []
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        page.on("response", lambda r: self._answered(r.status, r.url))
        page.on("request", lambda r: self._asked(r.url, origin))

    def _answered(self, status: int, url: str) -> None:
        if status >= 400 and not url.endswith(EXPECTED_404):
            self.errors.append(f"{status} {url}")

    def _asked(self, url: str, origin: str) -> None:
        if not url.startswith((origin, "data:", "blob:", origin.replace("http", "ws"))):
            self.foreign.append(url)

    @property
    def faults(self) -> list[str]:
        """Console errors without the message that accompanies each expected 404."""
        return [e for e in self.errors if "status of 404" not in e]


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Callable[..., Visit]]:
    """Opens a path of the suite: ``visit("/autodiff", dark=True, width=390)``."""
    contexts = []

    def open_page(
        path: str, *, dark: bool = False, width: int = 1280, height: int = 900, origin: str = ""
    ) -> Visit:
        context = browser.new_context(
            color_scheme="dark" if dark else "light", viewport={"width": width, "height": height}
        )
        contexts.append(context)
        opened = Visit(context.new_page(), origin or server.url)
        opened.page.goto((origin or server.url) + path)
        return opened

    yield open_page
    for context in contexts:
        context.close()
