"""The one rule of direction, pages -> ui -> engines -> engines/common, and the ban list."""

from __future__ import annotations

import ast
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("app.py", "run.py", "pages", "ui", "engines", "benchmarks")
BANNED_CALLS = {
    "eval",
    "exec",
    "compile",
    "sympify",
    "parse_expr",
    "lambdify",
    "__import__",
}
BANNED_MODULES = {"pickle", "marshal", "shelve", "dill", "multiprocessing"}
BANNED_KEYWORDS = {
    ("allow_pickle", True),
    ("weights_only", False),
    ("unsafe_allow_html", True),
    ("unsafe_allow_javascript", True),
    ("shell", True),
}
TOPICS = sorted(path.parent.name for path in ROOT.glob("engines/*/__init__.py"))


def sources(*places: str) -> Iterator[Path]:
    for place in places:
        path = ROOT / place
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module


def top(module: str) -> str:
    return module.split(".")[0]


def test_engines_know_no_screen() -> None:
    for path in sources("engines"):
        found = {top(name) for name in imports(path)} & {"streamlit", "plotly", "ui", "pages"}
        assert not found, f"{path.relative_to(ROOT)} imports {found}"


def test_engines_do_not_import_each_other() -> None:
    for path in sources("engines"):
        own = path.relative_to(ROOT / "engines").parts[0]
        for name in imports(path):
            parts = name.split(".")
            if parts[0] == "engines" and len(parts) > 1:
                assert parts[1] in (own, "common"), f"{path.relative_to(ROOT)} imports {name}"


def test_common_imports_no_engine() -> None:
    for path in sources("engines/common"):
        for name in imports(path):
            assert not name.startswith("engines.") or name.startswith("engines.common")


def test_nothing_imports_pages_and_ui_imports_no_pages() -> None:
    for path in sources(*PACKAGES):
        assert "pages" not in {top(name) for name in imports(path)}, path


def test_only_ui_and_pages_import_streamlit() -> None:
    for path in sources("engines", "benchmarks", "run.py"):
        assert "streamlit" not in {top(name) for name in imports(path)}, path


def test_figures_do_not_import_streamlit() -> None:
    code = (
        "import importlib, pkgutil, sys, ui.figures\n"
        "for m in pkgutil.iter_modules(ui.figures.__path__, 'ui.figures.'):\n"
        "    importlib.import_module(m.name)\n"
        "assert 'streamlit' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize("topic", TOPICS)
def test_an_engine_loads_without_streamlit(topic: str) -> None:
    code = f"import sys, engines.{topic}; assert not {{'streamlit', 'plotly'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_the_shell_loads_nothing_heavy() -> None:
    heavy = {"torch", "librosa", "cv2", "sympy", "scipy", "plotly"}
    code = (
        f"import sys; import ui.rooms, ui.runtime, ui.serving, ui.version; "
        f"found = {heavy} & set(sys.modules); assert not found, found"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    shell = {top(name) for name in imports(ROOT / "ui" / "shell.py")}
    assert shell <= {"__future__", "sys", "pathlib", "streamlit", "ui"}


def violations(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            attribute = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            if name in BANNED_CALLS or attribute in ("sympify", "parse_expr", "lambdify"):
                yield f"{name or attribute}() at line {node.lineno}"
            for keyword in node.keywords:
                value = getattr(keyword.value, "value", None)
                if (keyword.arg, value) in BANNED_KEYWORDS:
                    yield f"{keyword.arg}={value} at line {node.lineno}"
            if attribute in ("query", "eval") and "pandas" in set(imports(path)):
                yield f".{attribute}() beside pandas at line {node.lineno}"


def test_what_is_unsafe_on_untrusted_input_does_not_occur() -> None:
    for path in sources(*PACKAGES):
        found = list(violations(path))
        assert not found, f"{path.relative_to(ROOT)}: {found}"
        assert not {top(name) for name in imports(path)} & BANNED_MODULES, path


def test_the_ban_list_catches_what_it_names(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("eval('1')\nimport sympy\nsympy.sympify('x')\nf(allow_pickle=True)\n")
    assert len(list(violations(bad))) == 3


def test_pages_are_thin() -> None:
    for path in sources("pages"):
        assert len(path.read_text().splitlines()) <= 150, path


@pytest.mark.filterwarnings("default")
def test_sizes() -> None:
    """Long files and functions are warned of, not forbidden."""
    for path in sources(*PACKAGES):
        tree = ast.parse(path.read_text())
        lines = len(path.read_text().splitlines())
        if lines > 300:
            warnings.warn(f"{path.relative_to(ROOT)} has {lines} lines", SizeWarning, stacklevel=1)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > 40:
                    place = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
                    warnings.warn(f"{place} has {length} lines", SizeWarning, stacklevel=1)


class SizeWarning(UserWarning):
    """Perhaps two ideas in one place."""
