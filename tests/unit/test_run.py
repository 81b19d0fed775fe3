"""run.py: set-up, arguments, the search for a browser, and the stages of `test`."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

import pytest

import run

needs_posix = pytest.mark.skipif(os.name == "nt", reason="the fakes are POSIX programs")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty project with two requirements files and the interpreter of a finished set-up."""
    (tmp_path / "requirements.txt").write_text("a==1\n")
    (tmp_path / "requirements-dev.txt").write_text("-r requirements.txt\nb==1\n")
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(run, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(run, "STAMPS", tmp_path / ".venv" / ".installed")
    monkeypatch.setattr(run, "VENV_PYTHON", Path(sys.executable))
    (tmp_path / ".venv").mkdir()
    return tmp_path


@pytest.fixture
def commands(monkeypatch):
    """Every command that would have been run; all of them succeed."""
    ran: list[list[str]] = []

    def succeed(command, **_):
        ran.append(list(command))
        version = "{} {}".format(*sys.version_info[:2])
        return subprocess.CompletedProcess(command, 0, stdout=version)

    monkeypatch.setattr(subprocess, "run", succeed)
    return ran


def program(folder: Path, name: str) -> str:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


class TestSetUp:
    def test_stamp_follows_contents_and_python(self, project, monkeypatch):
        before = run.stamp(run.FOR_DEMO)
        assert run.stamp(run.FOR_DEMO) == before != run.stamp(run.FOR_TESTS)
        monkeypatch.setattr(sys, "version_info", (3, 99, 0))
        assert run.stamp(run.FOR_DEMO) != before
        monkeypatch.undo()
        (project / "requirements.txt").write_text("a==2\n")
        assert run.stamp(run.FOR_DEMO) != before

    def test_nothing_is_installed_twice(self, project, commands):
        run.set_up(run.FOR_TESTS)
        assert commands[-1][-2:] == ["-r", "requirements-dev.txt"]
        commands.clear()
        run.set_up(run.FOR_TESTS)
        run.set_up(run.FOR_DEMO)  # the larger set-up covers the smaller
        assert commands == []

    def test_a_changed_requirement_is_installed(self, project, commands):
        run.set_up(run.FOR_TESTS)
        (project / "requirements.txt").write_text("a==2\n")
        assert not run.is_set_up(run.FOR_DEMO)
        run.set_up(run.FOR_DEMO)
        assert run.is_set_up(run.FOR_DEMO)
        assert not run.is_set_up(run.FOR_TESTS)

    def test_a_failed_installation_leaves_no_stamp(self, project, commands, monkeypatch):
        run.set_up(run.FOR_DEMO)
        (project / "requirements.txt").write_text("a==2\n")
        monkeypatch.setattr(
            subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1, "")
        )
        monkeypatch.setattr(run, "venv_is_usable", lambda: True)
        with pytest.raises(run.Problem, match=r"pip could not install requirements\.txt"):
            run.set_up(run.FOR_DEMO)
        (project / "requirements.txt").write_text("a==1\n")
        assert not run.is_set_up(run.FOR_DEMO)  # half of a==2 may have been installed

    def test_a_missing_environment_is_made_first(self, project, commands, monkeypatch):
        monkeypatch.setattr(run, "venv_is_usable", lambda: False)
        run.set_up(run.FOR_DEMO)
        assert commands[0][1:4] == ["-m", "venv", "--clear"]
        assert commands[1][1:4] == ["-m", "pip", "install"]

    def test_an_environment_of_another_python_is_not_usable(self, project, monkeypatch):
        assert run.venv_is_usable()
        monkeypatch.setattr(sys, "version_info", (3, 99, 0))
        assert not run.venv_is_usable()

    def test_an_old_python_is_told(self, monkeypatch, capsys):
        monkeypatch.setattr(sys, "version_info", (3, 10, 4))
        assert run.main(["demo"]) == 1
        assert "needs Python 3.11 or newer" in capsys.readouterr().err


class TestArguments:
    def test_demo(self):
        options, _ = run.parse(["demo"])
        assert (options.host, options.port, options.present) == ("127.0.0.1", None, False)
        options, _ = run.parse(["demo", "--port", "9", "--host", "::", "--present", "--no-browser"])
        assert (options.host, options.port, options.present) == ("::", 9, True)
        assert options.no_browser

    @pytest.mark.parametrize(
        "selection",
        [[], ["tests/unit", "-k", "parser"], ["-x", "--lf"], ["-h"], ["a.py::b", "--port", "1"]],
    )
    def test_everything_behind_test_goes_to_pytest(self, selection):
        options, rest = run.parse(["test", *selection])
        assert options.command == "test"
        assert rest == selection

    @pytest.mark.parametrize("wrong", [[], ["dmeo"], ["demo", "--prot", "1"], ["lint", "x"]])
    def test_mistakes_end_with_usage(self, wrong, capsys):
        with pytest.raises(SystemExit) as caught:
            run.parse(wrong)
        assert caught.value.code == 2
        assert "usage: run.py" in capsys.readouterr().err


@needs_posix
class TestChromium:
    @pytest.fixture(autouse=True)
    def nothing_installed(self, tmp_path, monkeypatch):
        monkeypatch.setattr(run, "BROWSER_PLACES", (f"{tmp_path}/place-*/chrome",))
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        monkeypatch.delenv("CHROMIUM", raising=False)

    def test_none(self):
        assert run.find_chromium() is None

    def test_the_order_of_names_on_the_path(self, tmp_path):
        places = run.CHROMIUM_NAMES + run.CHROME_NAMES
        program(tmp_path / "place-1", "chrome")
        for name in reversed(places):
            assert run.find_chromium() != str(tmp_path / "bin" / name)
            newest = program(tmp_path / "bin", name)
            assert run.find_chromium() == newest

    def test_places_come_after_the_path(self, tmp_path):
        place = program(tmp_path / "place-1", "chrome")
        assert run.find_chromium() == place
        assert run.find_chromium() != program(tmp_path / "bin", "msedge") == run.find_chromium()

    def test_the_variable_alone_decides(self, tmp_path, monkeypatch):
        program(tmp_path / "bin", "chromium")
        mine = program(tmp_path / "mine", "browser")
        monkeypatch.setenv("CHROMIUM", mine)
        assert run.find_chromium() == mine
        monkeypatch.setenv("CHROMIUM", "/nowhere/browser")
        assert run.find_chromium() is None


class TestStages:
    @pytest.fixture
    def stages(self, monkeypatch):
        """The names of the stages run; those called "mypy" fail."""
        ran: list[str] = []

        def pretend(name, module):
            ran.append(" ".join(module))
            return run.Outcome(name, "FAILED" if name == "mypy" else "ok", 1.0)

        monkeypatch.setattr(run, "run_stage", pretend)
        monkeypatch.delenv("E2E", raising=False)
        return ran

    @pytest.fixture
    def listing(self, monkeypatch):
        """What pytest would list in tests/e2e."""
        answer = subprocess.CompletedProcess([], 0, "e/a.py::t[1]\ne/a.py::t[2]\ne/b.py::u\n\n3 x")
        monkeypatch.setattr(run, "find_chromium", lambda: None)
        monkeypatch.setattr(run, "run_module", lambda *_, **__: answer)
        return answer

    def test_a_failing_stage_does_not_hide_later_ones(self, stages, monkeypatch, capsys):
        monkeypatch.setattr(run, "find_chromium", lambda: "/bin/chromium")
        assert run.summarise(run.test([])) == 1
        assert [stage.split()[0] for stage in stages] == [
            "ruff",
            "ruff",
            "mypy",
            "pytest",
            "pytest",
        ]
        assert stages[-1] == "pytest tests/e2e"
        assert "5 stages: 1 failed, 0 skipped" in capsys.readouterr().out

    def test_a_selection_replaces_all_stages(self, stages, monkeypatch):
        monkeypatch.setattr(run, "find_chromium", lambda: None)
        assert run.summarise(run.test(["tests/unit", "-k", "parser"])) == 0
        assert stages == ["pytest tests/unit -k parser"]

    def test_a_missing_browser_is_loud_and_counted(self, stages, listing, capsys):
        outcome = run.test([])[-1]
        assert outcome.verdict == "SKIPPED"
        assert "e2e: SKIPPED (3 tests in 2 files not run) - no Chromium" in capsys.readouterr().out

    @pytest.mark.parametrize("selection", [[], ["tests/e2e"]])
    def test_a_missing_browser_fails_where_it_is_required(
        self, stages, listing, selection, monkeypatch, capsys
    ):
        monkeypatch.setenv("E2E", "require")
        assert run.test(selection)[-1].verdict == "FAILED"
        assert "e2e: FAILED (3 tests in 2 files not run)" in capsys.readouterr().out

    def test_e2e_tests_that_do_not_load_are_a_failure(self, stages, listing):
        listing.returncode = 2
        assert run.test([])[-1].verdict == "FAILED"


def test_the_help_names_every_command(capsys):
    with pytest.raises(SystemExit):
        run.parse(["-h"])
    shown = capsys.readouterr().out
    assert all(word in shown for word in ("demo", "test", "lint"))
    assert isinstance(run.parse(["lint"])[0], argparse.Namespace)
