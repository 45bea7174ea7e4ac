"""What may be overwritten by what the cache gives back."""

import os
from pathlib import Path

import pytest

from pivot.given import Given, find_way, give_back
from pivot.workspace import Workspace
from pivot_cache import Content, Scan


@pytest.fixture
def file(workspace: Workspace) -> Path:
    return workspace.project.root / "x.txt"


@pytest.fixture
def content(workspace: Workspace, file: Path) -> Content:
    file.write_text("as recorded")
    return workspace.store.save(file)


def give(workspace: Workspace, content: Content, file: Path, mode: str | None = None, *, force: bool = False) -> Given:
    way = find_way(workspace, force=force, mode=mode)
    return give_back(workspace, Scan(), way, content, str(file), file.name)


def test_a_link_that_leads_nowhere_is_the_users(workspace: Workspace, content: Content, file: Path) -> None:
    file.unlink()
    file.symlink_to("gone")
    given = give(workspace, content, file)
    assert given.fate == "edited" and "a link to gone" in (given.problem or "")
    assert os.readlink(file) == "gone"
    assert give(workspace, content, file, force=True).fate == "restored"
    assert not file.is_symlink() and file.read_text() == "as recorded"


def test_a_link_to_an_object_that_is_gone_is_ours(workspace: Workspace, content: Content, file: Path) -> None:
    place = Path(workspace.store.path(content.digest))
    file.unlink()
    file.symlink_to(place.parent / ("0" * 62))
    assert give(workspace, content, file).fate == "restored"
    assert file.read_text() == "as recorded"


def test_another_mode_is_another_form_of_the_same_bytes(workspace: Workspace, content: Content, file: Path) -> None:
    assert give(workspace, content, file, "hardlink") == Given(None, "x.txt", "relinked")
    assert os.path.samefile(file, workspace.store.path(content.digest)) and not file.stat().st_mode & 0o222
    assert give(workspace, content, file, "hardlink").fate == "right"
    assert give(workspace, content, file, "symlink").fate == "relinked"
    assert file.is_symlink()
    assert give(workspace, content, file).fate == "relinked"  # as configured: a file of its own
    assert not file.is_symlink() and file.stat().st_nlink == 1 and file.stat().st_mode & 0o200


@pytest.mark.parametrize("there", [True, False])
def test_what_cannot_be_linked_is_copied_and_said(
    workspace: Workspace, content: Content, file: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    def refuse(*_: object, **options: object) -> None:
        raise OSError(18, "another file system")

    monkeypatch.setattr(os, "link", refuse)
    if not there:
        file.unlink()
    given = give(workspace, content, file, "hardlink")
    assert given == Given(None, "x.txt", "right" if there else "restored", unlinked=True)
    assert file.read_text() == "as recorded"


def test_right_bytes_that_the_cache_lost_stay(workspace: Workspace, content: Content, file: Path) -> None:
    os.unlink(workspace.store.path(content.digest))
    assert give(workspace, content, file, "hardlink").fate == "right"
    assert file.read_text() == "as recorded"


def test_an_edited_directory_is_kept_as_a_directory(workspace: Workspace, tmp_path: Path) -> None:
    directory = workspace.project.root / "d"
    directory.mkdir()
    (directory / "a").write_text("1")
    content = workspace.store.save(directory)
    (directory / "a").write_text("mine")
    assert give(workspace, content, directory).fate == "edited"
    given = give(workspace, content, directory, force=True)
    assert given.fate == "restored" and given.saved is not None and given.saved.endswith("/")
    assert (directory / "a").read_text() == "1"
