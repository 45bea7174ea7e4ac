import builtins
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pivot.execute import preloaded
from pivot.execute.preloaded import Preloaded, Requests


@pytest.fixture
def found() -> Iterator[Preloaded]:
    """What this process would have found if it had been forked from a server that had imported orjson."""
    value = Preloaded(frozenset({"orjson", "pytest"}), ("nowhere",), dict(os.environ))
    preloaded.note(value)
    yield value
    preloaded.note(Preloaded())


def test_a_process_that_was_started_anew_found_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEW", "1")
    assert preloaded.found() == Preloaded() and preloaded.changed_variables() == ()


def test_variables_that_were_set_since(found: Preloaded, monkeypatch: pytest.MonkeyPatch) -> None:
    before = set(preloaded.changed_variables())  # pytest has one that says where it is
    monkeypatch.setenv("NEW", "1")
    monkeypatch.delenv("PATH")
    assert set(preloaded.changed_variables()) - before == {"NEW", "PATH"}


def test_what_project_code_imports_is_noted(found: Preloaded, tmp_path: Path) -> None:
    before = builtins.__import__
    with Requests([str(tmp_path)]) as requests:
        exec("import orjson, json", {"__file__": str(tmp_path / "pipeline.py")})
        exec("import pytest", {"__file__": pytest.__file__})
        with pytest.raises(ModuleNotFoundError) as caught:
            exec("import nowhere.at.all", {"__file__": str(tmp_path / "pipeline.py")})
    assert requests.tops == {"orjson"} and builtins.__import__ is before
    assert "preloaded.py" not in {str(one.path).rpartition("/")[2] for one in caught.traceback}


def test_anew_nothing_is_replaced(tmp_path: Path) -> None:
    before = builtins.__import__
    with Requests([str(tmp_path)]):
        assert builtins.__import__ is before


def test_installed_modules() -> None:
    import orjson

    assert orjson.__name__ in sys.modules
    assert preloaded.installed({"orjson", "os", "json", __name__, "gone"}) == ["orjson"]
