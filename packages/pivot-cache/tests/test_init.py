"""The public surface, and what importing it costs."""

import pkgutil
import subprocess
import sys

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
}


def test_the_public_names():
    assert pivot_cache.__all__ == sorted(pivot_cache.__all__, key=lambda name: (name.lower() == name, name))
    assert all(hasattr(pivot_cache, name) for name in pivot_cache.__all__)


def test_importing_it_imports_nothing_heavy():
    program = (
        "import sys, blake3, orjson, sqlite3; before = set(sys.modules)\n"
        "import pivot_cache; print(*(set(sys.modules) - before))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not HEAVY & set(found.stdout.split())


def test_every_module_says_what_it_is_for_and_has_a_test_file(request):
    tests = {path.name for path in request.path.parent.glob("test_*.py")}
    for module in pkgutil.iter_modules(pivot_cache.__path__):
        assert f"test_{module.name}.py" in tests
        text = __import__(f"pivot_cache.{module.name}", fromlist=["x"]).__doc__
        first, _, rest = text.partition("\n\n")
        assert "\n" not in first
        assert rest or len(first) > 60
