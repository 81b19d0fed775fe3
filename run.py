#!/usr/bin/env python3
"""Start or check the suite with nothing but Python 3.11 or newer.

python run.py demo   set up once, start the server, open a browser
python run.py test   set up once, then lint, type-check and test everything
python run.py lint   the first three stages of `test` alone

The set-up, a virtual environment in .venv, is repeated only when a requirements file or the Python
version changes. pip's own configuration (index, wheels, proxy) is left as it is.
"""

from __future__ import annotations

import argparse
import glob
import hashlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMPS = VENV / ".installed"
VENV_PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
FOR_DEMO = ("requirements.txt",)
FOR_TESTS = ("requirements.txt", "requirements-dev.txt")  # the last one includes the others
MINIMUM_PYTHON = (3, 11)
DEFAULT_PORT = 8501
SECONDS_TO_HEALTH = 90
NO_BROWSER = "no Chromium: apt-get install chromium or set CHROMIUM"
# Names on PATH and, failing those, places: globs, with ~ and ${VARIABLE} expanded.
CHROMIUM_NAMES = ("chromium", "chromium-browser")
CHROME_NAMES = ("google-chrome", "google-chrome-stable", "chrome", "msedge")
BROWSER_PLACES = (
    "/snap/bin/chromium",
    "~/.cache/ms-playwright/chromium-*/chrome-linux*/chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"${ProgramFiles}\Google\Chrome\Application\chrome.exe",
    r"${LocalAppData}\Google\Chrome\Application\chrome.exe",
    r"${ProgramFiles(x86)}\Microsoft\Edge\Application\msedge.exe",
)


class Problem(Exception):
    """A reason to stop that the person at the keyboard can act on."""


class Outcome(NamedTuple):
    """What became of one stage of `test`: its verdict is "ok", "FAILED" or "SKIPPED"."""

    stage: str
    verdict: str
    seconds: float


def stamp(requirements: Sequence[str]) -> str:
    """A fingerprint that changes when a requirements file or the Python version does."""
    digest = hashlib.sha256("{}.{}".format(*sys.version_info[:2]).encode())
    for name in requirements:
        digest.update(b"\0" + (ROOT / name).read_bytes())
    return digest.hexdigest()


def is_set_up(requirements: Sequence[str]) -> bool:
    """Whether .venv was filled from these very requirements by this version of Python."""
    record = STAMPS.read_text() if VENV_PYTHON.exists() and STAMPS.is_file() else ""
    return stamp(requirements) in record.split()


def set_up(requirements: Sequence[str]) -> None:
    """Make .venv hold what the requirements pin; raise Problem if that cannot be done."""
    if is_set_up(requirements):
        return
    if not venv_is_usable():
        print(f"Making a virtual environment in {VENV.name} ...", flush=True)
        if subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)]).returncode:
            raise Problem("No virtual environment. On Debian: apt-get install python3-venv")
    STAMPS.unlink(missing_ok=True)  # an installation that breaks off must not look complete
    print(f"Installing {requirements[-1]}; the first time takes some minutes ...", flush=True)
    pip = [str(VENV_PYTHON), "-m", "pip", "install", "--disable-pip-version-check"]
    if subprocess.run([*pip, "-r", requirements[-1]], cwd=ROOT).returncode:
        raise Problem(f"pip could not install {requirements[-1]} (see above).")
    installed = [requirements[:count] for count in range(1, len(requirements) + 1)]
    STAMPS.write_text("\n".join(map(stamp, installed)))


def venv_is_usable() -> bool:
    """Whether .venv has pip and the version of Python that is running now."""
    if not VENV_PYTHON.exists():
        return False
    probe = [str(VENV_PYTHON), "-c", "import pip, sys; print(*sys.version_info[:2])"]
    answer = subprocess.run(probe, capture_output=True, text=True)
    return answer.stdout.split() == [str(part) for part in sys.version_info[:2]]


def demo(options: argparse.Namespace) -> int:
    """Serve the suite until Ctrl-C or SIGTERM (both exit 0) or the server's own end."""
    port = choose_port(options.host, options.port)
    set_up(FOR_DEMO)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = subprocess.Popen(server_command(options.host, port), cwd=ROOT)
    try:
        wait_until_healthy(server, options.host, port)
        announce(page_address(options.host, port, options.present), options.no_browser)
        while server.poll() is None:
            time.sleep(0.2)
        raise Problem(f"The server ended by itself with exit code {server.returncode}.")
    except KeyboardInterrupt:
        print("\nStopping the server.", flush=True)
        return 0
    finally:
        stop(server)


def choose_port(host: str, asked: int | None) -> int:
    """The port asked for; if none was, 8501 or else any free one. Problem if there is none."""
    if asked is not None and not 0 < asked < 65536:
        raise Problem(f"{asked} is not a port; ports go from 1 to 65535.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in (DEFAULT_PORT, 0) if asked is None else (asked,):
        try:
            with socket.create_server((host, port), family=family) as probe:
                return int(probe.getsockname()[1])
        except OSError as error:
            reason = str(error)
    where = f"Port {asked or DEFAULT_PORT} of {host}"
    raise Problem(f"{where} is taken or not allowed ({reason}). Choose another --port or --host.")


def server_command(host: str, port: int) -> list[str]:
    options = {"server.headless": "true", "server.address": host, "server.port": str(port)}
    flags = [part for key, value in options.items() for part in (f"--{key}", value)]
    return [str(VENV_PYTHON), "-m", "streamlit", "run", "app.py", *flags]


def reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def page_address(host: str, port: int, present: bool) -> str:
    name = f"[{reachable(host)}]" if ":" in host else reachable(host)
    return f"http://{name}:{port}/" + ("?present=1" if present else "")


def wait_until_healthy(server: subprocess.Popen[bytes], host: str, port: int) -> None:
    """Return once the server says "ok"; raise Problem if it ends or stays silent instead."""
    deadline = time.monotonic() + SECONDS_TO_HEALTH
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise Problem(f"The server did not start: it ended with code {server.returncode}.")
        if is_healthy(host, port):
            return
        time.sleep(0.05)
    raise Problem(f"The server gave no sign of life within {SECONDS_TO_HEALTH} s.")


def is_healthy(host: str, port: int) -> bool:
    # http.client, unlike urllib, ignores proxy settings that would hide this machine's own ports.
    connection = http.client.HTTPConnection(reachable(host), port, timeout=2)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().read().strip() == b"ok"
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def announce(address: str, no_browser: bool) -> None:
    print(f"\nReady: {address}   (Ctrl-C stops it)", flush=True)
    # Without a display, webbrowser would start a text browser in this very terminal.
    has_display = sys.platform != "linux" or {"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ)
    if has_display and not no_browser and not os.environ.get("CI"):
        webbrowser.open(address)


def stop(server: subprocess.Popen[bytes]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave it running
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    server.terminate()
    try:
        server.wait(timeout=5)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def test(selection: Sequence[str]) -> list[Outcome]:
    """Run every stage, or pytest alone on a selection."""
    browser = find_chromium()
    if selection:
        stages = [run_stage("pytest", ["pytest", *selection])]
    else:
        fast = ["pytest", "-n", "2", "tests/unit", "tests/arch", "tests/app"]
        stages = [*lint(), run_stage("pytest", fast)]
        stages += [run_stage("e2e", ["pytest", "tests/e2e"])] if browser else []
    if not browser and (not selection or os.environ.get("E2E") == "require"):
        stages.append(e2e_without_browser())
    return stages


def lint() -> list[Outcome]:
    tools = {"ruff check": ["check", "."], "ruff format": ["format", "--check", "."]}
    ruff = [run_stage(name, ["ruff", *arguments]) for name, arguments in tools.items()]
    return [*ruff, run_stage("mypy", ["mypy"])]


def run_stage(name: str, module: Sequence[str]) -> Outcome:
    print(f"\n=== {name}: {' '.join(module)}", flush=True)
    started = time.monotonic()
    code = run_module(module).returncode
    return Outcome(name, "FAILED" if code else "ok", time.monotonic() - started)


def e2e_without_browser() -> Outcome:
    """Say loudly how many tests are left out: a failure if E2E=require or if they do not load."""
    listing = run_module(["pytest", "--collect-only", "-q", "tests/e2e"], quiet=True)
    tests = [line for line in listing.stdout.splitlines() if "::" in line]
    files = {line.split("::")[0] for line in tests}
    count = f"{len(tests)} tests in {len(files)} files not run"
    failed = os.environ.get("E2E") == "require" or listing.returncode not in (0, 5)  # 5: no tests
    verdict = "FAILED" if failed else "SKIPPED"
    print(f"\ne2e: {verdict} ({count}) - {NO_BROWSER}", flush=True)
    return Outcome(f"e2e ({count})", verdict, 0.0)


def run_module(module: Sequence[str], quiet: bool = False) -> subprocess.CompletedProcess[str]:
    # Two test processes share the machine: one thread each for the numerical libraries.
    environment = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", **os.environ}
    command = [str(VENV_PYTHON), "-m", *module]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=quiet, text=True)


def summarise(outcomes: Sequence[Outcome]) -> int:
    """Print every stage's verdict and seconds; 1 if any failed, else 0."""
    print("\n=== summary")
    for outcome in outcomes:
        print(f"{outcome.verdict:8}{outcome.seconds:7.1f} s  {outcome.stage}")
    failed = sum(outcome.verdict == "FAILED" for outcome in outcomes)
    skipped = sum(outcome.verdict == "SKIPPED" for outcome in outcomes)
    print(f"{len(outcomes)} stages: {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed else 0


def find_chromium() -> str | None:
    """The path of a Chromium-like browser, or None. $CHROMIUM, if set, alone decides."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    on_path = (shutil.which(name) for name in CHROMIUM_NAMES + CHROME_NAMES)
    patterns = (os.path.expandvars(os.path.expanduser(place)) for place in BROWSER_PLACES)
    elsewhere = (path for pattern in patterns for path in sorted(glob.glob(pattern)))
    return next((path for path in (*on_path, *elsewhere) if path), None)


def parse(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """The options, and for `test` whatever is meant for pytest."""
    parser = argparse.ArgumentParser(prog="run.py", description="Start or check the suite.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    start = commands.add_parser("demo", help="set up once, start the server, open a browser")
    start.add_argument("--port", type=int, help=f"default {DEFAULT_PORT}, or a free one")
    start.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets other machines connect")
    start.add_argument("--present", action="store_true", help="open in presenter mode")
    start.add_argument("--no-browser", action="store_true", help="only print the address")
    # No option of its own, not even --help: -k, -x and --lf must reach pytest.
    commands.add_parser("test", help="ruff, mypy and every test; or pytest ARGS", add_help=False)
    commands.add_parser("lint", help="ruff and mypy alone")
    options, rest = parser.parse_known_args(arguments)
    if rest and options.command != "test":
        parser.error(f"unknown argument: {' '.join(rest)}")
    return options, rest


def main(arguments: Sequence[str]) -> int:
    if sys.version_info[:2] < MINIMUM_PYTHON:
        print("This needs Python {}.{} or newer.".format(*MINIMUM_PYTHON), file=sys.stderr)
        return 1
    options, rest = parse(arguments)
    try:
        if options.command == "demo":
            return demo(options)
        set_up(FOR_TESTS)
        return summarise(test(rest) if options.command == "test" else lint())
    except Problem as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
