from pathlib import Path

import pytest

from pivot.errors import NoPipeline, UsageError
from pivot.project import Project, create
from pivot_cli.scope import find_place
from pivot_cli.session import Session


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return Session()


def test_the_files_of_a_project(session: Session, tmp_path: Path) -> None:
    create(Project(tmp_path, tmp_path / "pipeline.py"))
    place = find_place(session, local=True)
    assert (place.scope, place.needed().root) == ("local", tmp_path)
    assert place.file("local") == tmp_path / ".pivot/config.local.toml"
    assert find_place(session).scope is None


def test_outside_of_a_project_only_the_users_own(session: Session, tmp_path: Path) -> None:
    place = find_place(session, user=True)
    assert place.file("user") == tmp_path / "home/pivot/config.toml"
    assert not place.file("project").exists()
    with pytest.raises(NoPipeline, match="no project here"):
        place.needed()


def test_two_scopes_at_once(session: Session) -> None:
    with pytest.raises(UsageError, match="exclude each other"):
        find_place(session, user=True, local=True)
