import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pivot.config import Config, read_config
from pivot.errors import NoPipeline, UsageError
from pivot.execute.fresh_host import FreshHost
from pivot_cli.session import Session
from pivot_cli.wiring import base_of, chosen_remote, executors, open_workspace, reach_remotes, stop_on_terminate


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    (tmp_path / "below").mkdir()
    (tmp_path / "pipeline.py").touch()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "below")
    return Session()


@pytest.fixture
def handler() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, found in before.items():
        signal.signal(number, found)


def test_a_workspace_is_made_only_on_request(session: Session, tmp_path: Path) -> None:
    with open_workspace(session) as workspace:
        assert (workspace.created, base_of(session, workspace)) == (False, "below")
    assert not (tmp_path / ".pivot").exists()
    with open_workspace(session, make=True) as workspace:
        assert workspace.created
    assert (tmp_path / ".pivot" / "format").exists()
    (tmp_path / "pipeline.py").unlink()
    with pytest.raises(NoPipeline):
        open_workspace(session)


@pytest.mark.usefixtures("handler")
def test_an_executor_is_made_as_configured(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIVOT_CORE_START_METHOD", "spawn")
    with open_workspace(session) as workspace:
        executor = executors(workspace)(3)
    try:
        assert executor.slots == 3
    finally:
        executor.close()


def test_the_process_for_stages_starts_before_what_talks_to_it_is_imported(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported: list[bool] = []

    def refuse(*_: object) -> None:
        imported.append("pivot.execute.local" in sys.modules)
        raise OSError

    monkeypatch.setattr(FreshHost, "__init__", refuse)
    monkeypatch.delitem(sys.modules, "pivot.execute.local", raising=False)
    with open_workspace(session) as workspace:
        executor = executors(workspace)(3)  # where it cannot start, the executor is there all the same
    executor.close()
    assert imported == [False]


@pytest.mark.usefixtures("handler")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_ways_to_stop_are_a_first_interrupt(number: signal.Signals) -> None:
    stop_on_terminate()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)


@pytest.mark.usefixtures("handler")
def test_what_is_to_outlive_its_terminal_does() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    stop_on_terminate()
    os.kill(os.getpid(), signal.SIGHUP)


def test_every_remote_is_asked(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    values = dict(read_config(tmp_path, {"HOME": str(tmp_path)}).values)
    values["remotes.good.url"] = f"file://{tmp_path}/there"
    values["remotes.wrong.url"] = "gopher://x"
    good, wrong = reach_remotes(Config(values, {}))
    assert (good[0], good[2]) == ("good", None)
    assert wrong[0] == "wrong" and "gopher" in (wrong[2] or "")


def test_of_several_remotes_one_has_to_be_chosen() -> None:
    config = Config({"default_remote": None, "remotes.a.url": "file:///a", "remotes.b.url": "file:///b"}, {})
    assert chosen_remote(config, "b") == "b"
    with pytest.raises(UsageError, match="several remotes") as caught:
        chosen_remote(config, None)
    assert (caught.value.hint or "").startswith("choose one with: pivot remote default NAME (there are a, b)")
