import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from pivot_cli.postponed import Postponed, postpone


@pytest.fixture
def late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a module that can be imported, and is not yet."""
    (tmp_path / "seldom_used.py").write_text("import sys\nmade = object()\nis_real = sys.modules[__name__].__file__\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "seldom_used"
    sys.modules.pop("seldom_used", None)


def test_an_import_does_not_load_it_and_a_question_does(late: str) -> None:
    postpone(late)
    exec("import seldom_used; import seldom_used", {})
    stand_in = sys.modules[late]
    assert isinstance(stand_in, Postponed)
    assert stand_in.is_real == sys.modules[late].__file__
    assert not isinstance(sys.modules[late], Postponed)
    assert stand_in.made is sys.modules[late].made
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = stand_in.nonsense


def test_a_name_can_be_imported_from_it(late: str) -> None:
    postpone(late)
    names: dict[str, object] = {}
    exec("from seldom_used import made", names)
    assert names["made"] is sys.modules[late].made


def test_many_threads_load_it_once(late: str) -> None:
    postpone(late)
    stand_in = sys.modules[late]
    seen: list[object] = []
    threads = [Thread(target=lambda: seen.append(stand_in.made)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [sys.modules[late].made] * 8


def test_what_is_loaded_stays() -> None:
    postpone("sys")
    assert sys.modules["sys"] is sys


NO_HELP = """
import os, sys
def end(code):
    print("loaded" if "__file__" in vars(sys.modules["inspect"]) else "postponed")
    sys.stdout.flush()
    end_at_once(code)
end_at_once, os._exit = os._exit, end
from pivot_cli.main import main
main()
"""


def test_help_loads_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", NO_HELP, "repro", "--help"], capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("Usage: pivot repro")
    assert done.stdout.endswith("loaded\n")


@pytest.mark.parametrize("words", [("status",), ("repro", "-n"), ("push", "-n")])
def test_commands_do_without_what_only_their_help_needs(words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text("import pivot\npipeline = pivot.Pipeline('p')\n")
    done = subprocess.run(
        [sys.executable, "-c", NO_HELP, *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.endswith("postponed\n"), (done.stdout, done.stderr)
