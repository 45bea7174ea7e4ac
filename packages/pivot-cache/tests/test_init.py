"""The public surface, and what importing it costs."""

import pkgutil
import subprocess
import sys

import pytest

import pivot_cache

HEAVY = {
    "dataclasses",
    "concurrent.futures",
    "importlib.metadata",
    "inspect",
    "json",
    "logging",
    "multiprocessing",
    "shutil",
    "subprocess",
    "tempfile",
    "threading",
    "ctypes",
    "signal",
    "contextvars",
}


def test_the_public_names():
    assert pivot_cache.__all__ == sorted(pivot_cache.__all__, key=lambda name: (name.lower() == name, name))
    assert all(hasattr(pivot_cache, name) for name in pivot_cache.__all__)


def test_importing_it_imports_nothing_heavy():
    program = (
        "import sys, blake3, orjson, sqlite3; before = set(sys.modules)\n"
        "from pivot_cache import Content, FileLock, LocalStore, Scan, State, write_atomic\n"
        "print(*(set(sys.modules) - before))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    imported = set(found.stdout.split())
    assert not HEAVY & imported
    later = {"save", "restore", "build", "bulk", "flush", "mapped", "memory", "conformance"}
    assert not {f"pivot_cache.{name}" for name in later} & imported


def test_there_is_nothing_else():
    with pytest.raises(AttributeError, match="nonsense"):
        pivot_cache.nonsense  # noqa: B018  # the look is what fails


def test_the_example_of_the_readme_runs(request, tmp_path, monkeypatch):
    text = (request.path.parents[1] / "README.md").read_text()
    program = text.split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/file").write_text("1")
    (tmp_path / ".cache").mkdir()
    exec(program.replace("    ...\n", "    Path('data/file').write_text('22')\n"), {})
    assert (tmp_path / "data/file").read_text() == "1"


def test_every_module_says_what_it_is_for_and_has_a_test_file(request):
    tests = {path.name for path in request.path.parent.glob("test_*.py")}
    for module in pkgutil.iter_modules(pivot_cache.__path__):
        assert f"test_{module.name}.py" in tests
        text = __import__(f"pivot_cache.{module.name}", fromlist=["x"]).__doc__
        first, _, rest = text.partition("\n\n")
        assert "\n" not in first
        assert rest or len(first) > 60
