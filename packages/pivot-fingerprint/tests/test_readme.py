"""The example of the README is executed: a plugin that runs only the tests whose code changed."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"

FILES = {
    "helpers.py": "def double(x):\n    return 2 * x\n\ndef half(x):\n    return x / 2\n",
    "conftest.py": "import pytest\nfrom helpers import half\n\n@pytest.fixture\ndef one():\n    return half(2)\n",
    "test_things.py": """\
import pytest
from helpers import double

FACTOR = 3

def test_double():
    assert double(1) == 2

def test_factor():
    assert FACTOR > 2

def test_fixture(one):
    assert one == 1

@pytest.mark.parametrize("x", [1, 2])
def test_numbers(x):
    assert x
""",
}


@pytest.fixture
def run(tmp_path: Path) -> Callable[[], set[str]]:
    """Run the project's tests with the plugin; returns the names of those that were executed."""
    blocks = re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    [plugin] = [block for block in blocks if "pytest_collection_modifyitems" in block]
    plugins, project = tmp_path / "plugins", tmp_path / "project"
    plugins.mkdir()
    project.mkdir()
    (plugins / "changed.py").write_text(plugin)
    for name, text in FILES.items():
        (project / name).write_text(text)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}

    def run_tests() -> set[str]:
        command = [sys.executable, "-B", "-m", "pytest", "-p", "changed", "-v", "--rootdir", str(project), str(project)]
        environment = inherited | {"PYTHONPATH": str(plugins), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1, 5), done.stdout + done.stderr
        return set(re.findall(r"::(\S+) (?:PASSED|FAILED)", done.stdout))

    return run_tests


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


ALL = {"test_double", "test_factor", "test_fixture", "test_numbers[1]", "test_numbers[2]"}


def test_only_the_tests_whose_code_changed_run_again(run, tmp_path: Path) -> None:
    project = tmp_path / "project"
    assert run() == ALL
    assert run() == set()
    edit(project / "helpers.py", "return 2 * x", "return x + x")
    assert run() == {"test_double"}
    edit(project / "helpers.py", "return x / 2", "return x // 2  # whole")
    assert run() == {"test_fixture"}
    edit(project / "test_things.py", "FACTOR = 3", "FACTOR = 1")
    assert run() == {"test_factor"}
    assert run() == {"test_factor"}  # it failed
    edit(project / "test_things.py", "FACTOR = 1", "FACTOR = 4")
    assert run() == {"test_factor"}
    assert run() == set()
