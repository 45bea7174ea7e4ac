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


MORE = {
    "more/conftest.py": "import pytest\n\n@pytest.fixture\ndef one(one):\n    return one + 1\n",
    "more/test_more.py": """\
from unittest import TestCase
import helpers

STATE = {}

def setup_module():
    STATE["ready"] = True

def test_override(one):
    assert one == 2

class TestBase:
    size = 1
    def setup_method(self):
        self.double = helpers.double(self.size)
    def test_size(self):
        assert self.double == 2 * self.size

class TestBig(TestBase):
    size = 10

class TestUnit(TestCase):
    def setUp(self):
        self.half = helpers.half(2)
    def test_unit(self):
        assert self.half == 1
""",
    "more/documented.py": 'def third(x):\n    """\n    >>> third(3)\n    1.0\n    """\n    return x / 3\n',
}


def test_fixtures_that_override_others_set_up_functions_and_classes_count(run, tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "more").mkdir()
    for name, text in MORE.items():
        (project / name).write_text(text)
    (project / "pytest.ini").write_text("[pytest]\naddopts = --doctest-modules\n")
    documented = {"documented.third"}
    sizes = {"TestBase::test_size", "TestBig::test_size"}
    assert run() == ALL | documented | sizes | {"test_override", "TestUnit::test_unit"}
    assert run() == documented  # a text has no code of its own: it runs always
    edit(project / "more/conftest.py", "one + 1", "1 + one")
    assert run() == documented | {"test_override"}
    edit(project / "conftest.py", "half(2)", "half(1 + 1)")
    assert run() == documented | {"test_override", "test_fixture"}
    edit(project / "more/test_more.py", "size = 10", "size = 11")
    assert run() == documented | {"TestBig::test_size"}
    edit(project / "helpers.py", "return x / 2", "return x * 0.5")
    assert run() == documented | {"test_override", "test_fixture", "TestUnit::test_unit"}
    edit(project / "more/test_more.py", "= True", "= False")
    assert run() == documented | sizes | {"test_override", "TestUnit::test_unit"}
