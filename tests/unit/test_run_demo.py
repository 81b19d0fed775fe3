"""run.py demo: the port, the address, and the real command from start to end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from pathlib import Path

import pytest

import run

needs_posix = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")


@pytest.fixture
def taken_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


class TestPort:
    def test_the_port_asked_for_is_taken_if_free(self, taken_port):
        with socket.create_server(("127.0.0.1", 0)) as server:
            free = server.getsockname()[1]
        assert run.choose_port("127.0.0.1", free) == free

    def test_a_busy_port_asked_for_is_a_problem(self, taken_port):
        with pytest.raises(run.Problem, match=f"Port {taken_port} of 127.0.0.1 is taken"):
            run.choose_port("127.0.0.1", taken_port)

    def test_a_busy_default_port_gives_way_to_a_free_one(self, taken_port, monkeypatch):
        monkeypatch.setattr(run, "DEFAULT_PORT", taken_port)
        port = run.choose_port("127.0.0.1", None)
        assert port not in (0, taken_port)

    def test_a_host_of_another_machine_is_a_problem(self):
        with pytest.raises(run.Problem, match="Choose another --port or --host"):
            run.choose_port("192.0.2.1", None)

    @pytest.mark.parametrize("port", [-1, 0, 65_536])
    def test_a_number_that_is_no_port_is_a_problem(self, port):
        with pytest.raises(run.Problem, match="ports go from 1 to 65535"):
            run.choose_port("127.0.0.1", port)


class TestAddress:
    @pytest.mark.parametrize(
        ("host", "present", "address"),
        [
            ("127.0.0.1", False, "http://127.0.0.1:85/"),
            ("0.0.0.0", True, "http://127.0.0.1:85/?present=1"),
            ("::", False, "http://[::1]:85/"),
            ("::1", False, "http://[::1]:85/"),
        ],
    )
    def test_address_to_open(self, host, present, address):
        assert run.page_address(host, 85, present) == address

    @pytest.mark.parametrize(
        ("variables", "no_browser", "opened"),
        [
            ({"DISPLAY": ":0"}, False, 1),
            ({"DISPLAY": ":0"}, True, 0),
            ({"DISPLAY": ":0", "CI": "true"}, False, 0),
            ({}, False, 0),
        ],
    )
    def test_a_browser_opens_only_where_someone_sees_it(
        self, variables, no_browser, opened, monkeypatch, capsys
    ):
        calls: list[str] = []
        monkeypatch.setattr(webbrowser, "open", calls.append)
        monkeypatch.setattr(sys, "platform", "linux")
        for name in ("CI", "DISPLAY", "WAYLAND_DISPLAY"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        run.announce("http://127.0.0.1:1/", no_browser)
        assert len(calls) == opened
        assert "Ready: http://127.0.0.1:1/" in capsys.readouterr().out


def test_options_reach_the_server(monkeypatch):
    command = run.server_command("0.0.0.0", 85)
    pairs = dict(zip(command[5::2], command[6::2], strict=True))
    assert command[1:5] == ["-m", "streamlit", "run", "app.py"]
    assert pairs == {
        "--server.headless": "true",
        "--server.address": "0.0.0.0",
        "--server.port": "85",
    }


def start_demo(app: str, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start the real `run.py demo` in a process, with no set-up and `app` as its server."""
    server = folder / "server.py"
    server.write_text(app)
    wrapper = (
        "import sys, run\n"
        "run.set_up = lambda requirements: None\n"
        f"run.server_command = lambda host, port: [sys.executable, {str(server)!r}, str(port)]\n"
        "sys.exit(run.main(sys.argv[1:]))\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", wrapper, "demo", "--no-browser", *arguments],
        cwd=Path(run.__file__).parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


HEALTHY = """
import http.server, sys
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok" if self.path == "/_stcore/health" else b"no")
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Health).{serve}
"""


class TestDemo:
    def test_a_busy_port_is_reported_before_anything_is_installed(self, taken_port):
        answer = subprocess.run(
            [sys.executable, run.__file__, "demo", "--port", str(taken_port)],
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert answer.returncode == 1
        assert f"Port {taken_port} of 127.0.0.1 is taken" in answer.stderr
        assert "Traceback" not in answer.stderr
        assert answer.stdout == ""

    @needs_posix
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_ends_the_server_cleanly(self, number, tmp_path):
        demo = start_demo(HEALTHY.format(serve="serve_forever()"), tmp_path, "--present")
        assert demo.stdout is not None
        line = ""
        while "Ready:" not in line:
            line = demo.stdout.readline()
            assert line, "the demo ended before it was ready"
        address = line.split()[1]
        assert address.endswith("/?present=1")
        port = int(address.split(":")[2].split("/")[0])
        time.sleep(0.1)
        demo.send_signal(number)
        output, _ = demo.communicate(timeout=15)
        assert demo.returncode == 0
        assert "Stopping the server." in output
        assert run.choose_port("127.0.0.1", port) == port  # nobody listens there any more

    @pytest.mark.parametrize(
        ("app", "message"),
        [
            ("import sys; sys.exit(7)", "did not start: it ended with code 7"),
            (HEALTHY.format(serve="handle_request()"), "ended by itself with exit code 0"),
        ],
    )
    def test_the_death_of_the_server_is_reported(self, app, message, tmp_path):
        demo = start_demo(app, tmp_path)
        output, _ = demo.communicate(timeout=30)
        assert demo.returncode == 1
        assert message in output
        assert "Traceback" not in output
